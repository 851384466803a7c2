package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says what an ask wants.
type Kind string

// The kinds of ask. A rhetorical one has the form of a question and waits for no answer: it is never owed.
const (
	Question   Kind = "question"   // something to know
	Request    Kind = "request"    // something to do
	Who        Kind = "who"        // who is in charge, whom to contact, a name
	Rhetorical Kind = "rhetorical" // never owed
)

// Ask is one thing that a message asks for, with the words that ask it.
type Ask struct {
	Span
	Kind Kind
}

// MaxAsks is how many asks of one message are found; nobody answers more, and what holds more is an attack.
const MaxAsks = 50

// Asks finds what a message asks, in the order of the text: questions with a mark in any script, questions and requests without
// one in the languages it has words for, in pieces no longer than a sentence. lang may be empty; then it is guessed.
//
// In a language it has no words for, a message in which no mark asks is one ask as a whole, unless it is only thanks or praise:
// better one row too many on the desk than a question nobody sees.
func Asks(s, lang string) []Ask {
	found, _ := findAsks(s, lang)
	return found
}

// findAsks also returns how many steps it took, which the tests hold to a multiple of the length.
func findAsks(s, lang string) ([]Ask, int) {
	base, book, known := chooseBook(s, lang)
	c := newScanner(s, base)
	f := finder{s: s, book: book}
	letters := 0
	for len(f.found) < MaxAsks {
		st, ok := c.next()
		if !ok {
			break
		}
		for _, w := range st.words {
			if w.s != "@" && w.s != "#" {
				letters++
			}
		}
		f.sentence(st)
	}
	if len(f.found) > MaxAsks {
		f.found = f.found[:MaxAsks]
	}
	if len(f.found) == 0 && !known && wholeAsk(s, letters) {
		start, end := trimmed(s)
		f.found = append(f.found, Ask{Span{start, end}, Question})
	}
	return f.found, c.steps + f.steps
}

// chooseBook returns the language of s and its phrases. known says that they can be trusted: when the language is only likely, its
// phrases are used, but that they find nothing says little.
func chooseBook(s, lang string) (base string, book *phraseBook, known bool) {
	base, _, _ = strings.Cut(strings.ToLower(strings.ReplaceAll(lang, "_", "-")), "-")
	if base != "" && base != "und" {
		if book, known = phraseBooks[base]; known {
			return base, book, true
		}
		return base, phraseBooks[""], false
	}
	base, likely := guess(s)
	if book, known = phraseBooks[base]; known && base != "" {
		return base, book, true
	}
	if book, ok := phraseBooks[likely]; ok {
		return base, book, false
	}
	return base, phraseBooks[""], false
}

// wholeAsk reports whether a message in an unknown language, in which no ask was found, must be taken as one.
func wholeAsk(s string, words int) bool {
	if thanks, sure := ThanksOnly(s); thanks && sure >= 0.5 {
		return false
	}
	if words >= 4 {
		return true
	}
	// Scripts without spaces say much in one word; a product name in plain letters does not.
	n := 0
	for _, r := range s {
		if r > 0x24F && unicode.IsLetter(r) {
			if n++; n >= 5 {
				return true
			}
		}
	}
	return false
}

func trimmed(s string) (start, end int) {
	start = len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace))
	end = len(strings.TrimRightFunc(s, unicode.IsSpace))
	return start, max(start, end)
}

type finder struct {
	s     string
	book  *phraseBook
	found []Ask
	steps int
}

