package history

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// column is a list of numbers in a file, 0 where none was set. A few pages of it are kept in memory.
type column struct {
	f     *os.File
	pages [columnPages]page
	err   error // the first one; numbers read after it mean nothing
}

type page struct {
	no    int64 // -1 when empty
	dirty bool
	data  []byte
}

const (
	columnPages = 1024
	pageNumbers = 512
	pageBytes   = pageNumbers * 8
)

func newColumn(dir string) (*column, error) {
	f, err := os.CreateTemp(dir, "column-*")
	if err != nil {
		return nil, err
	}
	c := &column{f: f}
	for i := range c.pages {
		c.pages[i].no = -1
	}
	return c, nil
}

func (c *column) page(i int64) *page {
	no := i / pageNumbers
	p := &c.pages[no%columnPages]
	if p.no == no {
		return p
	}
	if p.data == nil {
		p.data = make([]byte, pageBytes)
	}
	if p.dirty {
		if _, err := c.f.WriteAt(p.data, p.no*pageBytes); err != nil {
			c.err = errors.Join(c.err, err)
		}
	}
	n, err := c.f.ReadAt(p.data, no*pageBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = errors.Join(c.err, err)
	}
	clear(p.data[n:])
	p.no, p.dirty = no, false
	return p
}

func (c *column) get(i int64) int64 {
	return int64(binary.LittleEndian.Uint64(c.page(i).data[i%pageNumbers*8:])) //nolint:gosec // the way back from set
}

func (c *column) set(i, v int64) {
	p := c.page(i)
	binary.LittleEndian.PutUint64(p.data[i%pageNumbers*8:], uint64(v)) //nolint:gosec // bits are kept
	p.dirty = true
}

// union keeps which rows are one thread: a column in which each row names one before it, or itself (0) when it is the first.
type union struct{ *column }

// root returns the first row of the thread of n, and shortens the way there.
func (u union) root(n int64) int64 {
	for u.err == nil {
		up := u.get(n) - 1
		if up < 0 {
			return n
		}
		if over := u.get(up); over > 0 {
			u.set(n, over)
		}
		n = up
	}
	return n
}

// join makes one thread of those of a and b. The earlier row becomes its root, so every way leads backwards and ends.
func (u union) join(a, b int64) {
	a, b = u.root(a), u.root(b)
	if a != b && u.err == nil {
		u.set(max(a, b), min(a, b)+1)
	}
}
