package inbox

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/conversation"
	"answerable/internal/desktest"
)

// What Describe knows without reading must be what TermsOf reads.
func TestDescribeIsTermsOf(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		for _, owned := range []bool{false, true} {
			if owned {
				w.Here(w.Mara)
			}
			in := w.Says("hanne.b@fjord", "", "Where is my tent AB-123? Größe 42.")
			in.Author.Name, in.Public = "Hanne Brekke", !owned
			got := w.Hears(in)[0]
			c := w.Conversation(got.Conversation)
			s := Seeded{Conversation: c, BrandSlug: w.Brand.Slug, BrandName: w.Brand.Name, ContactName: "Hanne Brekke", Handle: "hanne.b@fjord", Words: []string{in.Text}}
			if owned != (c.Owner != "") {
				t.Fatalf("owner %q", c.Owner)
			}
			if owned {
				s.OwnerName = w.Mara.Name
			}
			s.Describe()
			var want, have map[int64][]string
			w.Read(func(tx *db.Tx) (err error) {
				want, err = TermsOf(tx, []conversation.ID{c.ID})
				return err
			})
			have = seedTerms([]Seeded{s})
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("owned %t: read (-), described (+):\n%s", owned, diff)
			}
			if !slices.IsSorted(have[c.No]) {
				t.Error("terms are not in order")
			}
		}
	})
}
