// Package channeltest holds every adapter to the same promises, by name. An adapter that cannot keep one says so, with its reason,
// in Harness.Lacks; nothing is left out in silence.
package channeltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"answerable/internal/channel"
	"answerable/internal/fault"
)

// Said is something a person, or our account in the network's own app, writes. It always reaches our account: the world adds the
// mention that its network needs.
type Said struct {
	Who       string // "ana" or "ben"; empty for our account
	Text      string
	InReplyTo string // ExternalID
	Private   bool
	File      *File
}

// File is a picture that is sent along.
type File struct{ Name, Alt string }

// Post is what stands on the network in the name of our account.
type Post struct {
	ID, InReplyTo, Text string
	Private             bool
}

// World is a network with our account on it and two people, ana and ben. What an adapter's network cannot do stays nil; the promise
// that needs it must then be declared in Harness.Lacks.
type World struct {
	// New makes the adapter of our account as a fresh process would.
	New func() channel.Adapter
	// Now is the time on the network.
	Now func() time.Time
	// Secrets must never be seen in an error.
	Secrets []string
	// Options are for the account that the suite opens over the adapter.
	Options channel.Options

	Say     func(s Said) (id string)
	Outside func(s Said) (id string) // our account writes, without us
	Edit    func(id, text string)
	Delete  func(id string)
	Rename  func(who, name string)
	Posts   func() []Post // of our account, oldest first
	Strange func()        // makes something arrive that no adapter was taught

	LoseAnswer func()                // the next post arrives, its answer does not
	Expire     func()                // our token is refused from now on
	Limit      func(d time.Duration) // the next post is refused for d

	// Deliver is for networks that push: it takes who is to be called, nil for nobody. What happens meanwhile waits.
	Deliver func(to func(h http.Header, body []byte))
}

// Harness describes one adapter to the suite.
type Harness struct {
	// Open makes a fresh world.
	Open func(t *testing.T) World
	// Lacks names the promises that this adapter cannot make, with the reason.
	Lacks map[string]string
}

type promise struct {
	name string
	hold func(t *testing.T, w World)
}

func promises() []promise {
	return []promise{
		{"SendReturnsReceipt", sendReturnsReceipt},
		{"SameKeySentTwicePostsOnce", sameKeySentTwicePostsOnce},
		{"CrashBetweenSendAndCommitPostsOnce", crashBetweenSendAndCommitPostsOnce},
		{"TooLongIsSplitOrRefused", tooLongIsSplitOrRefused},
		{"ReplyLandsInItsThread", replyLandsInItsThread},
		{"PollResumesAtCursor", pollResumesAtCursor},
		{"PollNeverRepeats", pollNeverRepeats},
		{"WebhookWithBadSignatureIsUnauthorized", webhookWithBadSignatureIsUnauthorized},
		{"WebhookDeliveredTwiceIsOneMessage", webhookDeliveredTwiceIsOneMessage},
		{"OwnPostsAreOwn", ownPostsAreOwn},
		{"AnsweredOutsideIsSeen", answeredOutsideIsSeen},
		{"RenamedAuthorKeepsIdentity", renamedAuthorKeepsIdentity},
		{"EditedAndDeletedAreReported", editedAndDeletedAreReported},
		{"MentionAndPrivateAreToldApart", mentionAndPrivateAreToldApart},
		{"AttachmentsSurvive", attachmentsSurvive},
		{"TimesAreUTC", timesAreUTC},
		{"ExpiredTokenIsForbidden", expiredTokenIsForbidden},
		{"RateLimitIsTemporaryWithDelay", rateLimitIsTemporaryWithDelay},
		{"CancelStopsPromptly", cancelStopsPromptly},
		{"SecretsNeverInErrors", secretsNeverInErrors},
		{"UnknownEventIsKept", unknownEventIsKept},
		{"GarbageNeverPanics", garbageNeverPanics},
	}
}

