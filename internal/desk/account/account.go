// Package account has the connected presences on channels: settings, sealed keys, reading cursor, health.
package account

import (
	"database/sql"
	"encoding/json"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/id"
	"answerable/internal/lease"
	"answerable/internal/record"
)

// ID names an account.
type ID string

// Health says how an account is.
type Health string

// The healths.
const (
	New       Health = "new"       // not spoken to yet
	OK        Health = "ok"        //
	Limited   Health = "limited"   // the network asks us to wait
	Forbidden Health = "forbidden" // its keys no longer work: a person must connect it again
	Trouble   Health = "trouble"   // does not answer; we keep trying
	Off       Health = "off"       // switched off by a person
)

// Account is one connected presence.
type Account struct {
	ID         ID
	Brand      brand.ID
	Channel    string
	ExternalID string
	Realm      string
	Handle     string
	Name       string
	Config     json.RawMessage // without secrets
	Sealed     []byte          // JSON of the secrets, sealed for Place(ID)
	Cursor     string
	Health     Health
	Trouble    string         // in words, when Health is not OK
	Limits     channel.Limits // what the channel said of lengths when it was last asked
	HeardAt    int64
	Made       map[string]string // settings that were made when it was connected, such as a secret: shown once, not stored in clear
	Refused    int64             // deliveries refused for a wrong signature
}

// Place is what an account's secrets are sealed for.
func Place(a ID) string { return "account/" + string(a) }

// Lease names the lease of an account: who reads it and drains its lane.
func Lease(a ID) string { return "account/" + string(a) }

// Connect adds an account, or gives the one that is there new keys. a.ID may be chosen by the caller (secrets are sealed for it).
func Connect(tx *db.Tx, by auth.Actor, a Account) (Account, error) {
	if err := by.May(auth.Manages, string(a.Brand)); err != nil {
		return a, err
	}
	if a.ID == "" {
		a.ID = ID(id.New())
	}
	if a.Name == "" {
		a.Name = a.Handle
	}
	if a.Health == "" {
		a.Health = New
	}
	n, err := tx.Exec(`INSERT INTO account (id, brand_id, channel, external_id, realm, handle, name, config, sealed, health, limits, made_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12) ON CONFLICT DO NOTHING`,
		a.ID, a.Brand, a.Channel, a.ExternalID, a.Realm, a.Handle, a.Name, string(a.Config), a.Sealed, a.Health, limits(a.Limits), tx.Now())
	if err != nil {
		return a, err
	}
	if n == 0 {
		return a, fault.New(fault.Conflict, "%s %s is connected to this brand already; change that account instead", a.Channel, a.Handle)
	}
	event.After(tx, event.Changed{Brand: string(a.Brand), Kind: "account", ID: string(a.ID)})
	return a, record.Note(tx, by, record.Entry{
		Brand: string(a.Brand), Kind: "account.connected", Subject: "account/" + string(a.ID),
		Data: map[string]any{"channel": a.Channel}, Words: a.Handle,
	})
}

