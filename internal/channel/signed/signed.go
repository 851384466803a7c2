// Package signed connects any other system over HTTP, signed both ways as Standard Webhooks says
// (https://www.standardwebhooks.com): HMAC-SHA256 over "id.timestamp.body".
package signed

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// Config is what an account needs.
type Config struct {
	Secret string `json:"secret" label:"Secret" help:"whsec_ and base64, shared with the other system. Left empty, one is made." required:"true" secret:"true"`
	URL    string `json:"url" label:"Outgoing address" help:"Where replies are posted. Left empty, this account only receives." kind:"url"`
	Name   string `json:"name" label:"Name" help:"Names the other system; its people and message ids are unique under it. Do not change it later."`
	Find   bool   `json:"find" label:"Can be asked" help:"The outgoing address answers GET ?key=… with the post of that key, or 404."`
}

// The headers of Standard Webhooks.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

const (
	tolerance     = 5 * time.Minute
	prefix        = "whsec_"
	version       = "v1,"
	maxSignatures = 16 // old and new secrets while they are changed
	maxMessageID  = 255
	callTimeout   = 30 * time.Second
	maxAnswer     = 64 << 10
)

// GenerateSecret makes a secret of 32 random bytes.
func GenerateSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails on the systems Go supports
	return prefix + base64.StdEncoding.EncodeToString(b[:])
}

// Sign returns the value of the signature header.
func Sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := keyOf(secret)
	if err != nil {
		return "", err
	}
	return version + base64.StdEncoding.EncodeToString(mac(key, id, strconv.FormatInt(at.Unix(), 10), body)), nil
}

// Headers returns all three headers for a signed body.
func Headers(secret, id string, at time.Time, body []byte) (http.Header, error) {
	sig, err := Sign(secret, id, at, body)
	if err != nil {
		return nil, err
	}
	return http.Header{HeaderID: {id}, HeaderTimestamp: {strconv.FormatInt(at.Unix(), 10)}, HeaderSignature: {sig}}, nil
}

func keyOf(secret string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, prefix))
	if err != nil || !strings.HasPrefix(secret, prefix) {
		return nil, fault.New(fault.Invalid, "setting %q must be whsec_ and base64", "secret")
	}
	if len(key) < 24 || len(key) > 64 {
		return nil, fault.New(fault.Invalid, "setting %q must hold 24 to 64 bytes", "secret")
	}
	return key, nil
}

func mac(key []byte, id, at string, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id + "." + at + "."))
	h.Write(body)
	return h.Sum(nil)
}

// Adapter is one other system.
type Adapter struct {
	cfg  Config
	key  []byte
	deps channel.Deps
}

// New makes an adapter.
func New(cfg Config, deps channel.Deps) (*Adapter, error) {
	key, err := keyOf(cfg.Secret)
	if err != nil {
		return nil, err
	}
	return &Adapter{cfg: cfg, key: key, deps: deps.WithDefaults()}, nil
}

// Secrets names what must never be shown.
func (a *Adapter) Secrets() []string {
	return append(channel.Secrets(a.cfg), strings.TrimPrefix(a.cfg.Secret, prefix))
}

func (a *Adapter) name() string { return cmp.Or(a.cfg.Name, "signed") }

// Connect has nothing to ask: the other system is believed when it signs.
func (a *Adapter) Connect(context.Context) (channel.Info, error) {
	return channel.Info{
		Channel: "signed", ExternalID: a.name(), Handle: a.name(), Name: a.name(), Realm: a.name(), CanFind: a.cfg.Find && a.cfg.URL != "",
	}, nil
}

// Receive checks the signature over the raw bytes and reads the message.
func (a *Adapter) Receive(h http.Header, body []byte, now time.Time) (channel.Arrival, error) {
	if len(body) > channel.MaxBody {
		return channel.Arrival{}, fault.New(fault.TooLarge, "the body is larger than %d bytes", channel.MaxBody)
	}
	id, at := h.Get(HeaderID), h.Get(HeaderTimestamp)
	// A full stop in the id would make two readings of what was signed.
	if id == "" || len(id) > maxMessageID || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '.' }) {
		return channel.Arrival{}, fault.New(fault.Unauthorized, "webhook-id is missing or malformed")
	}
	secs, err := strconv.ParseInt(at, 10, 64)
	if err != nil || strconv.FormatInt(secs, 10) != at {
		return channel.Arrival{}, fault.New(fault.Unauthorized, "webhook-timestamp is missing or malformed")
	}
	if off := now.Unix() - secs; off > int64(tolerance/time.Second) || off < -int64(tolerance/time.Second) {
		return channel.Arrival{}, fault.New(fault.Unauthorized, "webhook-timestamp is more than %s away from our clock", tolerance)
	}
	if !a.signed(h.Get(HeaderSignature), mac(a.key, id, at, body)) {
		return channel.Arrival{}, fault.New(fault.Unauthorized, "the signature does not match")
	}
	raw := channel.Raw{Key: id, Head: "application/json", Body: body}
	return a.read(raw, now), nil
}

