package porter_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"answerable/internal/auth"
	"answerable/internal/channel/signed"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/account"
	"answerable/internal/desk/arrival"
	"answerable/internal/desktest"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/porter"
	"answerable/internal/secret"
)

type door struct {
	*desktest.World
	p       *porter.Porter
	account account.Account
}

func newDoor(t *testing.T, d *db.DB) *door {
	t.Helper()
	w := desktest.New(t, d)
	box, err := secret.Open(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	p := porter.New(porter.Deps{DB: d, Hub: event.New(), Box: box, Log: slog.New(slog.DiscardHandler), Node: "n"})
	a, err := p.Connect(t.Context(), auth.TheHouse(), w.Brand.ID, "signed", json.RawMessage(`{"name":"shop"}`))
	if err != nil {
		t.Fatal(err)
	}
	return &door{w, p, a}
}

func (d *door) deliver(id, lang string) error {
	body := fmt.Sprintf(`{"id":%q,"author":{"id":"a","name":"A","side":"customer"},"public":true,"lang":%q,"at":"2026-11-23T09:02:00Z","text":"Where is it?"}`, id, lang)
	r := httptest.NewRequestWithContext(d.T.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.SetPathValue("channel", "signed")
	r.SetPathValue("account", string(d.account.ID))
	var err error
	if r.Header, err = signed.Headers(d.account.Made["secret"], "msg_"+id, time.Now(), []byte(body)); err != nil {
		return err
	}
	return d.p.Receive(httptest.NewRecorder(), r)
}

func TestOneBadMessageDoesNotHarmItsNeighbours(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newDoor(t, d)
		// A rule of the database that the second message in this language breaks: nothing that reads it beforehand can know.
		w.Write(func(tx *db.Tx) error {
			_, err := tx.Exec(`CREATE UNIQUE INDEX poison ON message (lang) WHERE lang = 'tlh'`)
			return err
		})
		if err := w.deliver("first", "tlh"); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 60 {
			lang := "en"
			if i == 31 {
				lang = "tlh"
			}
			wg.Go(func() {
				if err := w.deliver(fmt.Sprintf("m%d", i), lang); err != nil {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		wg.Wait()
		var messages, unread int64
		var open []arrival.Stored
		w.Read(func(tx *db.Tx) (err error) {
			if _, err = tx.Row(`SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM arrival WHERE outcome = 'unreadable')`, nil, &messages, &unread); err != nil {
				return err
			}
			open, err = arrival.Open(tx, auth.TheHouse(), w.account.ID, 10)
			return err
		})
		if messages != 60 || unread != 1 || len(open) != 1 || open[0].Cause == "" {
			t.Fatalf("%d messages, %d unreadable, shown %+v; want 60, 1, the bad one", messages, unread, open)
		}
		// After a fix it is read again, once.
		w.Write(func(tx *db.Tx) error { _, err := tx.Exec(`DROP INDEX poison`); return err })
		if err := w.p.Again(t.Context(), auth.TheHouse(), open[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := w.p.Again(t.Context(), auth.TheHouse(), open[0].ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("read a second time: %v", err)
		}
		w.Read(func(tx *db.Tx) error {
			_, err := tx.Row(`SELECT count(*) FROM message`, nil, &messages)
			return err
		})
		if messages != 61 {
			t.Errorf("%d messages after reading it again", messages)
		}
	})
}

func TestSettingsAreTriedBeforeTheyAreKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newDoor(t, d)
		for config, word := range map[string]string{`{"secrt":"x"}`: "secrt", `{"secret":"short"}`: "secret", `[]`: ""} {
			if _, err := w.p.Connect(t.Context(), auth.TheHouse(), w.Brand.ID, "signed", json.RawMessage(config)); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %v", config, err)
			}
		}
		if _, err := w.p.Connect(t.Context(), auth.TheHouse(), w.Brand.ID, "carrier-pigeon", json.RawMessage(`{}`)); !fault.Is(err, fault.Invalid) {
			t.Errorf("an unknown channel: %v", err)
		}
		if _, err := w.p.Connect(t.Context(), w.Mara.Actor(), w.Brand.ID, "signed", json.RawMessage(`{"name":"x"}`)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an agent: %v", err)
		}
		if _, err := w.p.Connect(t.Context(), auth.TheHouse(), w.Brand.ID, "signed", json.RawMessage(`{"name":"shop"}`)); !fault.Is(err, fault.Conflict) {
			t.Errorf("twice: %v", err)
		}
		// Switched off, nothing comes in.
		off := true
		if _, err := w.p.Change(t.Context(), auth.TheHouse(), w.account.ID, porter.Change{Off: &off}); err != nil {
			t.Fatal(err)
		}
		var a account.Account
		w.Read(func(tx *db.Tx) (err error) {
			a, err = account.Get(tx, auth.TheHouse(), w.account.ID)
			return err
		})
		if a.Health != account.Off || strings.Contains(string(a.Config), "whsec") || strings.Contains(string(a.Sealed), "whsec") {
			t.Errorf("%+v", a)
		}
	})
}
