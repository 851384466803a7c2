package record

import (
	"context"
	"database/sql"
	"log/slog"
	"strconv"
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

// SealOnce seals one batch and returns how many entries it held. A fence of 0 is not checked (one process, or a test). It reads and
// hashes before it takes the writer's lock: there is one sealer, and what it read can only grow.
func SealOnce(ctx context.Context, d *db.DB, fence int64) (n int, err error) {
	var rows [][]any
	if err := d.Read(ctx, func(tx *db.Tx) error {
		var seq int64
		var before []byte
		if err := tx.Query(`SELECT id, brand_id, at, actor, request, kind, subject, data, words_hash FROM record WHERE seq IS NULL ORDER BY id LIMIT $1`,
			db.Args(sealBatch), func(r *sql.Rows) error {
				if before == nil {
					before = []byte{}
				}
				var rid, brand, actor, request, kind, subject, data string
				var at int64
				var wh []byte
				if err := r.Scan(&rid, &brand, &at, &actor, &request, &kind, &subject, &data, &wh); err != nil {
					return err
				}
				rows = append(rows, []any{rid, []string{rid, brand, strconv.FormatInt(at, 10), actor, request, kind, subject, data, string(wh)}, nil})
				return nil
			}); err != nil || len(rows) == 0 {
			return err
		}
		if _, err := tx.Row(`SELECT seq, hash FROM record WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1`, nil, &seq, &before); err != nil {
			return err
		}
		for _, r := range rows {
			seq++
			before = link(before, seq, r[1].([]string)...)
			r[1], r[2] = seq, before
		}
		return nil
	}); err != nil || len(rows) == 0 {
		return 0, err
	}
	return len(rows), d.Write(ctx, db.Work, func(tx *db.Tx) error {
		if fence != 0 {
			if err := lease.Check(tx, leaseName, fence); err != nil {
				return err
			}
		}
		event.After(tx, event.Changed{Kind: sealed})
		_, err := tx.Update("record", "id TEXT, seq BIGINT, hash BYTEA", "seq = v.seq, hash = v.hash", "t.id = v.id AND t.seq IS NULL", rows)
		return err
	})
}

const sealed = "record.sealed"

// Run seals under a lease until ctx ends.
func Run(ctx context.Context, d *db.DB, hub *event.Hub, log *slog.Logger, node string) {
	lease.Hold(ctx, d, log, leaseName, node, func(ctx context.Context, fence int64) error { return Seal(ctx, d, hub, fence) })
}

const followBatch = 256

// Follower reads a batch of sealed entries, in order, in a reading transaction, and returns what is to be written about it. What it
// reads may be newer than the entries: whatever changes later has an entry of its own, which comes later.
type Follower func(*db.Tx, []Sealed) (store func(*db.Tx) error, err error)

// Follow gives a follower every sealed entry, and keeps its place in the transaction of what it stores: durable, ordered, replayable. It
// runs under a lease until ctx ends. A new follower begins with the first entry.
func Follow(ctx context.Context, d *db.DB, hub *event.Hub, log *slog.Logger, node, name string, fn Follower) {
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

// FollowOnce gives it one batch and returns how many entries that held.
func FollowOnce(ctx context.Context, d *db.DB, name string, fn Follower) (n int, err error) {
	var place, last int64
	var store func(*db.Tx) error
	if err := d.Read(ctx, func(tx *db.Tx) error {
		if _, err := tx.Row(`SELECT seq FROM follower WHERE name = $1`, db.Args(name), &place); err != nil {
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
		last = batch[n-1].Seq
		store, err = fn(tx, batch)
		return err
	}); err != nil || n == 0 {
		return 0, err
	}
	return n, d.Write(ctx, db.Work, func(tx *db.Tx) error {
		moved, err := tx.Exec(`INSERT INTO follower (name, seq) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq WHERE follower.seq = $3`, name, last, place)
		if err != nil {
			return err
		}
		if moved == 0 { // another node read the same batch; it has stored it
			return nil
		}
		return store(tx)
	})
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
	t := time.After(100 * time.Millisecond)
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
