package mastodon_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"answerable/internal/channel"
	"answerable/internal/channel/mastodon"
	"answerable/internal/fault"
	"answerable/internal/square"
)

// reader collects what a stream tells.
type reader struct {
	t      *testing.T
	mu     sync.Mutex
	got    []channel.Inbound
	keys   []string
	cursor string
	more   chan struct{}
	stop   func() error
}

func (n *network) read(a *mastodon.Adapter, cursor string) *reader {
	n.t.Helper()
	r := &reader{t: n.t, more: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(n.t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Stream(ctx, cursor, r.take) }()
	r.stop = sync.OnceValue(func() error { cancel(); return <-done })
	n.t.Cleanup(func() { _ = r.stop() })
	return r
}

func (r *reader) take(_ context.Context, cursor string, arr ...channel.Arrival) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cursor != "" {
		r.cursor = cursor
	}
	for _, a := range arr {
		r.got = append(r.got, a.In...)
		r.keys = append(r.keys, a.Raw.Key)
	}
	select {
	case r.more <- struct{}{}:
	default:
	}
	return nil
}

func (r *reader) saved() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cursor
}

func (r *reader) all() []channel.Inbound {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (r *reader) until(what string, is func(channel.Inbound) bool) channel.Inbound {
	r.t.Helper()
	late := time.After(20 * time.Second)
	for {
		for _, m := range r.all() {
			if is(m) {
				return m
			}
		}
		select {
		case <-r.more:
		case <-late:
			r.t.Fatalf("%s did not arrive; this did: %+v", what, r.all())
		}
	}
}

func (r *reader) message(id string) channel.Inbound {
	r.t.Helper()
	return r.until("message "+id, func(m channel.Inbound) bool { return m.ExternalID == id && !m.Context })
}

func TestAncestorsComeFirst(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, square.Options{})
	before := time.Now().Add(-time.Hour)
	root := n.post("ben", square.PostInput{Text: "My kettle is broken.", CreatedAt: before})
	ours := n.post("acme", square.PostInput{Text: "@ben Which one?", InReplyTo: root, CreatedAt: before.Add(time.Minute)})
	last := n.post("ben", square.PostInput{Text: "The red one.", InReplyTo: ours, CreatedAt: before.Add(2 * time.Minute)})
	ask := n.post("ana", square.PostInput{Text: "@acme mine too", InReplyTo: last})
	r := n.read(n.adapter(quick), "")
	m := r.message(ask)
	if m.ThreadKey != root || m.InReplyTo != last {
		t.Errorf("got %+v", m)
	}
	var order []string
	for _, x := range r.all() {
		order = append(order, fmt.Sprintf("%s %s %v %s", x.Kind, x.ExternalID, x.Context, x.ThreadKey))
	}
	want := []string{
		fmt.Sprintf("message %s true %s", root, root), fmt.Sprintf("own %s true %s", ours, root),
		fmt.Sprintf("message %s true %s", last, root), fmt.Sprintf("message %s false %s", ask, root),
	}
	if !slices.Equal(order, want) {
		t.Errorf("got %q\nwant %q", order, want)
	}
}

func TestOnlookersReactionsAndBoosts(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, square.Options{})
	r := n.read(n.adapter(quick), "")
	ask := n.post("ana", square.PostInput{Text: "@acme where is it?"})
	r.message(ask)
	// ben says something in the thread without naming us; elsewhere he says something that is none of our business.
	n.post("ben", square.PostInput{Text: "Nice weather."})
	joined := n.post("ben", square.PostInput{Text: "@ana same here", InReplyTo: ask})
	if m := r.message(joined); m.Kind != channel.Message || m.ThreadKey != ask {
		t.Errorf("got %+v", m)
	}
	ours := n.post("acme", square.PostInput{Text: "@ana soon", InReplyTo: ask})
	r.message(ours)
	n.call("ana", http.MethodPost, "/api/v1/statuses/"+ours+"/favourite", nil)
	if m := r.until("reaction", func(m channel.Inbound) bool { return m.Kind == channel.Reaction }); m.InReplyTo != ours || m.ThreadKey != ask || m.Author.Handle != "ana" {
		t.Errorf("got %+v", m)
	}
	n.call("ben", http.MethodPost, "/api/v1/statuses/"+ours+"/reblog", nil)
	if m := r.until("repost", func(m channel.Inbound) bool { return m.Kind == channel.Repost }); m.InReplyTo != ours {
		t.Errorf("got %+v", m)
	}
	end := n.post("ana", square.PostInput{Text: "@acme thanks", InReplyTo: ours})
	r.message(end)
	count := map[channel.Kind]int{}
	for _, m := range r.all() {
		count[m.Kind]++
	}
	if count[channel.Message] != 3 || count[channel.Own] != 1 || len(count) != 4 {
		t.Errorf("got %v: %+v", count, r.all())
	}
}

