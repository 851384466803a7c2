// Package settings draws what an admin sees of the house: the accounts of a brand and its people. It only reads; changing them is
// on the command line until the pages for it are there.
package settings

import (
	"time"

	"answerable/internal/web/look"
)

// Page is the settings of one brand.
type Page struct {
	look.Frame
	Slug     string // of the brand, as the command line takes it
	Accounts []Account
	People   []Person
}

// Account is one connected presence on a channel.
type Account struct {
	Channel, Handle, Name string
	Health                string    // ok, trouble, off
	Error                 string    // what is wrong, for people; empty when nothing is
	Do                    string    // what to do about it
	Last                  time.Time // when it was last heard; zero for never
}

// Person is somebody who works for the brand.
type Person struct {
	look.Person
	Email    string
	Roles    []string
	Presence string
	Off      bool // switched off
}
