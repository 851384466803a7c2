package square

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"answerable/internal/fault"
)

// call is one request of a client, read and checked.
type call struct {
	s      *Square
	r      *http.Request
	me     *account // nil for a stranger or an app
	in     fields
	files  map[string]upload
	base   string      // our address as the client knows it
	header http.Header // of the answer
	secret string      // the token as it was sent
}

// action answers a call under the lock. What it returns is written as JSON after the lock was let go, so it must hold no
// part of the square that can change.
type action func(*call) (any, error)

// need says who may call.
type need int

const (
	anyone   need = iota // anybody
	anApp                // a token, an app's own will do
	somebody             // somebody's token
)

// Handler serves the network: the client API, OAuth, streams, files and the page. It checks the Host and refuses posts from
// other sites itself.
func (s *Square) Handler() http.Handler {
	m := http.NewServeMux()
	s.apiRoutes(m)
	s.pageRoutes(m)
	guarded := http.NewCrossOriginProtection().Handler(m)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.allowed(r.Host) {
			http.Error(w, "This square does not answer to that name. Call it by the address it printed when it started.", http.StatusMisdirectedRequest)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		if p := r.URL.Path; strings.HasPrefix(p, "/api/") || strings.HasPrefix(p, "/oauth/") {
			h.Set("Cache-Control", "no-store")
			if len(p) > 1 && strings.HasSuffix(p, "/") { // python3-mastodon asks with a slash at the end, toot signs in with one
				r = r.Clone(r.Context())
				r.URL.Path, r.URL.RawPath = strings.TrimRight(p, "/"), strings.TrimRight(r.URL.RawPath, "/")
			}
		}
		guarded.ServeHTTP(w, r)
	})
}

