package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/delivery"
	"answerable/internal/desk/question"
	"answerable/internal/read/inbox"
	"answerable/internal/record"
	"answerable/internal/web/desk"
	"answerable/internal/web/look"
)

// reading is one conversation, read for one visit, on its way to a page.
type reading struct {
	v        *visit
	d        inbox.Detail
	threads  map[conversation.ThreadID]conversation.Thread
	channels map[string]string // realm of identities to channel
	others   map[contact.ID]contact.Contact
}

func (s *server) read(tx *db.Tx, v *visit, d inbox.Detail) (reading, error) {
	t := reading{v: v, d: d, threads: map[conversation.ThreadID]conversation.Thread{}, channels: map[string]string{}, others: map[contact.ID]contact.Contact{}}
	for _, th := range d.Threads {
		t.threads[th.ID] = th
	}
	as, err := account.All(tx, v.actor)
	if err != nil {
		return t, err
	}
	for _, a := range as {
		t.channels[a.Realm] = a.Channel
	}
	for _, m := range d.Contact.Merges {
		for _, id := range []contact.ID{m.From, m.Into} {
			if _, ok := t.others[id]; !ok && id != d.Contact.ID {
				if t.others[id], err = contact.Get(tx, v.actor, id); err != nil {
					return t, err
				}
			}
		}
	}
	return t, nil
}

func (t reading) name() string {
	return cmp.Or(t.d.Contact.Name, handle(t.d.Contact), t.d.Brand.Name)
}

func handle(c contact.Contact) string {
	if len(c.Identities) == 0 {
		return ""
	}
	return c.Identities[0].Handle
}

func (t reading) talk(at place, closing bool) *desk.Talk {
	d, v, id := t.d, t.v, string(t.d.ID)
	k := &desk.Talk{
		ID: id, URL: "/desk/c/" + id + at.query(), BackURL: "/desk" + at.query(), CloseURL: "/desk/c/" + id + at.query("close", "1") + "#strip", Who: t.name(), Lang: d.Contact.Lang,
		Brand: d.Brand.Name, Accountable: d.Accountable.Name, Hands: int(d.Hands), Severity: d.Severity.String(), Status: string(d.Status), Outcome: string(d.Outcome),
		Since: v.at(d.WaitingSince), Ended: d.Status == conversation.Resolved || d.Status == conversation.Archived, Mine: d.Conversation.Owner != "" && string(d.Conversation.Owner) == v.actor.ID,
	}
	if d.Conversation.Owner != "" {
		p := v.who(d.Owner.ID, d.Owner.Name)
		k.Owner = &p
	}
	k.Questions = t.questions()
	for _, q := range k.Questions {
		if q.Open() {
			k.Open++
		}
	}
	k.Items = t.items(k.Questions)
	k.Newest = t.newest()
	for _, m := range slices.Backward(d.Messages) {
		if m.Side == conversation.Theirs && !m.Gone && !m.Background && len(k.Sources) < 20 {
			k.Sources = append(k.Sources, desk.Source{ID: string(m.ID), Label: m.AuthorName + ", " + v.w.Moment(v.at(m.At), v.now)})
		}
	}
	if d.Status != conversation.Archived && v.actor.May(auth.Send, string(d.Brand.ID)) == nil {
		k.Composer = t.composer()
	}
	if closing && !k.Ended {
		k.Closing = t.closing(k)
	}
	return k
}

// newest is the newest message that is not a note: what a reply says it has seen.
func (t reading) newest() string {
	for _, m := range slices.Backward(t.d.Messages) {
		if m.Side != conversation.Note {
			return string(m.ID)
		}
	}
	return ""
}

func (t reading) items(qs []desk.Question) []desk.Item {
	v := t.v
	marks := map[conversation.MessageID][]desk.Words{}
	for i, q := range t.d.Questions {
		if q.State != question.NotAQuestion {
			marks[q.Message] = append(marks[q.Message], desk.Words{Start: int(q.Start), End: int(q.End), Question: qs[i].No, Ended: q.State != question.Open})
		}
	}
	var items []desk.Item
	for _, m := range t.d.Messages {
		if m.PartOf != "" {
			continue // shown with the message it is a part of
		}
		items = append(items, t.item(m, marks[m.ID]))
	}
	for _, e := range t.d.Record {
		if line := t.line(e); line != "" {
			items = append(items, desk.Item{Kind: desk.System, At: v.at(e.At), Plain: line})
		}
	}
	slices.SortStableFunc(items, func(a, b desk.Item) int { return a.At.Compare(b.At) })
	var out []desk.Item
	day := ""
	for _, it := range items {
		if d := v.w.Day(it.At, v.now); d != day {
			day = d
			out = append(out, desk.Item{Kind: desk.Day, At: it.At, Plain: d})
		}
		out = append(out, it)
	}
	return desk.Lay(out)
}

