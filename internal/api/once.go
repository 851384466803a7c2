package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"answerable/internal/auth"
	"answerable/internal/db"
)

// shown is an answer.
type shown[T any] struct{ Body T }

// answer is an answer to a POST, which may be asked twice under one Idempotency-Key.
type answer[T any] struct {
	Status   int
	Replayed string `header:"Idempotency-Replayed" doc:"true when this answer was given before and nothing was done again."`
	Body     T
}

// nothing is an answer without a body.
type nothing struct{}

// show reads and answers.
func show[T any](ctx context.Context, f *face, do func(tx *db.Tx, by auth.Actor) (T, error)) (*shown[T], error) {
	out := &shown[T]{}
	return out, f.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out.Body, err = do(tx, callerOf(ctx).actor)
		return err
	})
}

// change changes and answers. Repeating it changes nothing more, so it needs no key.
func change[T any](ctx context.Context, f *face, do func(tx *db.Tx, by auth.Actor) (T, error)) (*shown[T], error) {
	out := &shown[T]{}
	return out, f.DB.Write(ctx, db.Desk, func(tx *db.Tx) (err error) {
		out.Body, err = do(tx, callerOf(ctx).actor)
		return err
	})
}

// once carries a POST out once a key: the key is taken, the change made and the answer kept in one transaction, so that after a crash
// either all three are there or none. Only what was done is kept: a refusal changed nothing and gives the key back with the rest of
// its transaction, so the same request may be tried again when the reason is gone.
func once[T any](ctx context.Context, f *face, status int, do func(tx *db.Tx, by auth.Actor) (T, error)) (*answer[T], error) {
	c := callerOf(ctx)
	var out *answer[T]
	err := f.DB.Write(ctx, db.Desk, func(tx *db.Tx) (err error) {
		out = &answer[T]{Status: status} // this may run twice
		if known, err := claim(tx, c, out); err != nil || known {
			return err
		}
		if out.Body, err = do(tx, c.actor); err != nil {
			return err
		}
		return keep(tx, c, out)
	})
	return out, err
}

// onceOutside is once for what asks a network or another part of the house and cannot be held in a transaction: the key is taken
// before and the answer kept after. A crash in between leaves the key taken for a minute; what is tried again then is refused by its
// station, which knows the account or the arrival already.
func onceOutside[T any](ctx context.Context, f *face, status int, do func(by auth.Actor) (T, error)) (*answer[T], error) {
	c := callerOf(ctx)
	out := &answer[T]{Status: status}
	known := false
	err := f.DB.Write(ctx, db.Desk, func(tx *db.Tx) (err error) {
		known, err = claim(tx, c, out)
		return err
	})
	if err != nil || known {
		return out, err
	}
	out.Body, err = do(c.actor)
	// The caller may have gone; what was done, or was not, is kept all the same.
	kept := f.DB.Write(context.WithoutCancel(ctx), db.Desk, func(tx *db.Tx) error {
		if err != nil {
			return auth.Forget(tx, c.owner(), c.key)
		}
		return keep(tx, c, out)
	})
	if kept != nil {
		f.Log.WarnContext(ctx, "an answer was not kept for a repeated request", "request", c.actor.Request, "err", kept)
	}
	return out, err
}

// owner is whose key it is: keys of two tokens are two keys.
func (c caller) owner() string { return "token/" + c.token.ID }

func claim[T any](tx *db.Tx, c caller, out *answer[T]) (known bool, err error) {
	if c.key == "" {
		return false, nil
	}
	was, known, err := auth.Claim(tx, c.owner(), c.key, c.print)
	if err != nil || !known {
		return false, err
	}
	b, err := c.unseal(was.Body)
	if err != nil {
		return false, err
	}
	out.Status, out.Replayed = was.Status, "true"
	return true, json.Unmarshal(b, &out.Body)
}

func keep[T any](tx *db.Tx, c caller, out *answer[T]) error {
	if c.key == "" {
		return nil
	}
	b, err := json.Marshal(out.Body)
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	sealed, err := c.seal(b)
	if err != nil {
		return err
	}
	return auth.Keep(tx, c.owner(), c.key, auth.Answer{Status: out.Status, Body: sealed})
}

// An answer may hold a secret that was made for the caller (a token, a signing key), and customers' names. It is kept sealed with the
// token it was given to, of which the house has only the hash: nobody but that caller can read it again.
func (c caller) seal(plain []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(c.sealer())
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce)
	return aead.Seal(nonce, nonce, plain, []byte(c.key)), nil
}

func (c caller) unseal(sealed []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(c.sealer())
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, errors.New("a kept answer is cut short")
	}
	return aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], []byte(c.key))
}

func (c caller) sealer() []byte {
	k := sha256.Sum256([]byte("answerable kept answer\x00" + c.secret))
	return k[:]
}
