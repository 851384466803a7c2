// Package question has what customers asked and whether it was answered. It keeps spans, never words: erasing or sealing the message is
// enough. An open question is a debt of its conversation.
package question

import (
	"cmp"
	"database/sql"
	"slices"
	"strings"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/conversation"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/id"
	"answerable/internal/record"
	"answerable/internal/text"
)

// ID names a question.
type ID string

// State is whether it was answered, and by whom.
type State string

// The states.
const (
	Open                 State = "open"
	Answered             State = "answered"
	AnsweredByDepartment State = "answered_by_department"
	AnsweredByCommunity  State = "answered_by_community"
	Declined             State = "declined" // with a reason that the customer is told
	NotAQuestion         State = "not_a_question"
)

// States lists them.
func States() []State {
	return []State{Open, Answered, AnsweredByDepartment, AnsweredByCommunity, Declined, NotAQuestion}
}

// Rhetorical is the kind that is never owed.
const Rhetorical = "rhetorical"

// Question is one.
type Question struct {
	ID           ID
	Brand        brand.ID
	Conversation conversation.ID
	Message      conversation.MessageID
	Asker        contact.ID
	Start, End   int64 // bytes of the message's words as they are now; both 0 where those no longer hold it
	Quote        string
	Kind         string
	Owed         bool
	State        State
	SettledBy    conversation.MessageID
	SettledAt    int64
	Reason       string
}

// Asked is one message with what was found in it.
type Asked struct {
	Message      conversation.MessageID
	Conversation conversation.ID
	Asker        contact.ID
	Words        string
	Version      int64 // of the message; 0 stands for its first
	Asks         []text.Ask
}

// Found keeps what was asked in a batch of messages. conversation.Receive has counted the debts: both or neither, in one transaction.
func Found(tx *db.Tx, b brand.ID, in []Asked) error {
	var rows [][]any
	for _, m := range in {
		for _, a := range m.Asks {
			rows = append(rows, []any{id.New(), b, m.Conversation, m.Message, m.Asker, max(m.Version, 1), a.Start, a.End, a.Kind, a.Kind != Rhetorical, Open})
		}
	}
	_, err := tx.Insert(`INSERT INTO question (id, brand_id, conversation_id, message_id, asker_id, version, start_at, end_at, kind, owed, state)`, "", rows)
	return err
}

const columns = `q.id, q.brand_id, q.conversation_id, q.message_id, q.asker_id, q.start_at, q.end_at, q.kind, q.owed, q.state, COALESCE(q.settled_by, ''), q.settled_at, q.reason, COALESCE(v.words, m.words), v.words IS NOT NULL, m.gone`

func list(tx *db.Tx, where string, args ...any) (out []Question, err error) {
	err = tx.Query(`SELECT `+columns+` FROM question q JOIN message m ON m.id = q.message_id
		LEFT JOIN message_version v ON v.message_id = q.message_id AND v.version = q.version WHERE `+where+` ORDER BY m.at, m.id, q.start_at`, args, func(r *sql.Rows) error {
		var q Question
		var words string
		var older, gone bool
		if err := r.Scan(&q.ID, &q.Brand, &q.Conversation, &q.Message, &q.Asker, &q.Start, &q.End, &q.Kind, &q.Owed, &q.State, &q.SettledBy, &q.SettledAt, &q.Reason, &words, &older, &gone); err != nil {
			return err
		}
		if !gone && q.Start >= 0 && q.End <= int64(len(words)) && q.Start <= q.End {
			q.Quote = words[q.Start:q.End]
		}
		if older { // the words it was asked in are no longer what the message says
			q.Start, q.End = 0, 0
		}
		out = append(out, q)
		return nil
	})
	return out, err
}

// Of lists the questions of a conversation in the order they were asked.
func Of(tx *db.Tx, c conversation.ID) ([]Question, error) {
	return list(tx, `q.conversation_id = $1`, c)
}

// Owing lists the open ones a conversation still owes.
func Owing(tx *db.Tx, c conversation.ID) ([]Question, error) {
	return list(tx, `q.conversation_id = $1 AND q.state = 'open' AND q.owed`, c)
}

// Get returns one, to whom may see it.
func Get(tx *db.Tx, by auth.Actor, q ID) (Question, error) {
	l, err := list(tx, `q.id = $1`, q)
	if err != nil {
		return Question{}, err
	}
	if len(l) == 0 || !by.In(string(l[0].Brand)) {
		return Question{}, fault.New(fault.NotFound, "there is no question %q", q)
	}
	return l[0], nil
}

