package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestAsks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lang, text string
		want       []string
	}{
		"a question":                    {"en", "Hi, is the till in Leipzig open on Sunday?", []string{"question:is the till in Leipzig open on Sunday?"}},
		"two in one message":            {"en", "Where is my parcel? And who is in charge of deliveries?", []string{"question:Where is my parcel?", "who:who is in charge of deliveries?"}},
		"two in one sentence":           {"en", "why was I charged twice, and can you refund it please", []string{"question:why was I charged twice", "request:can you refund it please"}},
		"without a mark":                {"en", "I would like to know how long the repair takes.", []string{"question:I would like to know how long the repair takes."}},
		"inversion without a mark":      {"en", "@shop do you deliver on Saturdays", []string{"question:do you deliver on Saturdays"}},
		"a polite request":              {"en", "The app is broken. Please fix it!", []string{"request:Please fix it!"}},
		"can you is a request":          {"en", "can you help me with my order", []string{"request:can you help me with my order"}},
		"can you tell me is not":        {"en", "can you please tell me when the shop opens", []string{"question:can you please tell me when the shop opens"}},
		"who leads":                     {"en", "Who is your CEO?", []string{"who:Who is your CEO?"}},
		"who leads, and more":           {"en", "@shop Who is your chief executive, and do they read these?", []string{"who:Who is your chief executive", "question:do they read these?"}},
		"who leads, no mark":            {"en", "i want the name of your manager", []string{"who:i want the name of your manager"}},
		"rhetorical":                    {"en", "Are you kidding me? My flight is gone.", []string{"rhetorical:Are you kidding me?"}},
		"a fault is no ask":             {"en", "the app keeps crashing on my phone again", nil},
		"thanks is no ask":              {"en", "thanks Ana, that worked!", nil},
		"a nudge is no ask":             {"en", "Hello???", nil},
		"an address does not ask":       {"en", "see https://shop.example/help?id=4&x=why for my order", nil},
		"an address without scheme":     {"en", "i was on shop.example/find?q=what and it broke", nil},
		"a mark behind an address":      {"en", "is this yours https://shop.example/a?b=c?", []string{"question:is this yours https://shop.example/a?b=c?"}},
		"abbreviations do not end it":   {"en", "Can you ask Dr. Miller, e.g. by phone, about no. 5 please?", []string{"request:Can you ask Dr. Miller, e.g. by phone, about no. 5 please?"}},
		"a condition belongs to it":     {"en", "If I cancel today, will I get my money back?", []string{"question:If I cancel today, will I get my money back?"}},
		"a courtesy is no request":      {"en", "Please call me if you need my number.", nil},
		"german":                        {"de", "Hallo, wann kommt mein Paket? Bitte melden Sie sich.", []string{"question:wann kommt mein Paket?", "request:Bitte melden Sie sich."}},
		"german without a mark":         {"de", "Ich möchte wissen, wie lange das dauert.", []string{"question:Ich möchte wissen, wie lange das dauert."}},
		"german who":                    {"de", "Wer ist bei euch verantwortlich?", []string{"who:Wer ist bei euch verantwortlich?"}},
		"german request":                {"", "Könnt ihr mir bitte helfen", []string{"request:Könnt ihr mir bitte helfen"}},
		"spanish marks":                 {"es", "Hola. ¿Cuándo llega mi pedido? ¡Ayuda!", []string{"question:¿Cuándo llega mi pedido?", "request:¡Ayuda!"}},
		"french":                        {"fr", "Bonjour, où est mon colis ? Merci de me rembourser.", []string{"question:où est mon colis ?", "request:Merci de me rembourser."}},
		"italian who":                   {"it", "Chi è il responsabile?", []string{"who:Chi è il responsabile?"}},
		"portuguese":                    {"pt", "Quando chega minha encomenda", []string{"question:Quando chega minha encomenda"}},
		"dutch":                         {"nl", "Kunnen jullie mij helpen", []string{"request:Kunnen jullie mij helpen"}},
		"polish":                        {"pl", "Kiedy dostanę zwrot", []string{"question:Kiedy dostanę zwrot"}},
		"greek semicolon":               {"el", "Πότε ανοίγετε; Ευχαριστώ.", []string{"question:Πότε ανοίγετε;"}},
		"arabic mark":                   {"ar", "متى يصل طلبي؟", []string{"question:متى يصل طلبي؟"}},
		"chinese mark":                  {"zh", "我的包裹在哪里？谢谢。", []string{"question:我的包裹在哪里？"}},
		"unknown language, no mark":     {"", "Где моя посылка, я жду уже две недели", []string{"question:Где моя посылка, я жду уже две недели"}},
		"unknown language, only thanks": {"", "Спасибо большое!", nil},
		"a language without words":      {"fi", "missä tilaukseni on nyt", []string{"question:missä tilaukseni on nyt"}},
		"emoji only":                    {"", "👍👍", nil},
		"empty":                         {"", "", nil},
		"only marks":                    {"", "?!?!?!", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, quotes(c.text, Asks(c.text, c.lang))); diff != "" {
				t.Errorf("asks of %q (-want +got):\n%s", c.text, diff)
			}
		})
	}
}

