// Package inbox is what an agent sees: the list with its views, counts and search, and one conversation with all that belongs to it. It
// reads any table and writes only its own search terms.
package inbox

import (
	"cmp"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"slices"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/directory"
	"answerable/internal/fault"
)

// View is a named filter of the list.
type View string

// The views. Those that a later part of the house fills are empty until then.
const (
	Mine              View = "mine"
	Unowned           View = "unowned"
	Open              View = "open"
	WaitingDepartment View = "waiting_department"
	PromisesDue       View = "promises_due"
	Breaking          View = "breaking"
	Waiting           View = "waiting" // for the customer
	Resolved          View = "resolved"
	All               View = "all"      // every live conversation, latest movement first
	Archived          View = "archived" // imported history
	Spam              View = "spam"     // the quarantine
)

// view is how a view reads: a partial index each, so that neither a page nor a count ever scans.
type view struct {
	where  string
	urgent bool // in the order of the desk; else latest movement first
	person bool // of one person, whatever the brand
}

const awake = `c.status = 'open' AND NOT c.quarantined`

var views = map[View]view{
	Mine:              {where: awake + ` AND c.owner_id = $1`, urgent: true, person: true},
	Unowned:           {where: awake + ` AND c.owner_id IS NULL AND c.brand_id = $1`, urgent: true},
	Open:              {where: awake + ` AND c.brand_id = $1`, urgent: true},
	WaitingDepartment: {where: awake + ` AND c.owed_consults > 0 AND c.brand_id = $1`, urgent: true},
	PromisesDue:       {where: `c.status IN ('open','waiting','snoozed') AND NOT c.quarantined AND c.owed_promises > 0 AND c.brand_id = $1`, urgent: true},
	Breaking:          {where: awake + ` AND c.due_at < 9223372036854775807 AND c.brand_id = $1`, urgent: true},
	Waiting:           {where: `c.status IN ('waiting','snoozed') AND NOT c.quarantined AND c.brand_id = $1`},
	Resolved:          {where: `c.status = 'resolved' AND NOT c.quarantined AND c.brand_id = $1`},
	All:               {where: `c.status <> 'archived' AND NOT c.quarantined AND c.brand_id = $1`},
	Archived:          {where: `c.status = 'archived' AND c.brand_id = $1`},
	Spam:              {where: `c.quarantined AND c.brand_id = $1`},
}

// Query asks for a page of the list.
type Query struct {
	Brand  brand.ID           // empty: every brand the reader may enter
	View   View               // empty: All, or what Search says with is:
	Me     directory.PersonID // whose Mine is
	Search string             // see ParseSearch; searched newest first
	Cursor string             // of the page before
	Limit  int                // 1 to MostRows; 0 means 50
}

// MostRows is the longest page.
const MostRows = 200

// Row is one line of the list.
type Row struct {
	conversation.Conversation
	Brand       string // slug
	BrandName   string
	ContactName string
	OwnerName   string
	// Said is what the customer said last, where nothing was found in it that looks like a question: their words, not a guess (F12).
	Said     string
	SaidLang string
	// Why says, of a search, where it was found: a name, a handle, words of a message with what stands around them.
	Why []Why
}

// Page is a part of the list.
type Page struct {
	Rows []Row
	Next string // cursor of the next page; empty on the last
}

// place is where a page ended. It survives what happens to the row meanwhile.
type place struct {
	Due, Severity, Waiting, Moved int64
	ID                            conversation.ID
	No                            int64
}

func (p place) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func placeOf(s string) (p place, ok bool, err error) {
	if s == "" {
		return p, false, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return p, false, fault.New(fault.Invalid, "this cursor is none of ours; leave it out to begin at the top")
	}
	return p, true, nil
}

const rowFrom = ` FROM conversation c JOIN brand b ON b.id = c.brand_id LEFT JOIN contact f ON f.id = c.contact_id
	LEFT JOIN contact k ON k.id = COALESCE(f.merged_into, f.id) LEFT JOIN person o ON o.id = c.owner_id `

const rowColumns = conversation.Columns + `, b.slug, b.name, COALESCE(k.id, ''), COALESCE(k.name, ''), COALESCE(o.name, '')`

func scanRow(r *sql.Rows) (x Row, err error) {
	err = r.Scan(append(x.Into(), &x.Brand, &x.BrandName, &x.Contact, &x.ContactName, &x.OwnerName)...)
	return x, err
}

// List returns a page of a view, or of a search.
func List(tx *db.Tx, by auth.Actor, q Query) (Page, error) {
	if err := by.May(auth.Read, string(q.Brand)); err != nil {
		return Page{}, err
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, MostRows)
	if q.View == "" {
		q.View = All
	}
	v, ok := views[q.View]
	if !ok {
		return Page{}, fault.New(fault.Invalid, "there is no view %q", q.View)
	}
	if q.Search != "" {
		return search(tx, by, q)
	}
	after, more, err := placeOf(q.Cursor)
	if err != nil {
		return Page{}, err
	}
	whose, err := scopes(tx, by, q, v)
	if err != nil {
		return Page{}, err
	}
	// One bounded read of an index a brand, merged here: an index cannot be in order over several.
	var rows []Row
	for _, w := range whose {
		part, err := pageOf(tx, by, v, w, after, more, q.Limit+1)
		if err != nil {
			return Page{}, err
		}
		rows = append(rows, part...)
	}
	if len(whose) > 1 {
		slices.SortFunc(rows, func(x, y Row) int { return v.compare(x, y) })
	}
	var p Page
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		p.Next = placeAt(rows[len(rows)-1]).String()
	}
	p.Rows = rows
	return p, said(tx, p.Rows)
}

