package desk

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestLay(t *testing.T) {
	t.Parallel()
	items := Lay([]Item{
		{Kind: Day},
		{Kind: Theirs, Thread: "a", Public: true},
		{Kind: Note},
		{Kind: Ours, Thread: "b"},
		{Kind: Theirs, Thread: "a", Public: true},
		{Kind: System},
	})
	var got []string
	for _, it := range items {
		got = append(got, it.class())
	}
	want := []string{"", "pub first them", "pub", "pub prv first forks onprv us", "pub prv them", "pub prv quiet"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("lanes (-want +got):\n%s", d)
	}
	alone := Lay([]Item{{Kind: Theirs, Thread: "b"}, {Kind: Ours, Thread: "b"}})
	if got := alone[0].class(); got != "prv first onprv them" {
		t.Errorf("a private conversation forks from nothing: %q", got)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	text := "Warum das? Größe?"
	got := Cut(text, []Words{{Start: 11, End: len(text), Question: 2, Ended: true}, {Start: 0, End: 10, Question: 1}})
	want := []Span{{Text: "Warum das?", Question: 1}, {Text: " "}, {Text: "Größe?", Question: 2, Ended: true}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Cut (-want +got):\n%s", d)
	}
}

// Whatever the marks, no word is lost, doubled or broken.
func TestCutKeepsTheText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		n := rapid.IntRange(0, 5).Draw(t, "n")
		marks := make([]Words, n)
		for i := range marks {
			marks[i] = Words{Start: rapid.IntRange(-2, len(text)+2).Draw(t, "start"), End: rapid.IntRange(-2, len(text)+2).Draw(t, "end"), Question: i + 1}
		}
		var whole strings.Builder
		for _, s := range Cut(text, marks) {
			if utf8.ValidString(text) && !utf8.ValidString(s.Text) {
				t.Fatalf("a character was cut: %q", s.Text)
			}
			whole.WriteString(s.Text)
		}
		if got := whole.String(); got != text {
			t.Fatalf("got %q, want %q", got, text)
		}
	})
}
