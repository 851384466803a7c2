// Package alarm wakes the house at a time: one row a kind and subject, fired once, in the transaction that removes it.
package alarm

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"answerable/internal/db"
	"answerable/internal/event"
)

// Alarm is one due time. Setting it again moves it.
type Alarm struct {
	Kind, Subject, Brand string
	Due                  int64 // microseconds UTC
	Tries                int64 // how often it has rung and failed
}

// Set puts or moves an alarm.
func Set(tx *db.Tx, a Alarm) error {
	_, err := tx.Exec(`INSERT INTO alarm (kind, subject, brand_id, due_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind, subject) DO UPDATE SET due_at = excluded.due_at, tries = 0, error = ''`, a.Kind, a.Subject, a.Brand, a.Due)
	event.After(tx, event.Changed{Kind: event.Alarm})
	return err
}

// Clear removes one. was is false when it had rung already, or never was.
func Clear(tx *db.Tx, kind, subject string) (was bool, err error) {
	n, err := tx.Exec(`DELETE FROM alarm WHERE kind = $1 AND subject = $2`, kind, subject)
	return n == 1, err
}

// Table says what happens when an alarm of a kind rings.
type Table map[string]func(*db.Tx, Alarm) error

const (
	batch  = 128
	look   = time.Second // another node may have set one
	repeat = 5 * time.Second
)

// Run fires due alarms in batches until ctx ends; any number of nodes may run it.
func Run(ctx context.Context, d *db.DB, hub *event.Hub, log *slog.Logger, fire Table) {
	woken := hub.Subscribe(ctx, func(c event.Changed) bool { return c.Kind == event.Alarm || c.Kind == event.Lost })
	for ctx.Err() == nil {
		n, next, err := Fire(ctx, d, log, fire)
		if err != nil && ctx.Err() == nil {
			log.Error("alarms", "err", err)
		}
		if n > 0 && err == nil {
			continue
		}
		wait := d.Until(next, look)
		if err != nil {
			wait = look
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-t.C:
		case <-woken:
		}
		t.Stop()
	}
}

// Fire rings what is due, once, and returns how many rang and when the next is due.
func Fire(ctx context.Context, d *db.DB, log *slog.Logger, fire Table) (n int, next int64, err error) {
	next = db.Never
	if err := d.Read(ctx, func(tx *db.Tx) error {
		_, err := tx.Row(`SELECT due_at FROM alarm ORDER BY due_at LIMIT 1`, nil, &next)
		return err
	}); err != nil || next > d.Now() {
		return 0, next, err
	}
	var due []Alarm
	err = d.Write(ctx, db.Desk, func(tx *db.Tx) error {
		due = due[:0]
		if err := taken(tx, batch, &due); err != nil {
			return err
		}
		for _, a := range due {
			if err := ring(tx, fire, a); err != nil {
				return failed{a, err}
			}
		}
		return nil
	})
	if err == nil || len(due) == 0 {
		return len(due), next, err
	}
	// One of them fails: each in a transaction of its own, so that one bad alarm stops no other.
	for range due {
		var a []Alarm
		err := d.Write(ctx, db.Desk, func(tx *db.Tx) error {
			a = a[:0]
			if err := taken(tx, 1, &a); err != nil || len(a) == 0 {
				return err
			}
			return ring(tx, fire, a[0])
		})
		if err != nil && len(a) == 1 {
			log.Error("alarm failed and will ring again", "kind", a[0].Kind, "subject", a[0].Subject, "tries", a[0].Tries+1, "err", err)
			if err := postpone(ctx, d, a[0], err); err != nil {
				return n, next, err
			}
		}
		n++
	}
	return n, next, nil
}

type failed struct {
	a   Alarm
	err error
}

func (f failed) Error() string { return fmt.Sprintf("alarm %s %s: %v", f.a.Kind, f.a.Subject, f.err) }
func (f failed) Unwrap() error { return f.err }

func taken(tx *db.Tx, n int, out *[]Alarm) error {
	if err := tx.Query(`SELECT kind, subject, brand_id, due_at, tries FROM alarm WHERE due_at <= $1 ORDER BY due_at LIMIT $2`+tx.SkipLocked(),
		db.Args[any](tx.Now(), n), func(r *sql.Rows) error {
			var a Alarm
			if err := r.Scan(&a.Kind, &a.Subject, &a.Brand, &a.Due, &a.Tries); err != nil {
				return err
			}
			*out = append(*out, a)
			return nil
		}); err != nil {
		return err
	}
	for _, a := range *out {
		if _, err := tx.Exec(`DELETE FROM alarm WHERE kind = $1 AND subject = $2`, a.Kind, a.Subject); err != nil {
			return err
		}
	}
	return nil
}

func ring(tx *db.Tx, fire Table, a Alarm) error {
	f, ok := fire[a.Kind]
	if !ok {
		return errors.New("nobody knows what to do when this rings; a newer node may")
	}
	return f(tx, a)
}

func postpone(ctx context.Context, d *db.DB, a Alarm, why error) error {
	return d.Write(ctx, db.Work, func(tx *db.Tx) error {
		wait := repeat.Microseconds() << min(a.Tries, 9)
		_, err := tx.Exec(`UPDATE alarm SET due_at = $3, tries = tries + 1, error = $4 WHERE kind = $1 AND subject = $2`,
			a.Kind, a.Subject, tx.Now()+wait, why.Error())
		return err
	})
}
