package api

import (
	"context"
	"net/http"
	"time"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/contact"
	"answerable/internal/fault"
)

type contactShown struct {
	ID         contact.ID `json:"id"`
	Brand      string     `json:"brand" doc:"Slug."`
	BrandID    brand.ID   `json:"brand_id"`
	Name       string     `json:"name"`
	Lang       string     `json:"lang"`
	MergedInto string     `json:"merged_into" doc:"The contact that is meant by this one; empty when it is meant itself."`
	Identities []identity `json:"identities" nullable:"false" doc:"With those of every contact that was merged into this one."`
	Merges     []merge    `json:"merges" nullable:"false" doc:"Merges that were made, and such as are suggested."`
}

type identity struct {
	ID         contact.IdentityID `json:"id"`
	Realm      string             `json:"realm"`
	ExternalID string             `json:"external_id"`
	Handle     string             `json:"handle"`
	Blocked    string             `json:"blocked" enum:",spam,block"`
}

type merge struct {
	From     named      `json:"from"`
	Into     named      `json:"into"`
	Evidence string     `json:"evidence"`
	State    string     `json:"state" enum:"suggested,merged"`
	At       *time.Time `json:"at"`
}

func contactOf(tx *db.Tx, by auth.Actor, id contact.ID) (contactShown, error) {
	c, err := contact.Get(tx, by, id)
	if err != nil {
		return contactShown{}, err
	}
	if err := by.May(auth.Read, string(c.Brand)); err != nil {
		return contactShown{}, err
	}
	b, err := brand.Named(tx, string(c.Brand))
	if err != nil {
		return contactShown{}, err
	}
	out := contactShown{ID: c.ID, Brand: b.Slug, BrandID: b.ID, Name: c.Name, Lang: c.Lang, MergedInto: string(c.MergedInto), Identities: []identity{}, Merges: []merge{}}
	for _, i := range c.Identities {
		out.Identities = append(out.Identities, identity(i))
	}
	for _, m := range c.Merges {
		out.Merges = append(out.Merges, merge{named{string(m.From), m.FromName}, named{string(m.Into), m.IntoName}, m.Evidence, m.State, sometime(m.At)})
	}
	return out, nil
}

func (f *face) contact(ctx context.Context, in *struct {
	ID contact.ID `path:"id"`
},
) (*shown[contactShown], error) {
	return show(ctx, f, func(tx *db.Tx, by auth.Actor) (contactShown, error) { return contactOf(tx, by, in.ID) })
}

func (f *face) merge(ctx context.Context, in *struct {
	ID   contact.ID `path:"id"`
	Body struct {
		Into     contact.ID `json:"into"`
		Evidence string     `json:"evidence" maxLength:"2000" doc:"What shows that the two are one person."`
	}
},
) (*answer[contactShown], error) {
	return once(ctx, f, http.StatusOK, func(tx *db.Tx, by auth.Actor) (contactShown, error) {
		if err := contact.Join(tx, by, in.ID, in.Body.Into, in.Body.Evidence); err != nil {
			return contactShown{}, err
		}
		into, err := contact.Meant(tx, in.ID)
		if err != nil {
			return contactShown{}, err
		}
		return contactOf(tx, by, into)
	})
}

func (f *face) part(ctx context.Context, in *struct {
	ID   contact.ID `path:"id"`
	Body *struct {
		Into     *contact.ID `json:"into" required:"false" doc:"Refused when it is merged into another one than this."`
		Evidence *string     `json:"evidence" required:"false"`
	}
},
) (*shown[contactShown], error) {
	return change(ctx, f, func(tx *db.Tx, by auth.Actor) (contactShown, error) {
		if in.Body != nil && in.Body.Into != nil {
			c, err := contact.Get(tx, by, in.ID)
			if err != nil {
				return contactShown{}, err
			}
			if c.MergedInto != *in.Body.Into {
				return contactShown{}, fault.New(fault.Conflict, "this contact is not merged into %q", *in.Body.Into)
			}
		}
		if err := contact.Part(tx, by, in.ID); err != nil {
			return contactShown{}, err
		}
		return contactOf(tx, by, in.ID)
	})
}
