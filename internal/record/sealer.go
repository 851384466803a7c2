package record

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"answerable/internal/db"
	"answerable/internal/event"
	"answerable/internal/lease"
)

const (
	leaseName = "record.sealer"
	sealBatch = 512
	look      = time.Second // when no hint came
)

// Seal gives entries their place until ctx ends; the caller holds the lease of which fence is the number.
func Seal(ctx context.Context, d *db.DB, hub *event.Hub, fence int64) error {
	woken := hub.Subscribe(ctx, func(c event.Changed) bool { return c.Kind == event.Record })
	for {
		n, err := SealOnce(ctx, d, fence)
		if err != nil {
			return err
		}
		if n == sealBatch {
			continue
		}
		if !wake(ctx, woken) {
			return ctx.Err()
		}
	}
}

// SealOnce seals one batch and returns how many entries it held. A fence of 0 is not checked (one process, or a test).
func SealOnce(ctx context.Context, d *db.DB, fence int64) (n int, err error) {
	// Look before the writer's lock is taken: most wakings find nothing.
	some := false
	if err := d.Read(ctx, func(tx *db.Tx) (err error) {
		var x string
		some, err = tx.Row(`SELECT id FROM record WHERE seq IS NULL LIMIT 1`, nil, &x)
		return err
	}); err != nil || !some {
		return 0, err
	}
	err = d.Write(ctx, db.Work, func(tx *db.Tx) error {
		if fence != 0 {
			if err := lease.Check(tx, leaseName, fence); err != nil {
				return err
			}
		}
		var seq int64
		var before []byte
		if _, err := tx.Row(`SELECT seq, hash FROM record WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1`, nil, &seq, &before); err != nil {
			return err
		}
		var rows [][]any
		if err := tx.Query(`SELECT id, brand_id, at, actor, request, kind, subject, data, words_hash FROM record WHERE seq IS NULL ORDER BY id LIMIT $1`,
			db.Args(sealBatch), func(r *sql.Rows) error {
				var rid, brand, actor, request, kind, subject, data string
				var at int64
				var wh []byte
				if err := r.Scan(&rid, &brand, &at, &actor, &request, &kind, &subject, &data, &wh); err != nil {
					return err
				}
				seq++
				before = link(before, seq, rid, brand, fmt.Sprint(at), actor, request, kind, subject, data, string(wh))
				rows = append(rows, []any{rid, seq, before})
				return nil
			}); err != nil {
			return err
		}
		n = len(rows)
		_, err := tx.Update("record", "id TEXT, seq BIGINT, hash BYTEA", "seq = v.seq, hash = v.hash", "t.id = v.id", rows)
		if n > 0 {
			event.After(tx, event.Changed{Kind: sealed})
		}
		return err
	})
	return n, err
}

const sealed = "record.sealed"

// Run seals under a lease until ctx ends.
func Run(ctx context.Context, d *db.DB, hub *event.Hub, log *slog.Logger, node string) {
	lease.Hold(ctx, d, log, leaseName, node, func(ctx context.Context, fence int64) error { return Seal(ctx, d, hub, fence) })
}

const followBatch = 256

// Follow calls fn with batches of sealed entries, in order, in a transaction that also keeps the follower's place: durable, ordered,
// replayable. It runs under a lease until ctx ends. A new follower begins with the first entry.
func Follow(ctx context.Context, d *db.DB, hub *event.Hub, log *slog.Logger, node, name string, fn func(*db.Tx, []Sealed) error) {
	lease.Hold(ctx, d, log, "follower."+name, node, func(ctx context.Context, _ int64) error {
		woken := hub.Subscribe(ctx, func(c event.Changed) bool { return c.Kind == sealed })
		for {
			n, err := FollowOnce(ctx, d, name, fn)
			if err != nil {
				return err
			}
			if n == followBatch {
				continue
			}
			if !wake(ctx, woken) {
				return ctx.Err()
			}
		}
	})
}

// FollowOnce gives fn one batch and returns how many entries it held.
func FollowOnce(ctx context.Context, d *db.DB, name string, fn func(*db.Tx, []Sealed) error) (n int, err error) {
	some := false
	if err := d.Read(ctx, func(tx *db.Tx) (err error) {
		var x int64
		some, err = tx.Row(`SELECT seq FROM record WHERE seq > COALESCE((SELECT seq FROM follower WHERE name = $1), 0) LIMIT 1`, db.Args(name), &x)
		return err
	}); err != nil || !some {
		return 0, err
	}
	err = d.Write(ctx, db.Work, func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO follower (name, seq) VALUES ($1, 0) ON CONFLICT DO NOTHING`, name); err != nil {
			return err
		}
		var place int64
		if _, err := tx.Row(`SELECT seq FROM follower WHERE name = $1`+tx.Locked(), db.Args(name), &place); err != nil {
			return err
		}
		var batch []Sealed
		if err := tx.Query(`SELECT seq, id, brand_id, at, actor, request, kind, subject, data, COALESCE(words, '') FROM record
			WHERE seq > $1 ORDER BY seq LIMIT $2`, db.Args[any](place, followBatch), scan(&batch)); err != nil {
			return err
		}
		if n = len(batch); n == 0 {
			return nil
		}
		if err := fn(tx, batch); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE follower SET seq = $2 WHERE name = $1`, name, batch[n-1].Seq)
		return err
	})
	return n, err
}

// wake waits for a hint, then lets more come for a moment, so that a busy house seals in batches.
func wake(ctx context.Context, woken <-chan event.Changed) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(look):
		return true
	case <-woken:
	}
	t := time.After(25 * time.Millisecond)
	for {
		select {
		case <-ctx.Done():
			return false
		case <-t:
			return true
		case _, ok := <-woken:
			if !ok {
				return false
			}
		}
	}
}
