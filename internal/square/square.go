// Package square is a small public network of one server that speaks the Mastodon client API, well enough for real clients
// (toot, python3-mastodon, go-mastodon) and for the ordinary mastodon adapter. The demo's customers write on it, tests drive it,
// and a newcomer can join it on a plain page with nothing but a name.
//
// All state is in memory behind one lock. With Options.Store every change is also one line of a log, written before it is
// answered and replayed at the next start.
package square

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"html/template"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"answerable/internal/fault"
)

// Options say how a square behaves. The zero value is a square in memory with the real clock.
type Options struct {
	// Clock tells the time of posts; nil means the real one.
	Clock func() time.Time
	// Store is the path of the log; "" keeps everything in memory only.
	Store string
	// Title is the name of the network on its page; default "The square".
	Title string
	// Hosts are allowed in the Host header beside the names of loopback, without a port; "*" allows all.
	Hosts []string
	// Brand is the user name that the page proposes to write to; "" proposes nobody.
	Brand string
	// JoinCode, when set, is needed once to join on the page: /join?code=CODE. Invite makes more.
	JoinCode string
	// NoSignup refuses POST /api/v1/accounts. It is open otherwise, because scripts make their people with it.
	NoSignup bool
	// MaxChars is the longest post; default 500.
	MaxChars int
	// MaxUploadBytes is the largest picture; default 8 MiB.
	MaxUploadBytes int64
	// MaxMedia is how many files are kept, MaxMediaBytes how many bytes of them; default 2,000 and 256 MiB.
	MaxMedia      int
	MaxMediaBytes int64
	// MaxAccounts is how many may join; default 100,000.
	MaxAccounts int
	// MaxStreams is how many streams may be open at once; default 1,000.
	MaxStreams int
	// Heartbeat is how often an open stream says that it lives; default 15 s.
	Heartbeat time.Duration
	// IgnoreIdempotency makes the square one of those servers that post the same Idempotency-Key twice.
	IgnoreIdempotency bool
	// AnyApp accepts OAuth clients that this square never registered. Clients remember theirs for ever, so a square in memory
	// that comes back on the same port would refuse them.
	AnyApp bool
	// Log takes what went wrong inside; nil means nowhere.
	Log *slog.Logger
}

// ID names an account, a post, a notification, anything. It is time-ordered and of constant width, and leaves as a JSON string.
type ID uint64

// String is the decimal form clients know.
func (i ID) String() string { return strconv.FormatUint(uint64(i), 10) }

// MarshalText makes ids JSON strings: JavaScript cannot hold them as numbers.
func (i ID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (i *ID) UnmarshalText(b []byte) error {
	n, err := strconv.ParseUint(string(b), 10, 64)
	*i = ID(n)
	return err
}

// parseID reads an id from a client; what is none becomes 0, which names nothing.
func parseID(s string) ID {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0
	}
	return ID(n)
}

// Account is a person or brand on the square, as Go code sees them.
type Account struct {
	ID      string
	Name    string // what others write after the @
	Display string
	Bot     bool
	Joined  time.Time
}

// Status is a post as Go code sees it: everything, whoever it was meant for.
type Status struct {
	ID         string
	Author     string // user name
	Text       string // as written
	Visibility string // public, unlisted, private, direct
	InReplyTo  string // id; "" when it starts a thread
	Thread     string // id of the first post of the thread
	Reblog     string // id of the post this one boosts
	Mentions   []string
	Media      int
	Key        string // the Idempotency-Key it came with
	Language   string
	CreatedAt  time.Time
	EditedAt   time.Time // zero when never edited
}

// PostInput is a post to be made.
type PostInput struct {
	Text       string
	InReplyTo  string
	Visibility string // default public
	Spoiler    string
	Sensitive  bool
	Language   string
	MediaIDs   []string
	// Key makes repeating harmless: the same key of the same account posts once within an hour.
	Key string
	// CreatedAt overrides the clock, for threads that are replayed. No client can do that over HTTP.
	CreatedAt time.Time
}

// account is all the square knows about somebody. The lower fields are derived from the log.
type account struct {
	ID      ID        `json:"id"`
	Name    string    `json:"name"`
	Display string    `json:"display,omitempty"`
	Note    string    `json:"note,omitempty"`
	Bot     bool      `json:"bot,omitempty"`
	Email   string    `json:"email,omitempty"`
	Pass    string    `json:"pass,omitempty"` // salt and hash; empty: no sign-in by password
	At      time.Time `json:"at"`

	posts     []*status // ascending by id
	directs   []*status // direct posts they may see, ascending by id
	inbox     []*notice // ascending by id
	following map[ID]bool
	followers map[ID]bool
	read      map[ID]ID // conversation to the last post that was read in it
}

