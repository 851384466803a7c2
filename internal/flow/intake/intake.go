// Package intake is the FLOW in: one short function, one transaction for 1 to 128 deliveries of one account.
package intake

import (
	"cmp"
	"slices"
	"time"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/arrival"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/delivery"
	"answerable/internal/desk/question"
	"answerable/internal/desk/routing"
	"answerable/internal/flow/assign"
	"answerable/internal/text"
)

// Most is how many deliveries one transaction takes.
const Most = 128

// Batch is what one account brought, read outside the transaction: reading is pure, so raw and meaning commit together.
type Batch struct {
	Brand    brand.Brand
	Account  account.Account
	Cursor   string // kept in the same transaction, so nothing is read twice and nothing skipped; empty keeps the last
	Fence    int64  // of the account's lease; 0 for a door that is pushed to
	Arrivals []channel.Arrival
	Meaning  [][]Meaning     // of each event of each arrival: Understand(Arrivals)
	Again    *arrival.Stored // set when a person lets one be read again: it is kept already
	By       auth.Actor      // who lets it
}

// Result says what became of a batch.
type Result struct {
	Kept     []arrival.Kept          // of each arrival, in their order
	Received []conversation.Received // of each new message
}

// Meaning is what was read out of the words of one event.
type Meaning struct {
	Asks  []text.Ask
	Quiet bool // thanks alone (practice F3: at 0.9 or more, and without an ask)
}

// Understand reads the words of a batch. Pure, and done before the transaction: nobody waits for it.
func Understand(arrivals []channel.Arrival) [][]Meaning {
	out := make([][]Meaning, len(arrivals))
	for i, a := range arrivals {
		out[i] = make([]Meaning, len(a.In))
		for j, in := range a.In {
			if in.Kind == channel.Message || in.Kind == channel.Edit {
				out[i][j] = read(in.Text, in.Lang)
			}
		}
	}
	return out
}

func read(words, lang string) Meaning {
	if thanks, sure := text.ThanksOnly(words); thanks && sure >= 0.9 {
		return Meaning{Quiet: true}
	}
	return Meaning{Asks: text.Asks(words, lang)}
}

// item is one event of a batch with its meaning.
type item struct {
	channel.Inbound
	Meaning
}

// Do files a batch. Each station is called once with all of it. A batch that fails is halved by the caller until the bad one stands
// alone and is kept as unreadable.
func Do(tx *db.Tx, b Batch) (out Result, err error) {
	if b.Again == nil {
		if out.Kept, err = arrival.Keep(tx, b.Brand.ID, b.Account.ID, b.Arrivals); err != nil {
			return out, err
		}
	}
	messages, rest := classify(tx, b, out.Kept)
	who, err := contact.Known(tx, b.Brand.ID, authors(messages))
	if err != nil {
		return out, err
	}
	in, asked, err := theirs(tx, b, messages, who)
	if err != nil {
		return out, err
	}
	if out.Received, err = conversation.Receive(tx, b.Brand, b.Account, in); err != nil {
		return out, err
	}
	found, unowned := work(b, in, asked, out.Received)
	if err := question.Found(tx, b.Brand.ID, found); err != nil {
		return out, err
	}
	if err := assign.ByRule(tx, b.Brand.ID, unowned); err != nil {
		return out, err
	}
	if err := follow(tx, b, rest); err != nil {
		return out, err
	}
	if b.Again != nil {
		return out, arrival.Settle(tx, b.By, *b.Again, arrival.Read, "")
	}
	return out, account.Advance(tx, b.Account.ID, b.Cursor, b.Fence)
}

// classify takes out what is known already and sorts the rest: messages by thread, in their order; edits, deletes, reactions and boosts
// apart, so that none of them can make work.
func classify(tx *db.Tx, b Batch, kept []arrival.Kept) (messages, rest []item) {
	for i, a := range b.Arrivals {
		if b.Again == nil && !kept[i].Fresh || a.Cause != nil {
			continue
		}
		for j, in := range a.In {
			if in.At.IsZero() || in.At.UnixMicro() > tx.Now() {
				in.At = time.UnixMicro(tx.Now()).UTC()
			}
			switch in.Kind {
			case channel.Message, channel.Own:
				messages = append(messages, item{in, b.Meaning[i][j]})
			case channel.Edit, channel.Delete, channel.Reaction, channel.Repost:
				rest = append(rest, item{in, b.Meaning[i][j]})
			case channel.Unknown:
			}
		}
	}
	slices.SortStableFunc(messages, func(x, y item) int { return cmp.Compare(x.ThreadKey, y.ThreadKey) })
	return messages, rest
}

