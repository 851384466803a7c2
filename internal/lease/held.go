package lease

import (
	"database/sql"

	"answerable/internal/db"
)

// Held is a lease that somebody holds now.
type Held struct{ Name, Holder string }

// All lists the leases that are held now, by the database's clock.
func All(tx *db.Tx) (out []Held, err error) {
	now, err := tx.ClockMicros()
	if err != nil {
		return nil, err
	}
	err = tx.Query(`SELECT name, holder FROM lease WHERE until > $1 ORDER BY name`, db.Args(now), func(r *sql.Rows) error {
		var h Held
		err := r.Scan(&h.Name, &h.Holder)
		out = append(out, h)
		return err
	})
	return out, err
}
