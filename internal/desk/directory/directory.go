// Package directory has the people of the house: who they are, what they are called in public, which brands they work for, how much
// they can carry and whether they are here. (Departments and leaders come with the direct line.)
package directory

import (
	"database/sql"
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/id"
	"answerable/internal/record"
)

// PersonID names a person.
type PersonID string

// State is whether somebody takes work now.
type State string

// The states.
const (
	Here State = "here" // takes new work
	Away State = "away" // on a break: keeps theirs, gets no new work
	Off  State = "off"  // off shift
)

// Person is somebody in the house.
type Person struct {
	ID         PersonID
	Email      string
	Name       string
	PublicName string // what customers see; a first name will do
	Role       auth.Role
	Capacity   int64 // open conversations that may be given to them by rule
	Every      bool  // works for every brand
	Brands     []brand.ID
	Lang       string
	State      State
	OffAt      int64 // when their access ended; 0 while it has not
}

// Initials are what the list shows for a person.
func (p Person) Initials() string { return Initials(p.Name) }

// Initials of a name: first letters of its first and last word.
func Initials(name string) string {
	f := strings.Fields(name)
	if len(f) == 0 {
		return ""
	}
	letter := func(w string) string {
		r, _ := utf8.DecodeRuneInString(w)
		return strings.ToUpper(string(r))
	}
	if len(f) == 1 {
		return letter(f[0])
	}
	return letter(f[0]) + letter(f[len(f)-1])
}

// Add makes a person. Without brands they work for every brand.
func Add(tx *db.Tx, by auth.Actor, p Person) (Person, error) {
	if err := by.May(auth.Manages, ""); err != nil {
		return p, err
	}
	if !by.Every { // who manages some brands adds people to those
		if len(p.Brands) == 0 {
			return p, fault.New(fault.Forbidden, "name the brands this person works for: you do not manage every brand")
		}
		for _, b := range p.Brands {
			if err := by.May(auth.Manages, string(b)); err != nil {
				return p, err
			}
		}
	}
	a, err := mail.ParseAddress(p.Email)
	if err != nil || len(p.Email) > 254 {
		return p, fault.New(fault.Invalid, "%q is no mail address", p.Email)
	}
	p.Email = strings.ToLower(a.Address)
	if p.Name = strings.TrimSpace(p.Name); p.Name == "" || len(p.Name) > 200 {
		return p, fault.New(fault.Invalid, "a person needs a name of at most 200 characters")
	}
	if !slices.Contains(auth.Roles(), p.Role) {
		return p, fault.New(fault.Invalid, "there is no role %q; the roles are agent, lead, expert, approver, executive, admin and auditor", p.Role)
	}
	if p.PublicName == "" {
		p.PublicName, _, _ = strings.Cut(p.Name, " ")
	}
	if p.Capacity <= 0 {
		p.Capacity = 25
	}
	p.ID, p.Every, p.State = PersonID(id.New()), len(p.Brands) == 0, Off
	n, err := tx.Exec(`INSERT INTO person (id, email, name, public_name, role, capacity, every_brand, lang, made_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9) ON CONFLICT DO NOTHING`,
		p.ID, p.Email, p.Name, p.PublicName, p.Role, p.Capacity, p.Every, p.Lang, tx.Now())
	if err != nil {
		return p, err
	}
	if n == 0 {
		return p, fault.New(fault.Conflict, "somebody with the address %s is here already", p.Email)
	}
	for _, b := range p.Brands {
		if _, err := tx.Exec(`INSERT INTO person_brand (person_id, brand_id) VALUES ($1,$2) ON CONFLICT DO NOTHING`, p.ID, b); err != nil {
			return p, err
		}
	}
	if _, err := tx.Exec(`INSERT INTO presence (person_id, state, since) VALUES ($1,$2,$3)`, p.ID, Off, tx.Now()); err != nil {
		return p, err
	}
	return p, record.Note(tx, by, record.Entry{Kind: "person.added", Subject: "person/" + string(p.ID), Data: map[string]any{"role": p.Role}, Words: p.Name + " <" + p.Email + ">"})
}

const (
	columns = `p.id, p.email, p.name, p.public_name, p.role, p.capacity, p.every_brand, p.lang, p.off_at, s.state`
	from    = ` FROM person p JOIN presence s ON s.person_id = p.id `
)

