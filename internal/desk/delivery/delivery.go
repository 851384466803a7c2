// Package delivery is the outgoing half of a message: queued, sending, sent, failed, uncertain. Each part has a key that was stored
// before the network was first touched; what cannot be known for certain is shown to a person, not guessed.
package delivery

import (
	"database/sql"
	"strings"
	"time"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/conversation"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/id"
	"answerable/internal/lease"
	"answerable/internal/record"
)

// State of a delivery.
type State string

// The states.
const (
	Queued    State = "queued"
	Sending   State = "sending"
	Sent      State = "sent"
	Failed    State = "failed"
	Uncertain State = "uncertain"
)

// Result is what came of one attempt.
type Result string

// The results.
const (
	Arrived  Result = "arrived"
	Refused  Result = "refused"   // will never work
	Wait     Result = "wait"      // the network asks us to come back later
	NotSent  Result = "not_sent"  // for certain it did not arrive; may work later
	NotKnown Result = "not_known" // it may have arrived
	NotFound Result = "not_found" // looked up after NotKnown, and it is not there
)

// ResultOf reads an adapter's answer. An error without a kind means: not known whether it arrived.
func ResultOf(err error) Result {
	switch fault.KindOf(err) {
	case "":
		return Arrived
	case fault.Invalid, fault.Forbidden, fault.Unauthorized, fault.NotFound, fault.TooLarge, fault.Conflict:
		return Refused
	case fault.Limited:
		return Wait
	case fault.Temporary:
		return NotSent
	case fault.Internal:
	}
	return NotKnown
}

const (
	mostTries = 8
	second    = int64(1e6)
)

// Next is the whole state machine. tries counts attempts that were made; canFind says that the channel can look up an attempt. The
// delay is in microseconds, for Queued (when to try) and for Sending (when to look). Pure.
func Next(r Result, canFind bool, tries int64) (State, int64) {
	backoff := second << min(tries, 9) // 2 s to 8.5 min
	switch r {
	case Arrived:
		return Sent, 0
	case Refused:
		return Failed, 0
	case Wait:
		return Queued, backoff
	case NotSent:
		if tries >= mostTries {
			return Failed, 0
		}
		return Queued, backoff
	case NotFound: // it is certain enough now that it did not arrive; the same key goes out again
		if tries >= mostTries {
			return Uncertain, 0
		}
		return Queued, 0
	case NotKnown:
		if canFind && tries < mostTries {
			return Sending, 2 * second // give the network a moment, then look
		}
	}
	return Uncertain, 0
}

// Delivery is one part on its way.
type Delivery struct {
	Message    conversation.MessageID
	Part       int64
	Account    account.ID
	Words      string
	ExternalID string
	URL        string
	Key        string
	State      State
	Tries      int64
	Error      string
	DecidedBy  string
	QueuedAt   int64
}

// Attempt is one try. Its Key was stored before the network was touched.
type Attempt struct {
	Message conversation.MessageID
	Part    int64
	Account account.ID
	Claim   int64
	Tries   int64
	Look    bool // an attempt may have arrived: look before you send
	Since   int64
	Out     channel.Outbound
}

// Queue puts the parts of a message into its account's lane, each with its key.
func Queue(tx *db.Tx, c conversation.Conversation, m conversation.Message, parts []string) error {
	rows := make([][]any, len(parts))
	for i, p := range parts {
		rows[i] = []any{m.ID, i + 1, c.Brand, m.Account, p, id.New(), Queued, tx.Now()}
	}
	if _, err := tx.Insert(`INSERT INTO delivery (message_id, part, brand_id, account_id, words, send_key, state, queued_at)`, "", rows); err != nil {
		return err
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: Lane, ID: string(m.Account)})
	return nil
}

// Lane is the kind of hint that an account has something to send.
const Lane = "lane"

