package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"time"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/directory"
	"answerable/internal/fault"
	"answerable/internal/id"
)

const (
	// mostBody is how large a request may be.
	mostBody = 1 << 20
	// mostKey is how long an Idempotency-Key may be.
	mostKey = 255
)

// caller is who asks, and under which key.
type caller struct {
	actor  auth.Actor
	token  auth.Issued
	secret string // of the token: what is kept for a repeated request is sealed with it
	route  string // for the log
	key    string // Idempotency-Key; empty when none was sent
	print  []byte // of the request, so that a key is not used for two
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

var keyForm = regexp.MustCompile(`^[ -~]{0,255}$`)

var requestForm = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

// ServeHTTP is the gate: it names the request, asks for the token, bounds the body, and only then looks for the route.
func (f *face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := caller{route: r.Method + " " + r.URL.Path}
	c.actor.Request = r.Header.Get("X-Request-Id")
	if !requestForm.MatchString(c.actor.Request) {
		c.actor.Request = id.New()
	}
	h := w.Header()
	h.Set("X-Request-Id", c.actor.Request)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	ctx := context.WithValue(r.Context(), callerKey{}, c)
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			f.problem(ctx, fmt.Errorf("panic: %v", p)).write(w)
		}
	}()
	if r.URL.Path == "/openapi.json" || r.URL.Path == base+"/openapi.json" {
		h.Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(f.doc) // the caller may have gone
		return
	}
	c, err := f.known(ctx, r, c)
	if err != nil {
		p := f.problem(ctx, err)
		p.known = r.Header.Get("Authorization") != ""
		p.write(w)
		return
	}
	body, err := bodyOf(w, r)
	if err != nil {
		f.problem(ctx, err).write(w)
		return
	}
	if r.Method == http.MethodPost {
		if c.key = r.Header.Get("Idempotency-Key"); !keyForm.MatchString(c.key) {
			f.problem(ctx, fault.New(fault.Invalid, "an Idempotency-Key has at most %d characters of plain ASCII", mostKey)).write(w)
			return
		}
		c.print = printOf(r, body)
	}
	ctx = context.WithValue(ctx, callerKey{}, c)
	r = r.WithContext(ctx)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if _, pattern := f.routes.Handler(r); pattern == "" {
		f.nowhere(ctx, w, r)
		return
	}
	f.routes.ServeHTTP(w, r)
}

// nowhere answers where there is no route, or none of this method, as the mux would.
func (f *face) nowhere(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	q := quiet{header: http.Header{}}
	f.routes.ServeHTTP(&q, r)
	p := f.problem(ctx, fault.New(fault.NotFound, "there is nothing at %s", r.URL.Path))
	if q.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", q.header.Get("Allow"))
		p.Status, p.Title, p.Kind = q.status, http.StatusText(q.status), fault.Invalid
		p.Detail = fmt.Sprintf("%s does not take %s; it takes %s", r.URL.Path, r.Method, q.header.Get("Allow"))
	}
	p.write(w)
}

// quiet hears what the mux would say.
type quiet struct {
	header http.Header
	status int
}

func (q *quiet) Header() http.Header         { return q.header }
func (q *quiet) Write(b []byte) (int, error) { return len(b), nil }
func (q *quiet) WriteHeader(status int)      { q.status = status }

// known says who calls. A wrong token costs one look by a fast hash; an address that goes on with them is told to wait. A right one
// is let through all the same, since many may stand behind one address.
func (f *face) known(ctx context.Context, r *http.Request, c caller) (caller, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if secret = strings.TrimSpace(secret); secret == "" || !strings.EqualFold(scheme, "Bearer") {
		return c, fault.New(fault.Unauthorized, "this needs a token: send the header Authorization: Bearer at_…")
	}
	var stale bool
	request := c.actor.Request
	err := f.DB.Read(ctx, func(tx *db.Tx) (err error) {
		c.actor, c.token, stale, err = directory.ByToken(tx, secret)
		return err
	})
	c.actor.Request, c.secret = request, secret
	if fault.Is(err, fault.Unauthorized) {
		if wait := f.bad.one(r.RemoteAddr, f.DB.Now()); wait > 0 {
			return c, &fault.Error{Kind: fault.Limited, Safe: "too many wrong tokens from this address; wait a little", After: wait}
		}
	}
	if err != nil {
		return c, err
	}
	if stale {
		f.seen(ctx, c.token.ID)
	}
	return c, nil
}

// seen writes in the background that a token was used; who uses it does not wait for that.
func (f *face) seen(ctx context.Context, token string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.marking[token] {
		return
	}
	f.marking[token] = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	f.errands.Go(func() {
		defer cancel()
		if err := f.DB.Write(ctx, db.Work, func(tx *db.Tx) error { return auth.TokenSeen(tx, token) }); err != nil {
			f.Log.WarnContext(ctx, "the last use of a token was not kept", "token", token, "err", err)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.marking, token)
	})
}

func bodyOf(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, fault.New(fault.TooLarge, "a request has at most %d MiB", mostBody>>20)
	}
	return b, fault.As(fault.Invalid, err, "the body of this request broke off")
}

func printOf(r *http.Request, body []byte) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", r.Method, r.URL.RequestURI())
	h.Write(body)
	return h.Sum(nil)
}

// tries counts wrong tokens by address.
type tries struct {
	mu sync.Mutex
	of map[netip.Prefix]window
}

type window struct{ since, n int64 }

const (
	mostTries  = 20 // wrong tokens from one address in one window
	tryWindow  = int64(time.Minute / time.Microsecond)
	mostCounts = 4096
)

// one counts a wrong token and says how long its sender has to wait; 0 while it may go on.
func (t *tries) one(remote string, now int64) time.Duration {
	a, err := netip.ParseAddrPort(remote)
	if err != nil {
		return 0 // not a network: a test, a socket
	}
	bits := 32
	if a.Addr().Unmap().Is6() {
		bits = 64 // who has one address there has them all
	}
	p, err := a.Addr().Unmap().WithZone("").Prefix(bits)
	if err != nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.of) >= mostCounts {
		t.of = nil // forgetting is cheaper than being filled up
	}
	if t.of == nil {
		t.of = map[netip.Prefix]window{}
	}
	is := t.of[p]
	if now-is.since > tryWindow || now < is.since {
		is = window{since: now}
	}
	is.n++
	t.of[p] = is
	if is.n <= mostTries {
		return 0
	}
	return time.Duration(is.since+tryWindow-now+1) * time.Microsecond
}