// Run holds an adapter to every promise.
func Run(t *testing.T, h Harness) {
	t.Helper()
	all := promises()
	for name, why := range h.Lacks {
		if !slices.ContainsFunc(all, func(p promise) bool { return p.name == name }) || why == "" {
			t.Errorf("Lacks[%q]: no such promise, or no reason", name)
		}
	}
	for _, p := range all {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			if why := h.Lacks[p.name]; why != "" {
				t.Skipf("not promised: %s", why)
			}
			p.hold(t, h.Open(t))
		})
	}
}

// needs fails when a world has not what a promise needs, and its harness does not say so.
func needs(t *testing.T, what string, there bool) {
	t.Helper()
	if !there {
		t.Fatalf("this world cannot %s: declare the promise in Harness.Lacks, with the reason", what)
	}
}

// patience is how long something may take that happens at once. It is long because it is only ever waited out by a failure.
const patience = 20 * time.Second

func open(t *testing.T, w World) *channel.Account {
	t.Helper()
	a, err := channel.Open(t.Context(), w.New(), w.Options)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	return a
}

// inbox collects what is read, and checks of everything what is true of everything.
type inbox struct {
	t       *testing.T
	account *channel.Account
	stop    func() error

	mu      sync.Mutex
	got     []channel.Arrival
	cursor  string
	changed chan struct{}
}

// read begins to read as a fresh process would, from cursor on.
func read(t *testing.T, w World, cursor string) *inbox {
	t.Helper()
	in := &inbox{t: t, account: open(t, w), cursor: cursor, changed: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	if in.account.Pushes() {
		needs(t, "push", w.Deliver != nil)
		w.Deliver(func(h http.Header, body []byte) {
			arr, err := in.account.Receive(h, body, w.Now())
			if err != nil {
				t.Errorf("a good delivery was refused: %v", err)
				return
			}
			_ = in.take(ctx, "", arr)
		})
		in.stop = func() error { w.Deliver(nil); cancel(); return ctx.Err() }
		t.Cleanup(func() { _ = in.stop() })
		return in
	}
	needs(t, "be read", in.account.Reads())
	done := make(chan error, 1)
	go func() { done <- in.account.Run(ctx, cursor, in.take) }()
	in.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(patience):
			t.Error("reading did not stop when it was told to")
			return nil
		}
	})
	t.Cleanup(func() { _ = in.stop() })
	return in
}

func (in *inbox) take(_ context.Context, cursor string, arr ...channel.Arrival) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, a := range arr {
		in.check(a)
	}
	in.got = append(in.got, arr...)
	if cursor != "" {
		in.cursor = cursor
	}
	select {
	case in.changed <- struct{}{}:
	default:
	}
	return nil
}

func (in *inbox) check(a channel.Arrival) {
	if len(a.Raw.Body) == 0 {
		in.t.Errorf("an arrival without its raw bytes: %+v", a)
	}
	if len(a.In) == 0 && a.Cause == nil {
		in.t.Errorf("an arrival without meaning and without a cause: %s", a.Raw.Body)
	}
	for _, m := range a.In {
		if m.At.Location() != time.UTC {
			in.t.Errorf("a time that is not UTC: %v", m.At)
		}
		if channel.Clean(m.Text) != m.Text {
			in.t.Errorf("a text that is not clean: %q", m.Text)
		}
		if m.Kind == channel.Message && (m.ExternalID == "" || m.ThreadKey == "" || m.Author.ID == "" || m.Author.Realm == "") {
			in.t.Errorf("a message that lacks something: %+v", m)
		}
	}
}

// String lists what was read, for a failure.
func (in *inbox) String() string {
	var b strings.Builder
	for _, a := range in.all() {
		fmt.Fprintf(&b, "\n%s %s: cause %v, %+v", a.Raw.Head, a.Raw.Key, a.Cause, a.In)
	}
	return b.String()
}

