// Package resolve is the FLOW that ends a conversation, and opens it again: one close function for button, key, API and whatever comes.
package resolve

import (
	"slices"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/question"
	"answerable/internal/fault"
	"answerable/internal/text"
)

// Item is one conversation to be ended, with how its open questions end: the whole close strip.
type Item struct {
	Conversation conversation.ID
	Outcome      conversation.Outcome
	Ends         []question.End
}

// Refusal says why one was not ended. The others were.
type Refusal struct {
	Conversation conversation.ID
	Questions    []question.ID // still owed
	Why          error
}

func (r Refusal) Error() string { return r.Why.Error() }
func (r Refusal) Unwrap() error { return r.Why }

// Do ends conversations, each with an outcome. What still owes something is refused by itself and stops no other; an error means that
// nothing was done at all.
func Do(tx *db.Tx, by auth.Actor, items ...Item) ([]Refusal, error) {
	var out []Refusal
	for _, it := range items {
		r, err := one(tx, by, it)
		if err != nil {
			return nil, err
		}
		if r != nil {
			out = append(out, *r)
		}
	}
	return out, nil
}

func one(tx *db.Tx, by auth.Actor, it Item) (*Refusal, error) {
	c, err := conversation.Lock(tx, by, it.Conversation)
	if err != nil {
		return &Refusal{Conversation: it.Conversation, Why: err}, notFatal(err)
	}
	if err := by.May(auth.Write, string(c.Brand)); err != nil {
		return &Refusal{Conversation: it.Conversation, Why: err}, nil
	}
	open, err := question.Owing(tx, c.ID)
	if err != nil {
		return nil, err
	}
	ends := it.Ends
	if it.Outcome == conversation.Spam || it.Outcome == conversation.Abuse {
		// Nobody is told anything, so nothing is owed (practice F1).
		ends = nil
		for _, q := range open {
			ends = append(ends, question.End{Question: q.ID, State: question.NotAQuestion, Reason: string(it.Outcome)})
		}
	}
	asked, err := question.Of(tx, c.ID)
	if err != nil {
		return nil, err
	}
	ended := map[question.ID]bool{}
	for _, e := range ends {
		if !slices.ContainsFunc(asked, func(q question.Question) bool { return q.ID == e.Question }) {
			return &Refusal{Conversation: c.ID, Why: fault.New(fault.Invalid, "question %q was not asked in this conversation", e.Question)}, nil
		}
		ended[e.Question] = e.State != question.Open
	}
	var left []question.ID
	for _, q := range open {
		if !ended[q.ID] {
			left = append(left, q.ID)
		}
	}
	if other := c.Owes() - c.OwedQuestions; len(left) > 0 || other > 0 {
		return &Refusal{Conversation: c.ID, Questions: left, Why: fault.New(fault.Conflict, "this conversation still owes its customer something: end each open question first")}, nil
	}
	if err := question.Settle(tx, by, ends...); err != nil {
		return nil, err
	}
	if err := conversation.Resolve(tx, by, c, it.Outcome); err != nil {
		return nil, err
	}
	if it.Outcome == conversation.Spam && c.Contact != "" {
		return nil, contact.Quarantine(tx, by, c.Contact, "spam")
	}
	return nil, nil
}

func notFatal(err error) error {
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Forbidden) {
		return nil
	}
	return err
}

// Again opens a conversation that had ended or was in the quarantine.
func Again(tx *db.Tx, by auth.Actor, conv conversation.ID, why string) error {
	c, err := conversation.Lock(tx, by, conv)
	if err != nil {
		return err
	}
	if err := by.May(auth.Write, string(c.Brand)); err != nil {
		return err
	}
	if c.Quarantined && c.Contact != "" {
		if err := contact.Release(tx, by, c.Contact); err != nil {
			return err
		}
	}
	if err := conversation.Reopen(tx, by, c, why); err != nil || !c.Quarantined {
		return err
	}
	return restore(tx, by, c)
}

// restore gives a conversation out of the quarantine what it would owe if it had never been there: questions that were ended as spam,
// and those of messages that nobody read meanwhile.
func restore(tx *db.Tx, by auth.Actor, c conversation.Conversation) error {
	qs, err := question.Of(tx, c.ID)
	if err != nil {
		return err
	}
	var ends []question.End
	read := map[conversation.MessageID]bool{}
	for _, q := range qs {
		read[q.Message] = true
		if q.State == question.NotAQuestion && q.Reason == string(conversation.Spam) {
			ends = append(ends, question.End{Question: q.ID, State: question.Open})
		}
	}
	if err := question.Settle(tx, by, ends...); err != nil {
		return err
	}
	ms, err := conversation.Timeline(tx, c.ID)
	if err != nil {
		return err
	}
	var found []question.Asked
	owed := conversation.Owed{Conversation: c.ID, Debt: conversation.Questions}
	for _, m := range ms {
		if m.Side != conversation.Theirs || m.Quiet || m.Gone || m.Background || m.Automatic || read[m.ID] {
			continue
		}
		asks := text.Asks(m.Words, m.Lang)
		for _, a := range asks {
			if a.Kind != question.Rhetorical {
				owed.N++
			}
		}
		found = append(found, question.Asked{Message: m.ID, Conversation: c.ID, Asker: contact.ID(m.AuthorID), Words: m.Words, Version: m.Version, Asks: asks})
	}
	if err := question.Found(tx, c.Brand, found); err != nil {
		return err
	}
	if err := conversation.Owe(tx, owed); err != nil {
		return err
	}
	return question.Refresh(tx, c.ID)
}
