package web_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"time"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/delivery"
	"answerable/internal/desk/draft"
	"answerable/internal/desk/question"
	"answerable/internal/flow/assign"
	"answerable/internal/flow/reply"
	"answerable/internal/lease"
)

// watch is a clock that a story sets.
type watchman struct{ at atomic.Int64 }

func (w *watchman) Now() time.Time   { return time.UnixMicro(w.at.Load()).UTC() }
func (w *watchman) set(at time.Time) { w.at.Store(at.UnixMicro()) }

// story fills a house with a morning of made-up people and returns the conversation the pictures show. It is 10:26 in the end.
func story(h house, clock *watchman) conversation.ID {
	now := clock.Now()
	clock.set(now.Add(-71 * time.Minute))
	h.Write(func(tx *db.Tx) (err error) {
		if h.Account, err = account.Connect(tx, auth.TheHouse(), account.Account{
			Brand: h.Brand.ID, Channel: "mastodon", ExternalID: "1", Realm: "fjell.example", Handle: "tarnandrye", Name: "Tarn & Rye", Config: json.RawMessage("{}"),
		}); err != nil {
			return err
		}
		return account.Tell(tx, h.Account.ID, account.OK, "", &channel.Info{
			Channel: "mastodon", ExternalID: "1", Handle: "tarnandrye", Name: "Tarn & Rye", Realm: "fjell.example", Limits: channel.Limits{MaxChars: 500, Addressed: true},
		})
	})
	n := 0
	says := func(who, handle, thread, lang, words string, public bool, ago time.Duration) channel.Inbound {
		n++
		id := "s" + string(rune('a'+n))
		in := channel.Inbound{
			Kind: channel.Message, ExternalID: id, ThreadKey: thread, Public: public, Lang: lang, Text: words, At: now.Add(-ago), URL: "https://fjell.example/@" + who + "/" + id,
			Author: channel.Author{Realm: "fjell.example", ID: handle, Handle: handle, Name: who},
		}
		if thread == "" {
			in.ThreadKey = id
		} else if public {
			in.InReplyTo = thread
		}
		return in
	}
	h.Hears(says("Lucía Ferrer", "lucia@sol.example", "lucia", "es", "¿El pan de centeno lleva sésamo? Mi hijo es alérgico y no sale en la etiqueta.", false, 71*time.Minute))
	first := says("Hanne Brekke", "hanne@fjell.example", "", "en",
		"@tarnandrye Third parcel this month with a 48-page offer booklet in a plastic sleeve on top. You sell me a jacket called Leave No Trace. Why do you still print these? And how do I make it stop?", true, 64*time.Minute)
	first.Attachments = []channel.Attachment{{Name: "booklet.jpg", Type: "image/jpeg", URL: "https://fjell.example/booklet.jpg", Alt: "Booklet in a plastic sleeve, on a parcel"}}
	clock.set(now.Add(-64 * time.Minute))
	id := h.Hears(first)[0].Conversation
	clock.set(now.Add(-61 * time.Minute))
	var threads []conversation.Thread
	send := func(at int, words string, answers ...int) {
		h.Write(func(tx *db.Tx) (err error) {
			if threads, err = conversation.Threads(tx, id); err != nil {
				return err
			}
			qs, err := question.Of(tx, id)
			if err != nil {
				return err
			}
			d := draft.Draft{Conversation: id, Thread: threads[at].ID, Words: words}
			for _, a := range answers {
				d.Answers = append(d.Answers, qs[a].ID)
			}
			_, err = reply.Send(tx, h.Mara.Actor(), d, 0)
			return err
		})
		h.delivers()
	}
	h.Write(func(tx *db.Tx) error { return assign.To(tx, h.Mara.Actor(), id, h.Mara.ID, "") })
	send(0, "Hanne, I’m Mara and I stay with you until this is settled. You’re right to ask. Stopping it I can do today, write to me privately. On why, I’m asking Elif Aydın, who leads sustainability. You have her answer from me by 11:30.")
	clock.set(now.Add(-52 * time.Minute))
	private := says("Hanne Brekke", "hanne@fjell.example", "hanne-private", "en", "Two names are on my parcels, mine and my flatmate’s. Customer number 40 22 16, address as in the form.", false, 52*time.Minute)
	private.InReplyTo = first.ExternalID
	h.Hears(private)
	clock.set(now.Add(-45 * time.Minute))
	send(1, "Both names are off the print list as of now. Parcels already packed may still carry one until 4 December, none after that. If one does, tell me here and I’ll go to the packing line myself.", 1)
	clock.set(now.Add(-40 * time.Minute))
	h.Hears(says("Jonas Berg", "jonas@berg.example", first.ExternalID, "en", "Same here, every single week!", true, 40*time.Minute))
	clock.set(now.Add(-38 * time.Minute))
	h.Write(func(tx *db.Tx) error {
		_, err := conversation.AddNote(tx, h.Tom.Actor(), id, "Ninth person this month about the sleeve. Legal said yes to naming the print run in public.")
		return err
	})
	clock.set(now.Add(-24 * time.Minute))
	h.Hears(says("Hanne Brekke", "hanne@fjell.example", first.ExternalID, "en", "That was quick, thank you. But I asked why. Who at your place actually decides that 48 pages go into every box?", true, 24*time.Minute))
	clock.set(now)
	for _, m := range []channel.Inbound{
		says("Tomasz Wilk", "tomasz@las.example", "tomasz", "pl", "Czy wymienicie maszt, jeśli pękł przy pierwszym rozbiciu namiotu?", false, 12*time.Minute),
		says("Dominik Hauser", "dominik@see.example", "", "de", "Wann kommt mein Rucksack? Zugesagt war Freitag.", true, 9*time.Minute),
		says("عمر حداد", "omar@nahr.example", "omar", "ar", "هل يمكنني إرجاع الحذاء من دون الفاتورة؟", false, 7*time.Minute),
		says("Aoife Brennan", "aoife@burren.example", "", "en", "@tarnandrye Who is your chief executive, and do they read these?", true, 4*time.Minute),
		says("Camille Roux", "camille@rhone.example", "", "fr", "Pourquoi la caisse de Lyon refuse-t-elle mes bons ?", true, 2*time.Minute),
	} {
		h.Hears(m)
	}
	h.Write(func(tx *db.Tx) (err error) {
		if threads, err = conversation.Threads(tx, id); err != nil {
			return err
		}
		qs, err := question.Of(tx, id)
		if err != nil {
			return err
		}
		ms, err := conversation.Timeline(tx, id)
		if err != nil {
			return err
		}
		return draft.Save(tx, h.Mara.Actor(), draft.Draft{
			Conversation: id, Thread: threads[0].ID, Seen: newest(ms), Answers: []question.ID{qs[len(qs)-1].ID},
			Words: "Ruth Halvorsen decides: she runs Tarn & Rye, and Joost Akkerman plans the booklet for her. On why it is still printed, Elif has the figures and I bring you her answer by 11:30.",
		})
	})
	return id
}

func newest(ms []conversation.Message) (id conversation.MessageID) {
	for _, m := range ms {
		if m.Side != conversation.Note {
			id = max(id, m.ID)
		}
	}
	return id
}

// delivers sends what is queued, as a network that takes everything would.
func (h house) delivers() {
	h.T.Helper()
	ctx, done := context.WithCancel(h.T.Context())
	defer done()
	lease.Hold(ctx, h.DB, slog.New(slog.DiscardHandler), account.Lease(h.Account.ID), "story", func(_ context.Context, fence int64) error {
		defer done()
		for {
			more := false
			h.Write(func(tx *db.Tx) error {
				at, any, _, err := delivery.Begin(tx, h.Account.ID, fence)
				if more = any; err != nil || !any {
					return err
				}
				_, err = delivery.Settle(tx, at, channel.Receipt{ExternalID: string(at.Message), URL: "https://fjell.example/@tarnandrye/" + string(at.Message)}, delivery.Arrived, 0, "", true)
				return err
			})
			if !more {
				return nil
			}
		}
	})
}
