// Package gallery holds every page in every state, without a database: what a developer looks at, what the browser test takes
// pictures of and reads aloud. The brand and all people in it are made up. It is always Monday, 23 November 2026, 10:26.
package gallery

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"answerable/internal/web/assets"
	"answerable/internal/web/desk"
	"answerable/internal/web/entry"
	"answerable/internal/web/look"
	"answerable/internal/web/settings"
	"answerable/internal/web/trouble"
	"answerable/internal/web/words"
)

// Page is one page in one state.
type Page struct {
	Name  string // as an address and a file: "desk", "desk-empty"
	Whole templ.Component
}

// hall makes pages: it knows the language, the theme and the assets.
type hall struct {
	w     *words.Words
	set   *assets.Set
	theme string
	now   time.Time
}

// Pages makes all of them in one language.
func Pages(set *assets.Set, w *words.Words, theme string) []Page {
	zone := time.FixedZone("CET", 3600)
	h := hall{w: w, set: set, theme: theme, now: time.Date(2026, 11, 23, 10, 26, 0, 0, zone)}
	return []Page{
		{"desk", h.desk().Whole()},
		{"desk-private", h.private().Whole()},
		{"desk-deliveries", h.deliveries().Whole()},
		{"desk-closing", h.closing().Whole()},
		{"desk-owed", h.owed().Whole()},
		{"desk-undo", h.undo().Whole()},
		{"desk-stale", h.stale().Whole()},
		{"desk-resolved", h.resolved().Whole()},
		{"desk-unowned", h.unowned().Whole()},
		{"desk-merge", h.merge().Whole()},
		{"desk-edited", h.edited().Whole()},
		{"desk-arabic", h.arabic().Whole()},
		{"desk-long", h.long().Whole()},
		{"desk-choose", h.choose().Whole()},
		{"desk-empty", h.empty().Whole()},
		{"desk-welcome", h.welcome().Whole()},
		{"desk-search", h.search().Whole()},
		{"desk-search-none", h.searchNone().Whole()},
		{"desk-broken-list", h.brokenList().Whole()},
		{"sign-in", entry.SignIn{Frame: h.door(w.Entry.Title)}.Whole()},
		{"sign-in-wrong", entry.SignIn{Frame: h.door(w.Entry.Title), Email: "mara@tarn.example", Wrong: w.Entry.Wrong}.Whole()},
		{"sign-in-out", entry.SignIn{Frame: h.door(w.Entry.Title), Said: w.Entry.Out}.Whole()},
		{"first", entry.First{Frame: h.door(w.Entry.FirstTitle), Zone: "Europe/Berlin"}.Whole()},
		{"first-wrong", entry.First{
			Frame: h.door(w.Entry.FirstTitle), Name: "Mara Lindqvist", Email: "mara", Brand: "", WrongEmail: w.Entry.NeedEmail,
			WrongBrand: w.Entry.NeedBrand, WrongPass: w.Entry.Short,
		}.Whole()},
		{"settings", h.settings().Whole()},
		{"settings-empty", h.settingsEmpty().Whole()},
		{"trouble-404", h.trouble(404).Whole()},
		{"trouble-403", h.trouble(403).Whole()},
		{"trouble-409", h.trouble(409).Whole()},
		{"trouble-429", h.trouble(429).Whole()},
		{"trouble-500", h.trouble(500).Whole()},
	}
}

func (h hall) door(title string) look.Frame {
	return look.Frame{W: h.w, Assets: h.set, Title: title, Theme: h.theme, Now: h.now, Path: "/"}
}

var (
	mara = look.Person{ID: "mara", Name: "Mara Lindqvist", Me: true}
	tom  = look.Person{ID: "tom", Name: "Tomas Novák"}
	elif = look.Person{ID: "elif", Name: "Elif Aydın"}
)