func (in *inbox) all() []channel.Arrival {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.got)
}

// until waits for something to be read.
func (in *inbox) until(what string, is func(m channel.Inbound) bool) channel.Inbound {
	in.t.Helper()
	late := time.After(patience)
	for {
		for _, a := range in.all() {
			for _, m := range a.In {
				if is(m) {
					return m
				}
			}
		}
		select {
		case <-in.changed:
		case <-late:
			in.t.Fatalf("%s did not arrive; this did:%s", what, in)
		}
	}
}

// message waits for a message by its id, in whatever kind.
func (in *inbox) message(kind channel.Kind, id string) channel.Inbound {
	in.t.Helper()
	return in.until(fmt.Sprintf("%s %s", kind, id), func(m channel.Inbound) bool {
		return m.Kind == kind && m.ExternalID == id && !m.Context
	})
}

// saved waits until a cursor was given, and returns it.
func (in *inbox) saved() string {
	in.t.Helper()
	late := time.After(patience)
	for {
		in.mu.Lock()
		c := in.cursor
		in.mu.Unlock()
		if c != "" || in.account.Pushes() {
			return c
		}
		select {
		case <-in.changed:
		case <-late:
			in.t.Fatal("no cursor was given")
		}
	}
}

// answer is a reply to a message that was read.
func answer(key string, m channel.Inbound, text string) channel.Outbound {
	return channel.Outbound{
		Key: key, ThreadKey: m.ThreadKey, InReplyTo: m.ExternalID, Public: m.Public, To: m.Author, Text: text, Lang: "en", Signer: "Mia",
	}
}

// asked lets ana ask something and reads it.
func asked(t *testing.T, w World) (*inbox, channel.Inbound) {
	t.Helper()
	needs(t, "let a person write", w.Say != nil)
	id := w.Say(Said{Who: "ana", Text: "Where is my order?"})
	in := read(t, w, "")
	return in, in.message(channel.Message, id)
}

func sent(t *testing.T, a *channel.Account, o channel.Outbound) channel.Receipt {
	t.Helper()
	r, err := a.Send(t.Context(), o)
	if err != nil {
		t.Fatalf("send: %v", err)
	}
	if r.ExternalID == "" {
		t.Fatal("a receipt without an id")
	}
	return r
}

func sendReturnsReceipt(t *testing.T, w World) {
	needs(t, "show our posts", w.Posts != nil)
	in, m := asked(t, w)
	r := sent(t, in.account, answer("k1", m, "It left us today."))
	posts := w.Posts()
	if len(posts) != 1 || posts[0].ID != r.ExternalID || !strings.Contains(posts[0].Text, "It left us today.") {
		t.Errorf("receipt %+v, on the network %+v", r, posts)
	}
}

func sameKeySentTwicePostsOnce(t *testing.T, w World) {
	needs(t, "show our posts", w.Posts != nil)
	in, m := asked(t, w)
	first := sent(t, in.account, answer("k1", m, "Once."))
	again := sent(t, open(t, w), answer("k1", m, "Once."))
	if first.ExternalID != again.ExternalID || len(w.Posts()) != 1 {
		t.Errorf("got %s, then %s; %d posts", first.ExternalID, again.ExternalID, len(w.Posts()))
	}
	sent(t, in.account, answer("k2", m, "Another."))
	if len(w.Posts()) != 2 {
		t.Errorf("another key must post again: %d posts", len(w.Posts()))
	}
}

