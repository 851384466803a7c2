package text

import (
	"bufio"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"answerable/internal/desktest/require"
)

func TestTerms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"lower case, once each":   {"The Cat and the cat", "the cat and"},
		"accents and ligatures":   {"Größe Łódź Ærø cœur naïve İstanbul ﬁn", "grosse lodz aero coeur naive istanbul fin"},
		"a handle":                {"@Some_User99!", "some user99 someuser99"},
		"a mail address":          {"Anna.B@Example.com", "anna b example com annabexamplecom"},
		"an order number":         {"order #AB-123-45.", "order ab 123 45 ab12345"},
		"a phone number":          {"call +49 (30) 123-456 now", "call 49 30 123 456 4930123456 now"},
		"a phone, US":             {"(555) 123-4567", "555 123 4567 5551234567"},
		"a web address":           {"https://www.shop.example/a?b=c", "www shop example a b c"},
		"an apostrophe":           {"don't l’avion", "don t dont l avion lavion"},
		"digits of other scripts": {"٠١٢ ४५", "012 45"},
		"cyrillic folds":          {"Ёлка", "xq004" + "35" + "3b" + "3a" + "30"},
		"greek final sigma":       {"ΟΔΟΣ οδος", "xq003" + "bf" + "b4" + "bf" + "c3"},
		"no words":                {"?! 👍 — ", ""},
		"mixed":                   {"iPhone手机", "iphone xq2qz" + "4b" + "g2qe" + "3a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(Terms(c.text), " ")
			if name == "mixed" { // the block numbers are the code's business; that it comes back is ours
				parts := strings.Fields(got)
				back, ok := decoded(parts[len(parts)-1])
				if parts[0] != "iphone" || !ok || back != "手机" {
					t.Errorf("got %q, which is %q", got, back)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("terms of %q (-want +got):\n%s", c.text, diff)
			}
		})
	}
}

func TestTermsGiveChinesePairsAndPrefixes(t *testing.T) {
	t.Parallel()
	all := Terms("我的包裹")
	if len(all) != 3 {
		t.Fatalf("got %v, want three pairs", all)
	}
	one := Terms("包")
	if len(one) != 1 || !strings.HasPrefix(all[2], one[0]) {
		t.Errorf("%v is no prefix of %v", one, all[2])
	}
}

var termForm = regexp.MustCompile(`^[a-z0-9]{1,40}$`)

// text draws what people and attackers write.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringOfN(rapid.RuneFrom([]rune("aBß9 .-_@+()/'#:xqgé我包がガ한국ЁйΣςşİıعربيๆไทยक्षि\u0301\ufe0f\n￥ﬁ½²Ⅷ")), 0, 60, -1),
	)
}

func TestTermsHaveOneFormAndAreTheirOwnTerms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anyText().Draw(t, "text")
		once := Terms(s)
		seen := map[string]bool{}
		for _, w := range once {
			if !termForm.MatchString(w) {
				t.Fatalf("term %q of %q", w, s)
			}
			if seen[w] {
				t.Fatalf("term %q of %q twice", w, s)
			}
			seen[w] = true
		}
		if diff := cmp.Diff(once, Terms(strings.Join(once, " "))); diff != "" {
			t.Fatalf("terms of the terms of %q (-once +twice):\n%s", s, diff)
		}
		if diff := cmp.Diff(once, Terms(strings.ToUpper(strings.ToLower(s)))); diff != "" && isASCII(s) {
			t.Fatalf("case of %q matters:\n%s", s, diff)
		}
	})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func TestEncodedWordsComeBackAndKeepPrefixes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rs := rapid.SliceOfN(rapid.RuneFrom([]rune("яйцоαβעربक한글ไ𐍈🜚")), 1, 30).Draw(t, "word")
		whole := encoded(string(rs))
		back, ok := decoded(whole)
		if !ok || !strings.HasPrefix(string(rs), back) {
			t.Fatalf("%q comes back as %q", string(rs), back)
		}
		if len(whole) < MaxTerm-6 && back != string(rs) {
			t.Fatalf("%q was cut to %q for no reason", string(rs), back)
		}
		n := rapid.IntRange(1, len(rs)).Draw(t, "prefix")
		if !strings.HasPrefix(whole, encoded(string(rs[:n]))) {
			t.Fatalf("%q does not begin with %q", whole, encoded(string(rs[:n])))
		}
	})
}

