package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"answerable/internal/api"
	"answerable/internal/auth"
	"answerable/internal/desk/account"
	"answerable/internal/porter"
	"answerable/internal/web"
)

// faces are what people and programs see of the house.
func (a *App) faces(advance func(seconds float64) (time.Time, error)) (http.Handler, error) {
	d := api.Deps{DB: a.DB, Doors: doors{a.Porter}, Blobs: a.Blobs, Log: a.Log, Version: Version(), URL: a.Config.URL}
	if advance != nil {
		d.Demo = clock(advance)
	}
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

// clock is the demo's, as the API calls it.
type clock func(seconds float64) (time.Time, error)

// Advance moves it on.
func (c clock) Advance(_ context.Context, by time.Duration) (time.Time, error) {
	return c(by.Seconds())
}
