package channel

import (
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxHTML is how much markup is looked at: enough for MaxText of text with every word linked.
const maxHTML = 8 * MaxText

// allowed is made once and never changed after.
var allowed = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.StrictPolicy()
	p.AllowElements("p", "br", "div", "li", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "td", "th", "hr")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.RequireParseableURLs(true)
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^[A-Za-z0-9 _-]{1,200}$`)).OnElements("a", "span")
	return p
})

// HTML turns a network's markup into plain text. Everything goes through bluemonday first; what is left becomes line breaks and
// links. A link whose label is only its address, also one shortened for the eye, becomes the address; one that says something
// else keeps both, so that nobody is led somewhere they cannot see. The result is plain text: a page must escape it.
func HTML(s string) string {
	if len(s) > maxHTML {
		s = s[:maxHTML]
	}
	z := html.NewTokenizer(strings.NewReader(allowed().Sanitize(strings.ToValidUTF8(s, "\uFFFD"))))
	var w textWriter
	for {
		switch z.Next() {
		case html.ErrorToken: // only ever the end: a string does not fail to be read
			w.endLink()
			return Clean(w.out.String())
		case html.TextToken:
			w.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(z.Token())
		case html.EndTagToken:
			w.end(z.Token().DataAtom)
		case html.CommentToken, html.DoctypeToken: // the policy lets none through
		}
	}
}

type textWriter struct {
	out  strings.Builder
	link *link
	pre  bool
}

type link struct {
	href, class string
	label       strings.Builder
}

func (w *textWriter) text(s string) {
	if !w.pre { // in markup a line break is a space
		s = strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' || r == '\t' || r == '\f' {
				return ' '
			}
			return r
		}, s)
	}
	if w.link != nil {
		w.link.label.WriteString(s)
		return
	}
	if !w.pre && (w.out.Len() == 0 || strings.HasSuffix(w.out.String(), "\n")) {
		s = strings.TrimLeft(s, " ")
	}
	w.out.WriteString(s)
}

func (w *textWriter) start(t html.Token) {
	switch t.DataAtom {
	case atom.A:
		w.endLink()
		w.link = &link{}
		for _, a := range t.Attr {
			switch a.Key {
			case "href":
				w.link.href = a.Val
			case "class":
				w.link.class = a.Val
			}
		}
	case atom.Br:
		w.breakLine()
	case atom.Li:
		w.atLeast(1)
		w.out.WriteString("- ")
	case atom.P, atom.Blockquote, atom.Pre, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Hr:
		w.atLeast(2)
		w.pre = w.pre || t.DataAtom == atom.Pre
	case atom.Div, atom.Tr, atom.Ul, atom.Ol:
		w.atLeast(1)
	case atom.Td, atom.Th:
		w.text(" ")
	}
}

func (w *textWriter) end(a atom.Atom) {
	switch a {
	case atom.A:
		w.endLink()
	case atom.P, atom.Blockquote, atom.Pre, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.atLeast(2)
		w.pre = w.pre && a != atom.Pre
	case atom.Div, atom.Tr, atom.Ul, atom.Ol, atom.Li:
		w.atLeast(1)
	}
}

// breakLine is one line break, also inside a link's label.
func (w *textWriter) breakLine() {
	if w.link != nil {
		w.link.label.WriteByte(' ')
		return
	}
	w.out.WriteByte('\n')
}

// atLeast makes n line breaks stand before what follows; none at the very beginning.
func (w *textWriter) atLeast(n int) {
	w.endLink()
	s := w.out.String()
	if s == "" {
		return
	}
	for have := len(s) - len(strings.TrimRight(s, "\n")); have < n; have++ {
		w.out.WriteByte('\n')
	}
}

func (w *textWriter) endLink() {
	l := w.link
	if l == nil {
		return
	}
	w.link = nil
	w.text(l.String())
}

// String is what a reader should see of a link.
func (l *link) String() string {
	label := strings.TrimSpace(l.label.String())
	switch {
	case l.has("mention"):
		if label == "" || strings.HasPrefix(label, "@") || strings.HasPrefix(label, "#") {
			return label
		}
		return "@" + label
	case l.has("hashtag"), l.href == "", strings.HasPrefix(label, "#") && !strings.Contains(label, " "):
		return label
	case label == "":
		return l.href
	case sameAddress(label, l.href):
		return l.href
	}
	return label + " (" + l.href + ")"
}

func (l *link) has(class string) bool {
	for c := range strings.FieldsSeq(l.class) {
		if c == class {
			return true
		}
	}
	return false
}

// sameAddress reports whether a label is only the address again, perhaps without its scheme and shortened at the end.
func sameAddress(label, href string) bool {
	full := bare(href)
	if plain, err := url.PathUnescape(full); err == nil && bare(label) == plain {
		return true
	}
	if bare(label) == full {
		return true
	}
	short, cut := strings.CutSuffix(bare(label), "…")
	if !cut {
		short, cut = strings.CutSuffix(short, "...")
	}
	return cut && strings.Contains(short, "/") && strings.HasPrefix(full, short)
}

func bare(s string) string {
	s = strings.TrimSuffix(s, "/")
	for _, scheme := range []string{"https://", "http://", "mailto:", "tel:"} {
		if rest, ok := strings.CutPrefix(s, scheme); ok {
			s = rest
			break
		}
	}
	return strings.TrimPrefix(s, "www.")
}
