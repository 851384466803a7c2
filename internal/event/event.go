// Package event tells open pages, and this node's own loops, that something changed. A hint: it may be lost; a page reads again when
// it reconnects, a loop looks again by itself. What must not be lost is a row.
package event

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"answerable/internal/db"
)

// Changed names what to look at again.
type Changed struct {
	Brand string `json:"b,omitempty"`
	Kind  string `json:"k"` // conversation, draft, presence, account, lane, record, alarm
	ID    string `json:"i,omitempty"`
	By    string `json:"y,omitempty"` // person, when their own page need not be told
}

// Hub carries hints between this node's subscribers, and to other nodes through PostgreSQL.
type Hub struct {
	mu   sync.Mutex
	subs map[*sub]struct{}

	out chan Changed // to other nodes
}

type sub struct {
	want func(Changed) bool
	ch   chan Changed
}

// depth is how many hints a slow subscriber may leave unread before it is told to read everything again.
const depth = 256

// Lost is what a subscriber gets in place of hints it was too slow for.
const Lost = "lost"

// New makes a hub.
func New() *Hub { return &Hub{subs: map[*sub]struct{}{}, out: make(chan Changed, 4096)} }

// Subscribe returns hints that want accepts, until ctx ends. want must be quick.
func (h *Hub) Subscribe(ctx context.Context, want func(Changed) bool) <-chan Changed {
	s := &sub{want: want, ch: make(chan Changed, depth)}
	h.mu.Lock()
	h.subs[s] = struct{}{}
	h.mu.Unlock()
	context.AfterFunc(ctx, func() {
		h.mu.Lock()
		delete(h.subs, s)
		close(s.ch)
		h.mu.Unlock()
	})
	return s.ch
}

// After tells this node's subscribers, and the other nodes, once tx has committed. It needs a DB that was opened with a hub's Take.
func After(tx *db.Tx, c ...Changed) {
	for _, c := range c {
		tx.Hint(c)
	}
}

// Take is given to db.Options.Hints.
func (h *Hub) Take(hints []any) {
	c := make([]Changed, 0, len(hints))
	for _, x := range hints {
		if x, ok := x.(Changed); ok {
			c = append(c, x)
		}
	}
	h.Tell(c...)
}

// The kinds that wake loops of this node only; other nodes look for themselves.
const (
	Alarm  = "alarm"
	Record = "record"
)

// Tell tells them now.
func (h *Hub) Tell(c ...Changed) {
	h.here(c...)
	for _, c := range c {
		if c.Kind == Alarm || c.Kind == Record {
			continue
		}
		select {
		case h.out <- c:
		default: // a hint may be lost; here nobody listens or the database is away
		}
	}
}

func (h *Hub) here(c ...Changed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		for _, c := range c {
			if !s.want(c) {
				continue
			}
			select {
			case s.ch <- c:
			default:
				// Full: drop one, put the mark that says so.
				select {
				case <-s.ch:
				default:
				}
				select {
				case s.ch <- Changed{Kind: Lost}:
				default:
				}
			}
		}
	}
}

const (
	topic    = "answerable"
	coalesce = 20 * time.Millisecond
	mostIDs  = 60 // a NOTIFY payload holds 8,000 bytes
)

type packet struct {
	From string    `json:"f"`
	C    []Changed `json:"c"`
}

// Run carries hints to and from the other nodes until ctx ends. On SQLite it only drains. listen is the address to listen on, which
// differs from the database's beside a transaction pooler.
func (h *Hub) Run(ctx context.Context, d *db.DB, log *slog.Logger, node, listen string) {
	if !d.Single() {
		go func() {
			for ctx.Err() == nil {
				// What was told while nobody listened is gone: pages read again once we hear.
				err := db.Listen(ctx, listen, topic, func() { h.here(Changed{Kind: Lost}) }, func(p string) {
					var in packet
					if json.Unmarshal([]byte(p), &in) == nil && in.From != node {
						h.here(in.C...)
					}
				})
				if ctx.Err() == nil {
					log.Warn("not hearing other nodes; trying again", "err", err)
					sleep(ctx, time.Second)
				}
			}
		}()
	}
	for {
		var c Changed
		select {
		case <-ctx.Done():
			return
		case c = <-h.out:
		}
		if d.Single() {
			continue
		}
		batch := map[Changed]bool{c: true}
		t := time.After(coalesce)
	fill:
		for len(batch) < mostIDs {
			select {
			case c := <-h.out:
				batch[c] = true
			case <-t:
				break fill
			case <-ctx.Done():
				return
			}
		}
		p := packet{From: node}
		for c := range batch {
			p.C = append(p.C, c)
		}
		b, err := json.Marshal(p)
		if err == nil {
			err = d.Notify(ctx, topic, string(b))
		}
		if err != nil && ctx.Err() == nil {
			log.Warn("other nodes were not told", "err", err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
