// Package dbtest runs a test on every database the house supports: SQLite in a temporary directory, and a PostgreSQL schema of its
// own when ANSWERABLE_TEST_POSTGRES names a server (scripts/with-postgres starts a throw-away one).
package dbtest

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"answerable/internal/db"
	"answerable/internal/desktest/require"
	"answerable/internal/id"
)

// Env names the PostgreSQL server that tests may use.
const Env = "ANSWERABLE_TEST_POSTGRES"

// Each runs body once a database, migrated and empty.
func Each(t *testing.T, body func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachAddress(t, func(t *testing.T, address string) { body(t, Open(t, address, db.Options{})) })
}

// EachAddress is Each for tests that open the database themselves, or in another process. The database is empty, not migrated.
func EachAddress(t *testing.T, body func(t *testing.T, address string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		body(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		body(t, Postgres(t))
	})
}

// SQLite returns the address of an empty SQLite database in the test's temporary directory.
func SQLite(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "desk.db") }

// Open opens and migrates; the database is closed with the test.
func Open(t testing.TB, address string, o db.Options) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// Postgres makes a database of its own on the server that Env names and returns its address; the test is skipped, or fails where
// PostgreSQL was promised, when there is none.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Env)
	require.Have(t, "postgres", server != "", Env+" is not set; run scripts/with-postgres go test ./...")
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s: %v", Env, err)
	}
	name := "t_" + id.New()
	// goose's session lock is held per database, so each test has a database and not a schema.
	exec(t, server, `CREATE DATABASE `+name+` ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0`)
	t.Cleanup(func() { exec(t, server, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`) })
	u.Path = "/" + name
	return u.String()
}

func exec(t testing.TB, server, q string) {
	t.Helper()
	c, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := c.ExecContext(ctx, q); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}
