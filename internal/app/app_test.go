package app_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"answerable/internal/app"
	"answerable/internal/auth"
	"answerable/internal/channel/signed"
	"answerable/internal/config"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/read/inbox"
)

// house is a running app with a brand and a signed account.
type house struct {
	*app.App
	t       *testing.T
	account account.Account
	secret  string
	server  *httptest.Server
}

func newHouse(t *testing.T, address string) *house {
	t.Helper()
	c, err := config.Config{Data: t.TempDir(), Database: address, AllowPrivate: []string{"127.0.0.0/8"}}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), c, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); a.Run(ctx) }()
	h := &house{App: a, t: t, server: httptest.NewServer(a.Handler())}
	t.Cleanup(func() {
		h.server.Close()
		cancel()
		<-done
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	var b brand.Brand
	if err := a.DB.Write(t.Context(), db.Desk, func(tx *db.Tx) (err error) {
		b, err = brand.Add(tx, auth.TheHouse(), brand.Brand{Slug: "tarn", Name: "Tarn & Rye"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if h.account, err = a.Porter.Connect(t.Context(), auth.TheHouse(), b.ID, "signed", json.RawMessage(`{"name":"shop"}`)); err != nil {
		t.Fatal(err)
	}
	h.secret = h.account.Made["secret"]
	return h
}

func (h *house) post(id, body, secret string) (int, map[string]any) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.server.URL+"/in/signed/"+string(h.account.ID), strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if req.Header, err = signed.Headers(secret, id, time.Now(), []byte(body)); err != nil {
		h.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	_ = json.NewDecoder(res.Body).Decode(&out)
	return res.StatusCode, out
}

const hello = `{"id":"1","author":{"id":"hanne","name":"Hanne Brekke","side":"customer"},"public":true,"at":"2026-11-23T09:02:00Z","text":"Why do you still print these?"}`

func TestSignedDoorFilesOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachAddress(t, func(t *testing.T, address string) {
		h := newHouse(t, address)
		code, first := h.post("msg_1", hello, h.secret)
		if code != http.StatusAccepted || first["new"] != true || first["arrival"] == "" {
			t.Fatalf("%d %v", code, first)
		}
		if code, again := h.post("msg_1", hello, h.secret); code != http.StatusAccepted || again["new"] != false || again["arrival"] != first["arrival"] {
			t.Errorf("again: %d %v", code, again)
		}
		if code, _ := h.post("msg_2", hello, signed.GenerateSecret()); code != http.StatusUnauthorized {
			t.Errorf("wrong signature: %d", code)
		}
		if code, _ := h.post("msg_3", `{"text":"`+strings.Repeat("a", 2<<20)+`"}`, h.secret); code != http.StatusRequestEntityTooLarge {
			t.Errorf("too large: %d", code)
		}
		if code, _ := h.post("msg_4", `{"this is`, h.secret); code != http.StatusAccepted {
			t.Errorf("what cannot be read is kept raw and accepted: %d", code)
		}
		var counts []inbox.Count
		var refused, arrivals, unread int64
		if err := h.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
			if counts, err = inbox.Counts(tx, auth.TheHouse(), "", "", inbox.All); err != nil {
				return err
			}
			_, err = tx.Row(`SELECT (SELECT refused FROM account), (SELECT count(*) FROM arrival), (SELECT count(*) FROM arrival WHERE outcome = 'unreadable')`, nil, &refused, &arrivals, &unread)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if counts[0].N != 1 || refused != 1 || arrivals != 2 || unread != 1 {
			t.Errorf("%d conversations, %d refused, %d arrivals, %d unreadable; want 1, 1, 2, 1", counts[0].N, refused, arrivals, unread)
		}
	})
}

func TestSearchFindsWhatCameIn(t *testing.T) {
	t.Parallel()
	dbtest.EachAddress(t, func(t *testing.T, address string) {
		h := newHouse(t, address)
		h.post("msg_1", hello, h.secret)
		for q, want := range map[string]int{
			"print": 1, "printer": 0, "from:hanne is:open": 1, `"still print"`: 1, `"print still"`: 0, "print -why": 0, "brekk*": 1, "is:resolved": 0,
			"brand:tarn after:2020-01-01": 1, "before:2020-01-01": 0, "owner:none print": 1,
		} {
			got := -1
			for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && got != want; {
				if err := h.DB.Read(t.Context(), func(tx *db.Tx) error {
					p, err := inbox.List(tx, auth.TheHouse(), inbox.Query{Search: q})
					got = len(p.Rows)
					return err
				}); err != nil {
					t.Fatalf("%s: %v", q, err)
				}
			}
			if got != want {
				t.Errorf("%s: %d hits, want %d", q, got, want)
			}
		}
	})
}

func TestFilesAreFetchedAndKeptByWhatTheyAre(t *testing.T) {
	t.Parallel()
	dbtest.EachAddress(t, func(t *testing.T, address string) {
		h := newHouse(t, address)
		files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/sleeve.png" {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/html") // what it says it is
			_, _ = w.Write([]byte("\x89PNG\r\n\x1a\n and so on"))
		}))
		defer files.Close()
		body := `{"id":"1","author":{"id":"hanne","name":"Hanne","side":"customer"},"public":true,"at":"2026-11-23T09:02:00Z","text":"Look at this.","attachments":[
			{"name":"sleeve.png","type":"image/png","url":"` + files.URL + `/sleeve.png"},{"name":"gone.png","type":"image/png","url":"` + files.URL + `/gone.png"}]}`
		if code, out := h.post("msg_1", body, h.secret); code != http.StatusAccepted {
			t.Fatalf("%d %v", code, out)
		}
		var got []string
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			got = nil
			if err := h.DB.Read(t.Context(), func(tx *db.Tx) error {
				return tx.Query(`SELECT name || ' ' || state || ' ' || type FROM attachment ORDER BY n`, nil, func(r *sql.Rows) error {
					var s string
					err := r.Scan(&s)
					got = append(got, s)
					return err
				})
			}); err != nil {
				t.Fatal(err)
			}
			if len(got) == 2 && got[0] == "sleeve.png kept image/png" && got[1] == "gone.png failed image/png" {
				return
			}
		}
		t.Errorf("%q", got)
	})
}

func TestMetricsAreNotForTheWorld(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	for proxy, want := range map[string]int{"": http.StatusOK, "203.0.113.9": http.StatusNotFound} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.URL+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		if proxy != "" {
			req.Header.Set("X-Forwarded-For", proxy)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("for %q: %d, want %d", proxy, res.StatusCode, want)
		}
	}
}
