package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/arrival"
	"answerable/internal/desk/brand"
	"answerable/internal/fault"
)

type brandShown struct {
	ID         brand.ID `json:"id"`
	Slug       string   `json:"slug"`
	Name       string   `json:"name"`
	Zone       string   `json:"zone" doc:"IANA time zone."`
	VoiceName  string   `json:"voice_name" doc:"How it signs when no person does."`
	ReopenDays int64    `json:"reopen_days" doc:"A customer's word later than this after a resolution makes a new conversation."`
}

type brandList struct {
	Items []brandShown `json:"items" nullable:"false"`
}

// brandNamed finds a brand by slug or id, and not behind the wall.
func brandNamed(tx *db.Tx, by auth.Actor, name string) (brand.Brand, error) {
	b, err := brand.Named(tx, name)
	if err == nil && !by.In(string(b.ID)) {
		return brand.Brand{}, fault.New(fault.NotFound, "there is no brand %q", name)
	}
	return b, err
}

func (f *face) brands(ctx context.Context, _ *struct{}) (*shown[brandList], error) {
	return show(ctx, f, func(tx *db.Tx, by auth.Actor) (brandList, error) {
		out := brandList{Items: []brandShown{}}
		if err := by.May(auth.Read, ""); err != nil {
			return out, err
		}
		all, err := brand.All(tx, by)
		for _, b := range all {
			out.Items = append(out.Items, brandShown(b))
		}
		return out, err
	})
}

func (f *face) addBrand(ctx context.Context, in *struct {
	Body struct {
		Slug       string `json:"slug"`
		Name       string `json:"name,omitempty" maxLength:"200" doc:"As customers know it; the slug when it is not given."`
		Zone       string `json:"zone,omitempty" doc:"IANA time zone; UTC when it is not given."`
		VoiceName  string `json:"voice_name,omitempty" maxLength:"200"`
		ReopenDays int64  `json:"reopen_days,omitempty" minimum:"0" maximum:"3650"`
	}
},
) (*answer[brandShown], error) {
	return once(ctx, f, http.StatusCreated, func(tx *db.Tx, by auth.Actor) (brandShown, error) {
		b, err := brand.Add(tx, by, brand.Brand{Slug: in.Body.Slug, Name: in.Body.Name, Zone: in.Body.Zone, VoiceName: in.Body.VoiceName, ReopenDays: in.Body.ReopenDays})
		return brandShown(b), err
	})
}

type accountShown struct {
	ID         account.ID        `json:"id"`
	Brand      string            `json:"brand" doc:"Slug."`
	BrandID    brand.ID          `json:"brand_id"`
	Channel    string            `json:"channel"`
	Name       string            `json:"name"`
	Handle     string            `json:"handle"`
	Realm      string            `json:"realm"`
	ExternalID string            `json:"external_id"`
	Health     account.Health    `json:"health" enum:"new,ok,limited,forbidden,trouble,off"`
	Trouble    string            `json:"trouble" doc:"In words, when it is not well."`
	HeardAt    *time.Time        `json:"heard_at"`
	Refused    int64             `json:"refused" doc:"Deliveries refused for a wrong signature."`
	Config     json.RawMessage   `json:"config,omitempty" doc:"Its settings without secrets; for admins."`
	Made       map[string]string `json:"made,omitempty" doc:"Settings that were made when it was connected, such as a secret. They are in this answer and nowhere else."`
	Door       string            `json:"door,omitempty" doc:"Of a signed account: where deliveries are posted."`
}

func (f *face) accountOf(a account.Account, by auth.Actor, slug string) accountShown {
	out := accountShown{
		ID: a.ID, Brand: slug, BrandID: a.Brand, Channel: a.Channel, Name: a.Name, Handle: a.Handle, Realm: a.Realm, ExternalID: a.ExternalID,
		Health: a.Health, Trouble: a.Trouble, HeardAt: sometime(a.HeardAt), Refused: a.Refused, Made: a.Made,
	}
	if by.May(auth.Manages, string(a.Brand)) == nil {
		out.Config = a.Config
	}
	if a.Channel == "signed" {
		out.Door = f.URL + "/in/signed/" + string(a.ID)
	}
	return out
}

