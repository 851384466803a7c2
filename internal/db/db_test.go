package db_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/fault"
)

var update = flag.Bool("update", false, "write schema.golden anew")

// columns describes every table of ours, the same way on both databases.
func columns(t *testing.T, d *db.DB) string {
	t.Helper()
	q := `SELECT m.name, p.name, p.type, p."notnull" OR p.pk > 0 FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'
		AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'search%' AND m.name NOT LIKE 'goose_%' AND m.name <> 'counter' ORDER BY 1, 2`
	if d.Dialect() == "postgres" {
		q = `SELECT table_name, column_name, data_type, is_nullable = 'NO' FROM information_schema.columns WHERE table_schema = 'public'
			AND table_name NOT LIKE 'goose_%' AND table_name NOT LIKE 'search%' ORDER BY 1, 2`
	}
	var lines []string
	if err := d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Query(q, nil, func(r *sql.Rows) error {
			var table, column, kind string
			var notNull bool
			if err := r.Scan(&table, &column, &kind, &notNull); err != nil {
				return err
			}
			null := ""
			if notNull {
				null = " not null"
			}
			lines = append(lines, fmt.Sprintf("%s.%s %s%s", table, column, strings.ToLower(kind), null))
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

func TestSchemaIsTheSameOnBothAndAsWritten(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		got := columns(t, d)
		if *update && d.Single() {
			if err := os.WriteFile("schema.golden", []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile("schema.golden")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("schema.golden and the database differ (go test ./internal/db -update):\n%s", diff)
		}
	})
}

func TestMigrateTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		again, err := d.Migrate(t.Context())
		if err != nil || len(again) != 0 {
			t.Errorf("applied %v, %v", again, err)
		}
		if err := d.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestWriteRollsBackAndTellsOnlyAfterCommit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		told := 0
		set := func(tx *db.Tx) error {
			tx.After(func() { told++ })
			_, err := tx.Exec(`INSERT INTO follower (name, seq) VALUES ('x', 7)`)
			return err
		}
		if err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
			if err := set(tx); err != nil {
				return err
			}
			return fault.New(fault.Invalid, "no")
		}); !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
		seq := func() (n int64, ok bool) {
			if err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
				ok, err = tx.Row(`SELECT seq FROM follower WHERE name = 'x'`, nil, &n)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n, ok
		}
		if _, ok := seq(); ok || told != 0 {
			t.Errorf("rolled back, and yet stored=%v told=%d", ok, told)
		}
		if err := d.Write(t.Context(), db.Desk, set); err != nil {
			t.Fatal(err)
		}
		if n, _ := seq(); n != 7 || told != 1 {
			t.Errorf("seq %d, told %d", n, told)
		}
		if err := d.Write(t.Context(), db.Desk, set); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second row with the same key: %v", err)
		}
	})
}

func TestBatchesWriteEveryRowOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const n = 300 // more than one statement holds, and no power of two
		rows, change := make([][]any, n), make([][]any, n)
		for i := range rows {
			rows[i] = []any{fmt.Sprintf("f%03d", i), int64(i)}
			change[i] = []any{fmt.Sprintf("f%03d", i), int64(2 * i)}
		}
		var back []string
		var updated int64
		if err := d.Write(t.Context(), db.Work, func(tx *db.Tx) error {
			if _, err := tx.Insert(`INSERT INTO follower (name, seq)`, "", rows[:10]); err != nil {
				return err
			}
			if err := tx.InsertReturning(`INSERT INTO follower (name, seq)`, `ON CONFLICT (name) DO NOTHING RETURNING name`, rows, func(r *sql.Rows) error {
				var s string
				err := r.Scan(&s)
				back = append(back, s)
				return err
			}); err != nil {
				return err
			}
			var err error
			updated, err = tx.Update("follower", "name TEXT, n BIGINT", "seq = v.n", "t.name = v.name", change)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var sum int64
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row(`SELECT sum(seq) FROM follower`, nil, &sum)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if len(back) != n-10 || updated != n || sum != n*(n-1) {
			t.Errorf("%d returned, %d updated, sum %d", len(back), updated, sum)
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO follower (name, seq) VALUES ('x', 7)`)
			return err
		})
		if err == nil {
			t.Error("a reading transaction wrote")
		}
	})
}

func TestUrgentLaneGoesFirst(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite(t), db.Options{})
	var mu sync.Mutex
	var order []db.Lane
	holding, queued := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = d.Write(t.Context(), db.Work, func(*db.Tx) error { close(holding); <-queued; return nil })
	})
	<-holding
	for _, l := range []db.Lane{db.Work, db.Intake, db.Desk} {
		wg.Go(func() {
			if err := d.Write(t.Context(), l, func(*db.Tx) error {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, l)
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	for d.Waiting() < 2 { // the Work pool has one connection, which is held: its second writer waits for that
	}
	close(queued)
	wg.Wait()
	if diff := cmp.Diff([]db.Lane{db.Desk, db.Intake, db.Work}, order); diff != "" {
		t.Error(diff)
	}
}

func TestACancelledWriterLeavesTheLockFree(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite(t), db.Options{})
	holding, let := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- d.Write(t.Context(), db.Work, func(*db.Tx) error { close(holding); <-let; return nil })
	}()
	<-holding
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() { gone <- d.Write(ctx, db.Desk, func(*db.Tx) error { return nil }) }()
	for d.Waiting() < 1 {
	}
	cancel()
	if err := <-gone; err == nil {
		t.Error("a cancelled writer wrote")
	}
	close(let)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), db.Desk, func(*db.Tx) error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestOpenRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "mysql://x", "sqlite:", "postgres://%%%"} {
		if _, err := db.Open(t.Context(), address, db.Options{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", address, err)
		}
	}
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(t.Context(), "sqlite:"+file, db.Options{}); err == nil {
		t.Error("a text file was opened as a database")
	}
}

func TestUntilNeverIsNotAtOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite(t), db.Options{})
	for _, at := range []int64{db.Never, d.Now() + 1e12} {
		if got := d.Until(at, time.Second); got != time.Second {
			t.Errorf("%v until %d", got, at)
		}
	}
	if got := d.Until(0, time.Second); got != time.Millisecond {
		t.Errorf("%v until the past", got)
	}
}
