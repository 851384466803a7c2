package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"answerable/internal/fault"
)

// Guard says what a guarded client may do. The zero value refuses everything that is not the public internet.
type Guard struct {
	// Allow lists private networks that may be reached all the same, for servers of one's own house and for tests.
	Allow []netip.Prefix
	// Timeout is for everything up to the end of the body; a body that streams events is only held to it up to its headers.
	// Default: 30 s.
	Timeout time.Duration
	// MaxBody is the largest body that is read; again event streams are free. Default: 8 MiB.
	MaxBody int64
}

const maxRedirects = 3

// Client makes an HTTP client for addresses that somebody typed into a form. It looks at the address that is really dialled,
// after the name was resolved, so a name that points inside, or points elsewhere the second time, gains nothing. Proxies of the
// environment are not used: behind one, this could not be seen. Redirects are followed for reading only, never from
// https to http.
func (g Guard) Client() *http.Client {
	if g.Timeout <= 0 {
		g.Timeout = 30 * time.Second
	}
	if g.MaxBody <= 0 {
		g.MaxBody = 8 << 20
	}
	d := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, Control: g.control}
	return &http.Client{
		Transport: &guarded{g, &http.Transport{
			DialContext: d.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
			ResponseHeaderTimeout: g.Timeout, MaxResponseHeaderBytes: 64 << 10, IdleConnTimeout: 90 * time.Second,
			MaxIdleConns: 64, MaxIdleConnsPerHost: 4,
		}},
		CheckRedirect: redirect,
	}
}

func redirect(r *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case first.Method != http.MethodGet && first.Method != http.MethodHead:
		return http.ErrUseLastResponse
	case len(via) > maxRedirects:
		return errors.New("too many redirects")
	case first.URL.Scheme == "https" && r.URL.Scheme != "https":
		return errors.New("redirect from https to http refused")
	case r.URL.Host != first.URL.Host:
		r.Header.Del("Authorization") // Go keeps it for subdomains; a token is for one host
	}
	return nil
}

// errPrivate is what a dial to a forbidden address ends in.
var errPrivate = errors.New("address is not on the public internet")

func (g Guard) control(_, addr string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return fmt.Errorf("%w: %s", errPrivate, addr)
	}
	if !g.Allowed(ap.Addr()) {
		return fault.As(fault.Invalid, fmt.Errorf("%w: %s", errPrivate, ap.Addr()),
			"this address is private; ANSWERABLE_ALLOW_PRIVATE lists the networks that may be reached")
	}
	return nil
}

// notPublic lists what IsPrivate and its like do not know: shared and special networks, and those that carry an IPv4 address inside,
// which might be a private one.
var notPublic = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
	"2002::/16", "3fff::/20", "5f00::/16", "fec0::/10", "::/96")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(list))
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// Allowed reports whether a may be dialled.
func (g Guard) Allowed(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range g.Allow {
		if p.Contains(a) {
			return true
		}
	}
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

type guarded struct {
	g  Guard
	in http.RoundTripper
}

// RoundTrip puts a limit of time and size on the answer.
func (t *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && r.URL.Scheme != "http" {
		return nil, fmt.Errorf("scheme %q refused", r.URL.Scheme)
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	timer := time.AfterFunc(t.g.Timeout, func() { cancel(context.DeadlineExceeded) })
	resp, err := t.in.RoundTrip(r.WithContext(ctx))
	if err != nil {
		timer.Stop()
		cancel(nil)
		return nil, err
	}
	b := &body{ReadCloser: resp.Body, left: t.g.MaxBody, done: func() { timer.Stop(); cancel(nil) }}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		timer.Stop()
		b.left = -1
	}
	resp.Body = b
	return resp, nil
}

// CloseIdleConnections lets http.Client reach the transport below.
func (t *guarded) CloseIdleConnections() {
	if c, ok := t.in.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

type body struct {
	io.ReadCloser
	left int64 // -1: no limit
	done func()
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left < 0 {
		return n, err
	}
	if int64(n) > b.left {
		return int(b.left), fault.New(fault.TooLarge, "the answer is too large")
	}
	b.left -= int64(n)
	return n, err
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.done()
	return err
}