func (h hall) frame(title, at string) look.Frame {
	f := h.door(title)
	f.Path = "/desk?view=mine"
	f.Rail = &look.Rail{
		At: at, Me: mara, Presence: "here", Brand: look.Brand{ID: "tarn", Name: "Tarn & Rye"},
		Brands: []look.Brand{{ID: "tarn", Name: "Tarn & Rye"}, {ID: "fjell", Name: "Fjell Foods"}},
	}
	return f
}

func (h hall) ago(minutes int) time.Time { return h.now.Add(-time.Duration(minutes) * time.Minute) }

func (h hall) at(hour, minute int) time.Time {
	return time.Date(2026, 11, 23, hour, minute, 0, 0, h.now.Location())
}

func (h hall) views(current string, mine, unowned, all int) []desk.View {
	l := h.w.List
	vs := []desk.View{
		{Name: "mine", Label: l.Mine, Count: mine, Counted: true},
		{Name: "unowned", Label: l.ViewUnowned, Count: unowned, Counted: true},
		{Name: "waiting", Label: l.ViewWaiting, Count: min(all, 4), Counted: true},
		{Name: "open", Label: l.ViewOpen, Count: all, Counted: true},
		{Name: "all", Label: l.All, Count: all, Counted: true},
		{Name: "archived", Label: l.ViewArchived},
	}
	for i := range vs {
		vs[i].URL, vs[i].Current = "/desk?view="+vs[i].Name, vs[i].Name == current
	}
	return vs
}

func (h hall) rows() []desk.Row {
	me := mara
	rows := []desk.Row{
		{Who: "Lucía Ferrer", Ask: "¿El pan de centeno lleva sésamo? Mi hijo es alérgico y no sale en la etiqueta.", AskLang: "es", Asked: true, Channel: "instagram", Private: true, Owner: &me, State: desk.Waiting, Since: h.ago(71)},
		{Who: "Hanne Brekke", Ask: "Who at your place actually decides that 48 pages go into every box?", AskLang: "en", Asked: true, More: 1, Channel: "mastodon", Public: true, Private: true, Owner: &me, State: desk.Waiting, Since: h.ago(24), Current: true},
		{Who: "Tomasz Wilk", Ask: "Czy wymienicie maszt, jeśli pękł przy pierwszym rozbiciu namiotu?", AskLang: "pl", Asked: true, Channel: "signed", Private: true, Owner: &me, State: desk.Waiting, Since: h.ago(12)},
		{Who: "Dominik Hauser", Ask: "Wann kommt mein Rucksack? Zugesagt war Freitag.", AskLang: "de", Asked: true, Channel: "mastodon", Public: true, Owner: &me, State: desk.Uncertain},
		{Who: "عمر حداد", WhoLang: "ar", Ask: "هل يمكنني إرجاع الحذاء من دون الفاتورة؟", AskLang: "ar", Asked: true, Channel: "whatsapp", Private: true, Owner: &me, State: desk.Waiting, Since: h.ago(7)},
		{Who: "Aoife Brennan", Ask: "Who is your chief executive, and do they read these?", AskLang: "en", Asked: true, Channel: "bluesky", Public: true, Owner: &me, State: desk.Waiting, Since: h.ago(2)},
		{Who: "Priya Nair", Ask: "Is batch L2291 of the rye crackers safe for somebody with a sesame allergy?", AskLang: "en", Asked: true, Channel: "webform", Private: true, Owner: &me, State: desk.Answered},
		{Who: "Camille Roux", Ask: "La caisse de Lyon a encore refusé mes bons, troisième fois ce mois-ci.", AskLang: "fr", Channel: "facebook", Public: true, Owner: &me, State: desk.Their},
		{Who: "Jeroen de Vries", Ask: "Mag de tweepits-brander in een voortent?", AskLang: "nl", Asked: true, Channel: "discourse", Public: true, Owner: &me, State: desk.Owed},
	}
	for i := range rows {
		rows[i].ID = string(rune('a' + i))
		rows[i].URL = "/desk/c/" + rows[i].ID + "?view=mine#newest"
	}
	return rows
}