func TestNothingIsLostWhenTheStreamBreaks(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, square.Options{})
	held := make(chan struct{})
	sleep := func(ctx context.Context, d time.Duration) error {
		if d >= 10*time.Second {
			<-ctx.Done()
			return ctx.Err()
		}
		select { // between two tries
		case <-held:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	var trouble []bool
	var mu sync.Mutex
	a := n.adapter(sleep)
	a.Report(func(err error) { mu.Lock(); trouble = append(trouble, err == nil); mu.Unlock() })
	r := n.read(a, "")
	first := n.post("ana", square.PostInput{Text: "@acme first"})
	r.message(first)
	n.square.DropStreams()
	var ids []string
	for i := range 100 { // more than a page
		ids = append(ids, n.post("ben", square.PostInput{Text: fmt.Sprint("@acme ", i)}))
	}
	dm := n.post("acme", square.PostInput{Text: "@ben sorry", Visibility: "direct"})
	n.call("ana", http.MethodPut, "/api/v1/statuses/"+first, url.Values{"status": {"@acme first, and better"}})
	close(held)
	for _, id := range append(ids, dm) {
		r.message(id)
	}
	r.until("the edit", func(m channel.Inbound) bool { return m.Kind == channel.Edit && m.ExternalID == first })
	after := n.post("ana", square.PostInput{Text: "@acme live again"})
	r.message(after)
	var order []string
	seen := map[string]int{}
	for _, m := range r.all() {
		seen[string(m.Kind)+m.ExternalID]++
		if slices.Contains(ids, m.ExternalID) {
			order = append(order, m.ExternalID)
		}
	}
	if !slices.Equal(order, ids) {
		t.Errorf("out of order: %v", order)
	}
	for k, times := range seen {
		if times != 1 {
			t.Errorf("%s was told %d times", k, times)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(trouble, []bool{true, false, true}) {
		t.Errorf("well, not well, well again; told %v", trouble)
	}
}

// What a notification policy hides is in no stream; it is found by looking now and then.
func TestWhatIsNeverStreamedIsFound(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, square.Options{})
	ticks := make(chan struct{})
	now := time.Now()
	var mu sync.Mutex
	a, err := mastodon.New(mastodon.Config{Server: n.srv.URL, Token: n.tokens["acme"]}, channel.Deps{
		HTTP: n.client,
		Clock: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now
		},
		Sleep: func(ctx context.Context, d time.Duration) error {
			select {
			case <-ticks:
				mu.Lock()
				now = now.Add(d)
				mu.Unlock()
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := n.read(a, "")
	r.message(n.post("ana", square.PostInput{Text: "@acme streamed"}))
	n.square.SetFaults(square.Faults{Silent: true})
	hidden := n.post("ben", square.PostInput{Text: "@acme from somebody new"})
	for range 5 {
		select {
		case ticks <- struct{}{}:
		case <-t.Context().Done():
		}
	}
	r.message(hidden)
}

func TestANewAccountDoesNotReplayYears(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var mu sync.Mutex
	n := newNetwork(t, square.Options{Clock: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(10 * time.Millisecond)
		return now
	}})
	then := now.AddDate(-2, 0, 0)
	old := n.post("ana", square.PostInput{Text: "@acme years ago", CreatedAt: then})
	n.post("acme", square.PostInput{Text: "@ana answered then", InReplyTo: old, CreatedAt: then})
	var last, answered string
	for i := range 45 {
		last = n.post("ana", square.PostInput{Text: fmt.Sprint("@acme ", i)})
		if i == 20 {
			answered = n.post("acme", square.PostInput{Text: "@ana answered by hand", InReplyTo: last})
		}
	}
	n.post("acme", square.PostInput{Text: "Happy Friday everybody!"})
	r := n.read(n.adapter(quick), "")
	r.message(last)
	got := r.all()
	if len(got) != 41 || got[0].Text != "@acme 5" || !slices.ContainsFunc(got, func(m channel.Inbound) bool { return m.Kind == channel.Own && m.ExternalID == answered }) {
		t.Errorf("%d came, first %+v", len(got), got[0])
	}
	for i := 1; i < len(got); i++ {
		if got[i].At.Before(got[i-1].At) {
			t.Errorf("%d is older than the one before it", i)
		}
	}
}

func TestAnEmptyAccountSeesItsFirstMention(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, square.Options{})
	a := n.adapter(quick)
	r := n.read(a, "")
	for r.saved() == "" {
		<-r.more
	}
	_ = r.stop()
	id := n.post("ana", square.PostInput{Text: "@acme hello"})
	n.read(a, r.saved()).message(id)
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, hit := range n.hits {
		if strings.Contains(hit, "/notifications") && !strings.Contains(hit, "include_filtered=true") {
			t.Errorf("what a policy hides was not asked for: %s", hit)
		}
	}
}

// The desk may know a message from a stream that a crash cut off before any cursor was kept: its new words must come as an edit then.
func TestWhatWasEditedBeforeItWasReadIsToldAsEditToo(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, square.Options{})
	id := n.post("ana", square.PostInput{Text: "@acme where is it?"})
	n.call("ana", http.MethodPut, "/api/v1/statuses/"+id, url.Values{"status": {"@acme where are they?"}})
	r := n.read(n.adapter(quick), "")
	m := r.message(id)
	e := r.until("the edit", func(m channel.Inbound) bool { return m.Kind == channel.Edit && m.ExternalID == id })
	if m.Kind != channel.Message || m.Text != e.Text || e.Text != "@acme where are they?" {
		t.Errorf("got %+v and %+v", m, e)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.keys) != 2 || r.keys[0] == r.keys[1] {
		t.Errorf("two deliveries need two keys: %q", r.keys)
	}
}

func TestSinkErrorEndsTheStream(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, square.Options{})
	n.post("ana", square.PostInput{Text: "@acme hello"})
	lost := errors.New("the database is away")
	a := n.adapter(quick)
	times := 0
	err := a.Stream(t.Context(), "", func(_ context.Context, _ string, arr ...channel.Arrival) error {
		if times += len(arr); len(arr) > 0 {
			return lost
		}
		return nil
	})
	if !errors.Is(err, lost) || times != 1 {
		t.Fatalf("got %v after %d", err, times)
	}
	// What was not taken is told again.
	r := n.read(a, "")
	r.until("the message", func(m channel.Inbound) bool { return m.Text == "@acme hello" })
}

func TestSinkErrorForgetsAncestorsToo(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, square.Options{})
	root := n.post("ben", square.PostInput{Text: "My kettle is broken."})
	n.post("ana", square.PostInput{Text: "@acme mine too", InReplyTo: root})
	a := n.adapter(quick)
	_ = a.Stream(t.Context(), "", func(_ context.Context, _ string, _ ...channel.Arrival) error { return errors.New("away") })
	n.read(a, "").until("the root", func(m channel.Inbound) bool { return m.ExternalID == root && m.Context })
}

