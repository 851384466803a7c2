package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// langBytes is how much of a text Lang looks at.
const langBytes = 2000

// Lang guesses the language of a text by its script and its small words, as a BCP 47 tag, or "" when it is not sure: better
// silent than wrong, because the asks of a message in an unknown language are kept whole.
// It tells en, de, es, fr, it, pt, nl, pl and a few neighbours by words; ru, uk, el, he, ar, fa, hi, th, ko, ja, zh and some
// more by letters alone.
func Lang(s string) string {
	sure, _ := guess(s)
	return sure
}

// guess returns the language when it is sure, and else the most likely one of those written in Latin letters.
func guess(s string) (sure, likely string) {
	if len(s) > langBytes {
		s = s[:langBytes]
	}
	var latin, other int
	scripts := map[string]int{}
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
				latin++
			}
		case unicode.Is(unicode.Latin, r):
			latin++
		case unicode.IsLetter(r):
			if l := scriptLang(r); l != "" {
				scripts[l]++
				other++
			}
		}
	}
	if other > 0 && other*3 >= latin {
		return byScript(scripts, other), ""
	}
	return byWords(s)
}

// scriptLang names the language a letter speaks for; letters shared by several are named by their script.
func scriptLang(r rune) string {
	switch {
	case r >= 0x3040 && r <= 0x30FF:
		return "ja"
	case unicode.Is(unicode.Han, r):
		return "zh"
	case unicode.Is(unicode.Hangul, r):
		return "ko"
	case strings.ContainsRune("іїєґІЇЄҐ", r):
		return "uk"
	case unicode.Is(unicode.Cyrillic, r):
		return "ru"
	case unicode.Is(unicode.Greek, r):
		return "el"
	case unicode.Is(unicode.Hebrew, r):
		return "he"
	case strings.ContainsRune("پچژگکی", r):
		return "fa"
	case unicode.Is(unicode.Arabic, r):
		return "ar"
	case unicode.Is(unicode.Devanagari, r):
		return "hi"
	case unicode.Is(unicode.Thai, r):
		return "th"
	case unicode.Is(unicode.Armenian, r):
		return "hy"
	case unicode.Is(unicode.Georgian, r):
		return "ka"
	case unicode.Is(unicode.Bengali, r):
		return "bn"
	case unicode.Is(unicode.Tamil, r):
		return "ta"
	case unicode.Is(unicode.Telugu, r):
		return "te"
	}
	return ""
}

func byScript(n map[string]int, all int) string {
	switch {
	case n["ja"]*10 >= n["ja"]+n["zh"] && n["ja"] > 0:
		return "ja"
	case n["uk"] > 0 && n["ru"] > 0:
		return "uk"
	case n["fa"]*8 >= n["ar"] && n["fa"] > 0:
		return "fa"
	case n["fa"] > 0 && n["ar"] > 0:
		return "ar"
	}
	for l, c := range n {
		if c*10 >= all*8 {
			return l
		}
	}
	return ""
}

// byWords counts the small words of each language; the winner must be clearly ahead.
func byWords(s string) (sure, likely string) {
	var score [len(wordLangs)]int
	words := 0
	for i := 0; i < len(s); {
		end := tokenEnd(s, i)
		if end == i {
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
			continue
		}
		token := s[i:end]
		i = end
		if urlAt(token) >= 0 || strings.HasPrefix(token, "@") || strings.HasPrefix(token, "#") || strings.HasPrefix(token, "__") {
			continue
		}
		for _, w := range strings.FieldsFunc(strings.ToLower(token), func(r rune) bool { return !isWordRune(r) && !isApostrophe(r) }) {
			words++
			w = strings.Map(straight, w)
			for _, l := range smallWords[w] {
				score[l] += 2
			}
			for _, r := range w {
				if l, ok := tellingLetter(r); ok {
					score[l] += 2
				}
			}
		}
	}
	best, second := 0, -1
	for l := range score {
		switch {
		case score[l] > score[best]:
			best, second = l, best
		case l != best && (second < 0 || score[l] > score[second]):
			second = l
		}
	}
	top := score[best]
	likely = wordLangs[best] // English when nothing speaks for another
	switch {
	case top < 2, top-score[second] < 2:
		return "", likely
	case top == 2 && (words > 4 || score[second] > 0):
		return "", likely // one small word speaks for a very short text only
	case top*6 < words:
		return "", likely // most of it is something else
	}
	return likely, likely
}

func straight(r rune) rune {
	if isApostrophe(r) {
		return '\''
	}
	return r
}

var wordLangs = [...]string{"en", "de", "es", "fr", "it", "pt", "nl", "pl", "sv", "da", "tr", "id"}

const (
	en = iota
	de
	es
	fr
	it
	pt
	nl
	pl
	sv
	da
	tr
	in
)