func (h hall) list() desk.List {
	return desk.List{View: "mine", Views: h.views("mine", 9, 3, 61), Rows: h.rows(), Empty: h.w.List.EmptyMine, Since: h.at(10, 19)}
}

func (h hall) hanne() *desk.Talk {
	me := mara
	first := "@tarnandrye Third parcel this month with a 48-page offer booklet in a plastic sleeve on top. You sell me a jacket called Leave No Trace. Why do you still print these? And how do I make it stop?"
	third := "That was quick, thank you. But I asked why. Who at your place actually decides that 48 pages go into every box?"
	mark := func(text, words string, no int, ended bool) desk.Words {
		i := strings.Index(text, words)
		return desk.Words{Start: i, End: i + len(words), Question: no, Ended: ended}
	}
	return &desk.Talk{
		ID: "b", URL: "/desk/c/b?view=mine", BackURL: "/desk?view=mine", CloseURL: "/desk/c/b?view=mine&close=1", Who: "Hanne Brekke", Brand: "Tarn & Rye",
		Owner: &me, Mine: true, Hands: 1, Severity: "normal", Status: "open", Since: h.ago(24), Open: 2, Newest: "m9",
		Items: desk.Lay([]desk.Item{
			{Kind: desk.Day, At: h.at(9, 2), Plain: h.w.Time.Today},
			{
				ID: "m1", Kind: desk.Theirs, At: h.at(9, 2), Who: "Hanne Brekke", Thread: "t1", Channel: "mastodon", Public: true, URL: "https://fjell.example/@hanne/1", Lang: "en",
				Spans: desk.Cut(first, []desk.Words{
					mark(first, "Why do you still print these?", 1, false), mark(first, "how do I make it stop?", 2, true),
				}),
				Attachments: []desk.Attachment{{Name: "booklet.jpg", Alt: "Photo: booklet in sleeve, on a parcel", Picture: true}},
			},
			{
				ID: "m2", Kind: desk.Ours, At: h.at(9, 5), Who: "Mara Lindqvist", Role: h.w.Talk.OwnerTag, Thread: "t1", Channel: "mastodon", Public: true, Lang: "en",
				Spans: desk.Cut("Hanne, I’m Mara and I stay with you until this is settled. You’re right to ask. Stopping it I can do today; I’ve written to you privately, so your address stays out of here. On why, I’m asking Elif Aydın, who leads sustainability. You have her answer from me by 11:30.", nil),
			},
			{
				ID: "m3", Kind: desk.Theirs, At: h.at(9, 14), Who: "Hanne Brekke", Thread: "t2", Channel: "mastodon", Lang: "en",
				Spans: desk.Cut("Two names are on my parcels, mine and my flatmate’s. Customer number 40 22 16, address as in the form.", nil),
			},
			{
				ID: "m4", Kind: desk.Ours, At: h.at(9, 21), Who: "Mara Lindqvist", Role: h.w.Talk.OwnerTag, Thread: "t2", Channel: "mastodon", Lang: "en",
				Spans: desk.Cut("Both names are off the print list as of now. Parcels already packed may still carry one until 4 December, none after that. If one does, tell me here and I’ll go to the packing line myself.", nil),
			},
			{ID: "m5", Kind: desk.Note, At: h.at(9, 48), Who: "Mara", Lang: "en", Spans: desk.Cut("Tomas, ninth person this month about the sleeve. May I name the print run in public? Legal said yes for the annual figure.", nil)},
			{Kind: desk.System, At: h.at(9, 49), Plain: "Jonas Berg joined the thread: “same here”"},
			{
				ID: "m9", Kind: desk.Theirs, At: h.at(10, 2), Who: "Hanne Brekke", Thread: "t1", Channel: "mastodon", Public: true, Lang: "en", URL: "https://fjell.example/@hanne/2",
				Spans: desk.Cut(third, []desk.Words{mark(third, "Who at your place actually decides that 48 pages go into every box?", 3, false)}),
			},
		}),
		Questions: []desk.Question{
			{ID: "q1", No: 1, Quote: "Why do you still print these?", Kind: "question", State: "open", By: "m4", Action: "/desk/c/b/questions/q1"},
			{ID: "q2", No: 2, Quote: "how do I make it stop?", Kind: "question", State: "answered", How: h.w.Ask.At("09:21"), Action: "/desk/c/b/questions/q2"},
			{ID: "q3", No: 3, Quote: "Who at your place actually decides that 48 pages go into every box?", Kind: "who", State: "open", By: "m4", Action: "/desk/c/b/questions/q3"},
		},
		Sources:  []desk.Source{{ID: "m9", Label: "Hanne Brekke, 10:02"}, {ID: "m3", Label: "Hanne Brekke, 09:14"}, {ID: "m1", Label: "Hanne Brekke, 09:02"}},
		Composer: h.composer(),
	}
}

