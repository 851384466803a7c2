package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/question"
	"answerable/internal/id"
)

type asked struct {
	ID           question.ID     `json:"id"`
	Conversation conversation.ID `json:"conversation_id"`
	MessageID    string          `json:"message_id"`
	AskerID      string          `json:"asker_id"`
	Start        int64           `json:"start" doc:"Bytes of the message's text."`
	End          int64           `json:"end" doc:"Exclusive."`
	Quote        string          `json:"quote"`
	Kind         string          `json:"kind" enum:"question,request,who,rhetorical"`
	Owed         bool            `json:"owed" doc:"false for a rhetorical one, and in imported history."`
	State        question.State  `json:"state" enum:"open,answered,answered_by_department,answered_by_community,declined,not_a_question"`
	SettledBy    string          `json:"settled_by" doc:"The message that answers it."`
	SettledAt    *time.Time      `json:"settled_at"`
	Reason       string          `json:"reason"`
}

func askedOf(q question.Question) asked {
	return asked{
		ID: q.ID, Conversation: q.Conversation, MessageID: string(q.Message), AskerID: string(q.Asker), Start: q.Start, End: q.End, // both 0 where the words were edited away
		Quote: q.Quote, Kind: q.Kind, Owed: q.Owed, State: q.State, SettledBy: string(q.SettledBy), SettledAt: sometime(q.SettledAt), Reason: q.Reason,
	}
}

func (f *face) ask(ctx context.Context, in *struct {
	Body struct {
		MessageID conversation.MessageID `json:"message_id"`
		Start     int64                  `json:"start,omitempty" minimum:"0" doc:"Bytes of the message's text."`
		End       int64                  `json:"end,omitempty" minimum:"0" doc:"Exclusive; the end of the text when it is not given."`
	}
},
) (*answer[asked], error) {
	return once(ctx, f, http.StatusCreated, func(tx *db.Tx, by auth.Actor) (asked, error) {
		m, err := spoken(tx, by, "", in.Body.MessageID)
		if err != nil {
			return asked{}, err
		}
		id, err := question.Add(tx, by, m.ID, in.Body.Start, in.Body.End)
		if err != nil {
			return asked{}, err
		}
		q, err := question.Get(tx, by, id)
		return askedOf(q), err
	})
}

func (f *face) settle(ctx context.Context, in *struct {
	ID   question.ID `path:"id"`
	Body struct {
		State      question.State          `json:"state" enum:"open,answered,answered_by_department,answered_by_community,declined,not_a_question"`
		Reason     *string                 `json:"reason" required:"false" doc:"Needed to decline: what the customer was told."`
		AnsweredBy *conversation.MessageID `json:"answered_by" required:"false" doc:"The message that answers it. For an answer by a department or the community it may name them instead."`
	}
},
) (*shown[asked], error) {
	e := question.End{Question: in.ID, State: in.Body.State, Reason: optional(in.Body.Reason)}
	if in.Body.AnsweredBy != nil {
		e.By = *in.Body.AnsweredBy
	}
	others := e.State == question.AnsweredByDepartment || e.State == question.AnsweredByCommunity
	if others && e.By != "" && !id.Valid(string(e.By)) { // it names who answered, not the message that did
		e.Reason, e.By = strings.TrimSpace(string(e.By)+" "+e.Reason), ""
	}
	return change(ctx, f, func(tx *db.Tx, by auth.Actor) (asked, error) {
		if e.By != "" {
			if _, err := spoken(tx, by, "", e.By); err != nil {
				return asked{}, err
			}
		}
		if err := question.Settle(tx, by, e); err != nil {
			return asked{}, err
		}
		q, err := question.Get(tx, by, in.ID)
		return askedOf(q), err
	})
}
