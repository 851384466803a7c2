package signed_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"answerable/internal/channel"
	"answerable/internal/channel/channeltest"
	"answerable/internal/channel/signed"
	"answerable/internal/fault"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// other is another system: a small one, that signs what it sends and checks what it gets.
type other struct {
	t      *testing.T
	secret string
	mu     sync.Mutex
	n      int
	names  map[string]string
	wrote  map[string]map[string]any // by id
	posts  []channeltest.Post
	byKey  map[string]string
	lose   bool
	expire bool
	limit  time.Duration
	to     func(http.Header, []byte)
	queue  [][]byte
}

func (o *other) push(body map[string]any) string {
	o.mu.Lock()
	if body["id"] == nil {
		o.n++
		body["id"] = fmt.Sprint("m", o.n)
	}
	id := body["id"].(string)
	b, err := json.Marshal(body)
	if err != nil {
		o.t.Error(err)
	}
	o.wrote[id] = body
	o.queue = append(o.queue, b)
	o.mu.Unlock()
	o.flush()
	return id
}

func (o *other) flush() {
	o.mu.Lock()
	to, queue := o.to, o.queue
	if to != nil {
		o.queue = nil
	}
	n := o.n
	o.mu.Unlock()
	if to == nil {
		return
	}
	for i, b := range queue {
		h, err := signed.Headers(o.secret, fmt.Sprintf("msg_%d_%d", n, i), noon, b)
		if err != nil {
			o.t.Error(err)
		}
		to(h, b)
	}
}

func (o *other) say(s channeltest.Said, side string) string {
	body := map[string]any{
		"kind": "message", "handle": s.Who, "text": s.Text, "public": !s.Private, "at": noon.Format(time.RFC3339), "lang": "en",
		"author": map[string]any{"id": "u-" + s.Who, "name": o.names[s.Who], "side": side, "followers": 7},
	}
	if side == "brand" {
		body["author"] = map[string]any{"id": "us", "name": "Acme", "side": side, "agent": "Mia"}
	}
	if s.Private {
		body["thread_id"] = "private-" + s.Who
	}
	if s.InReplyTo != "" {
		body["in_reply_to"] = s.InReplyTo
		body["thread_id"] = o.thread(s.InReplyTo)
	}
	if s.File != nil {
		body["attachments"] = []any{map[string]any{"name": s.File.Name, "type": "image/png", "url": "https://files.example/1.png", "alt": s.File.Alt}}
	}
	return o.push(body)
}

func (o *other) thread(id string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t, ok := o.wrote[id]["thread_id"].(string); ok {
		return t
	}
	return id
}

func (o *other) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		o.t.Error(err)
	}
	want, err := signed.Sign(o.secret, r.Header.Get("webhook-id"), noon, body)
	if err != nil || r.Header.Get("webhook-signature") != want {
		o.t.Errorf("signature %q, want %q (%v)", r.Header.Get("webhook-signature"), want, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.expire:
		http.Error(w, "no", http.StatusUnauthorized)
		return
	case o.limit > 0 && r.Method == http.MethodPost:
		w.Header().Set("Retry-After", strconv.Itoa(int(o.limit.Seconds())))
		o.limit = 0
		http.Error(w, "slow down", http.StatusTooManyRequests)
		return
	case r.Method == http.MethodGet:
		id, ok := o.byKey[r.URL.Query().Get("key")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"id": id})
		return
	}
	var m struct {
		Key, Text string
		Thread    string `json:"thread_id"`
		InReplyTo string `json:"in_reply_to"`
		Author    struct{ Name string }
	}
	if err := json.Unmarshal(body, &m); err != nil || m.Author.Name != "Mia" || m.Key != r.Header.Get("webhook-id") {
		o.t.Errorf("got %s (%v)", body, err)
	}
	id, again := o.byKey[m.Key]
	if !again {
		o.n++
		id = fmt.Sprint("m", o.n)
		o.byKey[m.Key] = id
		o.posts = append(o.posts, channeltest.Post{ID: id, InReplyTo: m.InReplyTo, Text: m.Text, Private: strings.HasPrefix(m.Thread, "private-")})
		echo := map[string]any{"id": id, "in_reply_to": m.InReplyTo, "thread_id": m.Thread, "text": m.Text, "author": map[string]any{"id": "us", "side": "brand"}}
		o.wrote[id] = echo
		defer func() { go o.push(echo) }()
	}
	if o.lose {
		o.lose = false
		panic(http.ErrAbortHandler)
	}
	if again {
		w.WriteHeader(http.StatusConflict)
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"id": id, "url": "https://other.example/" + id})
}