// Change gives an account other settings or keys, or switches it on or off.
func Change(tx *db.Tx, by auth.Actor, a Account) error {
	if err := by.May(auth.Manages, string(a.Brand)); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE account SET name = $2, config = $3, sealed = $4, health = $5, trouble = '', external_id = $6, realm = $7, handle = $8, limits = $9
		WHERE id = $1`, a.ID, a.Name, string(a.Config), a.Sealed, a.Health, a.ExternalID, a.Realm, a.Handle, limits(a.Limits)); err != nil {
		return err
	}
	event.After(tx, event.Changed{Brand: string(a.Brand), Kind: "account", ID: string(a.ID)})
	return record.Note(tx, by, record.Entry{Brand: string(a.Brand), Kind: "account.changed", Subject: "account/" + string(a.ID), Data: map[string]any{"health": a.Health}})
}

const columns = `id, brand_id, channel, external_id, realm, handle, name, config, sealed, place, health, trouble, limits, heard_at, refused`

func scan(r *sql.Rows) (a Account, err error) {
	var config, lim string
	err = r.Scan(&a.ID, &a.Brand, &a.Channel, &a.ExternalID, &a.Realm, &a.Handle, &a.Name, &config, &a.Sealed, &a.Cursor, &a.Health, &a.Trouble, &lim, &a.HeardAt, &a.Refused)
	a.Config = json.RawMessage(config)
	if err == nil {
		err = json.Unmarshal([]byte(lim), &a.Limits)
	}
	return a, err
}

func limits(l channel.Limits) string {
	b, err := json.Marshal(l)
	if err != nil { // numbers and booleans always fit
		return "{}"
	}
	return string(b)
}

// Get returns one, to whom may see it.
func Get(tx *db.Tx, by auth.Actor, a ID) (out Account, err error) {
	found := false
	err = tx.Query(`SELECT `+columns+` FROM account WHERE id = $1`, db.Args(a), func(r *sql.Rows) error {
		found = true
		out, err = scan(r)
		return err
	})
	if err == nil && (!found || !by.In(string(out.Brand))) {
		return Account{}, fault.New(fault.NotFound, "there is no account %q", a)
	}
	return out, err
}

// All lists the accounts of the brands an actor may enter.
func All(tx *db.Tx, by auth.Actor) (out []Account, err error) {
	err = tx.Query(`SELECT `+columns+` FROM account ORDER BY id`, nil, func(r *sql.Rows) error {
		a, err := scan(r)
		if err == nil && by.In(string(a.Brand)) {
			out = append(out, a)
		}
		return err
	})
	return out, err
}

// Advance keeps the reading place. fence is of the lease the reader holds, checked here: a node that lost it writes nothing. A fence
// of 0 is a door that is pushed to (a webhook) and keeps no place.
func Advance(tx *db.Tx, a ID, cursor string, fence int64) error {
	if fence == 0 {
		_, err := tx.Exec(`UPDATE account SET heard_at = $2 WHERE id = $1 AND heard_at < $3`, a, tx.Now(), tx.Now()-1e6)
		return err
	}
	if err := lease.Check(tx, Lease(a), fence); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE account SET place = CASE WHEN $2 = '' THEN place ELSE $2 END, fence = $3, heard_at = $4 WHERE id = $1`, a, cursor, fence, tx.Now())
	return err
}

// Tell keeps how an account is, and what it said of itself when it is well.
func Tell(tx *db.Tx, a ID, h Health, trouble string, info *channel.Info) error {
	var brandID string
	var was Health
	var said string
	ok, err := tx.Row(`SELECT brand_id, health, trouble FROM account WHERE id = $1`, db.Args(a), &brandID, &was, &said)
	if err != nil || !ok || was == Off {
		return err
	}
	if info != nil {
		if _, err := tx.Exec(`UPDATE account SET realm = $2, handle = $3, limits = $4 WHERE id = $1`, a, info.Realm, info.Handle, limits(info.Limits)); err != nil {
			return err
		}
	}
	if was == h && said == trouble {
		return nil
	}
	if _, err := tx.Exec(`UPDATE account SET health = $2, trouble = $3 WHERE id = $1`, a, h, trouble); err != nil {
		return err
	}
	event.After(tx, event.Changed{Brand: brandID, Kind: "account.health", ID: string(a)})
	return record.Note(tx, auth.TheHouse(), record.Entry{Brand: brandID, Kind: "account.health", Subject: "account/" + string(a), Data: map[string]any{"health": h}})
}

// Refuse counts a delivery with a wrong signature. Nothing else of it is kept.
func Refuse(tx *db.Tx, a ID) error {
	_, err := tx.Exec(`UPDATE account SET refused = refused + 1 WHERE id = $1`, a)
	return err
}
