package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"answerable/internal/app"
	"answerable/internal/auth"
	"answerable/internal/config"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/directory"
	"answerable/internal/desk/question"
	"answerable/internal/fault"
	"answerable/internal/id"
	"answerable/internal/read/inbox"
	"answerable/internal/record"
)

type benchCmd struct {
	Seed benchSeedCmd `cmd:"" help:"Fill the configured database with made-up conversations: mostly old ones, and up to 20,000 open ones of several people."`
}

type benchSeedCmd struct {
	Conversations int      `required:"" help:"How many."`
	Brand         string   `help:"Whose, by slug or id. Default: a made-up brand named bench." placeholder:"SLUG"`
	Owner         []string `help:"Give them to this person, by mail address or id; may be said several times. Default: made-up people." placeholder:"EMAIL"`
	Seed          uint64   `help:"Shuffles what is made up." default:"1"`
	JSON          bool     `name:"json" help:"End with one line of JSON."`
}

const (
	mostSeeded = 20_000_000
	seedBatch  = 4000 // conversations a transaction
	benchSlug  = "bench"
)

// Run fills the database. What is written stays when it is stopped; another run adds to it.
func (b benchSeedCmd) Run(w *world) (err error) {
	if b.Conversations < 1 || b.Conversations > mostSeeded {
		return fault.New(fault.Invalid, "--conversations is 1 to %d", mostSeeded)
	}
	c, d, err := w.open()
	if err != nil {
		return err
	}
	defer closed(d, &err)
	m, err := b.prepare(w, c, d)
	if err != nil {
		return err
	}
	begun := time.Now()
	p := newMeter(w.err)
	sum, err := seed(w.ctx, d, m, func(n int64) {
		p.tell("%s of %s conversations, %s a second", thousands(n), thousands(int64(b.Conversations)), aSecond(n, time.Since(begun).Seconds())) //nolint:forbidigo // told, decides nothing
	})
	p.done()
	if err != nil {
		return fmt.Errorf("stopped after %d conversations, which stay: %w", sum.Conversations, err)
	}
	if err := d.Write(w.ctx, db.Work, func(tx *db.Tx) error {
		return record.Note(tx, auth.TheHouse(), record.Entry{Brand: string(m.brand.ID), Kind: "bench.seeded", Subject: "brand/" + string(m.brand.ID), Data: map[string]any{"conversations": sum.Conversations}})
	}); err != nil {
		return err
	}
	if !d.Single() { // so that the planner knows what there is now, as it would after a while
		if _, err := d.Pool(db.Work).ExecContext(w.ctx, "VACUUM (ANALYZE)"); err != nil {
			return err
		}
	}
	sum.Brand, sum.Seconds = m.brand.Slug, time.Since(begun).Seconds() //nolint:forbidigo // told, decides nothing
	return w.print(b.JSON, sum, "%d conversations with %d messages and %d questions of %d contacts, %d of them open, in %.1f s (brand %s)",
		sum.Conversations, sum.Messages, sum.Questions, sum.Contacts, sum.Open, sum.Seconds, sum.Brand)
}

// seeded is what bench seed says at the end.
type seeded struct {
	Brand         string  `json:"brand"`
	Conversations int64   `json:"conversations"`
	Open          int64   `json:"open"`
	Messages      int64   `json:"messages"`
	Questions     int64   `json:"questions"`
	Contacts      int64   `json:"contacts"`
	Seconds       float64 `json:"seconds"`
}

// prepare finds or makes the brand, its account and the people.
func (b benchSeedCmd) prepare(w *world, c config.Config, d *db.DB) (*maker, error) {
	by := auth.TheHouse()
	m := newMaker(b.Seed, b.Conversations, d.Now())
	var accounts []account.Account
	if err := d.Write(w.ctx, db.Work, func(tx *db.Tx) (err error) {
		m.owners = nil
		if b.Brand != "" {
			m.brand, err = brand.Named(tx, b.Brand)
		} else if m.brand, err = brand.Named(tx, benchSlug); fault.Is(err, fault.NotFound) {
			m.brand, err = brand.Add(tx, by, brand.Brand{Slug: benchSlug, Name: "Bench and Sons"})
		}
		if err != nil {
			return err
		}
		for _, name := range b.Owner {
			p, err := working(tx, name)
			if err != nil {
				return err
			}
			m.owners = append(m.owners, p)
		}
		if len(b.Owner) == 0 {
			if m.owners, err = madeUp(tx, m.brand); err != nil {
				return err
			}
		}
		accounts, err = account.All(tx, by)
		return err
	}); err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if a.Brand == m.brand.ID && a.Channel == "signed" && a.ExternalID == benchSlug {
			m.account = a
			return m, nil
		}
	}
	p, err := app.Connector(c, d, w.log(c.Log))
	if err != nil {
		return nil, err
	}
	m.account, err = p.Connect(w.ctx, by, m.brand.ID, "signed", []byte(`{"name":"`+benchSlug+`"}`))
	return m, err
}

// madeUp are the people who own what is seeded. They are off, so that routing never counts on them, and cannot sign in.
func madeUp(tx *db.Tx, b brand.Brand) (out []directory.Person, err error) {
	for i, name := range []string{"Ada Voss", "Bo Ferrin", "Cleo Hartmann", "Dag Immel", "Edda Quist", "Finn Oberle", "Gesa Tamm", "Hugo Lark", "Ines Rauh", "Jon Weller", "Kaya Stolz", "Lev Brandt"} {
		mail := benchSlug + strconv.Itoa(i+1) + "@" + b.Slug + ".example"
		p, err := directory.Named(tx, mail)
		if fault.Is(err, fault.NotFound) {
			role := auth.Agent
			if i == 0 {
				role = auth.Lead
			}
			p, err = directory.Add(tx, auth.TheHouse(), directory.Person{Email: mail, Name: name, Role: role, Brands: []brand.ID{b.ID}})
		}
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// seed makes up on one goroutine what others write: one on SQLite, which has one writer, two on PostgreSQL.
func seed(ctx context.Context, d *db.DB, m *maker, tell func(conversations int64)) (seeded, error) {
	var mu sync.Mutex
	var sum seeded
	parcels := make(chan parcel, 1)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(parcels)
		for m.more() {
			select {
			case parcels <- m.parcel(seedBatch):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	writers := 2
	if d.Single() {
		writers = 1
	}
	for range writers {
		g.Go(func() error {
			for x := range parcels {
				if err := d.Write(ctx, db.Work, x.write); err != nil {
					return err
				}
				mu.Lock()
				sum.Conversations += int64(len(x.conversations))
				sum.Open += x.open
				sum.Messages += x.messages
				sum.Questions += int64(len(x.questions))
				sum.Contacts += int64(len(x.contacts))
				tell(sum.Conversations)
				mu.Unlock()
			}
			return nil
		})
	}
	err := g.Wait()
	return sum, err
}

// parcel is what one transaction writes.
type parcel struct {
	contacts       []contact.Seeded
	conversations  []conversation.Seeded
	questions      []question.Question
	search         []inbox.Seeded
	open, messages int64
}

func (p parcel) write(tx *db.Tx) error {
	if err := contact.Seed(tx, p.contacts); err != nil {
		return err
	}
	if err := conversation.Seed(tx, p.conversations); err != nil {
		return err
	}
	if err := question.Seed(tx, p.questions); err != nil {
		return err
	}
	for i := range p.search {
		p.search[i].No = p.conversations[i].No
	}
	return inbox.Seed(tx, p.search)
}

// runMark sets this run's names apart from those of another run on the same database.
func runMark() string { return id.New()[16:] }
