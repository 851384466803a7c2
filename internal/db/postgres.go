package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"answerable/internal/fault"
)

// connections is how many one node opens; several nodes share what the server allows.
const connections = 20

func openPostgres(ctx context.Context, address string) (*DB, error) {
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the postgres address cannot be read (host, user, database, sslmode)")
	}
	// A generic plan made the search for a rare word 111 ms instead of 0.1; compiling plans costs more than our queries do.
	cfg.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	cfg.RuntimeParams["jit"] = "off"
	cfg.RuntimeParams["timezone"] = "UTC"
	if _, ok := cfg.RuntimeParams["application_name"]; !ok {
		cfg.RuntimeParams["application_name"] = "answerable"
	}
	p := stdlib.OpenDB(*cfg)
	p.SetMaxOpenConns(connections)
	p.SetMaxIdleConns(connections)
	if err := p.PingContext(ctx); err != nil {
		_ = p.Close()
		return nil, fault.As(fault.Temporary, err, "postgres at %s:%d does not answer", cfg.Host, cfg.Port)
	}
	d := &DB{dialect: postgresDialect{}, read: p, close: p.Close}
	for l := range lanes {
		d.write[l] = p
	}
	return d, nil
}

// Suitable refuses a PostgreSQL that would sort or store text otherwise than SQLite does.
func (d *DB) Suitable(ctx context.Context) error {
	if d.Single() {
		return nil
	}
	var enc, coll string
	if err := d.read.QueryRowContext(ctx, `SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = current_database()`).
		Scan(&enc, &coll); err != nil {
		return err
	}
	ok := coll == "C" || coll == "POSIX" || strings.EqualFold(coll, "C.UTF-8") || strings.EqualFold(coll, "C.utf8")
	if enc != "UTF8" || !ok {
		return fault.New(fault.Invalid, "the PostgreSQL database must be UTF8 with collation C or C.UTF-8; this one is %s, %s. "+
			"Make one with: CREATE DATABASE answerable ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0", enc, coll)
	}
	return nil
}

type postgresDialect struct{}

func (postgresDialect) name() string       { return "postgres" }
func (postgresDialect) rowsAtOnce() int    { return 128 }
func (postgresDialect) locked() string     { return " FOR UPDATE" }
func (postgresDialect) shared() string     { return " FOR SHARE" }
func (postgresDialect) skipLocked() string { return " FOR UPDATE SKIP LOCKED" }
func (postgresDialect) readOptions() *sql.TxOptions {
	return &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
}

func (postgresDialect) retry(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

func (postgresDialect) explain(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && strings.HasPrefix(e.Code, "23") {
		return &fault.Error{Kind: fault.Conflict, Safe: "this contradicts what is stored already", Cause: err}
	}
	return err
}

func (postgresDialect) numbers(tx *Tx, n int) ([]int64, error) {
	out := make([]int64, 0, n)
	err := tx.Query(`SELECT nextval('conversation_no') FROM generate_series(1, $1::bigint)`, Args(n), func(r *sql.Rows) error {
		var v int64
		if err := r.Scan(&v); err != nil {
			return err
		}
		out = append(out, v)
		return nil
	})
	return out, err
}

func (postgresDialect) clock(tx *Tx) (int64, error) {
	var v int64
	_, err := tx.Row(`SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`, nil, &v)
	return v, err
}

// Notify tells the other nodes, outside any transaction; SQLite has no other nodes.
func (d *DB) Notify(ctx context.Context, topic, payload string) error {
	if d.Single() {
		return nil
	}
	_, err := d.read.ExecContext(ctx, `SELECT pg_notify($1, $2)`, topic, payload)
	return err
}

// Listen calls ready once it hears, and fn for every Notify of any node until ctx ends or the connection breaks. address replaces the database's own where
// a transaction pooler stands before it; empty means the same.
func Listen(ctx context.Context, address, topic string, ready func(), fn func(payload string)) error {
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, "LISTEN "+pgx.Identifier{topic}.Sanitize()); err != nil {
		return err
	}
	ready()
	for {
		n, err := c.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		fn(n.Payload)
	}
}