// apiRoutes are all paths of clients.
func (s *Square) apiRoutes(m *http.ServeMux) {
	on := func(pattern string, n need, do action) { m.HandleFunc(pattern, s.api(n, do)) }

	on("GET /api/v1/instance", anyone, s.instanceV1)
	on("GET /api/v2/instance", anyone, s.instanceV2)

	m.HandleFunc("GET /oauth/authorize", s.askConsent)
	m.HandleFunc("POST /oauth/authorize", s.giveConsent)
	m.HandleFunc("POST /oauth/token", s.grant)
	on("POST /oauth/revoke", anyone, s.revoke)
	on("POST /api/v1/apps", anyone, s.register)
	on("GET /api/v1/apps/verify_credentials", anApp, s.verifyApp)

	on("POST /api/v1/accounts", anApp, s.signUp)
	on("GET /api/v1/accounts/verify_credentials", somebody, s.me)
	on("PATCH /api/v1/accounts/update_credentials", somebody, s.updateMe)
	on("GET /api/v1/accounts/relationships", somebody, s.relationships)
	on("GET /api/v1/accounts/lookup", anyone, s.lookupAccount)
	on("GET /api/v1/accounts/search", somebody, s.searchAccounts)
	on("GET /api/v1/accounts/{id}", anyone, s.getAccount)
	on("GET /api/v1/accounts/{id}/statuses", anyone, s.accountStatuses)
	on("GET /api/v1/accounts/{id}/followers", anyone, s.followers)
	on("GET /api/v1/accounts/{id}/following", anyone, s.following)
	on("POST /api/v1/accounts/{id}/follow", somebody, s.follow(false))
	on("POST /api/v1/accounts/{id}/unfollow", somebody, s.follow(true))

	on("GET /api/v1/statuses", anyone, s.getStatuses)
	on("POST /api/v1/statuses", somebody, s.postStatus)
	on("GET /api/v1/statuses/{id}", anyone, s.getStatus)
	on("PUT /api/v1/statuses/{id}", somebody, s.putStatus)
	on("DELETE /api/v1/statuses/{id}", somebody, s.deleteStatus)
	on("GET /api/v1/statuses/{id}/context", anyone, s.context)
	on("GET /api/v1/statuses/{id}/source", somebody, s.source)
	on("GET /api/v1/statuses/{id}/history", anyone, s.history)
	on("GET /api/v1/statuses/{id}/reblogged_by", anyone, s.rebloggedBy)
	on("GET /api/v1/statuses/{id}/favourited_by", anyone, s.favouritedBy)
	on("POST /api/v1/statuses/{id}/reblog", somebody, s.reblog)
	on("POST /api/v1/statuses/{id}/unreblog", somebody, s.unreblog)
	for _, v := range []verb{favourite, bookmark, mute, pin} {
		on("POST /api/v1/statuses/{id}/"+string(v), somebody, s.markStatus(v, false))
		on("POST /api/v1/statuses/{id}/un"+string(v), somebody, s.markStatus(v, true))
	}

	on("POST /api/v1/media", somebody, s.uploadMedia)
	on("POST /api/v2/media", somebody, s.uploadMedia)
	on("GET /api/v1/media/{id}", somebody, s.getMedia)
	on("PUT /api/v1/media/{id}", somebody, s.describeMedia)
	m.HandleFunc("GET /media/{key}/{file}", s.serveMedia)

	on("GET /api/v1/timelines/home", somebody, s.home)
	on("GET /api/v1/timelines/public", anyone, s.publicTimeline)
	on("GET /api/v1/timelines/tag/{tag}", anyone, s.tagTimeline)
	on("GET /api/v1/bookmarks", somebody, s.bookmarks)
	on("GET /api/v1/favourites", somebody, s.favourites)
	on("GET /api/v1/conversations", somebody, s.conversations)
	on("POST /api/v1/conversations/{id}/read", somebody, s.readConversation)
	on("GET /api/v2/search", anyone, s.search)

	on("GET /api/v1/notifications", somebody, s.notifications)
	on("GET /api/v1/notifications/{id}", somebody, s.notification)
	on("POST /api/v1/notifications/clear", somebody, s.clearNotifications)
	on("POST /api/v1/notifications/{id}/dismiss", somebody, s.dismissNotification)
	on("GET /api/v2/notifications/policy", somebody, s.notificationPolicy)
	on("PATCH /api/v2/notifications/policy", somebody, s.notificationPolicy)

	m.HandleFunc("GET /api/v1/streaming/health", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("OK")) })
	m.HandleFunc("GET /api/v1/streaming", s.socket)
	m.HandleFunc("GET /api/v1/streaming/{stream...}", s.events)

	// What the square does not have is empty, not missing: clients ask for some of these when they start.
	none := func(*call) (any, error) { return []any{}, nil }
	for _, p := range []string{
		"v1/lists", "v1/filters", "v2/filters", "v1/mutes", "v1/blocks", "v1/domain_blocks", "v1/custom_emojis", "v1/announcements", "v1/followed_tags",
		"v1/featured_tags", "v1/follow_requests", "v1/scheduled_statuses", "v1/endorsements", "v1/suggestions", "v2/suggestions", "v1/trends", "v1/trends/tags",
		"v1/trends/statuses", "v1/trends/links", "v1/instance/peers", "v1/instance/activity", "v1/instance/rules", "v1/directory",
	} {
		on("GET /api/"+p, anyone, none)
	}
	on("GET /api/v1/preferences", somebody, func(*call) (any, error) { return struct{}{}, nil })
	on("GET /api/v1/markers", somebody, func(*call) (any, error) { return struct{}{}, nil })
	missing := func(*call) (any, error) { return nil, errMissing }
	on("/api/", anyone, missing)
	on("/oauth/", anyone, missing)
}