// app is a registered OAuth client.
type app struct {
	ID        ID       `json:"id"`
	Client    string   `json:"client"`
	Secret    string   `json:"secret"`
	Name      string   `json:"name"`
	Website   string   `json:"website,omitempty"`
	Redirects []string `json:"redirects"`
	Scopes    string   `json:"scopes,omitempty"`
}

// token is an access token. Only its hash is kept.
type token struct {
	Hash    string    `json:"hash"`
	Account ID        `json:"account,omitempty"` // 0: an app's own token
	Client  string    `json:"client,omitempty"`
	Scope   string    `json:"scope,omitempty"`
	At      time.Time `json:"at"`
}

// file is an uploaded picture or film.
type file struct {
	ID    ID     `json:"id"`
	Owner ID     `json:"owner"`
	Key   string `json:"key"` // makes the address unguessable: pictures of direct posts are served to whoever has it
	Type  string `json:"type"`
	Alt   string `json:"alt,omitempty"`
	Wide  int    `json:"wide,omitempty"`
	High  int    `json:"high,omitempty"`
	Data  []byte `json:"data"`

	status ID // 0 while it hangs on nothing
}

// notice is a notification.
type notice struct {
	ID     ID        `json:"id"`
	To     ID        `json:"to"`
	Type   string    `json:"type"`
	From   ID        `json:"from"`
	Status ID        `json:"status,omitempty"`
	At     time.Time `json:"at"`
}

// Square is the network. Make it with New.
type Square struct {
	opt   Options
	hosts map[string]bool
	log   *store
	pages *template.Template

	mu       sync.RWMutex
	lastID   ID
	accounts map[ID]*account
	names    map[string]*account // by lower-case name
	emails   map[string]*account
	apps     map[string]*app // by client id
	tokens   map[string]*token
	statuses map[ID]*status
	timeline []*status // all of them, ascending by id
	tags     map[string]int
	media    map[ID]*file
	bytes    int64 // of all media
	keys     map[string]keyed
	keyOrder []string
	codes    map[string]code // authorization codes; not worth surviving a restart
	invites  map[string]bool
	subs     map[*subscriber]bool
	closed   bool

	faultMu sync.Mutex
	faults  Faults
}

// keyed remembers which post an idempotency key made.
type keyed struct {
	status ID
	at     time.Time
}

// keyLife is how long a key is remembered, as on Mastodon.
const keyLife = time.Hour

// New makes a square, with all that its log remembers.
func New(o Options) (*Square, error) {
	if o.Clock == nil {
		o.Clock = time.Now //nolint:forbidigo // the one place: a square without a clock takes the real one
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	setDefault(&o.Title, "The square")
	setDefault(&o.MaxChars, 500)
	setDefault(&o.MaxUploadBytes, 8<<20)
	setDefault(&o.MaxMedia, 2000)
	setDefault(&o.MaxMediaBytes, 256<<20)
	setDefault(&o.MaxAccounts, 100_000)
	setDefault(&o.MaxStreams, 1000)
	setDefault(&o.Heartbeat, 15*time.Second)
	s := &Square{
		opt:      o,
		hosts:    map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true},
		accounts: map[ID]*account{}, names: map[string]*account{}, emails: map[string]*account{},
		apps: map[string]*app{}, tokens: map[string]*token{}, statuses: map[ID]*status{}, tags: map[string]int{},
		media: map[ID]*file{}, keys: map[string]keyed{}, codes: map[string]code{}, invites: map[string]bool{},
		subs: map[*subscriber]bool{},
	}
	for _, h := range o.Hosts {
		s.hosts[strings.ToLower(h)] = true
	}
	if o.JoinCode != "" {
		s.invites[o.JoinCode] = true
	}
	var err error
	if s.pages, err = pages(); err != nil {
		return nil, err
	}
	if o.Store != "" {
		l, err := openStore(o.Store, s.apply)
		if err != nil {
			return nil, err
		}
		s.log = l
	}
	return s, nil
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// CloseStreams ends every open stream and refuses new ones, so that http.Server.Shutdown does not wait for ever for them: give
// it to RegisterOnShutdown. Other requests still work.
func (s *Square) CloseStreams() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for sub := range s.subs {
		sub.end()
	}
}

// Close ends the streams and closes the log. Nothing can be changed afterwards when there was one.
func (s *Square) Close() error {
	s.CloseStreams()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.log == nil {
		return nil
	}
	return s.log.close()
}

// now is the square's time in the precision clients see.
func (s *Square) now() time.Time { return s.opt.Clock().UTC().Truncate(time.Millisecond) }

