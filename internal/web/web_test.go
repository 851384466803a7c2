package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/question"
)

func TestFirstPersonMakesTheHouse(t *testing.T) {
	t.Parallel()
	b := open(t, true).browser(t)
	if p := b.get("/"); p.Path != "/first" {
		t.Fatalf("an empty house leads to %s, want /first", p.Path)
	}
	p := b.post("/first", url.Values{"name": {"Mara"}, "email": {"mara"}, "password": {"short"}})
	if got := len(p.all(".bad")); p.Status != http.StatusUnprocessableEntity || got != 3 {
		t.Errorf("a form with slips: %d with %d fields marked, want 422 with 3", p.Status, got)
	}
	p = b.post("/first", url.Values{"name": {"Mara Lindqvist"}, "email": {"Mara@Tarn.example"}, "password": {password}, "brand": {"Tarn & Rye"}, "zone": {"Europe/Berlin"}})
	if p.Status != http.StatusOK || p.Path != "/desk" || !strings.Contains(p.text("h1"), "This is the desk") {
		t.Errorf("after making the house: %d %s %q", p.Status, p.Path, p.text("h1"))
	}
	if p := b.get("/first"); p.Status != http.StatusNotFound {
		t.Errorf("the first page is still there: %d", p.Status)
	}
	if p := b.post("/first", url.Values{"name": {"Eve"}, "email": {"eve@x.example"}, "password": {password}, "brand": {"Eve"}}); p.Status != http.StatusNotFound {
		t.Errorf("a second first person: %d, want 404", p.Status)
	}
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	h := open(t, false)
	b := h.browser(t)
	if p := b.get("/desk?view=all"); p.Path != "/sign-in?next=%2Fdesk%3Fview%3Dall" {
		t.Errorf("a stranger on the desk stands at %s", p.Path)
	}
	for _, form := range []url.Values{
		{"email": {"mara@tarn.example"}, "password": {"wrong"}}, {"email": {"nobody@tarn.example"}, "password": {password}}, {},
	} {
		if p := b.post("/sign-in", form); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.text(".say"), "do not belong together") {
			t.Errorf("%v: %d %q", form, p.Status, p.text(".say"))
		}
	}
	if p := b.post("/sign-in", url.Values{"email": {" Mara@tarn.example"}, "password": {password}, "next": {"//evil.example/x"}}); p.Path != "/desk" {
		t.Errorf("signed in, led to %s, want /desk", p.Path)
	}
	if p := b.post("/sign-out", nil); p.Path != "/sign-in?out" {
		t.Errorf("signed out, led to %s", p.Path)
	}
	if p := b.get("/desk"); !strings.HasPrefix(p.Path, "/sign-in") {
		t.Error("the session still works")
	}
}

