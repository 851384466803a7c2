package lease_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/lease"
)

func check(t *testing.T, d *db.DB, fence int64) error {
	t.Helper()
	return d.Write(t.Context(), db.Work, func(tx *db.Tx) error { return lease.Check(tx, "thing", fence) })
}

func TestOneHolderAtATimeAndTheFenceGrows(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := slog.New(slog.DiscardHandler)
		type held struct {
			who   string
			fence int64
		}
		got := make(chan held)
		hold := func(who string) context.CancelFunc {
			ctx, cancel := context.WithCancel(t.Context())
			go lease.Hold(ctx, d, log, "thing", who, func(ctx context.Context, fence int64) error {
				select {
				case got <- held{who, fence}:
				case <-ctx.Done():
				}
				<-ctx.Done()
				return ctx.Err()
			})
			return cancel
		}
		stopA := hold("a")
		first := <-got
		stopB := hold("b")
		defer stopB()
		if err := check(t, d, first.fence); err != nil {
			t.Errorf("the holder is refused: %v", err)
		}
		stopA() // it gives the lease back
		second := <-got
		if second.who != "b" || second.fence <= first.fence {
			t.Errorf("first %+v, second %+v", first, second)
		}
		if err := check(t, d, first.fence); !errors.Is(err, lease.ErrLost) {
			t.Errorf("the old fence still writes: %v", err)
		}
	})
}

func TestADeadHolderIsFollowed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		// A node that died has left its row; its term is over.
		if err := d.Write(t.Context(), db.Work, func(tx *db.Tx) error {
			now, err := tx.ClockMicros()
			if err != nil {
				return err
			}
			_, err = tx.Exec(`INSERT INTO lease (name, holder, fence, until) VALUES ('thing', 'dead', 41, $1)`, now-1)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		fence := make(chan int64, 1)
		go lease.Hold(ctx, d, slog.New(slog.DiscardHandler), "thing", "b", func(ctx context.Context, f int64) error { fence <- f; <-ctx.Done(); return nil })
		if f := <-fence; f != 42 {
			t.Errorf("fence %d, want 42", f)
		}
	})
}
