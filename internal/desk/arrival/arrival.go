// Package arrival keeps what reached a door, as received, for as long as it may be needed, and lets it be read again.
package arrival

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/fault"
	"answerable/internal/id"
	"answerable/internal/record"
)

// ID names an arrival.
type ID string

// Outcome is what became of one.
type Outcome string

// The outcomes. All but Read are shown to a person.
const (
	Read       Outcome = "read"
	Unknown    Outcome = "unknown"    // an event nobody taught us
	Unreadable Outcome = "unreadable" // Cause says why
	Parked     Outcome = "parked"     // waits for something else, such as the delivery it may be the echo of
)

// Kept says which arrival a raw delivery became.
type Kept struct {
	ID    ID
	Fresh bool // false: it was known, and its meaning is filed already
}

// Term is how long raw bytes are kept after they were read: 30 days.
const Term int64 = 30 * 24 * 3600 * 1e6

// Key is the sender's own id of a delivery, or the hash of its bytes.
func Key(r channel.Raw) string {
	if r.Key != "" {
		return r.Key
	}
	h := sha256.Sum256(r.Body)
	return "sha256:" + hex.EncodeToString(h[:])
}

// Keep stores a batch and says which were not known before. The unique key decides, also between two nodes.
func Keep(tx *db.Tx, b brand.ID, a account.ID, in []channel.Arrival) ([]Kept, error) {
	out := make([]Kept, len(in))
	rows := make([][]any, 0, len(in))
	at := make(map[string]int, len(in))
	for i, x := range in {
		k := Key(x.Raw)
		if j, twice := at[k]; twice {
			out[i] = Kept{ID: out[j].ID}
			continue
		}
		at[k] = i
		out[i] = Kept{ID: ID(id.New())}
		o, cause := Read, ""
		switch {
		case x.Cause != nil:
			o, cause = Unreadable, fault.Safe(x.Cause)
			if fault.Is(x.Cause, fault.Internal) {
				cause = x.Cause.Error()
			}
		case len(x.In) > 0 && x.In[0].Kind == channel.Unknown:
			o = Unknown
		}
		rows = append(rows, []any{out[i].ID, b, a, k, tx.Now(), o, cause, x.Raw.Head, x.Raw.Body})
	}
	fresh := map[string]bool{}
	if err := tx.InsertReturning(`INSERT INTO arrival (id, brand_id, account_id, sender_key, at, outcome, cause, head, body)`,
		`ON CONFLICT (account_id, sender_key) DO NOTHING RETURNING sender_key`, rows, func(r *sql.Rows) error {
			var k string
			err := r.Scan(&k)
			fresh[k] = true
			return err
		}); err != nil {
		return nil, err
	}
	for k, i := range at {
		if out[i].Fresh = fresh[k]; !out[i].Fresh {
			if _, err := tx.Row(`SELECT id FROM arrival WHERE account_id = $1 AND sender_key = $2`, db.Args[any](a, k), &out[i].ID); err != nil {
				return nil, err
			}
		}
	}
	for i, x := range in { // twins within the batch
		if j := at[Key(x.Raw)]; j != i {
			out[i].ID = out[j].ID
		}
	}
	return out, nil
}

// Stored is one as it may be shown or run again.
type Stored struct {
	ID      ID
	Brand   brand.ID
	Account account.ID
	At      int64
	Outcome Outcome
	Cause   string
	Raw     channel.Raw
}

const columns = `id, brand_id, account_id, sender_key, at, outcome, cause, head, body`

func scan(r *sql.Rows) (s Stored, err error) {
	err = r.Scan(&s.ID, &s.Brand, &s.Account, &s.Raw.Key, &s.At, &s.Outcome, &s.Cause, &s.Raw.Head, &s.Raw.Body)
	return s, err
}

// Open lists what could not be read, is unknown or waits, newest first.
func Open(tx *db.Tx, by auth.Actor, a account.ID, limit int) (out []Stored, err error) {
	where, args := `outcome <> 'read' AND (account_id = $1 OR $1 = '')`, []any{a, limit}
	if !by.Every { // in the question, so that what stands behind the wall does not fill the page
		if len(by.Brands) == 0 {
			return nil, nil
		}
		where += ` AND brand_id IN ` + db.In(3, len(by.Brands))
		args = append(args, db.Args(by.Brands...)...)
	}
	err = tx.Query(`SELECT `+columns+` FROM arrival WHERE `+where+` ORDER BY id DESC LIMIT $2`, args, func(r *sql.Rows) error {
		s, err := scan(r)
		out = append(out, s)
		return err
	})
	return out, err
}

// Take returns one to be read again, after a fix.
func Take(tx *db.Tx, by auth.Actor, a ID) (s Stored, err error) {
	found := false
	if err := tx.Query(`SELECT `+columns+` FROM arrival WHERE id = $1`+tx.Locked(), db.Args(a), func(r *sql.Rows) error {
		found = true
		s, err = scan(r)
		return err
	}); err != nil {
		return s, err
	}
	if !found || !by.In(string(s.Brand)) {
		return s, fault.New(fault.NotFound, "there is no such arrival")
	}
	if err := by.May(auth.Manages, string(s.Brand)); err != nil {
		return s, err
	}
	if s.Outcome == Read {
		return s, fault.New(fault.Conflict, "this arrival was read already")
	}
	if s.Raw.Body == nil {
		return s, fault.New(fault.Conflict, "the bytes of this arrival are gone: their term is over")
	}
	return s, nil
}

// Settle keeps what came of reading one again.
func Settle(tx *db.Tx, by auth.Actor, s Stored, o Outcome, cause string) error {
	if _, err := tx.Exec(`UPDATE arrival SET outcome = $2, cause = $3 WHERE id = $1`, s.ID, o, cause); err != nil {
		return err
	}
	return record.Note(tx, by, record.Entry{Brand: string(s.Brand), Kind: "arrival." + string(o), Subject: "arrival/" + string(s.ID)})
}

// Forget drops raw bytes whose term is over, some at a time; what was never read keeps them. It returns how many it dropped: call it
// again until that is none.
func Forget(tx *db.Tx, before int64) (int64, error) {
	return tx.Exec(`UPDATE arrival SET body = NULL WHERE id IN (SELECT id FROM arrival WHERE at < $1 AND outcome = 'read' AND body IS NOT NULL LIMIT 2000)`, before)
}
