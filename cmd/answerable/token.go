package main

import (
	"strings"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/directory"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a key for a program that acts for a person. It is shown once."`
	List   tokenListCmd   `cmd:"" help:"List the keys, without their secrets."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a key."`
}

type tokenCreateCmd struct {
	User  string       `required:"" help:"For whom it acts, by mail address or id."`
	Scope []auth.Scope `required:"" help:"What it may do: read, write, send, admin; several by comma, or said several times."`
	Name  string       `help:"What it is for."`
	JSON  bool         `name:"json" help:"Print one line of JSON."`
}

// Run makes a token.
func (t tokenCreateCmd) Run(w *world) (err error) {
	_, d, err := w.open()
	if err != nil {
		return err
	}
	defer closed(d, &err)
	var secret string
	var made auth.Issued
	if err := d.Write(w.ctx, db.Desk, func(tx *db.Tx) error {
		p, err := working(tx, t.User)
		if err != nil {
			return err
		}
		secret, made, err = auth.Issue(tx, auth.TheHouse(), string(p.ID), t.Name, t.Scope)
		return err
	}); err != nil {
		return err
	}
	return w.print(t.JSON, map[string]any{"token": secret, "id": made.ID, "scopes": made.Scopes}, "%s\nThis is shown once. It may %s; end it with: answerable token revoke %s", secret, strings.Join(scopes(made.Scopes), ", "), made.ID)
}

func scopes(in []auth.Scope) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}

type tokenListCmd struct {
	User string `help:"Only of this person, by mail address or id."`
	JSON bool   `name:"json" help:"Print one line of JSON."`
}

// Run lists tokens.
func (t tokenListCmd) Run(w *world) (err error) {
	_, d, err := w.open()
	if err != nil {
		return err
	}
	defer closed(d, &err)
	out := table{head: []string{"id", "user", "scopes", "name", "created_at", "seen_at", "revoked_at"}}
	if err := d.Read(w.ctx, func(tx *db.Tx) error {
		whose := ""
		if t.User != "" {
			p, err := directory.Named(tx, t.User)
			if err != nil {
				return err
			}
			whose = string(p.ID)
		}
		all, err := auth.Tokens(tx, whose)
		if err != nil {
			return err
		}
		for _, x := range all {
			p, err := directory.Get(tx, directory.PersonID(x.Person))
			if err != nil {
				return err
			}
			out.add(x.ID, p.Email, scopes(x.Scopes), x.Name, moment(x.Created), moment(x.Seen), moment(x.Revoked))
		}
		return nil
	}); err != nil {
		return err
	}
	return w.list(t.JSON, out)
}

type tokenRevokeCmd struct {
	ID string `arg:"" help:"The id of the key, not its secret."`
}

// Run ends a token.
func (t tokenRevokeCmd) Run(w *world) (err error) {
	_, d, err := w.open()
	if err != nil {
		return err
	}
	defer closed(d, &err)
	if err := d.Write(w.ctx, db.Desk, func(tx *db.Tx) error { return auth.Revoke(tx, auth.TheHouse(), t.ID) }); err != nil {
		return err
	}
	return w.print(false, nil, "This key no longer works.")
}
