package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxThanksWords is how long a message may be and still be only thanks.
const maxThanksWords = 14

// thanksBytes is how much of a message is looked at: fourteen words are never longer.
const thanksBytes = 1000

// ThanksOnly reports whether a message says nothing but thanks, praise or goodbye ("thanks Ana!", "👍", "merci beaucoup, bonne
// journée"), and how sure that is from 0 to 1. Such a message reopens nothing when confidence is 0.9 or more; below, it does.
// A message that asks, that complains ("thanks for nothing", "thanks but …"), or of more than 14 words is never thanks only.
func ThanksOnly(s string) (bool, float64) {
	s = strings.TrimSpace(s)
	if len(s) > thanksBytes {
		return false, 0
	}
	c := newScanner(s, "")
	words, thanks, known, praise, sour, names := 0, 0, 0, 0, 0, 0
	for {
		st, ok := c.next()
		if !ok {
			break
		}
		if st.asked {
			return false, 0
		}
		for i, w := range st.words {
			if w.s == "@" || w.s == "#" {
				continue
			}
			words++
			switch {
			case sourWords[w.s]:
				sour++
			case thanksWord(w.s):
				if thanks++; i > 0 && (st.words[i-1].s == "no" || st.words[i-1].s == "nein" || st.words[i-1].s == "non") {
					return false, 0 // "no thanks" is an answer
				}
			case praiseWords[w.s]:
				praise++
			case fillerWords[w.s]:
				known++
			case isDigits(w.s):
				return false, 0 // a number is an answer to something
			default:
				// a name after thanks: "thanks Ana"
				r, _ := utf8.DecodeRuneInString(s[w.start:])
				if unicode.IsUpper(r) && i > 0 && (thanksWord(st.words[i-1].s) || fillerWords[st.words[i-1].s] || names > 0) {
					names++
				}
			}
		}
	}
	if words > maxThanksWords || sour > 0 {
		return false, 0
	}
	if words == 0 {
		return cheer(s)
	}
	if thanks == 0 && praise == 0 {
		return false, 0
	}
	if asks := requests(s); asks {
		return false, 0
	}
	strange := words - thanks - praise - known - names
	switch {
	case thanks > 0 && strange == 0:
		return true, 0.97
	case thanks > 0 && strange*3 <= words:
		return true, 0.92
	case thanks > 0 && strange*2 <= words:
		return true, 0.8
	case thanks > 0:
		return true, 0.6
	case strange == 0:
		return true, 0.75 // "great, see you": praise without thanks may also be sarcasm
	case strange*3 <= words:
		return true, 0.5
	}
	return false, 0
}

// requests reports whether a short message asks, as far as the phrases of its language can tell.
func requests(s string) bool {
	lang, book, _ := chooseBook(s, "")
	c := newScanner(s, lang)
	f := finder{s: s, book: book}
	for {
		st, ok := c.next()
		if !ok {
			return false
		}
		f.sentence(st)
		for _, a := range f.found {
			if a.Kind != Rhetorical {
				return true
			}
		}
	}
}

// cheer reports whether a message without words is made of friendly emoji.
func cheer(s string) (bool, float64) {
	good, bad := 0, 0
	for _, r := range s {
		switch {
		case strings.ContainsRune("👍🙏❤😊😀😁😃😄🙂😍🥰😘👏🎉💯👌✌🤗💕💖💗💙💚💛💜🧡🤝🙌☺😇✅⭐🌟✨🔥💪😎🥳♥🌹💐🏆😉", r):
			good++
		case unicode.Is(unicode.So, r):
			bad++
		case r == '?' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return false, 0
		}
	}
	for _, smile := range [...]string{":)", ":-)", ";)", "<3", ":D", "=)", "^^", ":-D"} {
		good += strings.Count(s, smile)
	}
	switch {
	case good == 0 || bad > 0:
		return false, 0
	default:
		return true, 0.95
	}
}

func isDigits(w string) bool {
	for i := range len(w) {
		if w[i] >= '0' && w[i] <= '9' {
			return true
		}
	}
	return false
}

// thanksWord reports whether w is a word of thanks in a language we have one for, with the letters people stretch.
func thanksWord(w string) bool {
	if thanksWords[w] {
		return true
	}
	for _, stem := range [...]string{
		"thank", "thx", "thnx", "danke", "graci", "grazi", "obrigad", "merci", "bedank", "dzieku", "tesekkur",
		"спасибо", "благодар", "дякую", "ευχαριστ", "شكر", "धन्यवाद", "ありがとう", "谢谢", "謝謝", "감사", "고맙", "ขอบคุณ", "תודה",
	} {
		if strings.HasPrefix(w, stem) {
			return true
		}
	}
	return strings.Contains(w, "ありがとう")
}

var thanksWords = set(`thanks thank thankyou thx thnx tks ty tysm tyvm cheers ta appreciated appreciate grateful tnx
	danke dank dankeschon merci gracias grazie obrigado obrigada obg brigado bedankt dankjewel dankuwel dzieki dziekuje tack tak takk
	kiitos tesekkurler multumesc kosz koszi koszonom dekuji diky hvala faleminderit terima kasih makasih salamat arigato arigatou
	dakujem asante mahalo متشکرم ممنون مرسی شكرا شكرًا धन्यवाद शुक्रिया`)

var praiseWords = set(`great awesome perfect excellent amazing brilliant fantastic wonderful lovely love best good nice cool sorted works working
	solved fixed resolved helpful super prima toll klasse spitze hervorragend perfekt geklappt erledigt perfecto genial excelente estupendo
	parfait super genial excellent perfetto ottimo eccellente grande otimo perfeito excelente legal geweldig fijn perfect opgelost swietnie
	super done happy yay woohoo legend legends star stars heroes hero kudos bravo respect отлично супер`)

var fillerWords = set(`so very much a lot you u your for the help helping reply quick response that this it its is was i we all again really
	will do have and ok okay got yes yep no problem worries worked now day evening weekend night one bye guys team my me to too
	in advance mate sir madam maam man bro dear service support customer answer info information update any anyway many million bunch
	kindly just just see soon of be much hi hello hey everything assistance assisting looking into sharing xx x xxx lol haha oh well fast
	speedy prompt quickly at least sharing letting know us made has been are youre
	vielen herzlichen lieben besten schon schoen fur die schnelle antwort hilfe euch ihnen dir sehr das hat gut schonen tag noch und ich ja alles klar auch
	eure ihre ein einen wirklich liebe grusse abend wochenende bitte gern geschehen
	muchas muchisimas mil por la el tu su ayuda respuesta rapida y a ti usted ustedes todo muy buen dia os le les todos saludos
	beaucoup pour votre aide reponse rapide bien a vous et bonne journee tres c est soiree de rien tout
	mille tante per l aiuto risposta e il vostro tutto molto buona giornata a voi rapida gentile
	muito pela o sua ajuda resposta e bom dia tudo boa tarde noite pelo abraco voces mesmo
	hartelijk voor de hulp snelle reactie jullie je u wel heel erg veel fijne dag het en
	bardzo za pomoc odpowiedz i milego dnia szybka wszystko wam
	большое вам за помощь`)

// sourWords turn thanks into something else.
var sourWords = set(`but nothing not dont doesnt didnt cant wont isnt still however except never worst useless wasting ruining
	losing cancelling aber nichts nicht leider trotzdem pero nada sin mais rien pas mas niente pero ma non nao niks maar niet ale nie
	никак но zero lack lies lying delay delayed broken bad terrible awful horrible ruined screwed unfortunately though sarcasm hate`)
