package api

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/delivery"
	"answerable/internal/desk/draft"
	"answerable/internal/desk/question"
	"answerable/internal/fault"
	"answerable/internal/flow/reply"
)

// undoable is the state of a reply before it is released; then it has its delivery's.
const undoable delivery.State = "undoable"

type message struct {
	ID          conversation.MessageID `json:"id"`
	ThreadID    conversation.ThreadID  `json:"thread_id" doc:"Empty for a note."`
	Side        conversation.Side      `json:"side" enum:"theirs,ours,outside,note"`
	Author      named                  `json:"author"`
	At          time.Time              `json:"at"`
	Text        string                 `json:"text"`
	Lang        string                 `json:"lang"`
	Automatic   bool                   `json:"automatic"`
	Quiet       bool                   `json:"quiet" doc:"Only thanks: no work."`
	Background  bool                   `json:"background" doc:"It stood in the thread before we were asked."`
	Edited      bool                   `json:"edited"`
	Gone        bool                   `json:"gone" doc:"Deleted by its author."`
	ExternalID  string                 `json:"external_id" doc:"What the network calls it."`
	InReplyTo   string                 `json:"in_reply_to" doc:"What the network calls the one it answers."`
	URL         string                 `json:"url"`
	PartOf      string                 `json:"part_of" doc:"The first of a numbered message of which this is a part."`
	Attachments []attachment           `json:"attachments" nullable:"false"`
	Delivery    *delivered             `json:"delivery" doc:"Of ours, once it was sent off."`
}

type attachment struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	Alt    string `json:"alt"`
	Size   int64  `json:"size"`
	State  string `json:"state" enum:"waiting,fetching,kept,too_large,failed"`
	Error  string `json:"error"`
	URL    string `json:"url" doc:"Where this house keeps it; empty while it does not."`
	Origin string `json:"origin" doc:"Where it came from."`
}

type delivered struct {
	State     delivery.State `json:"state" enum:"undoable,queued,sending,sent,failed,uncertain"`
	Tries     int64          `json:"tries"`
	Error     string         `json:"error"`
	URL       string         `json:"url"`
	DecidedBy string         `json:"decided_by" doc:"The person who decided an uncertain delivery."`
	Parts     []part         `json:"parts" nullable:"false"`
}

type part struct {
	Part       int64          `json:"part"`
	State      delivery.State `json:"state" enum:"queued,sending,sent,failed,uncertain"`
	Tries      int64          `json:"tries"`
	Error      string         `json:"error"`
	URL        string         `json:"url"`
	ExternalID string         `json:"external_id"`
	DecidedBy  string         `json:"decided_by"`
	Text       string         `json:"text"`
}

func (f *face) messageOf(m conversation.Message, ds []delivery.Delivery) message {
	out := message{
		ID: m.ID, ThreadID: m.Thread, Side: m.Side, Author: named{m.AuthorID, m.AuthorName}, At: micros(m.At), Text: m.Words, Lang: m.Lang,
		Automatic: m.Automatic, Quiet: m.Quiet, Background: m.Background, Edited: m.Version > 1 && !m.Gone, Gone: m.Gone,
		ExternalID: m.ExternalID, InReplyTo: m.InReplyTo, URL: m.URL, PartOf: string(m.PartOf), Attachments: []attachment{},
	}
	for _, a := range m.Attachments {
		x := attachment{ID: a.ID, Name: a.Name, Type: a.Type, Alt: a.Alt, Size: a.Size, State: a.State, Error: a.Error, Origin: a.URL}
		if a.Blob != "" {
			x.URL = f.URL + base + "/attachments/" + a.ID
		}
		out.Attachments = append(out.Attachments, x)
	}
	if m.Side == conversation.Ours {
		out.Delivery = deliveredOf(m, ds)
	}
	return out
}

// deliveredOf is nil for what never was to be delivered: imported history.
func deliveredOf(m conversation.Message, ds []delivery.Delivery) *delivered {
	if len(ds) == 0 {
		if m.ReleasedAt != 0 {
			return nil
		}
		return &delivered{State: undoable, Parts: []part{}}
	}
	out := &delivered{State: delivery.Overall(ds), URL: ds[0].URL, Parts: []part{}}
	for _, d := range ds {
		out.Tries = max(out.Tries, d.Tries)
		if out.Error == "" {
			out.Error = d.Error
		}
		if out.DecidedBy == "" {
			out.DecidedBy = d.DecidedBy
		}
		out.Parts = append(out.Parts, part{d.Part, d.State, d.Tries, d.Error, d.URL, d.ExternalID, d.DecidedBy, d.Words})
	}
	return out
}