func (h hall) composer() *desk.Composer {
	return &desk.Composer{
		Key: "b-2", Action: "/desk/c/b/replies", DraftAction: "/desk/c/b/draft",
		Draft: "Ruth Halvorsen decides: she runs Tarn & Rye, and Joost Akkerman plans the booklet for her. On why it is still printed: Elif has the figures and I bring you her answer by 11:30.",
		Saved: h.at(10, 25), Chosen: "thread:t1", Signs: "Mara Lindqvist", Seen: "m9", Answers: []string{"q3"},
		Destinations: []desk.Destination{
			{Value: "thread:t1", Reach: desk.ToPublic, Label: h.w.Write.Public, Channel: "mastodon", As: "@tarnandrye", Limit: 500, Count: "mastodon", Length: 177},
			{Value: "thread:t2", Reach: desk.ToPrivate, Label: h.w.Write.Private, Channel: "mastodon", As: "@tarnandrye", To: "Hanne", Limit: 500, Count: "mastodon", Length: 177},
			{Value: "note", Reach: desk.ToNote, Label: h.w.Write.Note},
		},
	}
}

func (h hall) beside() *desk.Beside {
	return &desk.Beside{
		Contact: &desk.Contact{Name: "Hanne Brekke", Initials: "HB", Since: time.Date(2019, 3, 4, 9, 0, 0, 0, h.now.Location()), Identities: []desk.Identity{
			{Channel: "mastodon", Handle: "@hanne@fjell.example", URL: "https://fjell.example/@hanne"},
			{Channel: "signed", Handle: "customer 40 22 16"},
		}},
		Earlier: []desk.Earlier{
			{URL: "/desk/c/x1", Ask: "Does the Fjellrev jacket come in a women’s long?", Channel: "mastodon", Outcome: "answered", At: time.Date(2026, 8, 12, 9, 0, 0, 0, h.now.Location())},
			{URL: "/desk/c/x2", Ask: "Half of my order came in a box the size of a fridge. Why?", Channel: "signed", Outcome: "went_quiet", At: time.Date(2025, 12, 2, 9, 0, 0, 0, h.now.Location())},
		},
		Participants: []desk.Participant{{Name: "Jonas Berg", Handle: "@jonas@berg.example"}, {Name: "Silje Moen", Handle: "@silje@fjell.example", Questions: 1}},
		Threads: []desk.Thread{
			{Channel: "mastodon", Public: true, Handle: "@tarnandrye", URL: "https://fjell.example/@hanne/1"},
			{Channel: "mastodon", Handle: "@tarnandrye"},
		},
		Opened: h.at(9, 2), No: "No. 1 204", Tags: []string{"packaging", "print"},
	}
}

func (h hall) desk() desk.Page {
	return desk.Page{Frame: h.frame("Hanne Brekke", "desk"), List: h.list(), Talk: h.hanne(), Beside: h.beside()}
}

