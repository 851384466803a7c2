package conversation

import (
	"database/sql"
	"strings"
	"unicode/utf8"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/id"
	"answerable/internal/record"
)

// MostWords is how long a reply or note may be, in bytes; a channel's own limit is counted when it is sent.
const MostWords = 40_000

// Newer is the cause of a refusal: something was said since the author of a reply last looked.
type Newer struct{ Message MessageID }

func (n Newer) Error() string { return "a newer message is there: " + string(n.Message) }

// Words cleans and bounds what a colleague wrote.
func Words(s string) (string, error) {
	s = strings.TrimSpace(channel.Clean(s))
	switch {
	case s == "":
		return "", fault.New(fault.Invalid, "there is nothing in it yet: write something first")
	case len(s) > MostWords:
		return "", fault.New(fault.Invalid, "this is %d characters long; at most %d fit", utf8.RuneCountInString(s), MostWords)
	}
	return s, nil
}

// Say stands our message in the timeline, not yet released. An empty thread means the one the customer wrote on last. seen is the last
// message its author had in view; something newer refuses with a Conflict whose cause is Newer. An empty seen is not checked.
func Say(tx *db.Tx, by auth.Actor, c Conversation, t ThreadID, words string, seen MessageID) (Message, error) {
	m := Message{ID: MessageID(id.New()), Conversation: c.ID, Side: Ours, AuthorID: by.ID, AuthorName: by.Name, At: tx.Now()}
	if err := by.May(auth.Send, string(c.Brand)); err != nil {
		return m, err
	}
	if c.Status == Archived {
		return m, fault.New(fault.Conflict, "this is imported history: nobody is waiting there")
	}
	var err error
	if m.Words, err = Words(words); err != nil {
		return m, err
	}
	if seen != "" {
		var n MessageID
		if s, err := GetMessage(tx, seen); fault.Is(err, fault.NotFound) || err == nil && s.Conversation != c.ID {
			return m, fault.New(fault.Invalid, "seen names the last message you had in view; %q is none of this conversation", seen)
		} else if err != nil {
			return m, err
		}
		ok, err := tx.Row(`SELECT id FROM message WHERE conversation_id = $1 AND side <> 'note' AND id > $2 ORDER BY id DESC LIMIT 1`, db.Args[any](c.ID, seen), &n)
		if err != nil {
			return m, err
		}
		if ok {
			return m, &fault.Error{Kind: fault.Conflict, Safe: "something was said here since you last looked; your draft is kept", Cause: Newer{n}}
		}
	}
	if m.Thread, err = speakOn(tx, c.ID, t); err != nil {
		return m, err
	}
	if _, err := tx.Row(`SELECT account_id FROM thread WHERE id = $1`, db.Args(m.Thread), &m.Account); err != nil {
		return m, err
	}
	if _, err := tx.Row(`SELECT external_id FROM message WHERE thread_id = $1 AND side = 'theirs' AND NOT gone AND NOT background AND external_id IS NOT NULL
		ORDER BY at DESC, id DESC LIMIT 1`, db.Args(m.Thread), &m.InReplyTo); err != nil {
		return m, err
	}
	if m.InReplyTo == "" {
		gone := false
		if _, err := tx.Row(`SELECT EXISTS (SELECT 1 FROM message m JOIN thread t ON t.id = m.thread_id WHERE m.thread_id = $1 AND t.kind = 'public' AND m.side = 'theirs' AND m.gone)`, db.Args(m.Thread), &gone); err != nil {
			return m, err
		}
		if gone { // without a post to hang it under it would stand alone before everybody
			return m, fault.New(fault.Conflict, "their post was deleted: there is nothing left in public to answer under; write to them privately, or end it as withdrawn")
		}
	}
	if _, err := tx.Exec(`INSERT INTO message (id, brand_id, thread_id, conversation_id, account_id, in_reply_to, side, author_id, author_name, at, stored_at, words)
		VALUES ($1,$2,$3,$4,$5,$6,'ours',$7,$8,$9,$9,$10)`, m.ID, c.Brand, m.Thread, c.ID, m.Account, m.InReplyTo, by.ID, by.Name, tx.Now(), m.Words); err != nil {
		return m, err
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "conversation", ID: string(c.ID)})
	return m, record.Note(tx, by, record.Entry{Brand: string(c.Brand), Kind: "message.written", Subject: Subject(c.ID), Data: map[string]any{"message": m.ID, "thread": m.Thread}})
}

