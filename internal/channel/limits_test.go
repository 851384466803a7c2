package channel_test

import (
	"encoding/json"
	"strings"
	"testing"

	"answerable/internal/channel"
)

func TestLenAsMastodonCounts(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{
		"":           0,
		"hello":      5,
		"👨‍👩‍👧 é 🇩🇪": 5,
		"see https://example.com/" + strings.Repeat("a", 300): 27,
		"https://a.io.":           24,
		"(https://example.com/x)": 25,
		"@ana@far.example hi":     7,
		"@ana hi":                 7,
		"mail ana@far.example":    20,
		"http://localhost:8080/" + strings.Repeat("a", 78): 100,
		"http://x": 23,
	} {
		if got := (channel.Limits{Graphemes: true, PerURL: 23, ShortMentions: true}).Len(s); got != want {
			t.Errorf("Len(%q) = %d, want %d", s, got, want)
		}
	}
}

// A flow splits inside a transaction, from limits that were stored; the account then counts by those it has just read.
func TestStoredLimitsCountTheSame(t *testing.T) {
	t.Parallel()
	l := channel.Limits{MaxChars: 120, Graphemes: true, PerURL: 23, ShortMentions: true, Addressed: true}
	b, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var stored channel.Limits
	if err := json.Unmarshal(b, &stored); err != nil {
		t.Fatal(err)
	}
	to := channel.Author{Handle: "ana@a-very-long-host-name.example"}
	parts, err := stored.Parts(strings.Repeat("See https://a.io and 👨‍👩‍👧 too. ", 20), to)
	if err != nil || len(parts) < 5 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	for _, p := range parts {
		if n := l.Len("@" + to.Handle + " " + p); n > l.MaxChars {
			t.Errorf("%d of %d: %q", n, l.MaxChars, p)
		}
	}
}