func (t reading) item(m conversation.Message, marks []desk.Words) desk.Item {
	v, th := t.v, t.threads[m.Thread]
	it := desk.Item{
		ID: string(m.ID), At: v.at(m.At), Who: cmp.Or(m.AuthorName, v.w.Record.House), Lang: m.Lang, Thread: string(m.Thread), Channel: th.Channel,
		Public: th.Kind == conversation.PublicThread, Gone: m.Gone, Automatic: m.Automatic, Edited: m.Version > 1 && !m.Gone, URL: web(m.URL), Spans: desk.Cut(m.Words, marks),
	}
	switch m.Side {
	case conversation.Note:
		it.Kind, it.Thread = desk.Note, ""
		return it
	case conversation.Ours, conversation.Outside:
		it.Kind = desk.Ours
		switch {
		case m.Side == conversation.Outside:
			it.Role = v.w.Talk.Outside
		case m.AuthorID == string(t.d.Conversation.Owner):
			it.Role = v.w.Talk.OwnerTag
		case t.d.Conversation.Owner != "":
			it.Role = v.w.Talk.CoverTag
		}
		it.Delivery, it.Parts = t.delivery(m)
	case conversation.Theirs:
		it.Kind = desk.Theirs
		if m.AuthorID != "" && m.AuthorID != string(t.d.Conversation.Contact) && m.AuthorID != string(t.d.Contact.ID) && !slices.ContainsFunc(t.d.Contact.Merges, func(x contact.Merge) bool {
			return x.State == "merged" && string(x.From) == m.AuthorID
		}) {
			it.Role = v.w.Talk.Onlooker
		}
		if m.Quiet && !m.Gone {
			it.Kind, it.Plain = desk.Thanks, m.Words
		}
	}
	for _, a := range m.Attachments {
		x := desk.Attachment{Name: cmp.Or(a.Name, v.w.Talk.Attachment), Type: a.Type, Alt: a.Alt, Picture: picture(a.Type)}
		if a.Blob != "" {
			x.URL = "/desk/files/" + string(t.d.ID) + "/" + a.ID
		}
		it.Attachments = append(it.Attachments, x)
	}
	return it
}

// picture reports whether a file is of a kind that a browser shows and that cannot act.
func picture(kind string) bool {
	return slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}, kind)
}

// web keeps an address only when it leads to the web: what a channel says is not trusted with more.
func web(address string) string {
	if u, err := url.Parse(address); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
		return address
	}
	return ""
}

func (t reading) delivery(m conversation.Message) (*desk.Delivery, int) {
	if m.Side == conversation.Ours && m.ReleasedAt == 0 {
		return &desk.Delivery{State: "undoable"}, 0
	}
	ds := t.d.Deliveries[m.ID]
	if len(ds) == 0 {
		return nil, 0
	}
	x := &desk.Delivery{State: string(delivery.Overall(ds))}
	act := "/desk/messages/" + string(m.ID) + "/delivery"
	switch delivery.State(x.State) {
	case delivery.Failed:
		x.Retry = act
	case delivery.Uncertain:
		x.Decide, x.Look = act, cmp.Or(web(m.URL), web(t.threads[m.Thread].URL), t.lastURL(m))
	case delivery.Queued, delivery.Sending, delivery.Sent:
	}
	for _, d := range ds {
		x.Error = cmp.Or(x.Error, d.Error)
	}
	return x, len(ds)
}

// lastURL is where the thread of a message can be looked at: the newest post of it with an address.
func (t reading) lastURL(m conversation.Message) string {
	for _, o := range slices.Backward(t.d.Messages) {
		if o.Thread == m.Thread && web(o.URL) != "" {
			return o.URL
		}
	}
	return ""
}

