package conversation

import (
	"cmp"
	"database/sql"
	"slices"
	"strings"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/directory"
	"answerable/internal/event"
	"answerable/internal/id"
	"answerable/internal/record"
)

// In is one inbound message with what was read out of it before the transaction.
type In struct {
	channel.Inbound
	Who   contact.Who // its author; empty for a post of our own account
	Asks  int         // how many questions it holds that are owed; the caller keeps them in the same transaction
	Asked string      // the first of them, in the customer's words
	Quiet bool        // only thanks (practice F3)
	Early *Early      // it was edited or deleted before it came
}

// Version is which version of the message this is: one that was edited before it came begins with its second.
func (m In) Version() int64 { return m.Early.version() }

func (e *Early) gone() bool { return e != nil && e.Gone }

func (e *Early) version() int64 {
	if e == nil {
		return 1
	}
	return 2
}

// Received is what an inbound message became.
type Received struct {
	Conversation ID
	Contact      contact.ID // the principal
	Message      MessageID
	Author       contact.ID
	Thread       ThreadID
	Fresh        bool // the message was not known
	New          bool // it began the conversation
	Reopened     bool
	Work         bool // somebody must look at it
	Stranger     bool // its author was never met before
	Owner        directory.PersonID
	Severity     Severity
	Quarantined  bool
}

const day = int64(24 * 3600 * 1e6)

// next is what a message does to the conversation it was said in (practice D7, F3, F13). Pure.
type next struct {
	follow bool // it belongs to a new conversation that follows this one
	reopen bool
	work   bool // it waits for us from now on
}

func decide(c Conversation, m In, reopenDays, now int64) next {
	principal := c.Contact == "" || m.Who.Contact == c.Contact
	// A joiner without a question of their own, thanks alone, and what stood there before never make work.
	work := !m.Quiet && !m.Early.gone() && !m.Context && !m.Automatic && !m.Who.Blocked && (principal || m.Asks > 0)
	if c.Quarantined && work { // the quarantine is a sender's, not a thread's
		return next{follow: true, work: true}
	}
	switch c.Status {
	case Archived:
		return next{follow: work, work: work}
	case Resolved:
		if work && now-c.ResolvedAt > reopenDays*day {
			return next{follow: true, work: true}
		}
		return next{reopen: work, work: work}
	case Open, Waiting, Snoozed:
	}
	return next{work: work}
}

type state struct {
	Conversation
	meant          contact.ID // who the principal is now, after merges
	fresh, changed bool
}

// asMeant is the conversation with the contact its principal was merged into.
func (s *state) asMeant() Conversation {
	c := s.Conversation
	if s.meant != "" {
		c.Contact = s.meant
	}
	return c
}

type thread struct {
	id           ThreadID
	conversation ID
	key          string
	public       bool
	moved, fresh bool
}

// surface names the public or the private side of what a remote key names. A private word is never filed in a public thread.
func surface(public bool) string {
	if public {
		return "public "
	}
	return "private "
}

func surfaceOf(m In) string    { return surface(m.Public) + m.ThreadKey }
func otherSurface(m In) string { return surface(!m.Public) + m.ThreadKey }

