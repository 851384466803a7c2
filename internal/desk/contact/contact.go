// Package contact has the people who write to us and their identities on channels; merge, with its evidence, and undo.
package contact

import (
	"database/sql"
	"slices"
	"strings"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/fault"
	"answerable/internal/id"
	"answerable/internal/record"
)

// ID names a contact.
type ID string

// IdentityID names one address or handle of a contact.
type IdentityID string

// Who is an author as the desk knows them.
type Who struct {
	Contact  ID // the one that is meant now: a merged contact answers with what it was merged into
	Identity IdentityID
	Name     string
	Blocked  bool // marked as spam or blocked: what they write goes to the quarantine
	Fresh    bool // met for the first time
}

type key struct{ realm, id string }

// Known finds or makes the contacts behind a batch of authors, in the order given. Rows are taken in the order of their keys, and a
// unique key decides between two nodes that meet the same person for the first time.
func Known(tx *db.Tx, b brand.ID, authors []channel.Author) ([]Who, error) {
	if len(authors) == 0 {
		return nil, nil
	}
	latest := map[key]channel.Author{}
	for _, a := range authors {
		latest[key{a.Realm, a.ID}] = a
	}
	keys := make([]key, 0, len(latest))
	for k := range latest {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y key) int {
		if c := strings.Compare(x.realm, y.realm); c != 0 {
			return c
		}
		return strings.Compare(x.id, y.id)
	})
	found := map[key]Who{}
	if err := find(tx, b, keys, latest, found); err != nil {
		return nil, err
	}
	var missing []key
	for _, k := range keys {
		if _, ok := found[k]; !ok {
			missing = append(missing, k)
		}
	}
	if len(missing) > 0 {
		if err := add(tx, b, missing, latest, found); err != nil {
			return nil, err
		}
	}
	if err := seen(tx, latest, found); err != nil {
		return nil, err
	}
	out := make([]Who, len(authors))
	for i, a := range authors {
		out[i] = found[key{a.Realm, a.ID}]
	}
	return out, nil
}

func find(tx *db.Tx, b brand.ID, keys []key, latest map[key]channel.Author, found map[key]Who) error {
	var merged []key
	for len(keys) > 0 {
		n := 1
		for n < len(keys) && keys[n].realm == keys[0].realm && n < 256 {
			n++
		}
		args := []any{b, keys[0].realm, tx.Now()}
		for _, k := range keys[:n] {
			args = append(args, k.id)
		}
		realm := keys[0].realm
		keys = keys[n:]
		type change struct {
			identity     IdentityID
			contact      ID
			handle, name string
		}
		var changed []change
		if err := tx.Query(`SELECT i.external_id, i.id, i.handle, c.id, c.name, COALESCE(c.merged_into, ''), s.until IS NOT NULL
			FROM identity i JOIN contact c ON c.id = i.contact_id LEFT JOIN sender_block s ON s.brand_id = i.brand_id AND s.identity_id = i.id AND s.until > $3
			WHERE i.brand_id = $1 AND i.realm = $2 AND i.external_id IN `+db.In(4, n), args, func(r *sql.Rows) error {
			var ext, handle, name string
			var into ID
			var w Who
			if err := r.Scan(&ext, &w.Identity, &handle, &w.Contact, &name, &into, &w.Blocked); err != nil {
				return err
			}
			k := key{realm, ext}
			a := latest[k]
			w.Name = name
			if called := display(a); a.Handle != "" && (a.Handle != handle || called != name && a.Name != "") {
				changed = append(changed, change{w.Identity, w.Contact, a.Handle, called})
				w.Name = called
			}
			if into != "" {
				w.Contact = into
				merged = append(merged, k)
			}
			found[k] = w
			return nil
		}); err != nil {
			return err
		}
		for _, c := range changed { // people rename themselves; who they are stays
			if _, err := tx.Exec(`UPDATE identity SET handle = $2 WHERE id = $1`, c.identity, c.handle); err != nil {
				return err
			}
			if _, err := tx.Exec(`UPDATE contact SET name = $2 WHERE id = $1`, c.contact, c.name); err != nil {
				return err
			}
		}
	}
	for _, k := range merged {
		w := found[k]
		root, err := Meant(tx, w.Contact)
		if err != nil {
			return err
		}
		w.Contact = root
		found[k] = w
	}
	return nil
}

