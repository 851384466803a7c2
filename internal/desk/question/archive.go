package question

import (
	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/id"
)

// Past is what was asked in one message of imported history.
type Past struct {
	Asked
	At int64
}

// Archive keeps what was asked in imported history. Nobody owes it: no person has linked an answer to it, so it stays open, and no
// conversation has a debt of it. Reports count it; lists and closings do not.
func Archive(tx *db.Tx, by auth.Actor, b brand.ID, in []Past) error {
	if err := by.May(auth.Manages, string(b)); err != nil {
		return err
	}
	var rows [][]any
	for _, m := range in {
		for _, a := range m.Asks {
			rows = append(rows, []any{id.At(m.At), b, m.Conversation, m.Message, m.Asker, a.Start, a.End, a.Kind, false, Open})
		}
	}
	_, err := tx.Insert(`INSERT INTO question (id, brand_id, conversation_id, message_id, asker_id, start_at, end_at, kind, owed, state)`, `ON CONFLICT DO NOTHING`, rows)
	return err
}
