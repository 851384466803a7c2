// Package porter joins the doors to the street. Under a lease an account it reads (streams, polls) into intake and drains that account's
// lane of deliveries; what a network pushes it takes on every node.
package porter

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/channel/all"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/arrival"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/delivery"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/flow/deliver"
	"answerable/internal/flow/intake"
	"answerable/internal/id"
	"answerable/internal/lease"
	"answerable/internal/secret"
)

// Deps is what a porter works with.
type Deps struct {
	DB   *db.DB
	Hub  *event.Hub
	Box  *secret.Box  // of the accounts' secrets
	HTTP *http.Client // guarded: addresses come from people
	Log  *slog.Logger
	Node string
	// Clock is the world's, not the desk's: signatures are dated by other people's clocks. nil: time.Now.
	Clock func() time.Time
}

// Porter stands at the doors of one node.
type Porter struct {
	Deps
	mu    sync.Mutex
	doors map[account.ID]*door
	made  map[account.ID]int // grows when an account's settings change: a door opened with older ones is not kept
}

// New makes one; nothing runs before Run.
func New(d Deps) *Porter {
	if d.Clock == nil {
		d.Clock = time.Now //nolint:forbidigo // the default of an injected clock
	}
	return &Porter{Deps: d, doors: map[account.ID]*door{}, made: map[account.ID]int{}}
}

// Run serves every account that is not switched off, and follows what is connected or changed meanwhile, until ctx ends.
func (p *Porter) Run(ctx context.Context) {
	changed := p.Hub.Subscribe(ctx, func(c event.Changed) bool { return c.Kind == "account" || c.Kind == event.Lost })
	serving := map[account.ID]service{}
	var wg sync.WaitGroup
	defer wg.Wait()
	again := time.NewTicker(10 * time.Second) // another node may have connected one while no hint could travel
	defer again.Stop()
	for {
		var accounts []account.Account
		if err := p.DB.Read(ctx, func(tx *db.Tx) (err error) {
			accounts, err = account.All(tx, auth.TheHouse())
			return err
		}); err != nil && ctx.Err() == nil {
			p.Log.Error("accounts", "err", err)
		}
		for _, a := range accounts {
			is := serving[a.ID]
			if is.stop != nil && (a.Health == account.Off || is.settings != settings(a)) { // other keys, or switched off
				is.stop()
				delete(serving, a.ID)
				p.forget(a.ID)
			}
			if serving[a.ID].stop != nil || a.Health == account.Off {
				continue
			}
			mine, stop := context.WithCancel(ctx)
			serving[a.ID] = service{settings(a), stop}
			wg.Go(func() {
				lease.Hold(mine, p.DB, p.Log, account.Lease(a.ID), p.Node, func(ctx context.Context, fence int64) error { return p.serve(ctx, a.ID, fence) })
			})
		}
		select {
		case <-ctx.Done():
			for _, s := range serving {
				s.stop()
			}
			return
		case <-again.C:
		case <-changed:
		}
	}
}

// service is an account that this node serves, with the settings it was begun with.
type service struct {
	settings string
	stop     context.CancelFunc
}

func settings(a account.Account) string { return a.Name + string(a.Config) + string(a.Sealed) }

// serve reads one account and drains its lane while this node holds its lease.
func (p *Porter) serve(ctx context.Context, a account.ID, fence int64) error {
	d, err := p.door(ctx, a)
	if err != nil {
		p.tell(ctx, a, account.Trouble, fault.Safe(err), nil)
		wait(ctx, 5*time.Second)
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { p.lane(ctx, d, fence) })
	if info := d.ch.Info(); info.ExternalID != "" {
		p.tell(ctx, a, account.OK, "", &info)
	}
	if !d.ch.Reads() {
		<-ctx.Done()
		return ctx.Err()
	}
	var cursor string
	if err := p.DB.Read(ctx, func(tx *db.Tx) error {
		now, err := account.Get(tx, auth.TheHouse(), a)
		cursor = now.Cursor
		return err
	}); err != nil {
		return err
	}
	err = d.ch.Run(ctx, cursor, func(ctx context.Context, cursor string, in ...channel.Arrival) error {
		_, err := d.file(ctx, in, cursor, fence)
		return err
	})
	if fault.Is(err, fault.Forbidden) || fault.Is(err, fault.Unauthorized) {
		// A person must connect it again; until then what we say still may go out.
		<-ctx.Done()
	}
	return err
}

