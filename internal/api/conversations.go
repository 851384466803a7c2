package api

import (
	"context"
	"net/http"
	"time"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/directory"
	"answerable/internal/desk/question"
	"answerable/internal/fault"
	"answerable/internal/flow/assign"
	"answerable/internal/flow/resolve"
	"answerable/internal/read/inbox"
)

// named is somebody or something with an id and a name.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// due is what is due next.
type due struct {
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
}

// owed counts what keeps a conversation from being resolved.
type owed struct {
	Questions int64 `json:"questions"`
	Promises  int64 `json:"promises"`
	Consults  int64 `json:"consults"`
	Closing   int64 `json:"closing"`
}

// line is a conversation as the list shows it.
type line struct {
	ID          conversation.ID      `json:"id"`
	No          int64                `json:"no" doc:"For people."`
	Brand       string               `json:"brand" doc:"Slug."`
	BrandID     brand.ID             `json:"brand_id"`
	Status      conversation.Status  `json:"status" enum:"open,waiting,snoozed,resolved,archived"`
	Outcome     conversation.Outcome `json:"outcome" enum:",answered,fixed,declined,no_reply_needed,withdrawn,went_quiet,spam,abuse,duplicate,passed_to_complaint" doc:"Empty until it ended."`
	Severity    string               `json:"severity" enum:"low,normal,high,top"`
	Channel     string               `json:"channel"`
	Public      bool                 `json:"public" doc:"It has a public thread."`
	Private     bool                 `json:"private" doc:"It has a private thread."`
	Contact     *named               `json:"contact" doc:"The principal; null while nobody but us has spoken."`
	Owner       *named               `json:"owner"`
	Accountable *named               `json:"accountable" doc:"Who answers for it while nobody owns it."`
	Asked       string               `json:"asked" doc:"Its first open question in the customer's words."`
	Hands       int64                `json:"hands" doc:"How many different people have replied."`
	Quarantined bool                 `json:"quarantined"`
	OpenedAt    time.Time            `json:"opened_at"`
	MovedAt     time.Time            `json:"moved_at"`
	ResolvedAt  *time.Time           `json:"resolved_at"`
	Waiting     *time.Time           `json:"waiting_since" doc:"The oldest customer message nobody of us has answered."`
	Due         *due                 `json:"due"`
	Owed        owed                 `json:"owed"`
	Why         []why                `json:"why,omitempty" nullable:"false" doc:"Of a search: where it was found."`
}

type why struct {
	Where string `json:"where"`
	Words string `json:"words"`
}

// micros is a time of the house as the API writes it.
func micros(at int64) time.Time { return time.UnixMicro(at).UTC() }

// sometime is one that may not have come.
func sometime(at int64) *time.Time {
	if at == 0 || at == db.Never {
		return nil
	}
	t := micros(at)
	return &t
}

// lineOf is all that a conversation says of itself.
func lineOf(c conversation.Conversation, slug string) line {
	l := line{
		ID: c.ID, No: c.No, Brand: slug, BrandID: c.Brand, Status: c.Status, Outcome: c.Outcome, Severity: c.Severity.String(), Channel: c.Channel,
		Public: c.Public, Private: c.Private, Asked: c.Asked, Hands: c.Hands, Quarantined: c.Quarantined, OpenedAt: micros(c.OpenedAt), MovedAt: micros(c.MovedAt),
		ResolvedAt: sometime(c.ResolvedAt), Waiting: sometime(c.WaitingSince),
		Owed: owed{Questions: c.OwedQuestions, Promises: c.OwedPromises, Consults: c.OwedConsults, Closing: c.OwedClosing},
	}
	if c.DueAt != db.Never {
		l.Due = &due{Kind: c.DueKind, At: micros(c.DueAt)}
	}
	return l
}

// accountable names who answers for a conversation that nobody owns; imported history has nobody.
func accountable(tx *db.Tx, c conversation.Conversation) (*named, error) {
	if c.Owner != "" || c.Status == conversation.Archived {
		return nil, nil
	}
	p, ok, err := directory.Accountable(tx, c.Brand)
	if err != nil || !ok {
		return nil, err
	}
	return &named{string(p.ID), p.Name}, nil
}