func add(tx *db.Tx, b brand.ID, missing []key, latest map[key]channel.Author, found map[key]Who) error {
	contacts, identities := make([][]any, len(missing)), make([][]any, len(missing))
	made := make(map[string]Who, len(missing)) // by identity id
	at := make(map[string]key, len(missing))
	for i, k := range missing {
		a := latest[k]
		w := Who{Contact: ID(id.New()), Identity: IdentityID(id.New()), Name: display(a), Fresh: true}
		contacts[i] = []any{w.Contact, b, w.Name, tx.Now()}
		identities[i] = []any{w.Identity, b, w.Contact, k.realm, k.id, a.Handle}
		made[string(w.Identity)], at[string(w.Identity)] = w, k
	}
	if _, err := tx.Insert(`INSERT INTO contact (id, brand_id, name, made_at)`, "", contacts); err != nil {
		return err
	}
	if err := tx.InsertReturning(`INSERT INTO identity (id, brand_id, contact_id, realm, external_id, handle)`,
		`ON CONFLICT (brand_id, realm, external_id) DO NOTHING RETURNING id`, identities, func(r *sql.Rows) error {
			var got string
			if err := r.Scan(&got); err != nil {
				return err
			}
			found[at[got]] = made[got]
			delete(made, got)
			return nil
		}); err != nil {
		return err
	}
	var lost []key
	for got, w := range made { // another node was first
		if _, err := tx.Exec(`DELETE FROM contact WHERE id = $1`, w.Contact); err != nil {
			return err
		}
		lost = append(lost, at[got])
	}
	if len(lost) == 0 {
		return nil
	}
	slices.SortFunc(lost, func(x, y key) int { return strings.Compare(x.realm, y.realm) })
	return find(tx, b, lost, latest, found)
}

// seen keeps how many follow them, once a day, in a table of its own that nothing orders by.
func seen(tx *db.Tx, latest map[key]channel.Author, found map[key]Who) error {
	const day = 24 * 3600 * 1e6
	var rows [][]any
	for k, a := range latest {
		if a.Reach > 0 {
			rows = append(rows, []any{found[k].Identity, tx.Now() - tx.Now()%day, a.Reach})
		}
	}
	slices.SortFunc(rows, func(x, y []any) int { return strings.Compare(string(x[0].(IdentityID)), string(y[0].(IdentityID))) })
	_, err := tx.Insert(`INSERT INTO reach (identity_id, at, followers)`, `ON CONFLICT DO NOTHING`, rows)
	return err
}

func display(a channel.Author) string {
	switch {
	case a.Name != "":
		return a.Name
	case a.Handle != "":
		return "@" + a.Handle
	}
	return a.ID
}

// Meant follows merges to the contact that is meant now.
func Meant(tx *db.Tx, c ID) (ID, error) {
	for range 32 {
		var into ID
		ok, err := tx.Row(`SELECT COALESCE(merged_into, '') FROM contact WHERE id = $1`, db.Args(c), &into)
		if err != nil || !ok || into == "" {
			return c, err
		}
		c = into
	}
	return c, fault.New(fault.Conflict, "the merges of contact %s run in a circle", c)
}

// Identity is one address or handle.
type Identity struct {
	ID                        IdentityID
	Realm, ExternalID, Handle string
	Blocked                   string // spam, block or empty
}

// Contact is one person who writes to us.
type Contact struct {
	ID         ID
	Brand      brand.ID
	Name       string
	Lang       string
	MergedInto ID
	Identities []Identity
	Merges     []Merge
}

// Merge is a merge that was made or suggested.
type Merge struct {
	From, Into         ID
	FromName, IntoName string
	Evidence           string
	State              string // suggested, merged
	At                 int64
}