// lane sends what waits, when it is told and when something is due.
func (p *Porter) lane(ctx context.Context, d *door, fence int64) {
	woken := p.Hub.Subscribe(ctx, func(c event.Changed) bool {
		return c.Kind == event.Lost || c.Kind == delivery.Lane && c.ID == string(d.account.ID)
	})
	for ctx.Err() == nil {
		next, err := deliver.Lane(ctx, p.DB, d.account.ID, fence, d.ch, d.sending)
		if errors.Is(err, lease.ErrLost) {
			return
		}
		if err != nil && ctx.Err() == nil {
			p.Log.Error("lane", "account", d.account.ID, "err", err)
		}
		pause := p.DB.Until(next, 2*time.Second)
		if err != nil {
			pause = 2 * time.Second
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-t.C:
		case <-woken:
		}
		t.Stop()
	}
}

// door opens an account's channel on this node, once.
func (p *Porter) door(ctx context.Context, id account.ID) (*door, error) {
	p.mu.Lock()
	d, made := p.doors[id], p.made[id]
	p.mu.Unlock()
	if d != nil {
		return d, nil
	}
	var a account.Account
	var b brand.Brand
	if err := p.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if a, err = account.Get(tx, auth.TheHouse(), id); err != nil {
			return err
		}
		b, err = brand.Named(tx, string(a.Brand))
		return err
	}); err != nil {
		return nil, err
	}
	if a.Health == account.Off {
		return nil, fault.New(fault.NotFound, "this account is switched off")
	}
	config, err := p.config(a)
	if err != nil {
		return nil, err
	}
	ad, err := all.New(a.Channel, config, p.channelDeps())
	if err != nil {
		return nil, err
	}
	ch, err := channel.Open(ctx, ad, channel.Options{Deps: p.channelDeps(), OnHealth: func(h channel.Health) {
		go p.tell(context.WithoutCancel(ctx), id, account.Health(h.State), h.Words, nil)
	}})
	if err != nil {
		p.tell(ctx, id, account.Health(ch.Health().State), ch.Health().Words, nil) // it goes on trying by itself
	}
	d = newDoor(p, a, b, ch) //nolint:contextcheck // the door outlives who asked for it first
	p.mu.Lock()
	defer p.mu.Unlock()
	if is := p.doors[id]; is != nil {
		d.close()
		return is, nil
	}
	if p.made[id] != made {
		d.close()
		return nil, errClosed // the caller comes again and finds the new settings
	}
	p.doors[id] = d
	return d, nil
}

func (p *Porter) forget(id account.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made[id]++
	if d := p.doors[id]; d != nil {
		d.close()
		delete(p.doors, id)
	}
}

func (p *Porter) channelDeps() channel.Deps {
	return channel.Deps{HTTP: p.HTTP, Clock: p.Clock, Log: p.Log}
}

func (p *Porter) config(a account.Account) ([]byte, error) {
	hidden := []byte("{}")
	if len(a.Sealed) > 0 {
		var err error
		if hidden, err = p.Box.Open(a.Sealed, account.Place(a.ID)); err != nil {
			return nil, err
		}
	}
	return channel.JoinSecrets(a.Config, hidden)
}

func (p *Porter) tell(ctx context.Context, a account.ID, h account.Health, words string, info *channel.Info) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := p.DB.Write(ctx, db.Work, func(tx *db.Tx) error { return account.Tell(tx, a, h, words, info) }); err != nil {
		p.Log.Warn("health not kept", "account", a, "err", err)
	}
}

// Connect tries an account's settings, and keeps it when the network answers. Settings that can be made, such as the secret of a signed
// account, are made and returned once in Made.
func (p *Porter) Connect(ctx context.Context, by auth.Actor, b brand.ID, channelName string, config json.RawMessage) (account.Account, error) {
	a := account.Account{ID: account.ID(id.New()), Brand: b, Channel: channelName}
	if err := by.May(auth.Manages, string(b)); err != nil {
		return a, err
	}
	a, err := p.tried(ctx, a, config)
	if err != nil {
		return a, err
	}
	made := a.Made
	err = p.DB.Write(ctx, db.Desk, func(tx *db.Tx) (err error) {
		a, err = account.Connect(tx, by, a)
		return err
	})
	a.Made = made
	return a, err
}

// Change gives an account another name, other settings, or switches it on or off. Empty means: as it is.
type Change struct {
	Name   string
	Config json.RawMessage
	Off    *bool
}