// sentence adds the asks of one sentence.
func (f *finder) sentence(st sentence) {
	ws := st.words
	if len(ws) == 0 {
		return // "???" is a nudge
	}
	before := len(f.found)
	conditional := false // the sentence began with if or when: what follows the comma still belongs to it
	opening := true      // nothing but greetings, handles and the like so far, in this clause
	for i := 0; i < len(ws) && len(f.found) < MaxAsks; {
		f.steps++
		opening = opening || ws[i].brk
		begins := nowhere
		switch {
		case opening:
			begins = clauseStart
		case i > 0 && f.book.conj[ws[i-1].s]:
			begins = afterAnd
		}
		if i == 0 && f.book.ifs[ws[i].s] {
			conditional = true
		}
		m, ok := f.book.match(ws, i, begins, &f.steps)
		opening = opening && !ok && f.book.joiners[ws[i].s]
		if !ok || len(f.found) > before && !opensAnother(f.book, ws, i, f.found[len(f.found)-1], m) {
			i++
			continue
		}
		start := f.begin(ws, i)
		if conditional && len(f.found) == before && st.asked {
			start = f.begin(ws, 0)
		}
		if n := len(f.found); n > before {
			f.close(n-1, ws, i)
		}
		f.found = append(f.found, Ask{Span{start, st.End}, m.kind})
		conditional = false
		i += max(1, m.words)
	}
	if len(f.found) == before && st.asked && !f.book.nudge(ws) {
		f.found = append(f.found, Ask{Span{f.clause(st), st.End}, Question})
	}
	for k := before; k < len(f.found); k++ {
		f.judge(k, st)
	}
	f.found = slices.DeleteFunc(f.found, func(a Ask) bool { return a.Kind == "" })
}

// begin returns where an ask that was found at word i begins: with the I or we before it, and an opening mark.
func (f *finder) begin(ws []word, i int) int {
	if i > 0 && f.book.self[ws[i-1].s] && !ws[i].brk {
		i--
	}
	start := ws[i].start
	if r, n := utf8.DecodeLastRuneInString(f.s[:start]); r == '¿' || r == '¡' {
		start -= n
	}
	return start
}

// close ends the ask k before word i, which begins another one.
func (f *finder) close(k int, ws []word, i int) {
	j := i - 1
	for j > 0 && (f.book.joiners[ws[j].s] || f.book.polite[ws[j].s]) && ws[j].start > f.found[k].Start {
		j--
	}
	if ws[j].end > f.found[k].Start {
		f.found[k].End = ws[j].end
	}
}

// opensAnother reports whether a second ask may begin at word i of a sentence that holds the ask a already. A question inside a
// question ("can you tell me why is …") is the same ask.
func opensAnother(b *phraseBook, ws []word, i int, a Ask, m match) bool {
	since := 0
	for j := i - 1; j >= 0 && ws[j].start >= a.Start; j-- {
		since++
	}
	switch {
	case since < 3 || !m.strong || b.knows[ws[i-1].s]:
		return false
	case m.kind == Request && a.Kind != Request:
		return true
	case m.kind == Request:
		return ws[i].brk || b.conj[ws[i-1].s]
	case a.Kind == Request:
		return ws[i].brk
	}
	return (ws[i].brk || b.conj[ws[i-1].s]) && !b.ors[ws[i-1].s]
}

// clause returns where the part of the sentence begins that the question mark is about: after greetings and handles, at the
// first word.
func (f *finder) clause(st sentence) int {
	for k, w := range st.words {
		if w.s == "@" || w.s == "#" || f.book.joiners[w.s] && k < len(st.words)-1 {
			continue
		}
		return f.begin(st.words, k)
	}
	return f.begin(st.words, 0)
}

// judge looks at a found ask again as a whole: what is it really? An empty kind drops it.
func (f *finder) judge(k int, st sentence) {
	a := &f.found[k]
	var ws []word
	for _, w := range st.words {
		if w.start >= a.Start && w.end <= a.End {
			ws = append(ws, w)
		}
	}
	f.steps += len(ws)
	a.End = f.trimEnd(st, ws, *a)
	a.Kind = f.book.refine(a.Kind, ws)
}

// trimEnd leaves hashtags, handles and addresses behind the last word out of a quote that no mark ends.
func (f *finder) trimEnd(st sentence, ws []word, a Ask) int {
	if st.asked || st.cried || a.End != st.End {
		return a.End
	}
	end := a.End
	for i := len(ws) - 1; i > 0 && (ws[i].s == "@" || ws[i].s == "#") && ws[i].end == end; i-- {
		end = ws[i-1].end
	}
	return end
}
