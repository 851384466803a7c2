package inbox

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"answerable/internal/db"
	"answerable/internal/desk/conversation"
	"answerable/internal/text"
)

// Seeded is a made-up conversation with what it is found by.
type Seeded struct {
	conversation.Conversation
	BrandSlug, BrandName string
	OwnerName            string
	ContactName, Handle  string
	Words                []string // of its messages

	terms []string
}

// Describe works out the terms of a made-up conversation, outside any transaction; only its number is still missing. They are the terms
// that IndexOne would find (the test says so).
func (s *Seeded) Describe() {
	opened := time.UnixMicro(s.OpenedAt).UTC()
	t := append(make([]string, 0, 64), "in_"+string(s.Conversation.Brand), term("brand", s.BrandSlug), term("brand", s.BrandName), term("channel", s.Channel),
		"is_"+string(s.Status), "owner_"+string(s.Owner), opened.Format("y_2006"), opened.Format("m_200601"), opened.Format("d_20060102"))
	if s.Public {
		t = append(t, "is_public")
	}
	if s.Private {
		t = append(t, "is_private")
	}
	if s.Owner == "" {
		t = append(t, "is_unowned")
	} else {
		t = append(t, term("ownername", s.OwnerName))
		for w := range strings.FieldsSeq(s.OwnerName) {
			t = append(t, term("ownername", w))
		}
	}
	user, _, _ := strings.Cut(s.Handle, "@")
	t = append(t, term("from", s.Handle), term("from", s.ContactName), term("from", user))
	t = append(append(t, text.Terms(s.ContactName)...), text.Terms(s.Handle)...)
	for w := range strings.FieldsSeq(s.ContactName) {
		t = append(t, term("from", w))
	}
	for _, w := range s.Words {
		t = append(t, text.Terms(w)...)
	}
	s.terms = t
}

// Seed writes the search terms of made-up conversations that were described, in bulk: for measurements only. The real ones follow the
// record.
func Seed(tx *db.Tx, in []Seeded) error {
	docs := make([]db.SearchDoc, len(in))
	for i, s := range in {
		t := append(slices.Clone(s.terms), strconv.FormatInt(s.No, 10))
		slices.Sort(t)
		docs[i] = db.SearchDoc{No: s.No, Terms: slices.Compact(t)}
	}
	return tx.SearchPutMany(docs)
}