// Receive files a batch of messages of one account: theirs, and ours that were written outside the desk. Threads and conversations are
// taken in the order of their keys; the unique keys decide what is new. Out is in the order of in.
func Receive(tx *db.Tx, b brand.Brand, a account.Account, in []In) ([]Received, error) {
	if len(in) == 0 {
		return nil, nil
	}
	known, err := knownMessages(tx, a.ID, in)
	if err != nil {
		return nil, err
	}
	threads, err := knownThreads(tx, a.ID, in)
	if err != nil {
		return nil, err
	}
	convs, err := lockAll(tx, threads, known)
	if err != nil {
		return nil, err
	}
	if err := begin(tx, b, a, in, known, threads, convs); err != nil {
		return nil, err
	}

	out := make([]Received, len(in))
	var messages, attachments, participants, hands, threadRows [][]any
	var entries []record.Entry
	for i, m := range in {
		if k, ok := known[m.ExternalID]; ok && m.ExternalID != "" {
			c := convs[k.conversation]
			out[i] = Received{Conversation: k.conversation, Message: k.id, Thread: k.thread, Author: m.Who.Contact}
			if c == nil {
				continue
			}
			out[i].Contact, out[i].Owner = c.Contact, c.Owner
			if k.background && !m.Context && m.Kind == channel.Message { // it stood there as a background; now it is said to us
				if _, err := tx.Exec(`UPDATE message SET background = FALSE WHERE id = $1`, k.id); err != nil {
					return nil, err
				}
				n := decide(c.asMeant(), m, b.ReopenDays, tx.Now())
				if n.follow { // what stood there stays where it stands
					n = next{reopen: c.Status == Resolved, work: c.Status != Archived && !c.Quarantined}
				}
				if c.Status == Archived {
					continue
				}
				apply(c, m, Theirs, min(m.At.UnixMicro(), tx.Now()), n, tx.Now())
				c.Version++
				out[i].Fresh, out[i].Work, out[i].Reopened, out[i].Quarantined = true, n.work && !c.Quarantined, n.reopen, c.Quarantined
				k.background = false
				known[m.ExternalID] = k
			}
			continue
		}
		t := threads[surfaceOf(m)]
		c := convs[t.conversation]
		if c == nil {
			return nil, impossible("thread %s without its conversation", t.id)
		}
		at := min(m.At.UnixMicro(), tx.Now())
		if m.At.IsZero() {
			at = tx.Now()
		}
		r := Received{Message: MessageID(id.New()), Author: m.Who.Contact, Thread: t.id, Fresh: true}
		side := Theirs
		if m.Kind == channel.Own {
			side = Outside
		}
		var n next
		if side == Theirs {
			if n = decide(c.asMeant(), m, b.ReopenDays, tx.Now()); n.follow {
				// The surface goes on in a new conversation; what was said stays where it was said.
				f := fresh(tx, b, a, m)
				f.Follows, f.Owner, f.Contact = c.ID, "", c.Contact
				if nos, err := tx.Numbers(1); err != nil {
					return nil, err
				} else {
					f.No = nos[0]
				}
				convs[f.ID] = f
				t.conversation, t.moved = f.ID, true
				c = f
			}
		}
		apply(c, m, side, at, n, tx.Now())
		r.New = c.fresh && c.Version == 1
		c.Version++
		r.Conversation, r.Contact, r.Owner, r.Severity = c.ID, c.Contact, c.Owner, c.Severity
		r.Stranger = m.Who.Fresh
		r.Reopened, r.Work, r.Quarantined = n.reopen, n.work && !c.Quarantined, c.Quarantined
		out[i] = r
		known[m.ExternalID] = knownMessage{r.Message, c.ID, t.id, m.Context}

		author, name := string(m.Who.Contact), m.Who.Name
		released := int64(0)
		if side == Outside {
			author, name, released = "", cmp.Or(m.Agent, m.Author.Name, a.Name), at
			hands = append(hands, []any{c.ID, "outside:" + name, false, at})
		} else {
			role := "participant"
			if c.asMeant().Contact == m.Who.Contact {
				role = "principal"
			}
			participants = append(participants, []any{c.ID, m.Who.Contact, role, at})
		}
		var ext any
		if m.ExternalID != "" {
			ext = m.ExternalID
		}
		messages = append(messages, []any{
			r.Message, b.ID, t.id, c.ID, a.ID, ext, m.InReplyTo, m.URL, side, author, name, at, tx.Now(), released,
			m.Automatic, m.Quiet && side == Theirs, m.Context, m.Lang, m.Text, m.Early.version(), m.Early.gone(),
		})
		for n, f := range m.Attachments {
			attachments = append(attachments, []any{id.New(), b.ID, r.Message, n, f.Name, f.Type, f.URL, f.Alt, "waiting"})
		}
		data := map[string]any{"message": r.Message, "side": side, "thread": t.id}
		switch {
		case r.New && c.Follows != "":
			data["follows"] = c.Follows
			fallthrough
		case r.New:
			data["opened"] = true
		case r.Reopened:
			data["reopened"] = true
		}
		entries = append(entries, record.Entry{Brand: string(b.ID), Kind: "message.received", Subject: Subject(c.ID), Data: data})
		event.After(tx, event.Changed{Brand: string(b.ID), Kind: "conversation", ID: string(c.ID)})
	}

	if err := storeConversations(tx, b, convs); err != nil {
		return nil, err
	}
	for _, k := range keysOf(threads) {
		t := threads[k]
		switch {
		case t.fresh:
			c := convs[t.conversation]
			if c.fresh && c.Version == 1 {
				continue // its only message was filed under another thread of this batch
			}
			kind := PrivateThread
			if t.public {
				kind = PublicThread
			}
			threadRows = append(threadRows, []any{t.id, b.ID, c.ID, a.ID, t.key, kind, urlOf(in, k)})
		case t.moved:
			if _, err := tx.Exec(`UPDATE thread SET conversation_id = $2 WHERE id = $1`, t.id, t.conversation); err != nil {
				return nil, err
			}
		}
	}
	// A conflict here means that another node began this thread a moment ago: the batch is run again and finds it.
	if _, err := tx.Insert(`INSERT INTO thread (id, brand_id, conversation_id, account_id, remote_key, kind, url)`, "", threadRows); err != nil {
		return nil, err
	}
	if _, err := tx.Insert(`INSERT INTO message (id, brand_id, thread_id, conversation_id, account_id, external_id, in_reply_to, url, side, author_id, author_name,
		at, stored_at, released_at, automatic, quiet, background, lang, words, version, gone)`, "", messages); err != nil {
		return nil, err
	}
	if _, err := tx.Insert(`INSERT INTO attachment (id, brand_id, message_id, n, name, type, url, alt, state)`, "", attachments); err != nil {
		return nil, err
	}
	if _, err := tx.Insert(`INSERT INTO participant (conversation_id, contact_id, role, since)`, `ON CONFLICT DO NOTHING`, once(participants)); err != nil {
		return nil, err
	}
	if err := addHands(tx, hands); err != nil {
		return nil, err
	}
	return out, record.Note(tx, auth.TheHouse(), entries...)
}

