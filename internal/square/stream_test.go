package square

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

// heard is one event as it came.
type heard struct{ event, data string }

func (h heard) id(t testing.TB) string {
	t.Helper()
	var v struct{ ID string }
	if err := json.Unmarshal([]byte(h.data), &v); err != nil {
		t.Fatalf("%v: %v", h, err)
	}
	return v.ID
}

// ear listens to a stream and reads it as strictly as python3-mastodon does.
type ear struct {
	t    testing.TB
	in   *bufio.Reader
	stop context.CancelFunc
}

func listen(t testing.TB, c client, path string) *ear {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	res, err := http.DefaultClient.Do(c.request(ctx, http.MethodGet, path, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = res.Body.Close()
	})
	if ct := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || ct != "text/event-stream" {
		t.Fatalf("%s: %d %s", path, res.StatusCode, ct)
	}
	e := &ear{t: t, in: bufio.NewReader(res.Body), stop: cancel}
	if line := e.line(); line != ":thump\n" {
		t.Fatalf("first line %q", line)
	}
	return e
}

func (e *ear) line() string {
	e.t.Helper()
	line, err := e.in.ReadString('\n')
	if err != nil {
		e.t.Fatalf("stream: %v", err)
	}
	return line
}

func (e *ear) next() heard {
	e.t.Helper()
	var h heard
	for {
		line := e.line()
		switch line {
		case thump:
		case "\n":
			if h.event == "" || h.data == "" {
				e.t.Fatalf("an empty event: %+v", h)
			}
			return h
		default:
			k, v, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			if !ok || strings.Contains(line, "\r") {
				e.t.Fatalf("malformed line %q", line)
			}
			switch k {
			case "event":
				h.event = v
			case "data":
				h.data = v
			default:
				e.t.Fatalf("unknown line %q", line)
			}
		}
	}
}

// want reads events in their order.
func (e *ear) want(events ...string) []heard {
	e.t.Helper()
	var got []heard
	for _, w := range events {
		h := e.next()
		if h.event != w {
			e.t.Fatalf("%s, want %s: %s", h.event, w, h.data)
		}
		got = append(got, h)
	}
	return got
}

func TestStreams(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{})
	brand, lena := join(t, s, base, "acme", ""), join(t, s, base, "lena", "")
	nobody := client{t: t, base: base}
	mallory := listen(t, join(t, s, base, "mallory", ""), "/api/v1/streaming/user")
	live := listen(t, nobody, "/live")
	user, notes := listen(t, brand, "/api/v1/streaming/user"), listen(t, brand, "/api/v1/streaming/user/notification/")
	public, tag := listen(t, nobody, "/api/v1/streaming/public"), listen(t, nobody, "/api/v1/streaming/hashtag?tag=Bins")
	priv := listen(t, brand, "/api/v1/streaming/direct")

	id := lena.post("@acme\nmy #bins").text("id")
	for _, e := range []*ear{user, public, tag} {
		if got := e.want("update")[0].id(t); got != id {
			t.Errorf("update of %s", got)
		}
	}
	for _, e := range []*ear{user, notes} {
		n := e.want("notification")[0]
		if !strings.Contains(n.data, `"type":"mention"`) || !strings.Contains(n.data, id) {
			t.Errorf("notification %s", n.data)
		}
	}
	lena.must(http.MethodPut, "/api/v1/statuses/"+id, map[string]any{"status": "@acme my #bins are full"})
	for _, e := range []*ear{user, public, tag} {
		e.want("status.update")
	}
	brand.must(http.MethodPost, "/api/v1/statuses/"+id+"/reblog", nil)
	if got := user.want("update")[0]; !strings.Contains(got.data, `"reblog":{"id":"`+id) {
		t.Errorf("boost %s", got.data)
	}
	dm := lena.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@acme psst", "visibility": "direct"}).text("id")
	user.want("update", "notification")
	notes.want("notification")
	if got := priv.want("conversation")[0]; !strings.Contains(got.data, `"last_status":{"id":"`+dm) || !strings.Contains(got.data, `"unread":true`) {
		t.Errorf("conversation %s", got.data)
	}
	lena.must(http.MethodDelete, "/api/v1/statuses/"+dm, nil)
	if got := user.want("delete")[0].data; got != dm {
		t.Errorf("delete of %q", got)
	}
	lena.must(http.MethodDelete, "/api/v1/statuses/"+id, nil)
	if got := user.want("delete", "delete")[0].data; got != id { // the boost goes too
		t.Errorf("delete of %q", got)
	}
	for _, e := range []*ear{public, tag} { // had the direct post been told here it would come first
		if got := e.want("delete")[0].data; got != id {
			t.Errorf("delete of %q", got)
		}
	}
	live.want("post", "post", "gone")
	mallory.want("update", "status.update", "update", "delete", "delete") // never a word of the direct post
	for path, want := range map[string]int{"user": 401, "direct": 401, "nothing": 404, "hashtag": 422} {
		if got := nobody.do(http.MethodGet, "/api/v1/streaming/"+path, nil); got.code != want {
			t.Errorf("%s: %d", path, got.code)
		}
	}
	if got := (client{t: t, base: base, token: "bad"}).do(http.MethodGet, "/api/v1/streaming/public", nil); got.code != http.StatusUnauthorized {
		t.Errorf("a bad token: %d", got.code)
	}
	if got := nobody.must(http.MethodGet, "/api/v1/streaming/health", nil); string(got.raw) != "OK" {
		t.Errorf("health %s", got.raw)
	}
}

func TestStreamHeartbeat(t *testing.T) {
	t.Parallel()
	_, base := serve(t, Options{Heartbeat: time.Millisecond})
	e := listen(t, client{t: t, base: base}, "/api/v1/streaming/public")
	for range 3 {
		if line := e.line(); line != ":thump\n" {
			t.Fatalf("%q", line)
		}
	}
}