// one reads a conversation again after a change of it.
func one(tx *db.Tx, by auth.Actor, id conversation.ID) (l line, err error) {
	c, err := conversation.Get(tx, by, id)
	if err != nil {
		return l, err
	}
	b, err := brand.Named(tx, string(c.Brand))
	if err != nil {
		return l, err
	}
	l = lineOf(c, b.Slug)
	if c.Contact != "" {
		who, err := contact.Get(tx, by, c.Contact)
		if err != nil {
			return l, err
		}
		l.Contact = &named{string(who.ID), who.Name}
	}
	if c.Owner != "" {
		p, err := directory.Get(tx, c.Owner)
		if err != nil {
			return l, err
		}
		l.Owner = &named{string(p.ID), p.Name}
	}
	l.Accountable, err = accountable(tx, c)
	return l, err
}

type page struct {
	Items []line  `json:"items" nullable:"false"`
	Next  *string `json:"next" doc:"Cursor of the next page; null on the last."`
}

func (f *face) list(ctx context.Context, in *struct {
	View   inbox.View `query:"view" doc:"mine, unowned, open, waiting_department, promises_due, breaking, waiting, resolved, all (which is meant when none is named), archived, spam, or the id of a saved view."`
	Search string     `query:"q" doc:"Words and operators: owner: from: brand: channel: tag: has:file is: before: after: \"phrase\" -word."`
	Cursor string     `query:"cursor"`
	Limit  int        `query:"limit" minimum:"0" doc:"50 when it is not given; never more than 200."`
	Brand  string     `query:"brand" doc:"Slug or id."`
},
) (*shown[page], error) {
	return show(ctx, f, func(tx *db.Tx, by auth.Actor) (page, error) {
		out := page{Items: []line{}}
		q := inbox.Query{View: in.View, Me: directory.PersonID(by.ID), Search: in.Search, Cursor: in.Cursor, Limit: in.Limit}
		if in.Brand != "" {
			b, err := brandNamed(tx, by, in.Brand)
			if err != nil {
				return out, err
			}
			q.Brand = b.ID
		}
		p, err := inbox.List(tx, by, q)
		if err != nil {
			return out, err
		}
		answers := map[brand.ID]*named{} // one accountable person a brand
		for _, r := range p.Rows {
			l := lineOf(r.Conversation, r.Brand)
			if r.Contact != "" {
				l.Contact = &named{string(r.Contact), r.ContactName}
			}
			if r.Owner != "" {
				l.Owner = &named{string(r.Owner), r.OwnerName}
			} else if l.Status != conversation.Archived {
				who, ok := answers[r.Conversation.Brand]
				if !ok {
					if who, err = accountable(tx, r.Conversation); err != nil {
						return out, err
					}
					answers[r.Conversation.Brand] = who
				}
				l.Accountable = who
			}
			for _, w := range r.Why {
				l.Why = append(l.Why, why(w))
			}
			out.Items = append(out.Items, l)
		}
		if p.Next != "" {
			out.Next = &p.Next
		}
		return out, nil
	})
}

// detail is one conversation with all that belongs to it.
type detail struct {
	line
	Tags         []string      `json:"tags" nullable:"false"`
	Cover        string        `json:"cover" doc:"Who answers for the owner without taking it; empty when nobody."`
	Follows      string        `json:"follows" doc:"The ended conversation that this one follows."`
	Participants []participant `json:"participants" nullable:"false"`
	Threads      []thread      `json:"threads" nullable:"false"`
	Messages     []message     `json:"messages" nullable:"false" doc:"The newest 1,000, oldest first."`
	Cut          bool          `json:"messages_cut" doc:"There are older messages than those."`
	Questions    []asked       `json:"questions" nullable:"false"`
	Earlier      []earlier     `json:"earlier" nullable:"false" doc:"Other conversations of the same contact."`
}

type participant struct {
	ID    contact.ID `json:"id"`
	Name  string     `json:"name"`
	Role  string     `json:"role" enum:"principal,participant,brand"`
	Since time.Time  `json:"since"`
}