func (h hall) private() desk.Page {
	p := h.desk()
	p.Talk.Composer.Chosen = "thread:t2"
	p.Talk.Composer.Draft = ""
	p.Talk.Composer.Saved = time.Time{}
	p.Talk.Composer.Answers = nil
	return p
}

func (h hall) deliveries() desk.Page {
	p := h.desk()
	items := p.Talk.Items
	for i, it := range items {
		switch it.ID {
		case "m2":
			items[i].Delivery = &desk.Delivery{State: "sent"}
			items[i].Parts = 2
			items[i].URL = "https://fjell.example/@tarnandrye/2"
		case "m4":
			items[i].Delivery = &desk.Delivery{State: "uncertain", Look: "https://fjell.example/@hanne/1", Decide: "/desk/c/b/messages/m4/delivery"}
		}
	}
	more := []desk.Item{
		{ID: "m10", Kind: desk.Ours, At: h.at(10, 8), Who: "Mara Lindqvist", Role: h.w.Talk.OwnerTag, Thread: "t1", Channel: "mastodon", Public: true, Spans: desk.Cut("Ruth Halvorsen decides: she runs Tarn & Rye.", nil), Delivery: &desk.Delivery{State: "failed", Error: "The server refused it: the account it answers was moved.", Retry: "/desk/c/b/messages/m10/delivery"}},
		{ID: "m11", Kind: desk.Ours, At: h.at(10, 12), Who: "Tomas Novák", Role: h.w.Talk.Outside, Thread: "t1", Channel: "mastodon", Public: true, Spans: desk.Cut("Print run of the booklet is 3,900 a week.", nil), Delivery: &desk.Delivery{State: "queued"}},
		{ID: "m12", Kind: desk.Ours, At: h.at(10, 20), Who: "Mara Lindqvist", Role: h.w.Talk.OwnerTag, Thread: "t2", Channel: "mastodon", Spans: desk.Cut("Elif answers you by 11:30.", nil), Delivery: &desk.Delivery{State: "sending"}},
	}
	p.Talk.Items = desk.Lay(append(items, more...))
	return p
}

func (h hall) closing() desk.Page {
	p := h.desk()
	c := h.w.Close
	ends := []desk.Choice{
		{Value: "answered:m4", Label: c.AnsweredIn("09:21", "Mara")},
		{Value: "answered:m2", Label: c.AnsweredIn("09:05", "Mara")},
		{Value: "answered_by_department", Label: c.Department},
		{Value: "declined", Label: c.Told},
		{Value: "said_twice", Label: c.SaidTwice},
		{Value: "rhetorical", Label: c.Rhetorical},
		{Value: "bait", Label: c.Bait},
		{Value: "went_quiet", Label: c.WentQuiet},
		{Value: "open", Label: c.Not},
	}
	outcomes := make([]desk.Choice, 0, 10)
	for _, o := range []string{"answered", "fixed", "declined", "no_reply_needed", "withdrawn", "went_quiet", "spam", "abuse", "duplicate", "passed_to_complaint"} {
		outcomes = append(outcomes, desk.Choice{Value: o, Label: h.w.Outcome(o)})
	}
	p.Talk.Closing = &desk.Closing{
		Action: "/desk/c/b/resolve", Cancel: "/desk/c/b?view=mine", Outcomes: outcomes, Outcome: "answered", Why: "every question has an end",
		Asks: []desk.ClosingAsk{
			{ID: "q1", No: 1, Quote: "Why do you still print these?", Ends: ends, End: "answered_by_department"},
			{ID: "q3", No: 3, Quote: "Who at your place actually decides that 48 pages go into every box?", Ends: ends, End: "answered:m4"},
		},
	}
	return p
}

func (h hall) owed() desk.Page {
	p := h.closing()
	p.Talk.Closing.Owed = 2
	return p
}

