package square

import (
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// browser is a person with a browser without JavaScript.
type browser struct {
	t    testing.TB
	base string
	http *http.Client
}

func newBrowser(t testing.TB, base string) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{t: t, base: base, http: &http.Client{Jar: jar}}
}

func (b browser) send(req *http.Request) reply {
	b.t.Helper()
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	raw, err := readAll(res.Body, 1<<20)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{t: b.t, code: res.StatusCode, header: res.Header, raw: raw}
}

func (b browser) open(path string) reply {
	b.t.Helper()
	return b.send(client{t: b.t, base: b.base}.request(b.t.Context(), http.MethodGet, path, nil))
}

// submit sends a form with the hidden fields the page gave it.
func (b browser) submit(page reply, action string, set url.Values) reply {
	b.t.Helper()
	form := regexp.MustCompile(`(?s)<form[^>]*action="` + action + `".*?</form>`).Find(page.raw)
	if form == nil {
		b.t.Fatalf("no form %s on %s", action, page.raw)
	}
	v := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllSubmatch(form, -1) {
		v.Set(string(m[1]), string(m[2]))
	}
	maps.Copy(v, set)
	req := client{t: b.t, base: b.base}.request(b.t.Context(), http.MethodPost, action, v)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(req)
}

func TestNewcomerWritesOnThePage(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{Brand: "acme"})
	brand := join(t, s, base, "acme", "Acme Waste")
	b := newBrowser(t, base)
	front := b.open("/")
	if strings.Contains(string(front.raw), "<textarea") {
		t.Error("a stranger can write")
	}
	for _, taken := range []string{"acme", "ACME", " Acme! "} {
		if got := b.submit(front, "/join", url.Values{"name": {taken}}); got.code != http.StatusUnprocessableEntity || !strings.Contains(string(got.raw), "already has this name") {
			t.Errorf("%q: %d", taken, got.code)
		}
	}
	if got := b.submit(front, "/join", url.Values{"name": {"  "}}); got.code != http.StatusUnprocessableEntity {
		t.Errorf("no name: %d", got.code)
	}
	home := b.submit(front, "/join", url.Values{"name": {"Ana Müller"}})
	if home.code != http.StatusOK || !strings.Contains(string(home.raw), ">@acme </textarea>") {
		t.Fatalf("joined: %d %s", home.code, home.raw)
	}
	if a, ok := s.Account("ana_muller"); !ok || a.Display != "Ana Müller" {
		t.Errorf("account %v %v", a, ok)
	}
	evil := `@acme <script>alert(1)</script> "x" https://example.org/?a=1&b=2`
	b.submit(home, "/post", url.Values{"text": {evil}, "visibility": {"public"}})
	page := b.submit(home, "/post", url.Values{"text": {evil}, "visibility": {"public"}}) // the same form twice
	if n := len(s.Statuses()); n != 1 {
		t.Errorf("%d posts of one form", n)
	}
	if raw := string(page.raw); strings.Contains(raw, "<script>alert") || !strings.Contains(raw, "&lt;script&gt;alert(1)&lt;/script&gt;") || !strings.Contains(raw, `href="https://example.org/?a=1&amp;b=2"`) {
		t.Errorf("not escaped: %s", raw)
	}
	n := brand.must(http.MethodGet, "/api/v1/notifications", nil).list()
	if len(n) != 1 || n[0].at("account").text("display_name") != "Ana Müller" {
		t.Fatalf("the brand was not told: %v", n)
	}
	id := n[0].at("status").text("id")
	answer := brand.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@ana_muller tell me more", "in_reply_to_id": id}).text("id")
	brand.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@ana_muller psst", "visibility": "direct"})
	if raw := string(b.open("/").raw); !strings.Contains(raw, "tell me more") || !strings.Contains(raw, "psst") || !strings.Contains(raw, "Private") {
		t.Error("answers are not on the page")
	}
	if raw := string(newBrowser(t, base).open("/").raw); strings.Contains(raw, "psst") || !strings.Contains(raw, "tell me more") {
		t.Error("a stranger sees too much or too little")
	}
	thread := b.open("/@acme/" + answer)
	if raw := string(thread.raw); !strings.Contains(raw, "alert(1)") || !strings.Contains(raw, ">@acme </textarea>") {
		t.Errorf("thread: %s", raw)
	}
	b.submit(thread, "/post", url.Values{"text": {"@acme it smells"}, "visibility": {"public"}})
	got := s.Thread(id)
	if len(got) != 3 || got[2].Text != "@acme it smells" || got[2].InReplyTo != answer || got[2].Author != "ana_muller" {
		t.Errorf("thread %+v", got)
	}
	long := strings.Repeat("y", 501)
	if got := b.submit(b.open("/"), "/post", url.Values{"text": {long}}); got.code != http.StatusUnprocessableEntity || !strings.Contains(string(got.raw), long) || !strings.Contains(string(got.raw), "limit of 500") {
		t.Errorf("too long: %d; the words must be kept", got.code)
	}
	mine := b.open("/@ana_muller/" + got[2].ID)
	b.submit(mine, "/delete", url.Values{"id": {got[2].ID}}) // the page has a button for each of her posts
	if n := len(s.Thread(id)); n != 2 {
		t.Errorf("%d posts after a delete", n)
	}
	if got := b.submit(b.open("/"), "/leave", nil); strings.Contains(string(got.raw), "<textarea") {
		t.Error("left, and still there")
	}
	for path, code := range map[string]int{"/@nobody": 404, "/@acme/1": 404, "/nothing": 404, "/@acme": 200, "/tags/none": 200, "/static/square.css": 200, "/static/page.html": 404, "/join": 200} {
		if got := b.open(path); got.code != code {
			t.Errorf("%s: %d, want %d", path, got.code, code)
		}
	}
}

