package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is a word of a sentence as the patterns read it.
type word struct {
	start, end int
	// s is lower case without accents and apostrophes ("what's" is "whats"); "@" for a handle or mask, "#" for a hashtag.
	s string
	// brk says that a comma, dash, bracket or the like stands before the word.
	brk bool
}

// sentence is a stretch of text that ends at a mark, a line or the limit.
type sentence struct {
	Span
	asked bool // a question mark ends it
	cried bool // an exclamation mark ends it
	words []word
}

// Limits of a sentence: a text without marks is cut into pieces of this size, so that each piece costs the same.
const (
	sentenceBytes = 1500
	sentenceWords = 300
)

// scanner gives the sentences of a text one after the other, and counts its steps: they stay below a fixed multiple of the
// length of the text whatever the text is.
type scanner struct {
	s     string
	at    int
	greek bool // ";" asks
	steps int
	words []word
}

func newScanner(s, lang string) *scanner {
	return &scanner{s: s, greek: lang == "el" || strings.HasPrefix(lang, "el-")}
}

// next returns the next sentence with at least one word; its words are valid until the call after.
func (c *scanner) next() (sentence, bool) {
	for c.at < len(c.s) {
		if st := c.one(); len(st.words) > 0 || st.asked {
			return st, true
		}
	}
	return sentence{}, false
}

func (c *scanner) one() sentence {
	st := sentence{Span: Span{-1, 0}}
	c.words = c.words[:0]
	brk := false
	i := c.at
	for i < len(c.s) {
		c.steps++
		r, n := utf8.DecodeRuneInString(c.s[i:])
		switch {
		case r == '\n' && c.breaksLine(i):
			i += n
			if st.Start >= 0 {
				return c.done(st, i)
			}
			continue
		case unicode.IsSpace(r):
			if st.Start >= 0 && (i-st.Start > sentenceBytes || len(c.words) >= sentenceWords) {
				return c.done(st, i)
			}
			i += n
			continue
		}
		if st.Start >= 0 && i-st.Start > sentenceBytes*2 {
			return c.done(st, i)
		}
		if end, name := c.opaque(i); end > i {
			if name != "" {
				if st.Start < 0 {
					st.Start = i
				}
				c.words = append(c.words, word{i, end, name, brk})
				st.End, brk = end, false
			} else {
				brk = true
			}
			i = end
			continue
		}
		switch {
		case isWordRune(r):
			end := c.wordEnd(i)
			c.steps += end - i
			if st.Start < 0 {
				st.Start = i
			}
			c.add(i, end, brk)
			st.End, brk = end, false
			i = end
		case c.ends(r, i, n):
			var asked, cried bool
			i, asked, cried = c.marks(i)
			if st.Start < 0 {
				if !asked {
					continue
				}
				st.Start = i - 1 // "??" alone; the caller sees that there are no words
				for st.Start > 0 && !utf8.RuneStart(c.s[st.Start]) {
					st.Start--
				}
			}
			st.End, st.asked, st.cried = i, asked, cried
			return c.done(st, i)
		default:
			if !isApostrophe(r) && r != '*' && r != '_' && !isVariation(r) {
				brk = brk || breaks(r)
			}
			if st.Start < 0 && (r == '¿' || r == '¡' || r == '"' || r == '“' || r == '«' || r == '(') {
				st.Start = i
			}
			i += n
		}
	}
	return c.done(st, i)
}

func (c *scanner) done(st sentence, at int) sentence {
	c.at = at
	st.words = c.words
	if st.Start < 0 {
		st.Start = st.End
	}
	return st
}

// add adds the word at [i, end). Words longer than any pattern are kept as they are: they match nothing.
func (c *scanner) add(i, end int, brk bool) {
	w := c.s[i:end]
	if k := strings.IndexFunc(w, isApostrophe); k > 0 && k < len(w)-1 {
		_, n := utf8.DecodeRuneInString(w[k:])
		if elided(w[k+n:]) {
			c.words = append(c.words, word{i, end, folded(w[:k] + w[k+n:]), brk})
			return
		}
		c.words = append(c.words, word{i, i + k, folded(w[:k]), brk}, word{i + k + n, end, folded(w[k+n:]), false})
		return
	}
	if len(w) > 60 {
		c.words = append(c.words, word{i, end, "…", brk})
		return
	}
	c.words = append(c.words, word{i, end, folded(w), brk})
}

