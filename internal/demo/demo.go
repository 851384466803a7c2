// Package demo sets a made-up brand in a house and lets made-up people write to it on a square, so that a newcomer sees the main job in
// the first minute. Brand, people and texts are invented.
package demo

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"answerable/internal/app"
	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/directory"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/flow/assign"
	"answerable/internal/porter"
	"answerable/internal/square"
)

// The brand: outdoor gear and groceries.
const (
	Slug   = "tarnandrye"
	Handle = "tarnandrye"
	Name   = "Tarn & Rye"
)

// State is what a demo tells, and keeps in its folder so that it can be stopped and begun again.
type State struct {
	APIToken   string            `json:"api_token"`
	Email      string            `json:"email"`
	Password   string            `json:"password"`
	BrandID    brand.ID          `json:"brand_id"`
	SignedID   account.ID        `json:"signed_id"`
	Secret     string            `json:"secret"`
	BrandToken string            `json:"brand_token"`
	Tokens     map[string]string `json:"tokens"` // of two customers on the square
}

const stateFile = "demo.json"

// Customers on the square whose tokens a demo hands out.
var handedOut = []string{"ana", "ben"}

// Prepare makes what is not there yet: people, brand, accounts on the square and on the desk. squareURL is where the square is served.
func Prepare(ctx context.Context, a *app.App, sq *square.Square, squareURL string) (State, error) {
	var s State
	file := filepath.Join(a.Config.Data, stateFile)
	b, err := os.ReadFile(file) //nolint:gosec // the demo's own folder
	switch {
	case err == nil:
		if err := json.Unmarshal(b, &s); err != nil {
			return s, fault.As(fault.Invalid, err, "%s is damaged; remove the folder to begin anew", file)
		}
		return s, move(ctx, a, s, squareURL)
	case !errors.Is(err, fs.ErrNotExist):
		return s, err
	}
	s.Tokens = map[string]string{}
	if _, s.BrandToken, err = sq.Join(Handle, Name); err != nil {
		return s, err
	}
	for _, c := range handedOut {
		if _, s.Tokens[c], err = sq.Join(c, ""); err != nil {
			return s, err
		}
	}
	if err := staff(ctx, a, &s); err != nil {
		return s, err
	}
	house := auth.TheHouse()
	if _, err := a.Porter.Connect(ctx, house, s.BrandID, "mastodon", json.RawMessage(`{"server":"`+squareURL+`","token":"`+s.BrandToken+`"}`)); err != nil {
		return s, err
	}
	door, err := a.Porter.Connect(ctx, house, s.BrandID, "signed", json.RawMessage(`{"name":"shop"}`))
	if err != nil {
		return s, err
	}
	s.SignedID, s.Secret = door.ID, door.Made["secret"]
	if b, err = json.Marshal(s); err != nil { //nolint:gosec // made-up secrets of a made-up brand, in a folder of the demo's own
		return s, err
	}
	return s, os.WriteFile(file, b, 0o600)
}

// staff makes the brand and who works for it; the newcomer signs in as Mara.
func staff(ctx context.Context, a *app.App, s *State) error {
	random := make([]byte, 9)
	_, _ = rand.Read(random)
	s.Email, s.Password = "mara@tarnandrye.example", "tarn-"+base64.RawURLEncoding.EncodeToString(random)
	hash, err := auth.HashPassword(s.Password)
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, db.Desk, func(tx *db.Tx) error {
		house := auth.TheHouse()
		b, err := brand.Add(tx, house, brand.Brand{Slug: Slug, Name: Name, Zone: "Europe/Berlin"})
		if err != nil {
			return err
		}
		s.BrandID = b.ID
		for _, p := range []directory.Person{
			{Email: s.Email, Name: "Mara Lindqvist", Role: auth.Admin},
			{Email: "joost@tarnandrye.example", Name: "Joost Akkerman", Role: auth.Lead},
			{Email: "sipho@tarnandrye.example", Name: "Sipho Dube", Role: auth.Agent},
		} {
			p, err := directory.Add(tx, house, p)
			if err != nil {
				return err
			}
			if p.Email != s.Email {
				continue
			}
			if err := auth.SetPassword(tx, string(p.ID), hash); err != nil {
				return err
			}
			if err := assign.Returned(tx, p.Actor(), p.ID, directory.Here); err != nil {
				return err
			}
			if s.APIToken, _, err = auth.Issue(tx, house, string(p.ID), "demo", auth.Scopes()); err != nil {
				return err
			}
		}
		return nil
	})
}

// move tells the desk where the square is now: after a restart it may be on another port.
func move(ctx context.Context, a *app.App, s State, squareURL string) error {
	var all []account.Account
	if err := a.DB.Read(ctx, func(tx *db.Tx) (err error) {
		all, err = account.All(tx, auth.TheHouse())
		return err
	}); err != nil {
		return err
	}
	for _, x := range all {
		var c struct {
			Server string `json:"server"`
		}
		if x.Channel != "mastodon" || json.Unmarshal(x.Config, &c) != nil || c.Server == squareURL {
			continue
		}
		if _, err := a.Porter.Change(ctx, auth.TheHouse(), x.ID, porter.Change{Config: json.RawMessage(`{"server":"` + squareURL + `","token":"` + s.BrandToken + `"}`)}); err != nil {
			return err
		}
	}
	return nil
}

// Clock is a clock that stands still until it is told to go on: tests see what happens at a time without waiting for it.
type Clock struct {
	mu  sync.Mutex
	now time.Time
	hub *event.Hub
}

// NewClock begins at a time.
func NewClock(now time.Time) *Clock { return &Clock{now: now.UTC()} }

// Now is what it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Wakes has the loops of a house look again whenever the clock goes on.
func (c *Clock) Wakes(hub *event.Hub) { c.hub = hub }

// Advance moves it on and returns what it shows then. It cannot go back.
func (c *Clock) Advance(seconds float64) (time.Time, error) {
	if seconds < 0 || seconds > 366*24*3600 {
		return c.Now(), fault.New(fault.Invalid, "the clock goes on by 0 seconds to a year")
	}
	c.mu.Lock()
	c.now = c.now.Add(time.Duration(seconds * float64(time.Second)))
	now := c.now
	c.mu.Unlock()
	if c.hub != nil {
		c.hub.Tell(event.Changed{Kind: event.Alarm}, event.Changed{Kind: event.Lost})
	}
	return now, nil
}
