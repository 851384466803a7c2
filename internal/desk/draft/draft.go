// Package draft is a reply being written: kept as it is typed, on every device, and after it was sent off until it is released, since
// it says what the reply answers.
package draft

import (
	"encoding/json"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/directory"
	"answerable/internal/desk/question"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/id"
)

// Draft is one.
type Draft struct {
	ID           string
	Conversation conversation.ID
	Person       directory.PersonID
	Thread       conversation.ThreadID // empty for a note
	Words        string
	Answers      []question.ID
	Seen         conversation.MessageID // the last message its author had in view
	Message      conversation.MessageID // once it was sent off
	SavedAt      int64
}

// Save keeps what somebody is writing. Empty words drop the draft.
func Save(tx *db.Tx, by auth.Actor, d Draft) error {
	c, err := conversation.Get(tx, by, d.Conversation)
	if err != nil {
		return err
	}
	if err := by.May(auth.Write, string(c.Brand)); err != nil {
		return err
	}
	if d.Words = channel.Clean(d.Words); len(d.Words) > conversation.MostWords {
		return fault.New(fault.TooLarge, "a draft has at most %d bytes; the end was not kept", conversation.MostWords)
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "draft", ID: string(c.ID), By: by.ID})
	if d.Words == "" {
		_, err := tx.Exec(`DELETE FROM draft WHERE conversation_id = $1 AND person_id = $2 AND message_id IS NULL`, c.ID, by.ID)
		return err
	}
	answers, err := json.Marshal(d.Answers)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO draft (id, brand_id, conversation_id, person_id, thread_id, words, answers, seen, saved_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)
		ON CONFLICT (conversation_id, person_id) WHERE message_id IS NULL DO UPDATE SET thread_id = excluded.thread_id, words = excluded.words,
		answers = excluded.answers, seen = excluded.seen, saved_at = excluded.saved_at`,
		id.New(), c.Brand, c.ID, by.ID, d.Thread, d.Words, string(answers), d.Seen, tx.Now())
	return err
}

const columns = `id, conversation_id, person_id, thread_id, words, answers, seen, COALESCE(message_id, ''), saved_at`

func one(tx *db.Tx, where string, args ...any) (d Draft, ok bool, err error) {
	var answers string
	ok, err = tx.Row(`SELECT `+columns+` FROM draft WHERE `+where, args, &d.ID, &d.Conversation, &d.Person, &d.Thread, &d.Words, &answers, &d.Seen, &d.Message, &d.SavedAt)
	if err == nil && ok {
		err = json.Unmarshal([]byte(answers), &d.Answers)
	}
	return d, ok, err
}

// Of returns what somebody is writing in a conversation.
func Of(tx *db.Tx, c conversation.ID, p directory.PersonID) (Draft, bool, error) {
	return one(tx, `conversation_id = $1 AND person_id = $2 AND message_id IS NULL`, c, p)
}

// Sent keeps a draft as what message says, until it is released; what its author was writing is used up.
func Sent(tx *db.Tx, by auth.Actor, c conversation.Conversation, m conversation.Message, d Draft) error {
	if _, err := tx.Exec(`DELETE FROM draft WHERE conversation_id = $1 AND person_id = $2 AND message_id IS NULL`, c.ID, by.ID); err != nil {
		return err
	}
	answers, err := json.Marshal(d.Answers)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO draft (id, brand_id, conversation_id, person_id, thread_id, words, answers, seen, message_id, saved_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
		id.New(), c.Brand, c.ID, by.ID, m.Thread, m.Words, string(answers), d.Seen, m.ID, tx.Now())
	return err
}

// Behind returns the draft a message was made of, until its release.
func Behind(tx *db.Tx, m conversation.MessageID) (Draft, bool, error) {
	return one(tx, `message_id = $1`, m)
}

// Released drops it: what it held is settled now.
func Released(tx *db.Tx, m conversation.MessageID) error {
	_, err := tx.Exec(`DELETE FROM draft WHERE message_id = $1`, m)
	return err
}

// Back gives an undone message's draft back to its author, before the message goes. What they began meanwhile is put behind it.
func Back(tx *db.Tx, m conversation.MessageID) error {
	d, ok, err := Behind(tx, m)
	if err != nil || !ok {
		return err
	}
	now, writing, err := Of(tx, d.Conversation, d.Person)
	if err != nil {
		return err
	}
	if writing {
		d.Words += "\n\n" + now.Words
		if _, err := tx.Exec(`DELETE FROM draft WHERE id = $1`, now.ID); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`UPDATE draft SET message_id = NULL, words = $2, saved_at = $3 WHERE id = $1`, d.ID, d.Words, tx.Now())
	return err
}