func TestStreamFaults(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{MaxStreams: 2})
	c := join(t, s, base, "lena", "")
	e := listen(t, c, "/api/v1/streaming/user")
	s.SetFaults(Faults{Silent: true})
	lost := c.post("lost").text("id")
	s.SetFaults(Faults{})
	if got := func() string { c.post("heard"); return e.want("update")[0].id(t) }(); got == lost {
		t.Error("a silent stream spoke")
	}
	if n := s.DropStreams(); n != 1 {
		t.Errorf("%d streams", n)
	}
	if _, err := io.ReadAll(e.in); err == nil {
		t.Error("a dropped stream ended well")
	}
	until(t, "the stream is forgotten", func() bool { return streams(s) == 0 })
	s.SetFaults(Faults{NoStreams: true})
	if got := c.do(http.MethodGet, "/api/v1/streaming/user", nil); got.code != http.StatusServiceUnavailable {
		t.Errorf("no streams: %d", got.code)
	}
	s.SetFaults(Faults{})
	listen(t, c, "/api/v1/streaming/user")
	listen(t, c, "/api/v1/streaming/user")
	if got := c.do(http.MethodGet, "/api/v1/streaming/user", nil); got.code != http.StatusServiceUnavailable {
		t.Errorf("too many: %d", got.code)
	}
}

func streams(s *Square) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.subs)
}

// TestSlowListener never reads: it is cut off and holds nobody up.
func TestSlowListener(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{})
	c := join(t, s, base, "lena", "")
	e := listen(t, c, "/api/v1/streaming/user")
	long := strings.Repeat("x", 480)
	for range 20_000 { // more than buffers of the system hold
		if streams(s) == 0 {
			break
		}
		if _, err := s.Post(c.token, PostInput{Text: long}); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "the listener is cut off", func() bool { return streams(s) == 0 })
	if _, err := io.Copy(io.Discard, e.in); err == nil {
		t.Error("its stream ended well")
	}
}

func TestShutdownDoesNotWaitForStreams(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: s.Handler(), WriteTimeout: 50 * time.Millisecond, ReadHeaderTimeout: time.Minute}
	srv.RegisterOnShutdown(s.CloseStreams)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	c := join(t, s, "http://"+ln.Addr().String(), "lena", "")
	e := listen(t, c, "/api/v1/streaming/user")
	timeout := time.NewTimer(100 * time.Millisecond) // longer than the server's WriteTimeout
	<-timeout.C
	if _, err := s.Post(c.token, PostInput{Text: "still here"}); err != nil {
		t.Fatal(err)
	}
	e.want("update")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	if err := s.subscribe(&subscriber{}); err == nil {
		t.Error("a stream after the end")
	}
}

func TestWebSocket(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{})
	brand, lena := join(t, s, base, "acme", ""), join(t, s, base, "lena", "")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dial := func(path string, o *websocket.DialOptions) (*websocket.Conn, error) {
		conn, res, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(base, "http")+path, o)
		if res != nil && res.Body != nil {
			_ = res.Body.Close()
		}
		return conn, err
	}
	type message struct {
		Stream  []string `json:"stream"`
		Event   string   `json:"event"`
		Payload string   `json:"payload"` // an object here would be an error
	}
	read := func(c *websocket.Conn) (m message) {
		t.Helper()
		_, b, err := c.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		return m
	}
	query, err := dial("/api/v1/streaming/?stream=user&access_token="+brand.token, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer query.CloseNow() //nolint:errcheck // a test
	proto, err := dial("/api/v1/streaming", &websocket.DialOptions{Subprotocols: []string{brand.token}})
	if err != nil {
		t.Fatal(err)
	}
	defer proto.CloseNow() //nolint:errcheck // a test
	if proto.Subprotocol() != brand.token {
		t.Error("the subprotocol was not said back")
	}
	for _, m := range []string{`nonsense`, `{"type":"subscribe","stream":"nothing"}`, `{"type":"subscribe","stream":"public"}`, `{"type":"subscribe","stream":"hashtag","tag":"bins"}`} {
		if err := proto.Write(ctx, websocket.MessageText, []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "both are subscribed", func() bool {
		s.mu.RLock()
		defer s.mu.RUnlock()
		n := 0
		for sub := range s.subs {
			n += len(sub.to)
		}
		return n == 3
	})
	id := lena.post("@acme #bins").text("id")
	if m := read(query); m.Event != "update" || !cmp.Equal(m.Stream, []string{"user"}) || (heard{data: m.Payload}).id(t) != id {
		t.Errorf("%+v", m)
	}
	if m := read(query); m.Event != "notification" {
		t.Errorf("%+v", m)
	}
	seen := map[string]bool{}
	for range 2 {
		m := read(proto)
		seen[strings.Join(m.Stream, " ")] = m.Event == "update"
	}
	if d := cmp.Diff(map[string]bool{"public": true, "hashtag bins": true}, seen); d != "" {
		t.Error(d)
	}
	lena.must(http.MethodDelete, "/api/v1/statuses/"+id, nil)
	if m := read(query); m.Event != "delete" || m.Payload != id {
		t.Errorf("%+v", m)
	}
	if _, err := dial("/api/v1/streaming?stream=user", nil); err == nil {
		t.Error("no token was taken")
	}
	if _, err := dial("/api/v1/streaming?stream=user&access_token="+brand.token, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"http://evil.example"}}}); err == nil {
		t.Error("another site may listen")
	}
	s.DropStreams()
	if _, _, err := query.Read(ctx); err == nil {
		t.Error("still open")
	}
}
