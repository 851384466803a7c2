// Package desk draws the desk: the list of conversations, the open one, and what stands beside it. A Page says everything that is
// shown, in the reader's time zone and in words that are ready to print; nothing here reads a database or knows a rule.
package desk

import (
	"slices"
	"time"

	"github.com/a-h/templ"

	"answerable/internal/web/look"
)

// Page is the desk.
type Page struct {
	look.Frame
	List   List
	Talk   *Talk   // nil: nothing is open, Calm is shown
	Beside *Beside // nil: no context column
	Calm   Calm    // what to say when nothing is open
	Notice *Notice // one line over the composer: undo, an error, what was done
}

// List is the column of conversations.
type List struct {
	View   string // name of the current view, as in the address
	Search string // what was searched for; empty for none
	Views  []View
	Rows   []Row
	Empty  string // why there is nothing, in a sentence; shown when Rows is empty
	Next   string // address of the next page; empty on the last one
	Broken bool   // the list could not be read
	Latest bool   // the latest movement stands first, not the longest wait
	Since  time.Time
}

// View is one saved filter with its live count.
type View struct {
	Name, Label, URL string
	Count            int
	Counted          bool // archived history is not counted
	Current          bool
	Wide             bool // stands on a line of its own
}

// RowState is what a row's right upper corner says.
type RowState string

// The states of a row.
const (
	Waiting   RowState = "waiting"   // somebody waits for us since Row.Since
	Their     RowState = "their"     // we wrote last
	Owed      RowState = "owed"      // we wrote last, but a question of theirs is still open
	Answered  RowState = "answered"  // every question has ended
	Snoozed   RowState = "snoozed"   //
	Resolved  RowState = "resolved"  //
	Archived  RowState = "archived"  // imported history
	Uncertain RowState = "uncertain" // a send of ours may or may not have arrived
	Failed    RowState = "failed"    // a send of ours was refused
)

// Row is one conversation in the list.
type Row struct {
	ID, URL      string
	Who, WhoLang string
	Ask, AskLang string // the first open question in the customer's own words, else their last words
	More         int    // further open questions
	Asked        bool   // Ask is a question, not just words
	Channel      string
	Public       bool
	Private      bool
	Owner        *look.Person // nil: nobody
	State        RowState
	Since        time.Time // of Waiting
	Current      bool
	Why          string // search: where the words were found
}

// Kind is what an entry of the timeline is.
type Kind string

// The kinds of entry.
const (
	Day    Kind = "day"    // a line with a date
	Theirs Kind = "theirs" // the customer or an onlooker
	Ours   Kind = "ours"   // one of us, from the desk or outside it
	Note   Kind = "note"   // among us, hangs on no lane
	System Kind = "system" // one quiet line
	Thanks Kind = "thanks" // thanks only: a quiet line, makes no work
)

// Talk is the open conversation.
type Talk struct {
	ID, URL     string // URL keeps the view and the search
	BackURL     string
	Who, Lang   string
	Brand       string
	Owner       *look.Person
	Accountable string // who answers for it while it has no owner; may be empty
	Mine        bool
	Hands       int
	Severity    string
	Status      string
	Outcome     string // when resolved
	Since       time.Time
	Items       []Item
	Questions   []Question
	Open        int // questions still open
	Sources     []Source
	Composer    *Composer // nil: this person may not reply
	Closing     *Closing  // nil: the strip is shut
	CloseURL    string    // opens the strip
	Ended       bool      // resolved or archived
	Newest      string    // id of the newest message, which a reply says it has seen
}

// Item is one entry of the timeline.
type Item struct {
	ID          string
	Kind        Kind
	At          time.Time
	Who, Lang   string
	Role        string // owner, cover, onlooker, outside: beside the name
	Thread      string // id of the thread it is on; empty for days, notes and system lines
	Channel     string
	Public      bool
	Spans       []Span // the words, cut where a question begins or ends
	Plain       string // the words of system lines and of days
	Attachments []Attachment
	Edited      bool
	Before      string // the words before the edit
	Gone        bool
	Automatic   bool
	Parts       int // in how many posts it went out, when more than one
	URL         string
	Delivery    *Delivery // nil for what is not ours or was sent long ago

	lane lane // set by Lay
}

// Span is a stretch of words. Question is the number of the question it is the words of, 0 for none.
type Span struct {
	Text     string
	Question int
	Ended    bool
}

// Attachment is a file that came with a message.
type Attachment struct {
	Name, Type, URL, Alt string // URL is on this house; empty while it is not fetched yet
	Picture              bool
}

// Delivery is where a message of ours is on its way out.
type Delivery struct {
	State  string // undoable, queued, sending, sent, failed, uncertain
	Error  string // for people, when it failed
	Look   string // where to look whether an uncertain one arrived; may be empty
	Decide string // form address for "it is there" and "send again"
	Retry  string // form address for sending a failed one again
	Who    string // who decided an uncertain one
}

// Question is one entry of the checklist.
type Question struct {
	ID      string
	No      int
	Quote   string
	Lang    string
	Asker   string // when it is not the principal's
	Kind    string
	State   string
	How     string // what stands at the end of its line: "answered 09:21"
	Message string // id of the entry it was asked in
	Action  string // form address
	By      string // newest reply of ours after it, which can be named as its answer; empty when there is none
}

// Open reports whether somebody still waits for its end.
func (q Question) Open() bool { return q.State == "open" && q.Kind != "rhetorical" }

// Source is a message a question can be added to.
type Source struct {
	ID, Label string
}