func TestGuessingIsSlow(t *testing.T) {
	t.Parallel()
	clock := &watchman{} // it stands still: however slow the machine, no try is earned back
	clock.set(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	b := openBy(t, dbtest.SQLite(t), false, 0, clock.Now).browser(t)
	var last page
	for range 12 {
		last = b.post("/sign-in", url.Values{"email": {"mara@tarn.example"}, "password": {"wrong"}})
	}
	if last.Status != http.StatusTooManyRequests {
		t.Fatalf("the twelfth guess is answered with %d, want 429", last.Status)
	}
	if p := b.signIn(); p.Status != http.StatusTooManyRequests {
		t.Errorf("the right password after too many guesses: %d, want 429 for a while", p.Status)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	h := open(t, false)
	b := h.browser(t)
	b.signIn()
	id := h.asks("hanne", "Why do you print these?")
	p := b.post("/desk/c/"+string(id)+"/owner", url.Values{"to": {"me"}}, "Sec-Fetch-Site", "cross-site")
	if p.Status != http.StatusForbidden {
		t.Errorf("a form of another site: %d, want 403", p.Status)
	}
}

func TestPagesCarryThePolicy(t *testing.T) {
	t.Parallel()
	b := open(t, false).browser(t)
	for _, path := range []string{"/sign-in", "/nowhere", "/assets/none.css"} {
		p := b.get(path)
		if got := p.Header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; script-src 'self'; style-src 'self';") {
			t.Errorf("%s carries %q", path, got)
		}
	}
	if p := b.get("/nowhere"); p.Status != http.StatusNotFound || p.text("h1") != "There is nothing here" {
		t.Errorf("an address that is none: %d %q", p.Status, p.text("h1"))
	}
	if p := b.get("/nowhere", "Accept-Language", "de"); p.text("h1") != "Hier ist nichts" {
		t.Errorf("in German it says %q", p.text("h1"))
	}
}

// A day at the desk without script: each act is a form, and leads back to a page that shows it done. On both databases.
func TestDeskWithoutScript(t *testing.T) {
	t.Parallel()
	dbtest.EachAddress(t, func(t *testing.T, address string) {
		h := openAt(t, address, false, 20*time.Millisecond)
		b := h.browser(t)
		b.signIn()
		id := h.asks("hanne", "Third parcel with a booklet. Why do you still print these? And how do I make it stop?")
		c := "/desk/c/" + string(id)

		p := b.get("/desk")
		if got := p.text(".row"); !strings.Contains(got, "Why do you still print these?") {
			t.Fatalf("the row says %q; it must say the question", got)
		}
		p = b.get(c)
		qs := p.all(".asked")
		if len(qs) != 2 || textOf(qs[0]) != "Why do you still print these?" {
			t.Fatalf("%d questions are marked in the words, want 2", len(qs))
		}
		if got := p.text(".dest"); !strings.Contains(got, "anyone can read it") {
			t.Errorf("the composer does not say who reads it: %q", got)
		}

		// A note stays in the house.
		p = b.post(c+"/replies", url.Values{"to": {"note"}, "text": {"ninth person this month"}, "back": {c}})
		if got := p.text(".note"); !strings.Contains(got, "ninth person this month") || p.Path != c {
			t.Errorf("the note reads %q at %s", got, p.Path)
		}

		// Ending it now is refused: two questions are open.
		p = b.post(c+"/resolve", url.Values{"outcome": {"answered"}, "back": {c}})
		if got := p.text(".notice"); !strings.Contains(got, "2 questions are still open") || len(p.all("#strip")) != 1 {
			t.Errorf("ending with open questions says %q, strip %d", got, len(p.all("#strip")))
		}

		// A reply that answers the first one.
		p = b.get(c)
		question := attr(p.all(".pick")[0].FirstChild, "value")
		for n := p.all(".pick")[0].FirstChild; n != nil; n = n.NextSibling {
			if n.Data == "input" {
				question = attr(n, "value")
			}
		}
		seen := p.hidden("seen")
		p = b.post(c+"/replies", url.Values{"to": {to(p)}, "text": {"Because the printer is paid until May."}, "answers": {question}, "seen": {seen}, "back": {c}})
		if got := p.text(".us"); !strings.Contains(got, "Because the printer is paid until May.") {
			t.Fatalf("our reply reads %q (%d)", got, p.Status)
		}
		until(t, "the first question is answered", func() bool { return len(b.get(c).all(".done")) == 1 })

		// An older page cannot send past what came in since; what was written is kept.
		h.Hears(h.Says("hanne", "m1", "Are you still there?"))
		p = b.post(c+"/replies", url.Values{"to": {to(p)}, "text": {"Good night."}, "seen": {seen}, "back": {c}})
		if got := p.text(".notice"); !strings.Contains(got, "Something came in since you began") || !strings.Contains(p.text("textarea"), "Good night.") {
			t.Errorf("a stale reply: notice %q, draft %q", got, p.text("textarea"))
		}
		p = b.post(c+"/replies", url.Values{"to": {to(p)}, "text": {"Good night."}, "seen": {seen}, "anyway": {"1"}, "back": {c}})
		if strings.Contains(p.text("textarea"), "Good night.") {
			t.Error("the draft is still there after sending")
		}

		// The strip suggests, and its suggestion is accepted as it stands.
		until(t, "everything is out", func() bool { return !strings.Contains(b.get(c).Body, "goes out in a moment") })
		p = b.get(c + "?close=1")
		form := url.Values{"outcome": {"answered"}, "back": {c}}
		for _, n := range p.all("select") {
			if strings.HasPrefix(attr(n, "name"), "end-") {
				form.Set(attr(n, "name"), chosen(n))
			}
		}
		if len(form) < 3 {
			t.Fatalf("the strip offers %v", form)
		}
		p = b.post(c+"/resolve", form)
		if got := h.Conversation(id); got.Status != conversation.Resolved || got.Outcome != conversation.Answered || !strings.Contains(p.text(".state"), "Ended: answered") {
			t.Errorf("after the strip: %s %q, page says %q, notice %q", got.Status, got.Outcome, p.text(".state"), p.text(".notice"))
		}
		until(t, "the record is told", func() bool { return strings.Contains(b.get(c).Body, "Ended by Mara Lindqvist: answered") })
		b.post(c+"/reopen", url.Values{"back": {c}})
		if got := h.Conversation(id).Status; got == conversation.Resolved {
			t.Error("it is still resolved after opening it again")
		}
	})
}

func TestUndoGivesTheWordsBack(t *testing.T) {
	t.Parallel()
	h := openAt(t, dbtest.SQLite(t), false, time.Minute)
	b := h.browser(t)
	b.signIn()
	c := "/desk/c/" + string(h.asks("hanne", "Why?"))
	p := b.get(c)
	p = b.post(c+"/replies", url.Values{"to": {to(p)}, "text": {"Bevause."}, "seen": {p.hidden("seen")}, "back": {c}})
	undo := ""
	for _, n := range p.all("form") {
		if strings.HasSuffix(attr(n, "action"), "/undo") {
			undo = attr(n, "action")
		}
	}
	if undo == "" {
		t.Fatal("no way to undo")
	}
	p = b.post(undo, url.Values{"back": {c}})
	if got := p.text("textarea"); got != "Bevause." || len(p.all(".us")) != 0 {
		t.Errorf("after the undo the draft is %q and %d replies stand", got, len(p.all(".us")))
	}
}

func TestQuestionsAreEndedAndAdded(t *testing.T) {
	t.Parallel()
	h := open(t, false)
	b := h.browser(t)
	b.signIn()
	id := h.asks("hanne", "I want to know the reason for this. Is that clear?")
	c := "/desk/c/" + string(id)
	p := b.get(c)
	msg := attr(p.all("option")[0], "value")
	p = b.post(c+"/questions", url.Values{"message": {msg}, "quote": {"the reason for this"}, "back": {c}})
	if got := len(p.all(".asked")); got != 2 {
		t.Errorf("%d questions after adding one, want 2: %q", got, p.text(".notice"))
	}
	if p := b.post(c+"/questions", url.Values{"message": {msg}, "quote": {"never said"}, "back": {c}}); !strings.Contains(p.text(".notice"), "could not be read") {
		t.Errorf("words that are not there: %q", p.text(".notice"))
	}
	var qs []question.Question
	h.Read(func(tx *db.Tx) (err error) { qs, err = question.Of(tx, id); return err })
	if p := b.post("/desk/questions/"+string(qs[0].ID), url.Values{"state": {"declined"}, "back": {c}}); !strings.Contains(p.text(".notice"), "reason") {
		t.Errorf("declined without a reason: %q", p.text(".notice"))
	}
	p = b.post("/desk/questions/"+string(qs[0].ID), url.Values{"state": {"not_a_question"}, "back": {c}})
	if got := len(p.all(".declined")); got != 1 {
		t.Errorf("%d struck, want 1", got)
	}
}

// The first load of the desk, as a browser makes it: the page with all it links to, fonts apart, is at most 120 KB over the wire.
func TestFirstLoad(t *testing.T) {
	t.Parallel()
	h := open(t, false)
	b := h.browser(t)
	b.signIn()
	for i := range 60 {
		h.asks("who"+strconv.Itoa(i), "Will you replace the pole that broke on the very first evening, and who decides that? It is the third one.")
	}
	p := b.get("/desk")
	links := []string{"/desk"}
	for _, m := range regexp.MustCompile(`(?:href|src)="(/assets/[^"#]+\.(?:css|js|svg))`).FindAllStringSubmatch(p.Body, -1) {
		if !slices.Contains(links, m[1]) {
			links = append(links, m[1])
		}
	}
	total := 0
	for _, l := range links {
		n := len(b.get(l, "Accept-Encoding", "gzip").Body) // asked for by hand, so not unpacked
		t.Logf("%6d %s", n, l)
		total += n
	}
	if len(links) != 4 || total > 120_000 {
		t.Errorf("%d bytes over the wire for %v, at most 120,000 are allowed", total, links)
	}
}

func TestPiecesForScript(t *testing.T) {
	t.Parallel()
	h := open(t, false)
	b := h.browser(t)
	b.signIn()
	id := h.asks("hanne", "Why?")
	p := b.get("/desk/c/"+string(id), "HX-Request", "true", "HX-Live", "1")
	if strings.Contains(p.Body, "<html") || !strings.Contains(p.Body, `hx-target="#main"`) || strings.Contains(p.Body, `hx-target=".rail"`) {
		t.Errorf("a live refresh answers with %.200s", p.Body)
	}
	if p := b.get("/desk/c/nobody", "HX-Request", "true"); p.Status != http.StatusNotFound || !strings.Contains(p.Body, `hx-target="#notice"`) {
		t.Errorf("an error for script: %d %.200s", p.Status, p.Body)
	}
	if p := h.browser(t).get("/desk", "HX-Request", "true"); p.Status != http.StatusUnauthorized || p.Header.Get("HX-Redirect") == "" {
		t.Errorf("a session that ended: %d, leads to %q", p.Status, p.Header.Get("HX-Redirect"))
	}
}

func to(p page) string {
	for _, n := range p.all("input") {
		if attr(n, "name") == "to" && strings.HasPrefix(attr(n, "value"), "thread:") {
			return attr(n, "value")
		}
	}
	return ""
}

func chosen(sel *html.Node) string {
	for n := sel.FirstChild; n != nil; n = n.NextSibling {
		for _, a := range n.Attr {
			if a.Key == "selected" {
				return attr(n, "value")
			}
		}
	}
	return ""
}

// until waits for a condition that the house brings about by itself.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("waited for: %s", what)
		case <-tick.C:
		}
	}
}
