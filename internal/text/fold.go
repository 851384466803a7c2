package text

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded writes a word the way it is compared: lower case, compatibility forms opened, accents dropped where dropping them is
// what people do when they type in a hurry (Latin, Greek, Cyrillic, Hebrew, Arabic), digits of every script as 0 to 9.
// Marks that carry meaning stay (Devanagari vowels, Japanese voicing).
func folded(word string) string {
	if isPlain(word) {
		return word
	}
	out := make([]rune, 0, len(word))
	loose := true // whether marks on the last letter are dropped
	for _, r := range norm.NFKD.String(word) {
		switch {
		case isVariation(r), r == 0x0640: // Arabic tatweel only stretches
			continue
		case unicode.Is(unicode.Mn, r):
			if !loose {
				out = append(out, r)
			}
			continue
		}
		loose = r < 0x0700 // Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic stand below
		r = unicode.ToLower(r)
		if d, ok := digitValue(r); ok {
			out = append(out, '0'+d)
			continue
		}
		if latin := opened(r); latin != "" {
			for _, l := range latin {
				out = append(out, l)
			}
			continue
		}
		out = append(out, r)
	}
	// Lower case of a few capitals is a letter with a mark again; composing makes Hangul and voiced kana one rune each.
	s := norm.NFC.String(string(out))
	if s != word {
		return folded(s)
	}
	return s
}

// isPlain reports whether word is already folded ASCII.
func isPlain(word string) bool {
	for i := range len(word) {
		if c := word[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

func digitValue(r rune) (rune, bool) {
	if r < utf8.RuneSelf || !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	// Unicode lays out every set of decimal digits as ten runes in a row.
	for d := range rune(10) {
		if !unicode.Is(unicode.Nd, r-d-1) {
			return d, true
		}
	}
	// Sets that stand side by side (mathematical digits) are opened by NFKD before they come here.
	return 0, false
}

// opened returns the plain letters for a Latin letter that has no decomposition, or "".
func opened(r rune) string {
	switch r {
	case 'ß', 'ẞ':
		return "ss"
	case 'ø', 'ɵ':
		return "o"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ł', 'ƚ':
		return "l"
	case 'đ', 'ð', 'ɖ':
		return "d"
	case 'þ':
		return "th"
	case 'ı':
		return "i"
	case 'ħ':
		return "h"
	case 'ŧ':
		return "t"
	case 'ŋ':
		return "n"
	case 'ĸ':
		return "q"
	case 'ə', 'ǝ', 'ɛ':
		return "e"
	case 'ς':
		return "σ"
	}
	return ""
}
