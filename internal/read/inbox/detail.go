package inbox

import (
	"database/sql"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/delivery"
	"answerable/internal/desk/directory"
	"answerable/internal/desk/draft"
	"answerable/internal/desk/question"
	"answerable/internal/record"
)

// Detail is one conversation with all that belongs to it.
type Detail struct {
	conversation.Conversation
	Brand        brand.Brand
	Contact      contact.Contact // zero while nobody but us has spoken
	Owner        directory.Person
	Accountable  directory.Person // who answers for it while nobody owns it
	Participants []conversation.Participant
	Threads      []conversation.Thread
	Messages     []conversation.Message
	Questions    []question.Question
	Deliveries   map[conversation.MessageID][]delivery.Delivery
	Tags         []string
	Draft        draft.Draft // what the reader is writing here
	Record       []record.Sealed
	Earlier      []Earlier
	People       map[directory.PersonID]directory.Person // who is named in it
}

// Earlier is another conversation of the same contact.
type Earlier struct {
	ID       conversation.ID
	No       int64
	Status   conversation.Status
	Outcome  conversation.Outcome
	Channel  string
	Asked    string
	OpenedAt int64
}

// mostRecord is how many system lines one conversation shows.
const mostRecord = 300

// Show reads one conversation for whom may see it.
func Show(tx *db.Tx, by auth.Actor, id conversation.ID) (d Detail, err error) {
	if d.Conversation, err = conversation.Get(tx, by, id); err != nil {
		return d, err
	}
	c := d.Conversation
	if d.Brand, err = brand.Named(tx, string(c.Brand)); err != nil {
		return d, err
	}
	if c.Contact != "" {
		meant, err := contact.Meant(tx, c.Contact)
		if err != nil {
			return d, err
		}
		if d.Contact, err = contact.Get(tx, by, meant); err != nil {
			return d, err
		}
	}
	if c.Owner != "" {
		if d.Owner, err = directory.Get(tx, c.Owner); err != nil {
			return d, err
		}
	} else if d.Accountable, _, err = directory.Accountable(tx, c.Brand); err != nil {
		return d, err
	}
	if d.Participants, err = conversation.Participants(tx, c.ID); err != nil {
		return d, err
	}
	if d.Threads, err = conversation.Threads(tx, c.ID); err != nil {
		return d, err
	}
	if d.Messages, err = conversation.Timeline(tx, c.ID); err != nil {
		return d, err
	}
	if d.Questions, err = question.Of(tx, c.ID); err != nil {
		return d, err
	}
	ds, err := delivery.Of(tx, c.ID)
	if err != nil {
		return d, err
	}
	d.Deliveries = map[conversation.MessageID][]delivery.Delivery{}
	for _, x := range ds {
		d.Deliveries[x.Message] = append(d.Deliveries[x.Message], x)
	}
	if d.Tags, err = conversation.Tags(tx, c.ID); err != nil {
		return d, err
	}
	if by.ID != "" {
		if d.Draft, _, err = draft.Of(tx, c.ID, directory.PersonID(by.ID)); err != nil {
			return d, err
		}
	}
	if d.Record, err = record.About(tx, conversation.Subject(c.ID), mostRecord); err != nil {
		return d, err
	}
	if d.Earlier, err = earlier(tx, c, d.Contact.ID); err != nil {
		return d, err
	}
	d.People, err = named(tx, d)
	return d, err
}

func earlier(tx *db.Tx, c conversation.Conversation, who contact.ID) (out []Earlier, err error) {
	if who == "" {
		return nil, nil
	}
	err = tx.Query(`SELECT c.id, c.no, c.status, c.outcome, c.channel, c.asked, c.opened_at FROM conversation c
		WHERE c.contact_id IN (SELECT id FROM contact WHERE id = $1 OR merged_into = $1) AND c.id <> $2 ORDER BY c.id DESC LIMIT 10`, db.Args[any](who, c.ID), func(r *sql.Rows) error {
		var e Earlier
		err := r.Scan(&e.ID, &e.No, &e.Status, &e.Outcome, &e.Channel, &e.Asked, &e.OpenedAt)
		out = append(out, e)
		return err
	})
	return out, err
}

func named(tx *db.Tx, d Detail) (map[directory.PersonID]directory.Person, error) {
	out := map[directory.PersonID]directory.Person{}
	want := map[directory.PersonID]bool{d.Conversation.Owner: true}
	for _, m := range d.Messages {
		if m.Side == conversation.Ours || m.Side == conversation.Note {
			want[directory.PersonID(m.AuthorID)] = true
		}
	}
	for _, e := range d.Record {
		for _, k := range []string{"from", "to"} {
			if s, ok := e.Data[k].(string); ok {
				want[directory.PersonID(s)] = true
			}
		}
	}
	delete(want, "")
	all, err := directory.ForBrand(tx, d.Brand.ID)
	for _, p := range all {
		if want[p.ID] {
			out[p.ID] = p
		}
	}
	return out, err
}
