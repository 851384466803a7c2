// Package app builds the house from its configuration and starts it. It is used by the program and by tests that want all of it.
package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"answerable/internal/alarm"
	"answerable/internal/auth"
	"answerable/internal/blob"
	"answerable/internal/channel"
	"answerable/internal/config"
	"answerable/internal/db"
	"answerable/internal/desk/arrival"
	"answerable/internal/desk/conversation"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/flow/watch"
	"answerable/internal/id"
	"answerable/internal/jobs"
	"answerable/internal/lease"
	"answerable/internal/porter"
	"answerable/internal/read/inbox"
	"answerable/internal/record"
	"answerable/internal/secret"
)

// Options are what a program or a test may choose beside the configuration.
type Options struct {
	Log   *slog.Logger // nothing is logged
	Clock db.Clock     // of the desk: time.Now
	// Advance moves Clock on by hand; with it the API has the demo's route for it.
	Advance func(seconds float64) (time.Time, error)
}

// App is the whole house on one node.
type App struct {
	Config config.Config
	DB     *db.DB
	Hub    *event.Hub
	Blobs  *blob.Store
	Porter *porter.Porter
	Log    *slog.Logger
	HTTP   *http.Client // guarded: for addresses that people type
	Node   string

	queue   *jobs.Queue
	metrics *prometheus.Registry
	served  *prometheus.HistogramVec
	handler http.Handler
	unlock  func()
}

// Version is what the build knows of itself.
func Version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "dev"
}

// Open builds the house: database, brought to this program's schema (several nodes may start at once), ground, porter, faces. Nothing
// runs before Run.
func Open(ctx context.Context, c config.Config, o Options) (*App, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &App{Config: c, Hub: event.New(), Log: o.Log, Node: id.New(), unlock: func() {}}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fault.As(fault.Invalid, err, "the folder %s cannot be made", c.Data)
	}
	var err error
	if a.DB, err = db.Open(ctx, c.Database, db.Options{Clock: o.Clock, Log: o.Log, Hints: a.Hub.Take}); err != nil {
		return nil, err
	}
	if err := a.build(ctx, o); err != nil {
		return nil, errors.Join(err, a.DB.Close())
	}
	return a, nil
}

func (a *App) build(ctx context.Context, o Options) error {
	if a.DB.Single() {
		unlock, err := alone(filepath.Join(a.Config.Data, "serving.lock"))
		if err != nil {
			return err
		}
		a.unlock = unlock
	}
	if err := Migrate(ctx, a.DB); err != nil {
		return err
	}
	if a.DB.Single() { // whoever held a lease here is dead: only one process serves
		if err := a.DB.Write(ctx, db.Desk, lease.Clear); err != nil {
			return err
		}
	}
	box, err := secret.Open(a.Config.Data, a.Config.Key)
	if err != nil {
		return err
	}
	if a.Blobs, err = blob.Open(filepath.Join(a.Config.Data, "files")); err != nil {
		return err
	}
	private, err := a.Config.Private()
	if err != nil {
		return err
	}
	a.HTTP = channel.Guard{Allow: private}.Client()
	a.Porter = porter.New(porter.Deps{DB: a.DB, Hub: a.Hub, Box: box, HTTP: a.HTTP, Log: a.Log, Node: a.Node})
	if a.queue, err = jobs.New(a.DB, a.Log, a.book()); err != nil {
		return err
	}
	a.metrics = prometheus.NewRegistry()
	a.served = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "answerable_http_seconds", Help: "Time to answer a request.",
		Buckets: []float64{.001, .0025, .005, .01, .02, .05, .1, .25, 1, 5},
	}, []string{"code"})
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), a.served, gauges{a})
	faces, err := a.faces(o.Advance)
	if err != nil {
		return err
	}
	a.handler = a.routes(faces)
	return nil
}

// Migrate brings a database to this program's schema, its own tables and River's.
func Migrate(ctx context.Context, d *db.DB) error {
	if _, err := d.Migrate(ctx); err != nil {
		return err
	}
	return jobs.Migrate(ctx, d)
}

// sweep takes out what is over: ended sessions, raw bytes past their term.
type sweep struct{}

// Kind names the errand.
func (sweep) Kind() string { return "house.sweep" }

