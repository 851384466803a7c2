// Package conversation has conversations, threads, messages, notes, status, owner and hands. It knows that a conversation can owe its
// customer something without knowing what: the database refuses to resolve one that owes.
package conversation

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/directory"
	"answerable/internal/fault"
)

// Names of rows.
type (
	ID        string
	ThreadID  string
	MessageID string
)

// Status is where a conversation stands.
type Status string

// The statuses.
const (
	Open     Status = "open"
	Waiting  Status = "waiting" // for the customer
	Snoozed  Status = "snoozed"
	Resolved Status = "resolved"
	Archived Status = "archived" // imported history: in reports, in no list, owes nothing, never acknowledged
)

// Outcome is how a conversation ended. Every resolved one has exactly one.
type Outcome string

// The outcomes.
const (
	Answered          Outcome = "answered"
	Fixed             Outcome = "fixed"
	Declined          Outcome = "declined"
	NoReplyNeeded     Outcome = "no_reply_needed"
	Withdrawn         Outcome = "withdrawn"
	WentQuiet         Outcome = "went_quiet"
	Spam              Outcome = "spam"
	Abuse             Outcome = "abuse"
	Duplicate         Outcome = "duplicate"
	PassedToComplaint Outcome = "passed_to_complaint"
)

// Outcomes lists them in the order in which the close strip offers them.
func Outcomes() []Outcome {
	return []Outcome{Answered, Fixed, Declined, NoReplyNeeded, Withdrawn, WentQuiet, Spam, Abuse, Duplicate, PassedToComplaint}
}

// Severity orders work: top first. Reach is not part of it.
type Severity int64

// The severities.
const (
	Top Severity = iota + 1
	High
	Normal
	Low
)

// String is the word of the glossary.
func (s Severity) String() string {
	switch s {
	case Top:
		return "top"
	case High:
		return "high"
	case Low:
		return "low"
	case Normal:
	}
	return "normal"
}

// SeverityOf reads the word.
func SeverityOf(word string) (Severity, error) {
	for _, s := range []Severity{Top, High, Normal, Low} {
		if s.String() == word {
			return s, nil
		}
	}
	return Normal, fault.New(fault.Invalid, "severity is low, normal, high or top, not %q", word)
}

// Debt is what keeps a conversation from being resolved.
type Debt string

// The debts. Promises, consults and closing replies join in later parts.
const (
	Questions Debt = "questions"
)

// Side says whose words a message holds.
type Side string

// The sides.
const (
	Theirs  Side = "theirs"
	Ours    Side = "ours"
	Outside Side = "outside" // ours, written in the network's own app
	Note    Side = "note"    // said among us, never to the contact
)

// ThreadKind is the surface of a thread.
type ThreadKind string

// The surfaces known so far.
const (
	PublicThread  ThreadKind = "public"
	PrivateThread ThreadKind = "private"
)

// Conversation is one matter with one principal contact and any number of participants. It has one owner, or none and then an
// accountable person; it counts what it owes and the hands that answered.
type Conversation struct {
	ID            ID
	No            int64
	Brand         brand.ID
	Contact       contact.ID // the principal; empty only while nobody but us has spoken
	Owner         directory.PersonID
	Cover         directory.PersonID
	Status        Status
	Outcome       Outcome
	Severity      Severity
	DueAt         int64
	DueKind       string
	WaitingSince  int64 // oldest customer message nobody of us has answered; db.Never when none
	Asked         string
	Channel       string
	Public        bool
	Private       bool
	Hands         int64
	OwedQuestions int64
	OwedPromises  int64
	OwedConsults  int64
	OwedClosing   int64
	Quarantined   bool
	Follows       ID
	OpenedAt      int64
	MovedAt       int64
	ResolvedAt    int64
	Version       int64
}

// Owes is how much it still owes.
func (c Conversation) Owes() int64 {
	return c.OwedQuestions + c.OwedPromises + c.OwedConsults + c.OwedClosing
}

