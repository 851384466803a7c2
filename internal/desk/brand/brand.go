// Package brand has the brands this installation serves. A brand is a wall: every row of the desk carries one, and nobody sees, finds
// or merges across it.
package brand

import (
	"database/sql"
	"regexp"
	"strings"
	"time"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/fault"
	"answerable/internal/id"
	"answerable/internal/record"
)

// ID names a brand.
type ID string

// Brand is one house name.
type Brand struct {
	ID         ID
	Slug       string // in addresses and on the command line
	Name       string // as customers know it
	Zone       string // IANA time zone its promises are in
	VoiceName  string // how it signs when no person does
	ReopenDays int64  // a customer's word later than this, after a resolution, makes a new conversation that follows the old one
}

var slugForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// Slug makes a slug of any name; it may be empty.
func Slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	s := strings.Trim(b.String(), "-._")
	if len(s) > 63 {
		s = strings.Trim(s[:63], "-._")
	}
	return s
}

// Add makes a brand.
func Add(tx *db.Tx, by auth.Actor, b Brand) (Brand, error) {
	if err := by.May(auth.Manages, ""); err != nil {
		return b, err
	}
	b.Name = strings.TrimSpace(b.Name)
	if b.Name == "" {
		b.Name = b.Slug
	}
	if !slugForm.MatchString(b.Slug) {
		return b, fault.New(fault.Invalid, "a brand's slug has 1 to 63 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit")
	}
	if b.Zone == "" {
		b.Zone = "UTC"
	}
	if _, err := time.LoadLocation(b.Zone); err != nil || b.Zone == "Local" {
		return b, fault.New(fault.Invalid, "there is no time zone %q; name one like Europe/Berlin", b.Zone)
	}
	if b.ReopenDays == 0 {
		b.ReopenDays = 14
	}
	b.ID = ID(id.New())
	n, err := tx.Exec(`INSERT INTO brand (id, slug, name, zone, voice_name, reopen_days, made_at) VALUES ($1,$2,$3,$4,$5,$6,$7) ON CONFLICT DO NOTHING`,
		b.ID, b.Slug, b.Name, b.Zone, b.VoiceName, b.ReopenDays, tx.Now())
	if err != nil {
		return b, err
	}
	if n == 0 {
		return b, fault.New(fault.Conflict, "there is a brand %q already", b.Slug)
	}
	return b, record.Note(tx, by, record.Entry{Brand: string(b.ID), Kind: "brand.added", Subject: "brand/" + string(b.ID), Data: map[string]any{"slug": b.Slug}})
}

const columns = `id, slug, name, zone, voice_name, reopen_days`

func scan(r *sql.Rows) (b Brand, err error) {
	err = r.Scan(&b.ID, &b.Slug, &b.Name, &b.Zone, &b.VoiceName, &b.ReopenDays)
	return b, err
}

// Named finds a brand by slug or id.
func Named(tx *db.Tx, name string) (b Brand, err error) {
	found := false
	err = tx.Query(`SELECT `+columns+` FROM brand WHERE id = $1 OR slug = $1`, db.Args(name), func(r *sql.Rows) error {
		found = true
		b, err = scan(r)
		return err
	})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "there is no brand %q", name)
	}
	return b, err
}

// All lists the brands an actor may enter, by name.
func All(tx *db.Tx, by auth.Actor) (out []Brand, err error) {
	err = tx.Query(`SELECT `+columns+` FROM brand ORDER BY name, id`, nil, func(r *sql.Rows) error {
		b, err := scan(r)
		if err == nil && by.In(string(b.ID)) {
			out = append(out, b)
		}
		return err
	})
	return out, err
}