func crashBetweenSendAndCommitPostsOnce(t *testing.T, w World) {
	needs(t, "lose an answer", w.LoseAnswer != nil && w.Posts != nil)
	in, m := asked(t, w)
	if !in.account.CanFind() {
		t.Fatal("cannot look for a lost post: declare this promise in Harness.Lacks")
	}
	began := w.Now()
	o := answer("k1", m, "Fish & chips at https://shop.example/a?b=1&c=2\n\nfor "+strings.Repeat("really ", 10)+"everybody.")
	if r, found, err := in.account.Find(t.Context(), o, began); err != nil || found {
		t.Fatalf("found %+v before it was sent, error %v", r, err)
	}
	w.LoseAnswer()
	_, err := in.account.Send(t.Context(), o)
	switch {
	case err == nil:
		t.Fatal("the answer was lost, and Send says it has it")
	case fault.KindOf(err) != fault.Internal:
		t.Fatalf("the fate of a post whose answer was lost is not known; got %s: %v", fault.KindOf(err), err)
	}
	if n := len(w.Posts()); n != 1 {
		t.Fatalf("%d posts after one try", n)
	}
	fresh := open(t, w)
	r, found, err := fresh.Find(t.Context(), o, began)
	if err != nil || !found || r.ExternalID != w.Posts()[0].ID {
		t.Fatalf("found %v %+v, error %v; on the network %+v", found, r, err, w.Posts())
	}
	other := o
	other.Key, other.Text = "k2", "Something else."
	if r, found, err := fresh.Find(t.Context(), other, began); err != nil || found {
		t.Errorf("found %+v that was never sent, error %v", r, err)
	}
}

func tooLongIsSplitOrRefused(t *testing.T, w World) {
	needs(t, "show our posts", w.Posts != nil)
	in, m := asked(t, w)
	text := strings.TrimSpace(strings.Repeat("This is one sentence of a long answer with ünïcödé. ", 40))
	o := answer("k1", m, text)
	parts, err := in.account.Parts(o)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) == 1 {
		sent(t, in.account, o)
		if got := w.Posts(); len(got) != 1 || !strings.Contains(got[0].Text, text) {
			t.Errorf("the network has %+v", got)
		}
		return
	}
	if _, err := in.account.Send(t.Context(), o); !fault.Is(err, fault.Invalid) {
		t.Errorf("what is too long must be refused as invalid; got %v", err)
	}
	for i, p := range parts {
		o.Key, o.Text = fmt.Sprint("k1.", i), p
		o.InReplyTo = sent(t, in.account, o).ExternalID
	}
	posts := w.Posts()
	if len(posts) != len(parts) {
		t.Fatalf("%d parts, %d posts", len(parts), len(posts))
	}
	for i, p := range posts {
		if !strings.Contains(p.Text, fmt.Sprintf("(%d/%d)", i+1, len(parts))) {
			t.Errorf("post %d is not numbered: %q", i, p.Text)
		}
	}
}

func replyLandsInItsThread(t *testing.T, w World) {
	needs(t, "show our posts", w.Posts != nil)
	in, m := asked(t, w)
	r := sent(t, in.account, answer("k1", m, "Which one?"))
	if p := w.Posts()[0]; p.InReplyTo != m.ExternalID || p.Private {
		t.Errorf("the reply stands at %+v", p)
	}
	id := w.Say(Said{Who: "ana", Text: "The blue one.", InReplyTo: r.ExternalID})
	next := in.message(channel.Message, id)
	if next.ThreadKey != m.ThreadKey || next.InReplyTo != r.ExternalID {
		t.Errorf("the next message is in thread %q under %q; want %q under %q", next.ThreadKey, next.InReplyTo, m.ThreadKey, r.ExternalID)
	}
}

// away lets something happen while nobody reads, and reads again from the cursor.
func away(t *testing.T, w World, meanwhile func()) (before, after *inbox, first channel.Inbound) {
	t.Helper()
	before, first = asked(t, w)
	cursor := before.saved()
	_ = before.stop()
	meanwhile()
	return before, read(t, w, cursor), first
}