func TestAsksStopsAtFifty(t *testing.T) {
	t.Parallel()
	if n := len(Asks(strings.Repeat("Where is it? ", 100_000), "en")); n != MaxAsks {
		t.Errorf("got %d asks, want %d", n, MaxAsks)
	}
}

// TestAsksTakesLinearTime counts steps, not seconds: twice the text may take twice the steps and a little more.
func TestAsksTakesLinearTime(t *testing.T) {
	t.Parallel()
	for name, unit := range map[string]string{
		"questions":     "Where is it? ",
		"rhetorical":    "are you kidding me? ",
		"one word":      "a",
		"starters":      "can ",
		"inversions":    "what is is is the ",
		"urls":          "http://a.example/?a=b ",
		"glued urls":    "http://a",
		"dots":          "a.b",
		"slashes":       "a./",
		"at signs":      "@a.",
		"masks":         "__a",
		"lines":         "a\n",
		"spaced lines":  "\n \t",
		"marks":         "! ?",
		"commas":        "and, can you, ",
		"quotes":        "\"'",
		"han":           "我的包裹在哪里",
		"broken":        "\xff\xfe ",
		"foreign stops": "։ । 。۔",
		"no-break":      "a ",
		"apostrophes":   "a'b",
		"abbreviations": "e.g. ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const size = 1 << 18
			_, once := findAsks(strings.Repeat(unit, size/len(unit)), "en")
			_, twice := findAsks(strings.Repeat(unit, 2*size/len(unit)), "en")
			if limit := 300 * size; once > limit {
				t.Errorf("%d steps for %d bytes", once, size)
			}
			if twice > once*5/2+1000 {
				t.Errorf("twice the text takes %d steps, not %d", twice, 2*once)
			}
		})
	}
}

func FuzzAsks(f *testing.F) {
	for _, s := range []string{
		"Where is it? please fix", "¿Qué? ", "a.b/c?d", "@a __b__ http://x?", "why\n\nwhy", "\xff?\x00", "I'd l'aide qu'est-ce", "؟", "e.g.",
		"what’s I️ up ?!", "if a, will i b?", "bitte bitte bitte?",
	} {
		for _, l := range []string{"", "en", "de", "el", "ja"} {
			f.Add(s, l)
		}
	}
	f.Fuzz(func(t *testing.T, s, lang string) {
		all := Asks(s, lang)
		if len(all) > MaxAsks {
			t.Fatalf("%d asks", len(all))
		}
		last := 0
		for _, a := range all {
			if a.Start < last || a.End <= a.Start || a.End > len(s) {
				t.Fatalf("span %v after %d in %d bytes", a.Span, last, len(s))
			}
			last = a.End
			if utf8.ValidString(s) && !utf8.ValidString(a.Of(s)) {
				t.Fatalf("%q cuts a letter of %q", a.Of(s), s)
			}
			switch a.Kind {
			case Question, Request, Who, Rhetorical:
			default:
				t.Fatalf("kind %q", a.Kind)
			}
		}
	})
}

func BenchmarkAsks(b *testing.B) {
	for name, s := range map[string]string{
		"tweet":            "@shop I ordered on Monday and it still says pending. Where is my parcel? Please call me.",
		"100,000 rhetoric": strings.Repeat("are you kidding me? ", 100_000),
		"10 MB line":       strings.Repeat("the quick brown fox and ", 10<<20/24),
		"10 MB word":       strings.Repeat("a", 10<<20),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				Asks(s, "en")
			}
		})
	}
}