func TestTermsAreLimited(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 3 * MaxTerms {
		b.WriteString(strings.Repeat("a", 50))
		b.WriteString(" b")
		b.WriteString(strings.Repeat("c", i%37))
		b.WriteByte(byte('0' + i%10))
		b.WriteString(strings.Repeat("d", i/370))
		b.WriteByte(' ')
	}
	if n := len(Terms(b.String())); n != MaxTerms {
		t.Errorf("%d terms, want %d", n, MaxTerms)
	}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Happy to help. ^KC":                             "KC",
		"Please send us a DM -KC":                        "KC",
		"on its way.--JV":                                "JV",
		"Thank you for your feedback. *TMT":              "TMT",
		"Which app version? /AY":                         "AY",
		"that is the correct email. ^Helen":              "Helen",
		"So true. -Anna":                                 "Anna",
		"Hope this helps! - Tom":                         "Tom",
		"look into this ^CH https://t.example/wKJHDX":    "CH",
		"actions we are taking. ~Mark Y.":                "Mark Y",
		"We'll take a look /MJ https://t.example/a 🎉":    "MJ",
		"Thanks.^Kartika":                                "Kartika",
		"let me know how it goes!\n^Senan":               "Senan",
		"a screen shot of the error. ^JL 2/2":            "JL",
		"think Claire 2/2. ^Oliver":                      "Oliver",
		"We may help you with that.\nMaclaine":           "Maclaine",
		"Wir kümmern uns darum. ^Jörg":                   "Jörg",
		"Меня зовут Анна. ^АБ":                           "АБ",
		"see you at 5 - thanks":                          "",
		"this is an e-mail":                              "",
		"yes and/or no":                                  "",
		"open 24/7":                                      "",
		"see https://shop.example/AY":                    "",
		"it costs 5-10":                                  "",
		"We are sorry - please call us":                  "",
		"Thank you!":                                     "",
		"Great\nThanks":                                  "",
		"":                                               "",
		"^":                                              "",
		"4*4":                                            "",
		"a very long explanation\nof two lines that end": "",
	} {
		sig, span, ok := Signature(text)
		if sig != want || ok != (want != "") {
			t.Errorf("Signature(%q) = %q, %v; want %q", text, sig, ok, want)
		}
		if ok && !strings.Contains(span.Of(text), sig) {
			t.Errorf("span of %q is %q", text, span.Of(text))
		}
	}
}

func TestPart(t *testing.T) {
	t.Parallel()
	type part struct{ n, of int }
	for text, want := range map[string]part{
		"We are looking into it. 1/2":                {1, 2},
		"and will call you. (2/3)":                   {2, 3},
		"We will be back, 2 of 2":                    {2, 2},
		"1/2 We are sorry to hear that":              {1, 2},
		"@ana (1/2) we are sorry":                    {1, 2},
		"@ana [2/2] for you":                         {2, 2},
		"Part 1/2: we are sorry":                     {1, 2},
		"and all is well. ^JL 2/2":                   {2, 2},
		"change your thoughts about us 2/2. ^Oliver": {2, 2},
		"see this page 1/2 https://t.example/a":      {1, 2},
		"please help me on this. (2/n)":              {2, 0},
		"open 24/7":                                  {},
		"I ate 1/2 of the cake":                      {},
		"1/2 price today":                            {},
		"we moved it to 1/2":                         {},
		"the date is 12/11":                          {},
		"since 9/11":                                 {},
		"3/2":                                        {},
		"one of 2":                                   {},
		"https://shop.example/1/2":                   {},
		"":                                           {},
	} {
		n, of, ok := Part(text)
		if (part{n, of}) != want && (ok || want != part{}) || ok != (want != part{}) {
			t.Errorf("Part(%q) = %d, %d, %v; want %v", text, n, of, ok, want)
		}
	}
}

