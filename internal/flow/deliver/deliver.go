// Package deliver is the FLOW out, second half: claim, send outside any transaction, settle.
package deliver

import (
	"context"
	"sync"
	"time"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/delivery"
	"answerable/internal/desk/question"
	"answerable/internal/fault"
)

// Door is what the lane needs of an account's channel.
type Door interface {
	Send(ctx context.Context, o channel.Outbound) (channel.Receipt, error)
	// Find looks whether an earlier attempt arrived.
	Find(ctx context.Context, o channel.Outbound, since time.Time) (channel.Receipt, bool, error)
	CanFind() bool
}

// Lane drains one account's deliveries in order while this node holds its lease: transaction, network, transaction. It returns when
// nothing can go now, with the time at which to come back (db.Never when nothing waits). held is locked from the moment the network is
// touched until its answer is stored: who reads our own posts back takes it, so that an echo never comes before its receipt.
func Lane(ctx context.Context, d *db.DB, a account.ID, fence int64, door Door, held sync.Locker) (next int64, err error) {
	for {
		var at delivery.Attempt
		var more bool
		if err := d.Write(ctx, db.Desk, func(tx *db.Tx) (err error) {
			at, more, next, err = delivery.Begin(tx, a, fence)
			return err
		}); err != nil || !more {
			return next, err
		}
		held.Lock()
		r, result, after, why := attempt(ctx, door, at)
		// What the network answered is kept also when this node is told to stop now.
		keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		err := d.Write(keep, db.Desk, func(tx *db.Tx) error { return settle(tx, at, r, result, after, why, door.CanFind()) })
		cancel()
		held.Unlock()
		if err != nil {
			return next, err
		}
		if ctx.Err() != nil {
			return next, ctx.Err()
		}
	}
}

// attempt touches the network once. An attempt of unknown fate is looked up before anything is sent again.
func attempt(ctx context.Context, door Door, at delivery.Attempt) (r channel.Receipt, result delivery.Result, after time.Duration, why string) {
	if at.Look {
		if !door.CanFind() {
			return r, delivery.NotKnown, 0, "it was being sent when this desk stopped, and this channel cannot be asked whether it arrived"
		}
		r, found, err := door.Find(ctx, at.Out, time.UnixMicro(at.Since))
		switch {
		case err != nil:
			return r, delivery.NotKnown, fault.After(err), words(err)
		case found:
			return r, delivery.Arrived, 0, ""
		}
		return r, delivery.NotFound, 0, "looked for and not there"
	}
	r, err := door.Send(ctx, at.Out)
	return r, delivery.ResultOf(err), fault.After(err), words(err)
}

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error() // redacted by channel.Account
}

func settle(tx *db.Tx, at delivery.Attempt, r channel.Receipt, result delivery.Result, after time.Duration, why string, canFind bool) error {
	m, err := conversation.GetMessage(tx, at.Message)
	if err != nil {
		return err
	}
	if err := conversation.LockAll(tx, m.Conversation); err != nil { // before the delivery, as who decides it does
		return err
	}
	s, err := delivery.Settle(tx, at, r, result, after, why, canFind)
	if err != nil || s.State != delivery.Failed {
		return err
	}
	// What it answered is not answered.
	if err := question.Reopen(tx, auth.TheHouse(), at.Message, "the reply could not be delivered"); err != nil {
		return err
	}
	c, err := conversation.Lock(tx, auth.TheHouse(), s.Conversation)
	if err != nil || c.Status != conversation.Waiting {
		return err
	}
	return conversation.Reopen(tx, auth.TheHouse(), c, "the reply could not be delivered")
}
