// Package auth says who acts and what they may do: people who sign in, tokens of programs, links sent to somebody, customers, the
// house itself. Passwords, sessions and tokens are kept here; who a person is, the directory knows.
package auth

import (
	"slices"

	"answerable/internal/fault"
)

// Role is a word of the access matrix below.
type Role string

// The roles.
const (
	Agent     Role = "agent"
	Lead      Role = "lead"
	Expert    Role = "expert"
	Approver  Role = "approver"
	Executive Role = "executive"
	Admin     Role = "admin"
	Auditor   Role = "auditor"
)

// Roles lists them in the order in which forms offer them.
func Roles() []Role { return []Role{Agent, Lead, Expert, Approver, Executive, Admin, Auditor} }

// Scope is what a token was made for; a token can do what its scopes and its person's role both allow.
type Scope string

// The scopes. Each act below needs the scope of the same name.
const (
	Read    Scope = "read"  // see conversations of one's brands
	Write   Scope = "write" // notes, questions, owner, tags, outcome
	Send    Scope = "send"  // words that reach a customer
	Manages Scope = "admin" // accounts, people, brands, tokens
)

// Scopes lists them.
func Scopes() []Scope { return []Scope{Read, Write, Send, Manages} }

// may is the access matrix.
var may = map[Role][]Scope{
	Agent:     {Read, Write, Send},
	Lead:      {Read, Write, Send},
	Expert:    {Read, Write},
	Approver:  {Read, Write},
	Executive: {Read, Write, Send},
	Admin:     {Read, Write, Send, Manages},
	Auditor:   {Read},
}

// Kind tells a person from a machine.
type Kind string

// The kinds of actor.
const (
	Person   Kind = "person"
	Token    Kind = "token"
	Customer Kind = "customer"
	House    Kind = "house"
)

// Actor is who does something. Every function that changes something takes one and asks it.
type Actor struct {
	Kind    Kind
	ID      string // of the person (also behind a token) or contact; empty for the house
	Name    string // public name
	Role    Role
	Every   bool     // may enter every brand
	Brands  []string // else these
	Scopes  []Scope  // of the token; nil means all
	Request string   // id of the request, for the record
}

// TheHouse acts on alarms, rules and by import.
func TheHouse() Actor { return Actor{Kind: House, Every: true, Role: Admin} }

// String is how the record names an actor.
func (a Actor) String() string {
	if a.ID == "" {
		return string(a.Kind)
	}
	return string(a.Kind) + "/" + a.ID
}

// In reports whether a may enter a brand. Brand is a wall: what a may not enter does not exist for a.
func (a Actor) In(brand string) bool { return a.Every || slices.Contains(a.Brands, brand) }

// May refuses what role, token or brand do not allow. A brand that a may not enter answers NotFound, so that nobody learns what is
// behind the wall. An empty brand asks for the act alone.
func (a Actor) May(do Scope, brand string) error {
	if brand != "" && !a.In(brand) {
		return fault.New(fault.NotFound, "there is no such thing here")
	}
	if a.Scopes != nil && !slices.Contains(a.Scopes, do) {
		return fault.New(fault.Forbidden, "this token may not do that: it lacks the scope %q", do)
	}
	if !slices.Contains(may[a.Role], do) {
		return fault.New(fault.Forbidden, "the role %s may not do that", a.Role)
	}
	return nil
}
