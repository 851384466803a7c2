package main

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"answerable/internal/app"
	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/fault"
)

type accountCmd struct {
	Add  accountAddCmd  `cmd:"" help:"Connect a presence on a channel. A process that serves from this database begins to read it within ten seconds."`
	List accountListCmd `cmd:"" help:"List the connected presences and how they are."`
}

type accountAddCmd struct {
	Brand   string `required:"" help:"Whose, by slug or id."`
	Channel string `required:"" help:"Which kind of place: mastodon, signed."`
	Config  string `required:"" help:"File with its settings, a JSON object; - reads standard input." placeholder:"FILE"`
	JSON    bool   `name:"json" help:"Print one line of JSON."`
}

// maxSettings is far more than any channel has to be told.
const maxSettings = 64 << 10

// Run tries the settings against the network and keeps the account when it answers.
func (a accountAddCmd) Run(w *world) (err error) {
	settings, err := w.settings(a.Config)
	if err != nil {
		return err
	}
	c, d, err := w.open()
	if err != nil {
		return err
	}
	defer closed(d, &err)
	var b brand.Brand
	if err := d.Read(w.ctx, func(tx *db.Tx) (err error) {
		b, err = brand.Named(tx, a.Brand)
		return err
	}); err != nil {
		return err
	}
	p, err := app.Connector(c, d, w.log(c.Log))
	if err != nil {
		return err
	}
	made, err := p.Connect(w.ctx, auth.TheHouse(), b.ID, a.Channel, settings)
	if err != nil {
		return err
	}
	out := map[string]any{"id": made.ID, "health": made.Health, "channel": made.Channel, "handle": made.Handle}
	var once strings.Builder
	for _, k := range slices.Sorted(maps.Keys(made.Made)) {
		out[k] = made.Made[k]
		once.WriteString("\n" + k + ": " + made.Made[k] + "   (made for you, and shown once)")
	}
	if made.Channel == "signed" && c.URL != "" {
		once.WriteString("\nThe other system posts to " + c.URL + "/in/signed/" + string(made.ID))
	}
	return w.print(a.JSON, out, "%s is connected to %s: %s (%s)%s", cmp.Or(made.Handle, made.Name), b.Name, made.ID, made.Health, once.String())
}

// settings reads the file of an account's settings.
func (w *world) settings(name string) ([]byte, error) {
	r := w.in
	if name != "-" {
		f, err := os.Open(name) //nolint:gosec // the operator names it
		if err != nil {
			return nil, fault.As(fault.Invalid, err, "the settings cannot be read")
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, maxSettings+1))
	switch {
	case err != nil:
		return nil, fault.As(fault.Invalid, err, "the settings cannot be read")
	case len(b) > maxSettings:
		return nil, fault.New(fault.TooLarge, "the settings are larger than %d bytes", maxSettings)
	case strings.TrimSpace(string(b)) == "":
		return nil, errors.New("the settings are empty; write at least {}")
	}
	return b, nil
}

type accountListCmd struct {
	Brand string `help:"Only of this brand, by slug or id."`
	JSON  bool   `name:"json" help:"Print one line of JSON."`
}

// Run lists the accounts.
func (a accountListCmd) Run(w *world) (err error) {
	_, d, err := w.open()
	if err != nil {
		return err
	}
	defer closed(d, &err)
	t := table{head: []string{"id", "brand", "channel", "handle", "health", "trouble", "heard_at"}}
	if err := d.Read(w.ctx, func(tx *db.Tx) error {
		all, err := account.All(tx, auth.TheHouse())
		if err != nil {
			return err
		}
		var only brand.ID
		if a.Brand != "" {
			b, err := brand.Named(tx, a.Brand)
			if err != nil {
				return err
			}
			only = b.ID
		}
		for _, x := range all {
			if only != "" && x.Brand != only {
				continue
			}
			b, err := brand.Named(tx, string(x.Brand))
			if err != nil {
				return err
			}
			t.add(string(x.ID), b.Slug, x.Channel, x.Handle, string(x.Health), x.Trouble, moment(x.HeardAt))
		}
		return nil
	}); err != nil {
		return err
	}
	return w.list(a.JSON, t)
}
