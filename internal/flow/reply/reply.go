// Package reply is the FLOW out, first half: send off, release, take back. What the customer will read and what it settles.
package reply

import (
	"answerable/internal/alarm"
	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/delivery"
	"answerable/internal/desk/draft"
	"answerable/internal/desk/question"
	"answerable/internal/fault"
)

// ReleaseAlarm is the kind of alarm that ends the undo window.
const ReleaseAlarm = "reply.release"

// MostUndo is the longest undo window: a minute, in microseconds.
const MostUndo int64 = 60 * 1e6

// Sent is what became of a reply.
type Sent struct {
	Message   conversation.MessageID
	ReleaseAt int64 // until then it can be undone; 0 when it left at once
}

// Send stands a draft in the timeline, to be released after undo (microseconds; 0: at once). Nothing it answers is settled before.
func Send(tx *db.Tx, by auth.Actor, d draft.Draft, undo int64) (s Sent, err error) {
	c, err := conversation.Lock(tx, by, d.Conversation)
	if err != nil {
		return s, err
	}
	if undo < 0 || undo > MostUndo {
		return s, fault.New(fault.Invalid, "the undo window is 0 to %d seconds", MostUndo/1e6)
	}
	if err := answerable(tx, by, c, d.Answers); err != nil {
		return s, err
	}
	m, err := conversation.Say(tx, by, c, d.Thread, d.Words, d.Seen)
	if err != nil {
		return s, err
	}
	if _, err := parts(tx, m); err != nil { // refuse now what could not leave later
		return s, err
	}
	if err := draft.Sent(tx, by, c, m, d); err != nil {
		return s, err
	}
	s.Message = m.ID
	if undo == 0 {
		return s, Release(tx, by, m.ID)
	}
	s.ReleaseAt = tx.Now() + undo
	return s, alarm.Set(tx, alarm.Alarm{Kind: ReleaseAlarm, Subject: string(m.ID), Brand: string(c.Brand), Due: s.ReleaseAt})
}

// answerable refuses before anything is said what Release could not settle afterwards.
func answerable(tx *db.Tx, by auth.Actor, c conversation.Conversation, ids []question.ID) error {
	for _, id := range ids {
		q, err := question.Get(tx, by, id)
		if err != nil {
			return err
		}
		if q.Conversation != c.ID {
			return fault.New(fault.Invalid, "question %s was asked in another conversation", id)
		}
	}
	return nil
}

// Release settles what the message answers and queues its delivery. A question that was ended meanwhile stays as it is.
func Release(tx *db.Tx, by auth.Actor, id conversation.MessageID) error {
	d, ok, err := draft.Behind(tx, id)
	if err != nil {
		return err
	}
	if !ok {
		return nil // undone, or released by another node: the alarm came late
	}
	msg, err := conversation.GetMessage(tx, id)
	if err != nil {
		return err
	}
	author := auth.Actor{Kind: auth.Person, ID: msg.AuthorID, Name: msg.AuthorName, Role: auth.Admin, Every: true, Request: by.Request} // was allowed at Send
	var ends []question.End
	for _, q := range d.Answers {
		now, err := question.Get(tx, author, q)
		if err != nil {
			return err
		}
		if now.State == question.Open {
			ends = append(ends, question.End{Question: q, State: question.Answered, By: id})
		}
	}
	if err := question.Settle(tx, author, ends...); err != nil {
		return err
	}
	m, c, err := conversation.Release(tx, author, id)
	if err != nil {
		return err
	}
	if err := draft.Released(tx, id); err != nil {
		return err
	}
	p, err := parts(tx, m)
	if err != nil {
		return err
	}
	return delivery.Queue(tx, c, m, p)
}

// Undo takes back a message that was not released, and gives its author the draft again. Nothing was settled yet, so nothing is unsettled.
func Undo(tx *db.Tx, by auth.Actor, id conversation.MessageID) error {
	if err := draft.Back(tx, id); err != nil {
		return err
	}
	if _, err := conversation.Withdraw(tx, by, id); err != nil {
		return err
	}
	_, err := alarm.Clear(tx, ReleaseAlarm, string(id))
	return err
}

// parts are the posts a message needs on its account.
func parts(tx *db.Tx, m conversation.Message) ([]string, error) {
	a, err := account.Get(tx, auth.TheHouse(), m.Account)
	if err != nil {
		return nil, err
	}
	if a.Health == account.Off {
		return nil, fault.New(fault.Conflict, "the account %s is switched off; nothing can leave there", a.Name)
	}
	to, err := conversation.Addressee(tx, m)
	if err != nil {
		return nil, err
	}
	return a.Limits.Parts(m.Words, to)
}