// idFloor keeps ids 18 digits wide even when a test's clock starts in 1970.
const idFloor = 1_600_000_000_000

// nextID makes an id: milliseconds and a counter, never smaller than the one before.
func (s *Square) nextID() ID {
	ms := max(s.now().UnixMilli(), idFloor)
	s.lastID = max(s.lastID+1, ID(ms)<<16)
	return s.lastID
}

// change writes e to the log and then to memory. When it cannot be written nothing has happened.
func (s *Square) change(e entry) error {
	e.At = s.now()
	if s.log != nil {
		if err := s.log.append(e); err != nil {
			s.opt.Log.Error("square: log", "error", err)
			return fault.As(fault.Temporary, err, "The square cannot store anything at the moment")
		}
	}
	return s.apply(e)
}

// Join makes an account with a plain name and gives it a token. It cannot sign in by password, and nobody else can join under
// its name: that is what keeps a brand's account its own.
func (s *Square) Join(name, display string) (Account, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.join(account{Name: name, Display: display})
	if err != nil {
		return Account{}, "", err
	}
	t, err := s.issue(a, "", allScopes)
	return a.public(), t, err
}

// Token gives an account one more token, as a program needs that finds its account after a restart.
func (s *Square) Token(name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.names[strings.ToLower(name)]
	if a == nil {
		return "", fault.New(fault.NotFound, "no account %q", name)
	}
	return s.issue(a, "", allScopes)
}

// Account finds an account by name.
func (s *Square) Account(name string) (Account, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	a := s.names[strings.ToLower(name)]
	if a == nil {
		return Account{}, false
	}
	return a.public(), true
}

// Post posts as the holder of a token, just as a client would over HTTP.
func (s *Square) Post(tok string, in PostInput) (Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.holder(tok)
	if a == nil {
		return Status{}, errToken
	}
	st, err := s.post(a, in, "")
	if err != nil {
		return Status{}, err
	}
	return s.public(st), nil
}

// Statuses are all posts, oldest first, direct ones too.
func (s *Square) Statuses() []Status {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]Status, len(s.timeline))
	for i, st := range s.timeline {
		out[i] = s.public(st)
	}
	return out
}

// Thread is every post of the thread that the post id stands in, oldest first. It is empty when there is no such post.
func (s *Square) Thread(id string) []Status {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at := s.statuses[parseID(id)]
	if at == nil {
		return nil
	}
	var out []Status
	for _, st := range s.timeline {
		if st.Thread == at.Thread && st.Reblog == 0 {
			out = append(out, s.public(st))
		}
	}
	return out
}

// Invite makes a code with which one more person can join on the page; see Options.JoinCode.
func (s *Square) Invite() string {
	c := random()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.invites[c] = true
	return c
}

// join checks a new account and makes it. The caller holds the lock.
func (s *Square) join(a account) (*account, error) {
	switch {
	case !validName(a.Name):
		return nil, fault.New(fault.Invalid, "Validation failed: Username must contain only letters, numbers and underscores (at most %d)", maxName)
	case s.names[strings.ToLower(a.Name)] != nil:
		return nil, fault.New(fault.Conflict, "Validation failed: Username has already been taken")
	case a.Email != "" && s.emails[strings.ToLower(a.Email)] != nil:
		return nil, fault.New(fault.Conflict, "Validation failed: Email has already been taken")
	case len(s.accounts) >= s.opt.MaxAccounts:
		return nil, fault.New(fault.Limited, "The square is full")
	}
	a.ID, a.At = s.nextID(), s.now()
	a.Display = clip(clean(a.Display), maxDisplay)
	a.Note = clip(clean(a.Note), maxNote)
	if err := s.change(entry{Kind: kindAccount, Account: &a}); err != nil {
		return nil, err
	}
	return s.accounts[a.ID], nil
}

// The longest names and notes, in runes.
const (
	maxName    = 30
	maxDisplay = 60
	maxNote    = 500
)

func validName(n string) bool {
	if n == "" || len(n) > maxName {
		return false
	}
	for i := range len(n) {
		if !isWord(n[i]) {
			return false
		}
	}
	return true
}

// issue makes a token and returns it in clear; it is never seen again.
func (s *Square) issue(a *account, client, scope string) (string, error) {
	clear := random()
	t := token{Hash: hash(clear), Client: client, Scope: scope, At: s.now()}
	if a != nil {
		t.Account = a.ID
	}
	return clear, s.change(entry{Kind: kindToken, Token: &t})
}

// holder is the account whose token tok is; nil when there is none.
func (s *Square) holder(tok string) *account {
	t := s.tokens[hash(tok)]
	if t == nil {
		return nil
	}
	return s.accounts[t.Account]
}

