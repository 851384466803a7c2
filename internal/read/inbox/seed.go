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

// Describe works out the terms of a made-up conversation from what its maker knows, outside any transaction; only its number is still
// missing. They are the terms that TermsOf would read (a test says so).
func (s *Seeded) Describe() {
	opened := time.UnixMicro(s.OpenedAt).UTC()
	d := document{terms: make([]string, 0, 64)}
	d.add("in_"+string(s.Brand), term("brand", s.BrandSlug), term("brand", s.BrandName), term("channel", s.Channel), "is_"+string(s.Status), "owner_"+string(s.Owner),
		opened.Format("y_2006"), opened.Format("m_200601"), opened.Format("d_20060102"))
	if s.Public {
		d.add("is_public")
	}
	if s.Private {
		d.add("is_private")
	}
	if s.Owner == "" {
		d.add("is_unowned")
	} else {
		d.add(term("ownername", s.OwnerName))
		for w := range strings.FieldsSeq(s.OwnerName) {
			d.add(term("ownername", w))
		}
	}
	d.people(s.ContactName, s.Handle)
	for _, w := range s.Words {
		d.add(text.Terms(w)...)
	}
	s.terms = d.terms
}

// Seed writes the search terms of made-up conversations that were described, in bulk: for measurements only. Those of all others follow
// the record.
func Seed(tx *db.Tx, in []Seeded) error { return tx.SearchPut(seedTerms(in)) }

func seedTerms(in []Seeded) map[int64][]string {
	terms := make(map[int64][]string, len(in))
	for _, s := range in {
		t := append(slices.Clone(s.terms), strconv.FormatInt(s.No, 10))
		slices.Sort(t)
		terms[s.No] = slices.Compact(t)
	}
	return terms
}
