package channel_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"answerable/internal/channel"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	url := "https://shop.example/orders/4711/where-is-it-now"
	for name, c := range map[string]struct {
		in   string
		max  int
		want []string
	}{
		"fits":                          {"short", 10, []string{"short"}},
		"no limit":                      {strings.Repeat("x", 100), 0, []string{strings.Repeat("x", 100)}},
		"between paragraphs":            {"First part here.\n\nSecond part is here.", 30, []string{"First part here. (1/2)", "Second part is here. (2/2)"}},
		"after a sentence":              {"One two three four. Five six seven.", 28, []string{"One two three four. (1/2)", "Five six seven. (2/2)"}},
		"between words":                 {"aaaa bbbb cccc dddd eeee", 20, []string{"aaaa bbbb cccc (1/2)", "dddd eeee (2/2)"}},
		"not after a far too early one": {"No. Aaaa bbbb cccc dddd eeee", 24, []string{"No. Aaaa bbbb cccc (1/2)", "dddd eeee (2/2)"}},
		"nor in one with other letters": {"see https://a.example/返品返品返品返品 now", 33, []string{"see (1/3)", "https://a.example/返品返品返品返品 (2/3)", "now (3/3)"}},
		"never inside an address":       {"Look at " + url + " please", len(url) + 6, []string{"Look at (1/3)", url + " (2/3)", "please (3/3)"}},
		"inside a word too long":        {strings.Repeat("x", 20), 16, []string{strings.Repeat("x", 10) + " (1/2)", strings.Repeat("x", 10) + " (2/2)"}},
		"a script without spaces":       {"返品したいのですがどうすればいいですか", 16, []string{"返品したいのですがど (1/2)", "うすればいいですか (2/2)"}},
		"joined emoji stay":             {strings.Repeat("👨‍👩‍👧", 6), 16, []string{strings.Repeat("👨‍👩‍👧", 2) + " (1/3)", strings.Repeat("👨‍👩‍👧", 2) + " (2/3)", strings.Repeat("👨‍👩‍👧", 2) + " (3/3)"}},
		"nothing fits":                  {"abcdefgh", 5, nil},
	} {
		if diff := cmp.Diff(c.want, channel.Split(c.in, channel.Limits{MaxChars: c.max})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

var numbered = regexp.MustCompile(` \((\d+)/(\d+)\)$`)

// holds checks what is promised of every split.
func holds(t interface{ Errorf(string, ...any) }, text string, l channel.Limits) {
	count := l.Count
	if count == nil {
		count = utf8.RuneCountInString
	}
	parts := channel.Split(text, l)
	if len(parts) < 2 {
		return
	}
	var whole strings.Builder
	for i, p := range parts {
		if count(p) > l.MaxChars {
			t.Errorf("part %d counts %d of %d: %q", i, count(p), l.MaxChars, p)
		}
		if !strings.HasSuffix(p, fmt.Sprintf(" (%d/%d)", i+1, len(parts))) {
			t.Errorf("part %d of %d is numbered wrong: %q", i+1, len(parts), p)
		}
		if !utf8.ValidString(p) && utf8.ValidString(text) {
			t.Errorf("part %d broke a character: %q", i, p)
		}
		whole.WriteString(numbered.ReplaceAllString(p, ""))
	}
	bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
	if bare(whole.String()) != bare(text) {
		t.Errorf("words were lost or invented:\n%q\n%q", text, whole.String())
	}
}

func TestSplitLosesNothing(t *testing.T) {
	t.Parallel()
	word := rapid.OneOf(
		rapid.StringMatching(`[a-zäöü]{1,12}[.!?,]?`), rapid.StringMatching(`https://[a-z]{2,8}\.example/[a-z0-9/?=&]{0,40}`),
		rapid.SampledFrom([]string{"👨‍👩‍👧", "🇩🇪🇫🇷", "é", "返品したい。", "\n\n", "\n", "@ana@social.example", "مرحبا"}),
	)
	graphemes := func(s string) int { return uniseg.GraphemeClusterCount(s) }
	rapid.Check(t, func(t *rapid.T) {
		text := channel.Clean(strings.Join(rapid.SliceOfN(word, 1, 120).Draw(t, "words"), " "))
		l := channel.Limits{MaxChars: rapid.IntRange(8, 200).Draw(t, "max")}
		if rapid.Bool().Draw(t, "graphemes") {
			l.Count = graphemes
		}
		holds(t, text, l)
		if l.MaxChars > 70 { // room for every address
			for _, p := range channel.Split(text, l) {
				for _, u := range regexp.MustCompile(`https://\S*`).FindAllString(p, -1) {
					if !strings.Contains(" "+strings.ReplaceAll(text, "\n", " ")+" ", " "+u+" ") {
						t.Errorf("an address was broken: %q", u)
					}
				}
			}
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add("Hello. World", 9)
	f.Add(strings.Repeat("a\u0301", 50), 12)
	f.Add("https://a.example/"+strings.Repeat("b", 60)+" c", 20)
	f.Fuzz(func(t *testing.T, s string, most int) {
		if len(s) > 4096 {
			return
		}
		holds(t, channel.Clean(s), channel.Limits{MaxChars: most})
	})
}
