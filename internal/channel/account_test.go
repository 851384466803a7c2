package channel_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"answerable/internal/channel"
	"answerable/internal/fault"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// clock is a time that moves only when somebody sleeps.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func (c *clock) deps() channel.Deps {
	return channel.Deps{
		Clock: func() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.slept = append(c.slept, d)
			c.now = c.now.Add(d)
			return ctx.Err()
		},
	}
}

// fake is an adapter whose every answer is said beforehand.
type fake struct {
	info    channel.Info
	connect func() error
	send    func(o channel.Outbound) error
	sent    []string
}

func (f *fake) Connect(context.Context) (channel.Info, error) {
	if f.connect != nil {
		if err := f.connect(); err != nil {
			return channel.Info{}, err
		}
	}
	return f.info, nil
}

func (f *fake) Send(_ context.Context, o channel.Outbound) (channel.Receipt, error) {
	if f.send != nil {
		if err := f.send(o); err != nil {
			return channel.Receipt{}, err
		}
	}
	f.sent = append(f.sent, o.Text)
	return channel.Receipt{ExternalID: strconv.Itoa(len(f.sent))}, nil
}

type polling struct {
	fake
	poll func(cursor string) ([]channel.Arrival, string, error)
}

func (p *polling) Poll(_ context.Context, cursor string) ([]channel.Arrival, string, error) {
	return p.poll(cursor)
}
func (p *polling) Interval() time.Duration { return 5 * time.Second }

type addressing struct{ fake }

func (*addressing) Addressed(o channel.Outbound) string {
	if strings.HasPrefix(o.Text, "@ana ") {
		return o.Text
	}
	return "@ana " + o.Text
}

func out(text string) channel.Outbound { return channel.Outbound{Key: "k", Text: text} }

