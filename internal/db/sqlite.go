package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"answerable/internal/fault"
)

// readers is how many connections read at once: more than the machine has cores buys nothing.
const readers = 6

func openSQLite(ctx context.Context, path string) (*DB, error) {
	if path == "" {
		return nil, fault.New(fault.Invalid, "sqlite: needs a path, for example sqlite:answerable.db")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fault.As(fault.Invalid, err, "the folder of %s cannot be made", path)
	}
	dsn := func(p ...string) string {
		q := url.Values{}
		for _, p := range append(p, "journal_mode(WAL)", "foreign_keys(ON)", "busy_timeout(10000)",
			"temp_store(MEMORY)", "mmap_size(268435456)") {
			q.Add("_pragma", p)
		}
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_txlock=immediate&" + q.Encode()
	}
	w := &writer{}
	d := &DB{dialect: sqliteDialect{}, waiting: w.waiting}
	var pools []*sql.DB
	for l := range lanes {
		// Desk and intake are on the disk before they are answered. What the house does for itself can be done again: its commits
		// reach the disk with the next one of theirs, or at the next checkpoint.
		sync := "synchronous(FULL)"
		if l == Work {
			sync = "synchronous(NORMAL)"
		}
		p := sql.OpenDB(laneConnector{d: &sqlite.Driver{}, dsn: dsn("cache_size(-16000)", sync), w: w, lane: l})
		p.SetMaxOpenConns(1)
		d.write[l] = p
		pools = append(pools, p)
	}
	// WAL is made by a writer before a reader looks.
	if err := d.write[Desk].PingContext(ctx); err != nil {
		return nil, fault.As(fault.Invalid, err, "the database %s cannot be opened", path)
	}
	r := sql.OpenDB(laneConnector{d: &sqlite.Driver{}, dsn: strings.Replace(dsn("cache_size(-8000)", "query_only(ON)"), "immediate", "deferred", 1)})
	r.SetMaxOpenConns(readers)
	r.SetMaxIdleConns(readers)
	d.read = r
	d.close = func() error {
		var errs []error
		for _, p := range append(pools, r) {
			errs = append(errs, p.Close())
		}
		return errors.Join(errs...)
	}
	return d, nil
}

type sqliteDialect struct{}

func (sqliteDialect) name() string                { return "sqlite" }
func (sqliteDialect) rowsAtOnce() int             { return 1 }
func (sqliteDialect) locked() string              { return "" }
func (sqliteDialect) shared() string              { return "" }
func (sqliteDialect) skipLocked() string          { return "" }
func (sqliteDialect) readOptions() *sql.TxOptions { return nil }

func (sqliteDialect) retry(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}

func (sqliteDialect) explain(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if ok && e.Code()&0xff == sqlite3.SQLITE_CONSTRAINT {
		return &fault.Error{Kind: fault.Conflict, Safe: "this contradicts what is stored already", Cause: err}
	}
	return err
}

func (sqliteDialect) numbers(tx *Tx, n int) ([]int64, error) {
	var last int64
	_, err := tx.Row(`UPDATE counter SET n = n + $1 WHERE name = 'conversation' RETURNING n`, Args(n), &last)
	out := make([]int64, n)
	for i := range out {
		out[i] = last - int64(n) + int64(i) + 1
	}
	return out, err
}

func (sqliteDialect) clock(*Tx) (int64, error) { return time.Now().UnixMicro(), nil } //nolint:forbidigo // SQLite's clock is the machine's

// Scratch opens an empty throw-away SQLite database in dir, fast and unsafe: what is in it can be made again.
func Scratch(dir string) (*sql.DB, error) {
	f, err := os.CreateTemp(dir, "scratch-*.db")
	if err != nil {
		return nil, err
	}
	path := f.Name()
	if err := f.Close(); err != nil {
		return nil, err
	}
	dsn := fmt.Sprintf("file:%s?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-20000)&_pragma=temp_store(FILE)&_pragma=locking_mode(EXCLUSIVE)", (&url.URL{Path: path}).EscapedPath())
	p := sql.OpenDB(laneConnector{d: &sqlite.Driver{}, dsn: dsn})
	p.SetMaxOpenConns(1)
	return p, p.PingContext(context.Background())
}