func TestThanksOnly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{ // true: sure enough to reopen nothing
		"thanks Ana!":                            true,
		"@shop Thank you so much for your help!": true,
		"ok thx":                                 true,
		"Perfect, thanks a lot 😊":                true,
		"👍":                                      true,
		"🙏🙏❤️":                                   true,
		"Vielen Dank für die schnelle Antwort":   true,
		"muchas gracias":                         true,
		"merci beaucoup, bonne journée":          true,
		"grazie mille":                           true,
		"obrigada!":                              true,
		"bedankt voor de hulp":                   true,
		"dziękuję bardzo":                        true,
		"ありがとうございます":                             true,
		"Спасибо!":                               true,
		"شكرا":                                   true,
		"thanks, and when does it arrive?":       false,
		"thanks for nothing":                     false,
		"thanks but it still does not work":      false,
		"thanks, can you call me":                false,
		"Thanks. My order number is 4711":        false,
		"danke, aber wann kommt es":              false,
		"thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks":     true,
		"thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks you": false,
		"😡":  false,
		"no": false,
		"":   false,
		"Thank you for getting back to me, I have sent you the details that you wanted in a private message": false,
	} {
		ok, sure := ThanksOnly(text)
		if got := ok && sure >= 0.9; got != want {
			t.Errorf("ThanksOnly(%q) = %v, %.2f; want %v", text, ok, sure, want)
		}
	}
}

func TestLang(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"where is my order, it has not arrived": "en",
		"wo ist meine Bestellung":               "de",
		"¿dónde está mi pedido?":                "es",
		"où est mon colis":                      "fr",
		"dove è il mio pacco":                   "it",
		"onde está minha encomenda":             "pt",
		"waar is mijn pakket":                   "nl",
		"gdzie jest moja paczka":                "pl",
		"где моя посылка":                       "ru",
		"де моя посилка, її ще немає":           "uk",
		"πού είναι το δέμα":                     "el",
		"أين طلبي":                              "ar",
		"मेरा ऑर्डर कहाँ है":                    "hi",
		"荷物はどこですか":                              "ja",
		"我的包裹在哪里":                               "zh",
		"내 택배 어디":                               "ko",
		"iPhone 7 11.1":                         "",
		"":                                      "",
		"https://shop.example/the/and/is":       "",
	} {
		if got := Lang(text); got != want {
			t.Errorf("Lang(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestLangAgainstTweets(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"arabic": "ar", "english": "en", "french": "fr", "german": "de", "hindi": "hi", "italian": "it", "portuguese": "pt", "spanish": "es",
	} {
		f, err := os.Open(require.Shared(t, "data/bulk/multilingual/"+file+".tsv"))
		if err != nil {
			t.Fatal(err)
		}
		right, wrong, silent := 0, 0, 0
		sc := bufio.NewScanner(f)
		for sc.Scan() {
			cells := strings.SplitN(sc.Text(), "\t", 3)
			if len(cells) < 3 {
				continue
			}
			switch Lang(cells[2]) {
			case want:
				right++
			case "":
				silent++
			default:
				wrong++
			}
		}
		f.Close()
		t.Logf("%-10s right %d wrong %d silent %d", file, right, wrong, silent)
		if file != "hindi" && wrong*10 > right { // much of the Hindi is in Latin letters, half English
			t.Errorf("%s: %d wrong beside %d right", file, wrong, right)
		}
	}
}

func FuzzTerms(f *testing.F) {
	for _, s := range []string{"a-b@c", "+49 (30) 1234567", "xq004", "https://a.b/c?d", "我的", "ﷺ", "İ", "\xff", "٠١", "½"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Terms(s)
		for _, w := range once {
			if !termForm.MatchString(w) {
				t.Fatalf("term %q of %q", w, s)
			}
		}
		if diff := cmp.Diff(once, Terms(strings.Join(once, " "))); diff != "" {
			t.Fatalf("terms of terms of %q: %s", s, diff)
		}
	})
}

func FuzzSignature(f *testing.F) {
	for _, s := range []string{"a ^KC", "a - Tom https://x", "x\nAnna", "^KC 2/2", "a /", "\xff^A", "a 1/2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sig, span, ok := Signature(s)
		if ok && (span.Start < 0 || span.End > len(s) || span.Start >= span.End || !strings.Contains(span.Of(s), sig)) {
			t.Fatalf("signature %q at %v of %q", sig, span, s)
		}
		if n, of, ok := Part(s); ok && (n < 1 || of != 0 && (n > of || of > maxParts)) {
			t.Fatalf("part %d of %d in %q", n, of, s)
		}
		if ok, sure := ThanksOnly(s); sure < 0 || sure > 1 || !ok && sure != 0 {
			t.Fatalf("thanks %v %v", ok, sure)
		}
		Lang(s)
	})
}