// Columns are what Scan reads, for readers that join.
const Columns = `c.id, c.no, c.brand_id, COALESCE(c.contact_id, ''), COALESCE(c.owner_id, ''), COALESCE(c.cover_id, ''), c.status, c.outcome, c.severity,
	c.due_at, c.due_kind, c.waiting_since, c.asked, c.channel, c.public, c.private, c.hands, c.owed_questions, c.owed_promises, c.owed_consults,
	c.owed_closing, c.quarantined, COALESCE(c.follows, ''), c.opened_at, c.moved_at, c.resolved_at, c.version`

// Into are the places Scan fills, in the order of Columns.
func (c *Conversation) Into() []any {
	return []any{
		&c.ID, &c.No, &c.Brand, &c.Contact, &c.Owner, &c.Cover, &c.Status, &c.Outcome, &c.Severity,
		&c.DueAt, &c.DueKind, &c.WaitingSince, &c.Asked, &c.Channel, &c.Public, &c.Private, &c.Hands, &c.OwedQuestions, &c.OwedPromises, &c.OwedConsults,
		&c.OwedClosing, &c.Quarantined, &c.Follows, &c.OpenedAt, &c.MovedAt, &c.ResolvedAt, &c.Version,
	}
}

// Get returns one, to whom may see it. A conversation that was joined into another answers with that one.
func Get(tx *db.Tx, by auth.Actor, c ID) (Conversation, error) { return get(tx, by, c, "") }

// Lock is Get, holding the row until the commit.
func Lock(tx *db.Tx, by auth.Actor, c ID) (Conversation, error) { return get(tx, by, c, tx.Locked()) }

func get(tx *db.Tx, by auth.Actor, c ID, lock string) (out Conversation, err error) {
	if err := by.May(auth.Read, ""); err != nil {
		return out, err
	}
	for range 8 {
		var joined ID
		ok, err := tx.Row(`SELECT `+Columns+`, COALESCE(c.joined_into, '') FROM conversation c WHERE c.id = $1`+lock, db.Args(c), append(out.Into(), &joined)...)
		if err != nil {
			return out, err
		}
		if !ok || !by.In(string(out.Brand)) {
			return Conversation{}, fault.New(fault.NotFound, "there is no conversation %q", c)
		}
		if joined == "" {
			return out, nil
		}
		c = joined
	}
	return out, fault.New(fault.Conflict, "conversation %s was joined in a circle", c)
}

// Thread is a conversation's presence on one surface.
type Thread struct {
	ID        ThreadID
	Account   account.ID
	RemoteKey string
	Kind      ThreadKind
	URL       string
	Channel   string
	Handle    string // of our account there
	Limits    channel.Limits
}

// Threads lists the surfaces of a conversation, oldest first: those it is on now and those its messages were said on.
func Threads(tx *db.Tx, c ID) (out []Thread, err error) {
	err = tx.Query(`SELECT t.id, t.account_id, t.remote_key, t.kind, t.url, a.channel, a.handle, a.limits FROM thread t JOIN account a ON a.id = t.account_id
		WHERE t.conversation_id = $1 OR t.id IN (SELECT thread_id FROM message WHERE conversation_id = $1) ORDER BY t.id`, db.Args(c), func(r *sql.Rows) error {
		var t Thread
		var limits string
		if err := r.Scan(&t.ID, &t.Account, &t.RemoteKey, &t.Kind, &t.URL, &t.Channel, &t.Handle, &limits); err != nil {
			return err
		}
		out = append(out, t)
		return json.Unmarshal([]byte(limits), &out[len(out)-1].Limits)
	})
	return out, err
}

// Message is something said.
type Message struct {
	ID           MessageID
	Thread       ThreadID // empty for a note
	Conversation ID
	Account      account.ID
	ExternalID   string
	InReplyTo    string
	URL          string
	Side         Side
	AuthorID     string // contact or person
	AuthorName   string // as it stood when it was said
	At           int64
	ReleasedAt   int64 // ours: 0 while undo is possible
	Automatic    bool
	Quiet        bool // only thanks: a quiet line, no work
	Background   bool // stood in the thread before we were asked
	PartOf       MessageID
	Lang         string
	Words        string
	Version      int64
	Gone         bool // deleted by its author
	Attachments  []Attachment
}

// Attachment is a file of a message.
type Attachment struct {
	ID                   string
	Message              MessageID
	Name, Type, URL, Alt string
	State                string // waiting, kept, too_large, failed
	Blob                 string
	Size                 int64
	Error                string
}