// Begin claims the next part of a lane for one attempt, oldest first. more is false when nothing can go now; next says when to look
// again (db.Never when nothing is waiting).
func Begin(tx *db.Tx, a account.ID, fence int64) (at Attempt, more bool, next int64, err error) {
	next = db.Never
	if err := lease.Check(tx, account.Lease(a), fence); err != nil {
		return at, false, next, err
	}
	type row struct {
		Attempt
		state  State
		thread conversation.ThreadID
	}
	var pick *row
	// A part waits for the one before it; a message waits for nobody else's.
	const may = `d.account_id = $1 AND d.state IN ('queued', 'sending')
		AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.message_id = d.message_id AND e.part < d.part AND e.state <> 'sent')`
	if err := tx.Query(`SELECT d.message_id, d.part, d.words, d.send_key, d.state, d.tries, d.claim, d.claimed_at, COALESCE(m.thread_id, ''), m.in_reply_to, m.lang, m.author_name
		FROM delivery d JOIN message m ON m.id = d.message_id WHERE `+may+` AND d.not_before <= $2 ORDER BY d.message_id, d.part LIMIT 1`, db.Args[any](a, tx.Now()), func(r *sql.Rows) error {
		pick = &row{}
		return r.Scan(&pick.Message, &pick.Part, &pick.Out.Text, &pick.Out.Key, &pick.state, &pick.Tries, &pick.Claim, &pick.Since, &pick.thread, &pick.Out.InReplyTo, &pick.Out.Lang, &pick.Out.Signer)
	}); err != nil {
		return at, false, next, err
	}
	if pick == nil {
		_, err = tx.Row(`SELECT COALESCE(min(d.not_before), $2) FROM delivery d WHERE `+may, db.Args[any](a, db.Never), &next)
		return at, false, next, err
	}
	at = pick.Attempt
	at.Account, at.Look = a, pick.state == Sending
	if !at.Look {
		at.Tries, at.Since = at.Tries+1, tx.Now()
	}
	at.Claim++
	var kind conversation.ThreadKind
	if _, err := tx.Row(`SELECT remote_key, kind FROM thread WHERE id = $1`, db.Args(pick.thread), &at.Out.ThreadKey, &kind); err != nil {
		return at, false, next, err
	}
	at.Out.Public = kind == conversation.PublicThread
	if at.Part > 1 { // a part hangs under the one before it
		if _, err := tx.Row(`SELECT COALESCE(external_id, '') FROM delivery WHERE message_id = $1 AND part = $2`, db.Args[any](at.Message, at.Part-1), &at.Out.InReplyTo); err != nil {
			return at, false, next, err
		}
	}
	if at.Out.To, err = conversation.Addressee(tx, conversation.Message{ID: at.Message, Thread: pick.thread, InReplyTo: at.Out.InReplyTo}); err != nil {
		return at, false, next, err
	}
	n, err := tx.Exec(`UPDATE delivery SET state = 'sending', claim = $3, tries = $4, claimed_at = $5 WHERE message_id = $1 AND part = $2 AND claim = $6`, at.Message, at.Part, at.Claim, at.Tries, at.Since, at.Claim-1)
	if err == nil && n == 0 { // somebody else has claimed it
		return at, false, tx.Now(), nil
	}
	return at, err == nil, next, err
}

// Settled is what a part's settling means for its message.
type Settled struct {
	State        State
	Message      conversation.MessageID
	Conversation conversation.ID
	Brand        string
}

// Settle keeps what came of an attempt. An older claim than the one that holds changes nothing: somebody took over.
func Settle(tx *db.Tx, at Attempt, r channel.Receipt, result Result, after time.Duration, why string, canFind bool) (s Settled, err error) {
	s.Message = at.Message
	if _, err := tx.Row(`SELECT m.conversation_id, m.brand_id FROM message m WHERE m.id = $1`, db.Args(at.Message), &s.Conversation, &s.Brand); err != nil {
		return s, err
	}
	var was State
	var claim int64
	ok, err := tx.Row(`SELECT state, claim FROM delivery WHERE message_id = $1 AND part = $2`+tx.Locked(), db.Args[any](at.Message, at.Part), &was, &claim)
	if err != nil {
		return s, err
	}
	if !ok || claim != at.Claim || was != Sending {
		s.State = was
		return s, nil
	}
	state, delay := Next(result, canFind, at.Tries)
	s.State = state
	if after > 0 {
		delay = after.Microseconds()
	}
	if state == Sent {
		return s, arrived(tx, s, at.Part, r, "")
	}
	if _, err := tx.Exec(`UPDATE delivery SET state = $3, not_before = $4, error = $5 WHERE message_id = $1 AND part = $2`, at.Message, at.Part, state, tx.Now()+delay, short(why)); err != nil {
		return s, err
	}
	event.After(tx, event.Changed{Brand: s.Brand, Kind: "conversation", ID: string(s.Conversation)})
	if state == Queued || state == Sending {
		return s, nil
	}
	return s, record.Note(tx, auth.TheHouse(), record.Entry{Brand: s.Brand, Kind: "delivery." + string(state), Subject: conversation.Subject(s.Conversation), Data: map[string]any{"message": at.Message, "part": at.Part}})
}