type accountList struct {
	Items []accountShown `json:"items" nullable:"false"`
}

func (f *face) accounts(ctx context.Context, in *struct {
	Brand string `query:"brand" doc:"Slug or id; every brand when it is not given."`
},
) (*shown[accountList], error) {
	return show(ctx, f, func(tx *db.Tx, by auth.Actor) (accountList, error) {
		out := accountList{Items: []accountShown{}}
		if err := by.May(auth.Read, ""); err != nil {
			return out, err
		}
		var only brand.Brand
		var err error
		if in.Brand != "" {
			if only, err = brandNamed(tx, by, in.Brand); err != nil {
				return out, err
			}
		}
		slugs, err := slugsOf(tx, by)
		if err != nil {
			return out, err
		}
		all, err := account.All(tx, by)
		for _, a := range all {
			if only.ID == "" || a.Brand == only.ID {
				out.Items = append(out.Items, f.accountOf(a, by, slugs[a.Brand]))
			}
		}
		return out, err
	})
}

func (f *face) account(ctx context.Context, in *struct {
	ID account.ID `path:"id"`
},
) (*shown[accountShown], error) {
	return show(ctx, f, func(tx *db.Tx, by auth.Actor) (accountShown, error) {
		a, err := account.Get(tx, by, in.ID)
		if err != nil {
			return accountShown{}, err
		}
		if err := by.May(auth.Read, string(a.Brand)); err != nil {
			return accountShown{}, err
		}
		b, err := brand.Named(tx, string(a.Brand))
		return f.accountOf(a, by, b.Slug), err
	})
}

// noDoors answers where this program connects nothing.
func (f *face) noDoors() error {
	if f.Doors != nil {
		return nil
	}
	return fault.New(fault.Temporary, "this node has no doors: accounts are connected elsewhere")
}

// given reads settings that may be left out or null.
func given(config json.RawMessage) json.RawMessage {
	if len(config) == 0 || string(config) == "null" {
		return nil
	}
	return config
}

func (f *face) connect(ctx context.Context, in *struct {
	Body struct {
		Brand   string          `json:"brand" doc:"Slug or id."`
		Channel string          `json:"channel" example:"mastodon"`
		Config  json.RawMessage `json:"config,omitempty" doc:"The settings of that channel."`
		Name    *string         `json:"name" required:"false" maxLength:"200"`
	}
},
) (*answer[accountShown], error) {
	if err := f.noDoors(); err != nil {
		return nil, err
	}
	return onceOutside(ctx, f, http.StatusCreated, func(by auth.Actor) (accountShown, error) {
		var b brand.Brand
		if err := f.DB.Read(ctx, func(tx *db.Tx) (err error) {
			b, err = brandNamed(tx, by, in.Body.Brand)
			return err
		}); err != nil {
			return accountShown{}, err
		}
		config := given(in.Body.Config)
		if config == nil {
			config = json.RawMessage("{}")
		}
		a, err := f.Doors.Connect(ctx, by, b.ID, in.Body.Channel, config)
		if err != nil {
			return accountShown{}, err
		}
		if name := optional(in.Body.Name); name != "" {
			made := a.Made
			if a, err = f.Doors.Change(ctx, by, a.ID, AccountChange{Name: name}); err != nil {
				return accountShown{}, err
			}
			a.Made = made
		}
		return f.accountOf(a, by, b.Slug), nil
	})
}

