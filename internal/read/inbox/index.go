package inbox

import (
	"context"
	"database/sql"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"answerable/internal/db"
	"answerable/internal/desk/conversation"
	"answerable/internal/event"
	"answerable/internal/record"
	"answerable/internal/text"
)

// Index follows the record and keeps the search terms of what changed, in batches, until ctx ends.
func Index(ctx context.Context, d *db.DB, hub *event.Hub, log *slog.Logger, node string) {
	record.Follow(ctx, d, hub, log, node, "search", Indexed)
}

// Indexed is one batch of it.
func Indexed(tx *db.Tx, batch []record.Sealed) (func(*db.Tx) error, error) {
	seen := map[conversation.ID]bool{}
	var ids []conversation.ID
	for _, e := range batch {
		if id, ok := strings.CutPrefix(e.Subject, "conversation/"); ok && !seen[conversation.ID(id)] {
			seen[conversation.ID(id)] = true
			ids = append(ids, conversation.ID(id))
		}
	}
	terms, err := TermsOf(tx, ids)
	return func(tx *db.Tx) error { return tx.SearchPut(terms) }, err
}

// document is a conversation as the index sees it.
type document struct {
	no    int64
	terms []string
	said  int
}

// TermsOf reads the search terms of conversations, by their numbers.
func TermsOf(tx *db.Tx, ids []conversation.ID) (map[int64][]string, error) {
	docs := map[conversation.ID]*document{}
	for part := range slices.Chunk(ids, 256) {
		args := db.Args(part...)
		in := db.In(1, len(part))
		if err := heads(tx, docs, in, args); err != nil {
			return nil, err
		}
		if err := tx.Query(`SELECT x.conversation_id, t.name FROM conversation_tag x JOIN tag t ON t.id = x.tag_id WHERE x.conversation_id IN `+in, args, func(r *sql.Rows) error {
			var id conversation.ID
			var name string
			err := r.Scan(&id, &name)
			docs[id].add(append(text.Terms(name), term("tag", name))...)
			return err
		}); err != nil {
			return nil, err
		}
		if err := tx.Query(`SELECT p.conversation_id, k.name, i.handle FROM participant p JOIN contact k ON k.id = p.contact_id JOIN identity i ON i.contact_id = k.id
			WHERE p.conversation_id IN `+in, args, func(r *sql.Rows) error {
			var id conversation.ID
			var name, handle string
			if err := r.Scan(&id, &name, &handle); err != nil {
				return err
			}
			docs[id].people(name, handle)
			return nil
		}); err != nil {
			return nil, err
		}
		if err := tx.Query(`SELECT DISTINCT m.conversation_id FROM attachment a JOIN message m ON m.id = a.message_id WHERE m.conversation_id IN `+in, args, func(r *sql.Rows) error {
			var id conversation.ID
			err := r.Scan(&id)
			docs[id].add("has_file")
			return err
		}); err != nil {
			return nil, err
		}
		if err := tx.Query(`SELECT conversation_id, words FROM message WHERE conversation_id IN `+in+` ORDER BY conversation_id, at DESC`, args, func(r *sql.Rows) error {
			var id conversation.ID
			var words string
			if err := r.Scan(&id, &words); err != nil {
				return err
			}
			if d := docs[id]; d.said < indexedMessages {
				d.said++
				d.add(text.Terms(words)...)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	out := make(map[int64][]string, len(docs))
	for _, d := range docs {
		slices.Sort(d.terms)
		out[d.no] = slices.Compact(d.terms)
	}
	return out, nil
}

// heads are the terms of the operators: who, where, when and how a conversation stands.
func heads(tx *db.Tx, docs map[conversation.ID]*document, in string, args []any) error {
	return tx.Query(`SELECT `+conversation.Columns+`, b.slug, b.name, COALESCE(o.name, '') FROM conversation c JOIN brand b ON b.id = c.brand_id
		LEFT JOIN person o ON o.id = c.owner_id WHERE c.id IN `+in, args, func(r *sql.Rows) error {
		var c conversation.Conversation
		var slug, brandName, owner string
		if err := r.Scan(append(c.Into(), &slug, &brandName, &owner)...); err != nil {
			return err
		}
		d := &document{no: c.No}
		docs[c.ID] = d
		opened := time.UnixMicro(c.OpenedAt).UTC()
		d.add("in_"+string(c.Brand), term("brand", slug), term("brand", brandName), term("channel", c.Channel), "is_"+string(c.Status), "owner_"+string(c.Owner),
			opened.Format("y_2006"), opened.Format("m_200601"), opened.Format("d_20060102"), strconv.FormatInt(c.No, 10))
		for word, is := range map[string]bool{"is_spam": c.Quarantined, "is_public": c.Public, "is_private": c.Private, "is_unowned": c.Owner == ""} {
			if is {
				d.add(word)
			}
		}
		if c.Owner != "" {
			d.add(term("ownername", owner))
			for w := range strings.FieldsSeq(owner) {
				d.add(term("ownername", w))
			}
		}
		return nil
	})
}

func (d *document) add(terms ...string) { d.terms = append(d.terms, terms...) }

func (d *document) people(name, handle string) {
	user, _, _ := strings.Cut(handle, "@")
	d.add(term("from", handle), term("from", user), term("from", name))
	for w := range strings.FieldsSeq(name) {
		d.add(term("from", w))
	}
	d.add(text.Terms(name)...)
	d.add(text.Terms(handle)...)
}
