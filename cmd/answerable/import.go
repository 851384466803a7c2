package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"answerable/internal/auth"
	"answerable/internal/flow/archive"
	"answerable/internal/history"
)

type importCmd struct {
	File    string `arg:"" help:"The export; plain or gzip. - reads standard input."`
	Format  string `required:"" enum:"twcs,jsonl" help:"twcs (the CSV of \"Customer Support on Twitter\") or jsonl (one message a line)."`
	Brand   string `help:"The brand that all of it belongs to, by slug or id. Default: each brand account in the file is a brand." placeholder:"NAME"`
	Rejects string `help:"Where rows that are left out are written, with line and reason. Default: the name of the file and .rejects.jsonl, in this folder." placeholder:"FILE"`
	JSON    bool   `name:"json" help:"Print one line of JSON at the end."`
}

// importReport is what an import ends with.
type importReport struct {
	Read          int64  `json:"read"`
	Imported      int64  `json:"imported"`
	Known         int64  `json:"known"`
	Rejected      int64  `json:"rejected"`
	Conversations int64  `json:"conversations"`
	Messages      int64  `json:"messages"`
	Contacts      int64  `json:"contacts"`
	Rejects       string `json:"rejects"` // empty when nothing was left out
	New           struct {
		Conversations int64 `json:"conversations"`
	} `json:"new"`
	Seconds float64 `json:"seconds"`
}

// Run brings a file in. Rows that are left out are no failure.
func (c importCmd) Run(w *world) (err error) {
	in, closing, err := w.export(c.File)
	if err != nil {
		return err
	}
	defer closing()
	conf, d, err := w.open()
	if err != nil {
		return err
	}
	defer closed(d, &err)
	if err := d.Lean(w.ctx); err != nil {
		return err
	}
	begun := time.Now()
	since := func() float64 { return time.Since(begun).Seconds() } //nolint:forbidigo // told, decides nothing
	rejects := &rejectFile{path: c.rejectsPath(), spare: conf.Data}
	p := newMeter(w.err)
	readAll := 0.0
	var last archive.Progress
	r, err := archive.Run(w.ctx, d, auth.TheHouse(), in, history.Format(c.Format), archive.Options{
		Brand:  c.Brand,
		Reject: rejects.add,
		Progress: func(now archive.Progress) {
			if now.Read != last.Read || now.Filed == 0 {
				readAll = since()
				p.tell("read %s rows, %s a second", thousands(now.Read), aSecond(now.Read, readAll))
			} else {
				p.tell("filed %s of %s messages, %s a second", thousands(now.Filed), thousands(now.Read), aSecond(now.Filed, since()-readAll))
			}
			last = now
		},
	})
	p.done()
	if err = errors.Join(err, rejects.close()); err != nil {
		if w.ctx.Err() != nil {
			fmt.Fprintf(w.err, "stopped: %s messages are here; the same command goes on from there\n", thousands(r.Messages))
		}
		return err
	}
	out := importReport{
		Read: r.Read, Imported: r.Imported, Known: r.Known, Rejected: r.Rejected, Conversations: r.Conversations, Messages: r.Messages, Contacts: r.Contacts,
		Rejects: rejects.written, Seconds: float64(int64(since()*1000)) / 1000,
	}
	out.New.Conversations = r.Began
	words := fmt.Sprintf("%s rows in %.1f s: %s imported, %s known before, %s left out; %s conversations (%s new) with %s customers.",
		thousands(out.Read), out.Seconds, thousands(out.Imported), thousands(out.Known), thousands(out.Rejected), thousands(out.Conversations), thousands(r.Began), thousands(out.Contacts))
	if out.Rejects != "" {
		words += " What was left out, and why: " + out.Rejects
	}
	return w.print(c.JSON, out, "%s", words)
}

// export opens an export that is named on the command line.
func (w *world) export(file string) (io.Reader, func(), error) {
	if file == "-" {
		return w.in, func() {}, nil
	}
	f, err := os.Open(file) //nolint:gosec // the operator names it
	if err != nil {
		return nil, nil, err
	}
	return f, func() { _ = f.Close() }, nil
}

func (c importCmd) rejectsPath() string {
	if c.Rejects != "" {
		return c.Rejects
	}
	name := "import"
	if c.File != "-" {
		name = strings.TrimSuffix(filepath.Base(c.File), ".gz")
	}
	return name + ".rejects.jsonl"
}

// rejectFile is made when the first row is left out; what an earlier import left there is replaced then.
type rejectFile struct {
	path  string
	spare string // folder to use when the first cannot be written to

	written string
	f       *os.File
	enc     *json.Encoder
	err     error
}

func (r *rejectFile) add(line int64, raw, why string) {
	if r.f == nil && r.err == nil {
		r.open()
	}
	if r.err == nil {
		r.err = r.enc.Encode(struct {
			Line int64  `json:"line"`
			Why  string `json:"why"`
			Raw  string `json:"raw"`
		}{line, why, raw})
	}
}

func (r *rejectFile) open() {
	for _, path := range []string{r.path, filepath.Join(r.spare, filepath.Base(r.path))} {
		if r.f, r.err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600); r.err == nil { //nolint:gosec // the operator names it, or it is in a folder of theirs
			r.written = path
			if abs, err := filepath.Abs(path); err == nil {
				r.written = abs
			}
			r.enc = json.NewEncoder(r.f)
			r.enc.SetEscapeHTML(false)
			return
		}
	}
}

func (r *rejectFile) close() error {
	if r.f == nil {
		return r.err
	}
	return errors.Join(r.err, r.f.Close())
}

// meter tells people how far something is, on one line that is written over where that is a terminal.
type meter struct {
	w        io.Writer
	terminal bool
	next     time.Time
	wrote    int
}

func newMeter(w io.Writer) *meter {
	p := &meter{w: w}
	if f, ok := w.(*os.File); ok {
		if s, err := f.Stat(); err == nil {
			p.terminal = s.Mode()&os.ModeCharDevice != 0
		}
	}
	return p
}

func (p *meter) tell(format string, args ...any) {
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	line := fmt.Sprintf(format, args...)
	if !p.terminal {
		p.next = now.Add(2 * time.Second)
		fmt.Fprintln(p.w, line)
		return
	}
	p.next = now.Add(200 * time.Millisecond)
	fmt.Fprintf(p.w, "\r%-*s", p.wrote, line)
	p.wrote = len(line)
}

// say writes a line of its own.
func (p *meter) say(format string, args ...any) {
	p.done()
	fmt.Fprintf(p.w, format+"\n", args...)
}

func (p *meter) done() {
	if p.wrote > 0 {
		fmt.Fprintln(p.w)
		p.wrote = 0
	}
}

// thousands writes a number with its thousands apart.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func aSecond(n int64, seconds float64) string {
	if seconds <= 0 {
		return "–"
	}
	return thousands(int64(float64(n) / seconds))
}
