package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"answerable/internal/channel"
	"answerable/internal/desktest/require"
)

func newAdapter(tb testing.TB, me account) *Adapter {
	tb.Helper()
	a, err := New(Config{Server: "http://127.0.0.1:1", Token: "token-of-acme"}, channel.Deps{})
	if err != nil {
		tb.Fatal(err)
	}
	a.me = me
	return a
}

func fixture(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(require.Shared(t, "data/fixtures/mastodon/"+name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

func in(t *testing.T, list []found, err error) channel.Inbound {
	t.Helper()
	if err != nil || len(list) != 1 || list[0].Cause != nil || len(list[0].In) != 1 {
		t.Fatalf("got %+v, %v", list, err)
	}
	return list[0].In[0]
}

// What a real server (recorded) says, read as ours.
func TestRecordedMention(t *testing.T) {
	t.Parallel()
	var notes []json.RawMessage
	fixture(t, "test_notifications__2_GET_v1_notifications.json", &notes)
	var one json.RawMessage
	fixture(t, "test_notifications__3_GET_v1_notifications_20.json", &one)
	a := newAdapter(t, account{ID: "117020565966271181", Acct: "mastodonpy_test"})
	want := channel.Inbound{
		Kind: channel.Message, ExternalID: "117020576916218297", ThreadKey: "117020576916218297",
		Author: channel.Author{Realm: "127.0.0.1:1", ID: "117020565693913441", Handle: "admin", Reach: 1},
		Public: true, At: time.Date(2026, 8, 1, 13, 51, 39, 138e6, time.UTC), Lang: "en", Text: "@mastodonpy_test hello!",
		URL: "http://localhost:3000/@admin/117020576916218297",
	}
	for _, body := range append(notes, one) {
		list, err := a.read(t.Context(), channel.Raw{Head: headNotification, Body: body}, false)
		if diff := cmp.Diff(want, in(t, list, err)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if list[0].Raw.Key != "n:20" {
			t.Errorf("key %q", list[0].Raw.Key)
		}
	}
}

func TestRecordedPrivateConversation(t *testing.T) {
	t.Parallel()
	var talks []struct {
		Last json.RawMessage `json:"last_status"`
	}
	fixture(t, "test_conversations__3_GET_v1_conversations_.json", &talks)
	// Ours, to admin; then theirs, under a post of ours.
	a := newAdapter(t, account{ID: "117020566092212359"})
	list, err := a.read(t.Context(), channel.Raw{Head: headStatus, Body: talks[0].Last}, false)
	if m := in(t, list, err); m.Kind != channel.Own || m.Public || m.ThreadKey != "direct:117020565693913441" || m.Text != "@admin ilu bby ;3" || m.Lang != "ja" {
		t.Errorf("got %+v", m)
	}
	a = newAdapter(t, account{ID: "117020565966271181"})
	list, err = a.read(t.Context(), channel.Raw{Head: headStatus, Body: talks[1].Last}, false)
	if m := in(t, list, err); m.Kind != channel.Message || m.Public || m.ThreadKey != "direct:117020566092212359" || m.InReplyTo != "117020588315335369" {
		t.Errorf("got %+v", m)
	}
}

func TestRecordedFavourites(t *testing.T) {
	t.Parallel()
	var group struct {
		Accounts []account         `json:"accounts"`
		Statuses []json.RawMessage `json:"statuses"`
	}
	fixture(t, "test_grouped_notifications__4_GET_v2_notifications.json", &group)
	if len(group.Accounts) == 0 || len(group.Statuses) != 1 {
		t.Fatalf("got %+v", group)
	}
	var st status
	if err := json.Unmarshal(group.Statuses[0], &st); err != nil {
		t.Fatal(err)
	}
	a := newAdapter(t, st.Account)
	acct, _ := json.Marshal(map[string]any{"id": group.Accounts[0].ID, "acct": group.Accounts[0].Acct})
	note, _ := json.Marshal(map[string]json.RawMessage{"id": json.RawMessage(`7`), "type": json.RawMessage(`"favourite"`), "created_at": json.RawMessage(`"2026-08-01T00:00:00Z"`), "account": acct, "status": group.Statuses[0]})
	list, err := a.read(t.Context(), channel.Raw{Head: headNotification, Body: note}, false)
	if m := in(t, list, err); m.Kind != channel.Reaction || m.InReplyTo != string(st.ID) || m.ExternalID != "favourite:7" {
		t.Errorf("got %+v", m)
	}
}

// Every recorded status is read without loss, whoever wrote it.
func TestEveryRecordedStatus(t *testing.T) {
	t.Parallel()
	dir := require.Shared(t, "data/fixtures/mastodon")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		if !strings.Contains(f.Name(), "_POST_v1_statuses") {
			continue
		}
		var body json.RawMessage
		fixture(t, f.Name(), &body)
		var st status
		if err := json.Unmarshal(body, &st); err != nil {
			t.Errorf("%s: %v", f.Name(), err)
		}
		a := newAdapter(t, st.Account)
		a.memory.put(place{ID: string(st.InReplyTo), Root: "root"})
		list, err := a.read(t.Context(), channel.Raw{Head: headStatus, Body: body}, false)
		m := in(t, list, err)
		if m.Kind != channel.Own || m.Text == "" && len(m.Attachments) == 0 || m.At.IsZero() || strings.ContainsAny(m.Text, "<>") {
			t.Errorf("%s: %+v", f.Name(), m)
		}
		n++
	}
	if n < 7 {
		t.Errorf("only %d recorded statuses", n)
	}
}

func TestTranslation(t *testing.T) {
	t.Parallel()
	const ana = `{"id":"2","acct":"ana@far.example","display_name":"Ana \u202e","bot":false,"followers_count":null}`
	const us = `{"id":"1","acct":"acme"}`
	mention := `[{"id":"1","acct":"acme"}]`
	for name, c := range map[string]struct {
		head, body string
		want       []channel.Inbound
	}{
		"content warning, pictures, numbers for ids": {
			headNotification, `{"id":9,"type":"mention","account":` + ana + `,"status":{"id":30,"created_at":"2026-11-23T12:00:00.123456789+01:00","visibility":"unlisted","spoiler_text":"Broken again?","content":"<p>@acme</p>","url":null,"uri":"https://far.example/30","account":` + ana + `,"mentions":` + mention + `,"media_attachments":[{"type":"image","url":null,"remote_url":"https://far.example/m/a.JPG?x=1","description":"a cup"}]}}`,
			[]channel.Inbound{{Kind: channel.Message, ExternalID: "30", ThreadKey: "30", Public: true, Text: "Broken again?\n\n@acme", URL: "https://far.example/30", Attachments: []channel.Attachment{{Name: "a.JPG", Type: "image/jpeg", URL: "https://far.example/m/a.JPG?x=1", Alt: "a cup"}}, At: time.Date(2026, 11, 23, 11, 0, 0, 123456000, time.UTC), Author: channel.Author{Realm: "127.0.0.1:1", ID: "2", Handle: "ana@far.example", Name: "Ana"}}},
		},
		"followers only is not public": {
			headStatus, `{"id":"31","created_at":"","visibility":"private","content":"x","account":` + ana + `,"mentions":` + mention + `}`,
			[]channel.Inbound{{Kind: channel.Message, ExternalID: "31", ThreadKey: "direct:2", Text: "x", Author: channel.Author{Realm: "127.0.0.1:1", ID: "2", Handle: "ana@far.example", Name: "Ana"}}},
		},
		"not about us":          {headStatus, `{"id":"32","visibility":"public","content":"x","account":` + ana + `}`, nil},
		"a boost is no message": {headStatus, `{"id":"33","visibility":"public","account":` + us + `,"reblog":{"id":"1"}}`, nil},
		"an onlooker in a thread we know": {
			headStatus, `{"id":"34","in_reply_to_id":"20","visibility":"public","content":"me too","account":{"id":"3","acct":"ben"}}`,
			[]channel.Inbound{{Kind: channel.Message, ExternalID: "34", InReplyTo: "20", ThreadKey: "10", Public: true, Text: "me too", Author: channel.Author{Realm: "127.0.0.1:1", ID: "3", Handle: "ben"}}},
		},
		"edited by its author": {
			headEdit, `{"id":"20","created_at":"2026-11-23T10:00:00Z","edited_at":"2026-11-23T11:00:00Z","visibility":"public","content":"better","account":` + us + `}`,
			[]channel.Inbound{{Kind: channel.Edit, ExternalID: "20", ThreadKey: "10", Public: true, Text: "better", At: time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC), Author: channel.Author{Realm: "127.0.0.1:1", ID: "1", Handle: "acme"}}},
		},
		"an edit of something else": {headEdit, `{"id":"35","visibility":"public","content":"x","account":` + ana + `}`, nil},
		"boosted": {
			headNotification, `{"id":"11","type":"reblog","created_at":"2026-11-23T10:00:00Z","account":` + ana + `,"status":{"id":"20","visibility":"public"}}`,
			[]channel.Inbound{{Kind: channel.Repost, ExternalID: "reblog:11", InReplyTo: "20", ThreadKey: "10", Public: true, At: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), Author: channel.Author{Realm: "127.0.0.1:1", ID: "2", Handle: "ana@far.example", Name: "Ana"}}},
		},
		"a follower is no message": {headNotification, `{"id":"12","type":"follow","account":` + ana + `}`, nil},
	} {
		a := newAdapter(t, account{ID: "1", Acct: "acme"})
		a.memory.put(place{ID: "20", Root: "10"})
		list, err := a.read(t.Context(), channel.Raw{Head: c.head, Body: []byte(c.body)}, false)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []channel.Inbound
		for _, f := range list {
			if f.Cause != nil {
				t.Errorf("%s: %v", name, f.Cause)
			}
			got = append(got, f.In...)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestWhatCannotBeReadIsKept(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, account{ID: "1"})
	for _, c := range [][2]string{
		{headNotification, `{`},
		{headNotification, `{"id":"1","type":"mention"}`},
		{headNotification, `{"id":"1","type":"mention","status":[]}`},
		{headStatus, `{"id":{}}`},
		{headStatus, `{}`},
		{headStatus, `{"id":"1","account":{"id":"` + strings.Repeat("9", 600) + `"},"mentions":[{"id":"1"}]}`},
		{headNotification, `{"id":"3","type":"reblog"}`},
	} {
		list, err := a.read(t.Context(), channel.Raw{Head: c[0], Body: []byte(c[1])}, true)
		if err != nil || len(list) != 1 || list[0].Cause == nil || string(list[0].Raw.Body) != c[1] {
			t.Errorf("%s %.60s: %+v %v", c[0], c[1], list, err)
		}
	}
	for _, typ := range []string{"moderation_warning", "severed_relationships", "tomorrow"} {
		list, err := a.read(t.Context(), channel.Raw{Head: headNotification, Body: []byte(`{"id":"8","type":"` + typ + `"}`)}, false)
		if m := in(t, list, err); m.Kind != channel.Unknown || m.Text != typ || list[0].Raw.Key != "n:8" {
			t.Errorf("got %+v", list)
		}
	}
}

// A mention that was first read as another's ancestor is owed an answer once its own notification comes.
func TestAncestorIsNotTakenForTold(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, account{ID: "1"})
	st := `{"id":"20","visibility":"public","content":"hi","account":{"id":"2"},"mentions":[{"id":"1"}]}`
	var got []channel.Inbound
	var keys []string
	sink := func(_ context.Context, _ string, arr ...channel.Arrival) error {
		for _, x := range arr {
			got, keys = append(got, x.In...), append(keys, x.Raw.Key)
		}
		return nil
	}
	for _, raw := range []channel.Raw{
		{Head: headContext, Body: []byte(st)},
		{Head: headContext, Body: []byte(st)},
		{Head: headNotification, Body: []byte(`{"id":"7","type":"mention","status":` + strings.Replace(st, "hi", `ho","edited_at":"2026-11-23T10:00:00Z`, 1) + `}`)},
		{Head: headStatus, Body: []byte(st)},
	} {
		list, err := a.read(t.Context(), raw, false)
		if err == nil {
			err = a.give(t.Context(), "", list, sink)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	// The second has been edited since, so it is told as one too; the last is an event that waited, older than that.
	if len(got) != 3 || !got[0].Context || got[1].Context || got[1].Kind != channel.Message || got[2].Kind != channel.Edit || got[2].Text != "ho" || keys[0] != "c:20:" || keys[1] != "n:7" {
		t.Errorf("got %q: %+v", keys, got)
	}
}

func TestAddressed(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, account{ID: "1", Acct: "acme"})
	for _, c := range [][3]string{
		{"ana", "Hello", "@ana Hello"},
		{"ana", "Hello @ana!", "Hello @ana!"},
		{"ana", "Hello @ANA", "Hello @ANA"},
		{"ana", "Hello @anabel", "@ana Hello @anabel"},
		{"ana", "Hello x@ana", "@ana Hello x@ana"},
		{"ana", "Hello @ana@far.example", "@ana Hello @ana@far.example"},
		{"ana@far.example", "Hello @ana", "@ana@far.example Hello @ana"},
		{"ana@far.example", "Hello @ana@far.example.", "Hello @ana@far.example."},
		{"", "Hello", "Hello"},
	} {
		if got := a.Addressed(channel.Outbound{To: channel.Author{ID: "2", Handle: c[0]}, Text: c[1]}); got != c[2] {
			t.Errorf("%q to %q: got %q, want %q", c[1], c[0], got, c[2])
		}
	}
	if got := a.Addressed(channel.Outbound{To: channel.Author{ID: "1", Handle: "acme"}, Text: "x"}); got != "x" {
		t.Errorf("to ourselves: %q", got)
	}
}

func TestAlike(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"@ana@far.example  Hello\n\nyou", "@ana Hello you"},
		{"Cafe\u0301", "Café"},
		{"see https://a.example/ now", "see https://a.example now"},
	} {
		if alike(c[0]) != alike(c[1]) {
			t.Errorf("%q and %q: %q and %q", c[0], c[1], alike(c[0]), alike(c[1]))
		}
	}
	if alike("Yes.") == alike("Yes!") {
		t.Error("other words are not the same")
	}
}

func TestStreamingURL(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"https://a.example", `{"configuration":{"urls":{"streaming":"wss://s.a.example"}}}`, "https://s.a.example"},
		{"https://a.example", `{"urls":{"streaming_api":"wss://old.a.example/"}}`, "https://old.a.example/"},
		{"https://a.example", `{"configuration":{"urls":{"streaming":"ws://s.a.example"}}}`, "https://a.example"},
		{"http://127.0.0.1:80", `{"configuration":{"urls":{"streaming":"ws://127.0.0.1:81"}}}`, "http://127.0.0.1:81"},
		{"https://a.example", `{"urls":[]}`, "https://a.example"},
		{"https://a.example", `{"configuration":{"urls":{"streaming":"file:///etc"}}}`, "https://a.example"},
		{"https://a.example", `{"configuration":{"urls":{"streaming":"https://me:you@b.example"}}}`, "https://a.example"},
	} {
		base, _ := url.Parse(c[0])
		var in instance
		if err := json.Unmarshal([]byte(c[1]), &in); err != nil {
			t.Fatal(err)
		}
		if got := streamingURL(base, in).String(); got != c[2] {
			t.Errorf("%s with %s: %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func events(tb testing.TB, s string) (out []event, lines int) {
	tb.Helper()
	err := readEvents(strings.NewReader(s), func() { lines++ }, func(e event) error { out = append(out, e); return nil })
	if !errors.Is(err, errStreamClosed) {
		tb.Errorf("ended with %v", err)
	}
	return out, lines
}

func TestReadEvents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want []event
	}{
		"by the book":             {"event: update\ndata: {}\n\n", []event{{name: "update", data: []byte("{}")}}},
		"heartbeats":              {":thump\n:thump\n\n:thump\nevent: delete\ndata: 1\n\n", []event{{name: "delete", data: []byte("1")}}},
		"windows lines, no space": {"event:a\r\ndata:1\r\n\r\n", []event{{name: "a", data: []byte("1")}}},
		"two data lines":          {"event: a\ndata: 1\ndata: 2\n\n", []event{{name: "a", data: []byte("1\n2")}}},
		"never finished":          {"event: a\ndata: 1\n", nil},
		"other fields":            {"id: 7\nretry: 9\nfoo\nevent: a\ndata: 1\n\n", []event{{name: "a", data: []byte("1")}}},
		"colons in data":          {"event: a\ndata: {\"a\":\"b\"}\n\n", []event{{name: "a", data: []byte(`{"a":"b"}`)}}},
	} {
		got, _ := events(t, c.in)
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(event{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	got, _ := events(t, "event: a\ndata: "+strings.Repeat("x", 10<<20)+"\n\nevent: b\ndata: 1\n\n")
	if len(got) != 2 || !got[0].cut || len(got[0].data) > maxEvent || got[1].name != "b" || got[1].cut {
		t.Errorf("a line of 10 MB: %d events", len(got))
	}
	broken := readEvents(io.MultiReader(strings.NewReader("event: a\n"), iotestErr{}), func() {}, func(event) error { return nil })
	if broken == nil || errors.Is(broken, errStreamClosed) {
		t.Errorf("broken: %v", broken)
	}
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func FuzzReadEvents(f *testing.F) {
	f.Add("event: a\ndata: b\n\n")
	f.Add(":thump\n\n\nevent\r\ndata\r\n\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		got, _ := events(t, s)
		for _, e := range got {
			if len(e.data) > len(s) || strings.Contains(e.name, "\n") {
				t.Errorf("%q gave %+v", s, e)
			}
		}
	})
}

func FuzzTranslation(f *testing.F) {
	f.Add(0, []byte(`{"id":"1","type":"mention","account":{"id":"2"},"status":{"id":"3","visibility":"public","content":"<p>x</p>","account":{"id":"2"},"mentions":[{"id":"1"}]}}`))
	f.Add(1, []byte(`{"id":"3","created_at":"2026-11-23T10:00:00Z","edited_at":"2026-11-23T10:00:00Z","visibility":"direct","account":{"id":"1"},"media_attachments":[{"url":"//x"}]}`))
	f.Add(3, []byte(`117667613842079744`))
	heads := []string{headNotification, headStatus, headEdit, headDelete, headContext, "event x", ""}
	f.Fuzz(func(t *testing.T, h int, body []byte) {
		a := newAdapter(t, account{ID: "1"})
		var st struct {
			InReplyTo ident           `json:"in_reply_to_id"`
			Status    json.RawMessage `json:"status"`
		}
		_ = json.Unmarshal(body, &st)
		a.memory.put(place{ID: string(st.InReplyTo), Root: "r"}) // so that nothing is asked of a network
		_ = json.Unmarshal(st.Status, &st)
		a.memory.put(place{ID: string(st.InReplyTo), Root: "r"})
		list, err := a.read(t.Context(), channel.Raw{Head: heads[(h%7+7)%7], Body: body}, true)
		if err != nil {
			return // it wanted to ask
		}
		for _, x := range list {
			for _, m := range x.In {
				if channel.Clean(m.Text) != m.Text || m.At.Location() != time.UTC && !m.At.IsZero() {
					t.Errorf("not clean: %+v", m)
				}
			}
		}
	})
}
