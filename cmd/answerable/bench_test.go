package main

import (
	"encoding/json"
	"strings"
	"testing"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/question"
	"answerable/internal/read/inbox"
)

// What is made up must be what the house itself would have written: debts, hands, spans, views, search.
func TestBenchSeedFitsTheHouse(t *testing.T) {
	t.Parallel()
	dbtest.EachAddress(t, func(t *testing.T, address string) {
		h := newHouse(t, address)
		h.must("", "migrate")
		var told seeded
		if err := json.Unmarshal([]byte(h.must("", "bench", "seed", "--conversations", "400", "--json")), &told); err != nil {
			t.Fatal(err)
		}
		if told.Conversations != 400 || told.Open != 40 || told.Messages < 800 || told.Messages > 1600 || told.Questions < 400 || told.Contacts < 100 {
			t.Errorf("%+v", told)
		}
		d := dbtest.Open(t, address, db.Options{})
		house := auth.TheHouse()
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			counts, err := inbox.Counts(tx, house, "", "", inbox.Open, inbox.Waiting, inbox.All, inbox.Archived)
			if err != nil {
				return err
			}
			if counts[0].N != 40 || counts[1].N != 8 || counts[2].N+counts[3].N != 400 || counts[3].N < 50 {
				t.Errorf("views hold %v", counts)
			}
			owners := map[string]int{}
			for _, v := range []inbox.View{inbox.Open, inbox.Resolved, inbox.Archived, inbox.Waiting} {
				page, err := inbox.List(tx, house, inbox.Query{View: v, Limit: inbox.MostRows})
				if err != nil {
					return err
				}
				for _, r := range page.Rows {
					if v == inbox.Open {
						owners[r.OwnerName]++
					}
					fits(t, tx, r)
				}
			}
			if len(owners) < 5 || owners[""] == 0 {
				t.Errorf("the open ones belong to %v", owners)
			}
			for _, q := range []string{"tent", "Zelt", "is:open owner:none", "brand:bench is:archived", "from:ada"} {
				page, err := inbox.List(tx, house, inbox.Query{Search: q})
				if err != nil {
					return err
				}
				if len(page.Rows) == 0 {
					t.Errorf("a search for %q finds nothing", q)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func fits(t *testing.T, tx *db.Tx, r inbox.Row) {
	t.Helper()
	c, err := inbox.Show(tx, auth.TheHouse(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Messages); n < 2 || n > 4 {
		t.Errorf("%s has %d messages", r.ID, n)
	}
	owing, first, waits := int64(0), "", db.Never
	hands := map[string]bool{}
	words := map[conversation.MessageID]conversation.Message{}
	for i, m := range c.Messages {
		words[m.ID] = m
		if i > 0 && m.At < c.Messages[i-1].At || m.At > tx.Now() {
			t.Errorf("%s: times are not in order", r.ID)
		}
		switch m.Side {
		case conversation.Theirs:
			if !m.Quiet {
				waits = min(waits, m.At)
			}
			continue
		case conversation.Ours:
			hands[m.AuthorID] = true
		case conversation.Outside, conversation.Note:
			hands[m.AuthorName] = true
		}
		waits = db.Never
	}
	for _, q := range c.Questions {
		if q.Quote == "" || !strings.HasSuffix(q.Quote, "?") || strings.ContainsAny(q.Quote, "{}") {
			t.Errorf("%s: a question is %q", r.ID, q.Quote)
		}
		if q.State == question.Open && q.Owed {
			if owing++; first == "" {
				first = q.Quote
			}
		}
		if q.State != question.Open && words[q.SettledBy].At <= words[q.Message].At {
			t.Errorf("%s: a question was answered before it was asked", r.ID)
		}
	}
	if c.OwedQuestions != owing || c.Asked != first || c.Hands != int64(len(hands)) || c.WaitingSince != waits || c.MovedAt != c.Messages[len(c.Messages)-1].At {
		t.Errorf("%s (%s): owes %d and %q, %d hands, waiting since %d; it says %d, %q, %d, %d", r.ID, c.Status, owing, first, len(hands), waits,
			c.OwedQuestions, c.Asked, c.Hands, c.WaitingSince)
	}
	if (c.Status == conversation.Open) != (owing > 0) || c.Status == conversation.Archived && r.Owner != "" {
		t.Errorf("%s: %s, owes %d, owner %q", r.ID, c.Status, owing, r.Owner)
	}
}
