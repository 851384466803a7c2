package record

import (
	"database/sql"

	"answerable/internal/db"
)

// Behind says how far the sealer and the followers are behind what was written.
type Behind struct {
	Sealed    int64            // the newest place in the chain
	Waiting   int64            // entries without a place, counted up to 1000
	Since     int64            // when the oldest of them was written; 0 when there is none
	Followers map[string]int64 // how many sealed entries each has still to read
}

// Lag reads it, for doctor and metrics.
func Lag(tx *db.Tx) (b Behind, err error) {
	b.Followers = map[string]int64{}
	if _, err := tx.Row(`SELECT COALESCE(max(seq), 0) FROM record`, nil, &b.Sealed); err != nil {
		return b, err
	}
	if _, err := tx.Row(`SELECT count(*), COALESCE(min(at), 0) FROM (SELECT at FROM record WHERE seq IS NULL ORDER BY id LIMIT 1000) x`, nil, &b.Waiting, &b.Since); err != nil {
		return b, err
	}
	err = tx.Query(`SELECT name, seq FROM follower`, nil, func(r *sql.Rows) error {
		var name string
		var seq int64
		err := r.Scan(&name, &seq)
		b.Followers[name] = b.Sealed - seq
		return err
	})
	return b, err
}
