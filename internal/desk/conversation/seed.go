package conversation

import "answerable/internal/db"

// Seeded is a conversation that was made up, on one thread, with all that was said in it. Seed gives it its number.
type Seeded struct {
	Conversation
	Thread   Thread
	Messages []Message
}

// Seed writes conversations that were made up, in bulk: for measurements only. It believes what it is given (ids, times, status, debts)
// and tells nobody: no record, no event, no alarm. The principal is the one participant; each different author of ours is a hand.
func Seed(tx *db.Tx, in []Seeded) error {
	if len(in) == 0 {
		return nil
	}
	nos, err := tx.Numbers(len(in))
	if err != nil {
		return err
	}
	conversations, threads, participants := make([][]any, len(in)), make([][]any, len(in)), make([][]any, len(in))
	messages, hands := make([][]any, 0, 4*len(in)), make([][]any, 0, 2*len(in))
	for i := range in {
		c := &in[i]
		c.No = nos[i]
		before := len(hands)
		for _, m := range c.Messages {
			messages = append(messages, []any{
				m.ID, c.Brand, c.Thread.ID, c.ID, c.Thread.Account, m.ExternalID, m.InReplyTo, m.Side, m.AuthorID, m.AuthorName,
				m.At, m.At, m.ReleasedAt, m.Quiet, m.Lang, m.Words,
			})
			who := m.AuthorID
			switch m.Side {
			case Ours:
			case Outside:
				who = "outside:" + m.AuthorName
			case Theirs, Note:
				continue
			}
			if !hasHand(hands[before:], who) {
				hands = append(hands, []any{c.ID, who, who == string(c.Owner), m.At})
			}
		}
		c.Hands = int64(len(hands) - before)
		var owner any
		if c.Owner != "" {
			owner = c.Owner
		}
		conversations[i] = []any{
			c.ID, c.No, c.Brand, c.Contact, owner, c.Status, c.Outcome, c.Severity, c.WaitingSince, c.Asked, c.Channel, c.Public, c.Private,
			c.Hands, c.OwedQuestions, c.OpenedAt, c.MovedAt, c.ResolvedAt,
		}
		threads[i] = []any{c.Thread.ID, c.Brand, c.ID, c.Thread.Account, c.Thread.RemoteKey, c.Thread.Kind, c.Thread.URL}
		participants[i] = []any{c.ID, c.Contact, "principal", c.OpenedAt}
	}
	for _, t := range []struct {
		head string
		rows [][]any
	}{
		{`INSERT INTO conversation (id, no, brand_id, contact_id, owner_id, status, outcome, severity, waiting_since, asked, channel, public, private,
			hands, owed_questions, opened_at, moved_at, resolved_at)`, conversations},
		{`INSERT INTO thread (id, brand_id, conversation_id, account_id, remote_key, kind, url)`, threads},
		{`INSERT INTO message (id, brand_id, thread_id, conversation_id, account_id, external_id, in_reply_to, side, author_id, author_name,
			at, stored_at, released_at, quiet, lang, words)`, messages},
		{`INSERT INTO participant (conversation_id, contact_id, role, since)`, participants},
		{`INSERT INTO hand (conversation_id, who, announced, at)`, hands},
	} {
		if _, err := tx.Insert(t.head, "", t.rows); err != nil {
			return err
		}
	}
	return nil
}

func hasHand(hands [][]any, who string) bool {
	for _, h := range hands {
		if h[1] == who {
			return true
		}
	}
	return false
}
