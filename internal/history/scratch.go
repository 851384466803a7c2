package history

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"strings"
)

// scratch is the folder in which threads are made.
type scratch struct {
	dir    string
	rows   rowReader
	n      int64    // rows kept; they are numbered from 0 in the order of the file
	data   *os.File // of each row: line, length, raw
	write  *bufio.Writer
	size   int64
	place  *column // of each row: where it stands in data, plus one; negative when it is left out
	at     *column // of each row: its time
	start  *column // of each first row: the earliest time of its thread
	parent union
	links  *runs
	pairs  *os.File // rows that belong together
	// brands are the accounts that speak for a brand, by their handle in lower case.
	brands map[string]string
}

const (
	sortMemory = 8 << 20 / len(entry{}) // entries of a sort kept in memory
	maxBrands  = 100_000                // known by name; a file with more is not of this world
)

// What is linked, in the order in which it is looked at: first who has the id, then who names it.
const (
	linkHas byte = iota
	linkNames
	linkThread
)

func newScratch(dir string, rows rowReader) (*scratch, error) {
	dir, err := os.MkdirTemp(dir, "history-*")
	if err != nil {
		return nil, fmt.Errorf("scratch folder: %w", err)
	}
	s := &scratch{dir: dir, rows: rows, brands: map[string]string{}, links: newRuns(dir, sortMemory)}
	files := []error{}
	open := func(c **column) {
		var err error
		*c, err = newColumn(dir)
		files = append(files, err)
	}
	open(&s.place)
	open(&s.at)
	open(&s.start)
	open(&s.parent.column)
	s.data, err = os.CreateTemp(dir, "data-*")
	files = append(files, err)
	s.pairs, err = os.CreateTemp(dir, "pairs-*")
	files = append(files, err)
	if err := errors.Join(files...); err != nil {
		return nil, errors.Join(fmt.Errorf("scratch folder: %w", err), s.remove())
	}
	s.write = bufio.NewWriterSize(s.data, 256<<10)
	return s, nil
}

func (s *scratch) remove() error {
	for _, c := range []*column{s.place, s.at, s.start, s.parent.column} {
		if c != nil {
			_ = c.f.Close() // nothing in it is needed any more
		}
	}
	for _, f := range append(s.links.files, s.data, s.pairs) {
		if f != nil {
			_ = f.Close()
		}
	}
	return os.RemoveAll(s.dir)
}

// trouble returns the first error of the columns.
func (s *scratch) trouble() error {
	return errors.Join(s.place.err, s.at.err, s.start.err, s.parent.err)
}

// keep reads the file into the folder.
func (s *scratch) keep(ctx context.Context, o Options) error {
	for told := int64(0); ; {
		rec, err := s.rows.next()
		if done := s.rows.read(); done/progressEvery > told/progressEvery {
			told = done
			o.Progress(done)
			if err := errors.Join(ctx.Err(), s.trouble()); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			o.Progress(s.rows.read())
			return errors.Join(s.write.Flush(), s.trouble())
		}
		if err != nil {
			return err
		}
		w, why := s.rows.parse(rec)
		if why != "" {
			o.Reject(rec.line, cut(rec.raw), why)
			continue
		}
		if err := s.store(rec, w); err != nil {
			return err
		}
	}
}

func (s *scratch) store(rec record, w row) error {
	var head [12]byte
	binary.LittleEndian.PutUint64(head[:], uint64(rec.line))      //nolint:gosec // lines count from 1
	binary.LittleEndian.PutUint32(head[8:], uint32(len(rec.raw))) //nolint:gosec // at most MaxRow
	s.place.set(s.n, s.size+1)
	s.at.set(s.n, w.At)
	s.start.set(s.n, w.At)
	if _, err := s.write.Write(head[:]); err != nil {
		return err
	}
	if _, err := s.write.Write(rec.raw); err != nil {
		return err
	}
	s.size += int64(len(head) + len(rec.raw))
	if w.Side == Brand && len(s.brands) < maxBrands {
		s.brands[strings.ToLower(firstOf(w.Author.Handle, w.BrandName))] = w.BrandName
	}
	errs := []error{s.connect(linkHas, w.channel, w.ID)}
	if w.InReplyTo != "" {
		errs = append(errs, s.connect(linkNames, w.channel, w.InReplyTo))
	}
	for _, id := range w.children {
		errs = append(errs, s.connect(linkNames, w.channel, id))
	}
	if w.thread != "" {
		errs = append(errs, s.connect(linkThread, w.channel, w.thread))
	}
	s.n++
	return errors.Join(errs...)
}

