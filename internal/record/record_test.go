package record_test

import (
	"errors"
	"fmt"
	"testing"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/record"
)

func note(t *testing.T, d *db.DB, n int) {
	t.Helper()
	if err := d.Write(t.Context(), db.Work, func(tx *db.Tx) error {
		for i := range n {
			if err := record.Note(tx, auth.TheHouse(), record.Entry{Brand: "b", Kind: "thing.said", Subject: fmt.Sprintf("thing/%d", i%3), Data: map[string]any{"n": i}, Words: "their words"}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func seal(t *testing.T, d *db.DB) (sealed int) {
	t.Helper()
	for {
		n, err := record.SealOnce(t.Context(), d, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return sealed
		}
		sealed += n
	}
}

func verify(t *testing.T, d *db.DB) (n int64, err error) {
	t.Helper()
	rerr := d.Read(t.Context(), func(tx *db.Tx) error {
		n, err = record.Verify(tx)
		return nil
	})
	if rerr != nil {
		t.Fatal(rerr)
	}
	return n, err
}

func TestChainHoldsWhileWordsAreErasedAndBreaksWhenChanged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		note(t, d, 700)
		if n := seal(t, d); n != 700 {
			t.Fatalf("sealed %d", n)
		}
		change := func(q string) {
			t.Helper()
			if err := d.Write(t.Context(), db.Work, func(tx *db.Tx) error { _, err := tx.Exec(q); return err }); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Write(t.Context(), db.Work, func(tx *db.Tx) error { return record.Erase(tx, "thing/1") }); err != nil {
			t.Fatal(err)
		}
		if n, err := verify(t, d); err != nil || n != 700 {
			t.Errorf("after erasing: %d, %v", n, err)
		}
		change(`UPDATE record SET words = 'other words' WHERE seq = 100 AND words IS NOT NULL OR seq = 101 AND words IS NOT NULL`)
		if _, err := verify(t, d); err == nil {
			t.Error("changed words were not found")
		}
		change(`UPDATE record SET words = NULL`)
		if _, err := verify(t, d); err != nil {
			t.Errorf("all erased: %v", err)
		}
		change(`UPDATE record SET actor = 'somebody' WHERE seq = 500`)
		if _, err := verify(t, d); err == nil {
			t.Error("a changed actor was not found")
		}
	})
}

func TestFollowersReadInOrderAndKeepTheirPlace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		note(t, d, 300)
		seal(t, d)
		var seen []int64
		follow := func(fail bool) (int, error) {
			return record.FollowOnce(t.Context(), d, "test", func(_ *db.Tx, batch []record.Sealed) (func(*db.Tx) error, error) {
				return func(*db.Tx) error {
					if fail {
						return errors.New("not now")
					}
					for _, s := range batch {
						seen = append(seen, s.Seq)
					}
					return nil
				}, nil
			})
		}
		if _, err := follow(true); err == nil {
			t.Fatal("a failing follower went on")
		}
		for {
			n, err := follow(false)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
		}
		if len(seen) != 300 {
			t.Fatalf("read %d", len(seen))
		}
		for i, s := range seen {
			if s != int64(i+1) {
				t.Fatalf("place %d holds %d", i, s)
			}
		}
	})
}
