package archive_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/question"
	"answerable/internal/desktest/require"
	"answerable/internal/fault"
	"answerable/internal/flow/archive"
	"answerable/internal/history"
	"answerable/internal/read/inbox"
	"answerable/internal/record"
)

func sample(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/sample.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func bring(t testing.TB, d *db.DB, text string, o archive.Options) archive.Report {
	t.Helper()
	o.ScratchDir = t.TempDir()
	r, err := archive.Run(t.Context(), d, auth.TheHouse(), strings.NewReader(text), history.JSONL, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Read(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func one[T any](t testing.TB, d *db.DB, q string, args ...any) (v T) {
	t.Helper()
	read(t, d, func(tx *db.Tx) error {
		found, err := tx.Row(q, args, &v)
		if err == nil && !found {
			t.Fatalf("nothing: %s", q)
		}
		return err
	})
	return v
}

// shown reads the conversation that holds a message.
func shown(t testing.TB, d *db.DB, external string) (out inbox.Detail) {
	t.Helper()
	id := one[conversation.ID](t, d, `SELECT conversation_id FROM message WHERE external_id = $1`, external)
	read(t, d, func(tx *db.Tx) (err error) {
		out, err = inbox.Show(tx, auth.TheHouse(), id)
		return err
	})
	return out
}

func external(d inbox.Detail, id string) conversation.Message {
	i := slices.IndexFunc(d.Messages, func(m conversation.Message) bool { return m.ExternalID == id })
	if i < 0 {
		return conversation.Message{}
	}
	return d.Messages[i]
}

func TestHistoryIsArchivedAsItWas(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		got := bring(t, d, sample(t), archive.Options{})
		want := archive.Report{Read: 18, Imported: 18, Conversations: 6, Messages: 18, Contacts: 5, Began: 6}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("report: %s", diff)
		}

		c := shown(t, d, "a1")
		if c.Status != conversation.Archived || c.Outcome != "" || c.Owes() != 0 || c.WaitingSince != db.Never || c.DueAt != db.Never || c.Conversation.Owner != "" || !c.Public || c.Private {
			t.Errorf("a conversation of the past is %+v", c.Conversation)
		}
		if c.Brand.Slug != "tarnandrye" || c.Channel != "square" || c.Asked != "When will it come?" || c.Hands != 2 || c.Contact.Name != "Hanne Brekke" {
			t.Errorf("%s on %s asks %q, %d hands, of %s", c.Brand.Slug, c.Channel, c.Asked, c.Hands, c.Contact.Name)
		}
		if c.OpenedAt != c.Messages[0].At || c.MovedAt != c.Messages[4].At || c.OpenedAt != 1772439120_000000 {
			t.Errorf("opened %d, moved %d", c.OpenedAt, c.MovedAt)
		}
		var names []string
		for _, m := range c.Messages {
			names = append(names, m.ExternalID+" "+string(m.Side)+" "+m.AuthorName)
			if m.Side == conversation.Ours && m.ReleasedAt != m.At {
				t.Errorf("%s could still be undone", m.ExternalID)
			}
		}
		if diff := gocmp.Diff([]string{"a1 theirs Hanne Brekke", "a2 ours Mara", "a3 ours Tom", "a4 ours Tom", "a5 theirs Hanne Brekke"}, names); diff != "" {
			t.Error(diff)
		}
		if first := external(c, "a3"); external(c, "a4").PartOf != first.ID || first.PartOf != "" || external(c, "a2").PartOf != "" {
			t.Error("the second part of a reply hangs on its first")
		}
		if !external(c, "a5").Quiet || external(c, "a1").Quiet {
			t.Error("thanks alone are a quiet line, and nothing else is")
		}
		if len(c.Questions) != 2 || c.Questions[0].Owed || c.Questions[0].State != question.Open || c.Questions[0].Asker != c.Contact.ID {
			t.Errorf("questions %+v", c.Questions)
		}
		if len(c.Record) != 1 || c.Record[0].Kind != "conversation.imported" {
			t.Errorf("record %+v", c.Record)
		}

		c = shown(t, d, "b1")
		if c.Contact.Name != "Otto Kvist" || len(c.Participants) != 2 || c.Participants[0].Role != "principal" || c.Participants[1].Role != "participant" || c.Participants[1].Name != "Lin" {
			t.Errorf("where our post is the root the first customer is principal: %s, %+v", c.Contact.Name, c.Participants)
		}
		c = shown(t, d, "c3")
		if c.Brand.Slug != "tarnandrye" || c.Hands != 1 || external(c, "c3").Side != conversation.Theirs {
			t.Errorf("a thread belongs to the brand that spoke first: %s, %d hands, %s", c.Brand.Slug, c.Hands, external(c, "c3").Side)
		}
		if i := slices.IndexFunc(c.Participants, func(p conversation.Participant) bool { return p.Role == "brand" }); i < 0 || c.Participants[i].Name != "fjordmill" {
			t.Errorf("participants %+v", c.Participants)
		}
		c = shown(t, d, "d3")
		if !c.Public || !c.Private || len(c.Threads) != 2 || external(c, "d3").Thread == external(c, "d1").Thread || c.Hands != 1 {
			t.Errorf("what is public and what is private are two threads: %+v", c.Threads)
		}
		if a := external(c, "d1").Attachments; len(a) != 1 || a[0].State != "failed" || a[0].URL != "https://pictures.example/bag.jpg" || a[0].Error == "" {
			t.Errorf("attachments %+v", a)
		}
		if c = shown(t, d, "e1"); c.Conversation.Contact != "" || len(c.Participants) != 0 || c.Hands != 1 {
			t.Errorf("a post without any customer: %+v", c.Conversation)
		}
		if c = shown(t, d, "f1"); c.Hands != 0 {
			t.Errorf("an automatic text is nobody's hand: %d", c.Hands)
		}
		for what, n := range map[string]string{
			"alarms": "alarm", "deliveries": "delivery", "arrivals": "arrival", "people": "person",
			"live conversations": "conversation WHERE status <> 'archived'", "debts": "question WHERE owed", "live accounts": "account WHERE health <> 'off' OR channel <> 'import'",
		} {
			if n := one[int64](t, d, `SELECT count(*) FROM `+n); n != 0 {
				t.Errorf("%d %s of imported history", n, what)
			}
		}
		if n := one[int64](t, d, `SELECT count(*) FROM reach WHERE at = $1`, int64(1772409600_000000)); n != 1 {
			t.Errorf("%d notes of reach on the day it was told", n)
		}
	})
}

func TestHistoryListsByItsOwnTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bring(t, d, sample(t), archive.Options{})
		read(t, d, func(tx *db.Tx) error {
			p, err := inbox.List(tx, auth.TheHouse(), inbox.Query{View: inbox.Archived})
			if len(p.Rows) != 6 || !slices.IsSortedFunc(p.Rows, func(a, b inbox.Row) int { return cmp.Compare(b.MovedAt, a.MovedAt) }) {
				t.Errorf("archived: %d rows", len(p.Rows))
			}
			if !slices.IsSortedFunc(p.Rows, func(a, b inbox.Row) int { return cmp.Compare(b.ID, a.ID) }) {
				t.Error("ids do not sort by time")
			}
			if err != nil {
				return err
			}
			all, err := inbox.List(tx, auth.TheHouse(), inbox.Query{View: inbox.All})
			if len(all.Rows) != 0 {
				t.Errorf("history is in the list of live work: %d", len(all.Rows))
			}
			return err
		})
	})
}