type thread struct {
	ID        conversation.ThreadID   `json:"id"`
	Kind      conversation.ThreadKind `json:"kind"`
	Channel   string                  `json:"channel"`
	AccountID string                  `json:"account_id"`
	Handle    string                  `json:"handle" doc:"Of our account there."`
	RemoteKey string                  `json:"remote_key"`
	URL       string                  `json:"url"`
}

type earlier struct {
	ID       conversation.ID      `json:"id"`
	No       int64                `json:"no"`
	Status   conversation.Status  `json:"status"`
	Outcome  conversation.Outcome `json:"outcome"`
	Channel  string               `json:"channel"`
	Asked    string               `json:"asked"`
	OpenedAt time.Time            `json:"opened_at"`
}

func (f *face) conversation(ctx context.Context, in *struct {
	ID conversation.ID `path:"id"`
},
) (*shown[detail], error) {
	return show(ctx, f, func(tx *db.Tx, by auth.Actor) (detail, error) {
		d, err := inbox.Show(tx, by, in.ID)
		if err != nil {
			return detail{}, err
		}
		return f.detailOf(d), nil
	})
}

func (f *face) detailOf(d inbox.Detail) detail {
	out := detail{
		line: lineOf(d.Conversation, d.Brand.Slug), Tags: append([]string{}, d.Tags...), Cover: string(d.Cover), Follows: string(d.Follows),
		Participants: []participant{}, Threads: []thread{}, Messages: []message{}, Questions: []asked{}, Earlier: []earlier{}, Cut: len(d.Messages) == conversation.MostMessages,
	}
	if d.Contact.ID != "" {
		out.Contact = &named{string(d.Contact.ID), d.Contact.Name}
	}
	switch {
	case d.Owner.ID != "":
		out.Owner = &named{string(d.Owner.ID), d.Owner.Name}
	case d.Accountable.ID != "" && d.Status != conversation.Archived:
		out.Accountable = &named{string(d.Accountable.ID), d.Accountable.Name}
	}
	for _, p := range d.Participants {
		out.Participants = append(out.Participants, participant{ID: p.Contact, Name: p.Name, Role: p.Role, Since: micros(p.Since)})
	}
	for _, t := range d.Threads {
		out.Threads = append(out.Threads, thread{ID: t.ID, Kind: t.Kind, Channel: t.Channel, AccountID: string(t.Account), Handle: t.Handle, RemoteKey: t.RemoteKey, URL: t.URL})
	}
	for _, m := range d.Messages {
		out.Messages = append(out.Messages, f.messageOf(m, d.Deliveries[m.ID]))
	}
	for _, q := range d.Questions {
		out.Questions = append(out.Questions, askedOf(q))
	}
	for _, e := range d.Earlier {
		out.Earlier = append(out.Earlier, earlier{e.ID, e.No, e.Status, e.Outcome, e.Channel, e.Asked, micros(e.OpenedAt)})
	}
	return out
}

func (f *face) severity(ctx context.Context, in *struct {
	ID   conversation.ID `path:"id"`
	Body struct {
		Severity string `json:"severity" enum:"low,normal,high,top"`
	}
},
) (*shown[line], error) {
	s, err := conversation.SeverityOf(in.Body.Severity)
	if err != nil {
		return nil, err
	}
	return change(ctx, f, func(tx *db.Tx, by auth.Actor) (line, error) {
		if err := conversation.SetSeverity(tx, by, in.ID, s); err != nil {
			return line{}, err
		}
		return one(tx, by, in.ID)
	})
}

type end struct {
	Question question.ID            `json:"question"`
	State    question.State         `json:"state" enum:"answered,answered_by_department,answered_by_community,declined,not_a_question"`
	Reason   *string                `json:"reason" required:"false" doc:"Needed to decline: what the customer was told."`
	By       conversation.MessageID `json:"by,omitempty" doc:"The message that answers it; needed for the three kinds of answered."`
}

type resolving struct {
	Outcome conversation.Outcome `json:"outcome" enum:"answered,fixed,declined,no_reply_needed,withdrawn,went_quiet,spam,abuse,duplicate,passed_to_complaint"`
	Ends    []end                `json:"ends,omitempty" doc:"How its open questions end: the whole close strip in one request."`
}