func pollResumesAtCursor(t *testing.T, w World) {
	var ids []string
	_, after, _ := away(t, w, func() {
		for i := range 5 {
			ids = append(ids, w.Say(Said{Who: "ben", Text: fmt.Sprint("question ", i)}))
		}
	})
	for _, id := range ids {
		after.message(channel.Message, id)
	}
	var order []string
	for _, a := range after.all() {
		for _, m := range a.In {
			if slices.Contains(ids, m.ExternalID) {
				order = append(order, m.ExternalID)
			}
		}
	}
	if !slices.Equal(order, ids) {
		t.Errorf("read in the order %v, written %v", order, ids)
	}
}

func pollNeverRepeats(t *testing.T, w World) {
	var id string
	_, after, first := away(t, w, func() { id = w.Say(Said{Who: "ben", Text: "Me too"}) })
	after.message(channel.Message, id)
	last := w.Say(Said{Who: "ben", Text: "And this"})
	after.message(channel.Message, last)
	seen := map[string]int{}
	for _, a := range after.all() {
		for _, m := range a.In {
			seen[m.ExternalID]++
		}
	}
	if seen[first.ExternalID] != 0 || seen[id] != 1 || seen[last] != 1 {
		t.Errorf("read again: %v", seen)
	}
}

// pushed is one delivery as the network makes it.
func pushed(t *testing.T, w World) (*channel.Account, http.Header, []byte) {
	t.Helper()
	needs(t, "push", w.Deliver != nil && w.Say != nil)
	var head http.Header
	var body []byte
	w.Deliver(func(h http.Header, b []byte) { head, body = h.Clone(), bytes.Clone(b) })
	w.Say(Said{Who: "ana", Text: "Where is my order?"})
	w.Deliver(nil)
	return open(t, w), head, body
}

func webhookWithBadSignatureIsUnauthorized(t *testing.T, w World) {
	a, head, body := pushed(t, w)
	if _, err := a.Receive(head, body, w.Now()); err != nil {
		t.Fatalf("the right one was refused: %v", err)
	}
	for i := range body {
		bad := bytes.Clone(body)
		bad[i] ^= 1
		if _, err := a.Receive(head, bad, w.Now()); !fault.Is(err, fault.Unauthorized) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for name := range head {
		if strings.HasPrefix(name, "Content-") {
			continue
		}
		for _, v := range []string{"", "x", head.Get(name) + "x", head.Get(name)[1:]} {
			bad := head.Clone()
			bad.Set(name, v)
			if _, err := a.Receive(bad, body, w.Now()); !fault.Is(err, fault.Unauthorized) {
				t.Errorf("%s: %q: %v", name, v, err)
			}
		}
	}
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		if _, err := a.Receive(head, body, w.Now().Add(off)); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("replayed %s later: %v", off, err)
		}
	}
}

func webhookDeliveredTwiceIsOneMessage(t *testing.T, w World) {
	a, head, body := pushed(t, w)
	one, err1 := a.Receive(head, body, w.Now())
	two, err2 := a.Receive(head, body, w.Now().Add(time.Second))
	if err1 != nil || err2 != nil || one.Raw.Key == "" || one.Raw.Key != two.Raw.Key {
		t.Fatalf("keys %q and %q, errors %v, %v", one.Raw.Key, two.Raw.Key, err1, err2)
	}
	if len(one.In) != 1 || len(two.In) != 1 || one.In[0].ExternalID != two.In[0].ExternalID {
		t.Errorf("got %+v and %+v", one.In, two.In)
	}
}

func ownPostsAreOwn(t *testing.T, w World) {
	in, m := asked(t, w)
	r := sent(t, in.account, answer("k1", m, "Sent today."))
	own := in.message(channel.Own, r.ExternalID)
	if own.ThreadKey != m.ThreadKey || own.InReplyTo != m.ExternalID || !strings.Contains(own.Text, "Sent today.") {
		t.Errorf("got %+v", own)
	}
	for _, a := range in.all() {
		for _, x := range a.In {
			if x.Kind == channel.Message && x.ExternalID == r.ExternalID {
				t.Errorf("our own post came as somebody's message: %+v", x)
			}
		}
	}
}

