package auth_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/fault"
)

func TestMay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a     auth.Actor
		do    auth.Scope
		brand string
		want  fault.Kind
	}{
		"an agent sends":                   {auth.Actor{Role: auth.Agent, Every: true}, auth.Send, "b", ""},
		"an auditor does not write":        {auth.Actor{Role: auth.Auditor, Every: true}, auth.Write, "b", fault.Forbidden},
		"an expert does not send":          {auth.Actor{Role: auth.Expert, Every: true}, auth.Send, "b", fault.Forbidden},
		"a lead does not manage":           {auth.Actor{Role: auth.Lead, Every: true}, auth.Manages, "", fault.Forbidden},
		"a token does what its scopes say": {auth.Actor{Role: auth.Admin, Every: true, Scopes: []auth.Scope{auth.Read}}, auth.Send, "b", fault.Forbidden},
		"another brand does not exist":     {auth.Actor{Role: auth.Admin, Brands: []string{"a"}}, auth.Read, "b", fault.NotFound},
		"nobody may nothing":               {auth.Actor{}, auth.Read, "", fault.Forbidden},
	} {
		if got := fault.KindOf(c.a.May(c.do, c.brand)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	h, err := auth.HashPassword("a long enough one")
	if err != nil {
		t.Fatal(err)
	}
	if !auth.PasswordIs(h, "a long enough one") || auth.PasswordIs(h, "a long enough one ") || auth.PasswordIs("", "") || auth.PasswordIs("$argon2id$rubbish", "x") {
		t.Error("a password is not itself, or another is")
	}
	if _, err := auth.HashPassword("short"); !fault.Is(err, fault.Invalid) {
		t.Errorf("short: %v", err)
	}
}

func TestTokensAndSessionsEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		me := auth.Actor{Kind: auth.Person, ID: "p", Role: auth.Agent, Every: true}
		if err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
			plain, tok, err := auth.Issue(tx, me, "p", "mine", []auth.Scope{auth.Read})
			if err != nil {
				return err
			}
			if got, _, err := auth.ByToken(tx, plain); err != nil || got.Person != "p" || len(got.Scopes) != 1 {
				t.Errorf("token: %+v, %v", got, err)
			}
			if _, _, err := auth.ByToken(tx, plain+"x"); !fault.Is(err, fault.Unauthorized) {
				t.Errorf("another token: %v", err)
			}
			if _, _, err := auth.Issue(tx, me, "somebody else", "", []auth.Scope{auth.Read}); !fault.Is(err, fault.Forbidden) {
				t.Errorf("for somebody else: %v", err)
			}
			if err := auth.Revoke(tx, me, tok.ID); err != nil {
				return err
			}
			if _, _, err := auth.ByToken(tx, plain); !fault.Is(err, fault.Unauthorized) {
				t.Errorf("revoked: %v", err)
			}
			cookie, err := auth.Begin(tx, "p", "a browser")
			if err != nil {
				return err
			}
			if s, _, err := auth.BySession(tx, cookie); err != nil || s.Person != "p" {
				t.Errorf("session: %+v, %v", s, err)
			}
			if err := auth.SetPassword(tx, "p", "hash"); err != nil {
				return err
			}
			if _, _, err := auth.BySession(tx, cookie); !fault.Is(err, fault.Unauthorized) {
				t.Errorf("a new password left a session: %v", err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestOneOfManyClaimsAKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		claim := func(print string) (a auth.Answer, known bool, err error) {
			err = d.Write(t.Context(), db.Desk, func(tx *db.Tx) (err error) {
				a, known, err = auth.Claim(tx, "p", "k", []byte(print))
				return err
			})
			return a, known, err
		}
		var mine atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				_, known, err := claim("one")
				switch {
				case err == nil && !known:
					mine.Add(1)
				case !fault.Is(err, fault.Conflict):
					t.Errorf("known %v, %v", known, err)
				}
			})
		}
		wg.Wait()
		if mine.Load() != 1 {
			t.Fatalf("%d carried it out", mine.Load())
		}
		if err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error { return auth.Keep(tx, "p", "k", auth.Answer{Status: 202, Body: []byte("{}")}) }); err != nil {
			t.Fatal(err)
		}
		if a, known, err := claim("one"); !known || a.Status != 202 || err != nil {
			t.Errorf("again: %+v, %v, %v", a, known, err)
		}
		if _, _, err := claim("another"); !fault.Is(err, fault.Invalid) {
			t.Errorf("another request: %v", err)
		}
	})
}
