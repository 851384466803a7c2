package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/directory"
	"answerable/internal/fault"
	"answerable/internal/flow/assign"
)

type colleague struct {
	ID         directory.PersonID `json:"id"`
	Name       string             `json:"name"`
	PublicName string             `json:"public_name" doc:"What customers see."`
	Initials   string             `json:"initials"`
	Email      string             `json:"email"`
	Role       auth.Role          `json:"role" enum:"agent,lead,expert,approver,executive,admin,auditor"`
	Presence   directory.State    `json:"presence" enum:"here,away,off"`
	Capacity   int64              `json:"capacity" doc:"Open conversations that may be given to them by rule."`
	EveryBrand bool               `json:"every_brand"`
	Brands     []string           `json:"brands" nullable:"false" doc:"Slugs; empty for who works for every brand."`
}

// colleagueOf names only brands the reader may enter.
func colleagueOf(p directory.Person, slugs map[brand.ID]string) colleague {
	out := colleague{
		ID: p.ID, Name: p.Name, PublicName: p.PublicName, Initials: p.Initials(), Email: p.Email, Role: p.Role, Presence: p.State,
		Capacity: p.Capacity, EveryBrand: p.Every, Brands: []string{},
	}
	for _, b := range p.Brands {
		if s, ok := slugs[b]; ok {
			out.Brands = append(out.Brands, s)
		}
	}
	slices.Sort(out.Brands)
	return out
}

func slugsOf(tx *db.Tx, by auth.Actor) (map[brand.ID]string, error) {
	all, err := brand.All(tx, by)
	out := make(map[brand.ID]string, len(all))
	for _, b := range all {
		out[b.ID] = b.Slug
	}
	return out, err
}

// meets reports whether the two work for a brand together; whom one never meets, one does not find.
func meets(by auth.Actor, p directory.Person) bool {
	return by.Every || p.Every || by.ID == string(p.ID) || slices.ContainsFunc(p.Brands, func(b brand.ID) bool { return by.In(string(b)) })
}

// personNamed finds a colleague by id or address; me is the caller.
func personNamed(tx *db.Tx, by auth.Actor, name string) (directory.Person, error) {
	if name == "me" {
		name = by.ID
	}
	p, err := directory.Named(tx, name)
	if err == nil && (!meets(by, p) || p.OffAt != 0) {
		err = fault.New(fault.NotFound, "there is no person %q", name)
	}
	return p, err
}

type self struct {
	colleague
	TokenID string       `json:"token_id"`
	Scopes  []auth.Scope `json:"scopes" nullable:"false" enum:"read,write,send,admin"`
}

func (f *face) me(ctx context.Context, _ *struct{}) (*shown[self], error) {
	return show(ctx, f, func(tx *db.Tx, by auth.Actor) (self, error) {
		p, err := directory.Get(tx, directory.PersonID(by.ID))
		if err != nil {
			return self{}, err
		}
		slugs, err := slugsOf(tx, by)
		return self{colleagueOf(p, slugs), callerOf(ctx).token.ID, append([]auth.Scope{}, by.Scopes...)}, err
	})
}

type colleagueList struct {
	Items []colleague `json:"items" nullable:"false"`
}

func (f *face) people(ctx context.Context, _ *struct{}) (*shown[colleagueList], error) {
	return show(ctx, f, func(tx *db.Tx, by auth.Actor) (colleagueList, error) {
		out := colleagueList{Items: []colleague{}}
		if err := by.May(auth.Read, ""); err != nil {
			return out, err
		}
		slugs, err := slugsOf(tx, by)
		if err != nil {
			return out, err
		}
		all, err := directory.All(tx)
		for _, p := range all {
			if meets(by, p) {
				out.Items = append(out.Items, colleagueOf(p, slugs))
			}
		}
		return out, err
	})
}

func (f *face) presence(ctx context.Context, in *struct {
	ID   string `path:"id" doc:"Id or mail address of a person, or me."`
	Body struct {
		State directory.State `json:"state" enum:"here,away,off"`
	}
},
) (*shown[colleague], error) {
	return change(ctx, f, func(tx *db.Tx, by auth.Actor) (colleague, error) {
		p, err := personNamed(tx, by, in.ID)
		if err != nil {
			return colleague{}, err
		}
		if err := assign.Returned(tx, by, p.ID, in.Body.State); err != nil {
			return colleague{}, err
		}
		slugs, err := slugsOf(tx, by)
		if err != nil {
			return colleague{}, err
		}
		p, err = directory.Get(tx, p.ID)
		return colleagueOf(p, slugs), err
	})
}