func TestHistoryIsFoundBySearch(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bring(t, d, sample(t), archive.Options{})
		index(t, d)
		for q, want := range map[string]int{"caraway": 1, "from:hanne_b": 2, "is:archived": 6, "brand:fjordmill": 1, "channel:square is:archived": 6, "before:2026-03-03": 1, "is:open": 0} {
			read(t, d, func(tx *db.Tx) error {
				p, err := inbox.List(tx, auth.TheHouse(), inbox.Query{Search: q})
				if len(p.Rows) != want {
					t.Errorf("%s finds %d, want %d", q, len(p.Rows), want)
				}
				return err
			})
		}
	})
}

func index(t testing.TB, d *db.DB) {
	t.Helper()
	for {
		sealed, err := record.SealOnce(t.Context(), d, 0)
		if err != nil {
			t.Fatal(err)
		}
		n, err := record.FollowOnce(t.Context(), d, "search", inbox.Indexed)
		if err != nil {
			t.Fatal(err)
		}
		if sealed+n == 0 {
			return
		}
	}
}

func TestAgainIsKnown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bring(t, d, sample(t), archive.Options{})
		before := dump(t, d)
		got := bring(t, d, sample(t), archive.Options{})
		want := archive.Report{Read: 18, Known: 18, Conversations: 6, Messages: 18, Contacts: 5}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("report: %s", diff)
		}
		if diff := gocmp.Diff(before, dump(t, d)); diff != "" {
			t.Errorf("the second import changed something: %s", diff)
		}
	})
}

