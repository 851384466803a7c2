package deliver_test

import (
	"fmt"
	"sync"
	"testing"

	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/account"
	"answerable/internal/desk/delivery"
	"answerable/internal/desk/draft"
	"answerable/internal/desktest"
	"answerable/internal/fault"
	"answerable/internal/flow/reply"
)

// lane is an account with n replies queued, whose lease is held under fence 7.
func lane(t *testing.T, d *db.DB, n int) *desktest.World {
	t.Helper()
	w := desktest.New(t, d)
	for i := range n {
		r := w.Hears(w.Says(fmt.Sprint("c", i), "", "Where is it?"))[0]
		w.Write(func(tx *db.Tx) error {
			_, err := reply.Send(tx, w.Mara.Actor(), draft.Draft{Conversation: r.Conversation, Words: fmt.Sprint("Reply ", i)}, 0)
			return err
		})
	}
	w.Write(func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO lease (name, holder, fence, until) VALUES ($1, 'n', 7, $2)`, account.Lease(w.Account.ID), db.Never)
		return err
	})
	return w
}

func TestRepliesThatMustWaitHoldUpNoOther(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := lane(t, d, 70)
		w.Write(func(tx *db.Tx) error { // all but the newest must wait
			_, err := tx.Exec(`UPDATE delivery SET not_before = $1 WHERE message_id < (SELECT max(message_id) FROM delivery)`, tx.Now()+500e6)
			return err
		})
		w.Write(func(tx *db.Tx) error {
			at, more, _, err := delivery.Begin(tx, w.Account.ID, 7)
			if !more || at.Out.Text != "Reply 69" {
				t.Errorf("more %v, %+v", more, at)
			}
			return err
		})
		w.Write(func(tx *db.Tx) error { // one is being sent; the lane comes back when the others may go
			if _, err := tx.Exec(`UPDATE delivery SET state = 'sent' WHERE state = 'sending'`); err != nil {
				return err
			}
			_, more, next, err := delivery.Begin(tx, w.Account.ID, 7)
			if more || next == db.Never || next <= tx.Now() {
				t.Errorf("more %v, next %d", more, next)
			}
			return err
		})
	})
}

func TestAReplyIsClaimedOnceAndOnlyUnderTheFence(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := lane(t, d, 1)
		if err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
			_, _, _, err := delivery.Begin(tx, w.Account.ID, 6)
			return err
		}); !fault.Is(err, fault.Conflict) {
			t.Errorf("an older fence: %v", err)
		}
		// Two claim at once: the second has read the lane and waits for the row while the first still holds it.
		var mu sync.Mutex
		first := 0
		claim := func(held func() error) error {
			return d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
				at, more, _, err := delivery.Begin(tx, w.Account.ID, 7)
				if err != nil {
					return err
				}
				if more && !at.Look {
					tx.After(func() { mu.Lock(); first++; mu.Unlock() })
				}
				return held()
			})
		}
		var wg sync.WaitGroup
		if err := claim(func() error {
			wg.Go(func() {
				if err := claim(func() error { return nil }); err != nil {
					t.Error(err)
				}
			})
			for waits := int64(0); waits == 0; { // SQLite's second writer waits for the first one's end
				if d.Single() {
					break
				}
				if err := d.Read(t.Context(), func(tx *db.Tx) error {
					_, err := tx.Row(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`, nil, &waits)
					return err
				}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if first != 1 {
			t.Errorf("%d may send without looking, want 1", first)
		}
	})
}
