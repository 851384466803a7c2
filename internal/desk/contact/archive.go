package contact

import (
	"answerable/internal/db"
	"answerable/internal/desk/brand"
)

// Reached is how many followed somebody at a time that is past.
type Reached struct {
	Identity      IdentityID
	At, Followers int64
}

// Archive keeps what imported history says of how many followed whom: one row a day and person, as Known does for today.
func Archive(tx *db.Tx, in []Reached) error {
	const day = 24 * 3600 * 1e6
	var rows [][]any
	for _, r := range in {
		if r.Followers > 0 {
			rows = append(rows, []any{r.Identity, r.At - r.At%day, r.Followers})
		}
	}
	_, err := tx.Insert(`INSERT INTO reach (identity_id, at, followers)`, `ON CONFLICT DO NOTHING`, rows)
	return err
}

// Count says how many identities a brand knows on one network.
func Count(tx *db.Tx, b brand.ID, realm string) (n int64, err error) {
	_, err = tx.Row(`SELECT count(*) FROM identity WHERE brand_id = $1 AND realm = $2`, db.Args[any](b, realm), &n)
	return n, err
}
