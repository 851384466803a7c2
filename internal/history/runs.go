package history

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"os"
	"slices"
)

// entry is one thing to be sorted, by its bytes.
type entry [32]byte

// fill writes numbers and bytes into an entry, big end first, so that byte order is their order.
func (e *entry) fill(at int, n int64) { binary.BigEndian.PutUint64(e[at:], uint64(n)^1<<63) } //nolint:gosec // sign is kept by flipping its bit

func (e *entry) number(at int) int64 { return int64(binary.BigEndian.Uint64(e[at:]) ^ 1<<63) } //nolint:gosec // see fill

// runs sorts more entries than memory holds: it sorts what fits, writes it to a file, and merges the files in the end.
type runs struct {
	dir   string
	most  int // entries kept in memory
	kept  []entry
	files []*os.File
}

// At most this many files are merged at once; when there are as many, they become one.
const mergeWidth = 64

func newRuns(dir string, most int) *runs { return &runs{dir: dir, most: most} }

func (r *runs) add(e entry) error {
	if len(r.kept) >= r.most {
		if err := r.spill(); err != nil {
			return err
		}
	}
	r.kept = append(r.kept, e)
	return nil
}

func (r *runs) spill() error {
	r.sort()
	kept := r.kept
	r.kept = r.kept[:0]
	if err := r.write(slices.Values(kept)); err != nil {
		return err
	}
	if len(r.files) < mergeWidth {
		return nil
	}
	old := r.files
	r.files = nil
	m, err := newMerge(old)
	if err != nil {
		return err
	}
	if err := r.write(m.all()); err != nil {
		return err
	}
	return errors.Join(m.err, discard(old))
}

func (r *runs) sort() {
	slices.SortFunc(r.kept, func(a, b entry) int { return bytes.Compare(a[:], b[:]) })
}

func (r *runs) write(all iter.Seq[entry]) error {
	f, err := os.CreateTemp(r.dir, "run-*")
	if err != nil {
		return err
	}
	r.files = append(r.files, f)
	w := bufio.NewWriterSize(f, 256<<10)
	for e := range all {
		if _, err := w.Write(e[:]); err != nil {
			return err
		}
	}
	return w.Flush()
}

// sorted gives all entries in order, once. The entries are gone afterwards.
func (r *runs) sorted() iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		defer func() { r.kept = nil }()
		if len(r.files) == 0 {
			r.sort()
			for _, e := range r.kept {
				if !yield(e, nil) {
					return
				}
			}
			return
		}
		err := r.spill()
		r.kept = nil
		if err != nil {
			yield(entry{}, err)
			return
		}
		m, err := newMerge(r.files)
		if err == nil {
			for e := range m.all() {
				if !yield(e, nil) {
					return
				}
			}
			err = errors.Join(m.err, discard(r.files))
			r.files = nil
		}
		if err != nil {
			yield(entry{}, err)
		}
	}
}

func discard(files []*os.File) error {
	var all []error
	for _, f := range files {
		all = append(all, f.Close(), os.Remove(f.Name()))
	}
	return errors.Join(all...)
}

// merge reads sorted files as one.
type merge struct {
	heads []head // a heap
	err   error
}

type head struct {
	entry
	from *bufio.Reader
}

func (m *merge) Len() int { return len(m.heads) }
func (m *merge) Less(i, j int) bool {
	return bytes.Compare(m.heads[i].entry[:], m.heads[j].entry[:]) < 0
}
func (m *merge) Swap(i, j int) { m.heads[i], m.heads[j] = m.heads[j], m.heads[i] }
func (m *merge) Push(x any)    { m.heads = append(m.heads, x.(head)) }
func (m *merge) Pop() any {
	last := m.heads[len(m.heads)-1]
	m.heads = m.heads[:len(m.heads)-1]
	return last
}

func newMerge(files []*os.File) (*merge, error) {
	m := &merge{}
	for _, f := range files {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		h := head{from: bufio.NewReaderSize(f, 64<<10)}
		if _, err := io.ReadFull(h.from, h.entry[:]); err != nil {
			if errors.Is(err, io.EOF) {
				continue
			}
			return nil, err
		}
		m.heads = append(m.heads, h)
	}
	heap.Init(m)
	return m, nil
}

func (m *merge) all() iter.Seq[entry] {
	return func(yield func(entry) bool) {
		for len(m.heads) > 0 {
			h := &m.heads[0]
			if !yield(h.entry) {
				return
			}
			switch _, err := io.ReadFull(h.from, h.entry[:]); {
			case err == nil:
				heap.Fix(m, 0)
			case errors.Is(err, io.EOF):
				heap.Pop(m)
			default:
				m.err = err
				return
			}
		}
	}
}
