package square

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// hand is a clock that stands still until it is moved.
type hand struct {
	mu sync.Mutex
	at time.Time
}

func newHand() *hand { return &hand{at: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)} }

func (h *hand) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hand) move(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// serve starts a square on loopback.
func serve(t testing.TB, o Options) (*Square, string) {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		srv.CloseClientConnections()
		srv.Close()
	})
	return s, srv.URL
}

// client speaks to a square as a program would.
type client struct {
	t     testing.TB
	base  string
	token string
}

// join makes an account and a client for it.
func join(t testing.TB, s *Square, base, name, display string) client {
	t.Helper()
	_, tok, err := s.Join(name, display)
	if err != nil {
		t.Fatal(err)
	}
	return client{t: t, base: base, token: tok}
}

// signUp makes an account with a password over HTTP, as scripts do.
func signUp(t testing.TB, base, name, password string) client {
	t.Helper()
	c := client{t: t, base: base}
	a := c.must(http.MethodPost, "/api/v1/apps", map[string]any{"client_name": "test", "redirect_uris": oob})
	c.token = c.must(http.MethodPost, "/oauth/token", url.Values{
		"client_id": {a.text("client_id")}, "client_secret": {a.text("client_secret")}, "grant_type": {"client_credentials"},
	}).text("access_token")
	c.token = c.must(http.MethodPost, "/api/v1/accounts", map[string]any{
		"username": name, "email": name + "@example.org", "password": password, "agreement": true, "locale": "en",
	}).text("access_token")
	return c
}

// reply is an answer of the square.
type reply struct {
	t      testing.TB
	code   int
	header http.Header
	raw    []byte
	v      any
}

// at goes into the answer; what is not there fails the test.
func (r reply) at(k string) reply {
	r.t.Helper()
	m, ok := r.v.(map[string]any)
	v, there := m[k]
	if !ok || !there {
		r.t.Fatalf("no %q in %s", k, r.raw)
	}
	return reply{t: r.t, v: v, raw: r.raw}
}

func (r reply) text(k string) string {
	r.t.Helper()
	v, ok := r.at(k).v.(string)
	if !ok {
		r.t.Fatalf("%q is no text in %s", k, r.raw)
	}
	return v
}

func (r reply) list() []reply {
	r.t.Helper()
	l, ok := r.v.([]any)
	if !ok {
		r.t.Fatalf("no list: %s", r.raw)
	}
	out := make([]reply, len(l))
	for i, v := range l {
		out[i] = reply{t: r.t, v: v, raw: r.raw}
	}
	return out
}

func (r reply) ids() []string {
	r.t.Helper()
	out := []string{}
	for _, v := range r.list() {
		out = append(out, v.text("id"))
	}
	return out
}

// request makes a request: a map goes as JSON, url.Values as a form, a string as it is.
func (c client) request(ctx context.Context, method, path string, body any) *http.Request {
	c.t.Helper()
	var r io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case url.Values:
		r, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	case string:
		r, kind = strings.NewReader(b), "application/json"
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		r, kind = bytes.NewReader(raw), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
	if err != nil {
		c.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req
}

func (c client) send(req *http.Request) (reply, error) {
	c.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{}, err
	}
	out := reply{t: c.t, code: res.StatusCode, header: res.Header, raw: raw}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(raw, &out.v); err != nil {
			c.t.Errorf("%s: no JSON: %s", req.URL, raw)
		}
	}
	return out, nil
}

func (c client) do(method, path string, body any) reply {
	c.t.Helper()
	out, err := c.send(c.request(c.t.Context(), method, path, body))
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// must is do that wants 200.
func (c client) must(method, path string, body any) reply {
	c.t.Helper()
	out := c.do(method, path, body)
	if out.code != http.StatusOK {
		c.t.Fatalf("%s %s: %d %s", method, path, out.code, out.raw)
	}
	return out
}

// post posts in public.
func (c client) post(text string) reply {
	c.t.Helper()
	return c.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": text})
}