// elided reports whether what follows an apostrophe belongs to the word before it (don't, what's, y'all), and not to the next
// one (l'addition, qu'est).
func elided(after string) bool {
	switch strings.ToLower(after) {
	case "s", "t", "d", "m", "ll", "re", "ve", "all", "em", "n":
		return true
	}
	return false
}

// wordEnd returns the end of the word at i: letters, digits, marks, and one apostrophe inside.
func (c *scanner) wordEnd(i int) int {
	seen := false
	for i < len(c.s) {
		r, n := utf8.DecodeRuneInString(c.s[i:])
		switch {
		case isWordRune(r), isVariation(r):
		case isApostrophe(r) && !seen:
			next, _ := utf8.DecodeRuneInString(c.s[i+n:])
			if !unicode.IsLetter(next) {
				return i
			}
			seen = true
		default:
			return i
		}
		i += n
	}
	return i
}

// opaque recognises at i what is no language: web addresses (name ""), handles and the masks of exports ("@"), hashtags ("#").
func (c *scanner) opaque(i int) (end int, name string) {
	switch b := c.s[i]; {
	case b == '@' || b == '#':
		end = i + 1
		for end < len(c.s) && (isTieByte(c.s[end]) && c.s[end] != '?' && c.s[end] != '#' || isHandleByte(c.s, end)) {
			_, n := utf8.DecodeRuneInString(c.s[end:])
			end += n
		}
		for end > i+1 && isTieByte(c.s[end-1]) && c.s[end-1] != '_' {
			end--
		}
		c.steps += end - i
		if end == i+1 {
			return i, ""
		}
		return end, c.s[i : i+1]
	case b == '_' && strings.HasPrefix(c.s[i:], "__"):
		k := strings.Index(c.s[i+2:min(len(c.s), i+34)], "__")
		if k <= 0 {
			return i, ""
		}
		return i + 2 + k + 2, "@"
	case b == 'h' || b == 'H' || b == 'w' || b == 'W':
		if urlAt(c.s[i:min(len(c.s), i+8)]) != 0 {
			return i, ""
		}
		end = tokenEnd(c.s, i)
	case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9':
		// "example.com/help?id=4", "ana@example.com": a letter, then a dot or @ and later a slash, seen without a space
		end = c.address(i)
	default:
		return i, ""
	}
	c.steps += end - i
	for end > i {
		r, n := utf8.DecodeLastRuneInString(c.s[i:end])
		if !strings.ContainsRune(`?!.,;:)"'”»؟？！。…]`, r) {
			break
		}
		end -= n
	}
	return end, ""
}

func isHandleByte(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return r == '_' || isWordRune(r)
}

// address returns the end of a mail or web address without scheme that begins at i, or i.
func (c *scanner) address(i int) int {
	if i > 0 && isTieByte(c.s[i-1]) || i > 0 && isHandleByte(c.s[:i], i-1) {
		return i // inside a word that was looked at already
	}
	dot, at := false, false
	for k := i; k < len(c.s) && k < i+200; k++ {
		c.steps++
		switch b := c.s[k]; {
		case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_' || b == '+':
		case b == '.' && k+1 < len(c.s) && c.s[k+1] > ' ' && c.s[k+1] != '.':
			dot = true
		case b == '@':
			at = true
		case b == '/' && dot && !at:
			return tokenEnd(c.s, k)
		default:
			if at && dot {
				return k
			}
			return i
		}
	}
	return i
}

// breaksLine reports whether the line end at i ends a sentence: a blank line, or a next line that begins like a sentence does.
func (c *scanner) breaksLine(i int) bool {
	for k := i + 1; k < len(c.s); {
		r, n := utf8.DecodeRuneInString(c.s[k:])
		if r != ' ' && r != '\t' && r != '\r' {
			return !unicode.IsLower(r) // a blank line, or the start of a sentence
		}
		c.steps++
		if k > i+80 {
			return true
		}
		k += n
	}
	return true
}

// ends reports whether the mark r at i ends a sentence.
func (c *scanner) ends(r rune, i, n int) bool {
	if asks(r, c.greek) || cries(r) {
		// "?x=1" inside what is not an address at first sight
		next, _ := utf8.DecodeRuneInString(c.s[i+n:])
		return r != '?' || next != '=' && next != '&'
	}
	if r != '.' {
		return stops(r)
	}
	if i+n >= len(c.s) {
		return true
	}
	next, _ := utf8.DecodeRuneInString(c.s[i+n:])
	if next == '.' {
		return true // "..." is a pause
	}
	if !unicode.IsSpace(next) && !strings.ContainsRune(`"'”’»)]`, next) {
		// "arrived.why not": no space after the mark; "1.5", "answerable.example" are not ends
		prev, _ := utf8.DecodeLastRuneInString(c.s[:i])
		return unicode.IsLower(prev) && unicode.IsUpper(next) || c.starter(i+n)
	}
	return !c.abbreviation(i)
}