// apply moves the conversation by one message. Pure.
func apply(c *state, m In, side Side, at int64, n next, now int64) {
	c.changed = true
	c.MovedAt = now
	if m.Public {
		c.Public = true
	} else {
		c.Private = true
	}
	if side == Outside {
		if c.WaitingSince > at && c.WaitingSince != db.Never {
			return // it was said before what they wait for
		}
		c.WaitingSince = db.Never
		if c.Status == Open && c.OwedQuestions+c.OwedPromises+c.OwedConsults+c.OwedClosing == 0 {
			c.Status = Waiting
		}
		return
	}
	if c.Contact == "" {
		c.Contact = m.Who.Contact
	}
	if n.reopen {
		c.Status, c.Outcome, c.ResolvedAt = Open, "", db.Never
	}
	if !c.Quarantined && m.Asks > 0 {
		c.OwedQuestions += int64(m.Asks)
		if c.Asked == "" {
			c.Asked = Short(m.Asked)
		}
	}
	if n.work {
		c.WaitingSince = min(c.WaitingSince, at)
		if c.Status == Waiting || c.Status == Snoozed {
			c.Status = Open
		}
	}
}

func fresh(tx *db.Tx, b brand.Brand, a account.Account, m In) *state {
	c := &state{fresh: true, changed: true}
	c.ID, c.Brand, c.Status, c.Severity = ID(id.New()), b.ID, Open, Normal
	c.DueAt, c.WaitingSince, c.ResolvedAt = db.Never, db.Never, db.Never
	c.OpenedAt, c.MovedAt, c.Version, c.Channel = tx.Now(), tx.Now(), 1, a.Channel
	if m.Kind != channel.Own {
		c.Contact, c.Quarantined = m.Who.Contact, m.Who.Blocked
		if m.Quiet || m.Automatic { // thanks out of nowhere: kept, no work
			c.Status = Waiting
		}
	} else {
		c.Status = Waiting // we spoke first
	}
	return c
}

