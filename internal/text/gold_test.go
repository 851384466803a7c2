package text

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"html"
	"os"
	"strings"
	"testing"

	"answerable/internal/desktest/require"
)

// goldConversation is a line of the conversations labelled by hand; see the README beside them.
type goldConversation struct {
	ID       string `json:"id"`
	Messages []struct {
		Author string  `json:"author"`
		Text   string  `json:"text"`
		Signed *string `json:"signed"`
		Asks   []struct {
			Quote string `json:"quote"`
			Kind  Kind   `json:"kind"`
		} `json:"asks"`
	} `json:"messages"`
}

func readGold(t *testing.T, rel string) []goldConversation {
	t.Helper()
	f, err := os.Open(require.Shared(t, rel))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []goldConversation
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var c goldConversation
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// tally counts hits and misses.
type tally struct{ tp, fp, fn int }

func (y tally) precision() float64 { return float64(y.tp) / float64(max(1, y.tp+y.fp)) }
func (y tally) recall() float64    { return float64(y.tp) / float64(max(1, y.tp+y.fn)) }
func (y *tally) add(gold, got bool) {
	switch {
	case gold && got:
		y.tp++
	case got:
		y.fp++
	case gold:
		y.fn++
	}
}

// goldAsks holds Asks to the labels: by message (does it hold an ask that is owed), and by ask (a found one that overlaps a
// labelled one by half of the shorter, owed both).
func goldAsks(t *testing.T, rel string) (messages, asks tally, kinds map[Kind]*tally) {
	t.Helper()
	kinds = map[Kind]*tally{Question: {}, Request: {}, Who: {}, Rhetorical: {}}
	for _, c := range readGold(t, rel) {
		for _, m := range c.Messages {
			if m.Author != "customer" {
				continue
			}
			s := html.UnescapeString(m.Text)
			got := Asks(s, "")
			owed := false
			for _, a := range got {
				owed = owed || a.Kind != Rhetorical
			}
			wanted := false
			used := make([]bool, len(got))
			for _, g := range m.Asks {
				q := html.UnescapeString(g.Quote)
				at := strings.Index(s, q)
				if at < 0 {
					t.Fatalf("%s: a quote is not of its text", c.ID)
				}
				wanted = wanted || g.Kind != Rhetorical
				hit := -1
				for k, a := range got {
					both := min(a.End, at+len(q)) - max(a.Start, at)
					if !used[k] && both*2 >= min(a.End-a.Start, len(q)) && both > 0 {
						hit = k
						break
					}
				}
				if hit < 0 {
					if g.Kind != Rhetorical {
						asks.fn++
					}
					kinds[g.Kind].fn++
					if verbose() && g.Kind != Rhetorical {
						t.Logf("missed %s %q in %q: got %v", g.Kind, q, s, quotes(s, got))
					}
					continue
				}
				used[hit] = true
				k := got[hit].Kind
				asks.add(g.Kind != Rhetorical, k != Rhetorical)
				if k == g.Kind {
					kinds[k].tp++
				} else {
					kinds[k].fp++
					kinds[g.Kind].fn++
					if verbose() {
						t.Logf("kind %s, not %s: %q in %q", g.Kind, k, q, s)
					}
				}
			}
			for k, a := range got {
				if !used[k] {
					kinds[a.Kind].fp++
					if a.Kind != Rhetorical {
						asks.fp++
						if verbose() {
							t.Logf("too much %s %q in %q", a.Kind, a.Of(s), s)
						}
					}
				}
			}
			messages.add(wanted, owed)
		}
	}
	return messages, asks, kinds
}

func verbose() bool { return os.Getenv("GOLD_VERBOSE") != "" }

func quotes(s string, all []Ask) []string {
	var q []string
	for _, a := range all {
		q = append(q, string(a.Kind)+":"+a.Of(s))
	}
	return q
}

func TestAsksAgainstLabels(t *testing.T) {
	t.Parallel()
	for _, rel := range []string{"data/gold/dev.jsonl", "data/gold/supplement_dev.jsonl"} {
		messages, asks, kinds := goldAsks(t, rel)
		t.Logf("%s: messages with an owed ask: precision %.3f recall %.3f; asks: precision %.3f recall %.3f", rel,
			messages.precision(), messages.recall(), asks.precision(), asks.recall())
		// Floors a little under what it reaches, so that a change for the worse is seen.
		if messages.precision() < 0.80 || messages.recall() < 0.84 || asks.precision() < 0.77 || asks.recall() < 0.80 {
			t.Errorf("%s: worse than it was", rel)
		}
		for k, y := range kinds {
			t.Logf("  %-10s precision %.2f recall %.2f (%d labelled)", k, y.precision(), y.recall(), y.tp+y.fn)
		}
	}
}

func TestSignatureAgainstLabels(t *testing.T) {
	t.Parallel()
	for _, rel := range []string{"data/gold/dev.jsonl", "data/gold/supplement_dev.jsonl"} {
		var found, same tally
		for _, c := range readGold(t, rel) {
			for _, m := range c.Messages {
				if m.Author != "brand" {
					continue
				}
				s := html.UnescapeString(m.Text)
				sig, span, ok := Signature(s)
				found.add(m.Signed != nil, ok)
				if verbose() && (m.Signed != nil) != ok {
					t.Logf("signed %v, got %q in %q", m.Signed != nil, sig, s)
				}
				if m.Signed != nil && ok {
					good := strings.Contains(*m.Signed, sig) && strings.Contains(span.Of(s), strings.TrimSpace(strings.Trim(*m.Signed, "-")))
					same.add(true, good)
					if verbose() && !good {
						t.Logf("signed %q, got %q %q in %q", *m.Signed, sig, span.Of(s), s)
					}
				}
			}
		}
		if found.precision() < 0.99 || found.recall() < 0.98 {
			t.Errorf("%s: worse than it was", rel)
		}
		t.Logf("%s: signed: precision %.3f recall %.3f of %d; same words %.3f", rel, found.precision(), found.recall(), found.tp+found.fn, same.recall())
	}
}

func TestAsksAgainstChat(t *testing.T) {
	t.Parallel()
	f, err := os.Open(require.Shared(t, "data/labelled/nps_chat_posts.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var y tally
	for _, row := range rows[1:] {
		if len(row) != 4 {
			continue
		}
		owed := len(Asks(row[3], "en")) > 0
		y.add(strings.HasSuffix(row[2], "Question"), owed)
		if verbose() && owed != strings.HasSuffix(row[2], "Question") && len(row[3])%7 == 0 {
			t.Logf("%s: %q %v", row[2], row[3], quotes(row[3], Asks(row[3], "en")))
		}
	}
	if y.precision() < 0.83 || y.recall() < 0.75 {
		t.Error("worse than it was")
	}
	t.Logf("chat questions (any ask found, rhetorical too): precision %.3f recall %.3f of %d", y.precision(), y.recall(), y.tp+y.fn)
}