func (h hall) undo() desk.Page {
	p := h.desk()
	p.Talk.Items = desk.Lay(append(p.Talk.Items, desk.Item{
		ID: "m10", Kind: desk.Ours, At: h.now, Who: "Mara Lindqvist", Role: h.w.Talk.OwnerTag, Thread: "t1", Channel: "mastodon", Public: true,
		Spans: desk.Cut(p.Talk.Composer.Draft, nil), Delivery: &desk.Delivery{State: "undoable"},
	}))
	p.Talk.Composer.Draft, p.Talk.Composer.Saved, p.Talk.Composer.Answers = "", time.Time{}, nil
	p.Talk.Composer.Key = "b-3"
	p.Notice = &desk.Notice{Kind: "undo", Text: "5 s", Until: h.now.Add(5 * time.Second), Undo: "/desk/c/b/messages/m10/undo", ID: "m10"}
	return p
}

func (h hall) stale() desk.Page {
	p := h.desk()
	p.Talk.Composer.Stale = true
	p.Notice = &desk.Notice{Kind: "soon", Text: h.w.Write.Stale, Detail: h.w.Write.StaleWhy, ID: "stale"}
	return p
}

func (h hall) resolved() desk.Page {
	p := h.desk()
	t := p.Talk
	t.Status, t.Outcome, t.Ended, t.Since, t.Open = "resolved", "answered", true, time.Time{}, 0
	t.Questions[0].State, t.Questions[0].How = "answered_by_department", h.w.Ask.ByDept("Sustainability")
	t.Questions[2].State, t.Questions[2].How = "declined", "names of planners stay inside"
	t.Items = desk.Lay(append(t.Items,
		desk.Item{ID: "m13", Kind: desk.Thanks, At: h.at(10, 22), Who: "Hanne Brekke", Plain: "Thank you Mara! 🙏", Thread: "t1", Public: true, Channel: "mastodon"},
		desk.Item{Kind: desk.System, At: h.at(10, 24), Plain: h.w.Talk.Ended(h.w.Outcome("answered")) + ", Mara Lindqvist"},
	))
	t.Composer.Draft, t.Composer.Saved = "", time.Time{}
	p.Notice = &desk.Notice{Kind: "kept", Text: h.w.Talk.Ended(h.w.Outcome("answered")) + ".", ID: "done"}
	return p
}

func (h hall) unowned() desk.Page {
	p := h.desk()
	p.Talk.Owner, p.Talk.Mine, p.Talk.Hands, p.Talk.Accountable = nil, false, 0, "Joana Prado"
	p.Talk.Severity = "high"
	p.List.View, p.List.Views = "unowned", h.views("unowned", 9, 3, 1204)
	for i := range p.List.Rows {
		p.List.Rows[i].Owner = nil
	}
	p.List.Rows[3].State = desk.Failed
	p.List.Rows[4].State = desk.Snoozed
	p.List.Rows[5].State = desk.Resolved
	p.List.Rows[7].State = desk.Archived
	p.List.Next = "/desk?view=unowned&after=x"
	p.Talk.Items = p.Talk.Items[:2]
	p.Talk.Composer.Draft, p.Talk.Composer.Saved = "", time.Time{}
	p.Talk.Composer.Destinations = p.Talk.Composer.Destinations[:1:1]
	p.Talk.Composer.Destinations = append(p.Talk.Composer.Destinations, desk.Destination{Value: "note", Reach: desk.ToNote, Label: h.w.Write.Note})
	p.Talk.Composer.Chosen = "note"
	return p
}

func (h hall) merge() desk.Page {
	p := h.desk()
	owner := tom
	p.Talk.Owner, p.Talk.Mine = &owner, false
	p.Talk.Composer.Covers = tom.Name
	p.Beside.Suggestions = []desk.Suggestion{{
		Name: "H. Brekke", Handle: "hanne.b@post.example", Channel: "signed", Action: "/desk/contacts/h/merge", Refuse: "/desk/contacts/h/merge", Into: "k", Proof: "same_handle",
		Evidence: []string{"the same customer number, 40 22 16, in both", "the same handle, hanne, on two servers"},
	}}
	p.Beside.Merged = []desk.Merged{{Name: "hanne@old.example", When: "12 November", Action: "/desk/contacts/h/split"}}
	return p
}