func harness(can bool) channeltest.Harness {
	return channeltest.Harness{Open: func(t *testing.T) channeltest.World {
		o := &other{t: t, secret: signed.GenerateSecret(), names: map[string]string{"ana": "Ana"}, wrote: map[string]map[string]any{}, byKey: map[string]string{}}
		srv := httptest.NewServer(o)
		t.Cleanup(srv.Close)
		clock := func() time.Time { return noon }
		return channeltest.World{
			New: func() channel.Adapter {
				a, err := signed.New(signed.Config{Secret: o.secret, URL: srv.URL + "/hook", Name: "crm", Find: can}, channel.Deps{Clock: clock, HTTP: srv.Client()})
				if err != nil {
					t.Fatal(err)
				}
				return a
			},
			Now: clock, Secrets: []string{o.secret, strings.TrimPrefix(o.secret, "whsec_")},
			Options: channel.Options{Deps: channel.Deps{Clock: clock}},
			Say:     func(s channeltest.Said) string { return o.say(s, "customer") },
			Outside: func(s channeltest.Said) string { return o.say(s, "brand") },
			Edit:    func(id, text string) { o.push(map[string]any{"kind": "edit", "id": id, "text": text}) },
			Delete:  func(id string) { o.push(map[string]any{"kind": "delete", "id": id}) },
			Rename:  func(who, name string) { o.names[who] = name },
			Strange: func() { o.push(map[string]any{"kind": "poked", "id": "p1"}) },
			Posts: func() []channeltest.Post {
				o.mu.Lock()
				defer o.mu.Unlock()
				return append([]channeltest.Post(nil), o.posts...)
			},
			LoseAnswer: func() { o.mu.Lock(); o.lose = true; o.mu.Unlock() },
			Expire:     func() { o.mu.Lock(); o.expire = true; o.mu.Unlock() },
			Limit:      func(d time.Duration) { o.mu.Lock(); o.limit = d; o.mu.Unlock() },
			Deliver: func(to func(http.Header, []byte)) {
				o.mu.Lock()
				o.to = to
				o.mu.Unlock()
				o.flush()
			},
		}
	}}
}

func TestKeepsItsPromises(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, harness(true))
}

func TestKeepsItsPromisesWithoutFind(t *testing.T) {
	t.Parallel()
	h := harness(false)
	h.Lacks = map[string]string{"CrashBetweenSendAndCommitPostsOnce": "the other system cannot be asked unless its config says find; the delivery is then uncertain"}
	channeltest.Run(t, h)
}

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// The example of the Standard Webhooks reference libraries.
func TestSignIsTheStandardsOwn(t *testing.T) {
	t.Parallel()
	got, err := signed.Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("got %q, want %q (%v)", got, want, err)
	}
}

