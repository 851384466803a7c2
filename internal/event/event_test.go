package event_test

import (
	"context"
	"testing"

	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/event"
	"answerable/internal/fault"
)

func TestToldAfterTheCommitAndOnlyThen(t *testing.T) {
	t.Parallel()
	hub := event.New()
	d := dbtest.Open(t, dbtest.SQLite(t), db.Options{Hints: hub.Take})
	got := hub.Subscribe(t.Context(), func(c event.Changed) bool { return c.Kind == "conversation" })
	want := event.Changed{Brand: "b", Kind: "conversation", ID: "1"}
	if err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
		event.After(tx, want)
		return fault.New(fault.Invalid, "no")
	}); err == nil {
		t.Fatal("it was to fail")
	}
	if err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
		event.After(tx, want, want, event.Changed{Kind: "other"})
		select {
		case c := <-got:
			t.Errorf("told before the commit: %+v", c)
		default:
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if c := <-got; c != want {
		t.Errorf("%+v", c)
	}
	select {
	case c := <-got:
		t.Errorf("told twice: %+v", c)
	default:
	}
}

func TestTheSlowAreToldToReadAgain(t *testing.T) {
	t.Parallel()
	hub := event.New()
	ctx, cancel := context.WithCancel(t.Context())
	got := hub.Subscribe(ctx, func(event.Changed) bool { return true })
	for range 5000 {
		hub.Tell(event.Changed{Kind: "conversation"})
	}
	cancel()
	lost := false
	for c := range got {
		lost = lost || c.Kind == event.Lost
	}
	if !lost {
		t.Error("hints were lost and nobody was told")
	}
}
