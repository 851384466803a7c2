// Package desktest builds small worlds for tests: a brand, people, an account, customers who write. It goes through the same functions
// as everybody else.
package desktest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/directory"
	"answerable/internal/flow/intake"
)

// World is a brand with an account and two agents, Mara and Tom, who are not here yet.
type World struct {
	T       testing.TB
	DB      *db.DB
	Brand   brand.Brand
	Account account.Account
	Mara    directory.Person
	Tom     directory.Person
	n       int
}

// New makes a world in an empty, migrated database.
func New(t testing.TB, d *db.DB) *World {
	t.Helper()
	w := &World{T: t, DB: d}
	w.Write(func(tx *db.Tx) (err error) {
		if w.Brand, err = brand.Add(tx, auth.TheHouse(), brand.Brand{Slug: "tarn", Name: "Tarn & Rye", Zone: "Europe/Berlin"}); err != nil {
			return err
		}
		w.Account, err = account.Connect(tx, auth.TheHouse(), account.Account{Brand: w.Brand.ID, Channel: "signed", ExternalID: "tarn", Handle: "tarn", Name: "Tarn & Rye", Config: json.RawMessage("{}")})
		return err
	})
	w.Mara, w.Tom = w.Person("mara@tarn.example", "Mara Lindqvist", auth.Agent), w.Person("tom@tarn.example", "Tom Wilk", auth.Agent)
	return w
}

// Write runs fn in a transaction and fails the test on an error.
func (w *World) Write(fn func(*db.Tx) error) {
	w.T.Helper()
	if err := w.DB.Write(w.T.Context(), db.Desk, fn); err != nil {
		w.T.Fatal(err)
	}
}

// Read is Write for reading.
func (w *World) Read(fn func(*db.Tx) error) {
	w.T.Helper()
	if err := w.DB.Read(w.T.Context(), fn); err != nil {
		w.T.Fatal(err)
	}
}

// Person adds somebody to the house.
func (w *World) Person(email, name string, r auth.Role) (p directory.Person) {
	w.T.Helper()
	w.Write(func(tx *db.Tx) (err error) {
		p, err = directory.Add(tx, auth.TheHouse(), directory.Person{Email: email, Name: name, Role: r})
		return err
	})
	return p
}

// Here makes people present.
func (w *World) Here(who ...directory.Person) {
	w.T.Helper()
	w.Write(func(tx *db.Tx) error {
		for _, p := range who {
			if err := directory.SetPresence(tx, p.Actor(), p.ID, directory.Here); err != nil {
				return err
			}
		}
		return nil
	})
}

// Says is a customer's message. Empty thread: the message begins one.
func (w *World) Says(who, thread, words string) channel.Inbound {
	w.n++
	id := fmt.Sprintf("m%d", w.n)
	in := channel.Inbound{
		Kind: channel.Message, ExternalID: id, ThreadKey: thread, Author: channel.Author{Realm: "signed", ID: who, Handle: who}, Public: true,
		At: time.UnixMicro(w.DB.Now()).UTC(), Text: words,
	}
	if thread == "" {
		in.ThreadKey = id
	} else {
		in.InReplyTo = thread
	}
	return in
}

// Arrivals wraps events, one a delivery.
func (w *World) Arrivals(in ...channel.Inbound) []channel.Arrival {
	out := make([]channel.Arrival, len(in))
	for i, x := range in {
		w.n++
		out[i] = channel.Arrival{Raw: channel.Raw{Key: fmt.Sprintf("%s:%s:%d", x.Kind, x.ExternalID, w.n), Body: []byte(x.Text)}, In: []channel.Inbound{x}}
	}
	return out
}

// Hears files what happened in one batch.
func (w *World) Hears(in ...channel.Inbound) []conversation.Received {
	w.T.Helper()
	return w.Files(w.Arrivals(in...)).Received
}

// Files files deliveries in one batch.
func (w *World) Files(a []channel.Arrival) (r intake.Result) {
	w.T.Helper()
	b := intake.Batch{Brand: w.Brand, Account: w.Account, Arrivals: a, Meaning: intake.Understand(a)}
	if err := w.DB.Write(w.T.Context(), db.Intake, func(tx *db.Tx) (err error) {
		r, err = intake.Do(tx, b)
		return err
	}); err != nil {
		w.T.Fatal(err)
	}
	return r
}

// Conversation reads one.
func (w *World) Conversation(id conversation.ID) (c conversation.Conversation) {
	w.T.Helper()
	w.Read(func(tx *db.Tx) (err error) {
		c, err = conversation.Get(tx, auth.TheHouse(), id)
		return err
	})
	return c
}