func authors(messages []item) []channel.Author {
	var out []channel.Author
	for _, m := range messages {
		if m.Kind == channel.Message {
			out = append(out, m.Author)
		}
	}
	return out
}

// theirs pairs messages with their authors and leaves out our own posts that are echoes of a delivery.
func theirs(tx *db.Tx, b Batch, messages []item, who []contact.Who) (in []conversation.In, asked [][]text.Ask, err error) {
	all := make([]channel.Inbound, len(messages))
	for i, m := range messages {
		all[i] = m.Inbound
	}
	early, err := conversation.EarlyChanges(tx, b.Account.ID, all)
	if err != nil {
		return nil, nil, err
	}
	n := 0
	for _, m := range messages {
		if m.Kind == channel.Own {
			ours, err := delivery.Echo(tx, b.Account.ID, m.Inbound)
			if err != nil {
				return nil, nil, err
			}
			if !ours { // answered outside: in the network's own app
				if m.Agent == "" {
					m.Agent, _, _ = text.Signature(m.Text)
				}
				in, asked = append(in, conversation.In{Inbound: m.Inbound}), append(asked, nil)
			}
			continue
		}
		w := who[n]
		n++
		one := conversation.In{Inbound: m.Inbound, Who: w}
		if e, ok := early[m.ExternalID]; ok { // a door may bring things in any order
			m.Text, m.Meaning = e.Words, read(e.Words, m.Lang)
			one.Early, one.Text = &e, e.Words
		}
		one.Quiet = m.Quiet
		asks := m.Asks
		if w.Blocked || m.Context || m.Automatic {
			asks = nil
		}
		for _, a := range asks {
			if a.Kind == question.Rhetorical {
				continue
			}
			if one.Asks++; one.Asks == 1 {
				one.Asked = m.Text[a.Start:a.End]
			}
		}
		in, asked = append(in, one), append(asked, asks)
	}
	return in, asked, nil
}

// work picks out of what was filed the questions to keep and the conversations that need an owner.
func work(b Batch, in []conversation.In, asked [][]text.Ask, got []conversation.Received) (found []question.Asked, unowned []routing.Matter) {
	seen := map[conversation.ID]bool{}
	for i, r := range got {
		if !r.Fresh || r.Quarantined {
			continue
		}
		if len(asked[i]) > 0 {
			found = append(found, question.Asked{Message: r.Message, Conversation: r.Conversation, Asker: r.Author, Words: in[i].Text, Version: in[i].Version(), Asks: asked[i]})
		}
		if r.Work && r.Owner == "" && !seen[r.Conversation] {
			seen[r.Conversation] = true
			unowned = append(unowned, routing.Matter{Conversation: r.Conversation, Brand: b.Brand.ID, Contact: r.Contact, Stranger: r.Stranger, Severity: r.Severity})
		}
	}
	return found, unowned
}

// follow files edits, deletions, likes and boosts on what they are about.
func follow(tx *db.Tx, b Batch, rest []item) error {
	for _, m := range rest {
		switch m.Kind {
		case channel.Edit:
			c, known, err := conversation.Edited(tx, b.Account.ID, m.Inbound)
			if err != nil {
				return err
			}
			if !known || c.Side != conversation.Theirs || c.Background || !c.Owing {
				continue
			}
			if err := question.Reread(tx, c.Brand, question.Asked{Message: c.Message, Conversation: c.Conversation, Asker: c.Author, Words: c.Words, Asks: m.Asks}); err != nil {
				return err
			}
		case channel.Delete:
			c, known, err := conversation.Deleted(tx, b.Account.ID, m.Inbound)
			if err != nil {
				return err
			}
			if known && c.Side == conversation.Theirs {
				if err := question.Refresh(tx, c.Conversation); err != nil {
					return err
				}
			}
			if known && c.Side != conversation.Theirs { // our own words are gone from the network: what they answered is open again
				if err := question.Reopen(tx, auth.TheHouse(), c.Message, "our answer was deleted"); err != nil {
					return err
				}
			}
		case channel.Reaction, channel.Repost:
			who, err := contact.Known(tx, b.Brand.ID, []channel.Author{m.Author})
			if err != nil {
				return err
			}
			if err := conversation.React(tx, b.Account.ID, who[0].Contact, m.Inbound); err != nil {
				return err
			}
		case channel.Message, channel.Own, channel.Unknown:
		}
	}
	return nil
}
