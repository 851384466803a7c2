package mastodon

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"answerable/internal/channel"
	"answerable/internal/fault"
)

const (
	callTimeout = 30 * time.Second
	maxAnswer   = 8 << 20
	userAgent   = "answerable (customer care)"
)

// refused is an answer that is not the one we hoped for.
type refused struct {
	Status int
	Words  string // the server's own
}

func (r *refused) Error() string { return fmt.Sprintf("server answered %d: %s", r.Status, r.Words) }

// answeredWith returns the status of an answer that came but was not good; 0 when none came.
func answeredWith(err error) int {
	if r, ok := errors.AsType[*refused](err); ok {
		return r.Status
	}
	return 0
}

// errUnreached: nothing left this machine.
var errUnreached = errors.New("not reached")

// get reads JSON. Its errors carry a kind: a reading that failed may always be tried again.
func (a *Adapter) get(ctx context.Context, at string, q url.Values, into any) error {
	u := a.base.JoinPath(at)
	u.RawQuery = q.Encode()
	body, err := a.call(ctx, http.MethodGet, u, nil, nil)
	if err == nil {
		if err = json.Unmarshal(body, into); err == nil {
			return nil
		}
		return fault.As(fault.Temporary, err, "the server's answer could not be read")
	}
	if fault.KindOf(err) == fault.Internal && !errors.Is(err, context.Canceled) {
		return fault.As(fault.Temporary, err, "the server does not answer as it should")
	}
	return err
}

// call makes one request and reads the whole answer. Kinds: Forbidden, NotFound, Invalid, Limited when the server said no;
// Temporary when nothing left this machine; none when it is not known what became of the request.
func (a *Adapter) call(ctx context.Context, method string, u *url.URL, h http.Header, form url.Values) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, fault.As(fault.Invalid, err, "the address of the server is not usable")
	}
	// net/http sends a request with an Idempotency-Key a second time by itself. Some servers ignore the key, so only we may decide.
	r.GetBody = nil
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	maps.Copy(r.Header, h)
	a.sign(r)
	resp, err := a.deps.HTTP.Do(r)
	if err != nil {
		if !wrote.Load() && ctx.Err() == nil {
			if fault.Is(err, fault.Invalid) { // the guard refused the address
				return nil, err
			}
			return nil, fault.As(fault.Temporary, fmt.Errorf("%w: %w", errUnreached, err), "the server cannot be reached")
		}
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, a.refusal(resp, b)
	case err != nil:
		return nil, err
	case len(b) > maxAnswer:
		return nil, fault.New(fault.TooLarge, "the server's answer is larger than %d bytes", maxAnswer)
	}
	return b, nil
}

func (a *Adapter) sign(r *http.Request) {
	r.Header.Set("Authorization", "Bearer "+a.cfg.Token)
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set("Accept", "application/json")
}

func (a *Adapter) refusal(resp *http.Response, body []byte) error {
	var said struct {
		Error       text `json:"error"`
		Description text `json:"error_description"`
	}
	_ = json.Unmarshal(body, &said) // a page instead of JSON says nothing to us
	words := channel.CleanLine(string(cmp.Or(said.Description, said.Error)), 200)
	words = cmp.Or(words, http.StatusText(resp.StatusCode))
	cause := &refused{resp.StatusCode, words}
	switch s := resp.StatusCode; {
	case s == http.StatusUnauthorized:
		return fault.As(fault.Forbidden, cause, "the access token is no longer accepted")
	case s == http.StatusForbidden:
		return fault.As(fault.Forbidden, cause, "the server does not allow this")
	case s == http.StatusNotFound, s == http.StatusGone:
		return fault.As(fault.NotFound, cause, "the server does not have it")
	case s == http.StatusTooManyRequests:
		return &fault.Error{Kind: fault.Limited, Safe: "the server asks us to wait", After: a.pause(resp.Header), Cause: cause}
	case s >= 300 && s < 400:
		return fault.As(fault.Invalid, cause, "the server sends us elsewhere; check its address")
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly:
		return cause
	case s >= 400 && s < 500:
		return fault.As(fault.Invalid, cause, "the server refused it")
	default:
		return cause
	}
}

// pause reads how long a server wants to be left alone.
func (a *Adapter) pause(h http.Header) time.Duration {
	const unknown, least, most = 30 * time.Second, time.Second, time.Hour
	d := unknown
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil {
		d = time.Duration(min(s, 1<<20)) * time.Second
	} else if t, err := http.ParseTime(h.Get("Retry-After")); err == nil {
		d = t.Sub(a.deps.Clock())
	} else if t, err := time.Parse(time.RFC3339Nano, h.Get("X-RateLimit-Reset")); err == nil {
		d = t.Sub(a.deps.Clock())
	}
	return min(most, max(least, d))
}
