package conversation

import (
	"database/sql"
	"strings"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/id"
	"answerable/internal/record"
)

// Past is a thread that was over before this desk knew of it, oldest message first.
type Past struct {
	Key      string // names it on its network
	Channel  string // the network
	Asked    string // its first question, in the customer's words
	Messages []PastMessage
}

// PastMessage is one message of it.
type PastMessage struct {
	ExternalID, InReplyTo string
	Who                   contact.Who // its author; empty: one of us
	Brand                 bool        // Who speaks for another brand: they take part, and are nobody's customer here
	Signed                string      // who of us wrote, as far as can be told; empty when it cannot
	PartOf                string      // ExternalID of the first part of the same reply; empty when this is none or the first
	At                    int64
	Public                bool
	Automatic             bool
	Quiet                 bool
	Lang, Words           string
	Attachments           []channel.Attachment
}

// Filed is what became of a Past.
type Filed struct {
	Conversation ID
	New          bool
	Messages     []MessageID // of each message; empty for one that was known before
}

// Known has the messages of an account that are here already, by their external ids.
type Known map[string]knownMessage

// Has reports whether one is.
func (k Known) Has(externalID string) bool { _, ok := k[externalID]; return ok }

// Find looks up which messages of an account are here.
func Find(tx *db.Tx, a account.ID, externalIDs []string) (Known, error) {
	want := make(map[string]bool, len(externalIDs))
	for _, x := range externalIDs {
		want[x] = true
	}
	delete(want, "")
	out := Known{}
	return out, eachIn(keysOf(want), func(ids []any) error {
		return tx.Query(`SELECT external_id, id, conversation_id, COALESCE(thread_id, '') FROM message WHERE account_id = $1 AND external_id IN `+db.In(2, len(ids)),
			append([]any{a}, ids...), func(r *sql.Rows) error {
				var ext string
				var k knownMessage
				err := r.Scan(&ext, &k.id, &k.conversation, &k.thread)
				out[ext] = k
				return err
			})
	})
}

// notFetched is what a file of imported history says: its address may be years old, and thousands of requests are nobody's wish.
const notFetched = "files of imported history are not fetched"

// Archive files imported history: conversations that owe nothing, run no clock and are in no list. What is known already stays as it
// is; a newer export adds what is new to the conversation it belongs to. known was found in the same transaction. Ids are of the
// time of what they name, so that history lists in its own order. Called by the flow archive only.
func Archive(tx *db.Tx, by auth.Actor, b brand.Brand, a account.Account, known Known, in []Past) ([]Filed, error) {
	if err := by.May(auth.Manages, string(b.ID)); err != nil {
		return nil, err
	}
	threads, err := pastThreads(tx, a.ID, in)
	if err != nil {
		return nil, err
	}
	convs, err := pastConversations(tx, in, known, threads)
	if err != nil {
		return nil, err
	}
	nos, err := tx.Numbers(len(in)) // a number that is not needed leaves a gap
	if err != nil {
		return nil, err
	}
	w := past{brand: b.ID, account: a, now: tx.Now(), known: known, threads: threads}
	out := make([]Filed, len(in))
	for i, p := range in {
		c := convs[home(p, known, threads)]
		if c == nil {
			c = &state{fresh: true}
			c.No, c.Brand, c.Status, c.Channel = nos[i], b.ID, Archived, p.Channel
			c.OpenedAt = p.Messages[0].At
			c.ID = ID(id.At(c.OpenedAt))
			convs[c.ID] = c // a later piece of the same thread finds it
		} else if c.Status != Archived {
			return nil, impossible("%s is not history and holds imported messages", c.ID)
		}
		out[i] = w.file(c, p)
	}
	if err := w.store(tx); err != nil {
		return nil, err
	}
	return out, record.Note(tx, by, w.entries...)
}

// past gathers the rows of a batch.
type past struct {
	brand   brand.ID
	account account.Account
	now     int64
	known   Known
	threads map[string]*thread

	conversations, grown, threadRows, messages, attachments, participants, hands, moreHands [][]any
	entries                                                                                 []record.Entry
}