// api answers one route of clients: read, check, one call under the lock, answer.
func (s *Square) api(n need, do action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, r: r, base: base(r), header: w.Header(), secret: secret(r)}
		f := s.draw(c.secret, r.Method == http.MethodPost && r.URL.Path == "/api/v1/statuses")
		if f.err != nil {
			s.fail(w, f.err, f.bare)
			return
		}
		if f.cutBefore {
			panic(http.ErrAbortHandler)
		}
		if err := s.admit(c, n); err != nil {
			s.fail(w, err, false)
			return
		}
		var err error
		if c.in, c.files, err = s.parse(w, r); err != nil {
			s.fail(w, err, false)
			return
		}
		v, err := s.locked(c, do)
		if err != nil {
			s.fail(w, err, false)
			return
		}
		if f.cutAfter {
			panic(http.ErrAbortHandler)
		}
		wait(r.Context(), f.hold)
		answer(w, http.StatusOK, v)
	}
}

// locked runs an action under the lock; those that only read share it.
func (s *Square) locked(c *call, do action) (any, error) {
	if c.r.Method == http.MethodGet || c.r.Method == http.MethodHead {
		s.mu.RLock()
		defer s.mu.RUnlock()
	} else {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	return do(c)
}

// admit finds out who calls. A token that is sent and not known is an error even where none is needed.
func (s *Square) admit(c *call, n need) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.tokens[hash(c.secret)]
	if t != nil {
		c.me = s.accounts[t.Account]
	}
	_, cookie := fromCookie(c.r)
	switch {
	case t == nil && (n != anyone || c.secret != "" && !cookie): // a stale cookie is a stranger
		return errToken
	case c.me == nil && n == somebody:
		return fault.New(fault.Invalid, "This method requires an authenticated user")
	}
	return nil
}

// cookieName is the page's sign-in. A cookie holds for all ports of a host, so the name is ours alone.
const cookieName = "square_session"

// secret finds the token of a request: the header, the query (WebSockets of browsers cannot send headers), the page's cookie.
func secret(r *http.Request) string {
	if v, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return strings.TrimSpace(v)
	}
	if v := r.URL.Query().Get("access_token"); v != "" {
		return v
	}
	if v := r.Header.Get("Sec-WebSocket-Protocol"); v != "" && r.URL.Path == "/api/v1/streaming" {
		return v
	}
	v, _ := fromCookie(r)
	return v
}

// fromCookie is the token of the page's cookie, when that is what signs this request in.
func fromCookie(r *http.Request) (string, bool) {
	if r.Header.Get("Authorization") != "" {
		return "", false
	}
	k, err := r.Cookie(cookieName)
	if err != nil {
		return "", false
	}
	return k.Value, true
}

// answer writes JSON. The status of a success is always 200: some clients take nothing else.
func answer(w http.ResponseWriter, code int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, `{"error":"Internal error"}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(b)
}

// codeOf is the one table of errors to the outside.
func codeOf(err error) int {
	switch fault.KindOf(err) {
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict, fault.Invalid:
		return http.StatusUnprocessableEntity // what Mastodon says to both
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Unauthorized:
		return http.StatusUnauthorized
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Limited:
		return http.StatusTooManyRequests
	case fault.Temporary:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// safe is what of an error people may read.
func safe(err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Kind != fault.Internal && e.Safe != "" {
		return e.Safe
	}
	return "Internal error"
}

// fail writes an error. A 429 carries all three headers or, bare, none: one of them alone breaks python3-mastodon.
func (s *Square) fail(w http.ResponseWriter, err error, bare bool) {
	code := codeOf(err)
	if code == http.StatusInternalServerError {
		s.opt.Log.Error("square", "error", err)
	}
	if code == http.StatusTooManyRequests && !bare {
		after := cmp.Or(fault.After(err), time.Minute)
		h := w.Header()
		h.Set("Retry-After", strconv.Itoa(int((after+time.Second-1)/time.Second)))
		h.Set("X-Ratelimit-Limit", "300")
		h.Set("X-Ratelimit-Remaining", "0")
		h.Set("X-Ratelimit-Reset", s.now().Add(after).Format("2006-01-02T15:04:05.000000Z"))
	}
	answer(w, code, map[string]string{"error": safe(err)})
}