// begin makes the conversations and threads that are not there. A thread hangs on the conversation of what it answers, where that is known.
func begin(tx *db.Tx, b brand.Brand, a account.Account, in []In, known map[string]knownMessage, threads map[string]*thread, convs map[ID]*state) error {
	var need []*state
	for _, m := range in {
		if threads[surfaceOf(m)] != nil {
			continue
		}
		if _, ok := known[m.ExternalID]; ok && m.ExternalID != "" {
			continue
		}
		t := &thread{id: ThreadID(id.New()), key: m.ThreadKey, public: m.Public, fresh: true}
		if k, ok := known[m.InReplyTo]; ok && m.InReplyTo != "" && convs[k.conversation] != nil {
			t.conversation = k.conversation
		} else if o := threads[otherSurface(m)]; o != nil && convs[o.conversation] != nil {
			t.conversation = o.conversation // the public and the private side of one thread are one matter
		} else {
			c := fresh(tx, b, a, firstOf(in, surfaceOf(m)))
			convs[c.ID] = c
			need = append(need, c)
			t.conversation = c.ID
		}
		threads[surfaceOf(m)] = t
	}
	if len(need) == 0 {
		return nil
	}
	nos, err := tx.Numbers(len(need))
	for i, c := range need {
		if err == nil {
			c.No = nos[i]
		}
	}
	return err
}

// firstOf is the message that decides what a new conversation is: the first of theirs, else the first of ours.
func firstOf(in []In, surface string) In {
	var f *In
	for i := range in {
		if surfaceOf(in[i]) != surface {
			continue
		}
		if in[i].Kind != channel.Own && !in[i].Context {
			return in[i]
		}
		if f == nil {
			f = &in[i]
		}
	}
	return *f
}

type knownMessage struct {
	id           MessageID
	conversation ID
	thread       ThreadID
	background   bool
}

func knownMessages(tx *db.Tx, a account.ID, in []In) (map[string]knownMessage, error) {
	want := map[string]bool{}
	for _, m := range in {
		want[m.ExternalID], want[m.InReplyTo] = true, true
	}
	delete(want, "")
	out := make(map[string]knownMessage, len(want))
	return out, eachIn(keysOf(want), func(ids []any) error {
		return tx.Query(`SELECT external_id, id, conversation_id, COALESCE(thread_id, ''), background FROM message WHERE account_id = $1 AND external_id IN `+db.In(2, len(ids)),
			append([]any{a}, ids...), func(r *sql.Rows) error {
				var ext string
				var k knownMessage
				err := r.Scan(&ext, &k.id, &k.conversation, &k.thread, &k.background)
				out[ext] = k
				return err
			})
	})
}

func knownThreads(tx *db.Tx, a account.ID, in []In) (map[string]*thread, error) {
	want := map[string]bool{}
	for _, m := range in {
		want[m.ThreadKey] = true
	}
	out := make(map[string]*thread, len(want))
	return out, eachIn(keysOf(want), func(ids []any) error {
		return tx.Query(`SELECT id, conversation_id, remote_key, kind = 'public' FROM thread WHERE account_id = $1 AND remote_key IN `+db.In(2, len(ids))+` ORDER BY id`+tx.Locked(),
			append([]any{a}, ids...), func(r *sql.Rows) error {
				t := &thread{}
				err := r.Scan(&t.id, &t.conversation, &t.key, &t.public)
				out[surface(t.public)+t.key] = t
				return err
			})
	})
}

