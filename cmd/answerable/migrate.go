package main

import (
	"answerable/internal/app"
	"answerable/internal/db"
)

type migrateCmd struct {
	JSON bool `name:"json" help:"Print one line of JSON."`
}

// Run brings the database to this program's schema. Several may run it at once; what is applied is never applied again.
func (m migrateCmd) Run(w *world) (err error) {
	c, err := w.load()
	if err != nil {
		return err
	}
	d, err := db.Open(w.ctx, c.Database, db.Options{})
	if err != nil {
		return err
	}
	defer closed(d, &err)
	if err := d.Suitable(w.ctx); err != nil {
		return err
	}
	was, _, err := d.Version(w.ctx)
	if err != nil {
		return err
	}
	if err := app.Migrate(w.ctx, d); err != nil {
		return err
	}
	is, _, err := d.Version(w.ctx)
	if err != nil {
		return err
	}
	out := map[string]any{"database": d.Dialect(), "was": was, "schema": is}
	if was == is {
		return w.print(m.JSON, out, "%s has schema %d already.", d.Dialect(), is)
	}
	return w.print(m.JSON, out, "%s is at schema %d now (it was at %d).", d.Dialect(), is, was)
}