// signed looks at every signature given, each in constant time.
func (a *Adapter) signed(header string, want []byte) bool {
	good, n := false, 0
	for s := range strings.FieldsSeq(header) {
		if n++; n > maxSignatures {
			break
		}
		sig, ok := strings.CutPrefix(s, version)
		if !ok {
			continue // a version of tomorrow
		}
		got, err := base64.StdEncoding.DecodeString(sig)
		good = err == nil && hmac.Equal(got, want) || good
	}
	return good
}

// Reread reads a stored delivery again; its signature was right when it came.
func (a *Adapter) Reread(_ context.Context, raw channel.Raw) channel.Arrival {
	return a.read(raw, a.deps.Clock())
}

// message is one line of our own exchange format, and what the door adds to it.
type message struct {
	Kind      string `json:"kind"`
	Handle    string `json:"handle"`
	ID        ident  `json:"id"`
	InReplyTo ident  `json:"in_reply_to"`
	Thread    ident  `json:"thread_id"`
	Author    struct {
		ID        ident  `json:"id"`
		Name      string `json:"name"`
		Handle    string `json:"handle"`
		Side      string `json:"side"`
		Followers int64  `json:"followers"`
		Agent     string `json:"agent"`
	} `json:"author"`
	Public      bool       `json:"public"`
	Automatic   bool       `json:"automatic"`
	At          *time.Time `json:"at"`
	Lang        string     `json:"lang"`
	Text        string     `json:"text"`
	URL         string     `json:"url"`
	Attachments []struct {
		Name string `json:"name"`
		Type string `json:"type"`
		URL  string `json:"url"`
		Alt  string `json:"alt"`
	} `json:"attachments"`
}

// ident is an id; other systems often have numbers.
type ident string

// UnmarshalJSON takes a string, a number or null.
func (i *ident) UnmarshalJSON(b []byte) error {
	switch {
	case bytes.Equal(b, []byte("null")):
		return nil
	case len(b) > 0 && b[0] == '"':
		return json.Unmarshal(b, (*string)(i))
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*i = ident(n)
	return nil
}

func (a *Adapter) read(raw channel.Raw, now time.Time) channel.Arrival {
	return channel.Read(raw, func() ([]channel.Inbound, error) {
		var m message
		if err := json.Unmarshal(raw.Body, &m); err != nil {
			return nil, fault.As(fault.Invalid, err, "%s", unreadable(err))
		}
		in, err := a.inbound(m, now)
		if err != nil {
			return nil, err
		}
		return []channel.Inbound{in}, nil
	})
}

// unreadable says where a body went wrong.
func unreadable(err error) string {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
		return fmt.Sprintf("field %q has the wrong type", e.Field)
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("not JSON, at byte %d", e.Offset)
	}
	return "the message could not be read"
}

func (a *Adapter) inbound(m message, now time.Time) (channel.Inbound, error) {
	in := channel.Inbound{
		ExternalID: string(m.ID), InReplyTo: string(m.InReplyTo),
		ThreadKey: string(cmp.Or(m.Thread, m.InReplyTo, m.ID)),
		Author: channel.Author{
			Realm: a.name(), ID: string(m.Author.ID), Handle: cmp.Or(m.Handle, m.Author.Handle), Name: m.Author.Name, Reach: m.Author.Followers,
		},
		Public: m.Public, Automatic: m.Automatic, At: now, Lang: m.Lang, Text: m.Text, URL: m.URL,
	}
	if m.At != nil {
		in.At = *m.At
	}
	for _, f := range m.Attachments {
		in.Attachments = append(in.Attachments, channel.Attachment{Name: f.Name, Type: f.Type, URL: f.URL, Alt: f.Alt})
	}
	switch m.Kind {
	case "", "message":
		switch m.Author.Side {
		case "", "customer":
			in.Kind = channel.Message
		case "brand":
			in.Kind, in.Agent = channel.Own, m.Author.Agent
		default:
			return in, fault.New(fault.Invalid, `field "author.side" must be customer or brand`)
		}
	case "edit":
		in.Kind = channel.Edit
	case "delete":
		in.Kind = channel.Delete
	case "reaction":
		in.Kind = channel.Reaction
	default:
		in.Kind = channel.Unknown
	}
	return in, nil
}

// outgoing is what the other system is sent.
type outgoing struct {
	Key       string `json:"key"`
	Thread    string `json:"thread_id"`
	InReplyTo string `json:"in_reply_to"`
	Public    bool   `json:"public"`
	Text      string `json:"text"`
	Author    struct {
		Name string `json:"name"`
	} `json:"author"`
}

// answer is what the other system says of a post.
type answer struct {
	ID  ident  `json:"id"`
	URL string `json:"url"`
}