func receive(t *testing.T, body string) (channel.Arrival, error) {
	t.Helper()
	a, err := signed.New(signed.Config{Secret: secret}, channel.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := signed.Headers(secret, "msg_1", noon, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return a.Receive(h, []byte(body), noon)
}

func TestReceive(t *testing.T) {
	t.Parallel()
	author := channel.Author{Realm: "signed", ID: "u1", Handle: "ana", Name: "Ana", Reach: 12}
	for name, c := range map[string]struct {
		body string
		want channel.Inbound
	}{
		"a message": {
			`{"kind":"message","handle":"@ana","id":"1","in_reply_to":null,"thread_id":"t1","author":{"id":"u1","name":"Ana","side":"customer","followers":12},"brand":"acme","channel":"twitter","public":true,"at":"2026-11-23T13:00:00+02:00","lang":"en","text":"Where is it?","attachments":[{"name":"a.png","type":"image/png","url":"https://x.example/a.png"}]}`,
			channel.Inbound{Kind: channel.Message, ExternalID: "1", ThreadKey: "t1", Author: author, Public: true, At: noon.Add(-time.Hour), Lang: "en", Text: "Where is it?", Attachments: []channel.Attachment{{Name: "a.png", Type: "image/png", URL: "https://x.example/a.png"}}},
		},
		"numbers for ids, thread from what it answers": {
			`{"id":2,"in_reply_to":1,"author":{"id":7},"text":"x"}`,
			channel.Inbound{Kind: channel.Message, ExternalID: "2", InReplyTo: "1", ThreadKey: "1", Author: channel.Author{Realm: "signed", ID: "7"}, At: noon, Text: "x"},
		},
		"ours": {
			`{"id":"3","author":{"id":"us","side":"brand","agent":"Mia"},"text":"x"}`,
			channel.Inbound{Kind: channel.Own, ExternalID: "3", ThreadKey: "3", Author: channel.Author{Realm: "signed", ID: "us"}, Agent: "Mia", At: noon, Text: "x"},
		},
		"a reaction": {
			`{"kind":"reaction","id":"4","in_reply_to":"3","author":{"id":"u1"},"text":"👍"}`,
			channel.Inbound{Kind: channel.Reaction, ExternalID: "4", InReplyTo: "3", ThreadKey: "3", Author: channel.Author{Realm: "signed", ID: "u1"}, At: noon, Text: "👍"},
		},
		"unsafe addresses are dropped": {
			`{"id":"5","author":{"id":"u1"},"url":"javascript:alert(1)","text":"a\u0000b","attachments":[{"name":"../../x","url":"file:///etc/passwd"}]}`,
			channel.Inbound{Kind: channel.Message, ExternalID: "5", ThreadKey: "5", Author: channel.Author{Realm: "signed", ID: "u1"}, At: noon, Text: "ab", Attachments: []channel.Attachment{{Name: "../../x"}}},
		},
	} {
		got, err := receive(t, c.body)
		if err != nil || got.Cause != nil || got.Raw.Key != "msg_1" {
			t.Errorf("%s: %v, %v", name, err, got.Cause)
			continue
		}
		if diff := cmp.Diff([]channel.Inbound{c.want}, got.In); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestWhatCannotBeReadIsKeptWithItsCause(t *testing.T) {
	t.Parallel()
	for body, words := range map[string]string{
		`{`:                     "not JSON",
		``:                      "not JSON",
		`[]`:                    "could not be read",
		`{"text":7}`:            `field "text"`,
		`{"text":"x"}`:          "without an id",
		`{"id":"1","text":"x"}`: "without an author",
		`{"id":"1","author":{"id":"1","side":"robot"}}`:                 "author.side",
		`{"id":"1","author":{"id":"1"},"at":"yesterday"}`:               "could not be read",
		`{"id":"` + strings.Repeat("x", 600) + `","author":{"id":"1"}}`: "id of the message",
		`{"id":"a\nb","author":{"id":"1"}}`:                             "id of the message",
	} {
		got, err := receive(t, body)
		if err != nil || got.Cause == nil || len(got.In) != 0 || !strings.Contains(fault.Safe(got.Cause), words) {
			t.Errorf("%.60s: error %v, cause %v", body, err, got.Cause)
		}
	}
}

func TestSeveralSignatures(t *testing.T) {
	t.Parallel()
	a, err := signed.New(signed.Config{Secret: secret}, channel.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"id":"1","author":{"id":"1"}}`)
	h, _ := signed.Headers(secret, "m", noon, body)
	good := h.Get("webhook-signature")
	old, _ := signed.Sign(signed.GenerateSecret(), "m", noon, body)
	for sigs, ok := range map[string]bool{
		good + " " + old: true, old + " " + good: true, old: false, "v2," + good[3:]: false, "v1a,x " + good: true,
		strings.Repeat(old+" ", 20) + good: false,
	} {
		h.Set("webhook-signature", sigs)
		if _, err := a.Receive(h, body, noon); (err == nil) != ok {
			t.Errorf("%q: %v", sigs, err)
		}
	}
}

func TestEdgesOfTime(t *testing.T) {
	t.Parallel()
	a, _ := signed.New(signed.Config{Secret: secret}, channel.Deps{})
	body := []byte(`{}`)
	h, _ := signed.Headers(secret, "m", noon, body)
	for off, ok := range map[time.Duration]bool{5 * time.Minute: true, -5 * time.Minute: true, 301 * time.Second: false, -301 * time.Second: false} {
		if _, err := a.Receive(h, body, noon.Add(off)); (err == nil) != ok {
			t.Errorf("%s off: %v", off, err)
		}
	}
	if _, err := a.Receive(h, make([]byte, channel.MaxBody+1), noon); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too large: %v", err)
	}
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "x", "whsec_", "whsec_%%%", "whsec_c2hvcnQ=", strings.TrimPrefix(secret, "whsec_")} {
		if _, err := signed.New(signed.Config{Secret: s}, channel.Deps{}); !fault.Is(err, fault.Invalid) || s != "" && strings.Contains(err.Error(), s) && len(s) > 8 {
			t.Errorf("%q: %v", s, err)
		}
	}
	a, err := signed.New(signed.Config{Secret: secret}, channel.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Send(t.Context(), channel.Outbound{Key: "k", Text: "x"}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "no address for outgoing messages") {
		t.Errorf("without an address: %v", err)
	}
}

func TestAnswersOfTheOtherSystem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		kind   fault.Kind
		id     string
	}{
		{200, `{"id":"9","url":"https://x.example/9"}`, "", "9"},
		{201, `{"id":9}`, "", "9"},
		{409, `{"id":"9"}`, "", "9"},
		{409, `{}`, fault.Internal, ""},
		{200, ``, fault.Internal, ""},
		{200, `<html>`, fault.Internal, ""},
		{400, ``, fault.Invalid, ""},
		{404, ``, fault.Invalid, ""},
		{403, ``, fault.Forbidden, ""},
		{302, ``, fault.Invalid, ""},
		{429, ``, fault.Limited, ""},
		{500, ``, fault.Internal, ""},
		{503, ``, fault.Internal, ""},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		client := srv.Client()
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		a, err := signed.New(signed.Config{Secret: secret, URL: srv.URL}, channel.Deps{HTTP: client})
		if err != nil {
			t.Fatal(err)
		}
		r, err := a.Send(t.Context(), channel.Outbound{Key: "k", Text: "x"})
		if fault.KindOf(err) != c.kind || r.ExternalID != c.id {
			t.Errorf("%d %s: %+v, %s: %v", c.status, c.body, r, fault.KindOf(err), err)
		}
		srv.Close()
		if _, err := a.Send(t.Context(), channel.Outbound{Key: "k", Text: "x"}); !fault.Is(err, fault.Temporary) {
			t.Errorf("nobody there: %s: %v", fault.KindOf(err), err)
		}
	}
}

func FuzzReceive(f *testing.F) {
	a, err := signed.New(signed.Config{Secret: secret}, channel.Deps{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("m", "1763899200", "v1,x", []byte(`{"id":"1","author":{"id":"u"},"text":"x"}`))
	f.Add("", "", "", []byte(`{"kind":"edit","id":[]}`))
	f.Fuzz(func(t *testing.T, id, at, sig string, body []byte) {
		h := http.Header{signed.HeaderID: {id}, signed.HeaderTimestamp: {at}, signed.HeaderSignature: {sig}}
		if _, err := a.Receive(h, body, noon); err == nil {
			t.Errorf("taken without the secret: %q %q %q", id, at, sig)
		}
		h, err := signed.Headers(secret, "m", noon, body)
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.Receive(h, body, noon)
		if err != nil && !fault.Is(err, fault.TooLarge) {
			t.Errorf("refused: %v", err)
		}
		for _, in := range got.In {
			if channel.Clean(in.Text) != in.Text || len(in.ExternalID) > channel.MaxID {
				t.Errorf("not clean: %+v", in)
			}
		}
	})
}
