package channel

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"answerable/internal/fault"
)

// State is how an account is.
type State string

// The states, from well to worst.
const (
	OK      State = "ok"
	Limited State = "limited"   // the network asks us to wait; goes on by itself
	Trouble State = "trouble"   // the network does not answer or not as it should; goes on by itself
	Barred  State = "forbidden" // keys or rights are gone; needs a person
)

// Health says how an account is, in words for the people who run it, and since when.
type Health struct {
	State State
	Words string
	Since time.Time
}

// Options are the ways in which accounts differ. The zero value works.
type Options struct {
	Deps
	// Secrets are taken out of every error, beside those the adapter names itself.
	Secrets []string
	// Refresh is how long limits and names of the account are believed before they are read again. Default: an hour.
	Refresh time.Duration
	// MaxWait is how long Send may wait for its turn; longer than that it returns fault.Limited. Default: 2 s.
	MaxWait time.Duration
	// OnHealth hears of every change of health. It must not call the account.
	OnHealth func(Health)
}

// Account is one account on one channel: what all channels have in common stands here, once, above their adapters. It keeps to the
// network's pace, repeats what may be repeated, never tells a secret and knows how it is. Its methods may be called at the same
// time.
type Account struct {
	adapter   Adapter
	finder    Finder
	streamer  Streamer
	poller    Poller
	receiver  Receiver
	rereader  Rereader
	addresser Addresser
	o         Options
	secrets   *strings.Replacer

	mu          sync.Mutex
	info        Info
	connectedAt time.Time     // zero: not yet
	pace        *rate.Limiter // nil: no limit
	pausedUntil time.Time
	lanes       map[lane]Health
	told        State
}

type lane string

const (
	reading lane = "reading"
	sending lane = "sending"
)

// Open finds an adapter's abilities and connects it. The account is usable also when an error is returned: it then knows its
// trouble, and connects when it is next asked to do something.
func Open(ctx context.Context, ad Adapter, o Options) (*Account, error) {
	o.Deps = o.WithDefaults()
	if o.Refresh <= 0 {
		o.Refresh = time.Hour
	}
	if o.MaxWait <= 0 {
		o.MaxWait = 2 * time.Second
	}
	now := o.Clock()
	a := &Account{
		adapter: ad, o: o, told: OK,
		lanes: map[lane]Health{reading: {State: OK, Since: now}, sending: {State: OK, Since: now}},
	}
	a.finder, _ = ad.(Finder)
	a.streamer, _ = ad.(Streamer)
	a.poller, _ = ad.(Poller)
	a.receiver, _ = ad.(Receiver)
	a.rereader, _ = ad.(Rereader)
	a.addresser, _ = ad.(Addresser)
	if s, ok := ad.(Secretive); ok {
		o.Secrets = append(slices.Clip(o.Secrets), s.Secrets()...)
	}
	a.secrets = replacer(o.Secrets)
	if r, ok := ad.(Reporter); ok {
		r.Report(func(err error) { a.note(reading, err) })
	}
	_, err := a.Connect(ctx)
	return a, err
}

// Connect checks the keys and reads who we are and what limits hold.
func (a *Account) Connect(ctx context.Context) (Info, error) {
	info, err := a.adapter.Connect(ctx)
	err = a.redact(err)
	a.note(reading, err)
	if err != nil {
		return Info{}, err
	}
	a.note(sending, nil)
	info.CanFind = info.CanFind && a.finder != nil
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := info.Limits; l.Every <= 0 {
		a.pace = nil
	} else if a.pace == nil || l.Every != a.info.Limits.Every || l.Burst != a.info.Limits.Burst {
		a.pace = rate.NewLimiter(rate.Every(l.Every), max(1, l.Burst)) // a new one is full, an adjusted one would not be
	}
	a.info, a.connectedAt = info, a.o.Clock()
	return info, nil
}

// Info is what the account said of itself when it was last connected.
func (a *Account) Info() Info {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.info
}

// Pushes reports whether the network calls us; CanFind whether the fate of an attempt can be looked up; Reads whether Run reads.
func (a *Account) Pushes() bool { return a.receiver != nil }

// CanFind reports whether the fate of an attempt can be looked up.
func (a *Account) CanFind() bool { return a.finder != nil && a.Info().CanFind }

// Reads reports whether Run has something to read.
func (a *Account) Reads() bool { return a.streamer != nil || a.poller != nil }

// Health is the worse of how reading and how sending are.
func (a *Account) Health() Health {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.health()
}

func (a *Account) health() Health {
	rank := map[State]int{OK: 0, Limited: 1, Trouble: 2, Barred: 3}
	in, out := a.lanes[reading], a.lanes[sending]
	if rank[out.State] > rank[in.State] {
		return out
	}
	return in
}