func TestJoinByInvitation(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{JoinCode: "once"})
	b := newBrowser(t, base)
	if got := b.submit(b.open("/"), "/join", url.Values{"name": {"Lena"}}); got.code != http.StatusUnprocessableEntity {
		t.Errorf("without a code: %d", got.code)
	}
	if got := b.submit(b.open("/join?code=once"), "/join", url.Values{"name": {"Lena"}}); got.code != http.StatusOK {
		t.Errorf("with the code: %d", got.code)
	}
	other := newBrowser(t, base)
	if got := other.submit(other.open("/join?code=once"), "/join", url.Values{"name": {"Bob"}}); got.code != http.StatusUnprocessableEntity {
		t.Errorf("the same code again: %d", got.code)
	}
	if got := other.submit(other.open("/join?code="+s.Invite()), "/join", url.Values{"name": {"Боб"}}); got.code != http.StatusOK {
		t.Errorf("another code: %d", got.code)
	}
	if a, ok := s.Account("guest2"); !ok || a.Display != "Боб" {
		t.Errorf("a name without Latin letters: %+v %v", a, ok)
	}
}

func TestCookieSignsInTheAPIToo(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{})
	b := newBrowser(t, base)
	b.submit(b.open("/"), "/join", url.Values{"name": {"Lena"}})
	if got := b.open("/api/v1/accounts/verify_credentials"); got.code != http.StatusOK || !strings.Contains(string(got.raw), `"username":"lena"`) {
		t.Errorf("%d %s", got.code, got.raw)
	}
	u, _ := url.Parse(base)
	for _, c := range b.http.Jar.Cookies(u) {
		ear := listen(t, client{t: t, base: base, token: c.Value}, "/live")
		if _, err := s.Post(c.Value, PostInput{Text: "live"}); err != nil {
			t.Fatal(err)
		}
		if got := ear.want("post")[0].data; !strings.Contains(got, `\u003cp\u003elive`) {
			t.Errorf("live: %s", got)
		}
	}
	stale := client{t: t, base: base}.request(t.Context(), http.MethodGet, "/api/v1/timelines/public", nil)
	stale.AddCookie(&http.Cookie{Name: cookieName, Value: "old"})
	if got := newBrowser(t, base).send(stale); got.code != http.StatusOK {
		t.Errorf("a stale cookie: %d", got.code)
	}
}

func TestUserName(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, in := range []string{"Ana Müller", "  Jörg-Łukasz ", "Ærø", "O'Neil", "Straße", "Мария", "__x__", strings.Repeat("ab ", 20)} {
		got[in] = userName(in)
	}
	want := map[string]string{
		"Ana Müller": "ana_muller", "  Jörg-Łukasz ": "jorg_lukasz", "Ærø": "aero", "O'Neil": "oneil", "Straße": "strasse", "Мария": "", "__x__": "x",
		strings.Repeat("ab ", 20): "ab_ab_ab_ab_ab_ab_ab_ab_ab_ab",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
