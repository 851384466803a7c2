package square

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is a piece of a post that is more than words. Offsets are bytes, end exclusive.
type span struct {
	start, end int
	what       what
	name       string // of a mention or tag, as written
	host       string // of a mention that names one, port included
}

type what int

const (
	aLink what = iota
	aMention
	aTag
)

// scan finds the links, mentions and tags of a text, from left to right, none overlapping. It does not know who exists.
func scan(text string) []span {
	var out []span
	before := ' ' // the rune before i
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		var s span
		switch {
		case (r == 'h' || r == 'H') && !wordRune(before):
			s = scanLink(text, i)
		case r == '@' && !wordRune(before) && before != '/' && before != '@':
			s = scanMention(text, i)
		case r == '#' && !wordRune(before) && before != '/' && before != '&' && before != '#':
			s = scanTag(text, i)
		}
		if s.end > i {
			out = append(out, s)
			before, _ = utf8.DecodeLastRuneInString(text[:s.end])
			i = s.end
			continue
		}
		before = r
		i += n
	}
	return out
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// scanLink reads a web address that begins at i, without the punctuation that ends the sentence around it.
func scanLink(text string, i int) span {
	rest := text[i:]
	scheme := 0
	for _, p := range []string{"https://", "http://"} {
		if len(rest) > len(p) && strings.EqualFold(rest[:len(p)], p) {
			scheme = len(p)
		}
	}
	// The first rune decides before the rest is looked at: a text of many half links must not be read to its end for each.
	if scheme == 0 || !wordRune(firstRune(rest[scheme:])) && rest[scheme] != '[' {
		return span{}
	}
	end := strings.IndexFunc(rest, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("<>\"`|\\^", r) || bidi(r)
	})
	if end < 0 {
		end = len(rest)
	}
	open, closed := strings.Count(rest[:end], "("), strings.Count(rest[:end], ")")
	for end > scheme+1 {
		r, n := utf8.DecodeLastRuneInString(rest[:end])
		if r == ')' && closed > open {
			closed--
		} else if !strings.ContainsRune(".,;:!?'…“”„«»]}*", r) {
			break
		}
		end -= n
	}
	return span{start: i, end: i + end, what: aLink}
}

func firstRune(s string) rune { r, _ := utf8.DecodeRuneInString(s); return r }

// bidi are the runes that turn the direction of what follows; in an address they only deceive.
func bidi(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f
}

// scanMention reads @name or @name@host[:port]. A host's port is taken in, because clients write ours in answers.
func scanMention(text string, i int) span {
	end := i + 1
	for end < len(text) && isWord(text[end]) {
		end++
	}
	s := span{start: i, end: end, what: aMention, name: text[i+1 : end]}
	if s.name == "" {
		return span{}
	}
	if end >= len(text) || text[end] != '@' {
		return s
	}
	h := end + 1
	for h < len(text) && (isWord(text[h]) && text[h] != '_' || text[h] == '.' || text[h] == '-') {
		h++
	}
	for h > end+1 && (text[h-1] == '.' || text[h-1] == '-') {
		h--
	}
	if h == end+1 {
		return s
	}
	if h < len(text) && text[h] == ':' {
		p := h + 1
		for p < len(text) && p < h+6 && '0' <= text[p] && text[p] <= '9' {
			p++
		}
		if p > h+1 {
			h = p
		}
	}
	s.host, s.end = text[end+1:h], h
	return s
}

// scanTag reads #tag; a number alone is none.
func scanTag(text string, i int) span {
	end, letter := i+1, false
	for end < len(text) {
		r, n := utf8.DecodeRuneInString(text[end:])
		if !wordRune(r) && !unicode.Is(unicode.Mn, r) {
			break
		}
		letter = letter || unicode.IsLetter(r)
		end += n
	}
	if !letter {
		return span{}
	}
	return span{start: i, end: end, what: aTag, name: text[i+1 : end]}
}

// charsPerURL is what a link counts, however long it is.
const charsPerURL = 23

// length counts a post as the network does: runes, a link as 23, of a mention on another host only the name.
func length(text string) int {
	n := utf8.RuneCountInString(text)
	for _, s := range scan(text) {
		switch {
		case s.what == aLink:
			n += charsPerURL - utf8.RuneCountInString(text[s.start:s.end])
		case s.what == aMention && s.host != "":
			n -= len(s.host) + 1
		}
	}
	return n
}

// content is a post as HTML the way Mastodon writes it. Everything is escaped; only what scan found becomes a link, and a
// mention only when known says to whom it leads.
func content(text, base string, known func(span) (name string, ok bool)) string {
	if text == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("<p>")
	from := 0
	plain := func(to int) { b.WriteString(lines(html.EscapeString(text[from:to]))) }
	for _, s := range scan(text) {
		piece := text[s.start:s.end]
		switch s.what {
		case aLink:
			plain(s.start)
			writeLink(&b, piece)
		case aTag:
			plain(s.start)
			b.WriteString(`<a href="` + html.EscapeString(base+"/tags/"+strings.ToLower(s.name)) + `" class="mention hashtag" rel="tag">#<span>` +
				html.EscapeString(s.name) + `</span></a>`)
		case aMention:
			name, ok := known(s)
			if !ok {
				continue // stays text
			}
			plain(s.start)
			b.WriteString(`<span class="h-card" translate="no"><a href="` + html.EscapeString(base+"/@"+name) + `" class="u-url mention">@<span>` +
				html.EscapeString(name) + `</span></a></span>`)
		}
		from = s.end
	}
	plain(len(text))
	b.WriteString("</p>")
	return b.String()
}

// lines makes paragraphs and breaks of line ends. A bare carriage return is a line end too.
func lines(escaped string) string {
	escaped = strings.ReplaceAll(escaped, "\r\n", "\n")
	escaped = strings.ReplaceAll(escaped, "\r", "\n")
	for strings.Contains(escaped, "\n\n\n") {
		escaped = strings.ReplaceAll(escaped, "\n\n\n", "\n\n")
	}
	escaped = strings.ReplaceAll(escaped, "\n\n", "</p><p>")
	return strings.ReplaceAll(escaped, "\n", "<br />")
}

// shownRunes is how much of a link people see.
const shownRunes = 30

func writeLink(b *strings.Builder, url string) {
	lower := strings.ToLower(url)
	head := strings.Index(url, "://") + 3
	if strings.HasPrefix(lower[head:], "www.") {
		head += len("www.")
	}
	shown := clip(url[head:], shownRunes)
	tail, class := url[head+len(shown):], ""
	if tail != "" {
		class = "ellipsis"
	}
	b.WriteString(`<a href="` + html.EscapeString(url) + `" target="_blank" rel="nofollow noopener noreferrer" translate="no"><span class="invisible">` +
		html.EscapeString(url[:head]) + `</span><span class="` + class + `">` + html.EscapeString(shown) + `</span><span class="invisible">` +
		html.EscapeString(tail) + `</span></a>`)
}