func (a *account) public() Account {
	return Account{ID: a.ID.String(), Name: a.Name, Display: a.display(), Bot: a.Bot, Joined: a.At}
}

// display is what people see: the display name, else the user name.
func (a *account) display() string {
	if a.Display == "" {
		return a.Name
	}
	return a.Display
}

func (s *Square) public(st *status) Status {
	out := Status{
		ID: st.ID.String(), Author: s.accounts[st.Author].Name, Text: st.Text, Visibility: st.Visibility,
		Thread: st.Thread.String(), Media: len(st.Media), Key: st.Key, Language: st.Lang, CreatedAt: st.At, EditedAt: st.Edited,
	}
	if st.ReplyTo != 0 {
		out.InReplyTo = st.ReplyTo.String()
	}
	if st.Reblog != 0 {
		out.Reblog = st.Reblog.String()
	}
	for _, id := range st.Mentions {
		out.Mentions = append(out.Mentions, s.accounts[id].Name)
	}
	return out
}

// random is a secret of 32 bytes.
func random() string {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // crypto/rand never fails on the systems Go supports
	}
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// clip cuts a text to n runes.
func clip(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

// clean makes text valid UTF-8 without NUL and with plain line ends; nothing else about it is our business.
func clean(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	return strings.NewReplacer("\x00", "", "\r\n", "\n").Replace(text)
}

// at finds where id is, or would be, in a list ascending by id.
func at[T any](list []T, id ID, of func(T) ID) (int, bool) {
	return slices.BinarySearchFunc(list, id, func(v T, id ID) int {
		switch got := of(v); {
		case got < id:
			return -1
		case got > id:
			return 1
		}
		return 0
	})
}

// without removes id from a list ascending by id.
func without[T any](list []T, id ID, of func(T) ID) []T {
	i, ok := at(list, id, of)
	if !ok {
		return list
	}
	return slices.Delete(list, i, i+1)
}

// Faults are the ways a real network misbehaves, for tests of whatever talks to it. Numbers count down as they are used.
type Faults struct {
	FailPosts   int           // the next posts are answered 503 and not stored
	CutBefore   int           // the next posts: the connection is cut and nothing is stored
	CutAfter    int           // the next posts are stored and the connection is cut instead of an answer
	LimitCalls  int           // the next calls are answered 429
	LimitPosts  int           // the next posts are answered 429
	LimitFor    time.Duration // what a 429 says of when to come back; default one minute
	BareLimit   bool          // a 429 says nothing of it
	RefuseToken string        // this token is answered 401, in streams too
	NoStreams   bool          // streams are answered 503
	Silent      bool          // streams stay open and say nothing: what happens is lost to them
	// Hold, when set, lets posts be stored and answered only after it was closed.
	Hold <-chan struct{}
}

// SetFaults puts faults in; the zero value takes them all out.
func (s *Square) SetFaults(f Faults) {
	s.faultMu.Lock()
	defer s.faultMu.Unlock()
	s.faults = f
}

// DropStreams cuts every open stream and says how many there were. New ones are welcome.
func (s *Square) DropStreams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sub := range s.subs {
		sub.end()
	}
	return len(s.subs)
}

// fate is what the faults have in store for one call.
type fate struct {
	err       error
	bare      bool
	cutBefore bool
	cutAfter  bool
	hold      <-chan struct{}
}

// draw uses up what the faults hold for a call.
func (s *Square) draw(tok string, post bool) fate {
	s.faultMu.Lock()
	defer s.faultMu.Unlock()
	f := &s.faults
	use := func(n *int) bool {
		if *n <= 0 {
			return false
		}
		*n--
		return true
	}
	after := f.LimitFor
	if after == 0 {
		after = time.Minute
	}
	limited := fate{bare: f.BareLimit, err: &fault.Error{Kind: fault.Limited, Safe: "Too many requests", After: after}}
	switch {
	case f.RefuseToken != "" && f.RefuseToken == tok:
		return fate{err: errToken}
	case use(&f.LimitCalls):
		return limited
	case !post:
		return fate{}
	case use(&f.LimitPosts):
		return limited
	case use(&f.FailPosts):
		return fate{err: fault.New(fault.Temporary, "Service unavailable")}
	case use(&f.CutBefore):
		return fate{cutBefore: true}
	case use(&f.CutAfter):
		return fate{cutAfter: true}
	}
	return fate{hold: f.Hold}
}

// wait holds an answer back until the channel is closed or the client has gone.
func wait(ctx context.Context, hold <-chan struct{}) {
	if hold == nil {
		return
	}
	select {
	case <-hold:
	case <-ctx.Done():
	}
}
