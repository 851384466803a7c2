package web

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"time"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/directory"
	"answerable/internal/fault"
	"answerable/internal/flow/assign"
	"answerable/internal/web/entry"
)

// sessionAge is how long a browser keeps the cookie; the house itself decides when the session ends.
const sessionAge = 30 * 24 * time.Hour

func (s *server) home(w http.ResponseWriter, r *http.Request, _ *visit) error {
	empty, err := s.nobody(r)
	if err != nil {
		return err
	}
	to := "/desk"
	if empty {
		to = "/first"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (s *server) nobody(r *http.Request) (empty bool, err error) {
	err = s.DB.Read(r.Context(), func(tx *db.Tx) error {
		empty, err = directory.Nobody(tx)
		return err
	})
	return empty, err
}

func (s *server) signInPage(w http.ResponseWriter, r *http.Request, v *visit) error {
	empty, err := s.nobody(r)
	if err != nil {
		return err
	}
	if empty {
		http.Redirect(w, r, "/first", http.StatusSeeOther)
		return nil
	}
	p := entry.SignIn{Frame: s.frame(r, v, v.w.Entry.Title, ""), Next: r.URL.Query().Get("next")}
	switch {
	case r.URL.Query().Has("out"):
		p.Said = v.w.Entry.Out
	case r.URL.Query().Has("done"):
		p.Said = v.w.Entry.Done
	case p.Next != "" && value(r, sessionCookie) != "":
		p.Said = v.w.Entry.Expired
	}
	return s.show(w, r, http.StatusOK, p.Whole())
}

func (s *server) signIn(w http.ResponseWriter, r *http.Request, v *visit) error {
	email, next := strings.ToLower(strings.TrimSpace(r.PostFormValue("email"))), r.PostFormValue("next")
	p := entry.SignIn{Frame: s.frame(r, v, v.w.Entry.Title, ""), Email: email, Next: next}
	// A whole team may stand behind one address; nobody needs more than a few tries for one name.
	if !s.tries.may("host "+host(r), 120, s.now()) || !s.tries.may("who "+email, 10, s.now()) {
		p.Wrong = v.w.Entry.TooOften
		w.Header().Set("Retry-After", "60")
		return s.show(w, r, http.StatusTooManyRequests, p.Whole())
	}
	var who directory.Person
	var stored string
	err := s.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		if who, err = directory.Named(tx, email); err != nil {
			return err
		}
		stored, err = auth.Password(tx, string(who.ID))
		return err
	})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	// An unknown address takes as long as a wrong password: nobody learns who works here.
	if right := auth.PasswordIs(stored, r.PostFormValue("password")); !right || err != nil || who.OffAt != 0 {
		p.Wrong = v.w.Entry.Wrong
		return s.show(w, r, http.StatusUnprocessableEntity, p.Whole())
	}
	secret := ""
	if err := s.DB.Write(r.Context(), db.Desk, func(tx *db.Tx) (err error) {
		if secret, err = auth.Begin(tx, string(who.ID), r.UserAgent()); err != nil {
			return err
		}
		if who.State == directory.Off { // they came to work
			return assign.Returned(tx, who.Actor(), who.ID, directory.Here)
		}
		return nil
	}); err != nil {
		return err
	}
	s.cookie(w, sessionCookie, secret, sessionAge, true)
	return lead(w, r, next, "/desk")
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := s.known(r, v); err == nil {
		if err := s.DB.Write(r.Context(), db.Desk, func(tx *db.Tx) error {
			return auth.End(tx, string(v.person.ID), v.session.ID)
		}); err != nil {
			return err
		}
	}
	s.cookie(w, sessionCookie, "", 0, true)
	http.Redirect(w, r, "/sign-in?out", http.StatusSeeOther)
	return nil
}

func (s *server) firstPage(w http.ResponseWriter, r *http.Request, v *visit) error {
	if empty, err := s.nobody(r); err != nil || !empty {
		return cmp.Or(err, fault.New(fault.NotFound, "somebody is here already"))
	}
	return s.show(w, r, http.StatusOK, entry.First{Frame: s.frame(r, v, v.w.Entry.FirstTitle, "")}.Whole())
}

// errTaken: somebody else made the first person in the meantime.
var errTaken = errors.New("the house has somebody already")

func (s *server) first(w http.ResponseWriter, r *http.Request, v *visit) error {
	e := v.w.Entry
	p := entry.First{
		Frame: s.frame(r, v, e.FirstTitle, ""), Name: strings.TrimSpace(r.PostFormValue("name")), Email: strings.ToLower(strings.TrimSpace(r.PostFormValue("email"))),
		Brand: strings.TrimSpace(r.PostFormValue("brand")), Zone: r.PostFormValue("zone"),
	}
	password := r.PostFormValue("password")
	if p.Name == "" {
		p.WrongName = e.NeedName
	}
	if at := strings.IndexByte(p.Email, '@'); at < 1 || at == len(p.Email)-1 {
		p.WrongEmail = e.NeedEmail
	}
	if p.Brand == "" {
		p.WrongBrand = e.NeedBrand
	}
	if len(password) < auth.MinPassword {
		p.WrongPass = e.Short
	}
	if p.WrongName+p.WrongEmail+p.WrongBrand+p.WrongPass != "" {
		return s.show(w, r, http.StatusUnprocessableEntity, p.Whole())
	}
	if _, err := time.LoadLocation(p.Zone); err != nil || p.Zone == "" {
		p.Zone = "UTC"
	}
	if empty, err := s.nobody(r); err != nil || !empty {
		return cmp.Or(err, fault.As(fault.NotFound, errTaken, "somebody is here already"))
	}
	hash, err := auth.HashPassword(password) // slow on purpose: outside the transaction
	if err != nil {
		return err
	}
	secret := ""
	if err := s.DB.Write(r.Context(), db.Desk, func(tx *db.Tx) error {
		if empty, err := directory.Nobody(tx); err != nil || !empty {
			return cmp.Or(err, fault.As(fault.NotFound, errTaken, "somebody is here already"))
		}
		if _, err := brand.Add(tx, auth.TheHouse(), brand.Brand{Slug: cmp.Or(brand.Slug(p.Brand), "brand"), Name: p.Brand, Zone: p.Zone}); err != nil {
			return err
		}
		who, err := directory.Add(tx, auth.TheHouse(), directory.Person{Email: p.Email, Name: p.Name, Role: auth.Admin})
		if err != nil {
			return err
		}
		if err := auth.SetPassword(tx, string(who.ID), hash); err != nil {
			return err
		}
		if err := assign.Returned(tx, who.Actor(), who.ID, directory.Here); err != nil {
			return err
		}
		secret, err = auth.Begin(tx, string(who.ID), r.UserAgent())
		return err
	}); err != nil {
		return err
	}
	s.cookie(w, sessionCookie, secret, sessionAge, true)
	http.Redirect(w, r, "/desk", http.StatusSeeOther)
	return nil
}

// theme keeps light or dark for who has no script.
func (s *server) theme(w http.ResponseWriter, r *http.Request, _ *visit) error {
	t := r.PostFormValue("theme")
	if t != "light" && t != "dark" {
		t = ""
	}
	s.cookie(w, themeCookie, t, 365*24*time.Hour, false)
	return back(w, r, "/desk")
}
