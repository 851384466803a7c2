package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Signature finds the name or initials with which an agent signs a brand's reply: "^KC", "-KC", "--JV", "*TMT", "/AY", "~AT",
// "^Helen", "-Anna", "- Tom", "*AshleyNelson", "~Mark Y.", at the end of the text or before closing links, part numbers and
// emoji; or a name alone on the last line. sig is the name without its marker; span covers marker and name.
// Only the last words are looked at, and each character of them at most a few times.
func Signature(s string) (sig string, span Span, ok bool) {
	end := signatureEnd(s)
	if sig, span, ok = marked(s, end); ok {
		return sig, span, true
	}
	return ownLine(s, end)
}

// signatureTail is how far from the end a signature may begin.
const signatureTail = 160

// signatureEnd returns the end of s without links, part numbers, emoji and space.
func signatureEnd(s string) int {
	end := len(s)
	for range 8 { // a reply ends in a handful of such things; a text made of them has no signature
		end = len(strings.TrimRightFunc(s[:end], func(r rune) bool { return !isWordRune(r) && r != ')' && r != ']' }))
		i := lastWord(s, end)
		last := s[i:end]
		_, _, part := fraction(last)
		switch {
		case last != "" && (urlAt(last) == 0 || part):
			end = i
		case len(last) == 1 && last[0] >= '1' && last[0] <= '9': // "... ^JS 2"
			before := len(strings.TrimRightFunc(s[:i], unicode.IsSpace))
			if _, _, signed := marked(s, before); signed {
				return before
			}
			return end
		default:
			return end
		}
	}
	return end
}

// marked looks for marker and name that end at end.
func marked(s string, end int) (string, Span, bool) {
	from := max(0, end-signatureTail)
	// Walk back over at most three words of a name to the nearest marker.
	words := 0
	for i := end; i > from; {
		r, n := utf8.DecodeLastRuneInString(s[:i])
		i -= n
		if isMarker(r) {
			return signed(s, i, n, end)
		}
		if unicode.IsSpace(r) {
			if words++; words > 2 {
				break
			}
			continue
		}
		if !isWordRune(r) && r != '.' && !isApostrophe(r) {
			break
		}
	}
	return "", Span{}, false
}

func isMarker(r rune) bool {
	switch r {
	case '^', '*', '/', '~', '-', '–', '—', '−', '‐':
		return true
	}
	return false
}

// signed decides whether the marker at byte i, w bytes wide, opens a signature that ends at end.
func signed(s string, i, w, end int) (string, Span, bool) {
	name := s[i+w : end]
	marker, _ := utf8.DecodeRuneInString(s[i:])
	spaced := strings.TrimLeft(name, " ") != name
	name = strings.TrimSpace(name)
	start := i
	for start > 0 { // "--JV"
		r, n := utf8.DecodeLastRuneInString(s[:start])
		if r != marker {
			break
		}
		start -= n
	}
	before, _ := utf8.DecodeLastRuneInString(s[:start])
	strong := marker == '^' || marker == '~' || marker == '*'
	switch {
	case start == 0 && !strong:
		return "", Span{}, false // the whole text is "-5" or "/stop"
	case start == 0, unicode.IsSpace(before):
	case strong, marker != '/' && !isWordRune(before), marker == '/' && (before == '.' || before == '!' || before == '?'):
		// "Thanks.^Kartika", "any issues.-RM"; but "e-mail", "and/or", "http://" are words
	default:
		return "", Span{}, false
	}
	if marker == '/' && spaced || !nameLike(name, strong) {
		return "", Span{}, false
	}
	// "see you at 5 - thanks": after a spaced dash only a capitalised short name counts.
	if !strong && spaced && !upperFirst(name) {
		return "", Span{}, false
	}
	return name, Span{start, end}, true
}

// nameLike reports whether name can be a person's sign: initials, a first name, a name and an initial.
func nameLike(name string, strong bool) bool {
	words := strings.Fields(name)
	if len(words) == 0 || len(words) > 3 || len(name) > 40 {
		return false
	}
	if len(words) == 1 && !strong && strings.ToLower(name) == name && utf8.RuneCountInString(name) > 3 {
		return false // "-thanks", "/month"
	}
	for k, w := range words {
		w = strings.TrimRight(w, ".")
		n := 0
		for _, r := range w {
			if !unicode.IsLetter(r) && !isApostrophe(r) {
				return false
			}
			n++
		}
		if n == 0 || n > 20 || k > 0 && !upperFirst(w) {
			return false
		}
		if len(words) > 1 && k == 0 && !upperFirst(w) {
			return false
		}
	}
	return !closingWord(strings.ToLower(strings.TrimRight(words[0], ".")))
}

func upperFirst(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return unicode.IsUpper(r) || unicode.Is(unicode.Lo, r)
}

// closingWord reports whether w ends many texts and names nobody.
func closingWord(w string) bool {
	switch w {
	case "thanks", "thank", "thx", "ty", "please", "regards", "cheers", "sorry", "ok", "okay", "yes", "no", "hi", "hello", "bye", "tia",
		"asap", "lol", "danke", "merci", "gracias", "grazie", "obrigado", "bedankt", "day", "soon", "again", "now", "here", "us",
		"welcome", "dm", "faq", "am", "pm", "usa", "uk", "eu", "help", "support", "enjoy", "congrats", "great", "good", "we", "you",
		"your", "the", "it", "this", "that", "team", "morning", "evening", "weekend":
		return true
	}
	return false
}

// ownLine looks for a name alone on the last line, under a text that is not itself so short.
func ownLine(s string, end int) (string, Span, bool) {
	from := max(0, end-signatureTail)
	nl := strings.LastIndexByte(s[from:end], '\n')
	if nl < 0 {
		return "", Span{}, false
	}
	start := from + nl + 1
	line := s[start:end]
	lead := len(line) - len(strings.TrimLeftFunc(line, unicode.IsSpace))
	start += lead
	name := s[start:end]
	words := strings.Fields(name)
	if len(words) == 0 || len(words) > 2 || !nameLike(name, true) || utf8.RuneCountInString(name) < 2 || strings.TrimSpace(s[:start]) == "" {
		return "", Span{}, false
	}
	for _, w := range words {
		if !upperFirst(w) {
			return "", Span{}, false
		}
	}
	return name, Span{start, end}, true
}