// line is what an entry of the record says in the timeline; empty for what the timeline shows anyway.
func (t reading) line(e record.Sealed) string {
	w, word := t.v.w, func(key string) string { s, _ := e.Data[key].(string); return s }
	by := t.actor(e.Actor)
	switch e.Kind {
	case "conversation.owner":
		if to := word("to"); to != "" {
			return w.Record.Owner(by, t.personName(to))
		}
		return w.Record.Released(by, "")
	case "conversation.resolved":
		return w.Record.Resolved(by, w.Outcome(word("outcome")))
	case "conversation.reopened":
		return w.Record.Reopened(by, "")
	case "conversation.severity":
		return w.Record.Severity(by, w.Severity(word("to")))
	case "conversation.tagged":
		return w.Record.Tagged(by, word("tag"))
	case "conversation.untagged":
		return w.Record.Untagged(by, word("tag"))
	}
	return ""
}

// actor names who did something, from how the record names them: "person/ID", with a name where we have one.
func (t reading) actor(s string) string {
	kind, id, _ := strings.Cut(s, "/")
	id, _, _ = strings.Cut(id, " ")
	if kind == string(auth.House) || id == "" {
		return t.v.w.Record.House
	}
	return t.personName(id)
}

func (t reading) personName(id string) string {
	for pid, p := range t.d.People {
		if string(pid) == id {
			return p.Name
		}
	}
	if id == t.v.actor.ID {
		return t.v.person.Name
	}
	if id == string(t.d.Owner.ID) {
		return t.d.Owner.Name
	}
	return t.v.w.Record.House
}

func (t reading) questions() []desk.Question {
	v := t.v
	qs := make([]desk.Question, 0, len(t.d.Questions))
	for i, q := range t.d.Questions {
		x := desk.Question{
			ID: string(q.ID), No: i + 1, Quote: q.Quote, Kind: q.Kind, State: string(q.State), Message: string(q.Message), Action: "/desk/questions/" + string(q.ID),
			By: t.replyAfter(q),
		}
		if q.Asker != "" && q.Asker != t.d.Contact.ID && q.Asker != t.d.Conversation.Contact {
			for _, p := range t.d.Participants {
				if p.Contact == q.Asker {
					x.Asker = p.Name
				}
			}
		}
		switch q.State {
		case question.Answered:
			x.How = v.w.Ask.At(v.w.Moment(v.at(q.SettledAt), v.now))
		case question.AnsweredByDepartment:
			x.How = cmp.Or(prefixed(v.w.Ask.ByDept, q.Reason), v.w.Ask.ByDepartment)
		case question.AnsweredByCommunity:
			x.How = v.w.Ask.ByCommunity
		case question.Declined:
			x.How = cmp.Or(q.Reason, v.w.Ask.Declined)
		case question.NotAQuestion:
			x.How = v.w.Ask.NotAQuestion
		case question.Open:
		}
		qs = append(qs, x)
	}
	return qs
}

func prefixed(say func(string) string, what string) string {
	if what == "" {
		return ""
	}
	return say(what)
}

// replyAfter is our newest reply after a question was asked: what it is answered by when a person says it is answered.
func (t reading) replyAfter(q question.Question) string {
	after := false
	by := ""
	for _, m := range t.d.Messages {
		if m.ID == q.Message {
			after = true
		}
		if after && (m.Side == conversation.Ours && m.ReleasedAt != 0 || m.Side == conversation.Outside) && !m.Gone && m.PartOf == "" {
			by = string(m.ID)
		}
	}
	return by
}

