package channel_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"answerable/internal/channel"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"plain":                     {"Hello", "Hello"},
		"not UTF-8":                 {"caf\xe9", "caf\uFFFD"},
		"composed":                  {"cafe\u0301", "caf\u00e9"},
		"NUL and bells":             {"a\x00b\x07c", "abc"},
		"windows lines":             {"a\r\nb", "a\nb"},
		"bare carriage returns":     {"a\rb\r\rc", "a\nb\n\nc"},
		"unicode lines":             {"a\u2028b\u2029c\u0085d", "a\nb\nc\nd"},
		"tab stays":                 {"a\tb", "a\tb"},
		"byte order mark":           {"\uFEFFa", "a"},
		"override":                  {"invoice\u202Efdp.exe", "invoicefdp.exe"},
		"closed override":           {"a\u202Eb\u202Cc", "abc"},
		"closed isolate stays":      {"a \u2067\u05d0\u2069 b", "a \u2067\u05d0\u2069 b"},
		"open isolate":              {"a \u2067\u05d0 b", "a \u05d0 b"},
		"isolate over a line":       {"a \u2067\u05d0\nb\u2069", "a \u05d0\nb"},
		"end without beginning":     {"a\u2069b\u202Cc", "abc"},
		"crossed":                   {"\u2067a\u202Bb\u2069c\u202C", "a\u202Bbc\u202C"},
		"marks stay":                {"a\u200F!\u200E?", "a\u200F!\u200E?"},
		"joiners stay":              {"👩\u200D👧", "👩\u200D👧"},
		"space around":              {"  a \n", "a"},
		"hidden language tag":       {"a\U000E0001b", "ab"},
		"flag of Scotland is whole": {"🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F", "🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F"},
	} {
		if got := channel.Clean(c.in); got != c.want {
			t.Errorf("%s: Clean(%q) = %q, want %q", name, c.in, got, c.want)
		}
	}
}

func TestCleanCutsVisibly(t *testing.T) {
	t.Parallel()
	got := channel.Clean(strings.Repeat("👩\u200D👧", channel.MaxText/11+5))
	if len(got) > channel.MaxText || !strings.HasSuffix(got, "👧"+channel.CutMark) {
		t.Errorf("got %d bytes ending in %q", len(got), got[len(got)-30:])
	}
	in := channel.Read(channel.Raw{}, func() ([]channel.Inbound, error) {
		return []channel.Inbound{{Kind: channel.Unknown, Text: strings.Repeat("x", 10<<20)}}, nil
	}).In[0]
	if !in.Cut {
		t.Error("a cut text must say so")
	}
}

func TestCleanLine(t *testing.T) {
	t.Parallel()
	if got, want := channel.CleanLine(" Ana\n\u2067evil\u2069\t\u202Ex  ", 100), "Ana evil x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := channel.CleanLine(strings.Repeat("ä", 100), 9); got != "ääää" {
		t.Errorf("got %q", got)
	}
}

func TestCleanURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://a.example/x?y=1": "https://a.example/x?y=1",
		"javascript:alert(1)":     "",
		"//a.example":             "",
		"https://":                "",
		"http://a\u202Eb/":        "",
		"data:text/html,x":        "",
		"/etc/passwd":             "",
	} {
		if got := channel.CleanURL(in); got != want {
			t.Errorf("CleanURL(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"a\r\nb", "\u202Ea\u2067b\u2069", "e\u0301\u0323", "\xff\x00", strings.Repeat("\u0301", 70), "\u2067\n\u2069", "\uFEFF \uFEFF"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := channel.Clean(s)
		if !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) || strings.ContainsAny(got, "\x00\r\u202D\u202E") || len(got) > channel.MaxText {
			t.Errorf("Clean(%q) = %q", s, got)
		}
		if again := channel.Clean(got); again != got {
			t.Errorf("not stable: %q, then %q", got, again)
		}
		if strings.Count(got, "\u2069") != strings.Count(got, "\u2066")+strings.Count(got, "\u2067")+strings.Count(got, "\u2068") {
			t.Errorf("isolates are not balanced: %q", got)
		}
		line := channel.CleanLine(s, 64)
		if len(line) > 64 || !utf8.ValidString(line) || strings.ContainsAny(line, "\n\r\x00\u202E\u2066\u2067\u2068\u2069") {
			t.Errorf("CleanLine(%q) = %q", s, line)
		}
		channel.CleanURL(s)
	})
}
