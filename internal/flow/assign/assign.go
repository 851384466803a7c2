// Package assign is the FLOW of ownership: the only caller of conversation.SetOwner.
package assign

import (
	"strings"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/directory"
	"answerable/internal/desk/routing"
	"answerable/internal/fault"
)

// To makes somebody owner, or nobody when to is empty. Whoever is made owner works for the brand and has not left.
func To(tx *db.Tx, by auth.Actor, conv conversation.ID, to directory.PersonID, why string) error {
	c, err := conversation.Lock(tx, by, conv)
	if err != nil {
		return err
	}
	if err := by.May(auth.Write, string(c.Brand)); err != nil {
		return err
	}
	if c.Status == conversation.Archived {
		return fault.New(fault.Conflict, "this is imported history: it has no owner")
	}
	if len(why) > 2000 {
		return fault.New(fault.Invalid, "a reason has at most 2,000 characters")
	}
	if to != "" {
		p, err := directory.Get(tx, to)
		if err != nil {
			return err
		}
		a := p.Actor()
		if p.OffAt != 0 || a.May(auth.Send, string(c.Brand)) != nil {
			return fault.New(fault.Invalid, "%s cannot own this: they do not answer customers of this brand", p.Name)
		}
	}
	return conversation.SetOwner(tx, by, c, to, strings.TrimSpace(why))
}

// ByRule gives unowned conversations of one brand their owners: at intake, and when somebody comes back to unowned work.
func ByRule(tx *db.Tx, b brand.ID, ms []routing.Matter) error {
	if len(ms) == 0 {
		return nil
	}
	seats, err := routing.Facts(tx, b, ms)
	if err != nil || len(seats) == 0 {
		return err // nobody is here: unowned, and visible as such
	}
	var given []conversation.Given
	for i, c := range routing.Batch(ms, seats) {
		if c.Owner != "" {
			given = append(given, conversation.Given{Conversation: ms[i].Conversation, Brand: b, To: c.Owner, Why: c.Why})
		}
	}
	if len(given) == 0 {
		return nil
	}
	return conversation.SetOwners(tx, auth.TheHouse(), given)
}

// Returned is somebody's presence changing; who comes back is offered what nobody owns, as far as they have room.
func Returned(tx *db.Tx, by auth.Actor, who directory.PersonID, s directory.State) error {
	if err := directory.SetPresence(tx, by, who, s); err != nil || s != directory.Here {
		return err
	}
	p, err := directory.Get(tx, who)
	if err != nil {
		return err
	}
	brands, err := brand.All(tx, p.Actor())
	if err != nil {
		return err
	}
	for _, b := range brands {
		cs, err := conversation.Unowned(tx, b.ID, int(p.Capacity))
		if err != nil {
			return err
		}
		ms := make([]routing.Matter, len(cs))
		for i, c := range cs {
			ms[i] = routing.Matter{Conversation: c.ID, Brand: b.ID, Contact: c.Contact, Severity: c.Severity}
		}
		if err := ByRule(tx, b.ID, ms); err != nil {
			return err
		}
	}
	return nil
}
