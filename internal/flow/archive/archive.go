// Package archive is the FLOW of imported history: whole conversations that ended elsewhere, one short transaction for a batch of
// one brand's. They are archived: in reports and search, in no list, owing nothing, with no clock, alarm or acknowledgement.
//
// Unique keys decide what is known: a thread by account and the id of its first message, a message by account and its own id. So a
// file can be imported again, or after an import that was stopped, and only what is missing is added.
//
// What is whose: the customer who spoke first is the principal, later ones are participants. The brand's own messages are ours, by
// the name they are signed with. Another brand in the thread is a participant with the role brand; its words are theirs, and
// nothing in them is asked of us. What customers asked is kept open and owed by nobody: history has no person who linked an
// answer to it.
package archive

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/question"
	"answerable/internal/fault"
	"answerable/internal/history"
	"answerable/internal/text"
)

// Channel is the channel of the accounts that imported history hangs on. No adapter has this name: nothing can be sent there, and
// nothing is read.
const Channel = "import"

// Batch is some conversations of one brand on one network.
type Batch struct {
	Brand         brand.Brand
	Account       account.Account
	Conversations []history.Conversation
	Meaning       [][]Meaning // of each message: Understand(Conversations)
	// OneBrand: whoever speaks for a brand in these conversations speaks for Brand, whatever the account is called.
	OneBrand bool
}

// Meaning is what was read out of one message.
type Meaning struct {
	Words  string     // clean
	Asks   []text.Ask // of a customer
	Quiet  bool       // of a customer: thanks alone
	PartOf string     // id of the first part of the same reply
}

// Counts says what became of a batch.
type Counts struct {
	Conversations int64 // that were not here before
	Messages      int64 // that were not
	Known         int64 // messages that were
}

// Understand reads the words of conversations. Pure, and done before the transaction.
func Understand(in []history.Conversation) [][]Meaning {
	out := make([][]Meaning, len(in))
	for i, c := range in {
		ms := make([]Meaning, len(c.Messages))
		for j, m := range c.Messages {
			ms[j].Words = channel.Clean(m.Text)
			if m.Side != history.Customer || m.Automatic {
				continue
			}
			if thanks, sure := text.ThanksOnly(ms[j].Words); thanks && sure >= 0.9 {
				ms[j].Quiet = true
			} else {
				ms[j].Asks = text.Asks(ms[j].Words, m.Lang)
			}
		}
		for _, r := range history.Replies(c.Messages) {
			for _, j := range r.Messages[1:] {
				ms[j].PartOf = c.Messages[r.Messages[0]].ID
			}
		}
		out[i] = ms
	}
	return out
}

// Do files a batch.
func Do(tx *db.Tx, by auth.Actor, b Batch) (n Counts, err error) {
	if err := by.May(auth.Manages, string(b.Brand.ID)); err != nil {
		return n, err
	}
	known, err := conversation.Find(tx, b.Account.ID, ids(b.Conversations))
	if err != nil {
		return n, err
	}
	b, n.Known = b.without(known)
	if len(b.Conversations) == 0 {
		return n, nil
	}
	who, err := people(tx, b)
	if err != nil {
		return n, err
	}
	filed, err := conversation.Archive(tx, by, b.Brand, b.Account, known, b.past(who))
	if err != nil {
		return n, err
	}
	var asked []question.Past
	for i, f := range filed {
		if f.New {
			n.Conversations++
		}
		for j, id := range f.Messages {
			if id == "" {
				n.Known++
				continue
			}
			n.Messages++
			m, read := b.Conversations[i].Messages[j], b.Meaning[i][j]
			if len(read.Asks) > 0 {
				asked = append(asked, question.Past{At: m.At, Asked: question.Asked{
					Message: id, Conversation: f.Conversation, Asker: who[identity(b, m)].Contact, Words: read.Words, Asks: read.Asks,
				}})
			}
		}
	}
	return n, question.Archive(tx, by, b.Brand.ID, asked)
}

// ids are those of all messages and of what they answer: a part of a thread that comes later finds its place by its parent.
func ids(in []history.Conversation) []string {
	var out []string
	for _, c := range in {
		for _, m := range c.Messages {
			out = append(out, m.ID, m.InReplyTo)
		}
	}
	return out
}

// without leaves out conversations that are known from end to end, and counts their messages: nothing of theirs is touched.
func (b Batch) without(known conversation.Known) (Batch, int64) {
	out, n := b, int64(0)
	out.Conversations, out.Meaning = nil, nil
next:
	for i, c := range b.Conversations {
		for _, m := range c.Messages {
			if !known.Has(m.ID) {
				out.Conversations, out.Meaning = append(out.Conversations, c), append(out.Meaning, b.Meaning[i])
				continue next
			}
		}
		n += int64(len(c.Messages))
	}
	return out, n
}

// ours reports whether a message was said by the brand whose conversation it is.
func (b Batch) ours(c history.Conversation, m history.Message) bool {
	return m.Side == history.Brand && (b.OneBrand || m.BrandName == c.Brand)
}

