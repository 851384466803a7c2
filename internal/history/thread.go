package history

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// threads gives the conversations in the order in which they began.
func (s *scratch) threads(ctx context.Context, o Options, yield func(Conversation, error) bool) error {
	order := newRuns(s.dir, sortMemory)
	defer func() { _ = discard(order.files) }() // what is left of them when the caller stops early
	for n := range s.n {
		if s.place.get(n) < 0 {
			continue
		}
		first := s.parent.root(n)
		var e entry
		e.fill(0, s.start.get(first))
		e.fill(8, first)
		e.fill(16, s.at.get(n))
		e.fill(24, n)
		if err := order.add(e); err != nil {
			return err
		}
	}
	t := thread{scratch: s, o: o, yield: yield, first: -1}
	for e, err := range order.sorted() {
		if err != nil {
			return err
		}
		if err := t.add(ctx, e.number(8), e.number(24)); err != nil {
			return err
		}
	}
	if err := s.trouble(); err != nil {
		return err
	}
	return t.end(ctx)
}

// thread collects the rows of one thread.
type thread struct {
	*scratch
	o     Options
	yield func(Conversation, error) bool
	first int64
	rows  []row
	raw   []record
	bytes int
	// of a thread that is given in pieces:
	piece int
	head  Conversation
}

func (t *thread) add(ctx context.Context, first, n int64) error {
	if first != t.first {
		if err := t.end(ctx); err != nil {
			return err
		}
		t.first, t.piece, t.head = first, 0, Conversation{}
	}
	if len(t.rows) >= MaxMessages || t.bytes >= maxThreadBytes {
		if err := t.end(ctx); err != nil {
			return err
		}
	}
	w, rec, err := t.load(n)
	if err != nil {
		return err
	}
	t.rows = append(t.rows, w)
	t.raw = append(t.raw, rec)
	t.bytes += len(rec.raw)
	return nil
}

// end gives what was collected as a conversation.
func (t *thread) end(ctx context.Context) error {
	if len(t.rows) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	rows, raw := t.rows, t.raw
	t.rows, t.raw, t.bytes = nil, nil, 0
	c := t.head
	if t.piece == 0 {
		c = assembled(rows)
		c.Brand = t.brandOf(rows)
		t.head = Conversation{Key: c.Key, Thread: c.Thread, Channel: c.Channel, Brand: c.Brand, Public: c.Public}
	} else {
		c.Messages = assembled(rows).Messages
		c.Key = fmt.Sprintf("%s#%d", c.Key, t.piece+1)
	}
	t.piece++
	if c.Brand == "" {
		for _, rec := range raw {
			t.o.Reject(rec.line, cut(rec.raw), "no brand speaks in its thread and none is named")
		}
		return nil
	}
	if !t.yield(c, nil) {
		return errEnough
	}
	return nil
}

// assembled puts the rows of a thread in order.
func assembled(rows []row) Conversation {
	at := make(map[string]int, len(rows))
	for i, w := range rows {
		at[w.ID] = i
	}
	for _, w := range rows { // a link that only the parent tells
		for _, id := range w.children {
			if i, ok := at[id]; ok && rows[i].InReplyTo == "" && id != w.ID {
				rows[i].InReplyTo = w.ID
			}
		}
	}
	deep := depths(rows, at)
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(rows[a].At, rows[b].At), cmp.Compare(deep[a], deep[b]), cmp.Compare(rows[a].Line, rows[b].Line))
	})
	c := Conversation{Messages: make([]Message, len(rows))}
	for k, i := range order {
		w := rows[i]
		c.Messages[k] = w.Message
		if _, inside := at[w.InReplyTo]; c.Key == "" && !inside {
			c.Key = w.ID
		}
		if c.Thread == "" {
			c.Thread = w.thread
		}
	}
	c.Key = firstOf(c.Key, c.Messages[0].ID)
	first := rows[order[0]]
	c.Channel, c.Public = first.channel, first.Public
	return c
}

// depths returns how many replies each row is away from the first one it leads back to. Links in a circle lead nowhere: a row on
// one counts from where the walk met itself.
func depths(rows []row, at map[string]int) []int {
	deep := make([]int, len(rows))
	for i := range deep {
		deep[i] = -1
	}
	const walking = -2
	var way []int
	for i := range rows {
		way = way[:0]
		k, ok := i, true
		for ok && deep[k] == -1 {
			deep[k] = walking
			way = append(way, k)
			k, ok = at[rows[k].InReplyTo]
		}
		d := -1
		if ok && deep[k] >= 0 {
			d = deep[k]
		}
		for _, k := range slices.Backward(way) {
			d++
			deep[k] = d
		}
	}
	return deep
}

// brandOf returns whose the thread is: of the brand that spoke first, else the one the export names, else the first known one that is
// mentioned, else the one the caller gives; empty when nobody's.
func (t *thread) brandOf(rows []row) string {
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.At, b.At) })
	for _, w := range rows {
		if w.Side == Brand {
			return w.BrandName
		}
	}
	for _, w := range rows {
		if w.brand != "" {
			return w.brand
		}
	}
	for _, w := range rows {
		if b := t.mentioned(w.Text); b != "" {
			return b
		}
	}
	return t.o.Brand
}

// mentioned returns the first known brand that a text addresses by its handle.
func (t *thread) mentioned(s string) string {
	for {
		_, rest, ok := strings.Cut(s, "@")
		if !ok {
			return ""
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if end < 0 {
			end = len(rest)
		}
		if handle := rest[:end]; end > 0 && utf8.RuneCountInString(handle) <= maxID {
			if b, ok := t.brands[strings.ToLower(handle)]; ok {
				return b
			}
		}
		s = rest
	}
}