// lockAll loads and locks every conversation the batch may touch, in the order of their ids.
func lockAll(tx *db.Tx, threads map[string]*thread, known map[string]knownMessage) (map[ID]*state, error) {
	want := map[string]bool{}
	for _, t := range threads {
		want[string(t.conversation)] = true
	}
	for _, k := range known {
		want[string(k.conversation)] = true
	}
	out := make(map[ID]*state, len(want))
	if err := eachIn(keysOf(want), func(ids []any) error {
		return tx.Query(`SELECT `+Columns+` FROM conversation c WHERE c.id IN `+db.In(1, len(ids))+` ORDER BY c.id`+tx.Locked(), ids, func(r *sql.Rows) error {
			s := &state{}
			err := r.Scan(s.Into()...)
			out[s.ID] = s
			return err
		})
	}); err != nil || len(out) == 0 {
		return out, err
	}
	merged := map[contact.ID]contact.ID{}
	for _, s := range out {
		merged[s.Contact] = ""
	}
	delete(merged, "")
	if err := eachIn(keysOf(merged), func(ids []any) error {
		return tx.Query(`SELECT id, merged_into FROM contact WHERE merged_into IS NOT NULL AND id IN `+db.In(1, len(ids)), ids, func(r *sql.Rows) error {
			var c, into contact.ID
			err := r.Scan(&c, &into)
			merged[c] = into
			return err
		})
	}); err != nil {
		return nil, err
	}
	for _, s := range out {
		if merged[s.Contact] != "" {
			var err error
			if s.meant, err = contact.Meant(tx, s.Contact); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func storeConversations(tx *db.Tx, b brand.Brand, convs map[ID]*state) error {
	var rows, changed [][]any
	for _, k := range keysOf(convs) {
		c := convs[k]
		if !c.changed || c.fresh && c.Version == 1 { // begun for a thread whose messages were all known
			continue
		}
		var contactID, follows any
		if c.Contact != "" {
			contactID = c.Contact
		}
		if c.Follows != "" {
			follows = c.Follows
		}
		if c.fresh {
			rows = append(rows, []any{c.ID, c.No, b.ID, contactID, c.Status, c.Outcome, c.Severity, c.WaitingSince, c.Asked, c.OwedQuestions, c.Channel, c.Public, c.Private, c.Quarantined, follows, c.OpenedAt, c.MovedAt})
			continue
		}
		changed = append(changed, []any{c.ID, contactID, c.Status, c.Outcome, c.WaitingSince, c.Asked, c.OwedQuestions, c.Public, c.Private, c.MovedAt, c.ResolvedAt, c.Version})
	}
	if _, err := tx.Insert(`INSERT INTO conversation (id, no, brand_id, contact_id, status, outcome, severity, waiting_since, asked, owed_questions, channel, public, private, quarantined, follows, opened_at, moved_at)`, "", rows); err != nil {
		return err
	}
	_, err := tx.Update("conversation", "id TEXT, contact_id TEXT, status TEXT, outcome TEXT, waiting_since BIGINT, asked TEXT, owed BIGINT, public BOOLEAN, private BOOLEAN, moved_at BIGINT, resolved_at BIGINT, version BIGINT",
		"contact_id = v.contact_id, status = v.status, outcome = v.outcome, waiting_since = v.waiting_since, asked = v.asked, owed_questions = v.owed, public = v.public, private = v.private, moved_at = v.moved_at, resolved_at = v.resolved_at, version = v.version",
		"t.id = v.id", changed)
	return err
}

// addHands counts the different people whose own words the customer received.
func addHands(tx *db.Tx, hands [][]any) error {
	for _, h := range once(hands) {
		n, err := tx.Exec(`INSERT INTO hand (conversation_id, who, announced, at) VALUES ($1,$2,$3,$4) ON CONFLICT DO NOTHING`, h...)
		if err != nil {
			return err
		}
		if n == 1 {
			if _, err := tx.Exec(`UPDATE conversation SET hands = hands + 1 WHERE id = $1`, h[0]); err != nil {
				return err
			}
		}
	}
	return nil
}

func urlOf(in []In, surface string) string {
	for _, m := range in {
		if surfaceOf(m) == surface && m.URL != "" {
			return m.URL
		}
	}
	return ""
}

func keysOf[K ~string, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, func(x, y K) int { return strings.Compare(string(x), string(y)) })
	return out
}

// eachIn cuts a list so that no statement grows without bound.
func eachIn[K ~string](keys []K, fn func([]any) error) error {
	for part := range slices.Chunk(keys, 256) {
		args := make([]any, len(part))
		for i, k := range part {
			args[i] = string(k)
		}
		if err := fn(args); err != nil {
			return err
		}
	}
	return nil
}

// once keeps the first of rows with the same first two values, and sorts by them: locks are taken in one order everywhere.
func once(rows [][]any) [][]any {
	text := func(v any) string {
		switch v := v.(type) {
		case ID:
			return string(v)
		case contact.ID:
			return string(v)
		case string:
			return v
		}
		return ""
	}
	slices.SortStableFunc(rows, func(x, y []any) int {
		return cmp.Or(strings.Compare(text(x[0]), text(y[0])), strings.Compare(text(x[1]), text(y[1])))
	})
	return slices.CompactFunc(rows, func(x, y []any) bool { return x[0] == y[0] && x[1] == y[1] })
}