func (a *App) book() *jobs.Book {
	b := jobs.NewBook()
	jobs.Do(b, func(ctx context.Context, _ sweep, _ bool) error {
		if err := a.DB.Write(ctx, db.Work, func(tx *db.Tx) error {
			if err := auth.Sweep(tx); err != nil {
				return err
			}
			return conversation.ForgetEarly(tx)
		}); err != nil {
			return err
		}
		for {
			var n int64
			if err := a.DB.Write(ctx, db.Work, func(tx *db.Tx) (err error) {
				n, err = arrival.Forget(tx, tx.Now()-arrival.Term)
				return err
			}); err != nil || n == 0 {
				return err
			}
		}
	})
	b.Every(time.Hour, sweep{})
	jobs.Do(b, a.fetchOne)
	return b
}

// Run starts everything that happens by itself, until ctx ends, and returns when all of it has ended.
func (a *App) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { a.Hub.Run(ctx, a.DB, a.Log, a.Node, a.Config.DatabaseListen) })
	wg.Go(func() { alarm.Run(ctx, a.DB, a.Hub, a.Log, watch.Table()) })
	wg.Go(func() { record.Run(ctx, a.DB, a.Hub, a.Log, a.Node) })
	wg.Go(func() { inbox.Index(ctx, a.DB, a.Hub, a.Log, a.Node) })
	wg.Go(func() { a.fetch(ctx) })
	wg.Go(func() { a.Porter.Run(ctx) })
	wg.Go(func() {
		if err := a.queue.Run(ctx); err != nil {
			a.Log.Error("errands", "err", err)
		}
	})
	wg.Wait()
}

// Close gives back what the house holds. Call it after Run has returned.
func (a *App) Close() error {
	defer a.unlock()
	return a.DB.Close()
}

// Handler serves the house over HTTP.
func (a *App) Handler() http.Handler { return a.handler }

func (a *App) routes(faces http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", a.ready)
	mux.HandleFunc("GET /metrics", a.measured)
	mux.HandleFunc("POST /in/{channel}/{account}", func(w http.ResponseWriter, r *http.Request) {
		if err := a.Porter.Receive(w, r); err != nil {
			a.problem(w, r, err)
		}
	})
	mux.Handle("/", faces)
	return a.timed(mux)
}

func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.DB.Ready(ctx); err != nil {
		a.Log.Warn("not ready", "err", err)
		answer(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready", "why": fault.Safe(err)})
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ready"})
}

// measured shows the metrics to who asks from this machine, and not through a proxy: they say how busy a brand is.
func (a *App) measured(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		a.problem(w, r, fault.New(fault.NotFound, "there is no such thing here"))
		return
	}
	promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// statusOf is what the outside is told of each kind of error.
var statusOf = map[fault.Kind]int{
	fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.Forbidden: http.StatusForbidden,
	fault.Unauthorized: http.StatusUnauthorized, fault.Invalid: http.StatusUnprocessableEntity, fault.TooLarge: http.StatusRequestEntityTooLarge,
	fault.Limited: http.StatusTooManyRequests, fault.Temporary: http.StatusServiceUnavailable, fault.Internal: http.StatusInternalServerError,
}

// problem answers a door with problem+json (RFC 9457).
func (a *App) problem(w http.ResponseWriter, r *http.Request, err error) {
	kind := fault.KindOf(err)
	if kind == fault.Internal {
		a.Log.Error("door", "path", r.URL.Path, "err", err)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	if s := fault.After(err); s > 0 {
		w.Header().Set("Retry-After", retryAfter(s))
	}
	w.WriteHeader(statusOf[kind])
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "title": http.StatusText(statusOf[kind]), "status": statusOf[kind], "detail": fault.Safe(err)})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// Serve listens and serves until ctx ends; ready is told the address. Streams end at once, requests are given five seconds.
func (a *App) Serve(ctx context.Context, l net.Listener, ready func()) error {
	return Serve(ctx, l, a.handler, a.Log, ready)
}

// Serve is the one way the program serves HTTP: limits on headers and idle connections, none on how long an answer may stream.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, ready func()) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug), BaseContext: func(net.Listener) context.Context { return base },
	}
	s.RegisterOnShutdown(cancel) // event streams end with their context
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	if ready != nil {
		ready()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	soft, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	if err := s.Shutdown(soft); err != nil {
		return s.Close()
	}
	return nil
}
