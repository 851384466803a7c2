package channel_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"answerable/internal/channel"
	"answerable/internal/fault"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func TestGuardKnowsWhatIsPublic(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "1.1.1.1": true,
		"127.0.0.1": false, "::1": false, "0.0.0.0": false, "::": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.0.1": false,
		"169.254.169.254": false, "fe80::1%eth0": false, "fd00::1": false, "fd00:ec2::254": false, "100.64.0.1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001:0:1::": false,
		"::7f00:1": false, "224.0.0.1": false, "ff02::1": false, "255.255.255.255": false, "240.0.0.1": false, "198.18.0.1": false,
		"192.0.2.1": false, "2001:db8::1": false,
	} {
		if got := (channel.Guard{}).Allowed(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
	g := channel.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	if !g.Allowed(netip.MustParseAddr("10.1.2.3")) || !g.Allowed(netip.MustParseAddr("::ffff:10.1.2.3")) || g.Allowed(netip.MustParseAddr("192.168.0.1")) {
		t.Error("only what is allowed is allowed")
	}
}

func get(t *testing.T, c *http.Client, url string) ([]byte, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer x")
	resp, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	return io.ReadAll(resp.Body)
}

func TestGuardLooksAtWhatIsDialled(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "inside") }))
	t.Cleanup(srv.Close)
	byName := strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)
	for _, url := range []string{srv.URL, byName, strings.Replace(srv.URL, "127.0.0.1", "0x7f.1", 1)} {
		if body, err := get(t, channel.Guard{}.Client(), url); err == nil {
			t.Errorf("%s: reached %q", url, body)
		}
	}
	if _, err := get(t, channel.Guard{}.Client(), srv.URL); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Safe(err), "ANSWERABLE_ALLOW_PRIVATE") {
		t.Errorf("it must say what to do: %v", err)
	}
	if body, err := get(t, channel.Guard{Allow: loopback}.Client(), byName); err != nil || string(body) != "inside" {
		t.Errorf("allowed: %q, %v", body, err)
	}
	if _, err := get(t, channel.Guard{Allow: loopback}.Client(), "file:///etc/passwd"); err == nil {
		t.Error("read a file")
	}
}

func TestGuardLimitsRedirects(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "other "+r.Header.Get("Authorization"))
	}))
	t.Cleanup(other.Close)
	var hops int
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hops++
		switch r.URL.Path {
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/down":
			http.Redirect(w, r, other.URL, http.StatusFound)
		}
	}))
	t.Cleanup(srv.Close)
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(plain.Close)
	c := channel.Guard{Allow: loopback}.Client()
	tls := srv.Client()
	tls.CheckRedirect = c.CheckRedirect
	if _, err := get(t, tls, srv.URL+"/loop"); err == nil || hops != 4 {
		t.Errorf("followed %d times: %v", hops, err)
	}
	if body, err := get(t, tls, srv.URL+"/down"); err == nil {
		t.Errorf("from https to http: %q", body)
	}
	if body, err := get(t, c, plain.URL); err != nil || string(body) != "other " {
		t.Errorf("a token went to another host: %q, %v", body, err)
	}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, plain.URL, strings.NewReader("x"))
	resp, err := c.Do(r)
	if err != nil || resp.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("a post was sent on: %v %v", resp, err)
	}
	if err == nil {
		_ = resp.Body.Close()
	}
}

func TestGuardLimitsSizeAndTime(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/stream":
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = w.Write(bytes.Repeat([]byte("x"), 2000))
			_ = http.NewResponseController(w).Flush()
			<-release
			_, _ = io.WriteString(w, "end")
		case "/slow":
			_, _ = io.WriteString(w, "a")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			close(release)
		default:
			_, _ = w.Write(bytes.Repeat([]byte("x"), 2000))
		}
	}))
	t.Cleanup(srv.Close)
	c := channel.Guard{Allow: loopback, MaxBody: 1000, Timeout: 200 * time.Millisecond}.Client()
	if body, err := get(t, c, srv.URL+"/big"); !fault.Is(err, fault.TooLarge) || len(body) != 1000 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	streamed := make(chan string, 1)
	go func() {
		body, err := get(t, c, srv.URL+"/stream")
		streamed <- string(body[max(0, len(body)-3):])
		if err != nil {
			t.Error(err)
		}
	}()
	// The slow one is given up after the time is over; only then does the stream go on, past size and time.
	if _, err := get(t, c, srv.URL+"/slow"); err == nil {
		t.Error("waited for ever")
	}
	if end := <-streamed; end != "end" {
		t.Errorf("the stream ended with %q", end)
	}
}
