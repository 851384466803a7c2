package archive

import (
	"cmp"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/fault"
	"answerable/internal/history"
)

// Options say how a file is brought in. The zero value works.
type Options struct {
	// Brand, by slug or id, owns everything in the file. Without it each account that speaks for a brand is a brand.
	Brand string
	// ScratchDir is where the file is sorted; see history.Options.
	ScratchDir string
	// Reject is told of every row that is left out: its line, the row as it stood, and why.
	Reject func(line int64, raw, why string)
	// Progress is told now and then how far it is.
	Progress func(Progress)
}

// Progress is how far an import is.
type Progress struct {
	Read  int64 // rows of the file, good and bad
	Filed int64 // messages filed, or found to be here
}

// Report says what became of a file. Read = Imported + Known + Rejected.
type Report struct {
	Read     int64 // rows
	Imported int64 // rows that became messages
	Known    int64 // rows that were here before, or are twice in the file
	Rejected int64 // rows that were left out

	Conversations int64 // in the file
	Messages      int64 // in the file and here now
	Contacts      int64 // customers in the imported history of the file's brands
	Began         int64 // conversations that were not here before
}

// Limits of a batch: what one transaction takes, and what is gathered of all brands before the largest batch goes. Where there is one
// writer a transaction is short, so that a desk that is served meanwhile hardly waits (its writes: p99 15 ms, where batches of 256
// made it 45); where there are many it is longer, and saves round trips.
const (
	mostMessages = 96
	mostAmongst  = 256 // messages, where others write at the same time
	mostBytes    = 1 << 20
	mostGathered = 8 << 20

	weight = 1 << 10 // of a message beside its words
)