func speakOn(tx *db.Tx, c ID, t ThreadID) (ThreadID, error) {
	if t == "" {
		ok, err := tx.Row(`SELECT thread_id FROM message WHERE conversation_id = $1 AND thread_id IS NOT NULL ORDER BY CASE side WHEN 'theirs' THEN 0 ELSE 1 END, at DESC, id DESC LIMIT 1`, db.Args(c), &t)
		if err == nil && !ok {
			err = fault.New(fault.Conflict, "this conversation has no thread to answer on")
		}
		return t, err
	}
	var x string
	ok, err := tx.Row(`SELECT t.id FROM thread t WHERE t.id = $1 AND (t.conversation_id = $2 OR EXISTS (SELECT 1 FROM message m WHERE m.thread_id = t.id AND m.conversation_id = $2))`,
		db.Args[any](t, c), &x)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "this conversation has no thread %q", t)
	}
	return t, err
}

// Addressee is whom a message of ours answers, as the channel knows them: the author of what it replies to, else the last who wrote on
// the thread.
func Addressee(tx *db.Tx, m Message) (a channel.Author, err error) {
	_, err = tx.Row(`SELECT i.realm, i.external_id, i.handle FROM message m JOIN identity i ON i.contact_id = m.author_id
		WHERE m.thread_id = $1 AND m.side = 'theirs' AND NOT m.background ORDER BY CASE WHEN m.external_id = $2 THEN 0 ELSE 1 END, m.at DESC, m.id DESC LIMIT 1`,
		db.Args[any](m.Thread, m.InReplyTo), &a.Realm, &a.ID, &a.Handle)
	return a, err
}

// Release makes a message of ours final: it leaves now. The customer is no longer waiting, the hand is counted, and where nothing is
// owed any more the conversation waits for the customer. at is when it was sent off, which is what clocks count.
func Release(tx *db.Tx, by auth.Actor, id MessageID) (m Message, c Conversation, err error) {
	if m, err = GetMessage(tx, id); err != nil {
		return m, c, err
	}
	if c, err = Lock(tx, by, m.Conversation); err != nil {
		return m, c, err
	}
	if m.Side != Ours || m.ReleasedAt != 0 {
		return m, c, fault.New(fault.Conflict, "this message left already")
	}
	if _, err := tx.Exec(`UPDATE message SET released_at = $2 WHERE id = $1`, id, m.At); err != nil {
		return m, c, err
	}
	announced := c.Owner == "" || string(c.Owner) == m.AuthorID || string(c.Cover) == m.AuthorID
	if err := addHands(tx, [][]any{{c.ID, m.AuthorID, announced, m.At}}); err != nil {
		return m, c, err
	}
	c.MovedAt = tx.Now()
	if c.WaitingSince, err = unanswered(tx, c.ID, m.ID); err != nil { // they may have written while it could still be undone
		return m, c, err
	}
	if c.Status == Open && c.Owes() == 0 && c.WaitingSince == db.Never {
		c.Status = Waiting
	}
	if _, err := tx.Exec(`UPDATE conversation SET waiting_since = $2, moved_at = $3, status = $4, version = version + 1 WHERE id = $1`, c.ID, c.WaitingSince, c.MovedAt, c.Status); err != nil {
		return m, c, err
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "conversation", ID: string(c.ID)})
	return m, c, record.Note(tx, by, record.Entry{Brand: string(c.Brand), Kind: "message.released", Subject: Subject(c.ID), Data: map[string]any{"message": id}})
}

// unanswered is when the oldest message of theirs was said that came after one of ours and makes work; db.Never when there is none.
func unanswered(tx *db.Tx, c ID, after MessageID) (at int64, err error) {
	_, err = tx.Row(`SELECT COALESCE(min(at), $3) FROM message WHERE conversation_id = $1 AND id > $2 AND side = 'theirs' AND NOT quiet AND NOT background AND NOT automatic AND NOT gone`,
		db.Args[any](c, after, db.Never), &at)
	return at, err
}

// Withdraw takes back a message that was not released yet: it never was.
func Withdraw(tx *db.Tx, by auth.Actor, id MessageID) (m Message, err error) {
	if m, err = GetMessage(tx, id); err != nil {
		return m, err
	}
	c, err := Lock(tx, by, m.Conversation)
	if err != nil {
		return m, err
	}
	if err := by.May(auth.Send, string(c.Brand)); err != nil {
		return m, err
	}
	if m.Side != Ours || m.ReleasedAt != 0 {
		return m, fault.New(fault.Conflict, "this message left already and cannot be taken back")
	}
	if _, err := tx.Exec(`DELETE FROM message WHERE id = $1`, id); err != nil {
		return m, err
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "conversation", ID: string(c.ID)})
	return m, record.Note(tx, by, record.Entry{Brand: string(c.Brand), Kind: "message.undone", Subject: Subject(c.ID), Data: map[string]any{"message": id}})
}