// file files one thread in its conversation.
func (w *past) file(c *state, p Past) Filed {
	f := Filed{Conversation: c.ID, New: c.fresh, Messages: make([]MessageID, len(p.Messages))}
	var hands [][]any
	unsigned := int64(-1)
	last, added := int64(0), 0
	for i, m := range p.Messages {
		if w.known.Has(m.ExternalID) {
			continue
		}
		added++
		// Several messages of one moment keep their order: their ids are a millisecond apart.
		last = max(m.At, last+1000)
		mid := MessageID(id.At(last))
		f.Messages[i] = mid
		t := w.thread(c.ID, p, m)
		w.known[m.ExternalID] = knownMessage{mid, c.ID, t, false}
		c.OpenedAt, c.MovedAt = min(c.OpenedAt, m.At), max(c.MovedAt, m.At)
		c.Public, c.Private = c.Public || m.Public, c.Private || !m.Public

		side, author, name, released := Theirs, string(m.Who.Contact), m.Who.Name, int64(0)
		switch {
		case m.Who.Contact == "":
			side, author, name, released = Ours, "", m.Signed, m.At
			if name == "" {
				name = w.account.Name
			}
			switch {
			case m.Automatic: // nobody's own words
			case m.Signed != "":
				hands = append(hands, []any{c.ID, "outside:" + strings.ToLower(m.Signed), false, m.At})
			case unsigned < 0:
				unsigned = m.At
			}
		case m.Brand:
			w.participants = append(w.participants, []any{c.ID, m.Who.Contact, "brand", m.At})
		default:
			role := "participant"
			if c.Contact == "" || c.Contact == m.Who.Contact {
				c.Contact, role = m.Who.Contact, "principal"
			}
			w.participants = append(w.participants, []any{c.ID, m.Who.Contact, role, m.At})
		}
		var partOf any
		if first, ok := w.known[m.PartOf]; ok && m.PartOf != "" && first.conversation == c.ID {
			partOf = first.id
		}
		w.messages = append(w.messages, []any{
			mid, w.brand, t, c.ID, w.account.ID, m.ExternalID, m.InReplyTo, side, author, name, m.At, w.now, released,
			m.Automatic, m.Quiet && side == Theirs, partOf, m.Lang, m.Words,
		})
		for n, x := range m.Attachments {
			w.attachments = append(w.attachments, []any{id.At(m.At), w.brand, mid, n, x.Name, x.Type, x.URL, x.Alt, "failed", notFetched})
		}
	}
	if added == 0 {
		return f
	}
	if len(hands) == 0 && unsigned >= 0 && c.Hands == 0 { // we answered, and nobody said who
		hands = append(hands, []any{c.ID, "outside:" + strings.ToLower(w.account.Name), false, unsigned})
	}
	hands = once(hands)
	if c.Asked == "" {
		c.Asked = Short(p.Asked)
	}
	var principal any
	if c.Contact != "" {
		principal = c.Contact
	}
	if c.fresh {
		c.Hands = int64(len(hands))
		w.hands = append(w.hands, hands...)
		w.conversations = append(w.conversations, []any{c.ID, c.No, c.Brand, principal, c.Status, c.Asked, c.Channel, c.Public, c.Private, c.Hands, c.OpenedAt, c.MovedAt})
		c.fresh = false
	} else {
		w.moreHands = append(w.moreHands, hands...)
		w.grown = append(w.grown, []any{c.ID, principal, c.Asked, c.Public, c.Private, c.OpenedAt, c.MovedAt})
	}
	w.entries = append(w.entries, record.Entry{
		Brand: string(w.brand), Kind: "conversation.imported", Subject: Subject(c.ID),
		Data: map[string]any{"account": w.account.ID, "messages": added, "opened": f.New},
	})
	return f
}

// thread is the surface of a message: what is public and what is private of one thread are two.
func (w *past) thread(c ID, p Past, m PastMessage) ThreadID {
	key, kind := surfaceOfPast(p, m.Public), PublicThread
	if !m.Public {
		kind = PrivateThread
	}
	t := w.threads[key]
	if t == nil {
		t = &thread{id: ThreadID(id.At(m.At)), conversation: c, key: key}
		w.threads[key] = t
		w.threadRows = append(w.threadRows, []any{t.id, w.brand, c, w.account.ID, key, kind})
	}
	return t.id
}

