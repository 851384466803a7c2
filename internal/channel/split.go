package channel

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// MaxParts is how many posts one reply may become. Who needs more should send a link.
const MaxParts = 30

// Split cuts a text that is longer than one post may be into numbered parts, "… (1/3)". It cuts between paragraphs where that
// leaves no part half empty, else after a sentence, else between words; never inside an address, and inside a word only if the
// word alone is too long. A text that fits is returned as it is. Nil means that it cannot be cut: not even one character
// fits beside the number.
func Split(text string, l Limits) []string {
	if l.MaxChars <= 0 || l.Len(text) <= l.MaxChars {
		return []string{text}
	}
	cuts := borders(text)
	for digits, most := 1, 9; digits <= 4; digits, most = digits+1, most*10+9 {
		room := strings.Repeat("9", digits)
		parts := l.cut(text, cuts, " ("+room+"/"+room+")")
		if len(parts) == 0 {
			return nil
		}
		if len(parts) > most {
			continue
		}
		for i, p := range parts {
			parts[i] = fmt.Sprintf("%s (%d/%d)", p, i+1, len(parts))
		}
		return parts
	}
	return nil
}

// cut takes as much as fits, again and again, each time leaving room for the number.
func (l Limits) cut(text string, cuts []border, number string) []string {
	var parts []string
	for from, next := 0, 0; from < len(text); {
		for next < len(cuts) && cuts[next].at <= from {
			next++
		}
		at := l.best(text, from, cuts[next:], number)
		if at <= from {
			return nil
		}
		if p := strings.TrimSpace(text[from:at]); p != "" {
			parts = append(parts, p)
		}
		from = at
	}
	return parts
}

// best is where a part that begins at from should end; from itself when nothing fits.
func (l Limits) best(text string, from int, cuts []border, number string) int {
	size := func(at int) int { return l.Len(strings.TrimSpace(text[from:at]) + number) }
	fits := func(at int) bool { return size(at) <= l.MaxChars }
	if fits(len(text)) {
		return len(text)
	}
	for _, kind := range []borderKind{paragraph, sentence} {
		// A part that ends well but is half empty is worse than one that ends between words.
		if at := lastThatFits(cuts, kind, fits); at > from && size(at) >= l.MaxChars/2 {
			return at
		}
	}
	for _, kind := range []borderKind{word, character} {
		if at := lastThatFits(cuts, kind, fits); at > from {
			return at
		}
	}
	// One character of many marks, or an address, that is longer than a whole part.
	var points []border
	for i := range text[from:] {
		points = append(points, border{at: from + i})
	}
	return max(from, lastThatFits(points, 0, fits))
}

// lastThatFits looks among the borders that are at least of a kind. A count grows with the text, so halving finds it; what
// counts otherwise is looked at again from there.
func lastThatFits(cuts []border, kind borderKind, fits func(at int) bool) int {
	var of []int
	for _, c := range cuts {
		if c.kind < kind {
			continue
		}
		of = append(of, c.at)
		if n := len(of); n&(n-1) == 0 && n >= 64 && !fits(c.at) { // far enough
			break
		}
	}
	low, high := 0, len(of)
	for low < high {
		mid := (low + high) / 2
		if fits(of[mid]) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == 0 {
		return -1
	}
	return of[low-1]
}

type borderKind int

const (
	character borderKind = iota
	word
	sentence
	paragraph
)

// border is a place where a text may be cut, and how good that is.
type border struct {
	at   int
	kind borderKind
}

// Address matches a web address as it stands in a text, without the punctuation after it.
var address = regexp.MustCompile(`(?i)\bhttps?://[^\s<>"]*[^\s<>"'.,;:!?)\]}]`)

// borders lists every place where a text may be cut, in order; the end is one.
func borders(text string) []border {
	var out []border
	links := address.FindAllStringIndex(text, -1)
	rest, state, at := text, -1, 0
	for rest != "" {
		var cluster string
		var b int
		cluster, rest, b, state = uniseg.StepString(rest, state)
		at += len(cluster)
		for len(links) > 0 && links[0][1] <= at-1 {
			links = links[1:]
		}
		if len(links) > 0 && links[0][0] < at && at < links[0][1] {
			continue // inside an address
		}
		out = append(out, border{at, kindOf(text, at, cluster, b)})
	}
	if n := len(out); n > 0 {
		out[n-1].kind = paragraph
	}
	return out
}

func kindOf(text string, at int, cluster string, b int) borderKind {
	if cluster == "\n" || cluster == "\r\n" {
		if strings.HasSuffix(text[:at], "\n\n") {
			return paragraph
		}
		return sentence
	}
	before, _ := utf8.DecodeLastRuneInString(cluster)
	// Line breaking would also cut after a hyphen or a slash; we cut only at spaces, and between letters where a script has none.
	if b&uniseg.MaskLine == uniseg.LineDontBreak || !unicode.IsSpace(before) && before < 0x2E80 {
		return character
	}
	if b&uniseg.MaskSentence != 0 {
		return sentence
	}
	return word
}
