package web

import (
	"net/http"

	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/directory"
	"answerable/internal/web/settings"
)

func (s *server) settings(w http.ResponseWriter, r *http.Request, v *visit) error {
	p := settings.Page{Frame: s.frame(r, v, v.w.Set.Title, "settings"), Slug: v.brand.Slug}
	if err := s.DB.Read(r.Context(), func(tx *db.Tx) error {
		as, err := account.All(tx, v.actor)
		if err != nil {
			return err
		}
		for _, a := range as {
			if a.Brand == v.brand.ID {
				p.Accounts = append(p.Accounts, accountOf(v, a))
			}
		}
		ps, err := directory.ForBrand(tx, v.brand.ID)
		for _, x := range ps {
			p.People = append(p.People, settings.Person{
				Person: v.who(x.ID, x.Name), Email: x.Email, Roles: []string{string(x.Role)}, Presence: string(x.State), Off: x.OffAt != 0,
			})
		}
		return err
	}); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, p.Whole())
}

func accountOf(v *visit, a account.Account) settings.Account {
	out := settings.Account{Channel: a.Channel, Handle: at(a.Handle, a.Name), Name: a.Name, Health: "trouble", Error: a.Trouble, Last: v.at(a.HeardAt)}
	switch a.Health {
	case account.OK, account.New:
		out.Health, out.Error = "ok", ""
	case account.Off:
		out.Health, out.Error = "off", ""
	case account.Limited, account.Forbidden, account.Trouble:
	}
	return out
}