// End is how one question is to be ended.
type End struct {
	Question ID
	State    State
	Reason   string                 // needed to decline; of an answer by others: who answered, where no message of ours carries it
	By       conversation.MessageID // of ours, which answers it
}

// Settle ends questions, or opens them again. Their conversation's debt follows.
func Settle(tx *db.Tx, by auth.Actor, ends ...End) error {
	type sum struct {
		n     int64
		brand brand.ID
	}
	change := map[conversation.ID]*sum{}
	var entries []record.Entry
	var held []conversation.ID
	for _, e := range ends {
		q, err := Get(tx, by, e.Question)
		if err != nil {
			return err
		}
		held = append(held, q.Conversation)
	}
	if err := conversation.LockAll(tx, held...); err != nil { // two people may settle the same one: states are read again, below
		return err
	}
	for _, e := range ends {
		q, err := Get(tx, by, e.Question)
		if err != nil {
			return err
		}
		if err := by.May(auth.Write, string(q.Brand)); err != nil {
			return err
		}
		if err := e.valid(q); err != nil {
			return err
		}
		if q.State == e.State && e.State == Open {
			continue
		}
		var settled any
		at, who := tx.Now(), by.ID
		if e.State == Open {
			at, who = 0, ""
		} else if e.By != "" {
			m, err := conversation.GetMessage(tx, e.By)
			if err != nil {
				return err
			}
			if m.Conversation != q.Conversation || m.Side == conversation.Theirs && e.State != AnsweredByCommunity || m.Side == conversation.Note {
				return fault.New(fault.Invalid, "message %s is no answer of this conversation", e.By)
			}
			settled = e.By
		}
		if _, err := tx.Exec(`UPDATE question SET state = $2, reason = $3, settled_by = $4, settled_at = $5, settled_who = $6 WHERE id = $1`, q.ID, e.State, e.Reason, settled, at, who); err != nil {
			return err
		}
		if q.Owed && (q.State == Open) != (e.State == Open) {
			s := change[q.Conversation]
			if s == nil {
				s = &sum{brand: q.Brand}
				change[q.Conversation] = s
			}
			if e.State == Open {
				s.n++
			} else {
				s.n--
			}
		}
		entries = append(entries, record.Entry{
			Brand: string(q.Brand), Kind: "question." + string(e.State), Subject: conversation.Subject(q.Conversation),
			Data: map[string]any{"question": q.ID, "by": e.By}, Words: e.Reason,
		})
		event.After(tx, event.Changed{Brand: string(q.Brand), Kind: "conversation", ID: string(q.Conversation)})
	}
	for c, s := range change {
		if err := owe(tx, c, s.n); err != nil {
			return err
		}
	}
	return record.Note(tx, by, entries...)
}

func owe(tx *db.Tx, c conversation.ID, n int64) error {
	left, err := Owing(tx, c)
	if err != nil {
		return err
	}
	asked := ""
	if len(left) > 0 {
		asked = cmp.Or(left[0].Quote, "…")
	}
	return conversation.Owe(tx, conversation.Owed{Conversation: c, Debt: conversation.Questions, N: n, Asked: asked})
}

func (e End) valid(q Question) error {
	switch {
	case !slices.Contains(States(), e.State):
		return fault.New(fault.Invalid, "there is no question state %q", e.State)
	case e.State == Declined && strings.TrimSpace(e.Reason) == "":
		return fault.New(fault.Invalid, "to decline a question, say the reason the customer was told")
	case e.State == Answered && e.By == "":
		return fault.New(fault.Invalid, "an answer is a reply: say which message answers this question")
	case (e.State == AnsweredByDepartment || e.State == AnsweredByCommunity) && e.By == "" && strings.TrimSpace(e.Reason) == "":
		return fault.New(fault.Invalid, "say which message answers this question, or who answered it")
	case !q.Owed && e.State != NotAQuestion && e.State != Open && q.Kind != Rhetorical:
		return fault.New(fault.Conflict, "this question is history and is owed by nobody")
	case len(e.Reason) > 2000:
		return fault.New(fault.Invalid, "a reason has at most 2,000 characters")
	}
	return nil
}

