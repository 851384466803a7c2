package conversation

import (
	"database/sql"
	"slices"
	"strings"
	"unicode/utf8"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/directory"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/id"
	"answerable/internal/record"
)

// Owed is a change of what a conversation owes.
type Owed struct {
	Conversation ID
	Debt         Debt
	N            int64
	// Asked is the first open question in the customer's words, as the list shows it; it replaces what stood there.
	Asked string
}

// Owe adds and settles debts, and locks the rows. A new debt opens a conversation that is not, in the same statement, as the database
// demands of a resolved one: somebody must see it. Each conversation is named once.
func Owe(tx *db.Tx, owed ...Owed) error {
	rows := make([][]any, 0, len(owed))
	for _, o := range owed {
		if o.Debt != Questions {
			return impossible("unknown debt %q", o.Debt)
		}
		rows = append(rows, []any{o.Conversation, o.N, Short(o.Asked), db.Never, tx.Now()})
	}
	slices.SortFunc(rows, func(x, y []any) int { return strings.Compare(string(x[0].(ID)), string(y[0].(ID))) })
	_, err := tx.Update("conversation", "id TEXT, n BIGINT, asked TEXT, never BIGINT, now BIGINT",
		`owed_questions = t.owed_questions + v.n, asked = v.asked,
		status = CASE WHEN t.status IN ('resolved', 'waiting', 'snoozed') AND v.n > 0 THEN 'open' ELSE t.status END,
		waiting_since = CASE WHEN v.n > 0 AND t.waiting_since = v.never THEN v.now ELSE t.waiting_since END,
		outcome = CASE WHEN t.status = 'resolved' AND v.n > 0 THEN '' ELSE t.outcome END,
		resolved_at = CASE WHEN t.status = 'resolved' AND v.n > 0 THEN v.never ELSE t.resolved_at END`, "t.id = v.id", rows)
	return err
}

// Short bounds what the list shows of a question.
func Short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	const most = 240
	if len(s) <= most {
		return s
	}
	s = s[:most]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}

// SetOwner is called by the flow assign only. An empty to leaves it without an owner, with the accountable person named by rule.
func SetOwner(tx *db.Tx, by auth.Actor, c Conversation, to directory.PersonID, why string) error {
	if c.Owner == to {
		return nil
	}
	var owner any
	if to != "" {
		owner = to
	}
	if _, err := tx.Exec(`UPDATE conversation SET owner_id = $2, version = version + 1 WHERE id = $1`, c.ID, owner); err != nil {
		return err
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "conversation", ID: string(c.ID)})
	return record.Note(tx, by, record.Entry{Brand: string(c.Brand), Kind: "conversation.owner", Subject: Subject(c.ID), Data: map[string]any{"from": c.Owner, "to": to}, Words: why})
}

// Given is one conversation with its new owner.
type Given struct {
	Conversation ID
	Brand        brand.ID
	To           directory.PersonID
	Why          string
}

// SetOwners gives many unowned conversations their owners at once. Called by the flow assign only.
func SetOwners(tx *db.Tx, by auth.Actor, given []Given) error {
	rows := make([][]any, len(given))
	entries := make([]record.Entry, len(given))
	slices.SortFunc(given, func(x, y Given) int { return strings.Compare(string(x.Conversation), string(y.Conversation)) })
	for i, g := range given {
		rows[i] = []any{g.Conversation, g.To}
		entries[i] = record.Entry{Brand: string(g.Brand), Kind: "conversation.owner", Subject: Subject(g.Conversation), Data: map[string]any{"to": g.To}, Words: g.Why}
		event.After(tx, event.Changed{Brand: string(g.Brand), Kind: "conversation", ID: string(g.Conversation)})
	}
	if _, err := tx.Update("conversation", "id TEXT, owner_id TEXT", "owner_id = v.owner_id, version = t.version + 1", "t.id = v.id AND t.owner_id IS NULL", rows); err != nil {
		return err
	}
	return record.Note(tx, by, entries...)
}