func (f *face) changeAccount(ctx context.Context, in *struct {
	ID   account.ID `path:"id"`
	Body struct {
		Name   *string         `json:"name" required:"false" maxLength:"200"`
		Config json.RawMessage `json:"config,omitempty" doc:"Settings to be changed; they are tried first. What is not named stays."`
		Off    *bool           `json:"off" required:"false" doc:"true switches it off: nothing is read and nothing leaves."`
	}
},
) (*shown[accountShown], error) {
	if err := f.noDoors(); err != nil {
		return nil, err
	}
	by := callerOf(ctx).actor
	a, err := f.Doors.Change(ctx, by, in.ID, AccountChange{Name: optional(in.Body.Name), Config: given(in.Body.Config), Off: in.Body.Off})
	if err != nil {
		return nil, err
	}
	return show(ctx, f, func(tx *db.Tx, by auth.Actor) (accountShown, error) {
		b, err := brand.Named(tx, string(a.Brand))
		return f.accountOf(a, by, b.Slug), err
	})
}

type arrived struct {
	ID        arrival.ID      `json:"id"`
	AccountID account.ID      `json:"account_id"`
	BrandID   brand.ID        `json:"brand_id"`
	At        time.Time       `json:"at"`
	Outcome   arrival.Outcome `json:"outcome" enum:"unknown,unreadable,parked"`
	Cause     string          `json:"cause"`
	Key       string          `json:"key" doc:"The sender's id of the delivery, or the hash of its bytes."`
	Size      int             `json:"size"`
	Body      string          `json:"body,omitempty" doc:"How it begins, where it is text; for admins."`
}

type arrivedList struct {
	Items []arrived `json:"items" nullable:"false"`
}

// mostRaw is how much of a raw delivery the list shows.
const mostRaw = 4096

func (f *face) arrivals(ctx context.Context, in *struct {
	Account account.ID `query:"account" doc:"Every account when it is not given."`
	Limit   int        `query:"limit" minimum:"0" doc:"50 when it is not given; never more than 200."`
},
) (*shown[arrivedList], error) {
	return show(ctx, f, func(tx *db.Tx, by auth.Actor) (arrivedList, error) {
		out := arrivedList{Items: []arrived{}}
		if err := by.May(auth.Read, ""); err != nil {
			return out, err
		}
		if in.Account != "" {
			if _, err := account.Get(tx, by, in.Account); err != nil {
				return out, err
			}
		}
		all, err := arrival.Open(tx, by, in.Account, atMost(in.Limit))
		for _, a := range all {
			x := arrived{ID: a.ID, AccountID: a.Account, BrandID: a.Brand, At: micros(a.At), Outcome: a.Outcome, Cause: a.Cause, Key: a.Raw.Key, Size: len(a.Raw.Body)}
			if by.May(auth.Manages, string(a.Brand)) == nil && utf8.Valid(a.Raw.Body) {
				x.Body = beginning(string(a.Raw.Body), mostRaw)
			}
			out.Items = append(out.Items, x)
		}
		return out, err
	})
}

func beginning(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

type done struct {
	ID arrival.ID `json:"id"`
}

func (f *face) again(ctx context.Context, in *struct {
	ID arrival.ID `path:"id"`
},
) (*answer[done], error) {
	if err := f.noDoors(); err != nil {
		return nil, err
	}
	return onceOutside(ctx, f, http.StatusOK, func(by auth.Actor) (done, error) {
		return done(*in), f.Doors.Again(ctx, by, in.ID)
	})
}

type now struct {
	Now time.Time `json:"now"`
}

func (f *face) advance(ctx context.Context, in *struct {
	Body struct {
		Seconds float64 `json:"advance_s" minimum:"0" maximum:"31622400"`
	}
},
) (*answer[now], error) {
	return onceOutside(ctx, f, http.StatusOK, func(by auth.Actor) (now, error) {
		if err := by.May(auth.Write, ""); err != nil {
			return now{}, err
		}
		t, err := f.Demo.Advance(ctx, time.Duration(in.Body.Seconds*float64(time.Second)))
		return now{t.UTC().Truncate(time.Microsecond)}, err
	})
}