// Change carries it out; new settings are tried first.
func (p *Porter) Change(ctx context.Context, by auth.Actor, id account.ID, c Change) (account.Account, error) {
	var a account.Account
	if err := p.DB.Read(ctx, func(tx *db.Tx) (err error) {
		a, err = account.Get(tx, by, id)
		return err
	}); err != nil {
		return a, err
	}
	if err := by.May(auth.Manages, string(a.Brand)); err != nil {
		return a, err
	}
	if c.Name != "" {
		a.Name = channel.CleanLine(c.Name, 200)
	}
	if len(c.Config) > 0 {
		was, err := p.config(a)
		if err != nil {
			was = []byte("{}") // the key is another one now: the new settings must be whole
		}
		joined, err := channel.JoinSecrets(was, c.Config)
		if err != nil {
			return a, err
		}
		name, health := a.Name, a.Health
		if a, err = p.tried(ctx, a, joined); err != nil {
			return a, err
		}
		a.Name, a.Health = name, health
	}
	if c.Off != nil && *c.Off {
		a.Health = account.Off
	} else if c.Off != nil || len(c.Config) > 0 && a.Health != account.Off {
		a.Health = account.New
	}
	return a, p.DB.Write(ctx, db.Desk, func(tx *db.Tx) error { return account.Change(tx, by, a) })
}

// tried connects with settings before anything is kept.
func (p *Porter) tried(ctx context.Context, a account.Account, config json.RawMessage) (account.Account, error) {
	whole, err := all.Complete(a.Channel, config)
	if err != nil {
		return a, err
	}
	a.Made = madeOf(config, whole)
	ad, err := all.New(a.Channel, whole, p.channelDeps())
	if err != nil {
		return a, err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	ch, err := channel.Open(ctx, ad, channel.Options{Deps: p.channelDeps()})
	if err != nil {
		if fault.Is(err, fault.Internal) {
			err = fault.As(fault.Invalid, err, "the network does not answer with these settings: %s", ch.Health().Words)
		}
		return a, err
	}
	info := ch.Info()
	a.ExternalID, a.Realm, a.Handle, a.Name, a.Limits, a.Health = info.ExternalID, info.Realm, info.Handle, info.Name, info.Limits, account.OK
	plain, hidden, err := all.SplitSecrets(a.Channel, whole)
	if err != nil {
		return a, err
	}
	a.Config = plain
	a.Sealed, err = p.Box.Seal(hidden, account.Place(a.ID))
	return a, err
}

func madeOf(given, whole []byte) map[string]string {
	var before, after map[string]any
	_ = json.Unmarshal(given, &before) // Complete has read both
	_ = json.Unmarshal(whole, &after)
	out := map[string]string{}
	for k, v := range after {
		if s, ok := v.(string); ok && s != "" && (before[k] == nil || before[k] == "") {
			out[k] = s
		}
	}
	return out
}

// Again reads a stored delivery once more, after a fix.
func (p *Porter) Again(ctx context.Context, by auth.Actor, aid arrival.ID) error {
	var s arrival.Stored
	if err := p.DB.Write(ctx, db.Desk, func(tx *db.Tx) (err error) {
		s, err = arrival.Take(tx, by, aid)
		return err
	}); err != nil {
		return err
	}
	d, err := p.door(ctx, s.Account)
	if err != nil {
		return err
	}
	read, err := d.ch.Reread(ctx, s.Raw)
	if err != nil {
		return err
	}
	if read.Cause != nil {
		cause := fault.Safe(read.Cause)
		return errors.Join(fault.New(fault.Invalid, "it still cannot be read: %s", cause),
			p.DB.Write(ctx, db.Desk, func(tx *db.Tx) error { return arrival.Settle(tx, by, s, arrival.Unreadable, cause) }))
	}
	if len(read.In) > 0 && read.In[0].Kind == channel.Unknown {
		return fault.New(fault.Conflict, "nobody has taught this desk what that event is yet; it is kept")
	}
	one := []channel.Arrival{read}
	return p.DB.Write(ctx, db.Intake, func(tx *db.Tx) error {
		now, err := arrival.Take(tx, by, aid) // locked: two people may press the key
		if err != nil {
			return err
		}
		_, err = intake.Do(tx, intake.Batch{Brand: d.brand, Account: d.account, Arrivals: one, Meaning: intake.Understand(one), Again: &now, By: by})
		return err
	})
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
