// Package text knows what words look like and nothing of who said them: the asks in a message (Asks), whether it is only thanks
// (ThanksOnly), the terms under which it is found again (Terms), who signed it (Signature), whether it is one part of several
// (Part) and in what language it is (Lang). Everything here is pure, works in one pass over the text and has limits, because
// what it reads comes from strangers.
//
// Offsets are bytes of the UTF-8 text, end exclusive, and always fall on the border of a letter of valid text.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Span is a piece of a text: bytes from Start up to but not including End.
type Span struct{ Start, End int }

// Of returns the words of s that the span covers, or nothing when the span is not of s.
func (p Span) Of(s string) string {
	if p.Start < 0 || p.End > len(s) || p.Start > p.End {
		return ""
	}
	return s[p.Start:p.End]
}

// isWordRune reports whether r is part of a word: a letter, a digit, or a mark that sits on one.
func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) && !isVariation(r)
}

// isVariation reports whether r only says how the rune before it is drawn. Some phones put U+FE0F after a plain I.
func isVariation(r rune) bool { return r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF }

// isApostrophe reports whether r is one of the marks that people type inside words.
func isApostrophe(r rune) bool {
	return r == '\'' || r == '’' || r == '‘' || r == 'ʼ' || r == '´' || r == '`'
}

// urlAt returns where the first web address in token begins, or -1.
func urlAt(token string) int {
	at := -1
	for _, p := range [...]string{"http://", "https://", "HTTP://", "HTTPS://", "Http://", "Https://", "www.", "WWW."} {
		if i := strings.Index(token, p); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	return at
}

// tokenEnd returns the end of the run of non-space that begins at i.
func tokenEnd(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.IsSpace(r) {
			return i
		}
		i += n
	}
	return i
}

// lastWord returns where the run of non-space that ends at end begins.
func lastWord(s string, end int) int {
	for end > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:end])
		if unicode.IsSpace(r) {
			return end
		}
		end -= n
	}
	return end
}