// AddNote keeps something said among us. It hangs on no thread, because it never leaves the house.
func AddNote(tx *db.Tx, by auth.Actor, conv ID, words string) (m Message, err error) {
	c, err := Lock(tx, by, conv)
	if err != nil {
		return m, err
	}
	if err := by.May(auth.Write, string(c.Brand)); err != nil {
		return m, err
	}
	if words, err = Words(words); err != nil {
		return m, err
	}
	m = Message{ID: MessageID(id.New()), Conversation: c.ID, Side: Note, AuthorID: by.ID, AuthorName: by.Name, At: tx.Now(), ReleasedAt: tx.Now(), Words: words, Version: 1}
	if _, err := tx.Exec(`INSERT INTO message (id, brand_id, conversation_id, side, author_id, author_name, at, stored_at, released_at, words)
		VALUES ($1,$2,$3,'note',$4,$5,$6,$6,$6,$7)`, m.ID, c.Brand, c.ID, by.ID, by.Name, tx.Now(), words); err != nil {
		return m, err
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "conversation", ID: string(c.ID)})
	return m, record.Note(tx, by, record.Entry{Brand: string(c.Brand), Kind: "note.added", Subject: Subject(c.ID), Data: map[string]any{"message": m.ID}})
}

// Named keeps what the network called the first part of a message of ours, once it is known.
func Named(tx *db.Tx, m MessageID, external, url string) error {
	_, err := tx.Exec(`UPDATE message SET external_id = $2, url = $3 WHERE id = $1 AND external_id IS NULL`, m, external, url)
	return err
}

// Changed is what an edit or a deletion by its author did.
type Changed struct {
	Message      MessageID
	Conversation ID
	Brand        brand.ID
	Side         Side
	Author       contact.ID
	Words        string // the new ones; empty when Gone
	Gone         bool
	Background   bool
	Owing        bool // its words may owe something: not a machine's, and not in the quarantine or the archive
}

// Edited keeps a new version of a message; the older one stays readable. known is false when we never had the message, or have this
// version already.
func Edited(tx *db.Tx, a account.ID, in channel.Inbound) (c Changed, known bool, err error) {
	m, ok, err := external(tx, a, in.ExternalID)
	if err == nil && !ok {
		return c, false, early(tx, a, in.ExternalID, false, in.Text)
	}
	if err != nil || m.Gone || m.Words == in.Text {
		return c, false, err
	}
	if _, err := tx.Exec(`INSERT INTO message_version (message_id, version, at, words) VALUES ($1,$2,$3,$4)`, m.ID, m.Version, tx.Now(), m.Words); err != nil {
		return c, false, err
	}
	if _, err := tx.Exec(`UPDATE message SET words = $2, version = version + 1 WHERE id = $1`, m.ID, in.Text); err != nil {
		return c, false, err
	}
	return moved(tx, m, in.Text, "message.edited")
}

// Deleted honours that its author took a message back: the words go, that it was said stays.
func Deleted(tx *db.Tx, a account.ID, in channel.Inbound) (c Changed, known bool, err error) {
	m, ok, err := external(tx, a, in.ExternalID)
	if err == nil && !ok {
		return c, false, early(tx, a, in.ExternalID, true, "")
	}
	if err != nil || m.Gone {
		return c, false, err
	}
	if _, err := tx.Exec(`UPDATE message SET words = '', gone = TRUE, version = version + 1 WHERE id = $1`, m.ID); err != nil {
		return c, false, err
	}
	if _, err := tx.Exec(`DELETE FROM message_version WHERE message_id = $1`, m.ID); err != nil {
		return c, false, err
	}
	m.Gone = true
	return moved(tx, m, "", "message.deleted")
}

func external(tx *db.Tx, a account.ID, ext string) (m Message, ok bool, err error) {
	ok, err = tx.Row(`SELECT `+messageColumns+` FROM message m WHERE m.account_id = $1 AND m.external_id = $2`, db.Args[any](a, ext), m.into()...)
	return m, ok, err
}

