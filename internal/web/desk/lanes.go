package desk

import (
	"sort"
	"strings"
)

// lane says which lines pass an entry of the timeline, as in a graph of commits: the public thread is one solid line, everything
// private is one double line beside it that forks off where the first private word was said.
type lane struct {
	pub, prv bool // the line passes here
	on       Reach
	first    bool // the first entry on its line: the line begins at its node
	fork     bool // the private line leaves the public one here
}

// Lay sets the lanes of a timeline, oldest entry first. Notes, days and system lines hang on no lane; lines pass them by.
func Lay(items []Item) []Item {
	var pub, prv bool
	for i := range items {
		it := &items[i]
		on := it.Thread != ""
		if on && it.Public {
			it.lane = lane{on: ToPublic, first: !pub}
			pub = true
		} else if on {
			it.lane = lane{on: ToPrivate, first: !prv, fork: !prv && pub}
			prv = true
		}
		// A line that has begun runs on to the newest entry: the conversation is still open on it.
		it.lane.pub, it.lane.prv = pub, prv
		if it.Kind == Day && i == 0 {
			it.lane.pub, it.lane.prv = false, false
		}
	}
	return items
}

// class names an entry for the style sheet.
func (it Item) class() string {
	var c []string
	add := func(on bool, name string) {
		if on {
			c = append(c, name)
		}
	}
	add(it.lane.pub, "pub")
	add(it.lane.prv, "prv")
	add(it.lane.first, "first")
	add(it.lane.fork, "forks")
	add(it.lane.on == ToPrivate, "onprv")
	add(it.lane.on != "" && it.Kind == Ours, "us")
	add(it.lane.on != "" && it.Kind != Ours, "them")
	add(it.Kind == System || it.Kind == Thanks, "quiet")
	return strings.Join(c, " ")
}

// Words is where a question stands in a message: bytes, end exclusive.
type Words struct {
	Start, End, Question int
	Ended                bool
}

// Cut cuts a text where questions begin and end. What does not fit the text, or overlaps an earlier one, is left out: a mark on the
// wrong words would be worse than none.
func Cut(text string, marks []Words) []Span {
	sort.SliceStable(marks, func(i, j int) bool { return marks[i].Start < marks[j].Start })
	var out []Span
	at := 0
	for _, m := range marks {
		if m.Start < at || m.End <= m.Start || m.End > len(text) || !boundary(text, m.Start) || !boundary(text, m.End) {
			continue
		}
		if m.Start > at {
			out = append(out, Span{Text: text[at:m.Start]})
		}
		out = append(out, Span{Text: text[m.Start:m.End], Question: m.Question, Ended: m.Ended})
		at = m.End
	}
	if at < len(text) {
		out = append(out, Span{Text: text[at:]})
	}
	return out
}

// boundary reports whether a character begins at byte i.
func boundary(s string, i int) bool { return i == len(s) || s[i]&0xc0 != 0x80 }