// Send posts to the other system, which knows from webhook-id whether it has the post already.
func (a *Adapter) Send(ctx context.Context, o channel.Outbound) (channel.Receipt, error) {
	if a.cfg.URL == "" {
		return channel.Receipt{}, fault.New(fault.Invalid, "no address for outgoing messages")
	}
	out := outgoing{Key: o.Key, Thread: o.ThreadKey, InReplyTo: o.InReplyTo, Public: o.Public, Text: o.Text}
	out.Author.Name = o.Signer
	body, err := json.Marshal(out)
	if err != nil {
		return channel.Receipt{}, fault.As(fault.Invalid, err, "the post could not be written")
	}
	status, got, err := a.call(ctx, http.MethodPost, a.cfg.URL, o.Key, body)
	if err != nil {
		return channel.Receipt{}, err
	}
	if status == http.StatusConflict || status >= 200 && status < 300 {
		if got.ID == "" {
			return channel.Receipt{}, fmt.Errorf("answered %d without the id of the post", status)
		}
		return receipt(got), nil
	}
	return channel.Receipt{}, fmt.Errorf("answered %d", status)
}

func receipt(got answer) channel.Receipt {
	return channel.Receipt{ExternalID: string(got.ID), URL: channel.CleanURL(got.URL)}
}

// Find asks the other system for the post of a key.
func (a *Adapter) Find(ctx context.Context, o channel.Outbound, _ time.Time) (channel.Receipt, bool, error) {
	if !a.cfg.Find || a.cfg.URL == "" {
		return channel.Receipt{}, false, fault.New(fault.Invalid, "this system cannot be asked what it has")
	}
	u, err := url.Parse(a.cfg.URL)
	if err != nil {
		return channel.Receipt{}, false, fault.As(fault.Invalid, err, "setting %q is not an address", "url")
	}
	q := u.Query()
	q.Set("key", o.Key)
	u.RawQuery = q.Encode()
	status, got, err := a.call(ctx, http.MethodGet, u.String(), o.Key, nil)
	switch {
	case status == http.StatusNotFound:
		return channel.Receipt{}, false, nil
	case fault.Is(err, fault.Internal) && ctx.Err() == nil:
		return channel.Receipt{}, false, fault.As(fault.Temporary, err, "the other system does not answer as it should")
	case err != nil:
		return channel.Receipt{}, false, err
	case got.ID == "":
		return channel.Receipt{}, false, nil
	}
	return receipt(got), true, nil
}

// call makes one signed request. Kinds as channel.Adapter.Send has them; 409 is no error here.
func (a *Adapter) call(ctx context.Context, method, to, key string, body []byte) (int, answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})
	r, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		return 0, answer{}, fault.As(fault.Invalid, err, "setting %q is not an address", "url")
	}
	r.GetBody = nil // net/http must not post a second time by itself
	h, err := Headers(a.cfg.Secret, strings.ReplaceAll(key, ".", "_"), a.deps.Clock(), body)
	if err != nil {
		return 0, answer{}, err
	}
	r.Header = h
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "answerable (customer care)")
	resp, err := a.deps.HTTP.Do(r)
	if err != nil {
		if !wrote.Load() && ctx.Err() == nil && !fault.Is(err, fault.Invalid) {
			return 0, answer{}, fault.As(fault.Temporary, err, "the other system cannot be reached")
		}
		return 0, answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err := a.refusal(resp); err != nil {
		return resp.StatusCode, answer{}, err
	}
	if err != nil {
		return resp.StatusCode, answer{}, err
	}
	var got answer
	if err := json.Unmarshal(b, &got); err != nil {
		return resp.StatusCode, answer{}, fmt.Errorf("answered %d with what is not JSON: %w", resp.StatusCode, err)
	}
	return resp.StatusCode, got, nil
}

func (a *Adapter) refusal(resp *http.Response) error {
	cause := fmt.Errorf("answered %d", resp.StatusCode)
	switch s := resp.StatusCode; {
	case s >= 200 && s < 300, s == http.StatusConflict:
		return nil
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		return fault.As(fault.Forbidden, cause, "the other system does not accept our signature")
	case s == http.StatusTooManyRequests:
		return &fault.Error{Kind: fault.Limited, Safe: "the other system asks us to wait", After: pause(resp.Header, a.deps.Clock()), Cause: cause}
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly:
		return cause
	case s >= 300 && s < 400:
		return fault.As(fault.Invalid, cause, "the other system sends us elsewhere; check its address")
	case s >= 400 && s < 500:
		return fault.As(fault.Invalid, cause, "the other system refused it")
	default:
		return cause
	}
}

// pause reads how long a system wants to be left alone.
func pause(h http.Header, now time.Time) time.Duration {
	const unknown, least, most = 30 * time.Second, time.Second, time.Hour
	d := unknown
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil {
		d = time.Duration(min(s, 1<<20)) * time.Second
	} else if t, err := http.ParseTime(h.Get("Retry-After")); err == nil {
		d = t.Sub(now)
	}
	return min(most, max(least, d))
}

var (
	_ channel.Adapter   = (*Adapter)(nil)
	_ channel.Finder    = (*Adapter)(nil)
	_ channel.Receiver  = (*Adapter)(nil)
	_ channel.Rereader  = (*Adapter)(nil)
	_ channel.Secretive = (*Adapter)(nil)
)