const messageColumns = `m.id, COALESCE(m.thread_id, ''), m.conversation_id, COALESCE(m.account_id, ''), COALESCE(m.external_id, ''), m.in_reply_to, m.url, m.side,
	m.author_id, m.author_name, m.at, m.released_at, m.automatic, m.quiet, m.background, COALESCE(m.part_of, ''), m.lang, m.words, m.version, m.gone`

func (m *Message) into() []any {
	return []any{
		&m.ID, &m.Thread, &m.Conversation, &m.Account, &m.ExternalID, &m.InReplyTo, &m.URL, &m.Side,
		&m.AuthorID, &m.AuthorName, &m.At, &m.ReleasedAt, &m.Automatic, &m.Quiet, &m.Background, &m.PartOf, &m.Lang, &m.Words, &m.Version, &m.Gone,
	}
}

// MostMessages is how much of a timeline one reading returns: the newest ones.
const MostMessages = 1000

// Timeline returns the newest messages of a conversation, oldest first, with their files.
func Timeline(tx *db.Tx, c ID) (out []Message, err error) {
	at := map[MessageID]int{}
	if err := tx.Query(`SELECT `+messageColumns+` FROM message m WHERE m.conversation_id = $1 ORDER BY m.at DESC, m.id DESC LIMIT $2`,
		db.Args[any](c, MostMessages), func(r *sql.Rows) error {
			var m Message
			err := r.Scan(m.into()...)
			out = append(out, m)
			return err
		}); err != nil {
		return nil, err
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	for i, m := range out {
		at[m.ID] = i
	}
	err = tx.Query(`SELECT a.id, a.message_id, a.name, a.type, a.url, a.alt, a.state, a.blob, a.size, a.error FROM attachment a JOIN message m ON m.id = a.message_id
		WHERE m.conversation_id = $1 AND NOT m.gone ORDER BY a.message_id, a.n`, db.Args(c), func(r *sql.Rows) error {
		var a Attachment
		if err := r.Scan(&a.ID, &a.Message, &a.Name, &a.Type, &a.URL, &a.Alt, &a.State, &a.Blob, &a.Size, &a.Error); err != nil {
			return err
		}
		if i, ok := at[a.Message]; ok {
			out[i].Attachments = append(out[i].Attachments, a)
		}
		return nil
	})
	return out, err
}

// GetMessage returns one message.
func GetMessage(tx *db.Tx, id MessageID) (m Message, err error) {
	ok, err := tx.Row(`SELECT `+messageColumns+` FROM message m WHERE m.id = $1`, db.Args(id), m.into()...)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "there is no message %q", id)
	}
	return m, err
}

// Participant is somebody in a conversation.
type Participant struct {
	Contact contact.ID
	Name    string
	Role    string // principal, participant, brand
	Since   int64
}

// Participants lists who has spoken in a conversation beside us, the principal first.
func Participants(tx *db.Tx, c ID) (out []Participant, err error) {
	err = tx.Query(`SELECT p.contact_id, k.name, p.role, p.since FROM participant p JOIN contact k ON k.id = p.contact_id WHERE p.conversation_id = $1
		ORDER BY CASE p.role WHEN 'principal' THEN 0 ELSE 1 END, p.since, p.contact_id`, db.Args(c), func(r *sql.Rows) error {
		var p Participant
		err := r.Scan(&p.Contact, &p.Name, &p.Role, &p.Since)
		out = append(out, p)
		return err
	})
	return out, err
}

// Subject is how the record names a conversation.
func Subject(c ID) string { return "conversation/" + string(c) }

// Tags lists the tags of a conversation by name.
func Tags(tx *db.Tx, c ID) (out []string, err error) {
	err = tx.Query(`SELECT t.name FROM conversation_tag x JOIN tag t ON t.id = x.tag_id WHERE x.conversation_id = $1 ORDER BY t.name`, db.Args(c), func(r *sql.Rows) error {
		var s string
		err := r.Scan(&s)
		out = append(out, s)
		return err
	})
	return out, err
}

func impossible(format string, args ...any) error {
	return fmt.Errorf("conversation: "+format, args...)
}
