package main

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/directory"
	"answerable/internal/desk/question"
	"answerable/internal/id"
	"answerable/internal/read/inbox"
)

const (
	minutes = int64(60 * 1e6)
	days    = 24 * 60 * minutes

	mostOpen    = 20_000
	mostWaiting = 5_000
	seedSpan    = 3 * 365 * days // how far history goes back
	seedFresh   = 14 * days      // how far back what is open goes
)

// maker makes up conversations in the order in which they were begun: archived and resolved ones of three years, then those that wait
// for the customer, then the open ones of the last fortnight. Everything of one parcel hangs together, and nothing hangs on another.
type maker struct {
	brand   brand.Brand
	account account.Account
	owners  []directory.Person

	rnd                  *rand.Rand
	books                []book
	run                  string // begins every name the network would have given
	total, open, waiting int
	now                  int64
	next                 int // the conversation that comes next
	said, known          int // messages and contacts so far
}

func newMaker(seed uint64, total int, now int64) *maker {
	return &maker{
		rnd:   rand.New(rand.NewPCG(seed, uint64(total))), //nolint:gosec // made up, and the same again for the same seed
		books: []book{english(), german()}, run: runMark(), total: total, now: now,
		open: min(mostOpen, (total+9)/10), waiting: min(mostWaiting, total/50),
	}
}

func (m *maker) more() bool { return m.next < m.total }

// parcel makes up the next n conversations, or as many as are left.
func (m *maker) parcel(n int) parcel {
	n = min(n, m.total-m.next)
	p := parcel{conversations: make([]conversation.Seeded, 0, n), search: make([]inbox.Seeded, 0, n), questions: make([]question.Question, 0, n+n/2), contacts: make([]contact.Seeded, 0, n/2)}
	for range n {
		m.one(&p)
		m.next++
	}
	return p
}

// begun is when the next conversation began.
func (m *maker) begun() int64 {
	old := m.total - m.open
	if m.next < old {
		return m.now - seedSpan + int64(float64(m.next)/float64(old)*float64(seedSpan-seedFresh))
	}
	return m.now - seedFresh + int64(float64(m.next-old)/float64(m.open)*float64(seedFresh-60*minutes))
}

func (m *maker) one(p *parcel) {
	at := m.begun()
	b := m.books[m.rnd.IntN(len(m.books))]
	who := m.who(p, b, at)
	s := story{maker: m, book: b, who: who, at: at}
	c := &s.conversation
	c.ID, c.Brand, c.Contact, c.Channel = conversation.ID(id.At(at)), m.brand.ID, who.ID, m.account.Channel
	c.DueAt, c.WaitingSince, c.ResolvedAt, c.OpenedAt, c.Severity = db.Never, db.Never, db.Never, at, m.severity()
	c.Thread = conversation.Thread{ID: conversation.ThreadID(id.At(at)), Account: m.account.ID, RemoteKey: m.name(m.said), Kind: conversation.PublicThread}
	if c.Public = m.rnd.IntN(100) < 85; !c.Public {
		c.Private, c.Thread.Kind = true, conversation.PrivateThread
	}
	owner := m.owners[m.rnd.IntN(len(m.owners))]
	old := m.total - m.open
	switch {
	case m.next >= old:
		c.Status = conversation.Open
		if m.rnd.IntN(10) > 0 {
			c.Owner = owner.ID
		}
		s.unfinished(owner)
		p.open++
	case m.next >= old-m.waiting:
		c.Status, c.Owner = conversation.Waiting, owner.ID
		s.asks(1)
		s.answers(owner)
	case m.rnd.IntN(5) < 2:
		c.Status = conversation.Archived
		s.finished(owner)
		s.archive()
	default:
		c.Status, c.Owner = conversation.Resolved, owner.ID
		s.finished(owner)
		s.resolve()
	}
	c.MovedAt = s.at
	p.conversations = append(p.conversations, s.conversation)
	p.questions = append(p.questions, s.questions...)
	p.messages += int64(len(c.Messages))

	d := inbox.Seeded{Conversation: c.Conversation, BrandSlug: m.brand.Slug, BrandName: m.brand.Name, ContactName: who.Name, Handle: who.Identities[0].Handle}
	if c.Owner != "" {
		d.OwnerName = owner.Name
	}
	for _, x := range c.Messages {
		d.Words = append(d.Words, x.Words)
	}
	d.Describe()
	p.search = append(p.search, d)
}

// who is a new contact, or one of this parcel who writes again.
func (m *maker) who(p *parcel, b book, at int64) contact.Contact {
	if len(p.contacts) > 0 && m.rnd.IntN(5) < 2 {
		return p.contacts[m.rnd.IntN(len(p.contacts))].Contact
	}
	first, last := pick(m.rnd, b.first), pick(m.rnd, b.last)
	c := contact.Contact{ID: contact.ID(id.At(at)), Brand: m.brand.ID, Name: first + " " + last, Lang: b.lang}
	m.known++
	c.Identities = []contact.Identity{{
		ID: contact.IdentityID(id.At(at)), Realm: m.account.Realm, ExternalID: m.run + "-c" + strconv.Itoa(m.known),
		Handle: strings.ToLower(first+"."+last) + strconv.Itoa(m.rnd.IntN(10_000)),
	}}
	p.contacts = append(p.contacts, contact.Seeded{Contact: c, MadeAt: at})
	return c
}

func (m *maker) severity() conversation.Severity {
	switch n := m.rnd.IntN(100); {
	case n < 3:
		return conversation.Top
	case n < 15:
		return conversation.High
	case n < 85:
		return conversation.Normal
	}
	return conversation.Low
}

