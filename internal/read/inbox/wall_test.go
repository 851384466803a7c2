package inbox_test

import (
	"fmt"
	"testing"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/conversation"
	"answerable/internal/desktest"
	"answerable/internal/flow/assign"
	"answerable/internal/flow/resolve"
	"answerable/internal/read/inbox"
	"answerable/internal/record"
)

// index brings the search up to now.
func index(w *desktest.World) {
	w.T.Helper()
	for {
		s, err := record.SealOnce(w.T.Context(), w.DB, 0)
		if err != nil {
			w.T.Fatal(err)
		}
		f, err := record.FollowOnce(w.T.Context(), w.DB, "search", inbox.Indexed)
		if err != nil {
			w.T.Fatal(err)
		}
		if s == 0 && f == 0 {
			return
		}
	}
}

func list(w *desktest.World, by auth.Actor, q inbox.Query) (p inbox.Page) {
	w.T.Helper()
	w.Read(func(tx *db.Tx) (err error) {
		p, err = inbox.List(tx, by, q)
		return err
	})
	return p
}

func TestASearchInAViewDoesNotShowTheQuarantine(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		by := w.Mara.Actor()
		c := w.Hears(w.Says("buy", "", "A zebra watch, cheap."))[0].Conversation
		w.Write(func(tx *db.Tx) error {
			_, err := resolve.Do(tx, by, resolve.Item{Conversation: c, Outcome: conversation.Spam})
			return err
		})
		w.Hears(w.Says("buy", "", "Another zebra watch.")) // open, unowned, and in the quarantine
		index(w)
		for _, v := range []inbox.View{inbox.All, inbox.Mine, inbox.Open, inbox.Unowned, inbox.Resolved, inbox.Waiting} {
			if p := list(w, by, inbox.Query{View: v, Me: w.Mara.ID, Search: "zebra"}); len(p.Rows) != 0 {
				t.Errorf("%s shows %d rows of the quarantine", v, len(p.Rows))
			}
		}
		for _, q := range []inbox.Query{{View: inbox.Spam, Search: "zebra"}, {View: inbox.All, Search: "zebra is:spam"}} {
			if p := list(w, by, q); len(p.Rows) != 2 {
				t.Errorf("%+v shows %d rows, want 2", q, len(p.Rows))
			}
		}
	})
}

func TestMineBehindAWallIsPagedToItsEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		var other brand.Brand
		w.Write(func(tx *db.Tx) (err error) {
			other, err = brand.Add(tx, auth.TheHouse(), brand.Brand{Slug: "lumen"})
			return err
		})
		for i := range 9 {
			r := w.Hears(w.Says(fmt.Sprint("c", i), "", "Where is it?"))[0]
			w.Write(func(tx *db.Tx) error {
				if err := assign.To(tx, auth.TheHouse(), r.Conversation, w.Mara.ID, ""); err != nil || i != 1 {
					return err
				}
				_, err := tx.Exec(`UPDATE conversation SET brand_id = $2 WHERE id = $1`, r.Conversation, other.ID) // behind the wall
				return err
			})
		}
		by := w.Mara.Actor()
		by.Every, by.Brands = false, []string{string(w.Brand.ID)}
		seen := map[conversation.ID]bool{}
		q := inbox.Query{View: inbox.Mine, Me: w.Mara.ID, Limit: 4}
		for range 9 {
			p := list(w, by, q)
			for _, r := range p.Rows {
				seen[r.ID] = true
			}
			if q.Cursor = p.Next; q.Cursor == "" {
				break
			}
		}
		if len(seen) != 8 {
			t.Errorf("%d of 8 were listed", len(seen))
		}
	})
}

// More hits than the first, bounded step gathers: what is older than the cursor must still be found.
func TestCommonWordsAreFoundToTheEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const n = 25_000
		for from := int64(n - 4999); from >= 1; from -= 5000 { // the newest first: what the bounded step gathers is above the cursor
			terms := map[int64][]string{}
			for no := from; no < from+5000; no++ {
				terms[no] = []string{"common"}
			}
			if err := d.Write(t.Context(), db.Work, func(tx *db.Tx) error { return tx.SearchPut(terms) }); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			for _, before := range []int64{0, 20_000, 5001, 3} {
				got, err := tx.Search(db.SearchQuery{All: []string{"common"}}, before, 10)
				if err != nil {
					return err
				}
				top := int64(n)
				if before > 0 {
					top = before - 1
				}
				if len(got) != int(min(10, top)) || got[0] != top {
					t.Errorf("below %d: %v", before, got)
				}
			}
			got, err := tx.Search(db.SearchQuery{All: []string{"rare"}}, 0, 10)
			if len(got) != 0 {
				t.Errorf("no hit: %v", got)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}
