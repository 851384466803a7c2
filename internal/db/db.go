// Package db is the only home of database differences: SQL is written once, in the station that owns the table, and runs
// unchanged on SQLite and PostgreSQL. See DESIGN.md for why it looks like this.
package db

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"answerable/internal/fault"
)

// Never is the time of what has no time. It sorts last on both databases, which NULL does not.
const Never int64 = math.MaxInt64

// Lane is a class of writer. On SQLite, which has one writer, the lock is handed to the most urgent lane first and first come
// first served inside one; on PostgreSQL lanes mean nothing.
type Lane int

// The lanes, most urgent first.
const (
	Desk   Lane = iota // somebody waits at a screen
	Intake             // customers' messages
	Work               // the house's own errands
	lanes
)

// Clock tells the time. The real one is time.Now; the demo's manual clock is another.
type Clock func() time.Time

// DB is an open database, SQLite or PostgreSQL.
type DB struct {
	dialect dialect
	write   [lanes]*sql.DB
	read    *sql.DB
	clock   Clock
	log     *slog.Logger
	hints   func([]any)
	close   func() error
	waiting func() int
}

// Options are what Open may be told. The zero value works.
type Options struct {
	Clock Clock        // time.Now
	Log   *slog.Logger // nothing is logged
	Hints func([]any)  // is given what Tx.Hint collected, after each commit; see package event
}