// SetSeverity sets it.
func SetSeverity(tx *db.Tx, by auth.Actor, conv ID, s Severity) error {
	c, err := Lock(tx, by, conv)
	if err != nil {
		return err
	}
	if err := by.May(auth.Write, string(c.Brand)); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE conversation SET severity = $2, version = version + 1 WHERE id = $1`, c.ID, s); err != nil {
		return err
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "conversation", ID: string(c.ID)})
	return record.Note(tx, by, record.Entry{Brand: string(c.Brand), Kind: "conversation.severity", Subject: Subject(c.ID), Data: map[string]any{"from": c.Severity.String(), "to": s.String()}})
}

// Resolve ends a conversation with its outcome. c was locked and owes nothing; the database refuses otherwise. Called by the flow
// resolve only, so that every way of closing is one.
func Resolve(tx *db.Tx, by auth.Actor, c Conversation, o Outcome) error {
	if !slices.Contains(Outcomes(), o) {
		return fault.New(fault.Invalid, "there is no outcome %q", o)
	}
	if c.Status == Archived {
		return fault.New(fault.Conflict, "this is imported history: it has ended already")
	}
	if _, err := tx.Exec(`UPDATE conversation SET status = 'resolved', outcome = $2, resolved_at = $3, moved_at = $3, waiting_since = $4, quarantined = $5, version = version + 1 WHERE id = $1`,
		c.ID, o, tx.Now(), db.Never, o == Spam); err != nil {
		return err
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "conversation", ID: string(c.ID)})
	return record.Note(tx, by, record.Entry{Brand: string(c.Brand), Kind: "conversation.resolved", Subject: Subject(c.ID), Data: map[string]any{"outcome": o}})
}

// Reopen opens a resolved, waiting or quarantined conversation again. Called by the flow resolve only.
func Reopen(tx *db.Tx, by auth.Actor, c Conversation, why string) error {
	if c.Status == Archived {
		return fault.New(fault.Conflict, "this is imported history: a new message makes a new conversation")
	}
	if c.Status == Open && !c.Quarantined {
		return nil
	}
	waiting := c.WaitingSince
	if c.Quarantined { // as if it had never been there
		var last MessageID
		if _, err := tx.Row(`SELECT COALESCE(max(id), '') FROM message WHERE conversation_id = $1 AND side IN ('ours', 'outside')`, db.Args(c.ID), &last); err != nil {
			return err
		}
		var err error
		if waiting, err = unanswered(tx, c.ID, last); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`UPDATE conversation SET status = 'open', outcome = '', resolved_at = $2, quarantined = FALSE, moved_at = $3, waiting_since = $4, version = version + 1 WHERE id = $1`,
		c.ID, db.Never, tx.Now(), waiting); err != nil {
		return err
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "conversation", ID: string(c.ID)})
	return record.Note(tx, by, record.Entry{Brand: string(c.Brand), Kind: "conversation.reopened", Subject: Subject(c.ID), Data: map[string]any{"outcome": c.Outcome}, Words: why})
}

// LockAll holds conversations until the commit, in the order of their ids, as everybody does who holds several.
func LockAll(tx *db.Tx, ids ...ID) error {
	slices.Sort(ids)
	return eachIn(slices.Compact(ids), func(part []any) error {
		return tx.Query(`SELECT id FROM conversation WHERE id IN `+db.In(1, len(part))+` ORDER BY id`+tx.Locked(), part, func(*sql.Rows) error { return nil })
	})
}

// Load counts the open conversations of each person, at most most of each: it is asked once a batch.
func Load(tx *db.Tx, who []directory.Person, most int64) (map[directory.PersonID]int64, error) {
	out := make(map[directory.PersonID]int64, len(who))
	for _, p := range who {
		var n int64
		if _, err := tx.Row(`SELECT count(*) FROM (SELECT 1 FROM conversation WHERE owner_id = $1 AND status = 'open' AND NOT quarantined LIMIT $2) x`, db.Args[any](p.ID, min(p.Capacity, most)+1), &n); err != nil {
			return nil, err
		}
		out[p.ID] = n
	}
	return out, nil
}

// LastOwners says who owned each contact's latest conversation.
func LastOwners(tx *db.Tx, contacts []contact.ID) (map[contact.ID]directory.PersonID, error) {
	out := map[contact.ID]directory.PersonID{}
	return out, eachIn(contacts, func(ids []any) error {
		return tx.Query(`SELECT c.contact_id, c.owner_id FROM conversation c WHERE c.id IN
			(SELECT max(id) FROM conversation WHERE owner_id IS NOT NULL AND contact_id IN `+db.In(1, len(ids))+` GROUP BY contact_id)`, ids, func(r *sql.Rows) error {
			var c contact.ID
			var p directory.PersonID
			err := r.Scan(&c, &p)
			out[c] = p
			return err
		})
	})
}

// Unowned lists open conversations of a brand without an owner, the most urgent first.
func Unowned(tx *db.Tx, b brand.ID, limit int) (out []Conversation, err error) {
	err = tx.Query(`SELECT `+Columns+` FROM conversation c WHERE c.brand_id = $1 AND c.status = 'open' AND NOT c.quarantined AND c.owner_id IS NULL
		ORDER BY c.due_at, c.severity, c.waiting_since, c.id LIMIT $2`+tx.SkipLocked(), db.Args[any](b, limit), func(r *sql.Rows) error {
		var c Conversation
		err := r.Scan(c.Into()...)
		out = append(out, c)
		return err
	})
	return out, err
}

// Tag puts a tag on a conversation; the tag is made when the brand has none of that name.
func Tag(tx *db.Tx, by auth.Actor, conv ID, name string) error {
	c, err := Lock(tx, by, conv)
	if err != nil {
		return err
	}
	if err := by.May(auth.Write, string(c.Brand)); err != nil {
		return err
	}
	name = strings.ToLower(strings.Join(strings.Fields(name), "-"))
	if name == "" || len(name) > 60 {
		return fault.New(fault.Invalid, "a tag has 1 to 60 characters")
	}
	if _, err := tx.Exec(`INSERT INTO tag (id, brand_id, name) VALUES ($1,$2,$3) ON CONFLICT DO NOTHING`, id.New(), c.Brand, name); err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO conversation_tag (conversation_id, tag_id, by, at) SELECT $1, COALESCE(merged_into, id), $4, CAST($5 AS BIGINT) FROM tag WHERE brand_id = $2 AND name = $3
		ON CONFLICT DO NOTHING`, c.ID, c.Brand, name, by.String(), tx.Now()); err != nil {
		return err
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "conversation", ID: string(c.ID)})
	return record.Note(tx, by, record.Entry{Brand: string(c.Brand), Kind: "conversation.tagged", Subject: Subject(c.ID), Data: map[string]any{"tag": name}})
}

// Untag takes one off.
func Untag(tx *db.Tx, by auth.Actor, conv ID, name string) error {
	c, err := Lock(tx, by, conv)
	if err != nil {
		return err
	}
	if err := by.May(auth.Write, string(c.Brand)); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM conversation_tag WHERE conversation_id = $1 AND tag_id IN (SELECT id FROM tag WHERE brand_id = $2 AND name = $3)`, c.ID, c.Brand, name); err != nil {
		return err
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "conversation", ID: string(c.ID)})
	return record.Note(tx, by, record.Entry{Brand: string(c.Brand), Kind: "conversation.untagged", Subject: Subject(c.ID), Data: map[string]any{"tag": name}})
}