// name is what the network calls a message.
func (m *maker) name(n int) string { return m.run + "-" + strconv.Itoa(n) }

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// story is one conversation while it is being told.
type story struct {
	*maker
	book         book
	who          contact.Contact
	at           int64 // of what was said last
	conversation conversation.Seeded
	questions    []question.Question
}

// say adds a message some time after the one before.
func (s *story) say(side conversation.Side, author, name, words string) *conversation.Message {
	c := &s.conversation
	x := conversation.Message{Side: side, AuthorID: author, AuthorName: name, Lang: s.book.lang, Words: words, ExternalID: s.name(s.said), At: s.at}
	if n := len(c.Messages); n > 0 {
		s.at += minutes + s.rnd.Int64N(12*minutes)
		x.At, x.InReplyTo = s.at, c.Messages[n-1].ExternalID
	}
	x.ID = conversation.MessageID(id.At(x.At))
	if side != conversation.Theirs {
		x.ReleasedAt = x.At
	}
	s.said++
	c.Messages = append(c.Messages, x)
	return &c.Messages[len(c.Messages)-1]
}

// asks is a message of the customer with n questions.
func (s *story) asks(n int) {
	words := s.fill(pick(s.rnd, s.book.openers))
	type span struct{ start, end int }
	spans := make([]span, n)
	for i := range spans {
		words += " "
		q := s.fill(pick(s.rnd, s.book.questions))
		spans[i] = span{len(words), len(words) + len(q)}
		words += q
	}
	x := s.say(conversation.Theirs, string(s.who.ID), s.who.Name, words)
	for _, a := range spans {
		s.questions = append(s.questions, question.Question{
			ID: question.ID(id.At(x.At)), Brand: s.brand.ID, Conversation: s.conversation.ID, Message: x.ID, Asker: s.who.ID,
			Start: int64(a.start), End: int64(a.end), Quote: words[a.start:a.end], Kind: "question", Owed: true, State: question.Open,
		})
	}
}

// nudges is a message of the customer without a question of its own.
func (s *story) nudges() {
	s.say(conversation.Theirs, string(s.who.ID), s.who.Name, s.fill(pick(s.rnd, s.book.nudges)))
}

// answers is a reply that ends every open question.
func (s *story) answers(by directory.Person) {
	x := s.replies(by, s.book.answers)
	for i := range s.questions {
		if q := &s.questions[i]; q.State == question.Open {
			q.State, q.SettledBy, q.SettledAt = question.Answered, x.ID, x.At
		}
	}
}

func (s *story) replies(by directory.Person, with []string) *conversation.Message {
	first, _, _ := strings.Cut(s.who.Name, " ")
	return s.say(conversation.Ours, string(by.ID), by.PublicName, s.book.hello+" "+first+", "+s.fill(pick(s.rnd, with))+" ^"+by.Initials())
}

// finished is a conversation with its answer, of two to four messages.
func (s *story) finished(by directory.Person) {
	s.asks(1 + s.rnd.IntN(6)/5)
	s.answers(by)
	switch s.rnd.IntN(10) {
	case 0, 1, 2:
		x := s.say(conversation.Theirs, string(s.who.ID), s.who.Name, pick(s.rnd, s.book.thanks))
		x.Quiet = true
	case 3, 4:
		s.asks(1)
		s.answers(by)
	}
}

// unfinished is one in which the customer waits, of two or three messages.
func (s *story) unfinished(by directory.Person) {
	c := &s.conversation
	s.asks(1 + s.rnd.IntN(6)/5)
	waits := 0
	switch s.rnd.IntN(10) {
	case 0, 1, 2:
		s.replies(by, s.book.holding)
		s.nudges()
		waits = 2
	case 3, 4:
		s.answers(by)
		s.asks(1)
		waits = 2
	default:
		s.nudges()
	}
	c.WaitingSince = c.Messages[waits].At
	for _, q := range s.questions {
		if q.State == question.Open {
			if c.OwedQuestions == 0 {
				c.Asked = q.Quote
			}
			c.OwedQuestions++
		}
	}
}

func (s *story) resolve() {
	c := &s.conversation
	c.ResolvedAt = s.at
	switch s.rnd.IntN(10) {
	case 0:
		c.Outcome = conversation.Fixed
	case 1:
		c.Outcome = conversation.Declined
		for i := range s.questions {
			s.questions[i].State, s.questions[i].Reason = question.Declined, s.book.reason
		}
	default:
		c.Outcome = conversation.Answered
	}
}

// archive makes it history: written elsewhere, and owed by nobody.
func (s *story) archive() {
	for i := range s.conversation.Messages {
		if x := &s.conversation.Messages[i]; x.Side == conversation.Ours {
			x.Side, x.AuthorID = conversation.Outside, ""
		}
	}
	for i := range s.questions {
		s.questions[i].Owed = false
	}
}

// fill puts made-up things into the places of a sentence: {thing}, {place}, {order}, {day}.
func (s *story) fill(sentence string) string {
	var b strings.Builder
	b.Grow(len(sentence) + 32)
	for {
		before, rest, ok := strings.Cut(sentence, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		what, after, _ := strings.Cut(rest, "}")
		switch what {
		case "thing":
			b.WriteString(pick(s.rnd, s.book.things))
		case "place":
			b.WriteString(pick(s.rnd, s.book.places))
		case "order":
			b.WriteString(strconv.Itoa(10_000_000 + s.rnd.IntN(90_000_000)))
		case "day":
			b.WriteString(time.UnixMicro(s.at - s.rnd.Int64N(20*days)).UTC().Format(s.book.day))
		}
		sentence = after
	}
}
