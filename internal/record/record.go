// Package record is the append-only account of every change: the regulator's file, the source of webhooks, roll-ups and search.
// Entries are written in any order inside the transaction they belong to; one leased sealer later gives them their place in the
// chain. What a person said stands in Words, which can be erased; the chain holds the salted hash of it, so erasing leaves it whole.
package record

import (
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/id"
)

// Entry is one change.
type Entry struct {
	Brand   string
	Kind    string         // "conversation.resolved"
	Subject string         // "conversation/<id>"
	Data    map[string]any // ids and enumerations only; never what a person said
	Words   string         // what may have to be erased
}

// Sealed is an entry with its place.
type Sealed struct {
	Seq       int64
	ID, Actor string
	At        int64
	Request   string
	Entry
}

// Note appends entries in the caller's transaction.
func Note(tx *db.Tx, by auth.Actor, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	rows := make([][]any, len(entries))
	for i, e := range entries {
		data := []byte("{}")
		if len(e.Data) > 0 {
			var err error
			if data, err = json.Marshal(e.Data); err != nil {
				return fmt.Errorf("record %s: %w", e.Kind, err)
			}
		}
		var words any
		var salt, hash []byte
		if e.Words != "" {
			salt = make([]byte, 16)
			_, _ = rand.Read(salt)
			words, hash = e.Words, wordsHash(salt, e.Words)
		}
		rows[i] = []any{id.New(), e.Brand, tx.Now(), by.String(), by.Request, e.Kind, e.Subject, string(data), words, salt, hash}
	}
	_, err := tx.Insert(`INSERT INTO record (id, brand_id, at, actor, request, kind, subject, data, words, salt, words_hash)`, "", rows)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	event.After(tx, event.Changed{Kind: event.Record})
	return nil
}

// Erase removes the words of every entry about a subject. The chain still verifies.
func Erase(tx *db.Tx, subject string) error {
	_, err := tx.Exec(`UPDATE record SET words = NULL, salt = NULL WHERE subject = $1 AND words IS NOT NULL`, subject)
	return err
}

// About lists the entries about a subject, oldest first, sealed or not (Seq is 0 until sealed).
func About(tx *db.Tx, subject string, limit int) (out []Sealed, err error) {
	err = tx.Query(`SELECT COALESCE(seq, 0), id, brand_id, at, actor, request, kind, subject, data, COALESCE(words, '') FROM record
		WHERE subject = $1 ORDER BY id LIMIT $2`, db.Args[any](subject, limit), scan(&out))
	return out, err
}

func scan(out *[]Sealed) func(*sql.Rows) error {
	return func(r *sql.Rows) error {
		var s Sealed
		var data string
		if err := r.Scan(&s.Seq, &s.ID, &s.Brand, &s.At, &s.Actor, &s.Request, &s.Kind, &s.Subject, &data, &s.Words); err != nil {
			return err
		}
		if data != "{}" {
			if err := json.Unmarshal([]byte(data), &s.Data); err != nil {
				return fmt.Errorf("record %s: %w", s.ID, err)
			}
		}
		*out = append(*out, s)
		return nil
	}
}

func wordsHash(salt []byte, words string) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write([]byte(words))
	return h.Sum(nil)
}

// link is one step of the chain: SHA-256 over the hash before and every field that stays, each with its length.
func link(before []byte, seq int64, fields ...string) []byte {
	h := sha256.New()
	h.Write(before)
	fmt.Fprintf(h, "%d\n", seq)
	for _, f := range fields {
		fmt.Fprintf(h, "%d:%s", len(f), f)
	}
	return h.Sum(nil)
}

// Verify recomputes the chain and the hashes of the words that are still there. It returns how many entries hold.
func Verify(tx *db.Tx) (n int64, err error) {
	var before []byte
	err = tx.Query(`SELECT seq, id, brand_id, at, actor, request, kind, subject, data, words, salt, words_hash, hash FROM record
		WHERE seq IS NOT NULL ORDER BY seq`, nil, func(r *sql.Rows) error {
		var seq, at int64
		var rid, brand, actor, request, kind, subject, data string
		var words sql.NullString
		var salt, wh, hash []byte
		if err := r.Scan(&seq, &rid, &brand, &at, &actor, &request, &kind, &subject, &data, &words, &salt, &wh, &hash); err != nil {
			return err
		}
		if seq != n+1 {
			return fault.New(fault.Conflict, "the record has a gap: entry %d follows %d", seq, n)
		}
		if words.Valid && string(wordsHash(salt, words.String)) != string(wh) {
			return fault.New(fault.Conflict, "the words of entry %d (%s) were changed", seq, rid)
		}
		before = link(before, seq, rid, brand, strconv.FormatInt(at, 10), actor, request, kind, subject, data, string(wh))
		if string(before) != string(hash) {
			return fault.New(fault.Conflict, "entry %d (%s) was changed, or one before it", seq, rid)
		}
		n = seq
		return nil
	})
	return n, err
}