// said fills in the last words of rows without a question, all in one reading.
func said(tx *db.Tx, rows []Row) error {
	at := map[conversation.ID]*Row{}
	var ids []any
	for i := range rows {
		if rows[i].Asked == "" {
			at[rows[i].ID] = &rows[i]
			ids = append(ids, rows[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return tx.Query(`SELECT m.conversation_id, m.words, m.lang FROM conversation c JOIN message m ON m.id = (SELECT x.id FROM message x
		WHERE x.conversation_id = c.id AND x.side = 'theirs' AND NOT x.gone AND NOT x.quiet AND x.words <> '' ORDER BY x.at DESC, x.id DESC LIMIT 1)
		WHERE c.id IN `+db.In(1, len(ids)), ids, func(r *sql.Rows) error {
		var id conversation.ID
		var words, lang string
		if err := r.Scan(&id, &words, &lang); err != nil {
			return err
		}
		at[id].Said, at[id].SaidLang = conversation.Short(words), lang
		return nil
	})
}

func placeAt(r Row) place {
	return place{Due: r.DueAt, Severity: int64(r.Severity), Waiting: r.WaitingSince, Moved: r.MovedAt, ID: r.ID, No: r.No}
}

func (v view) compare(x, y Row) int {
	if v.urgent {
		return cmp.Or(cmp.Compare(x.DueAt, y.DueAt), cmp.Compare(x.Severity, y.Severity), cmp.Compare(x.WaitingSince, y.WaitingSince), cmp.Compare(x.ID, y.ID))
	}
	return cmp.Or(cmp.Compare(y.MovedAt, x.MovedAt), cmp.Compare(y.ID, x.ID))
}

// scopes are the values a view's index begins with: me, or each brand asked for.
func scopes(tx *db.Tx, by auth.Actor, q Query, v view) ([]any, error) {
	if v.person {
		return []any{cmp.Or(q.Me, directory.PersonID(by.ID))}, nil
	}
	if q.Brand != "" {
		return []any{q.Brand}, nil
	}
	bs, err := brand.All(tx, by)
	out := make([]any, len(bs))
	for i, b := range bs {
		out[i] = b.ID
	}
	return out, err
}

func pageOf(tx *db.Tx, by auth.Actor, v view, whose any, after place, more bool, limit int) (out []Row, err error) {
	where, order, args := v.where, ` ORDER BY c.moved_at DESC, c.id DESC LIMIT $2`, []any{whose, limit}
	if v.urgent {
		order = ` ORDER BY c.due_at, c.severity, c.waiting_since, c.id LIMIT $2`
	}
	if more && v.urgent {
		where += ` AND (c.due_at, c.severity, c.waiting_since, c.id) > ($3, $4, $5, $6)`
		args = append(args, after.Due, after.Severity, after.Waiting, after.ID)
	} else if more {
		where += ` AND (c.moved_at, c.id) < ($3, $4)`
		args = append(args, after.Moved, after.ID)
	}
	if v.person && !by.Every { // brand is a wall also for what is mine
		if len(by.Brands) == 0 {
			return nil, nil
		}
		where += ` AND c.brand_id IN ` + db.In(len(args)+1, len(by.Brands))
		args = append(args, db.Args(by.Brands...)...)
	}
	// The page is cut before names are joined to it.
	q := `SELECT ` + rowColumns + ` FROM (SELECT c.* FROM conversation c WHERE ` + where + order + `) c JOIN brand b ON b.id = c.brand_id
		LEFT JOIN contact f ON f.id = c.contact_id LEFT JOIN contact k ON k.id = COALESCE(f.merged_into, f.id) LEFT JOIN person o ON o.id = c.owner_id`
	if err = tx.Query(q, args, func(r *sql.Rows) error {
		x, err := scanRow(r)
		out = append(out, x)
		return err
	}); err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(x, y Row) int { return v.compare(x, y) }) // a join promises no order
	return out, nil
}

// Capped is where counting stops: beyond it a badge says "999+".
const Capped = 1000

// Count is one badge.
type Count struct {
	View View
	N    int64 // Capped means that many or more
}

// Counts counts views in a brand (empty: every brand the reader may enter), each bounded by Capped.
func Counts(tx *db.Tx, by auth.Actor, b brand.ID, me directory.PersonID, of ...View) ([]Count, error) {
	if err := by.May(auth.Read, string(b)); err != nil {
		return nil, err
	}
	out := make([]Count, len(of))
	for i, name := range of {
		v, ok := views[name]
		if !ok {
			return nil, fault.New(fault.Invalid, "there is no view %q", name)
		}
		out[i].View = name
		whose, err := scopes(tx, by, Query{Brand: b, Me: me}, v)
		if err != nil {
			return nil, err
		}
		for _, w := range whose {
			var n int64
			if _, err := tx.Row(`SELECT count(*) FROM (SELECT 1 FROM conversation c WHERE `+v.where+` LIMIT $2) x`, []any{w, Capped - out[i].N}, &n); err != nil {
				return nil, err
			}
			if out[i].N += n; out[i].N >= Capped {
				break
			}
		}
	}
	return out, nil
}