func moved(tx *db.Tx, m Message, words, kind string) (Changed, bool, error) {
	c := Changed{Message: m.ID, Conversation: m.Conversation, Side: m.Side, Author: contact.ID(m.AuthorID), Words: words, Gone: m.Gone, Background: m.Background}
	if _, err := tx.Row(`SELECT brand_id, NOT quarantined AND status <> 'archived' FROM conversation WHERE id = $1`+tx.Locked(), db.Args(m.Conversation), &c.Brand, &c.Owing); err != nil {
		return c, false, err
	}
	c.Owing = c.Owing && !m.Automatic
	if _, err := tx.Exec(`UPDATE conversation SET moved_at = $2, version = version + 1 WHERE id = $1`, m.Conversation, tx.Now()); err != nil {
		return c, false, err
	}
	event.After(tx, event.Changed{Brand: string(c.Brand), Kind: "conversation", ID: string(m.Conversation)})
	return c, true, record.Note(tx, auth.TheHouse(), record.Entry{Brand: string(c.Brand), Kind: kind, Subject: Subject(m.Conversation), Data: map[string]any{"message": m.ID}})
}

// React files a like or boost on what it is about; it makes no work and never reopens anything.
func React(tx *db.Tx, a account.ID, who contact.ID, in channel.Inbound) error {
	m, ok, err := external(tx, a, in.InReplyTo)
	if err != nil || !ok {
		return err
	}
	_, err = tx.Exec(`INSERT INTO reaction (account_id, message_id, contact_id, kind, at) VALUES ($1,$2,$3,$4,$5) ON CONFLICT DO NOTHING`, a, m.ID, who, in.Kind, tx.Now())
	return err
}

// Fetched keeps what came of fetching a file.
func Fetched(tx *db.Tx, a Attachment) error {
	_, err := tx.Exec(`UPDATE attachment SET state = $2, blob = $3, size = $4, type = $5, error = $6 WHERE id = $1`, a.ID, a.State, a.Blob, a.Size, a.Type, a.Error)
	return err
}

// AnyUnfetched reports whether files wait; asking takes no lock.
func AnyUnfetched(tx *db.Tx) (bool, error) {
	var x string
	return tx.Row(`SELECT id FROM attachment WHERE state = 'waiting' LIMIT 1`, nil, &x)
}

// Unfetched takes files that wait to be fetched; they are then on their way.
func Unfetched(tx *db.Tx, limit int) (out []string, err error) {
	if err := tx.Query(`SELECT id FROM attachment WHERE state = 'waiting' ORDER BY id LIMIT $1`+tx.SkipLocked(), db.Args(limit), func(r *sql.Rows) error {
		var a string
		err := r.Scan(&a)
		out = append(out, a)
		return err
	}); err != nil || len(out) == 0 {
		return nil, err
	}
	_, err = tx.Exec(`UPDATE attachment SET state = 'fetching' WHERE id IN `+db.In(1, len(out)), db.Args(out...)...)
	return out, err
}

// GetAttachment returns one file.
func GetAttachment(tx *db.Tx, id string) (a Attachment, err error) {
	ok, err := tx.Row(`SELECT id, message_id, name, type, url, alt, state, blob, size, error FROM attachment WHERE id = $1`, db.Args(id),
		&a.ID, &a.Message, &a.Name, &a.Type, &a.URL, &a.Alt, &a.State, &a.Blob, &a.Size, &a.Error)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "there is no such file")
	}
	return a, err
}

// Early is what came before its message: an edit, or that it is gone.
type Early struct {
	Gone  bool
	Words string
}

// earlyTerm is how long it is kept.
const earlyTerm = 7 * day

func early(tx *db.Tx, a account.ID, ext string, gone bool, words string) error {
	_, err := tx.Exec(`INSERT INTO early_change (account_id, external_id, gone, words, at) VALUES ($1,$2,$3,$4,$5)
		ON CONFLICT (account_id, external_id) DO UPDATE SET gone = excluded.gone OR early_change.gone, words = excluded.words, at = excluded.at`, a, ext, gone, words, tx.Now())
	return err
}

// EarlyChanges takes what came before the messages of a batch, by their external ids.
func EarlyChanges(tx *db.Tx, a account.ID, in []channel.Inbound) (map[string]Early, error) {
	want := map[string]bool{}
	for _, m := range in {
		if m.ExternalID != "" {
			want[m.ExternalID] = true
		}
	}
	out := map[string]Early{}
	return out, eachIn(keysOf(want), func(ids []any) error {
		return tx.Query(`SELECT external_id, gone, words FROM early_change WHERE account_id = $1 AND external_id IN `+db.In(2, len(ids)), append([]any{a}, ids...), func(r *sql.Rows) error {
			var ext string
			var e Early
			err := r.Scan(&ext, &e.Gone, &e.Words)
			out[ext] = e
			return err
		})
	})
}

// ForgetEarly drops what waited for its message for too long.
func ForgetEarly(tx *db.Tx) error {
	_, err := tx.Exec(`DELETE FROM early_change WHERE at < $1`, tx.Now()-earlyTerm)
	return err
}
