package porter

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/arrival"
	"answerable/internal/desk/brand"
	"answerable/internal/fault"
	"answerable/internal/flow/intake"
	"answerable/internal/lease"
)

// door is one account on this node: its channel, and the one place through which what it brings is filed. Deliveries that come while a
// transaction is under way are filed together in the next one: under load a commit carries up to 128.
type door struct {
	p       *Porter
	account account.Account
	brand   brand.Brand
	ch      *channel.Account
	sending *gate // held from the first byte of an attempt until its answer is stored

	mu   sync.RWMutex // read-held while an order is handed in: a door that closes files first what it took
	shut bool
	todo chan *order
}

// errClosed: the account was changed meanwhile; another door takes its place.
var errClosed = fault.New(fault.Temporary, "this account is being changed; send it again")

// order is what one caller wants filed; done is told when it is durable.
type order struct {
	in     []channel.Arrival
	mean   [][]intake.Meaning
	cursor string
	fence  int64
	kept   []arrival.Kept
	done   chan error
}

func newDoor(p *Porter, a account.Account, b brand.Brand, ch *channel.Account) *door {
	d := &door{p: p, account: a, brand: b, ch: ch, sending: newGate(), todo: make(chan *order, intake.Most)}
	go d.work()
	return d
}

// close takes no more orders; those that were taken are filed.
func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.shut {
		d.shut = true
		close(d.todo)
	}
}