func (h hall) edited() desk.Page {
	p := h.desk()
	for i, it := range p.Talk.Items {
		switch it.ID {
		case "m1":
			p.Talk.Items[i].Edited, p.Talk.Items[i].Before = true, "@tarnandrye Third parcel this month with a booklet. Why do you print these?"
		case "m3":
			p.Talk.Items[i].Gone, p.Talk.Items[i].Spans = true, nil
		case "m9":
			p.Talk.Items[i].Automatic = true
			p.Talk.Items[i].Role = h.w.Talk.Onlooker
			p.Talk.Items[i].Who = "Jonas Berg"
		}
	}
	p.Talk.Questions[2].Asker = "Jonas Berg"
	return p
}

func (h hall) arabic() desk.Page {
	p := h.desk()
	t := p.Talk
	text := "هل يمكنني إرجاع الحذاء من دون الفاتورة؟ اشتريته قبل أسبوعين من متجركم في @tarnandrye ولم ألبسه."
	q := "هل يمكنني إرجاع الحذاء من دون الفاتورة؟"
	t.Who, t.Lang, t.Open = "عمر حداد", "ar", 1
	t.Items = desk.Lay([]desk.Item{
		{Kind: desk.Day, At: h.now, Plain: h.w.Time.Today},
		{ID: "m1", Kind: desk.Theirs, At: h.at(10, 19), Who: "عمر حداد", Lang: "ar", Thread: "t9", Channel: "whatsapp", Spans: desk.Cut(text, []desk.Words{{Start: 0, End: len(q), Question: 1}})},
	})
	t.Questions = []desk.Question{{ID: "q1", No: 1, Quote: q, Lang: "ar", Kind: "question", State: "open", Action: "/x"}}
	t.Composer.Draft = ""
	t.Composer.Destinations = t.Composer.Destinations[1:]
	t.Composer.Chosen, t.Composer.Destinations[0].Channel, t.Composer.Destinations[0].To = "thread:t2", "whatsapp", "عمر"
	p.Beside.Contact.Name, p.Beside.Contact.Lang, p.Beside.Contact.Initials = "عمر حداد", "ar", "عح"
	p.Beside.Earlier, p.Beside.Participants = nil, nil
	p.List.Rows[1].Current, p.List.Rows[4].Current = false, true
	return p
}

func (h hall) long() desk.Page {
	p := h.desk()
	word := "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
	p.Talk.Who = "Freifrau Maximiliane-Annegret von und zu Langenhausen-Unterkirchberg " + word
	p.Talk.Items = desk.Lay(append(p.Talk.Items, desk.Item{
		ID: "m20", Kind: desk.Theirs, At: h.at(10, 20), Who: p.Talk.Who, Thread: "t1", Channel: "mastodon", Public: true,
		Spans:       desk.Cut(word+word+" https://example.example/"+word+"?"+word+"\n\nSecond paragraph.\n  indented", nil),
		Attachments: []desk.Attachment{{Name: word + ".pdf", Type: "application/pdf"}},
	}))
	for i := range 9 {
		p.Talk.Questions = append(p.Talk.Questions, desk.Question{ID: "x" + string(rune('a'+i)), No: 4 + i, Quote: word + " " + word + "?", Kind: "question", State: "open", Asker: word, Action: "/x"})
	}
	p.Talk.Open = 11
	p.List.Rows[0].Ask, p.List.Rows[0].Who = word+word, word
	p.Beside.Contact.Name = p.Talk.Who
	p.Beside.Contact.Identities[0].Handle = "@" + word + "@" + word + ".example"
	p.Rail.Brand.Name = word
	return p
}