func (t reading) composer() *desk.Composer {
	d, v := t.d, t.v
	c := &desk.Composer{
		Key: string(d.ID) + "-" + strconv.Itoa(t.written()), Action: "/desk/c/" + string(d.ID) + "/replies", DraftAction: "/desk/c/" + string(d.ID) + "/draft",
		Draft: d.Draft.Words, Saved: v.at(d.Draft.SavedAt), Signs: cmp.Or(v.person.PublicName, v.person.Name), Seen: t.newest(),
	}
	if d.Conversation.Owner != "" && string(d.Conversation.Owner) != v.actor.ID {
		c.Covers = d.Owner.Name
	}
	last := conversation.ThreadID("")
	for _, m := range d.Messages {
		if m.Side == conversation.Theirs && !m.Background {
			last = m.Thread
		}
	}
	for i, th := range d.Threads {
		x := desk.Destination{
			Value: "thread:" + string(th.ID), Reach: desk.ToPrivate, Label: v.w.Write.Private, Channel: th.Channel, As: "@" + strings.TrimPrefix(th.Handle, "@"),
			To: t.name(), Limit: th.Limits.MaxChars, Count: th.Channel, Length: len([]rune(c.Draft)),
		}
		if th.Kind == conversation.PublicThread {
			x.Reach, x.Label = desk.ToPublic, v.w.Write.Public
		}
		if th.Handle == "" {
			x.As = ""
		}
		if slices.ContainsFunc(d.Threads[:i], func(o conversation.Thread) bool { return o.Kind == th.Kind }) {
			x.Label += " " + strconv.Itoa(i+1)
		}
		c.Destinations = append(c.Destinations, x)
		if th.ID == last || c.Chosen == "" {
			c.Chosen = x.Value
		}
	}
	if len(c.Destinations) > 4 { // the switch has room for four threads and the note: the newest ones
		c.Destinations = c.Destinations[len(c.Destinations)-4:]
	}
	c.Destinations = append(c.Destinations, desk.Destination{Value: "note", Reach: desk.ToNote, Label: v.w.Write.Note})
	if d.Draft.Words != "" {
		c.Chosen = "note"
		if d.Draft.Thread != "" {
			c.Chosen = "thread:" + string(d.Draft.Thread)
		}
		for _, a := range d.Draft.Answers {
			c.Answers = append(c.Answers, string(a))
		}
		if d.Draft.Seen != "" && d.Draft.Thread != "" {
			c.Seen = string(d.Draft.Seen)
			c.Stale = slices.ContainsFunc(d.Messages, func(m conversation.Message) bool { return m.Side != conversation.Note && m.ID > d.Draft.Seen })
		}
	}
	return c
}

// written counts what this person has said here: it grows with each reply and note, so that a sent draft never comes back.
func (t reading) written() (n int) {
	for _, m := range t.d.Messages {
		if m.AuthorID == t.v.actor.ID && (m.Side == conversation.Ours || m.Side == conversation.Note) {
			n++
		}
	}
	return n
}

func (t reading) closing(k *desk.Talk) *desk.Closing {
	w := t.v.w
	c := &desk.Closing{Action: "/desk/c/" + string(t.d.ID) + "/resolve", Cancel: k.URL}
	var replies []desk.Choice // newest first
	for _, m := range slices.Backward(t.d.Messages) {
		if (m.Side == conversation.Ours && m.ReleasedAt != 0 || m.Side == conversation.Outside) && !m.Gone && m.PartOf == "" && len(replies) < 8 {
			replies = append(replies, desk.Choice{Value: "answered:" + string(m.ID), Label: w.Close.AnsweredIn(w.Moment(t.v.at(m.At), t.v.now), m.AuthorName)})
		}
	}
	for i, q := range t.d.Questions {
		if q.State != question.Open || !q.Owed {
			continue
		}
		a := desk.ClosingAsk{ID: string(q.ID), No: i + 1, Quote: q.Quote, Ends: slices.Clone(replies), End: endOpen}
		if by := t.replyAfter(q); by != "" {
			a.End = "answered:" + by
		}
		if len(replies) > 0 {
			a.Ends = append(a.Ends, desk.Choice{Value: endDepartment, Label: w.Close.Department}, desk.Choice{Value: endCommunity, Label: w.Close.Community})
		}
		a.Ends = append(a.Ends, desk.Choice{Value: endDeclined, Label: w.Close.Told}, desk.Choice{Value: endTwice, Label: w.Close.SaidTwice},
			desk.Choice{Value: endRhetorical, Label: w.Close.Rhetorical}, desk.Choice{Value: endBait, Label: w.Close.Bait}, desk.Choice{Value: endQuiet, Label: w.Close.WentQuiet},
			desk.Choice{Value: endOpen, Label: w.Close.Not})
		c.Asks = append(c.Asks, a)
	}
	for _, o := range conversation.Outcomes() {
		c.Outcomes = append(c.Outcomes, desk.Choice{Value: string(o), Label: w.Outcome(string(o))})
	}
	c.Outcome = string(conversation.NoReplyNeeded)
	if len(replies) > 0 {
		c.Outcome = string(conversation.Answered)
	}
	return c
}

