package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What Terms gives at most: longer words are cut, further terms left out.
const (
	MaxTerm  = 40
	MaxTerms = 4000
)

// Terms cuts a text into the terms under which it is found: the one tokeniser of search, for what is stored and for what is
// asked alike. Every term matches [a-z0-9]{1,40}, so that no tokeniser of a database can disagree; they come in the order of the
// text, each once.
//
//   - Words are lower case and folded: "Größe" is "grosse", "Łódź" is "lodz", "Ёлка" is found by "елка".
//   - Words of other scripts are written as "xq", then three base-36 digits for the block of 256 runes and two hexadecimal
//     digits for each rune in it; "g" and three digits change the block. That is reversible, and the first letters of a word are
//     the first letters of its term, so prefix search works in every script.
//   - Scripts that put no space between words (Chinese, Japanese, Thai, …) give each two neighbouring runes; a single one is a
//     prefix of its pairs.
//   - What is tied together by . - _ ' @ + : # & / is given in parts, and as a whole without the ties: "anna.b@example.com" is
//     anna, b, example, com and annabexamplecom; "AB-123 45" is ab, 123, ab123 and 45. The scheme of a web address is left out,
//     and an address of the web has no whole.
//   - A phone number that begins with + or ( is also given as all its digits, spaces or not.
//
// Terms of terms are the same terms: Terms(strings.Join(Terms(s), " ")) equals Terms(s).
func Terms(s string) []string {
	t := termList{seen: make(map[string]struct{})}
	for i := 0; i < len(s) && !t.full(); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '+' || r == '(':
			if end, digits := phone(s[i:]); end > 0 {
				t.chunk(s[i : i+end])
				t.add(digits)
				i += end
				continue
			}
			i += n
		case isWordRune(r):
			end := chunkEnd(s, i)
			t.chunk(s[i:end])
			i = end
		default:
			i += n
		}
	}
	return t.list
}

type termList struct {
	list []string
	seen map[string]struct{}
}

func (t *termList) full() bool { return len(t.list) >= MaxTerms }

func (t *termList) add(term string) {
	if term == "" || t.full() {
		return
	}
	if len(term) > MaxTerm {
		term = term[:MaxTerm]
	}
	if _, ok := t.seen[term]; ok {
		return
	}
	t.seen[term] = struct{}{}
	t.list = append(t.list, term)
}

// chunk adds the parts of words tied together, and their whole.
func (t *termList) chunk(c string) {
	web := false
	if urlAt(c) == 0 {
		if _, rest, ok := strings.Cut(c, "://"); ok {
			c = rest
		}
		web = true
	}
	var whole strings.Builder
	parts := 0
	for len(c) > 0 && !t.full() {
		r, n := utf8.DecodeRuneInString(c)
		if !isWordRune(r) {
			c = c[n:]
			continue
		}
		end := n
		for end < len(c) {
			r, n = utf8.DecodeRuneInString(c[end:])
			if !isWordRune(r) && !isVariation(r) {
				break
			}
			end += n
		}
		f := folded(c[:end])
		c = c[end:]
		plain := t.word(f)
		parts++
		switch {
		case !plain:
			web = true // a whole is for what is typed in plain letters: handles, addresses, numbers
		case whole.Len() <= MaxTerm:
			whole.WriteString(f)
		}
	}
	if parts > 1 && !web && whole.Len() <= MaxTerm {
		t.add(whole.String())
	}
}

// word adds the terms of one folded word and reports whether it was all plain letters and digits.
func (t *termList) word(f string) (plain bool) {
	plain = true
	for len(f) > 0 {
		r, n := utf8.DecodeRuneInString(f)
		kind := kindOf(r)
		end := n
		for end < len(f) {
			r, n = utf8.DecodeRuneInString(f[end:])
			if kindOf(r) != kind {
				break
			}
			end += n
		}
		run := f[:end]
		f = f[end:]
		switch kind {
		case plainRune:
			t.add(run)
		case pairedRune:
			plain = false
			t.pairs(run)
		case otherRune:
			plain = false
			t.add(encoded(run))
		case noRune:
			plain = false
		}
	}
	return plain
}