// Open opens a database by its address: "sqlite:PATH" or "postgres://…". It does not migrate; see Migrate.
func Open(ctx context.Context, address string, o Options) (*DB, error) {
	if o.Clock == nil {
		o.Clock = time.Now //nolint:forbidigo // the default of an injected clock
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	var d *DB
	var err error
	switch {
	case strings.HasPrefix(address, "sqlite:"):
		d, err = openSQLite(ctx, strings.TrimPrefix(address, "sqlite:"))
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		d, err = openPostgres(ctx, address)
	default:
		return nil, fault.New(fault.Invalid, "a database address begins with sqlite: or postgres://, this one does not")
	}
	if err != nil {
		return nil, err
	}
	d.clock, d.log, d.hints = o.Clock, o.Log, o.Hints
	return d, nil
}

// Close closes every connection.
func (d *DB) Close() error { return d.close() }

// Dialect is "sqlite" or "postgres", for reports to people; code that must differ does so in this package.
func (d *DB) Dialect() string { return d.dialect.name() }

// Single reports whether only one process may serve from this database (SQLite).
func (d *DB) Single() bool { return d.dialect.name() == "sqlite" }

// Waiting is how many writers queue for SQLite's one lock; 0 on PostgreSQL.
func (d *DB) Waiting() int {
	if d.waiting == nil {
		return 0
	}
	return d.waiting()
}

// Now is the time of the house in microseconds UTC.
func (d *DB) Now() int64 { return d.clock().UnixMicro() }

// Until is how long it is until a time, at least a millisecond and at most most; Never is as long as that.
func (d *DB) Until(at int64, most time.Duration) time.Duration {
	return time.Duration(min(max(at-d.Now(), 1000), most.Microseconds())) * time.Microsecond
}

// Clock is the clock of the house.
func (d *DB) Clock() Clock { return d.clock }

// Pool is the raw pool of a lane, for libraries that bring their own SQL (River, goose).
func (d *DB) Pool(l Lane) *sql.DB { return d.write[l] }

// Tx is one transaction with one time.
type Tx struct {
	ctx   context.Context //nolint:containedctx // a transaction is as short as the context it runs in
	tx    *sql.Tx
	d     *DB
	now   int64
	after []func()
	hints []any
}

// Write runs fn in a transaction. fn may run twice (a deadlock, a serialisation failure) and touches nothing outside; what must
// happen outside afterwards is given to Tx.After.
func (d *DB) Write(ctx context.Context, l Lane, fn func(*Tx) error) error {
	for try := 1; ; try++ {
		err := d.once(ctx, d.write[l], nil, fn)
		if err == nil || try == 8 || !d.dialect.retry(err) || ctx.Err() != nil {
			return err
		}
		d.log.Debug("transaction repeated", "try", try, "err", err)
		select {
		case <-time.After(time.Duration(rand.IntN(4<<try)) * time.Millisecond): //nolint:gosec // jitter is no secret
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Read runs fn in a read-only transaction that sees one moment.
func (d *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	return d.once(ctx, d.read, d.dialect.readOptions(), fn)
}

func (d *DB) once(ctx context.Context, pool *sql.DB, o *sql.TxOptions, fn func(*Tx) error) (err error) {
	t, err := pool.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	tx := &Tx{ctx: ctx, tx: t, d: d, now: d.Now()}
	done := false
	defer func() {
		if !done {
			_ = t.Rollback() // a panic goes on; the lock must not stay
		}
	}()
	if err := fn(tx); err != nil {
		done = true
		_ = t.Rollback()
		return err
	}
	done = true
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, f := range tx.after {
		f()
	}
	if d.hints != nil && len(tx.hints) > 0 {
		d.hints(tx.hints)
	}
	return nil
}

// Raw is the transaction itself, for a library that brings its own SQL (River).
func (tx *Tx) Raw() *sql.Tx { return tx.tx }

// Context is the context the transaction runs in.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Now is the one time of this transaction, microseconds UTC.
func (tx *Tx) Now() int64 { return tx.now }

// At makes the transaction believe another time. Only the import of history and tests may.
func (tx *Tx) At(now int64) { tx.now = now }

// After runs f once the transaction has committed. f must not fail: what must not be lost is a row, not an After.
func (tx *Tx) After(f func()) { tx.after = append(tx.after, f) }

// Hint collects something to tell after the commit; package event says what.
func (tx *Tx) Hint(h any) {
	if slices.Contains(tx.hints, h) {
		return
	}
	tx.hints = append(tx.hints, h)
}

// Exec runs one statement and returns how many rows it touched.
func (tx *Tx) Exec(q string, args ...any) (int64, error) {
	r, err := tx.tx.ExecContext(tx.ctx, q, args...)
	if err != nil {
		return 0, tx.d.dialect.explain(err)
	}
	return r.RowsAffected()
}

// Query runs a statement that returns rows and calls scan for each.
func (tx *Tx) Query(q string, args []any, scan func(*sql.Rows) error) error {
	rows, err := tx.tx.QueryContext(tx.ctx, q, args...)
	if err != nil {
		return tx.d.dialect.explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Row runs a statement that returns at most one row; found is false when there was none.
func (tx *Tx) Row(q string, args []any, into ...any) (found bool, err error) {
	err = tx.Query(q, args, func(r *sql.Rows) error {
		if found {
			return nil
		}
		found = true
		return r.Scan(into...)
	})
	return found, err
}

// Locked is what a SELECT ends with to lock the rows it returns until the commit.
func (tx *Tx) Locked() string { return tx.d.dialect.locked() }

// Shared is Locked for who only needs that nobody changes the rows until the commit.
func (tx *Tx) Shared() string { return tx.d.dialect.shared() }

// SkipLocked is Locked, leaving out rows that another node holds.
func (tx *Tx) SkipLocked() string { return tx.d.dialect.skipLocked() }

// Numbers takes the next n conversation numbers. They grow; a rolled-back transaction may leave a gap.
func (tx *Tx) Numbers(n int) ([]int64, error) { return tx.d.dialect.numbers(tx, n) }

// ClockMicros is the time by the database's own clock (leases compare nothing else), microseconds UTC.
func (tx *Tx) ClockMicros() (int64, error) { return tx.d.dialect.clock(tx) }

// Dialect is the name of the database.
func (tx *Tx) Dialect() string { return tx.d.dialect.name() }

// In returns "($from,$from+1,…)" for n values, for use after IN. n is at least 1.
func In(from, n int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "$%d", from+i)
	}
	b.WriteByte(')')
	return b.String()
}

// Args makes query arguments of any values.
func Args[T any](v ...T) []any {
	out := make([]any, len(v))
	for i := range v {
		out[i] = v[i]
	}
	return out
}