type replying struct {
	Text     string                  `json:"text"`
	ThreadID *conversation.ThreadID  `json:"thread_id" required:"false" doc:"The thread the customer wrote on last when it is not given."`
	Answers  []question.ID           `json:"answers" required:"false" doc:"The questions it answers."`
	Seen     *conversation.MessageID `json:"seen" required:"false" doc:"The last message its author had in view; something newer refuses the reply. Not checked when it is not given."`
	UndoS    *float64                `json:"undo_s" required:"false" minimum:"0" maximum:"60" doc:"How long it can be taken back, in seconds; 0 when it is not given."`
	Keeps    []string                `json:"keeps" required:"false" doc:"The promises it keeps; there are none yet."`
	Override map[string]string       `json:"override" required:"false" doc:"Findings of the reply check to be passed over, with a reason each; there is no check yet."`
}

type replied struct {
	MessageID conversation.MessageID `json:"message_id"`
	State     delivery.State         `json:"state" enum:"undoable,queued,sending,sent,failed,uncertain"`
	ReleaseAt time.Time              `json:"release_at" doc:"It can be taken back until then."`
}

func (f *face) reply(ctx context.Context, in *struct {
	ID   conversation.ID `path:"id"`
	Body replying
},
) (*answer[replied], error) {
	d := draft.Draft{Conversation: in.ID, Words: in.Body.Text, Answers: in.Body.Answers}
	if in.Body.ThreadID != nil {
		d.Thread = *in.Body.ThreadID
	}
	if in.Body.Seen != nil {
		d.Seen = *in.Body.Seen
	}
	undo := int64(0)
	if in.Body.UndoS != nil {
		undo = int64(*in.Body.UndoS * 1e6)
	}
	out, err := once(ctx, f, http.StatusAccepted, func(tx *db.Tx, by auth.Actor) (replied, error) {
		sent, err := reply.Send(tx, by, d, undo)
		if err != nil {
			return replied{}, err
		}
		if sent.ReleaseAt != 0 {
			return replied{sent.Message, undoable, micros(sent.ReleaseAt)}, nil
		}
		parts, err := delivery.Parts(tx, sent.Message)
		return replied{sent.Message, delivery.Overall(parts), micros(tx.Now())}, err
	})
	if newer, ok := fault.Cause[conversation.Newer](err); ok {
		return nil, f.stale(ctx, err, newer.Message)
	}
	return out, err
}

// stale refuses a reply with what its author has not seen.
func (f *face) stale(ctx context.Context, err error, newer conversation.MessageID) error {
	p := f.problem(ctx, err)
	p.Newer = newer
	if err := f.DB.Read(ctx, func(tx *db.Tx) error {
		m, err := conversation.GetMessage(tx, newer)
		if err != nil {
			return err
		}
		ds, err := delivery.Parts(tx, newer)
		x := f.messageOf(m, ds)
		p.With = &x
		return err
	}); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return p
}

// spoken finds a message, and not behind the wall: there it answers like one that never was.
func spoken(tx *db.Tx, by auth.Actor, conv conversation.ID, id conversation.MessageID) (conversation.Message, error) {
	none := fault.New(fault.NotFound, "there is no message %q", id)
	m, err := conversation.GetMessage(tx, id)
	if err != nil {
		return m, err
	}
	c, err := conversation.Get(tx, by, m.Conversation)
	if fault.Is(err, fault.NotFound) {
		return m, none
	}
	if err != nil || conv == "" {
		return m, err
	}
	if named, err := conversation.Get(tx, by, conv); err != nil || named.ID != c.ID {
		return m, none
	}
	return m, nil
}

// A message is named alone, or below its conversation.
type (
	alone struct {
		ID conversation.MessageID `path:"id"`
	}
	below struct {
		Conversation conversation.ID        `path:"id"`
		Message      conversation.MessageID `path:"mid"`
	}
)

func (f *face) undo(ctx context.Context, in *alone) (*nothing, error) {
	return f.takeBack(ctx, "", in.ID)
}

func (f *face) undoOf(ctx context.Context, in *below) (*nothing, error) {
	return f.takeBack(ctx, in.Conversation, in.Message)
}

func (f *face) takeBack(ctx context.Context, c conversation.ID, m conversation.MessageID) (*nothing, error) {
	_, err := change(ctx, f, func(tx *db.Tx, by auth.Actor) (nothing, error) {
		if _, err := spoken(tx, by, c, m); err != nil {
			return nothing{}, err
		}
		return nothing{}, reply.Undo(tx, by, m)
	})
	return nil, err
}