// identity is how the author of a message is known in the realm of the account.
func identity(b Batch, m history.Message) channel.Author {
	a := channel.Author{Realm: b.Account.Realm, ID: m.Author.ID, Handle: channel.CleanLine(m.Author.Handle, channel.MaxName), Name: channel.CleanLine(m.Author.Name, channel.MaxName)}
	if m.Side == history.Brand { // all who speak for another brand are that brand
		a.ID, a.Handle = m.BrandName, cmp.Or(a.Handle, channel.CleanLine(m.BrandName, channel.MaxName))
		a.Name = channel.CleanLine(m.BrandName, channel.MaxName)
	}
	return a
}

// people finds or makes everybody who speaks in a batch beside us.
func people(tx *db.Tx, b Batch) (map[channel.Author]contact.Who, error) {
	var authors []channel.Author
	var said []history.Message
	earliest := db.Never
	for _, c := range b.Conversations {
		for _, m := range c.Messages {
			if b.ours(c, m) {
				continue
			}
			authors, said = append(authors, identity(b, m)), append(said, m)
			earliest = min(earliest, m.At)
		}
	}
	now := tx.Now()
	tx.At(min(earliest, now)) // they are known since then
	who, err := contact.Known(tx, b.Brand.ID, authors)
	tx.At(now)
	if err != nil {
		return nil, err
	}
	out := make(map[channel.Author]contact.Who, len(who))
	var reached []contact.Reached
	for i, w := range who {
		out[authors[i]] = w
		if n := said[i].Author.Followers; n > 0 {
			reached = append(reached, contact.Reached{Identity: w.Identity, At: said[i].At, Followers: n})
		}
	}
	return out, contact.Archive(tx, reached)
}

// past says a batch in the words of its station.
func (b Batch) past(who map[channel.Author]contact.Who) []conversation.Past {
	out := make([]conversation.Past, len(b.Conversations))
	for i, c := range b.Conversations {
		p := conversation.Past{Key: c.Key, Channel: b.Account.ExternalID, Messages: make([]conversation.PastMessage, len(c.Messages))}
		for j, m := range c.Messages {
			read := b.Meaning[i][j]
			x := conversation.PastMessage{
				ExternalID: m.ID, InReplyTo: m.InReplyTo, PartOf: read.PartOf, At: m.At, Public: m.Public, Automatic: m.Automatic, Quiet: read.Quiet,
				Lang: channel.CleanLine(m.Lang, maxLang), Words: read.Words,
			}
			if b.ours(c, m) {
				x.Signed = channel.CleanLine(m.Agent, channel.MaxName)
			} else {
				x.Who, x.Brand = who[identity(b, m)], m.Side == history.Brand
			}
			for _, a := range m.Attachments[:min(len(m.Attachments), channel.MaxAttachments)] {
				x.Attachments = append(x.Attachments, channel.Attachment{
					Name: channel.CleanLine(a.Name, channel.MaxName), Type: channel.CleanLine(a.Type, channel.MaxName), URL: channel.CleanURL(a.URL),
				})
			}
			for _, a := range read.Asks {
				if p.Asked == "" && a.Kind != question.Rhetorical {
					p.Asked = a.Of(read.Words)
				}
			}
			p.Messages[j] = x
		}
		out[i] = p
	}
	return out
}

const maxLang = 35 // bytes of a language tag

// Named finds the brand that an account of an export speaks for: by slug or id, else by name, in any case of letters. One that is not
// here is made.
func Named(tx *db.Tx, by auth.Actor, name string) (brand.Brand, error) {
	name = channel.CleanLine(name, channel.MaxName)
	slug := brand.Slug(name)
	if b, err := brand.Named(tx, name); err == nil || !fault.Is(err, fault.NotFound) {
		return b, err
	}
	all, err := brand.All(tx, by)
	if err != nil {
		return brand.Brand{}, err
	}
	taken := false
	for _, b := range all {
		if strings.EqualFold(b.Name, name) || b.Slug == strings.ToLower(name) {
			return b, nil
		}
		taken = taken || b.Slug == slug
	}
	if slug == "" || taken { // a name of other letters, or one that only looks the same: brands never share a wall by accident
		sum := sha256.Sum256([]byte(strings.ToLower(name)))
		slug = strings.Trim(slug+"-"+hex.EncodeToString(sum[:4]), "-")
		if b, err := brand.Named(tx, slug); err == nil || !fault.Is(err, fault.NotFound) {
			return b, err
		}
	}
	return brand.Add(tx, by, brand.Brand{Slug: slug, Name: name})
}

// At finds, or makes, what a brand's history on one network hangs on. handle is what the brand is called there.
func At(tx *db.Tx, by auth.Actor, b brand.Brand, network, handle string) (account.Account, error) {
	network = cmp.Or(channel.CleanLine(network, channel.MaxName), Channel)
	all, err := account.All(tx, by)
	if err != nil {
		return account.Account{}, err
	}
	for _, a := range all {
		if a.Brand == b.ID && a.Channel == Channel && a.ExternalID == network {
			return a, nil
		}
	}
	handle = channel.CleanLine(handle, channel.MaxName)
	return account.Connect(tx, by, account.Account{
		Brand: b.ID, Channel: Channel, ExternalID: network, Realm: network, Handle: handle, Name: cmp.Or(handle, b.Name), Config: []byte("{}"), Health: account.Off,
	})
}