func answeredOutsideIsSeen(t *testing.T, w World) {
	needs(t, "let us write outside", w.Outside != nil)
	in, m := asked(t, w)
	id := w.Outside(Said{Text: "From the phone.", InReplyTo: m.ExternalID})
	if own := in.message(channel.Own, id); own.ThreadKey != m.ThreadKey || own.InReplyTo != m.ExternalID {
		t.Errorf("live: %+v", own)
	}
	cursor := in.saved()
	_ = in.stop()
	id = w.Outside(Said{Text: "From the phone, while the desk was down.", InReplyTo: m.ExternalID})
	if own := read(t, w, cursor).message(channel.Own, id); own.InReplyTo != m.ExternalID {
		t.Errorf("after being away: %+v", own)
	}
}

func renamedAuthorKeepsIdentity(t *testing.T, w World) {
	needs(t, "rename a person", w.Rename != nil)
	in, m := asked(t, w)
	w.Rename("ana", "Ana Married")
	next := in.message(channel.Message, w.Say(Said{Who: "ana", Text: "It is still me."}))
	if next.Author.ID != m.Author.ID || next.Author.Realm != m.Author.Realm || next.Author.Name != "Ana Married" {
		t.Errorf("before %+v, after %+v", m.Author, next.Author)
	}
	other := in.message(channel.Message, w.Say(Said{Who: "ben", Text: "And me."}))
	if other.Author.ID == m.Author.ID {
		t.Errorf("two people, one id: %+v", other.Author)
	}
}

func editedAndDeletedAreReported(t *testing.T, w World) {
	needs(t, "edit and delete", w.Edit != nil && w.Delete != nil)
	in, m := asked(t, w)
	second := in.message(channel.Message, w.Say(Said{Who: "ben", Text: "Second question?"}))
	third := in.message(channel.Message, w.Say(Said{Who: "ben", Text: "Third question?"}))
	w.Edit(m.ExternalID, "Where is my second order?")
	edited := func(id, text string) func(channel.Inbound) bool {
		return func(x channel.Inbound) bool {
			return x.Kind == channel.Edit && x.ExternalID == id && strings.Contains(x.Text, text)
		}
	}
	in.until("the edit", edited(m.ExternalID, "my second order"))
	w.Delete(third.ExternalID)
	in.message(channel.Delete, third.ExternalID)
	_ = in.stop()

	// And while nobody looked. Reading on from here first, so that the cursor knows all of them.
	in = read(t, w, in.saved())
	cursor := in.saved()
	in.message(channel.Message, w.Say(Said{Who: "ana", Text: "a mark"}))
	_ = in.stop()
	w.Edit(second.ExternalID, "Second question, said better?")
	w.Delete(m.ExternalID)
	in = read(t, w, cursor)
	in.until("the edit made meanwhile", edited(second.ExternalID, "said better"))
	in.message(channel.Delete, m.ExternalID)
}

func mentionAndPrivateAreToldApart(t *testing.T, w World) {
	needs(t, "show our posts", w.Posts != nil)
	in, m := asked(t, w)
	p := in.message(channel.Message, w.Say(Said{Who: "ana", Text: "My number is 4711", Private: true}))
	if !m.Public || p.Public || p.ThreadKey == m.ThreadKey {
		t.Errorf("public %v in %q, private %v in %q", m.Public, m.ThreadKey, !p.Public, p.ThreadKey)
	}
	sent(t, in.account, answer("k1", p, "Thank you."))
	sent(t, in.account, answer("k2", m, "We wrote to you."))
	if posts := w.Posts(); len(posts) != 2 || !posts[0].Private || posts[1].Private {
		t.Errorf("a private question was answered so: %+v", posts)
	}
	next := in.message(channel.Message, w.Say(Said{Who: "ana", Text: "Anything else?", Private: true}))
	if next.ThreadKey != p.ThreadKey {
		t.Errorf("one person, two private threads: %q and %q", p.ThreadKey, next.ThreadKey)
	}
}