// starter reports whether a question word begins at i.
func (c *scanner) starter(i int) bool {
	end := i
	for end < len(c.s) && end < i+8 && c.s[end] >= 'a' && c.s[end] <= 'z' {
		end++
	}
	switch c.s[i:end] {
	case "why", "how", "when", "where", "what", "who", "can", "could", "please", "pls", "is", "are", "do", "i", "refund", "fix", "help":
		return end == len(c.s) || c.s[end] == ' '
	}
	return false
}

// abbreviation reports whether the full stop at i belongs to the word before it.
func (c *scanner) abbreviation(i int) bool {
	start := i
	for start > 0 && i-start < 12 {
		r, n := utf8.DecodeLastRuneInString(c.s[:start])
		if !unicode.IsLetter(r) && r != '.' {
			break
		}
		start -= n
	}
	w := strings.ToLower(c.s[start:i])
	switch w {
	case "mr", "mrs", "ms", "dr", "prof", "st", "no", "nr", "vs", "e.g", "i.e", "eg", "approx", "dept", "inc", "ltd", "z.b", "d.h", "u.a",
		"bzw", "ca", "tel", "hr", "fr", "str", "sr", "sra", "srta", "ud", "uds", "p.ej", "m", "mme", "dott", "sig", "p.es", "av", "dhr",
		"mevr", "bijv", "np", "ul", "a.m", "p.m":
		// "No." ends a sentence when nothing but a name could follow an abbreviation
		if w == "no" {
			r, _ := utf8.DecodeRuneInString(strings.TrimLeft(c.s[i+1:], " "))
			return unicode.IsDigit(r)
		}
		if w == "a.m" || w == "p.m" {
			r, _ := utf8.DecodeRuneInString(strings.TrimLeft(c.s[i+1:], " "))
			return unicode.IsLower(r)
		}
		return true
	}
	// one capital: an initial, but not "I."
	r, n := utf8.DecodeRuneInString(c.s[start:i])
	return n == i-start && unicode.IsUpper(r) && r != 'I' && r != 'U'
}

// marks takes the marks from i on that end one sentence, closing quotes included, and says what they were.
func (c *scanner) marks(i int) (end int, asked, cried bool) {
	for i < len(c.s) {
		r, n := utf8.DecodeRuneInString(c.s[i:])
		switch {
		case asks(r, c.greek):
			asked = true
		case cries(r):
			cried = true
			asked = asked || r == '⁈' || r == '⁉' || r == '‽'
		case stops(r), isVariation(r):
		case strings.ContainsRune(`"'”’»)]`, r):
		case r == ' ':
			// "how ? !" and "??? ?": a space between marks
			next, _ := utf8.DecodeRuneInString(c.s[i+1:])
			if !asks(next, c.greek) && !cries(next) {
				return i, asked, cried
			}
		default:
			return i, asked, cried
		}
		c.steps++
		i += n
	}
	return i, asked, cried
}

// asks reports whether r is a question mark of some script.
func asks(r rune, greek bool) bool {
	switch r {
	case '?', '？', '؟', '⸮', '՞', '፧', '⁇', '⁈', '⁉', '‽', '﹖', '︖', '꘏', '꛷', '᥅', '\u037e', '❓', '❔':
		return true
	case ';', '；':
		return greek && r == ';'
	}
	return false
}

// stops reports whether r is a full stop of some script.
func stops(r rune) bool {
	switch r {
	case '.', '。', '．', '｡', '۔', '।', '॥', '։', '።', '…', '‥':
		return true
	}
	return false
}

func cries(r rune) bool {
	switch r {
	case '!', '！', '‼', '⁉', '﹗', '︕', '՜', '❗', '❕':
		return true
	}
	return false
}

// breaks reports whether a mark divides a sentence: after it, a new clause may begin.
func breaks(r rune) bool {
	switch r {
	case ',', ';', ':', '-', '–', '—', '(', ')', '"', '“', '”', '/', '、', '，', '：', '；', '،', '¿', '¡', '|', '>', '•', '~':
		return true
	}
	return unicode.Is(unicode.So, r) // an emoji
}
