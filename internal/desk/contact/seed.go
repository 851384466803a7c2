package contact

import "answerable/internal/db"

// Seeded is a contact whose history was made up, with its ids and the time at which it was first met.
type Seeded struct {
	Contact
	MadeAt int64
}

// Seed writes contacts that were made up, in bulk: for measurements only. Their ids are the caller's, and nothing looks whether somebody
// is known already.
func Seed(tx *db.Tx, in []Seeded) error {
	contacts := make([][]any, 0, len(in))
	identities := make([][]any, 0, len(in))
	for _, c := range in {
		contacts = append(contacts, []any{c.ID, c.Brand, c.Name, c.Lang, c.MadeAt})
		for _, i := range c.Identities {
			identities = append(identities, []any{i.ID, c.Brand, c.ID, i.Realm, i.ExternalID, i.Handle})
		}
	}
	if _, err := tx.Insert(`INSERT INTO contact (id, brand_id, name, lang, made_at)`, "", contacts); err != nil {
		return err
	}
	_, err := tx.Insert(`INSERT INTO identity (id, brand_id, contact_id, realm, external_id, handle)`, "", identities)
	return err
}