// Get returns a contact with the identities of all that were merged into it.
func Get(tx *db.Tx, by auth.Actor, c ID) (out Contact, err error) {
	ok, err := tx.Row(`SELECT id, brand_id, name, lang, COALESCE(merged_into, '') FROM contact WHERE id = $1`, db.Args(c),
		&out.ID, &out.Brand, &out.Name, &out.Lang, &out.MergedInto)
	if err != nil {
		return out, err
	}
	if !ok || !by.In(string(out.Brand)) {
		return Contact{}, fault.New(fault.NotFound, "there is no contact %q", c)
	}
	if err := tx.Query(`WITH RECURSIVE one (id) AS (SELECT CAST($1 AS TEXT) UNION SELECT c.id FROM contact c JOIN one ON c.merged_into = one.id)
		SELECT i.id, i.realm, i.external_id, i.handle, COALESCE(s.kind, '') FROM identity i LEFT JOIN sender_block s ON s.identity_id = i.id AND s.until > $2
		WHERE i.contact_id IN (SELECT id FROM one) ORDER BY i.id`, db.Args[any](string(c), tx.Now()), func(r *sql.Rows) error {
		var i Identity
		err := r.Scan(&i.ID, &i.Realm, &i.ExternalID, &i.Handle, &i.Blocked)
		out.Identities = append(out.Identities, i)
		return err
	}); err != nil {
		return out, err
	}
	if err := tx.Query(`SELECT m.from_id, m.into_id, f.name, t.name, m.evidence, m.state, m.at FROM contact_merge m
		JOIN contact f ON f.id = m.from_id JOIN contact t ON t.id = m.into_id WHERE m.into_id = $1 AND m.state = 'merged' ORDER BY m.at`, db.Args(c),
		func(r *sql.Rows) error {
			var m Merge
			err := r.Scan(&m.From, &m.Into, &m.FromName, &m.IntoName, &m.Evidence, &m.State, &m.At)
			out.Merges = append(out.Merges, m)
			return err
		}); err != nil {
		return out, err
	}
	s, err := suggestions(tx, out)
	out.Merges = append(out.Merges, s...)
	return out, err
}

