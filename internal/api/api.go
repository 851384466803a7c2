// Package api is the REST face of the desk: contracts.md in routes, for programs that carry a token. A handler reads, checks, makes one
// call and answers; what it may do is asked by the station it calls. The OpenAPI document is made from the same types and committed
// beside them.
package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"answerable/internal/auth"
	"answerable/internal/blob"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/arrival"
	"answerable/internal/desk/brand"
)

//go:generate go test -run ^TestOpenAPI$ -update .

// Deps are what the face needs. DB is required; the rest may be left out, and what needs it then says that it is not here.
type Deps struct {
	DB      *db.DB
	Doors   doors        // connects, changes and reads again: the porter
	Blobs   *blob.Store  // files of messages
	Demo    clock        // the manual clock of the demo; its route is there only with it
	Log     *slog.Logger // nothing is logged
	Version string       // of the program, told in the OpenAPI document
	URL     string       // where this house is reached from outside, for links; they are relative without it
}

// doors is what the porter does for this face.
type doors interface {
	Connect(ctx context.Context, by auth.Actor, b brand.ID, channelName string, config json.RawMessage) (account.Account, error)
	Change(ctx context.Context, by auth.Actor, id account.ID, c AccountChange) (account.Account, error)
	Again(ctx context.Context, by auth.Actor, id arrival.ID) error
}

// AccountChange gives an account another name, other settings, or switches it on or off. What is empty stays as it is.
type AccountChange struct {
	Name   string
	Config json.RawMessage
	Off    *bool
}

// clock is a clock that is moved by hand; it returns the new time.
type clock interface {
	Advance(ctx context.Context, by time.Duration) (time.Time, error)
}

// face is the API.
type face struct {
	Deps
	routes *http.ServeMux
	doc    []byte
	bad    tries

	mu      sync.Mutex
	marking map[string]bool // tokens whose last use is being written
	errands sync.WaitGroup
}

// New makes the handler of everything below /api/v1, and of /openapi.json.
func New(d Deps) http.Handler { return open(d) }

func open(d Deps) *face {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	d.URL = strings.TrimSuffix(d.URL, "/")
	f := &face{Deps: d, routes: http.NewServeMux(), marking: map[string]bool{}}
	f.doc = f.document()
	return f
}
