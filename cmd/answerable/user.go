package main

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/directory"
	"answerable/internal/fault"
	"answerable/internal/flow/assign"
)

type userCmd struct {
	Add      userAddCmd      `cmd:"" help:"Add a person."`
	List     userListCmd     `cmd:"" help:"List who works here."`
	Password userPasswordCmd `cmd:"" help:"Give a person another password; their sessions end."`
	Presence userPresenceCmd `cmd:"" help:"Say whether a person takes work."`
}

type userAddCmd struct {
	Email         string   `required:"" help:"Their mail address, with which they sign in."`
	Name          string   `required:"" help:"Their name."`
	Role          string   `required:"" help:"agent, lead, expert, approver, executive, admin or auditor."`
	Brand         []string `help:"A brand they work for, by slug or id; may be said several times. Default: every brand."`
	PasswordStdin bool     `help:"Read their password from standard input, one line."`
	JSON          bool     `name:"json" help:"Print one line of JSON."`
}

// Run adds a person.
func (u userAddCmd) Run(w *world) (err error) {
	hash := ""
	if u.PasswordStdin {
		if hash, err = w.password(); err != nil {
			return err
		}
	}
	_, d, err := w.open()
	if err != nil {
		return err
	}
	defer closed(d, &err)
	var p directory.Person
	if err := d.Write(w.ctx, db.Desk, func(tx *db.Tx) (err error) {
		p = directory.Person{Email: u.Email, Name: u.Name, Role: auth.Role(u.Role)}
		for _, name := range u.Brand {
			b, err := brand.Named(tx, name)
			if err != nil {
				return err
			}
			p.Brands = append(p.Brands, b.ID)
		}
		if p, err = directory.Add(tx, auth.TheHouse(), p); err != nil || hash == "" {
			return err
		}
		return auth.SetPassword(tx, string(p.ID), hash)
	}); err != nil {
		return err
	}
	note := ""
	if hash == "" {
		note = "\nThey cannot sign in yet: answerable user password --email " + p.Email + " --password-stdin"
	}
	return w.print(u.JSON, map[string]any{"id": p.ID}, "%s works here now as %s (%s)%s", p.Name, p.Role, p.ID, note)
}

// password reads a password from standard input and hashes it.
func (w *world) password() (hash string, err error) {
	line, err := bufio.NewReader(io.LimitReader(w.in, 4*auth.MaxPassword)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return auth.HashPassword(strings.TrimRight(line, "\r\n"))
}

type userListCmd struct {
	JSON bool `name:"json" help:"Print one line of JSON."`
}

// Run lists who works here.
func (u userListCmd) Run(w *world) (err error) {
	_, d, err := w.open()
	if err != nil {
		return err
	}
	defer closed(d, &err)
	t := table{head: []string{"email", "name", "role", "presence", "brands", "id"}}
	if err := d.Read(w.ctx, func(tx *db.Tx) error {
		all, err := directory.All(tx)
		if err != nil {
			return err
		}
		slugs := map[brand.ID]string{}
		brands, err := brand.All(tx, auth.TheHouse())
		for _, b := range brands {
			slugs[b.ID] = b.Slug
		}
		for _, p := range all {
			in := []string{}
			for _, b := range p.Brands {
				in = append(in, slugs[b])
			}
			if p.Every {
				in = []string{"(every)"}
			}
			t.add(p.Email, p.Name, string(p.Role), string(p.State), in, string(p.ID))
		}
		return err
	}); err != nil {
		return err
	}
	return w.list(u.JSON, t)
}

type userPasswordCmd struct {
	Email         string `required:"" help:"Whose, by mail address or id."`
	PasswordStdin bool   `required:"" help:"Read the password from standard input, one line. There is no other way: a command line is seen by others."`
}

// Run gives a person another password.
func (u userPasswordCmd) Run(w *world) (err error) {
	hash, err := w.password()
	if err != nil {
		return err
	}
	_, d, err := w.open()
	if err != nil {
		return err
	}
	defer closed(d, &err)
	var p directory.Person
	if err := d.Write(w.ctx, db.Desk, func(tx *db.Tx) (err error) {
		if p, err = working(tx, u.Email); err != nil {
			return err
		}
		return auth.SetPassword(tx, string(p.ID), hash)
	}); err != nil {
		return err
	}
	return w.print(false, nil, "%s has another password now, and is signed out everywhere.", p.Name)
}

// working finds somebody whose access has not ended.
func working(tx *db.Tx, name string) (directory.Person, error) {
	p, err := directory.Named(tx, name)
	if err == nil && p.OffAt != 0 {
		err = fault.New(fault.Conflict, "the access of %s has ended", p.Email)
	}
	return p, err
}

type userPresenceCmd struct {
	Email string `required:"" help:"Whose, by mail address or id."`
	State string `required:"" enum:"here,away,off" help:"here takes new work, away and off do not."`
}

// Run says whether a person takes work; who is back is given what waits for them.
func (u userPresenceCmd) Run(w *world) (err error) {
	_, d, err := w.open()
	if err != nil {
		return err
	}
	defer closed(d, &err)
	var p directory.Person
	if err := d.Write(w.ctx, db.Desk, func(tx *db.Tx) (err error) {
		if p, err = working(tx, u.Email); err != nil {
			return err
		}
		return assign.Returned(tx, auth.TheHouse(), p.ID, directory.State(u.State))
	}); err != nil {
		return err
	}
	return w.print(false, nil, "%s is %s.", p.Name, u.State)
}