// note keeps in mind how a call ended. A post that was refused is its own fault, and a cancelled call nobody's.
func (a *Account) note(l lane, err error) {
	h := Health{State: OK}
	if err != nil {
		switch fault.KindOf(err) {
		case fault.Invalid, fault.NotFound, fault.TooLarge:
			if l == sending {
				return
			}
			h.State = Trouble
		case fault.Limited:
			h.State = Limited
		case fault.Forbidden, fault.Unauthorized:
			h.State = Barred
		case fault.Internal, fault.Temporary, fault.Conflict:
			if errors.Is(err, context.Canceled) {
				return
			}
			h.State = Trouble
		}
		h.Words = CleanLine(a.secrets.Replace(err.Error()), 300)
	}
	a.mu.Lock()
	h.Since = a.o.Clock()
	if was := a.lanes[l]; was.State == h.State {
		h.Since = was.Since
	}
	a.lanes[l] = h
	now := a.health()
	changed := now.State != a.told
	a.told = now.State
	a.mu.Unlock()
	if changed && a.o.OnHealth != nil {
		a.o.OnHealth(now)
	}
}

// Parts cuts what we want to say into posts that this channel takes, numbered if there are several. Leave o.Text whole.
func (a *Account) Parts(o Outbound) ([]string, error) { return a.Info().Limits.Parts(o.Text, o.To) }

// Send posts one part. It keeps to the pace of the network: a short wait is waited for, a long one is fault.Limited with After.
func (a *Account) Send(ctx context.Context, o Outbound) (Receipt, error) {
	o.Text = Clean(o.Text)
	switch {
	case o.Key == "":
		return Receipt{}, fault.New(fault.Invalid, "an outbound needs a key")
	case o.Text == "":
		return Receipt{}, fault.New(fault.Invalid, "there is nothing to say")
	}
	if err := a.fresh(ctx); err != nil {
		return Receipt{}, err
	}
	whole := o.Text
	if a.addresser != nil {
		whole = a.addresser.Addressed(o)
	}
	if l := a.Info().Limits; l.MaxChars > 0 && l.Len(whole) > l.MaxChars {
		return Receipt{}, fault.New(fault.Invalid, "too long: %d of %d characters; split it first", l.Len(whole), l.MaxChars)
	}
	if err := a.turn(ctx); err != nil {
		return Receipt{}, err
	}
	r, err := a.adapter.Send(ctx, o)
	err = a.redact(err)
	a.heed(err)
	a.note(sending, err)
	return r, err
}

// Find looks whether an earlier attempt arrived.
func (a *Account) Find(ctx context.Context, o Outbound, since time.Time) (Receipt, bool, error) {
	if !a.CanFind() {
		return Receipt{}, false, fault.New(fault.Invalid, "this channel cannot be asked what it posted")
	}
	o.Text = Clean(o.Text)
	r, found, err := a.finder.Find(ctx, o, since)
	err = a.redact(err)
	a.heed(err)
	return r, found, err
}

// fresh connects when we never were, and now and then, since limits and names change.
func (a *Account) fresh(ctx context.Context) error {
	a.mu.Lock()
	never := a.connectedAt.IsZero()
	old := never || a.o.Clock().Sub(a.connectedAt) > a.o.Refresh
	a.mu.Unlock()
	if !old {
		return nil
	}
	_, err := a.Connect(ctx)
	switch {
	case err == nil, !never && !fault.Is(err, fault.Forbidden):
		return nil
	case fault.Is(err, fault.Internal) && ctx.Err() == nil: // nothing was posted, so it is safe to try again
		return fault.As(fault.Temporary, err, "the account is not connected")
	}
	return err
}

// turn waits until we may post.
func (a *Account) turn(ctx context.Context) error {
	now := a.o.Clock()
	a.mu.Lock()
	paused, pace := a.pausedUntil.Sub(now), a.pace
	a.mu.Unlock()
	if paused > 0 {
		return &fault.Error{Kind: fault.Limited, Safe: "the network asked us to wait", After: paused}
	}
	if pace == nil {
		return ctx.Err()
	}
	r := pace.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > a.o.MaxWait {
		r.CancelAt(now)
		return &fault.Error{Kind: fault.Limited, Safe: "waiting for our turn", After: wait}
	}
	if wait <= 0 {
		return ctx.Err()
	}
	return a.o.Sleep(ctx, wait)
}

// heed remembers how long the network asked us to wait.
func (a *Account) heed(err error) {
	if !fault.Is(err, fault.Limited) {
		return
	}
	if after := fault.After(err); after > 0 {
		a.mu.Lock()
		a.pausedUntil = a.o.Clock().Add(after)
		a.mu.Unlock()
	}
}

