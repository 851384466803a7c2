// Package routing chooses an owner. Choose is pure and blind: who follows the customer is not among its arguments.
package routing

import (
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/directory"
)

// Matter is what may be looked at.
type Matter struct {
	Conversation conversation.ID
	Brand        brand.ID
	Contact      contact.ID
	Stranger     bool               // never met before: nobody knows them
	Last         directory.PersonID // who owned this contact's latest conversation; empty for a stranger
	Severity     conversation.Severity
}

// Seat is somebody who is here, with what they carry.
type Seat struct {
	Person   directory.PersonID
	Load     int64
	Capacity int64
}

// Choice names the owner or nobody, and why in words.
type Choice struct {
	Owner directory.PersonID
	Why   string
}

// Choose is the one ownership rule of every channel: a returning customer goes back to the same owner when they are here and not full;
// otherwise the least loaded of those who are here and not full, the lowest id among equals; otherwise nobody.
func Choose(m Matter, seats []Seat) Choice {
	var best *Seat
	for i := range seats {
		s := &seats[i]
		if s.Load >= s.Capacity {
			continue
		}
		if m.Last != "" && s.Person == m.Last {
			return Choice{s.Person, "knows this customer"}
		}
		if best == nil || s.Load < best.Load || s.Load == best.Load && s.Person < best.Person {
			best = s
		}
	}
	if best != nil {
		return Choice{best.Person, "carries least of those who are here"}
	}
	return Choice{}
}

// Batch chooses for many, counting what it gives. Pure; seats is changed.
func Batch(ms []Matter, seats []Seat) []Choice {
	out := make([]Choice, len(ms))
	for i, m := range ms {
		out[i] = Choose(m, seats)
		for j := range seats {
			if seats[j].Person == out[i].Owner {
				seats[j].Load++
			}
		}
	}
	return out
}

// Facts loads what Choose needs, once a batch. It fills in Last, and returns who is here with what they carry.
func Facts(tx *db.Tx, b brand.ID, ms []Matter) ([]Seat, error) {
	here, err := directory.Present(tx, b)
	if err != nil || len(here) == 0 {
		return nil, err
	}
	load, err := conversation.Load(tx, here, db.Never-1)
	if err != nil {
		return nil, err
	}
	seats := make([]Seat, len(here))
	room := false
	for i, p := range here {
		seats[i] = Seat{p.ID, load[p.ID], p.Capacity}
		room = room || load[p.ID] < p.Capacity
	}
	if !room {
		return nil, nil
	}
	contacts := make([]contact.ID, 0, len(ms))
	for _, m := range ms {
		if m.Contact != "" && !m.Stranger {
			contacts = append(contacts, m.Contact)
		}
	}
	last, err := conversation.LastOwners(tx, contacts)
	for i := range ms {
		ms[i].Last = last[ms[i].Contact]
	}
	return seats, err
}
