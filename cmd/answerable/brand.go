package main

import (
	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
)

type brandCmd struct {
	Add  brandAddCmd  `cmd:"" help:"Add a brand."`
	List brandListCmd `cmd:"" help:"List the brands."`
}

type brandAddCmd struct {
	Slug string `required:"" help:"Its short name in addresses and on this command line: a-z, 0-9, '.', '_' and '-'."`
	Name string `help:"Its name as customers know it. Default: the slug."`
	Zone string `help:"The time zone its promises are in, such as Europe/Berlin." default:"UTC"`
	JSON bool   `name:"json" help:"Print one line of JSON."`
}

// Run adds a brand.
func (b brandAddCmd) Run(w *world) (err error) {
	_, d, err := w.open()
	if err != nil {
		return err
	}
	defer closed(d, &err)
	var made brand.Brand
	if err := d.Write(w.ctx, db.Desk, func(tx *db.Tx) (err error) {
		made, err = brand.Add(tx, auth.TheHouse(), brand.Brand{Slug: b.Slug, Name: b.Name, Zone: b.Zone})
		return err
	}); err != nil {
		return err
	}
	return w.print(b.JSON, map[string]any{"id": made.ID, "slug": made.Slug}, "%s is here: %s (%s)", made.Name, made.Slug, made.ID)
}

type brandListCmd struct {
	JSON bool `name:"json" help:"Print one line of JSON."`
}

// Run lists the brands.
func (b brandListCmd) Run(w *world) (err error) {
	_, d, err := w.open()
	if err != nil {
		return err
	}
	defer closed(d, &err)
	var all []brand.Brand
	if err := d.Read(w.ctx, func(tx *db.Tx) (err error) {
		all, err = brand.All(tx, auth.TheHouse())
		return err
	}); err != nil {
		return err
	}
	t := table{head: []string{"slug", "name", "zone", "id"}}
	for _, x := range all {
		t.add(x.Slug, x.Name, x.Zone, string(x.ID))
	}
	return w.list(b.JSON, t)
}
