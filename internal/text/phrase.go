package text

import (
	"slices"
	"strings"
)

// phrase is a run of words that asks. Each place holds the words that may stand there.
type phrase struct {
	at     [][]string
	kind   Kind
	where  place
	strong bool // may open a second ask in a sentence; of the rhetorical: only as the whole of it
}

// place is where in a clause a word stands, and where a phrase may.
type place int

const (
	nowhere     place = iota // in the middle
	afterAnd                 // behind a word that joins two clauses
	clauseStart              // first, but for greetings, handles and the like
)

type match struct {
	kind   Kind
	words  int
	strong bool
}

// phraseBook is what is known of one language.
type phraseBook struct {
	first    map[string][]phrase
	joiners  map[string]bool // lead over to what comes: but, so, hello
	conj     map[string]bool // join two clauses: and, but
	ors      map[string]bool // join two halves of one question
	ifs      map[string]bool // begin a clause on which a question hangs
	polite   map[string]bool // please, just, maybe
	nudges   map[string]bool // alone before a question mark they ask nothing: hello?
	leaders  map[string]bool // stand before the verb of a request: can you, somebody
	self     map[string]bool // the one who speaks: I, we
	knows    map[string]bool // behind them comes what is to be known: I want to know, when …
	info     map[string]bool // verbs that make "can you …" a question
	who      map[string]bool // words for who
	charge   map[string]bool // words for somebody in charge, or for reaching somebody
	rhetoric []phrase        // said to let off steam
}

// match returns the longest phrase that begins at word i; of two, the one that was added last (requests come after questions).
func (b *phraseBook) match(ws []word, i int, begins place, steps *int) (match, bool) {
	var best match
	for _, p := range b.first[ws[i].s] {
		*steps++
		if begins < p.where || len(p.at) < best.words || !p.fits(ws, i) {
			continue
		}
		best = match{p.kind, len(p.at), p.strong}
	}
	return best, best.words > 0
}

func (p phrase) fits(ws []word, i int) bool {
	if i+len(p.at) > len(ws) {
		return false
	}
	for k, choices := range p.at {
		if !slices.Contains(choices, ws[i+k].s) {
			return false
		}
	}
	return true
}

// nudge reports whether the words before a question mark ask nothing: "hello?", "ok?".
func (b *phraseBook) nudge(ws []word) bool {
	for _, w := range ws {
		if w.s != "@" && w.s != "#" && !b.nudges[w.s] && !b.joiners[w.s] {
			return false
		}
	}
	return true
}

// refine gives the kind of an ask, now that all its words are known; empty when it is none after all.
func (b *phraseBook) refine(k Kind, ws []word) Kind {
	for _, p := range b.rhetoric {
		to := len(ws) - len(p.at)
		if p.where == clauseStart {
			to = min(to, 2)
		}
		for i := 0; i <= to; i++ {
			if !p.fits(ws, i) || p.where == clauseStart && i > 0 && !b.joiners[ws[i-1].s] {
				continue
			}
			if !p.strong || i+len(p.at)+2 >= len(ws) {
				return Rhetorical
			}
		}
	}
	if k == Request {
		if b.courtesy(ws) {
			return ""
		}
		if verb := b.verb(ws); verb >= 0 {
			k = Question
		}
	}
	if (k == Question || k == Request) && b.wantsSomebody(ws) {
		return Who
	}
	return k
}

// verb returns the place of a verb of telling near the beginning ("can you please tell me"), or -1.
func (b *phraseBook) verb(ws []word) int {
	for i := 0; i < len(ws) && i < 7; i++ {
		if b.info[ws[i].s] {
			return i
		}
		if !b.polite[ws[i].s] && !b.leaders[ws[i].s] {
			return -1
		}
	}
	return -1
}

// courtesy reports whether a request is one only in form: "message me if you need anything".
func (b *phraseBook) courtesy(ws []word) bool {
	for i := 1; i+2 < len(ws); i++ {
		if ws[i].s == "if" && (ws[i+1].s == "you" || ws[i+1].s == "u" || ws[i+1].s == "anyone") &&
			(ws[i+2].s == "need" || ws[i+2].s == "want" || ws[i+2].s == "like" || ws[i+2].s == "have") {
			return true
		}
	}
	return false
}

// wantsSomebody reports whether a question is about a person: a word for who near the beginning, and one for being in charge or
// being reached.
func (b *phraseBook) wantsSomebody(ws []word) bool {
	asks, charge := false, false
	for i, w := range ws {
		if i < 12 && b.who[w.s] {
			asks = true
		}
		if asks && b.charge[w.s] {
			charge = true
		}
	}
	return asks && charge
}

// set makes a set of words.
func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// add reads phrases, one a line: places divided by spaces, choices by bars; a leading "~" lets a phrase stand anywhere in a
// clause, a leading "!" only at its start; a leading "+" lets it open a second ask in a sentence; a place that ends in "?" may be
// left out.
func (b *phraseBook) add(kind Kind, lines string) {
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		for _, p := range readPhrase(kind, line) {
			if kind == Rhetorical {
				b.rhetoric = append(b.rhetoric, p)
				continue
			}
			for _, w := range p.at[0] {
				b.first[w] = append(b.first[w], p)
			}
		}
	}
}

func readPhrase(kind Kind, line string) []phrase {
	p := phrase{kind: kind, where: afterAnd}
	if kind == Rhetorical {
		p.where = clauseStart
	}
	for {
		switch {
		case strings.HasPrefix(line, "~"):
			p.where = nowhere
		case strings.HasPrefix(line, "!"):
			p.where = clauseStart
		case strings.HasPrefix(line, "+"):
			p.strong = true
		default:
			return expand(p, strings.Fields(line))
		}
		line = line[1:]
	}
}

// expand makes two phrases of each place that may be left out.
func expand(p phrase, places []string) []phrase {
	all := []phrase{p}
	for _, place := range places {
		rest, optional := strings.CutSuffix(place, "?")
		var next []phrase
		for _, q := range all {
			if optional {
				next = append(next, q)
			}
			q.at = append(slices.Clone(q.at), strings.Split(rest, "|"))
			next = append(next, q)
		}
		all = next
	}
	return slices.DeleteFunc(all, func(q phrase) bool { return len(q.at) == 0 })
}