// suggestions: somebody else of the same brand with the same handle on another network. A person decides.
func suggestions(tx *db.Tx, c Contact) (out []Merge, err error) {
	if c.MergedInto != "" {
		return nil, nil
	}
	given := map[ID]bool{}
	for _, i := range c.Identities {
		user, _, _ := strings.Cut(i.Handle, "@")
		if len(user) < 4 {
			continue
		}
		if err := tx.Query(`SELECT o.id, o.name, x.realm, x.handle FROM identity x JOIN contact o ON o.id = x.contact_id
			WHERE x.brand_id = $1 AND x.handle IN ($2, $3) AND x.realm <> $4 AND o.merged_into IS NULL AND o.id <> $5
			AND NOT EXISTS (SELECT 1 FROM contact_merge m WHERE m.state IN ('refused', 'undone') AND (m.from_id = o.id AND m.into_id = $5 OR m.from_id = $5 AND m.into_id = o.id))
			ORDER BY o.id LIMIT 3`, db.Args[any](c.Brand, i.Handle, user, i.Realm, c.ID), func(r *sql.Rows) error {
			m := Merge{Into: c.ID, IntoName: c.Name, State: "suggested"}
			var realm, handle string
			if err := r.Scan(&m.From, &m.FromName, &realm, &handle); err != nil {
				return err
			}
			if !given[m.From] {
				m.Evidence = "@" + handle + " on " + realm + " has the same handle as @" + i.Handle + " on " + i.Realm
				out = append(out, m)
			}
			given[m.From] = true
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Join says that two contacts are one person: from points at into, the rows stay, so Undo is one row. A person decides, with evidence.
func Join(tx *db.Tx, by auth.Actor, from, into ID, evidence string) error {
	f, err := Get(tx, by, from)
	if err != nil {
		return err
	}
	t, err := Get(tx, by, into)
	if err != nil {
		return err
	}
	if err := by.May(auth.Write, string(f.Brand)); err != nil {
		return err
	}
	meant, err := Meant(tx, into)
	if err != nil {
		return err
	}
	switch {
	case f.Brand != t.Brand:
		return fault.New(fault.NotFound, "there is no contact %q", into) // brand is a wall
	case meant == from || from == into:
		return fault.New(fault.Invalid, "these two are one contact already")
	case f.MergedInto != "":
		return fault.New(fault.Conflict, "this contact was merged already; undo that first")
	case strings.TrimSpace(evidence) == "":
		return fault.New(fault.Invalid, "say what shows that the two are one person")
	}
	if _, err := tx.Exec(`UPDATE contact SET merged_into = $2 WHERE id = $1`, from, meant); err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO contact_merge (id, brand_id, from_id, into_id, evidence, state, by, at) VALUES ($1,$2,$3,$4,$5,'merged',$6,$7)
		ON CONFLICT (from_id, into_id) DO UPDATE SET evidence = excluded.evidence, state = 'merged', by = excluded.by, at = excluded.at`,
		id.New(), f.Brand, from, meant, evidence, by.String(), tx.Now()); err != nil {
		return err
	}
	return record.Note(tx, by, record.Entry{
		Brand: string(f.Brand), Kind: "contact.merged", Subject: "contact/" + string(from),
		Data: map[string]any{"into": meant}, Words: evidence,
	})
}

// Part takes a merge back; everything is as it was before.
func Part(tx *db.Tx, by auth.Actor, from ID) error {
	f, err := Get(tx, by, from)
	if err != nil {
		return err
	}
	if err := by.May(auth.Write, string(f.Brand)); err != nil {
		return err
	}
	if f.MergedInto == "" {
		return fault.New(fault.Conflict, "this contact is not merged into another")
	}
	if _, err := tx.Exec(`UPDATE contact SET merged_into = NULL WHERE id = $1`, from); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE contact_merge SET state = 'undone', by = $3, at = $4 WHERE from_id = $1 AND into_id = $2`, from, f.MergedInto, by.String(), tx.Now()); err != nil {
		return err
	}
	return record.Note(tx, by, record.Entry{Brand: string(f.Brand), Kind: "contact.parted", Subject: "contact/" + string(from), Data: map[string]any{"from": f.MergedInto}})
}

// Refuse keeps a suggested merge from being offered again.
func Refuse(tx *db.Tx, by auth.Actor, from, into ID) error {
	f, err := Get(tx, by, from)
	if err != nil {
		return err
	}
	if err := by.May(auth.Write, string(f.Brand)); err != nil {
		return err
	}
	if _, err := Get(tx, by, into); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO contact_merge (id, brand_id, from_id, into_id, evidence, state, by, at) VALUES ($1,$2,$3,$4,'','refused',$5,$6) ON CONFLICT DO NOTHING`,
		id.New(), f.Brand, from, into, by.String(), tx.Now())
	return err
}

// Quarantine sends what a contact writes from now on to the quarantine; it deletes nothing.
func Quarantine(tx *db.Tx, by auth.Actor, c ID, reason string) error {
	x, err := Get(tx, by, c)
	if err != nil {
		return err
	}
	for _, i := range x.Identities {
		if _, err := tx.Exec(`INSERT INTO sender_block (brand_id, identity_id, kind, reason, by, since, until) VALUES ($1,$2,'spam',$3,$4,$5,$6) ON CONFLICT DO NOTHING`,
			x.Brand, i.ID, reason, by.String(), tx.Now(), db.Never); err != nil {
			return err
		}
	}
	return record.Note(tx, by, record.Entry{Brand: string(x.Brand), Kind: "contact.quarantined", Subject: "contact/" + string(c), Data: map[string]any{"reason": reason}})
}

// Release takes a contact out of the quarantine.
func Release(tx *db.Tx, by auth.Actor, c ID) error {
	x, err := Get(tx, by, c)
	if err != nil {
		return err
	}
	for _, i := range x.Identities {
		if _, err := tx.Exec(`DELETE FROM sender_block WHERE brand_id = $1 AND identity_id = $2`, x.Brand, i.ID); err != nil {
			return err
		}
	}
	return record.Note(tx, by, record.Entry{Brand: string(x.Brand), Kind: "contact.released", Subject: "contact/" + string(c)})
}