func load(tx *db.Tx, where string, args ...any) (out []Person, err error) {
	at := map[PersonID]int{}
	if err := tx.Query(`SELECT `+columns+from+where, args, func(r *sql.Rows) error {
		var p Person
		if err := r.Scan(&p.ID, &p.Email, &p.Name, &p.PublicName, &p.Role, &p.Capacity, &p.Every, &p.Lang, &p.OffAt, &p.State); err != nil {
			return err
		}
		at[p.ID] = len(out)
		out = append(out, p)
		return nil
	}); err != nil || len(out) == 0 {
		return out, err
	}
	if len(out) == 1 && out[0].Every {
		return out, nil
	}
	ids := make([]any, 0, len(out))
	for _, p := range out {
		if !p.Every {
			ids = append(ids, p.ID)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	err = tx.Query(`SELECT person_id, brand_id FROM person_brand WHERE person_id IN `+db.In(1, len(ids)), ids, func(r *sql.Rows) error {
		var p PersonID
		var b brand.ID
		if err := r.Scan(&p, &b); err != nil {
			return err
		}
		out[at[p]].Brands = append(out[at[p]].Brands, b)
		return nil
	})
	return out, err
}

func one(out []Person, err error, what string) (Person, error) {
	if err != nil {
		return Person{}, err
	}
	if len(out) == 0 {
		return Person{}, fault.New(fault.NotFound, "there is no person %q", what)
	}
	return out[0], nil
}

// Get returns a person.
func Get(tx *db.Tx, p PersonID) (Person, error) {
	out, err := load(tx, `WHERE p.id = $1`, p)
	return one(out, err, string(p))
}

// Named finds a person by address or id.
func Named(tx *db.Tx, name string) (Person, error) {
	out, err := load(tx, `WHERE p.id = $1 OR p.email = $2`, name, strings.ToLower(name))
	return one(out, err, name)
}

// All lists everybody whose access has not ended, by name.
func All(tx *db.Tx) ([]Person, error) { return load(tx, `WHERE p.off_at = 0 ORDER BY p.name, p.id`) }

// Nobody reports whether this installation has no person yet: its first page then makes the first admin.
func Nobody(tx *db.Tx) (bool, error) {
	var x string
	some, err := tx.Row(`SELECT id FROM person LIMIT 1`, nil, &x)
	return !some, err
}

// ForBrand lists who may work for a brand, by name.
func ForBrand(tx *db.Tx, b brand.ID) ([]Person, error) {
	return load(tx, `WHERE p.off_at = 0 AND (p.every_brand OR EXISTS (SELECT 1 FROM person_brand x WHERE x.person_id = p.id AND x.brand_id = $1)) ORDER BY p.name, p.id`, b)
}

// Present lists who can be given work for a brand now: who answers customers and is here. (In a small house the admin does, too.)
func Present(tx *db.Tx, b brand.ID) ([]Person, error) {
	return load(tx, `WHERE s.state = 'here' AND p.off_at = 0 AND p.role IN ('agent','lead','admin')
		AND (p.every_brand OR EXISTS (SELECT 1 FROM person_brand x WHERE x.person_id = p.id AND x.brand_id = $1)) ORDER BY p.id`, b)
}

// Accountable is who answers for a brand's conversations that have no owner: its lead, else an admin. Until there is a rota.
func Accountable(tx *db.Tx, b brand.ID) (p Person, ok bool, err error) {
	out, err := load(tx, `WHERE p.off_at = 0 AND p.role IN ('lead','admin')
		AND (p.every_brand OR EXISTS (SELECT 1 FROM person_brand x WHERE x.person_id = p.id AND x.brand_id = $1))
		ORDER BY CASE p.role WHEN 'lead' THEN 0 ELSE 1 END, p.id LIMIT 1`, b)
	if err != nil || len(out) == 0 {
		return p, false, err
	}
	return out[0], true, nil
}

// Actor is a person as somebody who acts.
func (p Person) Actor() auth.Actor {
	a := auth.Actor{Kind: auth.Person, ID: string(p.ID), Name: p.PublicName, Role: p.Role, Every: p.Every}
	for _, b := range p.Brands {
		a.Brands = append(a.Brands, string(b))
	}
	return a
}

// BySession says who a session cookie speaks for.
func BySession(tx *db.Tx, plain string) (a auth.Actor, p Person, s auth.Session, stale bool, err error) {
	s, stale, err = auth.BySession(tx, plain)
	if err != nil {
		return a, p, s, stale, err
	}
	p, err = access(tx, s.Person)
	return p.Actor(), p, s, stale, err
}

// ByToken says who a token speaks for, and for what.
func ByToken(tx *db.Tx, plain string) (a auth.Actor, t auth.Issued, stale bool, err error) {
	t, stale, err = auth.ByToken(tx, plain)
	if err != nil {
		return a, t, stale, err
	}
	p, err := access(tx, t.Person)
	a = p.Actor()
	a.Kind, a.Scopes = auth.Token, t.Scopes
	return a, t, stale, err
}

func access(tx *db.Tx, person string) (Person, error) {
	p, err := Get(tx, PersonID(person))
	if err == nil && p.OffAt != 0 {
		err = fault.New(fault.Unauthorized, "the access of this person has ended")
	}
	return p, err
}

// SetPresence says whether somebody takes work. A person sets their own; a lead may set anybody's.
func SetPresence(tx *db.Tx, by auth.Actor, who PersonID, s State) error {
	if by.ID != string(who) && by.Role != auth.Lead && by.Role != auth.Admin {
		return fault.New(fault.Forbidden, "only a lead may say so for somebody else")
	}
	if err := by.May(auth.Write, ""); err != nil {
		return err
	}
	if s != Here && s != Away && s != Off {
		return fault.New(fault.Invalid, "presence is here, away or off, not %q", s)
	}
	n, err := tx.Exec(`UPDATE presence SET state = $2, since = $3 WHERE person_id = $1 AND state <> $2`, who, s, tx.Now())
	if err != nil || n == 0 {
		return err
	}
	event.After(tx, event.Changed{Kind: "presence", ID: string(who)})
	return record.Note(tx, by, record.Entry{Kind: "presence." + string(s), Subject: "person/" + string(who)})
}