// Run brings a whole export in: it reads all of it first (the last row may belong to the first thread), then files batch by batch.
// When it ends early, what was filed stays, and the next Run goes on from there.
func Run(ctx context.Context, d *db.DB, by auth.Actor, r io.Reader, f history.Format, o Options) (Report, error) {
	if o.Reject == nil {
		o.Reject = func(int64, string, string) {}
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	i := importer{d: d, by: by, o: o, brands: map[string]brand.Brand{}, places: map[place]account.Account{}, realms: map[realm]bool{}, others: map[other]bool{}}
	if o.Brand != "" {
		if err := d.Read(ctx, func(tx *db.Tx) (err error) {
			i.brand, err = brand.Named(tx, o.Brand)
			return err
		}); err != nil {
			return Report{}, err
		}
	}
	if err := by.May(auth.Manages, string(i.brand.ID)); err != nil {
		return Report{}, err
	}
	var err error
	if i.wrote, err = d.Elsewhere(ctx); err != nil {
		return Report{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	ready := make(chan Batch, 2)
	var wg sync.WaitGroup
	var reading error
	wg.Go(func() {
		defer close(ready)
		reading = i.gather(ctx, r, f, ready)
	})
	var filing error
	for b := range ready {
		if filing == nil {
			if filing = i.file(ctx, b); filing != nil {
				stop()
			}
		}
	}
	wg.Wait()
	if err = cmp.Or(filing, reading); err == nil {
		err = i.people(ctx)
	}
	stop()
	return i.report, err
}

type (
	place struct {
		brand   string // as the export calls it
		network string
	}
	realm struct {
		brand brand.ID
		name  string
	}
	other struct {
		realm
		handle string
	}
)

// importer is one Run. Its reader gathers batches, its writer files them.
type importer struct {
	d     *db.DB
	by    auth.Actor
	o     Options
	brand brand.Brand // of the option

	mu       sync.Mutex // of what both sides count and tell
	report   Report
	progress Progress

	// the writer's
	wrote  int64     // as the database counts what others write
	beside time.Time // until when somebody writes beside us

	// the reader's
	brands map[string]brand.Brand
	places map[place]account.Account
	realms map[realm]bool
	others map[other]bool // brands that take part in the threads of others: known as contacts, and no customers
}

func (i *importer) reject(line int64, raw, why string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.report.Rejected++
	i.o.Reject(line, raw, why)
}

func (i *importer) tell(change func(*Progress)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change(&i.progress)
	i.o.Progress(i.progress)
}

// gather reads the file into batches of one brand each.
func (i *importer) gather(ctx context.Context, r io.Reader, f history.Format, ready chan<- Batch) error {
	piles := map[account.ID]*pile{}
	gathered, most := 0, mostMessages
	if !i.d.Single() {
		most = mostAmongst
	}
	send := func(p *pile) error {
		delete(piles, p.Account.ID)
		gathered -= p.bytes
		p.Meaning = Understand(p.Conversations)
		select {
		case ready <- p.Batch:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	o := history.Options{
		Brand: i.brand.Slug, ScratchDir: i.o.ScratchDir, Reject: i.reject,
		Known: func(int64, string) {
			i.mu.Lock()
			i.report.Known++
			i.mu.Unlock()
		},
		Progress: func(n int64) { i.tell(func(p *Progress) { p.Read = n }) },
	}
	for c, err := range history.Read(ctx, r, f, o) {
		if err != nil {
			return err
		}
		b, a, err := i.of(ctx, c)
		if err != nil {
			return err
		}
		p := piles[a.ID]
		if p == nil {
			p = &pile{Batch: Batch{Brand: b, Account: a, OneBrand: i.brand.ID != ""}}
			piles[a.ID] = p
		}
		gathered += p.add(c)
		if p.messages >= most || p.bytes >= mostBytes {
			if err := send(p); err != nil {
				return err
			}
		}
		if gathered > mostGathered {
			if err := send(largest(piles)); err != nil {
				return err
			}
		}
	}
	for len(piles) > 0 {
		if err := send(largest(piles)); err != nil {
			return err
		}
	}
	i.mu.Lock()
	i.report.Read = i.progress.Read
	i.mu.Unlock()
	return nil
}

// pile is a batch that grows.
type pile struct {
	Batch
	messages, bytes int
}

func (p *pile) add(c history.Conversation) (bytes int) {
	p.Conversations = append(p.Conversations, c)
	p.messages += len(c.Messages)
	for _, m := range c.Messages {
		bytes += weight + len(m.Text)
	}
	p.bytes += bytes
	return bytes
}

func largest(piles map[account.ID]*pile) (out *pile) {
	for _, p := range piles {
		if out == nil || p.bytes > out.bytes || p.bytes == out.bytes && p.Account.ID < out.Account.ID {
			out = p
		}
	}
	return out
}

// of finds the brand of a conversation and what its history hangs on. Other brands that speak in it become brands too.
func (i *importer) of(ctx context.Context, c history.Conversation) (brand.Brand, account.Account, error) {
	b, err := i.named(ctx, c.Brand)
	if err != nil {
		return b, account.Account{}, err
	}
	at := place{c.Brand, c.Channel}
	if i.brand.ID != "" {
		at.brand = ""
	}
	a, ok := i.places[at]
	if !ok {
		if err := i.twice(ctx, func(tx *db.Tx) (err error) {
			a, err = At(tx, i.by, b, c.Channel, c.Brand)
			return err
		}); err != nil {
			return b, a, err
		}
		i.places[at], i.realms[realm{b.ID, a.Realm}] = a, true
	}
	if i.brand.ID != "" {
		return b, a, nil
	}
	for _, m := range c.Messages {
		if m.Side == history.Brand && m.BrandName != c.Brand {
			if _, err := i.named(ctx, m.BrandName); err != nil {
				return b, a, err
			}
			i.others[other{realm{b.ID, a.Realm}, m.BrandName}] = true
		}
	}
	return b, a, nil
}

func (i *importer) named(ctx context.Context, name string) (b brand.Brand, err error) {
	if i.brand.ID != "" {
		return i.brand, nil
	}
	b, ok := i.brands[name]
	if ok {
		return b, nil
	}
	err = i.twice(ctx, func(tx *db.Tx) (err error) {
		b, err = Named(tx, i.by, name)
		return err
	})
	if err == nil {
		i.brands[name] = b
	}
	return b, err
}

// twice writes, and again when somebody else made the same a moment ago: it is found then.
func (i *importer) twice(ctx context.Context, fn func(*db.Tx) error) error {
	err := i.d.Write(ctx, db.Work, fn)
	if fault.Is(err, fault.Conflict) {
		err = i.d.Write(ctx, db.Work, fn)
	}
	return err
}

// file writes a batch. One that contradicts what is stored (another import brought it a moment ago) is tried again; then it is halved
// until the bad conversation stands alone, and that one is left out.
func (i *importer) file(ctx context.Context, b Batch) error {
	var n Counts
	var err error
	for range 2 {
		if n, err = i.write(ctx, b); err == nil || !fault.Is(err, fault.Conflict) || ctx.Err() != nil {
			break
		}
	}
	switch {
	case err == nil:
		i.mu.Lock()
		i.report.Imported += n.Messages
		i.report.Known += n.Known
		i.report.Messages += n.Messages + n.Known
		i.report.Began += n.Conversations
		i.report.Conversations += int64(len(b.Conversations))
		i.mu.Unlock()
		i.tell(func(p *Progress) { p.Filed += n.Messages + n.Known })
		return nil
	case ctx.Err() != nil || !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid):
		return err
	case len(b.Conversations) == 1:
		for _, m := range b.Conversations[0].Messages {
			i.reject(m.Line, m.Text, "its conversation cannot be stored: "+fault.Safe(err))
		}
		return nil
	}
	half := len(b.Conversations) / 2
	first, second := b, b
	first.Conversations, first.Meaning = b.Conversations[:half], b.Meaning[:half]
	second.Conversations, second.Meaning = b.Conversations[half:], b.Meaning[half:]
	return errors.Join(i.file(ctx, first), i.file(ctx, second))
}

// write is one transaction. On a database with one writer who waits for it in another process only looks now and then whether it is
// free; so while a desk is served beside it, the import leaves it free as long as it held it.
func (i *importer) write(ctx context.Context, b Batch) (n Counts, err error) {
	var begun time.Time
	if err := i.d.Write(ctx, db.Work, func(tx *db.Tx) (err error) {
		begun = i.d.Clock()()
		n, err = Do(tx, i.by, b)
		return err
	}); err != nil {
		return n, err
	}
	now := i.d.Clock()()
	wrote, err := i.d.Elsewhere(ctx)
	if err != nil {
		return n, err
	}
	if wrote != i.wrote {
		i.wrote, i.beside = wrote, now.Add(besideFor)
	}
	if now.After(i.beside) {
		return n, nil
	}
	t := time.NewTimer(min(now.Sub(begun), time.Second))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	return n, nil
}

// besideFor is how long after somebody else wrote they are believed to be there. A desk that is served writes every few seconds.
const besideFor = 10 * time.Second

// people counts whom the file's brands now know on the file's networks.
func (i *importer) people(ctx context.Context) error {
	return i.d.Read(ctx, func(tx *db.Tx) error {
		for r := range i.realms {
			n, err := contact.Count(tx, r.brand, r.name)
			if err != nil {
				return err
			}
			i.report.Contacts += n
		}
		i.report.Contacts -= int64(len(i.others))
		return nil
	})
}
