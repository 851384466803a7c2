package demo

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"answerable/internal/square"
)

// customer is somebody who writes to the brand: first words at a time, and what they say when a person has answered.
type customer struct {
	name, display, lang string
	at                  time.Duration
	words               string
	private             bool
	then                string // after the first answer; empty: they are content and silent
	joins               []onlooker
}

// onlooker answers in somebody else's thread.
type onlooker struct {
	name, display string
	after         time.Duration
	words         string
}

func people() []customer {
	return []customer{
		{
			name: "hanne", display: "Hanne Brekke", lang: "en", at: 2 * time.Second,
			words: "@tarnandrye Third parcel this month with a 48-page offer booklet in a plastic sleeve on top. You sell me a jacket called Leave No Trace. Why do you still print these? And how do I make it stop?",
			then:  "@tarnandrye That was quick, thank you. But who at your place actually decides that 48 pages go into every box?",
			joins: []onlooker{{"piet", "Piet Smit", 25 * time.Second, "@hanne @tarnandrye same here, mine goes straight into the bin. Do you at least use recycled paper?"}},
		},
		{
			name: "lucia", display: "Lucía Ferrer", lang: "es", at: 9 * time.Second,
			words: "@tarnandrye ¿El pan de centeno lleva sésamo? Mi hijo es alérgico y no sale en la etiqueta.",
			then:  "@tarnandrye Gracias, me quedo más tranquila.",
		},
		{
			name: "dominik", display: "Dominik Hauser", lang: "de", at: 18 * time.Second,
			words: "@tarnandrye Wann kommt mein Rucksack? Zugesagt war Freitag. Das ist jetzt das dritte Mal, und am Telefon legt bei euch einfach jemand auf.",
			then:  "@tarnandrye Na endlich jemand mit Namen. Und wer erstattet mir das Expressporto?",
		},
		{
			name: "priya", display: "Priya Nair", lang: "en", at: 30 * time.Second, private: true,
			words: "@tarnandrye I would rather not post this in public: is batch L2291 of the rye crackers safe for somebody with a sesame allergy?",
			then:  "@tarnandrye Thank you so much!",
		},
		{
			name: "tomasz", display: "Tomasz Wilk", lang: "pl", at: 45 * time.Second,
			words: "@tarnandrye Czy wymienicie maszt, jeśli pękł przy pierwszym rozbiciu namiotu?",
		},
		{
			name: "aoife", display: "Aoife Brennan", lang: "en", at: 62 * time.Second,
			words: "@tarnandrye Who is your chief executive, and do they read these?",
			then:  "@tarnandrye Thanks! A straight answer, that's rare.",
		},
		{
			name: "camille", display: "Camille Roux", lang: "fr", at: 80 * time.Second,
			words: "@tarnandrye Pourquoi la caisse de Lyon refuse-t-elle mes bons ? Et où puis-je les utiliser ?",
		},
		{
			name: "jeroen", display: "Jeroen de Vries", lang: "nl", at: 100 * time.Second,
			words: "@tarnandrye Mag de tweepits-brander in een voortent?",
			then:  "@tarnandrye Top, dank je wel!",
		},
		{
			name: "omar", display: "عمر حداد", lang: "ar", at: 120 * time.Second,
			words: "@tarnandrye هل يمكنني إرجاع الحذاء من دون الفاتورة؟",
		},
		{
			name: "gerd", display: "Gerd Pohl", lang: "de", at: 140 * time.Second,
			words: "@tarnandrye Drei Wochen keine Antwort auf meine Mail, ihr seid doch ein schlechter Witz. Bekomme ich mein Geld zurück oder muss ich erst zum Anwalt?",
			then:  "@tarnandrye Danke. Warum nicht gleich so?",
		},
		{
			name: "maud", display: "Maud Eriksen", lang: "en", at: 165 * time.Second,
			words: "@tarnandrye Just wanted to say: the person who repaired my tent pole in Oslo was lovely. Thank you!",
		},
		{
			name: "ines", display: "Inês Duarte", lang: "pt", at: 190 * time.Second,
			words: "@tarnandrye A loja do Porto abre ao domingo? E posso levantar lá uma encomenda online?",
		},
	}
}

// Customers lets them write over the first minutes, until ctx ends. The seed shuffles who comes when. Who has written before, in a demo
// that is begun again, stays away.
func Customers(ctx context.Context, sq *square.Square, log *slog.Logger, seed uint64) {
	all := people()
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a play, not a secret
	times := make([]time.Duration, len(all))
	for i, c := range all {
		times[i] = c.at + time.Duration(r.IntN(3000))*time.Millisecond
	}
	if seed != 0 {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for i, c := range all {
		if _, there := sq.Account(c.name); there {
			continue
		}
		wg.Go(func() {
			if !pause(ctx, times[i]) {
				return
			}
			if err := c.play(ctx, sq); err != nil && ctx.Err() == nil {
				log.Warn("a demo customer left", "name", c.name, "err", err)
			}
		})
	}
}

func (c customer) play(ctx context.Context, sq *square.Square) error {
	_, token, err := sq.Join(c.name, c.display)
	if err != nil {
		return err
	}
	in := square.PostInput{Text: c.words, Language: c.lang, Key: "first"}
	if c.private {
		in.Visibility = "direct"
	}
	first, err := sq.Post(token, in)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, o := range c.joins {
		wg.Go(func() {
			if !pause(ctx, o.after) {
				return
			}
			if _, token, err := sq.Join(o.name, o.display); err == nil {
				_, _ = sq.Post(token, square.PostInput{Text: o.words, InReplyTo: first.ID, Key: "joins"}) // an onlooker may as well stay silent
			}
		})
	}
	if c.then == "" {
		return nil
	}
	answer := ""
	for answer == "" {
		if !pause(ctx, 2*time.Second) {
			return ctx.Err()
		}
		for _, s := range sq.Thread(first.ID) {
			if s.Author == Handle && slices.ContainsFunc(s.Mentions, func(m string) bool { return strings.EqualFold(m, c.name) }) {
				answer = s.ID
			}
		}
	}
	if !pause(ctx, 6*time.Second) {
		return ctx.Err()
	}
	_, err = sq.Post(token, square.PostInput{Text: c.then, InReplyTo: answer, Language: c.lang, Visibility: in.Visibility, Key: "then"})
	return err
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
