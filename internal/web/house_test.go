package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"answerable/internal/alarm"
	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/conversation"
	"answerable/internal/desktest"
	"answerable/internal/event"
	"answerable/internal/flow/watch"
	"answerable/internal/record"
	"answerable/internal/web"
)

const password = "correct horse battery"

// house is a small world with its face before it, and the loops that a running house has: alarms and the record's sealer.
type house struct {
	*desktest.World
	URL string
	cut *atomic.Bool // while true, every call breaks off, as with a cable pulled
	srv *httptest.Server
}

// pull pulls the cable, or puts it back.
func (h house) pull(out bool) {
	h.cut.Store(out)
	if out {
		h.srv.CloseClientConnections()
	}
}

// open starts a house in which Mara can sign in; empty: nobody is there yet.
func open(t *testing.T, empty bool) house {
	t.Helper()
	return openAt(t, dbtest.SQLite(t), empty, 0)
}

func openAt(t *testing.T, address string, empty bool, undo time.Duration) house {
	t.Helper()
	return openBy(t, address, empty, undo, nil)
}

// openBy is openAt by a clock of the test's own.
func openBy(t *testing.T, address string, empty bool, undo time.Duration, clock db.Clock) house {
	t.Helper()
	hub := event.New()
	d := dbtest.Open(t, address, db.Options{Hints: hub.Take, Clock: clock})
	log := slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(t.Context())
	var loops sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		loops.Wait()
	})
	for _, run := range []func(){
		func() { hub.Run(ctx, d, log, "test", "") },
		func() { alarm.Run(ctx, d, hub, log, watch.Table()) },
		func() { record.Run(ctx, d, hub, log, "test") },
	} {
		loops.Go(run)
	}
	h := house{cut: &atomic.Bool{}}
	if empty {
		h.World = &desktest.World{T: t, DB: d}
	} else {
		h.World = desktest.New(t, d)
		hash, err := auth.HashPassword(password)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(func(tx *db.Tx) error { return auth.SetPassword(tx, string(h.Mara.ID), hash) })
		h.Here(h.Mara)
	}
	face, err := web.New(web.Deps{DB: d, Hub: hub, Log: log, Undo: undo})
	if err != nil {
		t.Fatal(err)
	}
	h.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.cut.Load() {
			panic(http.ErrAbortHandler)
		}
		face.ServeHTTP(w, r)
	}))
	t.Cleanup(h.srv.Close)
	t.Cleanup(h.srv.CloseClientConnections)
	h.URL = h.srv.URL
	return h
}

// browser is one without script: it follows redirects and keeps cookies.
type browser struct {
	t *testing.T
	h house
	*http.Client
}

func (h house) browser(t *testing.T) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{t, h, &http.Client{Jar: jar}}
}

// page is what came back.
type page struct {
	t      *testing.T
	Status int
	Path   string
	Header http.Header
	Body   string
	doc    *html.Node
}

func (b browser) do(req *http.Request) page {
	b.t.Helper()
	res, err := b.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	doc, err := html.Parse(strings.NewReader(string(raw)))
	if err != nil {
		b.t.Fatal(err)
	}
	return page{b.t, res.StatusCode, res.Request.URL.RequestURI(), res.Header, string(raw), doc}
}

func (b browser) get(path string, head ...string) page {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.h.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i+1 < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	return b.do(req)
}

func (b browser) post(path string, form url.Values, head ...string) page {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.h.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	return b.do(req)
}

func (b browser) signIn() page {
	b.t.Helper()
	return b.post("/sign-in", url.Values{"email": {"mara@tarn.example"}, "password": {password}})
}

// all finds elements by "tag", ".class" or "#id".
func (p page) all(sel string) (out []*html.Node) {
	p.t.Helper()
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			switch {
			case strings.HasPrefix(sel, "."):
				if (" "+attr(n, "class")+" ") != "" && strings.Contains(" "+attr(n, "class")+" ", " "+sel[1:]+" ") {
					out = append(out, n)
				}
			case strings.HasPrefix(sel, "#"):
				if attr(n, "id") == sel[1:] {
					out = append(out, n)
				}
			case n.Data == sel:
				out = append(out, n)
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(p.doc)
	return out
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

var spaces = regexp.MustCompile(`\s+`)

// text is what the first element found says.
func (p page) text(sel string) string {
	p.t.Helper()
	for _, n := range p.all(sel) {
		return textOf(n)
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.TrimSpace(spaces.ReplaceAllString(b.String(), " "))
}

// hidden is what a hidden field of the form at an address holds.
func (p page) hidden(name string) string {
	p.t.Helper()
	for _, n := range p.all("input") {
		if attr(n, "name") == name {
			return attr(n, "value")
		}
	}
	return ""
}

// asks files a customer's message and returns its conversation.
func (h house) asks(who, words string) conversation.ID {
	h.T.Helper()
	r := h.Hears(h.Says(who, "", words))
	return r[0].Conversation
}