func TestAServerThatClosesAtOnceIsNotHammered(t *testing.T) {
	t.Parallel()
	var waits []time.Duration
	ctx, cancel := context.WithCancel(t.Context())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/accounts/verify_credentials":
			_, _ = io.WriteString(w, `{"id":"1","acct":"acme"}`)
		case "/api/v1/streaming/user":
			w.Header().Set("Content-Type", "text/event-stream")
		case "/api/v2/instance":
			http.NotFound(w, r)
		case "/api/v1/instance":
			_, _ = io.WriteString(w, `{"max_toot_chars":5000}`)
		default:
			_, _ = io.WriteString(w, `[]`)
		}
	}))
	t.Cleanup(srv.Close)
	now := time.Now()
	a, err := mastodon.New(mastodon.Config{Server: srv.URL, Token: "t"}, channel.Deps{
		Clock: func() time.Time { return now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			if d == 15*time.Second { // the look now and then, not the pause between tries
				<-ctx.Done()
				return ctx.Err()
			}
			if waits = append(waits, d); len(waits) == 9 {
				cancel()
			}
			return ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	info, err := a.Connect(ctx)
	if err != nil || info.Limits.MaxChars != 5000 || info.Limits.Len("https://example.com/"+strings.Repeat("x", 99)) != 23 {
		t.Errorf("an older server: %+v, %v", info, err)
	}
	if err := a.Stream(ctx, "", func(context.Context, string, ...channel.Arrival) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	for i, w := range waits {
		if least := min(time.Second<<i, time.Minute) / 2; w < least || w > time.Minute+time.Second {
			t.Errorf("pause %d is %s, at least %s", i, w, least)
		}
	}
}

// answering is a server that gives one answer to a post.
func answering(t *testing.T, h http.HandlerFunc) *mastodon.Adapter {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	client := srv.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a, err := mastodon.New(mastodon.Config{Server: srv.URL, Token: "t"}, channel.Deps{HTTP: client, Clock: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var said = channel.Outbound{Key: "k", Public: true, Text: "x", InReplyTo: "7", To: channel.Author{ID: "2", Handle: "ana"}}

func TestAnswersToAPost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		head   [2]string
		body   string
		kind   fault.Kind
		after  time.Duration
	}{
		{200, [2]string{}, `{"id":"9","url":"https://a.example/9"}`, "", 0},
		{202, [2]string{}, `{"id":"9"}`, "", 0},
		{200, [2]string{}, `{}`, fault.Internal, 0},
		{200, [2]string{}, `<html>`, fault.Internal, 0},
		{401, [2]string{}, `{"error":"The access token is invalid"}`, fault.Forbidden, 0},
		{403, [2]string{}, ``, fault.Forbidden, 0},
		{404, [2]string{}, `{"error":"Record not found"}`, fault.Invalid, 0},
		{410, [2]string{}, ``, fault.Invalid, 0},
		{422, [2]string{}, `{"error":"Text can't be blank"}`, fault.Invalid, 0},
		{301, [2]string{"Location", "https://b.example/"}, ``, fault.Invalid, 0},
		{429, [2]string{"Retry-After", "7"}, ``, fault.Limited, 7 * time.Second},
		{429, [2]string{"X-RateLimit-Reset", "2026-11-23T12:02:00.000Z"}, ``, fault.Limited, 2 * time.Minute},
		{429, [2]string{"Retry-After", "Mon, 23 Nov 2026 12:00:30 GMT"}, ``, fault.Limited, 30 * time.Second},
		{429, [2]string{"Retry-After", "99999999"}, ``, fault.Limited, time.Hour},
		{429, [2]string{}, ``, fault.Limited, 30 * time.Second},
		{500, [2]string{}, ``, fault.Internal, 0},
		{503, [2]string{}, `{"error":"busy"}`, fault.Internal, 0},
	} {
		a := answering(t, func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Idempotency-Key"); got != "k" {
				t.Errorf("key %q", got)
			}
			if got := r.FormValue("status") + "|" + r.FormValue("visibility") + "|" + r.FormValue("in_reply_to_id"); got != "@ana x|public|7" {
				t.Errorf("posted %q", got)
			}
			if c.head[0] != "" {
				w.Header().Set(c.head[0], c.head[1])
			}
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		r, err := a.Send(t.Context(), said)
		if fault.KindOf(err) != c.kind || fault.After(err) != c.after || err == nil && r.ExternalID != "9" {
			t.Errorf("%d %v %s: %+v, %s after %s: %v", c.status, c.head, c.body, r, fault.KindOf(err), fault.After(err), err)
		}
	}
}

func TestFateOfAPost(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(nil)
	srv.Close()
	nobody, err := mastodon.New(mastodon.Config{Server: srv.URL, Token: "t"}, channel.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nobody.Send(t.Context(), said); !fault.Is(err, fault.Temporary) {
		t.Errorf("nobody there, so nothing was posted: %s: %v", fault.KindOf(err), err)
	}
	var mu sync.Mutex
	posts := 0
	cut := answering(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			mu.Lock()
			posts++
			mu.Unlock()
			panic(http.ErrAbortHandler)
		}
		_, _ = io.Copy(io.Discard, r.Body)
	})
	// A connection that was used before: net/http would by itself send a request with an Idempotency-Key again over a fresh one.
	_, _ = cut.Connect(t.Context())
	if _, err := cut.Send(t.Context(), said); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("cut off after it was written: %s: %v", fault.KindOf(err), err)
	}
	mu.Lock()
	defer mu.Unlock()
	if posts != 1 {
		t.Errorf("posted %d times", posts)
	}
	if _, err := cut.Send(t.Context(), channel.Outbound{Key: "k", Text: "x"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("private, to nobody: %v", err)
	}
}

func TestFindLooksAtWordsPlaceAndTime(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, square.Options{})
	ask := n.post("ana", square.PostInput{Text: "@acme where is it?"})
	other := n.post("ana", square.PostInput{Text: "@acme and this?"})
	text := "It is <b>here</b> & there: https://shop.example/x?a=1&b=2 👍\n\nBye  bye\nMia"
	id := n.post("acme", square.PostInput{Text: "@ana " + text, InReplyTo: ask})
	a := n.adapter(quick)
	o := channel.Outbound{Key: "k", Text: text, InReplyTo: ask, Public: true, To: channel.Author{ID: "2", Handle: "ana"}}
	now := time.Now()
	if r, found, err := a.Find(t.Context(), o, now); err != nil || !found || r.ExternalID != id || r.URL == "" {
		t.Errorf("got %+v %v %v", r, found, err)
	}
	for what, change := range map[string]func(o *channel.Outbound, since *time.Time){
		"other words":    func(o *channel.Outbound, _ *time.Time) { o.Text += " Really" },
		"another thread": func(o *channel.Outbound, _ *time.Time) { o.InReplyTo = other },
		"private":        func(o *channel.Outbound, _ *time.Time) { o.Public = false },
		"long before":    func(_ *channel.Outbound, since *time.Time) { *since = now.Add(time.Hour) },
	} {
		x, since := o, now
		change(&x, &since)
		if r, found, err := a.Find(t.Context(), x, since); err != nil || found {
			t.Errorf("%s: %+v %v %v", what, r, found, err)
		}
	}
}

func TestAPoisonedThreadDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, square.Options{})
	root := n.post("ben", square.PostInput{Text: "root"})
	bad := n.post("ana", square.PostInput{Text: "@acme under a root that cannot be shown", InReplyTo: root})
	good := n.post("ana", square.PostInput{Text: "@acme another"})
	inner := n.srv.Config.Handler
	n.srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/context") {
			http.Error(w, "boom", http.StatusInternalServerError)
			return
		}
		inner.ServeHTTP(w, r)
	})
	r := n.read(n.adapter(quick), "")
	if m := r.message(bad); m.ThreadKey != root {
		t.Errorf("got %+v", m)
	}
	r.message(good)
}

func TestWithoutAStreamItIsReadAllTheSame(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, square.Options{})
	n.square.SetFaults(square.Faults{NoStreams: true})
	again := make(chan struct{})
	r := n.read(n.adapter(func(ctx context.Context, _ time.Duration) error {
		select {
		case <-again:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}), "")
	id := n.post("ana", square.PostInput{Text: "@acme hello"})
	again <- struct{}{}
	again <- struct{}{}
	r.message(id)
}
