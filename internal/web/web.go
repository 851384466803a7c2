// Package web is the face that people see: the desk, signing in, the first page of a new house. A handler takes four steps — read,
// check, one call, answer — and returns its error; what an error looks like is said once, in trouble.go. Everything works without
// script: forms post and are redirected; with script the same addresses answer with the pieces that changed.
package web

import (
	"compress/gzip"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"answerable/internal/db"
	"answerable/internal/event"
	"answerable/internal/web/assets"
)

// files is what the desk needs of the blob store.
type files interface {
	Get(key string) (*os.File, error)
}

// Deps are what the face stands on.
type Deps struct {
	DB    *db.DB
	Hub   *event.Hub
	Files files         // nil: attachments are named but cannot be opened
	Log   *slog.Logger  // nil: nothing is logged
	HTTPS bool          // the house is reached by https: cookies are marked so
	Undo  time.Duration // how long a reply can be taken back; 0 means 5 seconds
	// Trusted lists other origins that may post forms here, as "https://desk.example"; usually none.
	Trusted []string
}

type server struct {
	Deps
	set   *assets.Set
	tries *tries
	zips  sync.Pool // of *gzip.Writer: each is large, and pages are many
}

// New makes the face.
func New(d Deps) (http.Handler, error) {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Undo <= 0 {
		d.Undo = 5 * time.Second
	}
	set, err := assets.Load()
	if err != nil {
		return nil, err
	}
	s := &server{Deps: d, set: set, tries: &tries{of: map[string]*rate.Limiter{}}}
	s.zips.New = func() any { return gzip.NewWriter(nil) }
	cross := http.NewCrossOriginProtection()
	for _, o := range d.Trusted {
		if err := cross.AddTrustedOrigin(o); err != nil {
			return nil, err
		}
	}
	cross.SetDenyHandler(s.open(func(http.ResponseWriter, *http.Request, *visit) error { return errForeign() }))
	return harden(cross.Handler(s.routes())), nil
}

// now is the house's clock.
func (s *server) now() time.Time { return time.UnixMicro(s.DB.Now()) }

// tries bounds how often somebody may guess: by address and by who they say they are.
type tries struct {
	mu sync.Mutex
	of map[string]*rate.Limiter
}

// mostTried is how many callers are remembered; when there are more, all are forgotten, which costs nothing but a few free tries.
const mostTried = 10_000

// may takes one try of a caller: most at once, and as many a minute.
func (t *tries) may(caller string, most int, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, ok := t.of[caller]
	if !ok {
		if len(t.of) >= mostTried {
			clear(t.of)
		}
		l = rate.NewLimiter(rate.Every(time.Minute/time.Duration(most)), most)
		t.of[caller] = l
	}
	return l.AllowN(now, 1)
}
