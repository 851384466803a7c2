// Package lease lets one node hold a thing (an account, the sealer) and another take it over within ten seconds. A lease is a row
// with holder, until and fence, by the database's clock; the fence grows with each holder, and what a holder writes carries it, so
// that a node which lost its lease without noticing can do no harm.
package lease

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"answerable/internal/db"
	"answerable/internal/fault"
)

const (
	term  = 8 * time.Second // a holder that died is followed after this
	renew = 2 * time.Second
	retry = 1 * time.Second
)

// ErrLost ends fn's context when the lease went to somebody else.
var ErrLost = errors.New("lease lost")

// Hold runs fn whenever this node (holder) holds name, until ctx ends. fn's context ends when the lease is lost; an fn that returns
// is begun again under a new fence.
func Hold(ctx context.Context, d *db.DB, log *slog.Logger, name, holder string, fn func(ctx context.Context, fence int64) error) {
	for ctx.Err() == nil {
		fence, err := take(ctx, d, name, holder)
		if err != nil || fence == 0 {
			if err != nil && ctx.Err() == nil {
				log.Warn("lease not taken", "lease", name, "err", err)
			}
			wait(ctx, retry)
			continue
		}
		held, cancel := context.WithCancelCause(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			keep(held, d, name, holder, fence, cancel)
		}()
		err = fn(held, fence)
		cancel(nil)
		<-done
		give(context.WithoutCancel(ctx), d, name, holder, fence)
		if err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
			log.Warn("leased work ended", "lease", name, "err", err)
		}
		wait(ctx, retry)
	}
}

// Check refuses, inside a transaction, what a holder with this fence wants to write after it lost the lease.
func Check(tx *db.Tx, name string, fence int64) error {
	var now int64
	ok, err := tx.Row(`SELECT fence FROM lease WHERE name = $1`+tx.Shared(), db.Args(name), &now)
	if err != nil {
		return err
	}
	if !ok || now != fence {
		return fault.As(fault.Conflict, ErrLost, "another node holds %s", name)
	}
	return nil
}

// Clear drops every lease. Only a start on SQLite may, where one process serves: whoever held them is dead.
func Clear(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE lease SET until = 0`)
	return err
}

func take(ctx context.Context, d *db.DB, name, holder string) (fence int64, err error) {
	err = d.Write(ctx, db.Work, func(tx *db.Tx) error {
		now, err := tx.ClockMicros()
		if err != nil {
			return err
		}
		fence = 0
		_, err = tx.Row(`INSERT INTO lease (name, holder, fence, until) VALUES ($1, $2, 1, $3)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = lease.fence + 1, until = excluded.until WHERE lease.until < $4
			RETURNING fence`, db.Args[any](name, holder, now+term.Microseconds(), now), &fence)
		return err
	})
	return fence, err
}

func keep(ctx context.Context, d *db.DB, name, holder string, fence int64, lost context.CancelCauseFunc) {
	good := time.Now() //nolint:forbidigo // monotonic: how long ago we last held it for certain
	for wait(ctx, renew) {
		n := int64(0)
		short, cancel := context.WithTimeout(ctx, renew) // a database that hangs must not keep us believing
		err := d.Write(short, db.Work, func(tx *db.Tx) error {
			now, err := tx.ClockMicros()
			if err != nil {
				return err
			}
			n, err = tx.Exec(`UPDATE lease SET until = $4 WHERE name = $1 AND holder = $2 AND fence = $3`, name, holder, fence, now+term.Microseconds())
			return err
		})
		cancel()
		switch {
		case err == nil && n == 1:
			good = time.Now() //nolint:forbidigo // as above
		case err == nil, time.Since(good) > term-renew: //nolint:forbidigo // as above
			lost(ErrLost)
			return
		}
	}
}

func give(ctx context.Context, d *db.DB, name, holder string, fence int64) {
	ctx, cancel := context.WithTimeout(ctx, renew)
	defer cancel()
	_ = d.Write(ctx, db.Work, func(tx *db.Tx) error { // if this fails, the term ends it
		_, err := tx.Exec(`UPDATE lease SET until = 0 WHERE name = $1 AND holder = $2 AND fence = $3`, name, holder, fence)
		return err
	})
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
