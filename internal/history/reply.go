package history

import (
	"container/heap"
	"iter"
)

// Reply is one thing said: a message, or several that are the numbered parts of one.
type Reply struct {
	// Messages are places in the list that was given, oldest first.
	Messages []int
}

// Replies groups messages: those of one author of a brand that follow each other and are numbered parts ("1/2", "2/2") are one
// reply, everything else is one each. Nobody may speak between two parts but the author; the number grows, and the count stays.
func Replies(ms []Message) []Reply {
	var all []Reply
	for i, m := range ms {
		if n := len(all); n > 0 && continues(ms[all[n-1].Messages[len(all[n-1].Messages)-1]], m) {
			all[n-1].Messages = append(all[n-1].Messages, i)
			continue
		}
		all = append(all, Reply{Messages: []int{i}})
	}
	return all
}

// continues reports whether b is a later part of the reply that a is a part of. Networks show parts in any order when they were sent in
// the same second, so the number need not be the very next.
func continues(a, b Message) bool {
	return a.Side == Brand && b.Side == Brand && a.Author.ID == b.Author.ID &&
		a.Part > 0 && b.Part > 0 && a.Part != b.Part && (a.Parts == b.Parts || a.Parts == 0 || b.Parts == 0) &&
		(b.Part > a.Part || a.At == b.At)
}

// Moment is one message of a conversation, as a timeline gives it.
type Moment struct {
	Conversation *Conversation
	Index        int // of the message in it
}

// Message returns the message.
func (m Moment) Message() *Message { return &m.Conversation.Messages[m.Index] }

// Timeline gives the messages of many conversations in the order in which they were written, as a replay plays them. It keeps
// only the conversations that are going on. The conversations must come in the order in which they began, as Read gives them;
// an error of theirs ends it.
func Timeline(all iter.Seq2[Conversation, error]) iter.Seq2[Moment, error] {
	return func(yield func(Moment, error) bool) {
		var open going
		emit := func() bool {
			m := open[0]
			if m.Index+1 < len(m.Conversation.Messages) {
				open[0].Index++
				heap.Fix(&open, 0)
			} else {
				heap.Pop(&open)
			}
			return yield(m, nil)
		}
		for c, err := range all {
			if err != nil {
				yield(Moment{}, err)
				return
			}
			if len(c.Messages) == 0 {
				continue
			}
			for len(open) > 0 && open[0].Message().At <= c.Messages[0].At {
				if !emit() {
					return
				}
			}
			heap.Push(&open, Moment{Conversation: &c})
		}
		for len(open) > 0 {
			if !emit() {
				return
			}
		}
	}
}

// going is a heap of conversations by the time of their next message.
type going []Moment

func (g going) Len() int           { return len(g) }
func (g going) Less(i, j int) bool { return g[i].Message().At < g[j].Message().At }
func (g going) Swap(i, j int)      { g[i], g[j] = g[j], g[i] }
func (g *going) Push(x any)        { *g = append(*g, x.(Moment)) }
func (g *going) Pop() any {
	old := *g
	last := old[len(old)-1]
	*g = old[:len(old)-1]
	return last
}
