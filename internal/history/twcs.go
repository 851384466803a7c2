package history

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"answerable/internal/fault"
	"answerable/internal/text"
)

// twcs reads the CSV of "Customer Support on Twitter". Some copies of it begin with an unnamed column of row numbers, so columns
// are found by their names.
type twcs struct {
	lines                                            lineReader
	reject                                           func(line int64, raw, why string)
	done                                             int64
	width                                            int // columns of the header
	looked                                           int // bytes scanned; lines that are read again count again
	id, author, inbound, at, text, responses, parent int
}

func newTWCS(r *bufio.Reader, reject func(int64, string, string)) (*twcs, error) {
	c := &twcs{lines: lineReader{r: r, most: MaxRow}, reject: reject}
	head, err := c.record()
	if errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "the file is empty")
	}
	if err != nil {
		return nil, err
	}
	names, _ := fields(bytes.TrimPrefix(head.raw, []byte("\ufeff")))
	at := func(name string) int {
		for i, n := range names {
			if strings.EqualFold(strings.TrimSpace(n), name) {
				return i
			}
		}
		return -1
	}
	c.id, c.author, c.inbound, c.at, c.text = at("tweet_id"), at("author_id"), at("inbound"), at("created_at"), at("text")
	c.responses, c.parent = at("response_tweet_id"), at("in_response_to_tweet_id")
	if min(c.id, c.author, c.inbound, c.at, c.text, c.parent) < 0 {
		return nil, fault.New(fault.Invalid,
			"line %d is not the header of a twcs file: it must name tweet_id, author_id, inbound, created_at, text and in_response_to_tweet_id", head.line)
	}
	c.width = len(names)
	return c, nil
}

func (c *twcs) read() int64 { return c.done }

func (c *twcs) next() (record, error) {
	rec, err := c.record()
	if err == nil {
		c.done++
	}
	return rec, err
}

// record returns the next record: a line, or several when a quoted field holds line ends. When a quote is never closed, or the record
// that it makes has the wrong number of fields, only its first line is rejected and the next is read afresh, so that one stray
// quote cannot swallow the file. That keeps reading linear: a line that the record of an earlier line may run through holds its
// quotes in pairs, and such a line, read afresh, does not run on itself.
func (c *twcs) record() (record, error) {
	for {
		first, err := c.lines.next()
		if err != nil {
			return record{}, err
		}
		if first.long {
			c.bad(first, fmt.Sprintf("the line is longer than %d bytes", MaxRow))
			continue
		}
		if len(bytes.TrimSpace(first.text)) == 0 {
			continue
		}
		taken := []line{first}
		raw := first.text
		var sc csvScan
		sc.scan(raw)
		c.looked += len(raw)
		for sc.state == quoted && sc.why == "" {
			more, err := c.lines.next()
			if errors.Is(err, io.EOF) {
				sc.why = "a quote is never closed"
				break
			}
			if err != nil {
				return record{}, err
			}
			taken = append(taken, more)
			if more.long || len(raw)+1+len(more.text) > MaxRow || len(taken) > maxLines {
				sc.why = fmt.Sprintf("a quote is not closed within %d bytes or %d lines", MaxRow, maxLines)
				break
			}
			if len(taken) == 2 {
				raw = bytes.Clone(raw) // first.text stays as it is
			}
			raw = append(append(raw, '\n'), more.text...)
			sc.scan([]byte{'\n'})
			sc.scan(more.text)
			c.looked += len(more.text)
		}
		if n := sc.fields + 1; sc.why == "" && c.width > 0 && n != c.width {
			sc.why = fmt.Sprintf("the row has %d fields, the header %d", n, c.width)
		}
		if sc.why == "" {
			return record{first.no, raw}, nil
		}
		c.lines.unread(taken[1:])
		c.bad(first, sc.why)
	}
}

func (c *twcs) bad(l line, why string) {
	c.done++
	c.reject(l.no, cut(l.text), why)
}

// csvScan walks over a record byte by byte.
type csvScan struct {
	state  csvState
	fields int // ended so far
	why    string
}

type csvState int

const (
	fieldStart csvState = iota
	plain
	quoted
	quoteInQuoted // closing, or the first of two
)

func (s *csvScan) scan(raw []byte) {
	for i, b := range raw {
		switch s.state {
		case fieldStart, plain:
			switch {
			case b == ',':
				s.fields, s.state = s.fields+1, fieldStart
			case b == '"' && s.state == fieldStart:
				s.state = quoted
			default:
				s.state = plain
			}
		case quoted:
			if b == '"' {
				s.state = quoteInQuoted
			}
		case quoteInQuoted:
			switch {
			case b == '"':
				s.state = quoted
			case b == ',':
				s.fields, s.state = s.fields+1, fieldStart
			case b == '\r' && i == len(raw)-1: // CR LF
			default:
				s.why = "there is text behind a closing quote"
				return
			}
		}
	}
}

