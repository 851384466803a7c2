// Package channel is the port every channel implements: what happens out there in our words, and what we want said.
// An adapter is small and knows one network; what is common to all (limits, retries, splitting, redaction, health) lives once in
// Account. Optional abilities are separate interfaces, found once when an Account is made.
package channel

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// Kind is what happened on a channel.
type Kind string

// The kinds of inbound. Only a Message by somebody else can make work; the others are filed on what they are about.
const (
	Message  Kind = "message"
	Edit     Kind = "edit"     // ExternalID names the message, Text and At are the new ones
	Delete   Kind = "delete"   // ExternalID names the message
	Reaction Kind = "reaction" // InReplyTo names the message it is about
	Repost   Kind = "repost"   // InReplyTo names the message that was boosted
	Own      Kind = "own"      // a post of our own account: the echo of a delivery, or an answer given in the network's own app
	Unknown  Kind = "unknown"  // an event nobody taught us; kept raw and shown
)

// Author is who wrote, as the channel knows them.
type Author struct {
	// Realm is the network where ids are global ("email", "at"), the instance or the account where they are not.
	Realm string
	// ID is stable for a person in the realm, also when they rename themselves.
	ID string
	// Handle is what people see and type, without a leading @.
	Handle string
	// Name is the display name; may be empty.
	Name string
	// Reach is how many follow them; 0 when unknown. It is recorded and never used to order or route.
	Reach int64
}

// Attachment is a file that came with a message. It is fetched by an errand after the message was stored.
type Attachment struct {
	Name, Type, URL, Alt string
}

// Inbound is one thing that happened on a channel.
type Inbound struct {
	Kind       Kind
	ExternalID string // of the message on its network; unique in the account
	ThreadKey  string // names the surface: the root post of a public thread, or the person of a private one
	InReplyTo  string // ExternalID of the message this one answers; empty for a first one
	Author     Author
	Agent      string // who of the brand wrote (Own only), when the network or an export says so
	Public     bool
	Automatic  bool // written by a machine
	At         time.Time
	Lang       string // BCP 47, empty when unknown
	Text       string // plain text, NFC, without NUL; see Clean
	URL        string // where a person can look at it
	// Context: read only because a message needed it (an ancestor): stored, never owed an answer of its own. The same message
	// may come again without Context when its own notification arrives; from then on it is an ordinary one.
	Context     bool
	Cut         bool // Text was longer than MaxText; the raw bytes have the rest
	Attachments []Attachment
}

// Raw is one delivery as it reached the door, kept beside what was read out of it.
type Raw struct {
	// Key is the sender's own id of this delivery, else empty (then the SHA-256 of Body stands in).
	Key  string
	Head string // what else is needed to read it again (event name, content type), never a secret
	Body []byte
}

// Arrival is one raw delivery with its meaning. Read outside any transaction; raw and meaning are stored together.
type Arrival struct {
	Raw   Raw
	In    []Inbound
	Cause error // why it could not be read; it is then stored raw, shown, and can be run again
}

// Outbound is what we want said. Key is ours, chosen and stored before the first attempt.
type Outbound struct {
	Key       string
	ThreadKey string
	InReplyTo string // ExternalID to hang it under; empty starts a thread
	Public    bool
	To        Author // whom it answers; adapters that must address somebody (a mention) use it
	Text      string
	Lang      string
	Signer    string // public name of who signs, for channels that carry it apart from the text
}

// Receipt is what the channel answered.
type Receipt struct {
	ExternalID string
	URL        string
}

// Limits say how long one part may be and how it is counted.
type Limits struct {
	// MaxChars is the longest one part may be, as Len counts; 0 means no limit.
	MaxChars int `json:"max_chars,omitempty"`
	// Graphemes: what a reader sees as one character is one. Else each code point is.
	Graphemes bool `json:"graphemes,omitempty"`
	// PerURL is what every address counts as, however long it is; 0 means as it stands.
	PerURL int `json:"per_url,omitempty"`
	// ShortMentions: of @ana@far.example only @ana counts.
	ShortMentions bool `json:"short_mentions,omitempty"`
	// Count is for channels that count in yet another way. It is lost where limits are stored, so the fields above must then err
	// on the long side.
	Count func(text string) int `json:"-"`
	// Addressed: a reply names whom it answers by a mention, which takes room.
	Addressed bool `json:"addressed,omitempty"`
	// Window is how long after the person's last private message we may still write; 0 means always.
	Window time.Duration
	// Every is the mean time between two posts that the network allows, and Burst how many may go at once; 0 means no limit.
	Every time.Duration
	Burst int
}