func arrived(tx *db.Tx, s Settled, part int64, r channel.Receipt, by string) error {
	var ext any
	if r.ExternalID != "" {
		ext = r.ExternalID
	}
	if _, err := tx.Exec(`UPDATE delivery SET state = 'sent', external_id = $3, url = $4, error = '', decided_by = $5 WHERE message_id = $1 AND part = $2`, s.Message, part, ext, r.URL, by); err != nil {
		return err
	}
	if part == 1 && r.ExternalID != "" {
		if err := conversation.Named(tx, s.Message, r.ExternalID, r.URL); err != nil {
			return err
		}
	}
	event.After(tx, event.Changed{Brand: s.Brand, Kind: "conversation", ID: string(s.Conversation)})
	return record.Note(tx, auth.TheHouse(), record.Entry{Brand: s.Brand, Kind: "delivery.sent", Subject: conversation.Subject(s.Conversation), Data: map[string]any{"message": s.Message, "part": part}})
}

func short(s string) string {
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "")
	}
	return s
}

// Echo recognises our own post coming back: by its name, or, while its attempt is not settled, by its words. It settles what it
// recognises, also an uncertain one.
func Echo(tx *db.Tx, a account.ID, in channel.Inbound) (ours bool, err error) {
	var x string
	ours, err = tx.Row(`SELECT message_id FROM delivery WHERE account_id = $1 AND external_id = $2`, db.Args[any](a, in.ExternalID), &x)
	if err != nil || ours {
		return ours, err
	}
	said := Bare(in.Text)
	var s Settled
	var part int64
	if err := tx.Query(`SELECT d.message_id, d.part, d.words, d.brand_id, m.conversation_id FROM delivery d JOIN message m ON m.id = d.message_id
		WHERE d.account_id = $1 AND d.state IN ('sending', 'uncertain') AND d.claimed_at <= $2 ORDER BY d.message_id, d.part`,
		db.Args[any](a, in.At.UnixMicro()+120*second), func(r *sql.Rows) error {
			var words string
			var y Settled
			var p int64
			if err := r.Scan(&y.Message, &p, &words, &y.Brand, &y.Conversation); err != nil {
				return err
			}
			if s.Message == "" && Bare(words) == said {
				s, part = y, p
			}
			return nil
		}); err != nil || s.Message == "" {
		return false, err
	}
	return true, arrived(tx, s, part, channel.Receipt{ExternalID: in.ExternalID, URL: in.URL}, "")
}

// Bare is a text without the mentions it begins with and without differences of white space: what two copies of a post share.
func Bare(s string) string {
	f := strings.Fields(s)
	for len(f) > 0 && strings.HasPrefix(f[0], "@") {
		f = f[1:]
	}
	return strings.Join(f, " ")
}

const columns = `d.message_id, d.part, d.account_id, d.words, COALESCE(d.external_id, ''), d.url, d.send_key, d.state, d.tries, d.error, d.decided_by, d.queued_at`

func list(tx *db.Tx, where string, args ...any) (out []Delivery, err error) {
	err = tx.Query(`SELECT `+columns+` FROM delivery d JOIN message m ON m.id = d.message_id WHERE `+where, args, func(r *sql.Rows) error {
		var d Delivery
		err := r.Scan(&d.Message, &d.Part, &d.Account, &d.Words, &d.ExternalID, &d.URL, &d.Key, &d.State, &d.Tries, &d.Error, &d.DecidedBy, &d.QueuedAt)
		out = append(out, d)
		return err
	})
	return out, err
}