// connect notes that the row being stored has, or names, an id. Ids of two channels are not the same; a thread may be called like a message.
func (s *scratch) connect(kind byte, channel, id string) error {
	space := "m"
	if kind == linkThread {
		space = "t"
	}
	sum := sha256.Sum256([]byte(space + "\x00" + channel + "\x00" + id))
	var e entry
	copy(e[:16], sum[:])
	e[16] = kind
	e.fill(17, s.n)
	return s.links.add(e)
}

// load reads row n again.
func (s *scratch) load(n int64) (row, record, error) {
	place := s.place.get(n)
	if place < 0 {
		place = -place
	}
	var head [12]byte
	if _, err := s.data.ReadAt(head[:], place-1); err != nil {
		return row{}, record{}, err
	}
	rec := record{int64(binary.LittleEndian.Uint64(head[:])), make([]byte, binary.LittleEndian.Uint32(head[8:]))} //nolint:gosec // the way back from store
	if _, err := s.data.ReadAt(rec.raw, place-1+int64(len(head))); err != nil && (len(rec.raw) > 0 || !errors.Is(err, io.EOF)) {
		return row{}, record{}, err
	}
	w, why := s.rows.parse(rec)
	if why != "" {
		return row{}, record{}, fmt.Errorf("line %d was read and now cannot be: %s", rec.line, why)
	}
	return w, rec, nil
}

// link goes through all ids in order, settles which row has each, and writes down which rows belong together.
func (s *scratch) link(ctx context.Context, o Options) error {
	w := bufio.NewWriterSize(s.pairs, 256<<10)
	pair := func(kind byte, a, b int64) error {
		var buf [17]byte
		buf[0] = kind
		binary.LittleEndian.PutUint64(buf[1:], uint64(a)) //nolint:gosec // rows count from 0
		binary.LittleEndian.PutUint64(buf[9:], uint64(b)) //nolint:gosec // rows count from 0
		_, err := w.Write(buf[:])
		return err
	}
	var id [16]byte
	owner, steps := int64(-1), 0
	for e, err := range s.links.sorted() {
		if err != nil {
			return err
		}
		if steps++; steps%progressEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		n := e.number(17)
		if [16]byte(e[:16]) != id {
			id, owner = [16]byte(e[:16]), -1
		}
		switch {
		case owner < 0 && e[16] != linkNames:
			owner = n // the first to have the id, or the first of a thread
		case e[16] == linkHas:
			if err := s.double(owner, n, o); err != nil {
				return err
			}
		case owner >= 0 && owner != n:
			if err := pair(e[16], n, owner); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// double leaves out row n, which has the id of the earlier row first.
func (s *scratch) double(first, n int64, o Options) error {
	a, _, err := s.load(first)
	if err != nil {
		return err
	}
	b, rec, err := s.load(n)
	if err != nil {
		return err
	}
	s.place.set(n, -s.place.get(n))
	line := a.Line
	a.Line = b.Line
	if reflect.DeepEqual(a, b) {
		o.Known(rec.line, b.ID)
		return nil
	}
	o.Reject(rec.line, cut(rec.raw), fmt.Sprintf("the id is that of line %d, with other content", line))
	return nil
}

// join makes threads of the pairs.
func (s *scratch) join(ctx context.Context) error {
	if _, err := s.pairs.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r := bufio.NewReaderSize(s.pairs, 256<<10)
	for steps := 0; ; steps++ {
		var buf [17]byte
		if _, err := io.ReadFull(r, buf[:]); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if steps%progressEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		from, to := int64(binary.LittleEndian.Uint64(buf[1:])), int64(binary.LittleEndian.Uint64(buf[9:])) //nolint:gosec // see link
		// A row that is left out speaks no more. It may still be the first of a thread that others name.
		if s.place.get(from) > 0 {
			s.parent.join(from, to)
		}
	}
	for n := range s.n {
		if n%progressEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if s.place.get(n) < 0 {
			s.start.set(n, math.MaxInt64) // the time of a row that is left out says nothing
			continue
		}
		if first, at := s.parent.root(n), s.at.get(n); at < s.start.get(first) {
			s.start.set(first, at)
		}
	}
	return s.trouble()
}
