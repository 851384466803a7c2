package mastodon_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"answerable/internal/channel"
	"answerable/internal/channel/channeltest"
	"answerable/internal/channel/mastodon"
	"answerable/internal/square"
)

// network is a square behind a door of our own, which can put things into streams that a square never says.
type network struct {
	t      *testing.T
	square *square.Square
	srv    *httptest.Server
	client *http.Client
	tokens map[string]string

	mu      sync.Mutex
	streams map[*stream]bool
	hits    []string
}

type stream struct {
	http.ResponseWriter
	mu sync.Mutex
}

func (s *stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ResponseWriter.Write(b)
}

func (s *stream) FlushError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return http.NewResponseController(s.ResponseWriter).Flush()
}

func (s *stream) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	n.hits = append(n.hits, r.Method+" "+r.URL.RequestURI())
	n.mu.Unlock()
	if r.URL.Path != "/api/v1/streaming/user" {
		n.square.Handler().ServeHTTP(w, r)
		return
	}
	s := &stream{ResponseWriter: w}
	n.mu.Lock()
	n.streams[s] = true
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		delete(n.streams, s)
		n.mu.Unlock()
	}()
	n.square.Handler().ServeHTTP(s, r)
}

// inject says something in every open stream.
func (n *network) inject(frame string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.streams) == 0 {
		n.t.Error("no stream is open")
	}
	for s := range n.streams {
		s.mu.Lock()
		_, _ = io.WriteString(s.ResponseWriter, frame)
		_ = http.NewResponseController(s.ResponseWriter).Flush()
		s.mu.Unlock()
	}
}

func newNetwork(t *testing.T, o square.Options) *network {
	t.Helper()
	sq, err := square.New(o)
	if err != nil {
		t.Fatal(err)
	}
	n := &network{t: t, square: sq, tokens: map[string]string{}, streams: map[*stream]bool{}}
	for _, name := range []string{"acme", "ana", "ben"} {
		if _, n.tokens[name], err = sq.Join(name, strings.ToUpper(name[:1])+name[1:]); err != nil {
			t.Fatal(err)
		}
	}
	n.srv = httptest.NewServer(n)
	n.client = channel.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}.Client()
	t.Cleanup(func() {
		sq.CloseStreams()
		n.srv.CloseClientConnections()
		n.srv.Close()
		n.client.CloseIdleConnections()
		_ = sq.Close()
	})
	return n
}

// quick sleeps not at all between tries, and for ever where the adapter only wants to look now and then.
func quick(ctx context.Context, d time.Duration) error {
	if d < 10*time.Second {
		return ctx.Err()
	}
	<-ctx.Done()
	return ctx.Err()
}

func (n *network) adapter(sleep func(context.Context, time.Duration) error) *mastodon.Adapter {
	a, err := mastodon.New(mastodon.Config{Server: n.srv.URL, Token: n.tokens["acme"]}, channel.Deps{HTTP: n.client, Sleep: sleep})
	if err != nil {
		n.t.Fatal(err)
	}
	return a
}

func (n *network) post(who string, in square.PostInput) string {
	st, err := n.square.Post(n.tokens[who], in)
	if err != nil {
		n.t.Errorf("%s cannot post: %v", who, err)
	}
	return st.ID
}

// call is a call by a person's own client.
func (n *network) call(who, method, path string, form url.Values) []byte {
	n.t.Helper()
	return n.do(who, method, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (n *network) do(who, method, path, contentType string, body io.Reader) []byte {
	n.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, n.srv.URL+path, body)
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+n.tokens[who])
	r.Header.Set("Content-Type", contentType)
	resp, err := n.client.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		n.t.Errorf("%s %s %s: %d %s %v", who, method, path, resp.StatusCode, b, err)
	}
	return b
}

func (n *network) upload(who, name, alt string) string {
	n.t.Helper()
	var pic, body bytes.Buffer
	if err := png.Encode(&pic, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		n.t.Fatal(err)
	}
	m := multipart.NewWriter(&body)
	_ = m.WriteField("description", alt)
	w, err := m.CreateFormFile("file", name)
	if err != nil {
		n.t.Fatal(err)
	}
	_, _ = w.Write(pic.Bytes())
	_ = m.Close()
	var got struct{ ID string }
	if err := json.Unmarshal(n.do(who, http.MethodPost, "/api/v2/media", m.FormDataContentType(), &body), &got); err != nil {
		n.t.Fatal(err)
	}
	return got.ID
}

func (n *network) author(id string) string {
	for _, st := range n.square.Statuses() {
		if st.ID == id {
			return st.Author
		}
	}
	n.t.Errorf("no status %s", id)
	return ""
}

func harness(o square.Options) channeltest.Harness {
	return channeltest.Harness{Open: func(t *testing.T) channeltest.World {
		n := newNetwork(t, o)
		write := func(who string, s channeltest.Said) string {
			in := square.PostInput{Text: s.Text, InReplyTo: s.InReplyTo}
			if s.Private {
				in.Visibility = "direct"
			}
			if s.File != nil {
				in.MediaIDs = []string{n.upload(who, s.File.Name, s.File.Alt)}
			}
			return n.post(who, in)
		}
		return channeltest.World{
			New: func() channel.Adapter { return n.adapter(quick) },
			Now: time.Now, Secrets: []string{n.tokens["acme"]},
			Options: channel.Options{Deps: channel.Deps{Sleep: quick}},
			Say: func(s channeltest.Said) string {
				s.Text = "@acme " + s.Text
				return write(s.Who, s)
			},
			Outside: func(s channeltest.Said) string {
				s.Text = "@ana " + s.Text
				return write("acme", s)
			},
			Edit: func(id, text string) {
				n.call(n.author(id), http.MethodPut, "/api/v1/statuses/"+id, url.Values{"status": {"@acme " + text}})
			},
			Delete: func(id string) { n.call(n.author(id), http.MethodDelete, "/api/v1/statuses/"+id, nil) },
			Rename: func(who, name string) {
				n.call(who, http.MethodPatch, "/api/v1/accounts/update_credentials", url.Values{"display_name": {name}})
			},
			Strange: func() { n.inject("event: telepathy\ndata: {\"id\":\"1\"}\n\n") },
			Posts: func() []channeltest.Post {
				var out []channeltest.Post
				for _, st := range n.square.Statuses() {
					if st.Author == "acme" {
						out = append(out, channeltest.Post{ID: st.ID, InReplyTo: st.InReplyTo, Text: st.Text, Private: st.Visibility == "direct"})
					}
				}
				return out
			},
			LoseAnswer: func() { n.square.SetFaults(square.Faults{CutAfter: 1}) },
			Expire:     func() { n.square.SetFaults(square.Faults{RefuseToken: n.tokens["acme"]}) },
			Limit:      func(d time.Duration) { n.square.SetFaults(square.Faults{LimitPosts: 1, LimitFor: d}) },
		}
	}, Lacks: map[string]string{
		"WebhookWithBadSignatureIsUnauthorized": "the network calls nobody; we read its stream",
		"WebhookDeliveredTwiceIsOneMessage":     "the network calls nobody; we read its stream",
	}}
}

func TestKeepsItsPromises(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, harness(square.Options{}))
}

func TestKeepsItsPromisesWhereKeysAreIgnored(t *testing.T) {
	t.Parallel()
	h := harness(square.Options{IgnoreIdempotency: true})
	h.Lacks["SameKeySentTwicePostsOnce"] = "this server ignores Idempotency-Key; whoever sends again must Find first"
	channeltest.Run(t, h)
}