// Reach says who can read what goes to a destination.
type Reach string

// The reaches.
const (
	ToPublic  Reach = "public"
	ToPrivate Reach = "private"
	ToNote    Reach = "note"
)

// Destination is one place the composer can write to.
type Destination struct {
	Value   string // "thread:ID" or "note"
	Reach   Reach
	Label   string // in the switch
	Channel string
	As      string // our handle there, with its @
	To      string // who reads a private one
	Limit   int    // longest part, as the channel counts; 0 means none
	Count   string // how it counts: see live.js
	Length  int    // of the draft as it stands, counted by the server
	Closed  string // why nothing can be sent there now; empty when it can
}

// Composer is where a person writes.
type Composer struct {
	Key          string // changes when a new draft begins, so that an old one is never morphed into it
	Action       string // form address
	DraftAction  string
	Draft        string
	Saved        time.Time // of the draft; zero when there is none
	Destinations []Destination
	Chosen       string // Value of the destination that is chosen
	Signs        string // who signs
	Covers       string // owner's name when somebody else signs for them
	Seen         string // newest message that was shown
	Stale        bool   // something came in since the draft began: sending asks once
	Answers      []string
}

// Closing is the strip that ends a conversation.
type Closing struct {
	Action, Cancel string
	Asks           []ClosingAsk
	Outcomes       []Choice
	Outcome        string // suggested
	Why            string // why that is suggested; may be empty
	Owed           int    // what was still owed when it was tried
}

// ClosingAsk is an open question in the strip, with the ends it may come to.
type ClosingAsk struct {
	ID, Quote, Lang string
	No              int
	Ends            []Choice
	End             string // suggested
}

// Choice is one of several.
type Choice struct {
	Value, Label string
}

// Notice is one line over the composer.
type Notice struct {
	Kind   string // undo, kept, soon, broken
	Text   string
	Detail string
	Undo   string    // form address of the undo
	Until  time.Time // end of the undo
	ID     string    // changes with each notice, so that it is read aloud
}

// Beside is the context column.
type Beside struct {
	Contact      *Contact // nil: a conversation without one
	Suggestions  []Suggestion
	Merged       []Merged
	Earlier      []Earlier
	Participants []Participant
	Threads      []Thread
	Opened       time.Time
	No           string
	Tags         []string
}

// Contact is who asks.
type Contact struct {
	Name, Lang string
	Initials   string
	Since      time.Time
	Identities []Identity
}

// Identity is an address of a contact.
type Identity struct {
	Channel, Handle, Name, URL string
}

// Suggestion says two contacts may be one person, and why.
type Suggestion struct {
	Name, Handle, Channel string
	Evidence              []string
	Action                string // form address of the merge
	Refuse                string // form address of "somebody else"; may be empty
	Into, Proof           string // what the form sends
}

// Merged is a merge that can be undone.
type Merged struct {
	Name, When, Action string
}

// Earlier is a conversation before this one.
type Earlier struct {
	URL, Ask, Lang, Channel, Outcome string
	At                               time.Time
	Open                             bool
}

// Participant is somebody else in the thread.
type Participant struct {
	Name, Handle, Role string
	Questions          int
}

// Thread is one surface on which the conversation is told.
type Thread struct {
	Channel string
	Public  bool
	Handle  string
	URL     string
}

// Calm is what the middle says when nothing is open.
type Calm struct {
	State   string // done, choose, welcome
	Unowned int
	URL     string // of the unowned ones
	Tally   []Figure
}

// Figure is a number with its name.
type Figure struct {
	Value, Name string
}

// row fields for the corner.
func (r Row) clock() string {
	switch r.State {
	case Uncertain, Failed:
		return "broken"
	case Answered, Resolved:
		return "kept"
	case Waiting, Owed, Their, Snoozed, Archived:
	}
	return ""
}

func (c *Composer) chosen() Destination {
	for _, d := range c.Destinations {
		if d.Value == c.Chosen {
			return d
		}
	}
	return c.Destinations[0]
}

// langOf names the language of somebody's words, when it is known: readers pronounce them by it.
func langOf(tag string) templ.Attributes {
	if tag == "" {
		return nil
	}
	return templ.Attributes{"lang": tag}
}

func hasPublic(items []Item) bool {
	return slices.ContainsFunc(items, func(it Item) bool { return it.Thread != "" && it.Public })
}

func label(a Attachment) string {
	if a.Alt != "" {
		return a.Alt
	}
	return a.Name
}

func (q Question) class() string {
	switch q.State {
	case "open":
		return "open"
	case "declined", "not_a_question":
		return "done declined"
	}
	return "done"
}

func (c *Composer) answers(question string) bool { return slices.Contains(c.Answers, question) }

// standing is why this person may sign: as the owner, or for them.
func (p Page) standing() string {
	switch {
	case p.Talk.Composer.Covers != "":
		return ", " + p.W.Write.Cover
	case p.Talk.Mine:
		return ", " + p.W.Write.Owner
	}
	return ""
}

func (p Page) placeholder() string {
	if p.Talk.Composer.chosen().Reach == ToNote {
		return p.W.Write.PlaceholderNote
	}
	return p.W.Write.Placeholder
}

func (p Page) order() string {
	if p.List.Latest {
		return p.W.List.Latest
	}
	return p.W.List.Longest
}

// seen reports whether nothing in a row calls for us: it is drawn a step back.
func (r Row) seen() bool {
	return r.State != Waiting && r.State != Owed && r.State != Uncertain && r.State != Failed
}