func (t *termList) pairs(run string) {
	_, first := utf8.DecodeRuneInString(run)
	if first == len(run) {
		t.add(encoded(run))
		return
	}
	for first < len(run) && !t.full() {
		_, second := utf8.DecodeRuneInString(run[first:])
		t.add(encoded(run[:first+second]))
		run = run[first:]
		first = second
	}
}

type runeKind int

const (
	noRune     runeKind = iota
	plainRune           // a-z, 0-9
	pairedRune          // of a script without spaces between words
	otherRune           // of any other script
)

func kindOf(r rune) runeKind {
	switch {
	case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		return plainRune
	case r < 0x80 || r == utf8.RuneError:
		return noRune
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
		unicode.Tibetan) || r == 'ー':
		return pairedRune
	}
	return otherRune
}

const (
	base36 = "0123456789abcdefghijklmnopqrstuvwxyz"
	hexes  = "0123456789abcdef"
)

// encoded writes runes of other scripts in plain letters; see Terms.
func encoded(run string) string {
	b := make([]byte, 0, MaxTerm)
	b = append(b, 'x', 'q')
	block := rune(-1)
	for _, r := range run {
		need := 2
		if r>>8 != block {
			need += 3
			if block >= 0 {
				need++
			}
		}
		if len(b)+need > MaxTerm {
			break
		}
		if r>>8 != block {
			if block >= 0 {
				b = append(b, 'g')
			}
			block = r >> 8
			b = append(b, base36[block/36/36], base36[block/36%36], base36[block%36])
		}
		b = append(b, hexes[r>>4&15], hexes[r&15])
	}
	return string(b)
}

// decoded is the way back from encoded; ok is false for what encoded never writes.
func decoded(term string) (run string, ok bool) {
	rest, ok := strings.CutPrefix(term, "xq")
	if !ok {
		return "", false
	}
	var out []rune
	block := rune(-1)
	for len(rest) > 0 {
		if block < 0 || rest[0] == 'g' {
			if block >= 0 {
				rest = rest[1:]
			}
			if len(rest) < 3 {
				return "", false
			}
			block = 0
			for i := range 3 {
				d := rune(strings.IndexByte(base36, rest[i])) //nolint:gosec // below 36
				if d < 0 {
					return "", false
				}
				block = block*36 + d
			}
			rest = rest[3:]
		}
		if len(rest) < 2 {
			return "", false
		}
		hi, lo := rune(strings.IndexByte(hexes, rest[0])), rune(strings.IndexByte(hexes, rest[1])) //nolint:gosec // below 16
		if hi < 0 || lo < 0 {
			return "", false
		}
		out = append(out, block<<8|hi<<4|lo)
		rest = rest[2:]
	}
	return string(out), encoded(string(out)) == term
}

// chunkEnd returns the end of the words tied together that begin at i.
func chunkEnd(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case isWordRune(r), isVariation(r):
			i += n
		case isTie(r):
			j := i + n
			for k := 0; k < 2 && j < len(s) && isTieByte(s[j]); k++ { // "://"
				j++
			}
			if j >= len(s) {
				return i
			}
			if next, _ := utf8.DecodeRuneInString(s[j:]); !isWordRune(next) {
				return i
			}
			i = j
		default:
			return i
		}
	}
	return i
}

func isTie(r rune) bool {
	switch r {
	case '’', 'ʼ', '‐', '‑':
		return true
	}
	return r < utf8.RuneSelf && isTieByte(byte(r)) //nolint:gosec // one byte
}

func isTieByte(c byte) bool {
	switch c {
	case '.', '-', '_', '\'', '@', '+', ':', '#', '&', '/', '=', '?', '%', '~':
		return true
	}
	return false
}

// phone reads a phone number that begins with + or an opening bracket: 7 to 15 digits, at most three marks or spaces between two.
func phone(s string) (end int, number string) {
	var b [15]byte
	n, gap := 0, 0
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' {
			if n == len(b) {
				return 0, ""
			}
			b[n], n, gap, end = c, n+1, 0, i+1
			continue
		}
		if gap == 0 && n > 0 && (c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return 0, "" // a word that begins with digits
		}
		if gap++; gap > 3 || (c != '+' || i > 0) && !strings.ContainsRune(" -().", rune(c)) && c != '/' {
			break
		}
	}
	if n < 7 {
		return 0, ""
	}
	return end, string(b[:n])
}
