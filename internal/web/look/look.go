// Package look is the hand in which every page is written: the frame with its rail, icons, people, channels, moments. Pages are in
// the packages beside it; each is one struct that says all it shows, and one component that draws it.
package look

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"answerable/internal/web/assets"
	"answerable/internal/web/words"
)

// Frame is what every page knows: the language, who looks, and where they are.
type Frame struct {
	W      *words.Words
	Assets *assets.Set
	Title  string    // of the page, without the name of the program
	Theme  string    // "light" or "dark" when chosen; empty follows the system
	Now    time.Time // in the reader's zone; every other time of the page is in it too
	Path   string    // where this page is, with its query: forms of the frame come back to it
	Rail   *Rail     // nil on pages without one (sign-in, trouble)
}

// Rail is the leftmost column: only what exists.
type Rail struct {
	At       string // "desk" or "settings": the entry that is current
	Me       Person
	Presence string // here, away, off
	Brand    Brand
	Brands   []Brand // all I work for, the current one among them
}

// Brand is one brand in the switch.
type Brand struct {
	ID, Name string
}

// Letters are two or three letters that stand for the brand.
func (b Brand) Letters() string { return initials(b.Name, 3) }

// Person is somebody of the house, as a page shows them.
type Person struct {
	ID, Name string
	Me       bool // it is who looks at the page
}

// Initials stand in a circle where there is no room for the name.
func (p Person) Initials() string { return initials(p.Name, 2) }

func initials(name string, most int) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '&' })
	var b strings.Builder
	switch n := len(words); {
	case n == 0:
		return "?"
	case n == 1:
		for i, r := range []rune(words[0]) {
			if i == 2 {
				break
			}
			b.WriteRune(unicode.ToUpper(r))
		}
		return b.String()
	case most == 2: // first and last name
		words = []string{words[0], words[n-1]}
	}
	for i, w := range words {
		if i == most {
			break
		}
		for _, r := range w {
			b.WriteRune(unicode.ToUpper(r))
			break
		}
	}
	return b.String()
}

// Icon is the name of a symbol in the sprite. A test holds each to a file.
type Icon string

// The icons that pages use.
const (
	Check      Icon = "check"
	Back       Icon = "chevron-left"
	Circled    Icon = "circle-check"
	Clock      Icon = "clock"
	External   Icon = "external-link"
	File       Icon = "file-text"
	Flag       Icon = "flag"
	Globe      Icon = "globe"
	Image      Icon = "image"
	Info       Icon = "info"
	Inbox      Icon = "inbox"
	Lock       Icon = "lock"
	SignOut    Icon = "log-out"
	Mail       Icon = "mail"
	Desk       Icon = "messages-square"
	Minus      Icon = "minus"
	Stop       Icon = "octagon-x"
	Panel      Icon = "panel-right"
	Pencil     Icon = "pencil"
	Phone      Icon = "phone"
	Plug       Icon = "plug"
	Plus       Icon = "plus"
	Again      Icon = "rotate-ccw"
	Search     Icon = "search"
	Settings   Icon = "settings-2"
	Note       Icon = "sticky-note"
	Theme      Icon = "sun-moon"
	Tag        Icon = "tag"
	Warn       Icon = "triangle-alert"
	Undo       Icon = "undo-2"
	Own        Icon = "user-check"
	User       Icon = "user-round"
	Users      Icon = "users"
	Offline    Icon = "wifi-off"
	Close      Icon = "x"
	Join       Icon = "merge"
	Smile      Icon = "smile"
	Send       Icon = "send"
	Mark       Icon = "mark"
	More       Icon = "ellipsis"
	List       Icon = "list-checks"
	bluesky    Icon = "bluesky"
	discourse  Icon = "discourse"
	facebook   Icon = "facebook"
	form       Icon = "form"
	instagram  Icon = "instagram"
	mastodon   Icon = "mastodon"
	signedDoor Icon = "signed"
	whatsapp   Icon = "whatsapp"
)

// Icons lists all of them, for the test.
func Icons() []Icon {
	return []Icon{
		Check, Back, Circled, Clock, External, File, Flag, Globe, Image, Info, Inbox, Lock, SignOut, Mail, Desk, Minus, Stop,
		Panel, Pencil, Phone, Plug, Plus, Again, Search, Settings, Note, Theme, Tag, Warn, Undo, Own, User, Users, Offline, Close, Join, Smile,
		Send, Mark, More, List, bluesky, discourse, facebook, form, instagram, mastodon, signedDoor, whatsapp,
	}
}

// Glyph is the mark of a channel: hand-drawn, in one stroke, like the other icons.
func Glyph(channel string) Icon {
	switch channel {
	case "mastodon":
		return mastodon
	case "bluesky":
		return bluesky
	case "email":
		return Mail
	case "webform":
		return form
	case "phone":
		return Phone
	case "facebook", "messenger":
		return facebook
	case "instagram":
		return instagram
	case "whatsapp":
		return whatsapp
	case "discourse":
		return discourse
	case "signed":
		return signedDoor
	}
	return Desk
}

// Count writes a count that stops at 999: nobody works a list of a thousand, and counting further costs.
func Count(n int) string {
	if n > 999 {
		return "999+"
	}
	return strconv.Itoa(n)
}

// Machine writes a time for machines.
func Machine(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// Waited writes how long ago t is.
func (f Frame) Waited(t time.Time) string { return f.W.Span(f.Now.Sub(t)) }

// heading is the title of the browser's tab.
func (f Frame) heading() string {
	if f.Title == "" {
		return "Answerable"
	}
	return f.Title + " · Answerable"
}

// spans are the patterns live.js writes relative times with, separated by a bar.
func (f Frame) spans() string {
	t := f.W.Time
	return strings.Join([]string{t.Now, t.Min, t.HourMin, t.Hour, t.Days, t.Sec}, "|")
}

// other is the theme the switch turns to when nobody's script knows what the system shows.
func (f Frame) other() string {
	if f.Theme == "dark" {
		return "light"
	}
	return "dark"
}

// Policy is the content security policy of every page: nothing from elsewhere, nothing inline.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
