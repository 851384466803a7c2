package channel

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"answerable/internal/fault"
)

// Len is how long a text is by the channel's own count.
func (l Limits) Len(text string) int {
	if l.Count != nil {
		return l.Count(text)
	}
	if l.ShortMentions {
		text = remoteMention.ReplaceAllString(text, "$1@$2")
	}
	if l.PerURL <= 0 {
		return l.letters(text)
	}
	n, from := 0, 0
	for _, at := range plainAddress.FindAllStringIndex(text, -1) {
		u := strings.TrimRight(text[at[0]:at[1]], ".,;:!?)]'*$")
		n += l.letters(text[from:at[0]])
		if onDomain.MatchString(u) {
			n += l.PerURL
		} else { // the network may or may not see an address in it: the longer of both
			n += max(l.PerURL, len(u))
		}
		from = at[0] + len(u)
	}
	return n + l.letters(text[from:])
}

func (l Limits) letters(s string) int {
	if l.Graphemes {
		return uniseg.GraphemeClusterCount(s)
	}
	return utf8.RuneCountInString(s)
}

var (
	remoteMention = regexp.MustCompile(`(^|[^\p{L}\p{N}_=/@])@([A-Za-z0-9_]+(?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)@[\p{L}\p{N}_]+(?:[.-]+[\p{L}\p{N}_]+)*(?::[0-9]+)?`)
	plainAddress  = regexp.MustCompile(`(?i)https?://[-a-z0-9@:%_+.~#?&/=;,!()*$|\[\]']+`)
	onDomain      = regexp.MustCompile(`(?i)^https?://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}(?:[:/?#]|$)`)
)

// WithoutHosts takes the host off every mention of somebody elsewhere: @ana@far.example becomes @ana.
func WithoutHosts(text string) string { return remoteMention.ReplaceAllString(text, "$1@$2") }

// Parts cuts what is to be said to somebody into the posts it needs. Where the channel addresses people by a mention, room for it is
// kept in each part. An error says that the text cannot be cut.
func (l Limits) Parts(text string, to Author) ([]string, error) {
	text = Clean(text)
	if text == "" {
		return nil, fault.New(fault.Invalid, "there is nothing to say")
	}
	if l.MaxChars <= 0 {
		return []string{text}, nil
	}
	most := l.MaxChars
	if l.Addressed && to.Handle != "" {
		l.MaxChars -= l.Len("@"+to.Handle+" x") - l.Len("x")
	}
	if l.MaxChars > 0 {
		if parts := Split(text, l); len(parts) > 0 && len(parts) <= MaxParts {
			return parts, nil
		}
	}
	return nil, fault.New(fault.Invalid, "this is too long: it would become more than %d posts of %d characters", MaxParts, most)
}
