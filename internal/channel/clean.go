package channel

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

// How much of what came from outside is kept. What is longer stays whole in the raw bytes only.
const (
	// MaxText is the longest text of a message, in bytes. A longer one is cut, visibly.
	MaxText = 64 << 10
	// MaxName is the longest name, handle or title, in bytes.
	MaxName = 256
	// MaxID is the longest id of a network. A longer one is not cut but refused: two long ids must never become one.
	MaxID = 512
	// MaxURL is the longest address that is kept.
	MaxURL = 2048
	// MaxBody is the largest raw delivery that a door reads.
	MaxBody = 1 << 20
	// MaxAttachments is how many files of one message are kept.
	MaxAttachments = 32
)

// CutMark ends a text that was longer than MaxText.
const CutMark = "\n[…]"

// Clean makes a text of unknown origin fit to be stored, counted and shown: valid UTF-8, NFC, at most MaxText, no NUL, no control
// characters but tab and line feed, and no bidirectional control that could turn around what stands beside it. Marks that
// only say how a neutral character reads (RLM, LRM, ALM) are kept: honest right-to-left text needs them.
// Cleaning twice changes nothing.
func Clean(s string) string {
	s, _ = clean(s)
	return s
}

func clean(s string) (_ string, cut bool) {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = visible(s)
	s = balanced(s)
	s = strings.TrimSpace(norm.NFC.String(s))
	if len(s) <= MaxText {
		return s, false
	}
	// Cutting can open an isolate whose end is gone, so balance again; that only ever makes it shorter.
	s = balanced(clip(s, MaxText-len(CutMark)))
	return strings.TrimSpace(norm.NFC.String(s)) + CutMark, true
}

// CleanLine is Clean for what stands on one line and names somebody: no line breaks, no bidirectional controls at all, at most
// limit bytes.
func CleanLine(s string, limit int) string {
	s = visible(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Map(func(r rune) rune {
		switch {
		case isBidi(r):
			return -1
		case r == '\t':
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(clip(norm.NFC.String(strings.Join(strings.Fields(s), " ")), limit))
}

// CleanURL keeps an address only if a person may safely be led there: absolute, http or https, with a host.
func CleanURL(s string) string {
	if s == "" || len(s) > MaxURL || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || isBidi(r) }) {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || !utf8.ValidString(s) {
		return ""
	}
	return u.String()
}

// cleanLang keeps what looks like a BCP 47 tag.
func cleanLang(s string) string {
	s = strings.ReplaceAll(s, "_", "-")
	if len(s) > 35 {
		return ""
	}
	for _, r := range s {
		if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return ""
		}
	}
	return s
}

// visible normalises line breaks and takes out what cannot be seen and means nothing here.
func visible(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\t':
			return r
		case '\r', '\v', '\f', 0x85, 0x2028, 0x2029: // a bare carriage return is a line break in more than one export
			return '\n'
		case 0xFEFF: // byte order mark
			return -1
		}
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		if r >= 0xE0000 && r <= 0xE001F || r >= 0xFFF9 && r <= 0xFFFB { // language tag, interlinear annotation
			return -1
		}
		return r
	}, s)
}

const (
	lre, rle, pdf, lro, rlo = 0x202A, 0x202B, 0x202C, 0x202D, 0x202E
	lri, rli, fsi, pdi      = 0x2066, 0x2067, 0x2068, 0x2069
	maxNesting              = 8 // deeper than people write
)

func isBidi(r rune) bool { return r >= lre && r <= rlo || r >= lri && r <= pdi }

// balanced takes out every override, and every embedding and isolate that is not closed in its own line or closes nothing.
func balanced(s string) string {
	if !strings.ContainsFunc(s, isBidi) {
		return s
	}
	var out strings.Builder
	for line := range strings.Lines(s) {
		out.WriteString(balancedLine(line))
	}
	return out.String()
}

func balancedLine(line string) string {
	type opener struct {
		at      int
		isolate bool
		keep    bool
	}
	var open []opener
	keep := map[int]bool{}
	for i, r := range line {
		switch r {
		case lre, rle, lro, rlo, lri, rli, fsi:
			ok := r != lro && r != rlo && len(open) < maxNesting
			open = append(open, opener{i, r >= lri, ok})
		case pdf, pdi:
			if n := len(open) - 1; n >= 0 && open[n].isolate == (r == pdi) {
				if open[n].keep {
					keep[open[n].at], keep[i] = true, true
				}
				open = open[:n]
			}
		}
	}
	var out strings.Builder
	for i, r := range line {
		if !isBidi(r) || keep[i] {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// clip shortens s to at most limit bytes without breaking what a reader sees as one character.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	// Back to where two characters do not join. A tower of marks is not worth a long walk.
	for back := end; back > 0 && end-back < 64; {
		before, n := utf8.DecodeLastRuneInString(s[:back])
		after, _ := utf8.DecodeRuneInString(s[back:])
		if uniseg.GraphemeClusterCount(string(before)+string(after)) == 2 {
			return s[:back]
		}
		back -= n
	}
	return s[:end]
}