// Add makes a question of words a person marked in a customer's message.
func Add(tx *db.Tx, by auth.Actor, m conversation.MessageID, start, end int64) (ID, error) {
	msg, err := conversation.GetMessage(tx, m)
	if err != nil {
		return "", err
	}
	c, err := conversation.Lock(tx, by, msg.Conversation)
	if err != nil {
		return "", err
	}
	if err := by.May(auth.Write, string(c.Brand)); err != nil {
		return "", err
	}
	if end == 0 {
		end = int64(len(msg.Words))
	}
	if msg.Side != conversation.Theirs || msg.Gone || c.Status == conversation.Archived {
		return "", fault.New(fault.Conflict, "only a customer's message that is still there can hold a question")
	}
	if start < 0 || start >= end || end > int64(len(msg.Words)) {
		return "", fault.New(fault.Invalid, "bytes %d to %d are not inside the message, which has %d", start, end, len(msg.Words))
	}
	q := ID(id.New())
	n, err := tx.Exec(`INSERT INTO question (id, brand_id, conversation_id, message_id, asker_id, version, start_at, end_at, kind, owed, state) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,'question',TRUE,'open') ON CONFLICT DO NOTHING`,
		q, c.Brand, c.ID, m, msg.AuthorID, msg.Version, start, end)
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", fault.New(fault.Conflict, "these words are a question already")
	}
	if err := owe(tx, c.ID, 1); err != nil {
		return "", err
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "conversation", ID: string(c.ID)})
	return q, record.Note(tx, by, record.Entry{Brand: string(c.Brand), Kind: "question.added", Subject: conversation.Subject(c.ID), Data: map[string]any{"question": q, "message": m}})
}

// Refresh has the list show again what is asked, after words went from under it.
func Refresh(tx *db.Tx, c conversation.ID) error { return owe(tx, c, 0) }

// AnsweredBy lists what a message of ours settled.
func AnsweredBy(tx *db.Tx, m conversation.MessageID) (out []ID, err error) {
	err = tx.Query(`SELECT id FROM question WHERE settled_by = $1 ORDER BY id`, db.Args(m), func(r *sql.Rows) error {
		var q ID
		err := r.Scan(&q)
		out = append(out, q)
		return err
	})
	return out, err
}

// Reopen opens what a message of ours had settled: it never arrived, or was taken back.
func Reopen(tx *db.Tx, by auth.Actor, m conversation.MessageID, why string) error {
	ids, err := AnsweredBy(tx, m)
	if err != nil {
		return err
	}
	ends := make([]End, len(ids))
	for i, q := range ids {
		ends[i] = End{Question: q, State: Open, Reason: why}
	}
	return Settle(tx, by, ends...)
}

// Reread follows an edit of a message: what was answered is kept with the words it was asked in, what is still asked stays open, what
// is no longer asked is no question any more, and what is new is owed (practice F14).
func Reread(tx *db.Tx, b brand.ID, m Asked) error {
	old, err := list(tx, `q.message_id = $1`, m.Message)
	if err != nil {
		return err
	}
	var version int64
	if _, err := tx.Row(`SELECT version FROM message WHERE id = $1`, db.Args(m.Message), &version); err != nil {
		return err
	}
	left := slices.Clone(m.Asks)
	var n int64
	for _, q := range old {
		j := slices.IndexFunc(left, func(a text.Ask) bool { return strings.EqualFold(m.Words[a.Start:a.End], q.Quote) })
		if j >= 0 {
			if _, err := tx.Exec(`UPDATE question SET version = $2, start_at = $3, end_at = $4 WHERE id = $1`, q.ID, version, left[j].Start, left[j].End); err != nil {
				return err
			}
			left = slices.Delete(left, j, j+1)
			continue
		}
		if q.State != Open {
			continue
		}
		if _, err := tx.Exec(`UPDATE question SET state = 'not_a_question', reason = 'edited away' WHERE id = $1`, q.ID); err != nil {
			return err
		}
		if q.Owed {
			n--
		}
	}
	var rows [][]any
	for _, a := range left {
		owed := a.Kind != Rhetorical
		rows = append(rows, []any{id.New(), b, m.Conversation, m.Message, m.Asker, version, a.Start, a.End, a.Kind, owed, Open})
		if owed {
			n++
		}
	}
	if _, err := tx.Insert(`INSERT INTO question (id, brand_id, conversation_id, message_id, asker_id, version, start_at, end_at, kind, owed, state)`, "", rows); err != nil {
		return err
	}
	return owe(tx, m.Conversation, n)
}
