// Package mastodon connects an account on a server that speaks the Mastodon client API. It reads by streaming, and catches up over
// REST after every connect and now and then: what a notification policy hides is never streamed.
package mastodon

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/time/rate"

	"answerable/internal/channel"
	"answerable/internal/fault"
)

// Config is what an account needs.
type Config struct {
	Server string `json:"server" label:"Server" help:"Address of the instance, for example https://social.example." kind:"url" required:"true"`
	Token  string `json:"token" label:"Access token" help:"From Preferences, Development, with the scopes read and write." required:"true" secret:"true"`
}

// What holds when a server does not say otherwise.
const (
	defaultMaxChars = 500
	defaultPerURL   = 23
)

// Adapter is one account on one instance.
type Adapter struct {
	cfg    Config
	base   *url.URL
	deps   channel.Deps
	memory *memory
	// mayCheck lets a few looks back through, then one a minute.
	mayCheck *rate.Limiter

	mu        sync.Mutex
	me        account
	streaming *url.URL
	report    func(error)
	noBatch   bool // the server cannot give several statuses at once
}

// New makes an adapter; nothing is asked before Connect.
func New(cfg Config, deps channel.Deps) (*Adapter, error) {
	base, err := url.Parse(strings.TrimRight(cfg.Server, "/"))
	if err != nil || base.Host == "" {
		return nil, fault.New(fault.Invalid, "setting %q must be an http or https address", "server")
	}
	if strings.ContainsFunc(cfg.Token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) || cfg.Token == "" {
		return nil, fault.New(fault.Invalid, "setting %q is not an access token", "token")
	}
	return &Adapter{cfg: cfg, base: base, deps: deps.WithDefaults(), memory: newMemory(), mayCheck: rate.NewLimiter(rate.Every(time.Minute), 3), report: func(error) {}}, nil
}

// Secrets names what must never be shown.
func (a *Adapter) Secrets() []string { return channel.Secrets(a.cfg) }

// Report tells the troubles of the stream, which reconnects by itself.
func (a *Adapter) Report(to func(err error)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.report = to
}

// Connect checks the token and reads the instance's limits.
func (a *Adapter) Connect(ctx context.Context) (channel.Info, error) {
	var me account
	if err := a.get(ctx, "api/v1/accounts/verify_credentials", nil, &me); err != nil {
		return channel.Info{}, err
	}
	if me.ID == "" {
		return channel.Info{}, fault.New(fault.Temporary, "the server does not say who we are")
	}
	in, err := a.instance(ctx)
	if err != nil {
		return channel.Info{}, err
	}
	a.mu.Lock()
	a.me, a.streaming = me, streamingURL(a.base, in)
	a.mu.Unlock()
	return channel.Info{
		Channel: "mastodon", ExternalID: string(me.ID), Handle: string(cmp.Or(me.Acct, me.Username)), Name: string(me.Name),
		Realm: a.realm(), CanFind: true,
		Limits: channel.Limits{
			MaxChars:  int(cmp.Or(in.Configuration.Statuses.MaxCharacters, in.MaxToot, defaultMaxChars)),
			Graphemes: true, PerURL: int(cmp.Or(in.Configuration.Statuses.PerURL, defaultPerURL)), ShortMentions: true, Addressed: true,
			// 300 requests in 5 minutes: 120 at once and one every 2 s after that is 270, and reading needs its share. An agent never waits,
			// and an incident is paced.
			Every: 2 * time.Second, Burst: 120,
		},
	}, nil
}

func (a *Adapter) instance(ctx context.Context) (instance, error) {
	var in instance
	err := a.get(ctx, "api/v2/instance", nil, &in)
	if err != nil && answeredWith(err) != 0 && !fault.Is(err, fault.Limited) { // older than 4.0, or of another make
		in = instance{}
		err = a.get(ctx, "api/v1/instance", nil, &in)
	}
	return in, err
}

// realm is where account ids of this server mean something.
func (a *Adapter) realm() string { return strings.ToLower(a.base.Host) }

func (a *Adapter) self() account {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.me
}

// ready connects when nobody has yet.
func (a *Adapter) ready(ctx context.Context) (account, error) {
	if me := a.self(); me.ID != "" {
		return me, nil
	}
	_, err := a.Connect(ctx)
	return a.self(), err
}

// streamingURL is where to stream from. Only the instance itself may name another host, and never one without TLS when it
// has TLS: the token goes there.
func streamingURL(base *url.URL, in instance) *url.URL {
	named := string(in.Configuration.URLs.Streaming)
	if named == "" {
		var v1 struct {
			Streaming text `json:"streaming_api"`
		}
		_ = json.Unmarshal(in.URLs, &v1) // absent on version 2
		named = string(v1.Streaming)
	}
	u, err := url.Parse(named)
	if err != nil || u.Host == "" || u.User != nil {
		return base
	}
	switch u.Scheme {
	case "wss":
		u.Scheme = "https"
	case "ws":
		u.Scheme = "http"
	}
	if u.Scheme != "https" && (u.Scheme != "http" || base.Scheme == "https") {
		return base
	}
	u.RawQuery, u.Fragment = "", ""
	return u
}

