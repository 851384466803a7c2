package alarm

import (
	"database/sql"

	"answerable/internal/db"
)

// Late is an alarm that should have rung, or rang and failed.
type Late struct {
	Alarm
	Error string // of the last time it rang; empty when it never did
}

// Overdue lists alarms that were due before a time, or have failed, the oldest first.
func Overdue(tx *db.Tx, before int64, limit int) (out []Late, err error) {
	err = tx.Query(`SELECT kind, subject, brand_id, due_at, tries, error FROM alarm WHERE due_at < $1 OR tries > 0 ORDER BY due_at LIMIT $2`, db.Args[any](before, limit), func(r *sql.Rows) error {
		var a Late
		err := r.Scan(&a.Kind, &a.Subject, &a.Brand, &a.Due, &a.Tries, &a.Error)
		out = append(out, a)
		return err
	})
	return out, err
}