func attachmentsSurvive(t *testing.T, w World) {
	in, _ := asked(t, w)
	id := w.Say(Said{Who: "ana", Text: "It came like this", File: &File{Name: "broken.png", Alt: "A cup in two pieces"}})
	m := in.message(channel.Message, id)
	if len(m.Attachments) != 1 || m.Attachments[0].URL == "" || m.Attachments[0].Alt != "A cup in two pieces" || m.Attachments[0].Type != "image/png" {
		t.Errorf("got %+v", m.Attachments)
	}
}

func timesAreUTC(t *testing.T, w World) {
	_, m := asked(t, w)
	if off := m.At.Sub(w.Now()).Abs(); off > time.Minute || m.At.Location() != time.UTC || m.At.Nanosecond()%1000 != 0 {
		t.Errorf("written at %v, by the network's clock %v", m.At, w.Now())
	}
}

func expiredTokenIsForbidden(t *testing.T, w World) {
	needs(t, "let a token expire", w.Expire != nil)
	in, m := asked(t, w)
	a := open(t, w)
	_ = in.stop()
	w.Expire()
	if _, err := a.Send(t.Context(), answer("k1", m, "Hello")); !fault.Is(err, fault.Forbidden) {
		t.Errorf("send: %s: %v", fault.KindOf(err), err)
	}
	if h := a.Health(); h.State != channel.Barred || h.Words == "" {
		t.Errorf("health: %+v", h)
	}
	if !a.Reads() {
		return
	}
	if _, err := a.Connect(t.Context()); !fault.Is(err, fault.Forbidden) {
		t.Errorf("connect: %s: %v", fault.KindOf(err), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := a.Run(ctx, "", in.take); !fault.Is(err, fault.Forbidden) {
		t.Errorf("run: %s: %v", fault.KindOf(err), err)
	}
}

func rateLimitIsTemporaryWithDelay(t *testing.T, w World) {
	needs(t, "limit us", w.Limit != nil && w.Posts != nil)
	in, m := asked(t, w)
	w.Limit(90 * time.Second)
	for i := range 2 { // the second time the account knows by itself
		_, err := in.account.Send(t.Context(), answer("k1", m, "Hello"))
		if after := fault.After(err); !fault.Is(err, fault.Limited) || after < 80*time.Second || after > 100*time.Second {
			t.Errorf("try %d: %s after %s: %v", i, fault.KindOf(err), after, err)
		}
	}
	if h := in.account.Health(); h.State != channel.Limited || len(w.Posts()) != 0 {
		t.Errorf("health %+v, posts %+v", h, w.Posts())
	}
}

func cancelStopsPromptly(t *testing.T, w World) {
	in, m := asked(t, w)
	if err := in.stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("run ended with %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := in.account.Send(ctx, answer("k1", m, "Hello")); err == nil {
		t.Error("sent although it was cancelled")
	}
	if w.Posts != nil && len(w.Posts()) != 0 {
		t.Errorf("posted although it was cancelled: %+v", w.Posts())
	}
}

func secretsNeverInErrors(t *testing.T, w World) {
	if len(w.Secrets) == 0 {
		t.Fatal("this world names no secrets")
	}
	in, m := asked(t, w)
	var errs []error
	try := func(o channel.Outbound) {
		_, err := in.account.Send(t.Context(), o)
		_, _, err2 := in.account.Find(t.Context(), o, w.Now())
		errs = append(errs, err, err2)
	}
	try(answer("k0", channel.Inbound{ThreadKey: "nowhere", ExternalID: "nowhere"}, w.Secrets[0]))
	if w.LoseAnswer != nil {
		w.LoseAnswer()
		try(answer("k1", m, "Hello"))
	}
	if w.Limit != nil {
		w.Limit(time.Nanosecond)
		try(answer("k2", m, "Hello"))
	}
	if w.Expire != nil {
		w.Expire()
		try(answer("k3", m, "Hello"))
		_, err := in.account.Connect(t.Context())
		errs = append(errs, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := in.account.Send(ctx, answer("k4", m, "Hello"))
	errs = append(errs, err)
	var said strings.Builder
	said.WriteString(in.account.Health().Words)
	for _, err := range errs {
		if err != nil {
			fmt.Fprintf(&said, "\n%v\n%+v\n%#v\n%s", err, err, err, fault.Safe(err))
		}
	}
	for _, s := range w.Secrets {
		if strings.Contains(said.String(), s) {
			t.Errorf("a secret in what was said of errors: %s", said.String())
		}
	}
}

func unknownEventIsKept(t *testing.T, w World) {
	needs(t, "make something strange happen", w.Strange != nil)
	in, _ := asked(t, w)
	in.until("the event", func(channel.Inbound) bool { return true })
	w.Strange()
	in.until("the strange event", func(m channel.Inbound) bool { return m.Kind == channel.Unknown })
	in.message(channel.Message, w.Say(Said{Who: "ben", Text: "Still here?"}))
}

func garbageNeverPanics(t *testing.T, w World) {
	in, m := asked(t, w)
	if w.Edit != nil {
		w.Edit(m.ExternalID, "Other words")
		in.message(channel.Edit, m.ExternalID)
	}
	for _, a := range in.all() {
		for _, body := range mangled(a.Raw.Body) {
			raw := a.Raw
			raw.Body = body
			got, err := in.account.Reread(t.Context(), raw)
			if err != nil {
				t.Fatalf("cannot read again: %v", err)
			}
			for _, x := range got.In {
				if channel.Clean(x.Text) != x.Text {
					t.Errorf("not clean: %q of %q", x.Text, body)
				}
			}
		}
		for _, head := range []string{"", "nonsense", strings.Repeat("x", 1000)} {
			if _, err := in.account.Reread(t.Context(), channel.Raw{Head: head, Body: []byte("{}")}); err != nil {
				t.Errorf("head %q: %v", head, err)
			}
		}
	}
	if in.account.Pushes() {
		for _, h := range []http.Header{nil, {}, {"Webhook-Id": {"a", "b"}}} {
			if _, err := in.account.Receive(h, []byte("{"), w.Now()); err == nil {
				t.Error("garbage was taken")
			}
		}
	}
}

// mangled are ways in which a body can be wrong: cut short anywhere, a bit turned, its values of other types.
func mangled(body []byte) [][]byte {
	out := [][]byte{nil, []byte("null"), []byte("[]"), []byte("0"), []byte(`""`), []byte("\x00\xff"), bytes.Repeat([]byte("["), 20_000)}
	step := max(1, len(body)/40)
	for i := 0; i < len(body); i += step {
		turned := bytes.Clone(body)
		turned[i] ^= 4
		out = append(out, body[:i], turned)
	}
	for _, r := range [][2]string{{`":"`, `":["`}, {`":"`, `":{"x":"`}, {`":null`, `":{}`}, {`":[]`, `":"x"`}, {`":false`, `":7`}, {`":0`, `":-1e99`}, {`":"`, `":"\u0000\u202e`}} {
		for n := range 4 {
			out = append(out, replaceNth(body, r[0], r[1], n*3))
		}
		out = append(out, bytes.ReplaceAll(body, []byte(r[0]), []byte(r[1])))
	}
	return out
}

func replaceNth(body []byte, old, by string, n int) []byte {
	at := 0
	for range n + 1 {
		i := bytes.Index(body[at:], []byte(old))
		if i < 0 {
			return body
		}
		at += i + len(old)
	}
	return slices.Concat(body[:at-len(old)], []byte(by), body[at:])
}