func surfaceOfPast(p Past, public bool) string {
	switch {
	case p.Messages[0].Public == public:
		return p.Key
	case public:
		return p.Key + "#public"
	}
	return p.Key + "#private"
}

func (w *past) store(tx *db.Tx) error {
	for _, s := range []struct {
		head, tail string
		rows       [][]any
	}{
		{`INSERT INTO conversation (id, no, brand_id, contact_id, status, asked, channel, public, private, hands, opened_at, moved_at)`, "", w.conversations},
		{`INSERT INTO thread (id, brand_id, conversation_id, account_id, remote_key, kind)`, "", w.threadRows},
		{`INSERT INTO message (id, brand_id, thread_id, conversation_id, account_id, external_id, in_reply_to, side, author_id, author_name,
			at, stored_at, released_at, automatic, quiet, part_of, lang, words)`, "", w.messages},
		{`INSERT INTO attachment (id, brand_id, message_id, n, name, type, url, alt, state, error)`, "", w.attachments},
		{`INSERT INTO participant (conversation_id, contact_id, role, since)`, `ON CONFLICT DO NOTHING`, once(w.participants)},
		{`INSERT INTO hand (conversation_id, who, announced, at)`, "", w.hands},
	} {
		if _, err := tx.Insert(s.head, s.tail, s.rows); err != nil {
			return err
		}
	}
	if _, err := tx.Update("conversation", "id TEXT, contact_id TEXT, asked TEXT, public BOOLEAN, private BOOLEAN, opened_at BIGINT, moved_at BIGINT",
		"contact_id = v.contact_id, asked = v.asked, public = v.public, private = v.private, opened_at = v.opened_at, moved_at = v.moved_at, version = t.version + 1",
		"t.id = v.id", lastOf(w.grown)); err != nil {
		return err
	}
	return addHands(tx, w.moreHands)
}

// lastOf keeps the last row of each id: two threads of a batch may have grown one conversation.
func lastOf(rows [][]any) [][]any {
	at := map[any]int{}
	out := rows[:0]
	for _, r := range rows {
		if i, ok := at[r[0]]; ok {
			out[i] = r
			continue
		}
		at[r[0]] = len(out)
		out = append(out, r)
	}
	return out
}

// home is the conversation that a thread belongs to: the one that has the thread, else one that has a message of it, or one that a
// message of it answers. Empty when there is none yet.
func home(p Past, known Known, threads map[string]*thread) ID {
	if t := threads[p.Key]; t != nil {
		return t.conversation
	}
	for _, m := range p.Messages {
		if k, ok := known[m.ExternalID]; ok {
			return k.conversation
		}
	}
	for _, m := range p.Messages {
		if k, ok := known[m.InReplyTo]; ok && m.InReplyTo != "" {
			return k.conversation
		}
	}
	return ""
}

func pastThreads(tx *db.Tx, a account.ID, in []Past) (map[string]*thread, error) {
	want := map[string]bool{}
	for _, p := range in {
		for _, m := range p.Messages {
			want[surfaceOfPast(p, m.Public)] = true
		}
		want[p.Key] = true
	}
	out := make(map[string]*thread, len(want))
	return out, eachIn(keysOf(want), func(ids []any) error {
		return tx.Query(`SELECT id, conversation_id, remote_key FROM thread WHERE account_id = $1 AND remote_key IN `+db.In(2, len(ids)),
			append([]any{a}, ids...), func(r *sql.Rows) error {
				t := &thread{}
				err := r.Scan(&t.id, &t.conversation, &t.key)
				out[t.key] = t
				return err
			})
	})
}

// pastConversations loads and locks the conversations that may grow.
func pastConversations(tx *db.Tx, in []Past, known Known, threads map[string]*thread) (map[ID]*state, error) {
	want := map[string]bool{}
	for _, p := range in {
		want[string(home(p, known, threads))] = true
	}
	delete(want, "")
	out := make(map[ID]*state, len(want))
	return out, eachIn(keysOf(want), func(ids []any) error {
		return tx.Query(`SELECT `+Columns+` FROM conversation c WHERE c.id IN `+db.In(1, len(ids))+` ORDER BY c.id`+tx.Locked(), ids, func(r *sql.Rows) error {
			s := &state{}
			err := r.Scan(s.Into()...)
			out[s.ID] = s
			return err
		})
	})
}