// Of lists the deliveries of a conversation, by message and part.
func Of(tx *db.Tx, c conversation.ID) ([]Delivery, error) {
	return list(tx, `m.conversation_id = $1 ORDER BY d.message_id, d.part`, c)
}

// Parts lists the deliveries of a message.
func Parts(tx *db.Tx, m conversation.MessageID) ([]Delivery, error) {
	return list(tx, `d.message_id = $1 ORDER BY d.part`, m)
}

// In lists deliveries in a state in the brands an actor may enter, oldest first; an empty state lists what a person must look at.
func In(tx *db.Tx, by auth.Actor, s State, limit int) (out []Delivery, brands []string, err error) {
	where, args := `d.state IN ('failed','uncertain')`, []any{limit}
	if s != "" {
		where, args = `d.state = $2`, []any{limit, s}
	}
	if !by.Every { // in the question, so that what stands behind the wall does not fill the page
		if len(by.Brands) == 0 {
			return nil, nil, nil
		}
		where += ` AND d.brand_id IN ` + db.In(len(args)+1, len(by.Brands))
		args = append(args, db.Args(by.Brands...)...)
	}
	err = tx.Query(`SELECT `+columns+`, d.brand_id FROM delivery d WHERE `+where+` ORDER BY d.message_id, d.part LIMIT $1`, args, func(r *sql.Rows) error {
		var d Delivery
		var b string
		err := r.Scan(&d.Message, &d.Part, &d.Account, &d.Words, &d.ExternalID, &d.URL, &d.Key, &d.State, &d.Tries, &d.Error, &d.DecidedBy, &d.QueuedAt, &b)
		out, brands = append(out, d), append(brands, b)
		return err
	})
	return out, brands, err
}

// Overall is the state of a message with several parts: the worst of them.
func Overall(parts []Delivery) State {
	worst := Sent
	rank := map[State]int{Sent: 0, Queued: 1, Sending: 2, Failed: 3, Uncertain: 4}
	for _, p := range parts {
		if rank[p.State] > rank[worst] {
			worst = p.State
		}
	}
	return worst
}

// Decide is a person's word on an uncertain delivery, or a failed one to be tried again: it arrived, or it goes out again under the
// same key.
func Decide(tx *db.Tx, by auth.Actor, m conversation.MessageID, arrivedThere bool, external string) error {
	msg, err := conversation.GetMessage(tx, m)
	if err != nil {
		return err
	}
	c, err := conversation.Lock(tx, by, msg.Conversation)
	if err != nil {
		return err
	}
	if err := by.May(auth.Send, string(c.Brand)); err != nil {
		return err
	}
	parts, err := Parts(tx, m)
	if err != nil {
		return err
	}
	decided := false
	for _, p := range parts {
		if p.State != Uncertain && (p.State != Failed || arrivedThere) {
			continue
		}
		decided = true
		if arrivedThere {
			if err := arrived(tx, Settled{Message: m, Conversation: c.ID, Brand: string(c.Brand)}, p.Part, channel.Receipt{ExternalID: external}, by.ID); err != nil {
				return err
			}
			external = "" // it names one part only
			continue
		}
		if _, err := tx.Exec(`UPDATE delivery SET state = 'queued', tries = 0, not_before = 0, error = '', decided_by = $3 WHERE message_id = $1 AND part = $2`, m, p.Part, by.ID); err != nil {
			return err
		}
		event.After(tx, event.Changed{Brand: string(c.Brand), Kind: Lane, ID: string(p.Account)})
	}
	if !decided {
		return fault.New(fault.Conflict, "there is nothing to decide: no part of this message is uncertain")
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "conversation", ID: string(c.ID)})
	return record.Note(tx, by, record.Entry{Brand: string(c.Brand), Kind: "delivery.decided", Subject: conversation.Subject(c.ID), Data: map[string]any{"message": m, "arrived": arrivedThere}})
}