// TestLaterExportAddsWhatIsNew brings a file in line by line: all threads grow to what they are when it comes at once.
func TestLaterExportAddsWhatIsNew(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		lines := strings.SplitAfter(strings.TrimSpace(sample(t)), "\n")
		for i := range lines {
			bring(t, d, lines[i], archive.Options{Brand: ""})
		}
		got := bring(t, d, sample(t), archive.Options{})
		// Fjord Mill's word alone is a thread of its own when nothing else of it is there: brand is a wall.
		if got.Imported != 1 || got.Known != 17 || got.Conversations != 6 {
			t.Errorf("report %+v", got)
		}
		c := shown(t, d, "a1")
		if c.Hands != 2 || len(c.Messages) != 5 || c.Asked != "When will it come?" || c.OpenedAt != c.Messages[0].At || c.MovedAt != c.Messages[4].At || len(c.Questions) != 2 {
			t.Errorf("grown: %+v", c.Conversation)
		}
		if c = shown(t, d, "b1"); c.Contact.Name != "Otto Kvist" || len(c.Participants) != 2 || len(c.Messages) != 4 {
			t.Errorf("grown: principal %s, %+v", c.Contact.Name, c.Participants)
		}
	})
}

// dump is what the desk holds, without what is random.
func dump(t testing.TB, d *db.DB) (out []string) {
	t.Helper()
	for _, q := range []string{
		`SELECT 'conversation ' || c.id || c.status || c.asked || c.hands || ' ' || c.opened_at || ' ' || c.moved_at || ' ' || c.version FROM conversation c ORDER BY c.id`,
		`SELECT 'message ' || m.id || m.external_id || m.words || m.author_name FROM message m ORDER BY m.id`,
		`SELECT 'question ' || q.id || q.start_at FROM question q ORDER BY q.id`,
		`SELECT 'hand ' || h.conversation_id || h.who FROM hand h ORDER BY h.conversation_id, h.who`,
		`SELECT 'contact ' || id || name FROM contact ORDER BY id`,
		`SELECT 'participant ' || conversation_id || contact_id || role FROM participant ORDER BY conversation_id, contact_id`,
		`SELECT 'account ' || id FROM account ORDER BY id`,
		`SELECT 'brand ' || id || slug FROM brand ORDER BY id`,
		`SELECT 'record ' || id || kind FROM record ORDER BY id`,
	} {
		read(t, d, func(tx *db.Tx) error {
			return tx.Query(q, nil, func(r *sql.Rows) error {
				var s string
				err := r.Scan(&s)
				out = append(out, s)
				return err
			})
		})
	}
	return out
}

func TestOneBrandOwnsAllWhereItIsNamed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if _, err := archive.Run(t.Context(), d, auth.TheHouse(), strings.NewReader(sample(t)), history.JSONL, archive.Options{Brand: "tarn"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a brand that is not there: %v", err)
		}
		if err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
			_, err := brand.Add(tx, auth.TheHouse(), brand.Brand{Slug: "tarn", Name: "Tarn & Rye"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		got := bring(t, d, sample(t), archive.Options{Brand: "tarn"})
		if got.Imported != 18 || got.Conversations != 6 || got.Contacts != 4 {
			t.Errorf("report %+v", got)
		}
		if n := one[int64](t, d, `SELECT count(*) FROM brand`); n != 1 {
			t.Errorf("%d brands", n)
		}
		if c := shown(t, d, "c3"); external(c, "c3").Side != conversation.Ours || c.Hands != 2 {
			t.Errorf("who speaks for a brand in a file of one brand speaks for it: %s, %d hands", external(c, "c3").Side, c.Hands)
		}
	})
}

func TestNobodyWithoutTheRightImports(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite(t), db.Options{})
	agent := auth.Actor{Kind: auth.Person, ID: "x", Role: auth.Agent, Every: true}
	if _, err := archive.Run(t.Context(), d, agent, strings.NewReader(sample(t)), history.JSONL, archive.Options{}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("got %v", err)
	}
}

func TestBrandNamesDoNotShareAWall(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		slugs := map[string]string{}
		for _, name := range []string{"TarnAndRye", "tarnandrye", "Tarn & Rye", "tarn rye", "Öl", "Äl", "東京", "大阪", "東京", "Tarn & Rye"} {
			if err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
				b, err := archive.Named(tx, auth.TheHouse(), name)
				slugs[name] = b.Slug
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if slugs["TarnAndRye"] != "tarnandrye" || slugs["tarnandrye"] != "tarnandrye" || slugs["Tarn & Rye"] != "tarn-rye" || slugs["tarn rye"] == "tarn-rye" || slugs["Öl"] == slugs["Äl"] || slugs["東京"] == slugs["大阪"] {
			t.Errorf("%v", slugs)
		}
		if n := one[int64](t, d, `SELECT count(*) FROM brand`); n != 7 {
			t.Errorf("%d brands: %v", n, slugs)
		}
	})
}

func TestWhatCannotBeReadIsTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		lines := strings.SplitAfter(sample(t), "\n")
		text := lines[0] + "not json\n" + lines[0] + strings.Join(lines[1:], "") + `{"id":"z","author":{"id":"q","side":"customer"},"at":"2026-03-02T08:12:00Z","text":"to whom?"}` + "\n"
		var told []string
		got := bring(t, d, text, archive.Options{Reject: func(line int64, raw, why string) { told = append(told, raw) }})
		if got.Read != 21 || got.Imported != 18 || got.Known != 1 || got.Rejected != 2 || len(told) != 2 || told[0] != "not json" {
			t.Errorf("%+v, %q", got, told)
		}
	})
}

// TestStoppedImportGoesOn stops an import in the middle and starts it again until it is through.
func TestStoppedImportGoesOn(t *testing.T) {
	t.Parallel()
	path := require.Shared(t, "data/care/twcs_5000.csv")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run := func(stopAfter int64) (archive.Report, error) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			return archive.Run(ctx, d, auth.TheHouse(), f, history.TWCS, archive.Options{ScratchDir: t.TempDir(), Progress: func(p archive.Progress) {
				if p.Filed >= stopAfter {
					stop()
				}
			}})
		}
		for i := range int64(3) {
			if _, err := run(500 + 1000*i); err == nil {
				t.Fatal("it was not stopped")
			}
			filed := one[int64](t, d, `SELECT count(*) FROM message`)
			if filed == 0 || filed >= 5000 {
				t.Fatalf("stopped with %d messages filed", filed)
			}
			// Whole conversations, or nothing of them.
			if n := one[int64](t, d, `SELECT count(*) FROM conversation c WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.conversation_id = c.id)`); n != 0 {
				t.Errorf("%d half-made conversations", n)
			}
		}
		before := one[int64](t, d, `SELECT count(*) FROM message`)
		got, err := run(1 << 40)
		if err != nil || got.Known != before || got.Imported != 5000-before || got.Conversations != 1312 {
			t.Errorf("%+v, %v; %d were here", got, err, before)
		}
		figures(t, d)
	})
}

// figures holds what the desk has of twcs_5000 to what is known of it.
func figures(t testing.TB, d *db.DB) {
	t.Helper()
	for what, x := range map[string]struct {
		q    string
		want int64
		by   int64
	}{
		"conversations": {`SELECT count(*) FROM conversation WHERE status = 'archived'`, 1312, 0},
		"messages":      {`SELECT count(*) FROM message`, 5000, 0},
		"brands":        {`SELECT count(*) FROM brand`, 76, 0},
		"both sides":    {`SELECT count(*) FROM conversation c WHERE contact_id IS NOT NULL AND EXISTS (SELECT 1 FROM message m WHERE m.conversation_id = c.id AND m.side = 'ours')`, 1311, 0},
		"two hands":     {`SELECT count(*) FROM conversation WHERE hands > 1`, 182, 18},
		"no contact":    {`SELECT count(*) FROM conversation WHERE contact_id IS NULL`, 1, 0},
		// 55.6 % of 5,000, without what other brands said
		"inbound": {`SELECT count(*) FROM message m WHERE side = 'theirs' AND NOT EXISTS (SELECT 1 FROM participant p WHERE p.conversation_id = m.conversation_id AND p.contact_id = m.author_id AND p.role = 'brand')`, 2778, 2},
		"owed":    {`SELECT count(*) FROM question WHERE owed`, 0, 0},
	} {
		n := one[int64](t, d, x.q)
		t.Logf("%s: %d", what, n)
		if n < x.want-x.by || n > x.want+x.by {
			t.Errorf("%s: %d, want %d within %d", what, n, x.want, x.by)
		}
	}
	// The first word of ours after the first of a customer's, in minutes.
	var first []float64
	read(t, d, func(tx *db.Tx) error {
		return tx.Query(`SELECT a.at, MIN(m.at) FROM (SELECT m.conversation_id, MIN(m.at) AS at FROM message m JOIN participant p
				ON p.conversation_id = m.conversation_id AND p.contact_id = m.author_id AND p.role <> 'brand' WHERE m.side = 'theirs' GROUP BY m.conversation_id) a
			JOIN message m ON m.conversation_id = a.conversation_id AND m.side = 'ours' AND m.at >= a.at GROUP BY a.conversation_id, a.at`, nil, func(r *sql.Rows) error {
			var asked, answered int64
			err := r.Scan(&asked, &answered)
			first = append(first, float64(answered-asked)/60e6)
			return err
		})
	})
	slices.Sort(first)
	p := func(q float64) float64 { return first[min(len(first)-1, int(float64(len(first))*q))] }
	t.Logf("first response median %.1f min, p90 %.0f min of %d", p(.5), p(.9), len(first))
	if m, p90 := p(.5), p(.9); m < 13.3 || m > 13.9 || p90 < 542 || p90 > 554 {
		t.Errorf("first response: median %.1f min, p90 %.0f; want 13.6 and 548", m, p90)
	}
	c := shown(t, d, "3399")
	if m := external(c, "3399"); c.Brand.Slug != "askpaypal" || strings.Count(m.Words, "\n") != 2 || strings.Contains(m.Words, "\r") || !strings.HasPrefix(m.Words, "@AskPayPal") {
		t.Errorf("tweet 3399 of %s has %d line ends", c.Brand.Slug, strings.Count(m.Words, "\n"))
	}
}