// notice is the line that the conversation itself calls for: a reply that can still be taken back, or a draft that something overtook.
func (t reading) notice(undo time.Duration) *desk.Notice {
	for _, m := range slices.Backward(t.d.Messages) {
		if m.Side == conversation.Ours && m.ReleasedAt == 0 && m.AuthorID == t.v.actor.ID {
			until := t.v.at(m.At).Add(undo)
			left := max(0, int(until.Sub(t.v.now).Seconds()+0.999))
			return &desk.Notice{Kind: "undo", Text: strings.Replace(t.v.w.Time.Sec, "#", strconv.Itoa(left), 1), Until: until, Undo: "/desk/messages/" + string(m.ID) + "/undo", ID: string(m.ID)}
		}
	}
	if c := t.composer(); c.Stale {
		return &desk.Notice{Kind: "soon", Text: t.v.w.Write.Stale, Detail: t.v.w.Write.StaleWhy, ID: "stale"}
	}
	return nil
}

func (t reading) beside() *desk.Beside {
	v, d := t.v, t.d
	b := &desk.Beside{Opened: v.at(d.OpenedAt), No: "No. " + strconv.FormatInt(d.No, 10), Tags: d.Tags}
	if d.Contact.ID != "" {
		b.Contact = &desk.Contact{Name: t.name(), Lang: d.Contact.Lang, Initials: look.Person{Name: t.name()}.Initials()}
		for _, i := range d.Contact.Identities {
			b.Contact.Identities = append(b.Contact.Identities, desk.Identity{Channel: cmp.Or(t.channels[i.Realm], d.Channel), Handle: at(i.Handle, i.ExternalID)})
		}
	}
	for _, m := range d.Contact.Merges {
		other := m.From
		if other == d.Contact.ID {
			other = m.Into
		}
		o := t.others[other]
		if m.State == "merged" {
			if m.Into == d.Contact.ID {
				b.Merged = append(b.Merged, desk.Merged{Name: cmp.Or(m.FromName, handle(o)), When: v.w.Day(v.at(m.At), v.now), Action: "/desk/contacts/" + string(m.From) + "/split"})
			}
			continue
		}
		b.Suggestions = append(b.Suggestions, desk.Suggestion{
			Name: cmp.Or(o.Name, handle(o)), Handle: at(handle(o), ""), Channel: t.d.Channel, Evidence: []string{m.Evidence},
			Action: "/desk/contacts/" + string(m.From) + "/merge", Refuse: "/desk/contacts/" + string(m.From) + "/merge", Into: string(m.Into), Proof: m.Evidence,
		})
	}
	for _, e := range d.Earlier {
		b.Earlier = append(b.Earlier, desk.Earlier{
			URL: "/desk/c/" + string(e.ID), Ask: cmp.Or(e.Asked, v.w.List.NoQuestion), Channel: e.Channel, Outcome: cmp.Or(string(e.Outcome), string(e.Status)), At: v.at(e.OpenedAt),
			Open: e.Status == conversation.Open || e.Status == conversation.Waiting || e.Status == conversation.Snoozed,
		})
	}
	for _, p := range d.Participants {
		if p.Contact == d.Contact.ID || p.Role == "principal" {
			continue
		}
		x := desk.Participant{Name: p.Name, Role: p.Role}
		for _, q := range d.Questions {
			if q.Asker == p.Contact {
				x.Questions++
			}
		}
		b.Participants = append(b.Participants, x)
	}
	for _, th := range d.Threads {
		b.Threads = append(b.Threads, desk.Thread{Channel: th.Channel, Public: th.Kind == conversation.PublicThread, Handle: at(th.Handle, ""), URL: web(th.URL)})
	}
	return b
}

// at writes a handle as people write it.
func at(handle, otherwise string) string {
	switch {
	case handle == "":
		return otherwise
	case strings.Contains(handle, " ") || strings.HasPrefix(handle, "@"):
		return handle
	}
	return "@" + handle
}