// Receive reads what the network pushed. It is pure.
func (a *Account) Receive(h http.Header, body []byte, now time.Time) (Arrival, error) {
	switch {
	case a.receiver == nil:
		return Arrival{}, fault.New(fault.NotFound, "this channel takes no deliveries")
	case len(body) > MaxBody:
		return Arrival{}, fault.New(fault.TooLarge, "the body is larger than %d bytes", MaxBody)
	}
	arr, err := a.receiver.Receive(h, body, now)
	arr.Cause = a.redact(arr.Cause)
	return arr, a.redact(err)
}

// Reread reads a stored delivery again.
func (a *Account) Reread(ctx context.Context, raw Raw) (Arrival, error) {
	if a.rereader == nil {
		return Arrival{}, fault.New(fault.Invalid, "this channel cannot read a delivery again")
	}
	arr := a.rereader.Reread(ctx, raw)
	arr.Cause = a.redact(arr.Cause)
	return arr, nil
}

// Run reads until ctx ends, from cursor on, and begins again after every trouble from where sink last took a cursor. It returns
// ctx's error, or one that needs a person: fault.Forbidden from the network, or fault.Conflict from sink, which means that
// somebody else holds the account now. An account that only receives returns nil at once.
func (a *Account) Run(ctx context.Context, cursor string, sink Sink) error {
	if !a.Reads() {
		return nil
	}
	tries := 0
	for {
		taken := func(ctx context.Context, c string, arr ...Arrival) error {
			for i := range arr {
				arr[i].Cause = a.redact(arr[i].Cause)
			}
			if err := sink(ctx, c, arr...); err != nil {
				return err
			}
			tries = 0
			if c != "" {
				cursor = c
			}
			return nil
		}
		err := a.redact(a.read(ctx, cursor, taken))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			err = fault.New(fault.Temporary, "reading ended by itself")
		}
		a.note(reading, err)
		switch fault.KindOf(err) {
		case fault.Forbidden, fault.Unauthorized, fault.Conflict:
			return err
		default:
		}
		wait := Backoff(tries, fault.After(err))
		a.o.Log.WarnContext(ctx, "reading begins again", "error", err, "tries", tries, "wait", wait)
		if err := a.o.Sleep(ctx, wait); err != nil {
			return err
		}
		tries++
	}
}

func (a *Account) read(ctx context.Context, cursor string, sink Sink) error {
	if a.streamer != nil {
		return a.streamer.Stream(ctx, cursor, sink)
	}
	for {
		arr, next, err := a.poller.Poll(ctx, cursor)
		if err != nil {
			return err
		}
		if next == cursor {
			next = ""
		}
		if len(arr) > 0 || next != "" {
			if err := sink(ctx, next, arr...); err != nil {
				return err
			}
		}
		if next != "" {
			cursor = next
		}
		a.note(reading, nil)
		if err := a.o.Sleep(ctx, a.poller.Interval()); err != nil {
			return err
		}
	}
}

// The shortest and the longest pause between two tries.
const (
	minBackoff = time.Second
	maxBackoff = time.Minute
)

// Backoff is how long to wait before try number tries (from 0), never shorter than the network asked for. It is uneven on purpose:
// many accounts of one network must not come back all at once.
func Backoff(tries int, after time.Duration) time.Duration {
	d := min(maxBackoff, minBackoff<<min(max(tries, 0), 6))
	d = d/2 + rand.N(d/2+1) //nolint:gosec // spreading load is no secret
	return max(d, after)
}

const redacted = "•••"

func replacer(secrets []string) *strings.Replacer {
	var pairs []string
	for _, s := range secrets {
		if len(s) < 4 { // would take letters out of every word; no key is that short
			continue
		}
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s), strings.Trim(fmt.Sprintf("%q", s), `"`)} {
			pairs = append(pairs, form, redacted)
		}
	}
	return strings.NewReplacer(pairs...)
}

// redact takes secrets out of an error and keeps what it means. The cause is kept only for errors.Is: a %+v of it could tell.
func (a *Account) redact(err error) error {
	if err == nil {
		return nil
	}
	safe := &hushed{words: a.secrets.Replace(err.Error()), cause: err}
	f, ok := errors.AsType[*fault.Error](err)
	switch {
	case safe.words == err.Error() && (!ok || a.secrets.Replace(f.Safe) == f.Safe):
		return err
	case !ok:
		return safe
	}
	out := &fault.Error{Kind: f.Kind, Safe: a.secrets.Replace(f.Safe), After: f.After}
	if f.Cause != nil {
		out.Cause = &hushed{words: a.secrets.Replace(f.Cause.Error()), cause: f.Cause}
	}
	return out
}

type hushed struct {
	words string
	cause error
}

func (h *hushed) Error() string { return h.words }

// Is lets a cancelled context be known, without handing out the cause.
func (h *hushed) Is(target error) bool { return errors.Is(h.cause, target) }

// Format keeps %+v and %#v from printing the cause.
func (h *hushed) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(h.words)) }