// Addressed is o.Text with the mention that makes it reach somebody.
func (a *Adapter) Addressed(o channel.Outbound) string {
	acct := strings.TrimPrefix(o.To.Handle, "@")
	if acct == "" || o.To.ID != "" && o.To.ID == string(a.self().ID) || mentioned(o.Text, acct) {
		return o.Text
	}
	return "@" + acct + " " + o.Text
}

// mentioned reports whether a text addresses acct already.
func mentioned(text, acct string) bool {
	low := strings.ToLower(text)
	at := "@" + strings.ToLower(acct)
	for from := 0; ; {
		i := strings.Index(low[from:], at)
		if i < 0 {
			return false
		}
		i += from
		from = i + len(at)
		before, after := i == 0 || !nameByte(low[i-1]), from == len(low) || !nameByte(low[from])
		if before && after {
			return true
		}
	}
}

func nameByte(b byte) bool {
	return b == '_' || b == '-' || b == '@' || b == '/' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 0x80
}

// Send posts a status.
func (a *Adapter) Send(ctx context.Context, o channel.Outbound) (channel.Receipt, error) {
	form := url.Values{"status": {a.Addressed(o)}, "visibility": {"public"}}
	if !o.Public {
		if o.To.Handle == "" {
			return channel.Receipt{}, fault.New(fault.Invalid, "a private post must be to somebody")
		}
		form.Set("visibility", "direct")
	}
	if o.InReplyTo != "" {
		form.Set("in_reply_to_id", o.InReplyTo)
	}
	if o.Lang != "" {
		form.Set("language", o.Lang)
	}
	h := http.Header{"Idempotency-Key": {o.Key}}
	body, err := a.call(ctx, http.MethodPost, a.base.JoinPath("api/v1/statuses"), h, form)
	if fault.Is(err, fault.NotFound) {
		return channel.Receipt{}, fault.As(fault.Invalid, err, "the post it answers is gone")
	}
	if err != nil {
		return channel.Receipt{}, err
	}
	var st status
	if err := json.Unmarshal(body, &st); err != nil {
		return channel.Receipt{}, err // accepted, it seems, but not known as what
	}
	if st.ID == "" {
		return channel.Receipt{}, errNoID
	}
	a.memory.put(place{ID: string(st.ID), Root: cmp.Or(o.ThreadKey, string(st.ID)), Version: st.version(), At: a.deps.Clock()})
	return receipt(st), nil
}

var errNoID = errorString("the server took the post and did not say its id")

type errorString string

func (e errorString) Error() string { return string(e) }

func receipt(st status) channel.Receipt {
	return channel.Receipt{ExternalID: string(st.ID), URL: channel.CleanURL(string(cmp.Or(st.URL, st.URI)))}
}

const (
	findPages = 5
	findSlack = 2 * time.Minute // clocks of two machines
)

// Find looks for a post of ours with the same words under the same post: the only way on servers that ignore Idempotency-Key, and on
// all once the key is an hour old.
func (a *Adapter) Find(ctx context.Context, o channel.Outbound, since time.Time) (channel.Receipt, bool, error) {
	me, err := a.ready(ctx)
	if err != nil {
		return channel.Receipt{}, false, err
	}
	since = since.Add(-findSlack)
	want := alike(a.Addressed(o))
	same := func(st status) bool {
		return st.Account.ID == me.ID && string(st.InReplyTo) == o.InReplyTo && !st.CreatedAt.Before(since) &&
			!st.boost() && st.public() == o.Public && alike(st.words()) == want
	}
	q := url.Values{"limit": {"40"}, "exclude_reblogs": {"true"}}
	for range findPages {
		var page []status
		if err := a.get(ctx, "api/v1/accounts/"+string(me.ID)+"/statuses", q, &page); err != nil {
			return channel.Receipt{}, false, err
		}
		for _, st := range page {
			if same(st) {
				return receipt(st), true, nil
			}
		}
		if len(page) == 0 || page[len(page)-1].CreatedAt.Before(since) {
			break
		}
		q.Set("max_id", string(page[len(page)-1].ID))
	}
	if o.InReplyTo == "" {
		return channel.Receipt{}, false, nil
	}
	var thread struct {
		Descendants []status `json:"descendants"`
	}
	err = a.get(ctx, "api/v1/statuses/"+url.PathEscape(o.InReplyTo)+"/context", nil, &thread)
	if fault.Is(err, fault.NotFound) { // what it answers is gone; our list was complete
		return channel.Receipt{}, false, nil
	}
	if err != nil {
		return channel.Receipt{}, false, err
	}
	for _, st := range thread.Descendants {
		if same(st) {
			return receipt(st), true, nil
		}
	}
	return channel.Receipt{}, false, nil
}

// alike is what stays of a text after a server has made HTML of it and we have read that: local mentions lose their host, white
// space its kind.
func alike(s string) string {
	s = channel.WithoutHosts(norm.NFC.String(s))
	s = strings.ReplaceAll(s, "/ ", " ") // a link with and without its last slash
	return strings.TrimSuffix(strings.Join(strings.Fields(s), " "), "/")
}

var (
	_ channel.Adapter   = (*Adapter)(nil)
	_ channel.Finder    = (*Adapter)(nil)
	_ channel.Streamer  = (*Adapter)(nil)
	_ channel.Rereader  = (*Adapter)(nil)
	_ channel.Addresser = (*Adapter)(nil)
	_ channel.Secretive = (*Adapter)(nil)
	_ channel.Reporter  = (*Adapter)(nil)
)