func TestAccountKeepsToThePace(t *testing.T) {
	t.Parallel()
	c := &clock{now: noon}
	f := &fake{info: channel.Info{Limits: channel.Limits{Every: 3 * time.Second, Burst: 2}}}
	a, err := channel.Open(t.Context(), f, channel.Options{Deps: c.deps(), MaxWait: 4 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := a.Send(t.Context(), out("x")); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.slept) != 1 || c.slept[0] != 3*time.Second {
		t.Errorf("slept %v: two at once, then one in its time", c.slept)
	}
	// A third waits longer than anybody should hold a transaction or a lane for.
	slow, err := channel.Open(t.Context(), f, channel.Options{Deps: c.deps(), MaxWait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, _ = slow.Send(t.Context(), out("x"))
	}
	for range 2 { // a refused one takes no turn away
		if _, err := slow.Send(t.Context(), out("x")); !fault.Is(err, fault.Limited) || fault.After(err) != 3*time.Second {
			t.Errorf("got %v after %s", err, fault.After(err))
		}
	}
	if h := slow.Health(); h.State != channel.OK {
		t.Errorf("our own pace is no trouble: %+v", h)
	}
}

func TestAccountWaitsAsLongAsTheNetworkAsks(t *testing.T) {
	t.Parallel()
	c := &clock{now: noon}
	asked := &fault.Error{Kind: fault.Limited, Safe: "slow down", After: time.Minute}
	f := &fake{}
	a, _ := channel.Open(t.Context(), f, channel.Options{Deps: c.deps()})
	f.send = func(channel.Outbound) error { return asked }
	if _, err := a.Send(t.Context(), out("x")); !errors.Is(err, asked) {
		t.Fatal(err)
	}
	f.send = nil
	c.now = noon.Add(20 * time.Second)
	if _, err := a.Send(t.Context(), out("x")); fault.After(err) != 40*time.Second || len(f.sent) != 0 {
		t.Errorf("got %v, sent %v", err, f.sent)
	}
	c.now = noon.Add(time.Minute)
	if _, err := a.Send(t.Context(), out("x")); err != nil {
		t.Error(err)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	c := &clock{now: noon}
	f := &fake{connect: func() error { return errors.New("no such host") }}
	var told []channel.State
	a, err := channel.Open(t.Context(), f, channel.Options{Deps: c.deps(), OnHealth: func(h channel.Health) { told = append(told, h.State) }})
	if err == nil || a == nil {
		t.Fatal("an account in trouble is still an account")
	}
	check := func(want channel.State, since time.Time, words string) {
		t.Helper()
		if h := a.Health(); h.State != want || !h.Since.Equal(since) || !strings.Contains(h.Words, words) {
			t.Errorf("health is %+v, want %s since %s", h, want, since)
		}
	}
	check(channel.Trouble, noon, "no such host")
	c.now = noon.Add(time.Minute)
	if _, err := a.Send(t.Context(), out("x")); !fault.Is(err, fault.Temporary) {
		t.Errorf("not connected, so nothing was posted: %v", err)
	}
	check(channel.Trouble, noon, "no such host")
	f.connect = nil
	if _, err := a.Send(t.Context(), out("x")); err != nil {
		t.Errorf("it connects when it is asked to send: %v", err)
	}
	check(channel.OK, c.now, "")
	for _, step := range []struct {
		err  error
		want channel.State
	}{
		{fault.New(fault.Invalid, "too long"), channel.OK},
		{fault.New(fault.Forbidden, "token gone"), channel.Barred},
		{nil, channel.OK},
		{errors.New("cut off"), channel.Trouble},
		{context.Canceled, channel.Trouble},
		{fault.New(fault.Limited, "slow"), channel.Limited},
	} {
		f.send = func(channel.Outbound) error { return step.err }
		_, _ = a.Send(t.Context(), out("x"))
		if got := a.Health().State; got != step.want {
			t.Errorf("after %v: %s, want %s", step.err, got, step.want)
		}
	}
	want := []channel.State{channel.Trouble, channel.OK, channel.Barred, channel.OK, channel.Trouble, channel.Limited}
	if fmt.Sprint(told) != fmt.Sprint(want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

func TestLimitsAreReadAgain(t *testing.T) {
	t.Parallel()
	c := &clock{now: noon}
	f := &fake{info: channel.Info{Limits: channel.Limits{MaxChars: 10}}}
	a, _ := channel.Open(t.Context(), f, channel.Options{Deps: c.deps()})
	f.info.Limits.MaxChars = 5
	if _, err := a.Send(t.Context(), out("1234567")); err != nil {
		t.Error(err)
	}
	c.now = noon.Add(2 * time.Hour)
	if _, err := a.Send(t.Context(), out("1234567")); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
	// When they cannot be read, the old ones hold.
	f.connect = func() error { return errors.New("away") }
	c.now = c.now.Add(2 * time.Hour)
	if _, err := a.Send(t.Context(), out("123")); err != nil {
		t.Error(err)
	}
}

func TestSendRefusesWhatCannotBeSaid(t *testing.T) {
	t.Parallel()
	f := &fake{}
	a, _ := channel.Open(t.Context(), f, channel.Options{})
	for _, o := range []channel.Outbound{{Text: "no key"}, {Key: "k"}, {Key: "k", Text: " \x00\n"}} {
		if _, err := a.Send(t.Context(), o); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := a.Send(t.Context(), out("a\u202Eb\x00")); err != nil || f.sent[0] != "ab" {
		t.Errorf("what we say is cleaned too: %q, %v", f.sent, err)
	}
}

func TestPartsLeaveRoomForTheMention(t *testing.T) {
	t.Parallel()
	f := &addressing{}
	f.info.Limits = channel.Limits{MaxChars: 25, Addressed: true}
	a, _ := channel.Open(t.Context(), f, channel.Options{})
	text := "One two three. Four five six seven."
	o := out(text)
	o.To.Handle = "ana"
	parts, err := a.Parts(o)
	if err != nil || len(parts) < 2 {
		t.Fatalf("got %q, %v", parts, err)
	}
	for _, p := range parts {
		if _, err := a.Send(t.Context(), out(p)); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
	if got, err := a.Parts(out("short")); err != nil || len(got) != 1 || got[0] != "short" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []string{"", strings.Repeat("word ", 500)} {
		if _, err := a.Parts(out(bad)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	f.info.Limits.MaxChars = 7
	_, _ = a.Connect(t.Context())
	if _, err := a.Parts(out("does not fit")); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
}

func TestSecretsAreTakenOut(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t/+ key"
	cause := fmt.Errorf("GET https://x.example/?token=s3cr3t%%2F%%2B+key: %w", context.DeadlineExceeded)
	for _, err := range []error{
		cause, errors.New("plain " + secret), fault.As(fault.Temporary, cause, "words with %s", secret),
		fault.New(fault.Limited, "only words %s", secret), fmt.Errorf("around: %w", fault.As(fault.Forbidden, cause, "inside")),
	} {
		a, got := channel.Open(t.Context(), &fake{connect: func() error { return err }}, channel.Options{Secrets: []string{secret, "ab"}})
		said := fmt.Sprintf("%v %+v %#v %s %s", got, got, got, fault.Safe(got), a.Health().Words)
		if strings.Contains(said, "s3cr3t") {
			t.Errorf("%v told: %s", err, said)
		}
		if fault.KindOf(got) != fault.KindOf(err) || errors.Is(got, context.DeadlineExceeded) != errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestRunBeginsAgain(t *testing.T) {
	t.Parallel()
	c := &clock{now: noon}
	n := 0
	var asked []string
	p := &polling{poll: func(cursor string) ([]channel.Arrival, string, error) {
		asked = append(asked, cursor)
		switch n++; n {
		case 1, 5:
			return []channel.Arrival{{Raw: channel.Raw{Key: strconv.Itoa(n)}}}, fmt.Sprint("c", n), nil
		case 2:
			return nil, cursor, nil
		case 3, 4:
			return nil, "", errors.New("away")
		}
		return nil, "", fault.New(fault.Forbidden, "token gone")
	}}
	a, _ := channel.Open(t.Context(), p, channel.Options{Deps: c.deps()})
	var taken []string
	err := a.Run(t.Context(), "c0", func(_ context.Context, cursor string, arr ...channel.Arrival) error {
		taken = append(taken, fmt.Sprint(cursor, len(arr)))
		return nil
	})
	if !fault.Is(err, fault.Forbidden) || fmt.Sprint(taken) != "[c11 c51]" || fmt.Sprint(asked) != "[c0 c1 c1 c1 c1 c5]" {
		t.Errorf("ended with %v, took %v, asked %v", err, taken, asked)
	}
	if len(c.slept) != 5 || c.slept[0] != 5*time.Second || c.slept[2] > time.Second || c.slept[3] > 2*time.Second || c.slept[3] < time.Second {
		t.Errorf("slept %v", c.slept)
	}
	if a.Health().State != channel.Barred {
		t.Errorf("health %+v", a.Health())
	}
}

func TestRunStopsWhenSomebodyElseHoldsTheAccount(t *testing.T) {
	t.Parallel()
	p := &polling{poll: func(string) ([]channel.Arrival, string, error) { return make([]channel.Arrival, 1), "c", nil }}
	a, _ := channel.Open(t.Context(), p, channel.Options{Deps: (&clock{now: noon}).deps()})
	tries := 0
	err := a.Run(t.Context(), "", func(context.Context, string, ...channel.Arrival) error {
		if tries++; tries < 3 {
			return errors.New("the database is busy")
		}
		return fault.New(fault.Conflict, "fenced off")
	})
	if !fault.Is(err, fault.Conflict) || tries != 3 {
		t.Errorf("got %v after %d", err, tries)
	}
}

func TestAnAccountThatCannot(t *testing.T) {
	t.Parallel()
	a, _ := channel.Open(t.Context(), &fake{info: channel.Info{CanFind: true}}, channel.Options{})
	if a.CanFind() || a.Reads() || a.Pushes() || a.Info().CanFind {
		t.Error("it has no abilities")
	}
	if err := a.Run(t.Context(), "", nil); err != nil {
		t.Error(err)
	}
	if _, _, err := a.Find(t.Context(), out("x"), noon); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
	if _, err := a.Receive(http.Header{}, nil, noon); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if _, err := a.Reread(t.Context(), channel.Raw{}); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for tries, most := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60} {
		for range 100 {
			if d := channel.Backoff(tries, 0); d < most*time.Second/2 || d > most*time.Second+1 {
				t.Fatalf("try %d waits %s", tries, d)
			}
		}
	}
	if d := channel.Backoff(0, time.Hour); d != time.Hour {
		t.Errorf("the network asked for an hour; got %s", d)
	}
	if d := channel.Backoff(1<<40, 0); d > time.Minute+1 {
		t.Errorf("got %s", d)
	}
}

func TestReadGuardsAgainstPanicsAndBadIDs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", channel.MaxID+1)
	for what, f := range map[string]func() ([]channel.Inbound, error){
		"a panic":  func() ([]channel.Inbound, error) { panic("strange") },
		"an error": func() ([]channel.Inbound, error) { return []channel.Inbound{{}}, errors.New("no") },
		"a long id": func() ([]channel.Inbound, error) {
			return []channel.Inbound{{Kind: channel.Delete, ExternalID: long}}, nil
		},
		"an id with a line break": func() ([]channel.Inbound, error) {
			return []channel.Inbound{{Kind: channel.Edit, ExternalID: "a\nb"}}, nil
		},
		"a message of nobody": func() ([]channel.Inbound, error) {
			return []channel.Inbound{{Kind: channel.Message, ExternalID: "1", ThreadKey: "1"}}, nil
		},
		"a reaction to nothing": func() ([]channel.Inbound, error) { return []channel.Inbound{{Kind: channel.Reaction}}, nil },
	} {
		got := channel.Read(channel.Raw{Key: "k", Body: []byte("b")}, f)
		if got.Cause == nil || got.In != nil || string(got.Raw.Body) != "b" || got.Raw.Key != "k" {
			t.Errorf("%s: %+v", what, got)
		}
	}
	got := channel.Read(channel.Raw{Key: long}, func() ([]channel.Inbound, error) {
		return []channel.Inbound{{Kind: channel.Unknown, At: time.Date(-3000, 1, 1, 0, 0, 0, 0, time.UTC), Attachments: make([]channel.Attachment, 100), Lang: "en_GB", Author: channel.Author{Handle: "@ana", Reach: -1}}}, nil
	})
	in := got.In[0]
	if got.Raw.Key != "" || !in.At.IsZero() || len(in.Attachments) != channel.MaxAttachments || in.Lang != "en-GB" || in.Author.Handle != "ana" || in.Author.Reach != 0 {
		t.Errorf("got %+v", got)
	}
}