// fields cuts a record into its fields. ok is false when it is not well formed.
func fields(raw []byte) (all []string, ok bool) {
	raw = bytes.TrimSuffix(raw, []byte("\r"))
	for {
		if len(raw) == 0 || raw[0] != '"' {
			field, rest, more := bytes.Cut(raw, []byte(","))
			all = append(all, string(field))
			if !more {
				return all, true
			}
			raw = rest
			continue
		}
		var b strings.Builder
		raw = raw[1:]
		for {
			i := bytes.IndexByte(raw, '"')
			if i < 0 {
				return all, false
			}
			b.Write(raw[:i])
			raw = raw[i+1:]
			if len(raw) == 0 || raw[0] != '"' {
				break
			}
			b.WriteByte('"')
			raw = raw[1:]
		}
		all = append(all, b.String())
		switch {
		case len(raw) == 0:
			return all, true
		case raw[0] != ',':
			return all, false
		}
		raw = raw[1:]
	}
}

// unescaped undoes what Twitter escapes.
func unescaped(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	return strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#39;", "'").Replace(s)
}

func (c *twcs) parse(rec record) (row, string) {
	if why := unclean(rec.raw); why != "" {
		return row{}, why
	}
	f, ok := fields(rec.raw)
	if !ok || len(f) != c.width {
		return row{}, fmt.Sprintf("the row has %d fields, the header %d", len(f), c.width)
	}
	var w row
	w.Line = rec.line
	w.channel, w.Public = "twitter", true
	w.ID = tweetID(f[c.id])
	if why := badID("tweet_id", w.ID); why != "" {
		return row{}, why
	}
	w.Author.ID = strings.TrimSpace(f[c.author])
	if why := badID("author_id", w.Author.ID); why != "" {
		return row{}, why
	}
	w.Author.Handle = w.Author.ID
	switch strings.ToLower(strings.TrimSpace(f[c.inbound])) {
	case "true", "1", "1.0":
		w.Side = Customer
	case "false", "0", "0.0":
		w.Side = Brand
		w.BrandName, w.Author.Name = w.Author.ID, w.Author.ID
	default:
		return row{}, "inbound is neither True nor False"
	}
	at, why := moment(strings.TrimSpace(f[c.at]))
	if why != "" {
		return row{}, why
	}
	w.At = at
	w.Text = unescaped(f[c.text])
	w.InReplyTo = tweetID(f[c.parent])
	if len(w.InReplyTo) > maxID {
		return row{}, "in_response_to_tweet_id is too long"
	}
	if c.responses >= 0 {
		for id := range strings.SplitSeq(f[c.responses], ",") {
			if id = tweetID(id); id != "" && len(id) <= maxID {
				w.children = append(w.children, id)
			}
		}
	}
	return w.signed(), ""
}

// signed fills in what the words of a message tell of who wrote it.
func (w row) signed() row {
	w.Part, w.Parts, _ = text.Part(w.Text)
	if w.Side == Brand && w.Agent == "" {
		w.Agent, _, _ = text.Signature(w.Text)
	}
	return w
}

// tweetID reads an id that went through a spreadsheet: "3.0" is "3", and "nan" is none.
func tweetID(s string) string {
	s = strings.TrimSpace(s)
	s = strings.TrimSuffix(s, ".0")
	if strings.EqualFold(s, "nan") || strings.EqualFold(s, "null") || strings.EqualFold(s, "none") {
		return ""
	}
	return s
}

func badID(name, id string) string {
	switch {
	case id == "":
		return name + " is missing"
	case len(id) > maxID:
		return fmt.Sprintf("%s is longer than %d bytes", name, maxID)
	}
	return ""
}

// unclean says what no text may hold.
func unclean(raw []byte) string {
	switch {
	case bytes.IndexByte(raw, 0) >= 0:
		return "the row holds a NUL"
	case !utf8.Valid(raw):
		return "the row is not UTF-8"
	}
	return ""
}

// moment reads a time as Twitter or RFC 3339 write it, into microseconds.
func moment(s string) (int64, string) {
	for _, layout := range [...]string{time.RubyDate, time.RFC3339Nano} {
		if at, err := time.Parse(layout, s); err == nil {
			if y := at.Year(); y < 1970 || y > 2200 {
				return 0, "the time is not between 1970 and 2200"
			}
			return at.UnixMicro(), ""
		}
	}
	return 0, "the time cannot be read"
}