type token struct {
	ID        string       `json:"id"`
	Person    string       `json:"person"`
	Name      string       `json:"name"`
	Scopes    []auth.Scope `json:"scopes" nullable:"false" enum:"read,write,send,admin"`
	CreatedAt time.Time    `json:"created_at"`
	SeenAt    *time.Time   `json:"seen_at" doc:"When it was last used, to the minute."`
	RevokedAt *time.Time   `json:"revoked_at"`
}

func tokenOf(t auth.Issued) token {
	return token{t.ID, t.Person, t.Name, append([]auth.Scope{}, t.Scopes...), micros(t.Created), sometime(t.Seen), sometime(t.Revoked)}
}

type tokenList struct {
	Items []token `json:"items" nullable:"false"`
}

// keeper reports whether by may make and end tokens for a person: an admin of some brands not for somebody of more.
func keeper(by auth.Actor, p directory.Person) error {
	if by.ID == string(p.ID) || by.Every || !p.Every && !slices.ContainsFunc(p.Brands, func(b brand.ID) bool { return !by.In(string(b)) }) {
		return nil
	}
	return fault.New(fault.Forbidden, "this person works for brands that you may not enter")
}

func (f *face) tokens(ctx context.Context, in *struct {
	Person string `query:"person" doc:"Id or address of a person, or all; for admins. One's own when it is not given."`
},
) (*shown[tokenList], error) {
	return show(ctx, f, func(tx *db.Tx, by auth.Actor) (tokenList, error) {
		out := tokenList{Items: []token{}}
		whose := by.ID
		if in.Person != "" && in.Person != "me" && in.Person != by.ID {
			if err := by.May(auth.Manages, ""); err != nil {
				return out, err
			}
			whose = ""
			if in.Person != "all" {
				p, err := personNamed(tx, by, in.Person)
				if err != nil {
					return out, err
				}
				whose = string(p.ID)
			}
		} else if err := by.May(auth.Read, ""); err != nil {
			return out, err
		}
		all, err := auth.Tokens(tx, whose)
		if err != nil {
			return out, err
		}
		met := map[string]bool{by.ID: true, whose: true}
		for _, t := range all {
			ok, asked := met[t.Person]
			if !asked {
				p, err := directory.Get(tx, directory.PersonID(t.Person))
				if err != nil {
					return out, err
				}
				ok = meets(by, p)
				met[t.Person] = ok
			}
			if ok {
				out.Items = append(out.Items, tokenOf(t))
			}
		}
		return out, nil
	})
}

type issued struct {
	token
	Token string `json:"token" doc:"The secret. It is in this answer and nowhere else."`
}

func (f *face) issue(ctx context.Context, in *struct {
	Body struct {
		Name   string       `json:"name,omitempty" maxLength:"200"`
		Scopes []auth.Scope `json:"scopes" enum:"read,write,send,admin" minItems:"1" uniqueItems:"true" nullable:"false"`
		Person *string      `json:"person" required:"false" doc:"Id or address; oneself when it is not given."`
	}
},
) (*answer[issued], error) {
	return once(ctx, f, http.StatusCreated, func(tx *db.Tx, by auth.Actor) (issued, error) {
		name := optional(in.Body.Person)
		if name == "" {
			name = "me"
		}
		p, err := personNamed(tx, by, name)
		if err != nil {
			return issued{}, err
		}
		if err := keeper(by, p); err != nil {
			return issued{}, err
		}
		plain, t, err := auth.Issue(tx, by, string(p.ID), in.Body.Name, in.Body.Scopes)
		return issued{tokenOf(t), plain}, err
	})
}

func (f *face) revoke(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*nothing, error) {
	_, err := change(ctx, f, func(tx *db.Tx, by auth.Actor) (nothing, error) {
		all, err := auth.Tokens(tx, "")
		if err != nil {
			return nothing{}, err
		}
		if i := slices.IndexFunc(all, func(t auth.Issued) bool { return t.ID == in.ID }); i >= 0 {
			p, err := directory.Get(tx, directory.PersonID(all[i].Person))
			if err != nil {
				return nothing{}, err
			}
			if !meets(by, p) {
				return nothing{}, fault.New(fault.NotFound, "there is no such token")
			}
			if err := keeper(by, p); err != nil {
				return nothing{}, err
			}
		}
		return nothing{}, auth.Revoke(tx, by, in.ID)
	})
	return nil, err
}