func (h hall) choose() desk.Page {
	p := desk.Page{Frame: h.frame(h.w.List.Title, "desk"), List: h.list(), Calm: desk.Calm{State: "choose", Unowned: 3, URL: "/desk?view=unowned"}}
	p.List.Rows[1].Current = false
	return p
}

func (h hall) empty() desk.Page {
	return desk.Page{
		Frame: h.frame(h.w.List.Title, "desk"), List: desk.List{View: "mine", Views: h.views("mine", 0, 0, 61), Empty: h.w.List.EmptyMine, Since: h.now},
		Calm: desk.Calm{State: "done"},
	}
}

func (h hall) welcome() desk.Page {
	return desk.Page{
		Frame: h.frame(h.w.List.Title, "desk"), List: desk.List{View: "all", Views: h.views("all", 0, 0, 0), Empty: h.w.List.EmptyAll, Since: h.now},
		Calm: desk.Calm{State: "welcome"},
	}
}

func (h hall) search() desk.Page {
	p := h.choose()
	p.List.Search = "sesame"
	p.List.Rows = p.List.Rows[:2]
	p.List.Rows[0].Why, p.List.Rows[1].Why = h.w.List.Question, h.w.Talk.Note
	return p
}

func (h hall) searchNone() desk.Page {
	p := h.choose()
	p.List.Search, p.List.Rows, p.List.Empty = "gruffalo \"very long phrase that nobody ever wrote\"", nil, h.w.List.EmptySearch
	return p
}

func (h hall) brokenList() desk.Page {
	p := h.desk()
	p.List.Rows, p.List.Broken = nil, true
	return p
}

func (h hall) settings() settings.Page {
	return settings.Page{
		Frame: h.frame(h.w.Set.Title, "settings"), Slug: "tarn",
		Accounts: []settings.Account{
			{Channel: "mastodon", Handle: "@tarnandrye@fjell.example", Health: "ok", Last: h.at(10, 24)},
			{Channel: "mastodon", Handle: "@tarnkitchen@fjell.example", Health: "trouble", Error: "The token no longer works.", Do: "Make a new one in the account's settings on its server, then: answerable account add", Last: h.now.AddDate(0, 0, -2)},
			{Channel: "signed", Handle: "web shop", Health: "off"},
		},
		People: []settings.Person{
			{Person: mara, Email: "mara@tarn.example", Roles: []string{"agent", "admin"}, Presence: "here"},
			{Person: tom, Email: "tomas@tarn.example", Roles: []string{"lead"}, Presence: "away"},
			{Person: elif, Email: "elif@tarn.example", Roles: []string{"expert"}, Presence: "off"},
			{Person: look.Person{ID: "j", Name: "Joost Akkerman"}, Email: "joost@tarn.example", Roles: []string{"agent"}, Off: true},
		},
	}
}

func (h hall) settingsEmpty() settings.Page {
	p := h.settings()
	p.Accounts, p.People = nil, p.People[:1]
	return p
}

func (h hall) trouble(status int) trouble.Page {
	e := h.w.Error
	p := trouble.Page{Frame: h.door(e.Broken), Status: status, Sign: look.Stop, Kept: e.KeptNothing, Do: e.ToDesk, DoURL: "/desk"}
	switch status {
	case 404:
		p.What, p.Why, p.Sign, p.Calm = e.NotFound, e.NotFoundLead, look.Search, true
	case 403:
		p.What, p.Why, p.Sign, p.Calm = e.Forbidden, e.ForbiddenLead, look.Lock, true
	case 409:
		p.What, p.Why, p.Sign, p.Kept = e.Conflict, e.ConflictLead, look.Warn, e.Kept
	case 429:
		p.What, p.Why, p.Sign, p.Calm = e.Limited, e.LimitedLead, look.Clock, true
	default:
		p.What, p.Why, p.Number, p.Kept, p.Back, p.BackURL = e.Broken, e.BrokenLead, "01kb7q2m", e.Kept, e.Again, "/desk"
	}
	p.Title = p.What
	return p
}
