package auth

import (
	"bytes"

	"answerable/internal/db"
	"answerable/internal/fault"
)

// Answer is what was said to a request that carried an Idempotency-Key.
type Answer struct {
	Status int
	Body   []byte
}

// Claim takes a key for a caller before the request is carried out. known is true when it was answered before: give that answer
// again. The same key with another request is refused, as is one whose first request is still under way.
func Claim(tx *db.Tx, caller, key string, print []byte) (a Answer, known bool, err error) {
	n, err := tx.Exec(`INSERT INTO answered_request (caller, key, print, status, at) VALUES ($1,$2,$3,0,$4) ON CONFLICT DO NOTHING`,
		caller, key, print, tx.Now())
	if err != nil || n == 1 {
		return a, false, err
	}
	var was []byte
	var status, at int64
	if _, err := tx.Row(`SELECT print, status, body, at FROM answered_request WHERE caller = $1 AND key = $2`+tx.Locked(),
		db.Args(caller, key), &was, &status, &a.Body, &at); err != nil {
		return a, false, err
	}
	switch {
	case !bytes.Equal(was, print):
		return a, false, fault.New(fault.Invalid, "this Idempotency-Key was used for another request; choose a new one")
	case status == 0 && tx.Now()-at < minute:
		return a, false, fault.New(fault.Conflict, "the first request with this Idempotency-Key is still under way; ask again in a moment")
	case status == 0: // its node died; carry it out again
		_, err := tx.Exec(`UPDATE answered_request SET at = $3 WHERE caller = $1 AND key = $2`, caller, key, tx.Now())
		return a, false, err
	}
	a.Status = int(status)
	return a, true, nil
}

// Keep stores what was answered, in the transaction of what was done where the caller can, so that both are there or neither.
func Keep(tx *db.Tx, caller, key string, a Answer) error {
	_, err := tx.Exec(`UPDATE answered_request SET status = $3, body = $4 WHERE caller = $1 AND key = $2`, caller, key, a.Status, a.Body)
	return err
}

// Forget gives a key back after a request that failed and changed nothing, so that it may be tried again.
func Forget(tx *db.Tx, caller, key string) error {
	_, err := tx.Exec(`DELETE FROM answered_request WHERE caller = $1 AND key = $2 AND status = 0`, caller, key)
	return err
}
