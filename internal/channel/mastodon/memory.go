package mastodon

import (
	"container/list"
	"slices"
	"sync"
	"time"
)

const (
	remembered = 4096 // statuses, and as many keys of what was told
	rechecked  = 40   // statuses looked at again after a reconnect
	recheckAge = 24 * time.Hour
)

// place is where a known status stands.
type place struct {
	ID      string    `json:"i"`
	Root    string    `json:"r"`           // the thread key
	Version string    `json:"v,omitempty"` // the wording we told
	At      time.Time `json:"t"`
	Context bool      `json:"c,omitempty"` // told only because another needed it
	Gone    bool      `json:"-"`
}

// memory is what the adapter knows without asking: where statuses stand and what it has told already. It forgets the least recently
// used.
type memory struct {
	mu     sync.Mutex
	places lru[place]
	told   lru[struct{}]
}

func newMemory() *memory { return &memory{places: newLRU[place](), told: newLRU[struct{}]()} }

func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.places, m.told = newLRU[place](), newLRU[struct{}]()
}

func (m *memory) place(id string) (place, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.places.get(id)
}

func (m *memory) put(p place) {
	if p.ID == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.places.put(p.ID, p)
}

func (m *memory) wasTold(key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.told.get(key)
	return ok
}

func (m *memory) tell(keys ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range keys {
		m.told.put(k, struct{}{})
	}
}

// recent lists the newest known statuses that may still change, newest last.
func (m *memory) recent(since time.Time) []place {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []place
	for e := m.places.order.Front(); e != nil; e = e.Next() {
		if p := e.Value.(entry[place]).value; !p.Gone && p.At.After(since) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b place) int { return a.At.Compare(b.At) })
	return out[max(0, len(out)-rechecked):]
}

type entry[V any] struct {
	key   string
	value V
}

type lru[V any] struct {
	order *list.List // of entry[V], newest first
	byKey map[string]*list.Element
}

func newLRU[V any]() lru[V] { return lru[V]{list.New(), map[string]*list.Element{}} }

func (l *lru[V]) get(key string) (v V, ok bool) {
	e, ok := l.byKey[key]
	if !ok {
		return v, false
	}
	l.order.MoveToFront(e)
	return e.Value.(entry[V]).value, true
}

func (l *lru[V]) put(key string, v V) {
	if e, ok := l.byKey[key]; ok {
		e.Value = entry[V]{key, v}
		l.order.MoveToFront(e)
		return
	}
	l.byKey[key] = l.order.PushFront(entry[V]{key, v})
	if l.order.Len() > remembered {
		last := l.order.Back()
		l.order.Remove(last)
		delete(l.byKey, last.Value.(entry[V]).key)
	}
}