// tellingLetter names the language for which a letter speaks; many share é and ä, which say nothing.
func tellingLetter(r rune) (int, bool) {
	if r < utf8.RuneSelf {
		return 0, false
	}
	switch r {
	case 'ß':
		return de, true
	case 'ñ', '¿', '¡':
		return es, true
	case 'œ', 'ê', 'û', 'î':
		return fr, true
	case 'ã', 'õ':
		return pt, true
	case 'ł', 'ą', 'ę', 'ż', 'ś', 'ź', 'ć', 'ń':
		return pl, true
	case 'å':
		return sv, true
	case 'ø', 'æ':
		return da, true
	case 'ğ', 'ş', 'ı':
		return tr, true
	}
	return 0, false
}

// smallWords says of which languages a small word is. It is written once, here, and only read.
var smallWords = func() map[string][]int {
	m := make(map[string][]int, 900)
	for l, words := range [...]string{
		en: `the and is are was were to of in that it's it i'm i i've you your my we our they this for with on have has had not don't
			can't won't doesn't didn't isn't be been what when where why how who can could would will should please thanks thank help
			at from just but so me get got there any about out if or an as all do does did going still now been need want know
			working they're you're u ur pls never no yes hi hello hey guys why's what's because after before been only than then`,
		de: `der die das und ist nicht ich sie wir ihr mein meine meinen ein eine einen mit auf für von zu den dem des wie was wann wo
			warum wer kann können könnt bitte danke hilfe aber auch noch nur schon habe hat haben bin sind wird werden bei seit nach
			aus wenn dass es im am zum zur kein keine mir mich euch euer eure gibt heute immer hallo man oder doch jetzt sehr vielen
			leider wieder mal kommt geht`,
		es: `el la los las un una y es que de en no se por para con mi mis su me te lo le al del como cómo qué cuándo cuando dónde
			donde quién quien está están estoy soy muy pero más mas ya hay tengo tiene gracias hola favor porque si sí yo tu
			usted ustedes hacer puedo pueden puede esto este esta eso nada todo ayer hoy desde cuánto`,
		fr: `le la les des un une et est que de du en je ne pas pour avec mon ma mes vous votre vos nous il elle ce cette ces qui quoi
			quand où comment pourquoi combien au aux sur dans sont suis ai a avez avoir être c'est j'ai n'est merci bonjour
			svp plus très mais donc depuis toujours rien tout fait faire peut pouvez puis si on se d'un d'une qu'est est-ce`,
		it: `il lo la gli le un una e è che di del della dei delle in non per con mio mia miei mi ti si ci da dal nel sono ho ha hanno
			come quando dove perché chi cosa grazie ciao buongiorno favore anche più ma se questo questa ancora sempre tutto molto
			posso potete può voi vostro oggi ieri c'è l'ho dell' essere fare alla al`,
		pt: `o a os as um uma e é que de do da dos das em no na nos nas não por para com meu minha meus eu você vocês se me como quando
			onde porque quem qual está estão estou muito mas mais já tem tenho obrigado obrigada olá oi favor isso isto este essa
			esse até ontem hoje foi ser fazer posso podem pode só também bom dia pra vc nada tudo ainda`,
		nl: `de het een en is niet ik je jij u wij we jullie mijn met op voor van te dat die deze dit hoe wat wanneer waar waarom wie
			kan kunnen kunt alstublieft aub bedankt dank hulp maar ook nog al heb heeft hebben ben zijn wordt worden bij sinds naar
			uit als om geen mij er aan nu wel graag hallo hoi gaat zo weer heel goed meer`,
		pl: `i w na nie to że się jest są z do jak co kiedy gdzie dlaczego kto czy proszę dziękuję dzięki mam ma moje mój moja dla po od
			za ale już jeszcze tylko był była tak jestem mogę może dzień dobry cześć witam przez przy które który pomoc o`,
		sv: `och att det är jag inte en ett som på för med har kan vi ni min mitt era när var hur varför vad vem tack hej men om så från
			till av den eller bara också`,
		da: `og at det er jeg ikke en et som på for med har kan vi i min mit jeres når hvor hvordan hvorfor hvad hvem tak hej men om så
			fra til af den eller kun også`,
		tr: `ve bir bu ne için çok ama var yok değil mi mı ben sen siz biz nasıl neden nerede kim zaman lütfen teşekkürler merhaba daha
			kadar gibi olarak`,
		in: `yang dan di ini itu tidak saya anda kami untuk dengan dari ke ada bisa apa kapan dimana kenapa mengapa siapa bagaimana
			terima kasih tolong sudah belum kok min gak nya`,
	} {
		for w := range strings.FieldsSeq(words) {
			if have := m[w]; len(have) == 0 || have[len(have)-1] != l {
				m[w] = append(have, l)
			}
		}
	}
	return m
}()
