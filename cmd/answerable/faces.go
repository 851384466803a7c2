package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"answerable/internal/api"
	"answerable/internal/app"
	"answerable/internal/auth"
	"answerable/internal/demo"
	"answerable/internal/desk/account"
	"answerable/internal/porter"
	"answerable/internal/web"
)

// faces are what people and programs see of the house.
func faces(a *app.App) (http.Handler, error) { return facesOf(a, api.Deps{}) }

// facesWithClock adds the route that moves the demo's clock.
func facesWithClock(c *demo.Clock) func(*app.App) (http.Handler, error) {
	return func(a *app.App) (http.Handler, error) { return facesOf(a, api.Deps{Demo: clock{c}}) }
}

func facesOf(a *app.App, d api.Deps) (http.Handler, error) {
	d.DB, d.Doors, d.Blobs, d.Log, d.Version, d.URL = a.DB, doors{a.Porter}, a.Blobs, a.Log, app.Version(), a.Config.URL
	rest := api.New(d)
	desk, err := web.New(web.Deps{DB: a.DB, Hub: a.Hub, Files: a.Blobs, Log: a.Log, HTTPS: strings.HasPrefix(a.Config.URL, "https:")})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/api/", rest)
	mux.Handle("/openapi.json", rest)
	mux.Handle("/", desk)
	return mux, nil
}

// doors is the porter as the API calls it.
type doors struct{ *porter.Porter }

// Change translates what is to be changed.
func (d doors) Change(ctx context.Context, by auth.Actor, id account.ID, c api.AccountChange) (account.Account, error) {
	return d.Porter.Change(ctx, by, id, porter.Change(c))
}

type clock struct{ *demo.Clock }

// Advance moves the demo's clock on.
func (c clock) Advance(_ context.Context, by time.Duration) (time.Time, error) {
	return c.Clock.Advance(by.Seconds())
}