func (d *door) take(ctx context.Context, o *order) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.shut {
		return errClosed
	}
	select {
	case d.todo <- o:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// file stores deliveries with their meaning and returns once they are durable.
func (d *door) file(ctx context.Context, in []channel.Arrival, cursor string, fence int64) ([]arrival.Kept, error) {
	var kept []arrival.Kept
	for n := 0; n == 0 || n < len(in); n += intake.Most {
		part := in[n:min(n+intake.Most, len(in))]
		o := &order{in: part, mean: intake.Understand(part), fence: fence, done: make(chan error, 1)}
		if n+intake.Most >= len(in) {
			o.cursor = cursor
		}
		if slices.ContainsFunc(part, ownPost) {
			d.sending.wait(ctx, 5*time.Second) // an echo must not come before its receipt
		}
		if err := d.take(ctx, o); err != nil {
			return nil, err
		}
		select {
		case err := <-o.done:
			if err != nil {
				return nil, err
			}
		case <-ctx.Done():
			return nil, ctx.Err() // it is filed all the same; the sender's key makes a repetition harmless
		}
		kept = append(kept, o.kept...)
	}
	return kept, nil
}

func ownPost(a channel.Arrival) bool {
	return slices.ContainsFunc(a.In, func(in channel.Inbound) bool { return in.Kind == channel.Own })
}

// work files orders, as many together as fit.
func (d *door) work() {
	for first := range d.todo {
		batch := []*order{first}
		n := len(first.in)
	more:
		for n < intake.Most {
			select {
			case o, ok := <-d.todo:
				if !ok {
					break more
				}
				batch = append(batch, o)
				n += len(o.in)
			default:
				break more
			}
		}
		d.commit(batch)
	}
}

const commitTerm = 30 * time.Second

// commit files orders in one transaction. When that fails they are halved until the bad one stands alone; it is then kept as unreadable,
// and does its neighbours no harm.
func (d *door) commit(batch []*order) {
	for try := 0; ; try++ {
		err := d.inOne(batch)
		switch {
		case err == nil:
			for _, o := range batch {
				o.done <- nil
			}
			return
		case errors.Is(err, lease.ErrLost), errors.Is(err, context.DeadlineExceeded):
			for _, o := range batch {
				o.done <- err
			}
			return
		case len(batch) > 1:
			d.commit(batch[:len(batch)/2])
			d.commit(batch[len(batch)/2:])
			return
		case try < 3: // another node met the same thread for the first time; it is known now
			time.Sleep(time.Duration(1+try) * time.Millisecond) //nolint:forbidigo // a moment, holding nothing
		default:
			batch[0].done <- d.set(batch[0], err)
			return
		}
	}
}

func (d *door) inOne(batch []*order) error {
	b := intake.Batch{Brand: d.brand, Account: d.account}
	for _, o := range batch {
		b.Arrivals = append(b.Arrivals, o.in...)
		b.Meaning = append(b.Meaning, o.mean...)
		if o.fence != 0 {
			b.Fence = o.fence
		}
		if o.cursor != "" {
			b.Cursor = o.cursor
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTerm)
	defer cancel()
	var r intake.Result
	if err := d.p.DB.Write(ctx, db.Intake, func(tx *db.Tx) (err error) {
		r, err = intake.Do(tx, b)
		return err
	}); err != nil {
		return err
	}
	for _, o := range batch {
		o.kept, r.Kept = r.Kept[:len(o.in)], r.Kept[len(o.in):]
	}
	return nil
}

// set keeps an order that cannot be filed: delivery by delivery, so that the good ones of it are filed and the bad one is shown to a
// person with its cause. If not even that can be stored, the database is in trouble and the sender is told to come again.
func (d *door) set(o *order, why error) error {
	if len(o.in) > 1 {
		var kept []arrival.Kept
		for i := range o.in {
			one := &order{in: o.in[i : i+1], mean: o.mean[i : i+1], fence: o.fence}
			if i == len(o.in)-1 {
				one.cursor = o.cursor
			}
			err := d.inOne([]*order{one})
			if err != nil {
				err = d.set(one, err)
			}
			if err != nil {
				return err
			}
			kept = append(kept, one.kept...)
		}
		o.kept = kept
		return nil
	}
	if len(o.in) == 0 {
		return why
	}
	d.p.Log.Error("a delivery could not be filed and is kept raw", "account", d.account.ID, "key", o.in[0].Raw.Key, "err", why)
	bad := &order{in: []channel.Arrival{{Raw: o.in[0].Raw, Cause: fault.As(fault.Invalid, why, "it could not be filed")}}, mean: make([][]intake.Meaning, 1), cursor: o.cursor, fence: o.fence}
	if err := d.inOne([]*order{bad}); err != nil {
		return fault.As(fault.Temporary, err, "nothing could be stored; send it again")
	}
	o.kept = bad.kept
	return nil
}

// Receive takes what a network pushes: POST /in/{channel}/{account}. It answers after the commit.
func (p *Porter) Receive(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, channel.MaxBody))
	if err != nil {
		if big := new(http.MaxBytesError); errors.As(err, &big) {
			return fault.New(fault.TooLarge, "a delivery has at most %d bytes", channel.MaxBody)
		}
		return fault.As(fault.Invalid, err, "the body could not be read")
	}
	var kept arrival.Kept
	for range 3 { // an account that is changed meanwhile has another door
		if kept, err = p.receive(r, body); !errors.Is(err, errClosed) {
			break
		}
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	return json.NewEncoder(w).Encode(struct {
		Arrival arrival.ID `json:"arrival"`
		New     bool       `json:"new"`
	}{kept.ID, kept.Fresh})
}

func (p *Porter) receive(r *http.Request, body []byte) (k arrival.Kept, err error) {
	d, err := p.door(r.Context(), account.ID(r.PathValue("account")))
	if err != nil {
		return k, err
	}
	if d.account.Channel != r.PathValue("channel") || !d.ch.Pushes() {
		return k, fault.New(fault.NotFound, "there is no such door")
	}
	a, err := d.ch.Receive(r.Header, body, p.Clock())
	if fault.Is(err, fault.Unauthorized) {
		// Only counted; nothing of it is kept.
		if err := p.DB.Write(r.Context(), db.Work, func(tx *db.Tx) error { return account.Refuse(tx, d.account.ID) }); err != nil {
			p.Log.Warn("refused delivery not counted", "account", d.account.ID, "err", err)
		}
		return k, err
	}
	if err != nil {
		return k, err
	}
	kept, err := d.file(r.Context(), []channel.Arrival{a}, "", 0)
	if err != nil {
		return k, err
	}
	return kept[0], nil
}

// gate is a lock that a waiter may give up on.
type gate struct{ c chan struct{} }

func newGate() *gate { return &gate{make(chan struct{}, 1)} }

// Lock implements sync.Locker.
func (g *gate) Lock() { g.c <- struct{}{} }

// Unlock implements sync.Locker.
func (g *gate) Unlock() { <-g.c }

func (g *gate) wait(ctx context.Context, most time.Duration) {
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case g.c <- struct{}{}:
		<-g.c
	case <-t.C: // delivery.Echo knows it by its words
	case <-ctx.Done():
	}
}

var _ sync.Locker = (*gate)(nil)
