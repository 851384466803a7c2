// Package entry draws the two pages in front of the house: signing in, and the very first page, which makes the first admin.
package entry

import (
	"github.com/a-h/templ"

	"answerable/internal/web/look"
)

// SignIn is the page on which a person says who they are.
type SignIn struct {
	look.Frame
	Email string // as typed, to be corrected
	Next  string // where to go afterwards
	Wrong string // what was wrong; empty for nothing
	Said  string // signed out, session ended; empty for nothing
}

// First is the page of a house in which nobody is yet.
type First struct {
	look.Frame
	Name, Email, Brand, Zone                     string // as typed
	WrongName, WrongEmail, WrongBrand, WrongPass string // what was wrong with each; empty for nothing
	Token                                        string // proves that the form was read here
}

// described ties a field to the words under it.
func described(id, wrong string) templ.Attributes {
	a := templ.Attributes{"aria-describedby": id + "-hint"}
	if id == "email" && wrong == "" {
		return templ.Attributes{}
	}
	if wrong != "" {
		a["aria-invalid"] = "true"
	}
	return a
}
