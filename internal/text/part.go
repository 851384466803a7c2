package text

import (
	"strings"
	"unicode/utf8"
)

// maxParts is the most parts one reply is believed to have; what counts higher is a date, a score or a flight.
const maxParts = 20

// Part finds the number of a message that was split into several: "1/2", "(2/3)", "[1/2]", "2 of 2" or "Part 2/2" at its start
// (after the handles it is addressed to) or at its end (before or after a signature and links). "2/n" has of = 0.
// Fractions, dates and "24/7" are not parts: n must be from 1 to of, of from 2 to 20, the number must stand alone, and bare
// "n of m" counts only at the very end or in brackets.
func Part(s string) (n, of int, ok bool) {
	t := strings.TrimSpace(s)
	if n, of, ok = partAtEnd(t); ok {
		return n, of, true
	}
	if sig, span, signed := Signature(s); signed && sig != "" {
		if n, of, ok = partAtEnd(strings.TrimSpace(s[:span.Start])); ok {
			return n, of, true
		}
	}
	return partAtStart(t)
}

func partAtEnd(t string) (n, of int, ok bool) {
	t = trimTail(t)
	tail := t[max(0, len(t)-16):]
	// The number may be the last word ("2/3"), or the last three ("2 of 3").
	f := strings.Fields(tail)
	if len(f) == 0 {
		return 0, 0, false
	}
	last := strings.TrimRight(f[len(f)-1], ".")
	if n, of, ok = fraction(last); ok {
		return n, of, !measured(f[:len(f)-1], n, of)
	}
	if len(f) >= 3 && len(t) > 16 && strings.EqualFold(f[len(f)-2], "of") {
		return fraction(bracketed(f[len(f)-3], last))
	}
	return 0, 0, false
}

func partAtStart(t string) (n, of int, ok bool) {
	for strings.HasPrefix(t, "@") || strings.HasPrefix(t, ".@") || strings.HasPrefix(t, "__") {
		i := strings.IndexAny(t, " \t\n")
		if i < 0 {
			return 0, 0, false
		}
		t = strings.TrimLeft(t[i:], " \t\n")
	}
	f := strings.Fields(t[:min(len(t), 24)])
	if len(f) > 1 && (strings.EqualFold(f[0], "part") || strings.EqualFold(f[0], "pt")) {
		f = f[1:]
		if n, of, ok = fraction(strings.TrimRight(f[0], ":.)-")); ok {
			return n, of, true
		}
	}
	if len(f) < 2 {
		return 0, 0, false
	}
	first := strings.TrimRight(f[0], ":.-")
	if n, of, ok = fraction(first); ok && len(first) > 0 {
		// "1/2 price", "1/4 cup": at the start a bare fraction needs something that sets it apart from the sentence.
		next, _ := utf8.DecodeRuneInString(f[1])
		apart := first != f[0] || first[0] == '(' || first[0] == '[' || next >= 'A' && next <= 'Z' || next == '-' || next == '.'
		return n, of, apart
	}
	if len(f) >= 3 && strings.EqualFold(f[1], "of") && (f[0][0] == '(' || f[0][0] == '[') {
		return fraction(bracketed(f[0], strings.TrimRight(f[2], ":")))
	}
	return 0, 0, false
}

func bracketed(a, b string) string { return a + "/" + b }

// fraction reads "n/m", with or without brackets around it.
func fraction(w string) (n, of int, ok bool) {
	open := strings.HasPrefix(w, "(") || strings.HasPrefix(w, "[")
	w = strings.Trim(w, "()[]")
	a, b, found := strings.Cut(w, "/")
	if !found || len(a) == 0 || len(a) > 2 || len(b) == 0 || len(b) > 2 {
		return 0, 0, false
	}
	n, ok = digits(a)
	if !ok || n < 1 || a[0] == '0' {
		return 0, 0, false
	}
	if (b == "n" || b == "N" || b == "x" || b == "X") && (open || n <= maxParts) {
		return n, 0, true
	}
	of, ok = digits(b)
	if !ok || b[0] == '0' || of < 2 || of > maxParts || n > of {
		return 0, 0, false
	}
	return n, of, true
}

func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// measured reports whether the words before a closing "n/of" make it a score, a date or an amount.
func measured(before []string, _, _ int) bool {
	if len(before) == 0 {
		return false
	}
	switch strings.ToLower(strings.Trim(before[len(before)-1], ".,:;!?")) {
	case "on", "until", "till", "by", "from", "since", "only", "a", "the", "is", "was", "of", "me", "about", "rated", "rating", "score",
		"and", "least", "than", "just", "for", "to", "am", "um", "le", "el", "bis", "seit", "ab", "vom":
		return true
	}
	return false
}

// trimTail cuts web addresses, and what else may follow the last word, from the end of t.
func trimTail(t string) string {
	for {
		t = strings.TrimRightFunc(t, func(r rune) bool { return !isWordRune(r) && !isClosing(r) })
		i := lastWord(t, len(t))
		if i == len(t) || urlAt(t[i:]) != 0 {
			return t
		}
		t = t[:i]
	}
}

// isClosing reports whether r may close a number or a signature and must stay.
func isClosing(r rune) bool { return r == ')' || r == ']' || r == '.' }