type outgoing struct {
	MessageID    conversation.MessageID `json:"message_id"`
	Conversation conversation.ID        `json:"conversation_id"`
	BrandID      string                 `json:"brand_id"`
	AccountID    string                 `json:"account_id"`
	part
	Key      string    `json:"key" doc:"Under which it is sent, however often."`
	QueuedAt time.Time `json:"queued_at"`
}

type deliveryList struct {
	Items []outgoing `json:"items" nullable:"false"`
}

func (f *face) deliveries(ctx context.Context, in *struct {
	State delivery.State `query:"state" enum:"queued,sending,sent,failed,uncertain" doc:"Failed and uncertain ones when it is not given."`
	Limit int            `query:"limit" minimum:"0" doc:"50 when it is not given; never more than 200."`
},
) (*shown[deliveryList], error) {
	return show(ctx, f, func(tx *db.Tx, by auth.Actor) (deliveryList, error) {
		out := deliveryList{Items: []outgoing{}}
		if err := by.May(auth.Read, ""); err != nil {
			return out, err
		}
		ds, brands, err := delivery.In(tx, by, in.State, atMost(in.Limit))
		if err != nil {
			return out, err
		}
		for i, d := range ds {
			m, err := conversation.GetMessage(tx, d.Message)
			if err != nil {
				return out, err
			}
			out.Items = append(out.Items, outgoing{
				d.Message, m.Conversation, brands[i], string(d.Account),
				part{d.Part, d.State, d.Tries, d.Error, d.URL, d.ExternalID, d.DecidedBy, d.Words},
				d.Key, micros(d.QueuedAt),
			})
		}
		return out, nil
	})
}

// atMost bounds a list.
func atMost(limit int) int {
	if limit <= 0 {
		return 50
	}
	return min(limit, 200)
}

type decision struct {
	Arrived    bool    `json:"arrived" doc:"false sends it again under the same key."`
	ExternalID *string `json:"external_id" required:"false" maxLength:"500" doc:"What the network calls it."`
}

func (f *face) decide(ctx context.Context, in *struct {
	ID   conversation.MessageID `path:"id"`
	Body decision
},
) (*answer[delivered], error) {
	return f.decided(ctx, "", in.ID, in.Body)
}

func (f *face) decideOf(ctx context.Context, in *struct {
	Conversation conversation.ID        `path:"id"`
	Message      conversation.MessageID `path:"mid"`
	Body         decision
},
) (*answer[delivered], error) {
	return f.decided(ctx, in.Conversation, in.Message, in.Body)
}

func (f *face) decided(ctx context.Context, c conversation.ID, id conversation.MessageID, d decision) (*answer[delivered], error) {
	return once(ctx, f, http.StatusOK, func(tx *db.Tx, by auth.Actor) (delivered, error) {
		m, err := spoken(tx, by, c, id)
		if err != nil {
			return delivered{}, err
		}
		if err := delivery.Decide(tx, by, m.ID, d.Arrived, optional(d.ExternalID)); err != nil {
			return delivered{}, err
		}
		ds, err := delivery.Parts(tx, m.ID)
		return *deliveredOf(m, ds), err
	})
}

// shownAsIs are the types a browser may show; everything else is to be saved.
var shownAsIs = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

func (f *face) attachment(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*struct{ Body func(huma.Context) }, error) {
	var a conversation.Attachment
	if err := f.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if a, err = conversation.GetAttachment(tx, in.ID); err != nil {
			return err
		}
		_, err = spoken(tx, callerOf(ctx).actor, "", a.Message)
		if fault.Is(err, fault.NotFound) {
			err = fault.New(fault.NotFound, "there is no such file") // as of one that never was
		}
		return err
	}); err != nil {
		return nil, err
	}
	if a.Blob == "" || f.Blobs == nil {
		return nil, fault.New(fault.NotFound, "this file is not kept here: %s", a.State)
	}
	file, err := f.Blobs.Get(a.Blob)
	if err != nil {
		return nil, err
	}
	return &struct{ Body func(huma.Context) }{func(c huma.Context) {
		defer file.Close()
		r, w := humago.Unwrap(c)
		// What customers send is shown as a picture or saved, and never run.
		w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", "attachment")
		if slices.Contains(shownAsIs, a.Type) {
			w.Header().Set("Content-Type", a.Type)
			w.Header().Set("Content-Disposition", "inline")
		}
		http.ServeContent(w, r, "", time.Time{}, io.ReadSeeker(file))
	}}, nil
}