func TestTwcs5000HasTheKnownFigures(t *testing.T) {
	t.Parallel()
	path := require.Shared(t, "data/care/twcs_5000.csv")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for i := range 2 {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			begun := d.Now()
			got, err := archive.Run(t.Context(), d, auth.TheHouse(), f, history.TWCS, archive.Options{ScratchDir: t.TempDir()})
			f.Close()
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v in %d ms", got, (d.Now()-begun)/1000)
			want := archive.Report{Read: 5000, Imported: 5000, Conversations: 1312, Messages: 5000, Began: 1312, Contacts: got.Contacts}
			if i > 0 {
				want.Imported, want.Known, want.Began = 0, 5000, 0
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
		figures(t, d)
	})
}

// Twelve messages of one second stand in the order in which they answer each other.
func TestOneMomentKeepsItsOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var text strings.Builder
		for i := range 12 {
			fmt.Fprintf(&text, `{"id":"m%d","in_reply_to":"m%d","author":{"id":"tarn","name":"tarn","side":"brand"},"brand":"tarn","public":true,"at":"2026-03-02T08:12:00Z","text":"%d"}`+"\n", i, i-1, i)
		}
		bring(t, d, text.String(), archive.Options{})
		var words []string
		for _, m := range shown(t, d, "m0").Messages {
			words = append(words, m.Words)
		}
		if got := strings.Join(words, " "); got != "0 1 2 3 4 5 6 7 8 9 10 11" {
			t.Error(got)
		}
	})
}

// Who renamed themselves is called by the latest name, also when an older file comes again.
func TestOlderFileRenamesNobodyBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		line := func(id, name, at string) string {
			return fmt.Sprintf(`{"id":%q,"author":{"id":"u1","handle":%q,"name":%q,"side":"customer"},"brand":"tarn","public":true,"at":%q,"text":"Where is it?"}`+"\n", id, strings.ToLower(name), name, at)
		}
		older, newer := line("1", "Lin", "2026-03-02T08:12:00Z"), line("2", "Linnea", "2026-03-09T08:12:00Z")
		for _, file := range []string{older, newer, older} {
			bring(t, d, file, archive.Options{})
		}
		if name := one[string](t, d, `SELECT name FROM contact`); name != "Linnea" {
			t.Errorf("they are called %s", name)
		}
	})
}

func TestTwoImportsAtOnceFileOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		var got [3]archive.Report
		var errs [3]error
		for i := range got {
			wg.Go(func() {
				got[i], errs[i] = archive.Run(t.Context(), d, auth.TheHouse(), strings.NewReader(sample(t)), history.JSONL, archive.Options{ScratchDir: t.TempDir()})
			})
		}
		wg.Wait()
		imported, began := int64(0), int64(0)
		for i, r := range got {
			imported, began = imported+r.Imported, began+r.Began
			if errs[i] != nil || r.Imported+r.Known != 18 || r.Rejected != 0 || r.Contacts != 5 {
				t.Errorf("%+v %v", r, errs[i])
			}
		}
		if n := one[int64](t, d, `SELECT count(*) FROM message`); imported != 18 || began != 6 || n != 18 {
			t.Errorf("%d imported, %d begun, %d messages", imported, began, n)
		}
	})
}