// Info is what an account says of itself after Connect.
type Info struct {
	Channel    string // "mastodon"
	ExternalID string // who we are there
	Handle     string // how people address us, without @
	Name       string
	Realm      string // of our own identities
	Limits     Limits
	// CanFind: an attempt whose fate is unknown can be looked up (Finder).
	CanFind bool
}

// Adapter is one channel's code for one account.
type Adapter interface {
	// Connect checks keys and reads who we are and what limits hold. It is called again when an account was in trouble.
	Connect(ctx context.Context) (Info, error)
	// Send posts one part. The same Key sent twice must post once where the network allows. Errors carry a fault kind:
	// Invalid or Forbidden (will never work), Limited or Temporary (will), anything else means: not known whether it arrived.
	Send(ctx context.Context, o Outbound) (Receipt, error)
}

// Finder looks whether an earlier attempt arrived.
type Finder interface {
	Find(ctx context.Context, o Outbound, since time.Time) (Receipt, bool, error)
}

// Sink takes what an adapter read, in order, and returns after it was committed together with the new cursor.
// cursor is opaque to all but the adapter; empty keeps the last one.
type Sink func(ctx context.Context, cursor string, a ...Arrival) error

// Streamer reads by itself until ctx ends: it catches up from cursor, then follows live, and catches up again after every
// reconnect. It returns only with ctx's error, with the sink's, or with one that needs a person (fault.Forbidden: the token no
// longer works). After a restart from a cursor a message may come again; it then has the same Raw.Key.
type Streamer interface {
	Stream(ctx context.Context, cursor string, sink Sink) error
}

// Poller reads what is new since cursor, oldest first, and returns the next cursor. Called every Interval.
type Poller interface {
	Poll(ctx context.Context, cursor string) (a []Arrival, next string, err error)
	Interval() time.Duration
}

// Receiver reads what the network pushes over HTTP. It is pure: no network, no clock but now.
// A wrong signature is fault.Unauthorized; a body that cannot be read is an Arrival with a Cause, not an error.
type Receiver interface {
	Receive(h http.Header, body []byte, now time.Time) (Arrival, error)
}

// Rereader reads a raw delivery again, as it was stored: after a new version learned to read what it could not.
type Rereader interface {
	Reread(ctx context.Context, raw Raw) Arrival
}

// Addresser is for networks that reach a person by a mention in the text: it returns what is really posted. Its Limits say Addressed,
// so that splitting leaves room for it.
type Addresser interface {
	Addressed(o Outbound) string
}

// Secretive adapters hold secrets; Account takes them out of every error.
type Secretive interface {
	Secrets() []string
}

// Reporter adapters reconnect by themselves; they tell what troubles them, and nil when all is well again.
type Reporter interface {
	Report(to func(err error))
}

// Deps is what an adapter is given. The zero value works, without guard: use Guard.Client for addresses somebody typed.
type Deps struct {
	HTTP  *http.Client                                     // nil: http.DefaultClient
	Clock func() time.Time                                 // nil: the system's
	Sleep func(ctx context.Context, d time.Duration) error // waits, or returns ctx's error; nil: a timer
	Log   *slog.Logger                                     // nil: nothing is logged
}

// WithDefaults fills what is nil.
func (d Deps) WithDefaults() Deps {
	if d.HTTP == nil {
		d.HTTP = http.DefaultClient
	}
	if d.Clock == nil {
		d.Clock = time.Now //nolint:forbidigo // the default of an injected clock
	}
	if d.Sleep == nil {
		d.Sleep = sleep
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return d
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