func (f *face) resolve(ctx context.Context, in *struct {
	ID   conversation.ID `path:"id"`
	Body resolving
},
) (*answer[line], error) {
	out, err := once(ctx, f, http.StatusOK, func(tx *db.Tx, by auth.Actor) (line, error) {
		it := resolve.Item{Conversation: in.ID, Outcome: in.Body.Outcome}
		for _, e := range in.Body.Ends {
			it.Ends = append(it.Ends, question.End{Question: e.Question, State: e.State, Reason: optional(e.Reason), By: e.By})
		}
		refused, err := resolve.Do(tx, by, it)
		if err == nil && len(refused) > 0 {
			err = refused[0]
		}
		if err != nil {
			return line{}, err
		}
		return one(tx, by, in.ID)
	})
	if r, ok := fault.Cause[resolve.Refusal](err); ok && fault.Is(err, fault.Conflict) {
		p := f.problem(ctx, err)
		p.Owed = &debts{Questions: []string{}, Promises: []string{}, Consults: []string{}, Closing: []string{}}
		for _, q := range r.Questions {
			p.Owed.Questions = append(p.Owed.Questions, string(q))
		}
		return nil, p
	}
	return out, err
}

func (f *face) reopen(ctx context.Context, in *struct {
	ID   conversation.ID `path:"id"`
	Body *struct {
		Why *string `json:"why" required:"false" maxLength:"2000"`
	}
},
) (*answer[line], error) {
	reason := ""
	if in.Body != nil {
		reason = optional(in.Body.Why)
	}
	return once(ctx, f, http.StatusOK, func(tx *db.Tx, by auth.Actor) (line, error) {
		if err := resolve.Again(tx, by, in.ID, reason); err != nil {
			return line{}, err
		}
		return one(tx, by, in.ID)
	})
}

func (f *face) owner(ctx context.Context, in *struct {
	ID   conversation.ID `path:"id"`
	Body struct {
		To  *string `json:"to" doc:"Id or mail address of a person, me, or null for nobody."`
		Why *string `json:"why" required:"false" maxLength:"2000"`
	}
},
) (*answer[line], error) {
	return once(ctx, f, http.StatusOK, func(tx *db.Tx, by auth.Actor) (line, error) {
		var to directory.PersonID
		if name := optional(in.Body.To); name != "" {
			p, err := personNamed(tx, by, name)
			if fault.Is(err, fault.NotFound) {
				err = fault.As(fault.Invalid, err, "there is no person %q to own this", name)
			}
			if err != nil {
				return line{}, err
			}
			to = p.ID
		}
		if err := assign.To(tx, by, in.ID, to, optional(in.Body.Why)); err != nil {
			return line{}, err
		}
		return one(tx, by, in.ID)
	})
}

func (f *face) note(ctx context.Context, in *struct {
	ID   conversation.ID `path:"id"`
	Body struct {
		Text string `json:"text"`
	}
},
) (*answer[message], error) {
	return once(ctx, f, http.StatusCreated, func(tx *db.Tx, by auth.Actor) (message, error) {
		m, err := conversation.AddNote(tx, by, in.ID, in.Body.Text)
		return f.messageOf(m, nil), err
	})
}

type tags struct {
	Tags []string `json:"tags" nullable:"false"`
}

type tagged struct {
	ID  conversation.ID `path:"id"`
	Tag string          `path:"tag" maxLength:"60"`
}

func (f *face) tag(ctx context.Context, in *tagged) (*shown[tags], error) {
	return f.tagging(ctx, in, conversation.Tag)
}

func (f *face) untag(ctx context.Context, in *tagged) (*shown[tags], error) {
	return f.tagging(ctx, in, conversation.Untag)
}

func (f *face) tagging(ctx context.Context, in *tagged, do func(*db.Tx, auth.Actor, conversation.ID, string) error) (*shown[tags], error) {
	return change(ctx, f, func(tx *db.Tx, by auth.Actor) (tags, error) {
		if err := do(tx, by, in.ID, in.Tag); err != nil {
			return tags{}, err
		}
		c, err := conversation.Get(tx, by, in.ID) // it may have been joined into another
		if err != nil {
			return tags{}, err
		}
		all, err := conversation.Tags(tx, c.ID)
		return tags{append([]string{}, all...)}, err
	})
}

// optional reads a field that may be left out or null.
func optional(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
