package arrival

import (
	"database/sql"

	"answerable/internal/db"
)

// Counts says how many arrivals a person should look at, by outcome, each counted up to most.
func Counts(tx *db.Tx, most int) (map[Outcome]int64, error) {
	out := map[Outcome]int64{}
	err := tx.Query(`SELECT outcome, count(*) FROM (SELECT outcome FROM arrival WHERE outcome <> 'read' LIMIT $1) x GROUP BY outcome`, db.Args(most), func(r *sql.Rows) error {
		var o Outcome
		var n int64
		err := r.Scan(&o, &n)
		out[o] = n
		return err
	})
	return out, err
}
