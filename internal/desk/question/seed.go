package question

import "answerable/internal/db"

// Seed writes questions that were made up, in bulk: for measurements only. Their conversations were given the debts already.
func Seed(tx *db.Tx, in []Question) error {
	rows := make([][]any, len(in))
	for i, q := range in {
		var by any
		if q.SettledBy != "" {
			by = q.SettledBy
		}
		rows[i] = []any{q.ID, q.Brand, q.Conversation, q.Message, q.Asker, q.Start, q.End, q.Kind, q.Owed, q.State, by, q.SettledAt, q.Reason}
	}
	_, err := tx.Insert(`INSERT INTO question (id, brand_id, conversation_id, message_id, asker_id, start_at, end_at, kind, owed, state, settled_by, settled_at, reason)`, "", rows)
	return err
}
