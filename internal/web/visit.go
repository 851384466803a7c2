package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/directory"
	"answerable/internal/fault"
	"answerable/internal/web/desk"
	"answerable/internal/web/look"
	"answerable/internal/web/words"
)

// The cookies. Only the session's is secret.
const (
	sessionCookie = "answerable"
	brandCookie   = "brand"
	themeCookie   = "theme"
	zoneCookie    = "zone"
	flashCookie   = "said"
)

// mostForm is the longest form that is read.
const mostForm = 256 << 10

// visit is one request by somebody: who they are, in what language and zone they read, which brand they have before them.
type visit struct {
	actor   auth.Actor
	person  directory.Person
	session auth.Session
	w       *words.Words
	zone    *time.Location
	theme   string
	now     time.Time
	brand   brand.Brand
	brands  []brand.Brand
}

// handler is a page or an act; its error becomes a page in one place.
type handler func(http.ResponseWriter, *http.Request, *visit) error

// open lets everybody in.
func (s *server) open(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := s.guest(r)
		r.Body = http.MaxBytesReader(w, r.Body, mostForm)
		if err := h(w, r, v); err != nil {
			s.trouble(w, r, v, err)
		}
	}
}

// in lets in who is signed in.
func (s *server) in(h handler) http.HandlerFunc {
	return s.open(func(w http.ResponseWriter, r *http.Request, v *visit) error {
		if err := s.known(r, v); err != nil {
			return err
		}
		return h(w, r, v)
	})
}

// guest is a visit of which nothing is known but what the browser says.
func (s *server) guest(r *http.Request) *visit {
	v := &visit{w: words.Choose("", r.Header.Get("Accept-Language")), zone: time.UTC}
	if t := value(r, themeCookie); t == "light" || t == "dark" {
		v.theme = t
	}
	if z, err := time.LoadLocation(value(r, zoneCookie)); err == nil {
		v.zone = z
	}
	v.now = s.now().In(v.zone)
	return v
}

// known fills in who is signed in and which brand they look at.
func (s *server) known(r *http.Request, v *visit) error {
	var stale bool
	err := s.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		if v.actor, v.person, v.session, stale, err = directory.BySession(tx, value(r, sessionCookie)); err != nil {
			return err
		}
		v.brands, err = brand.All(tx, v.actor)
		return err
	})
	if err != nil {
		return err
	}
	if len(v.brands) == 0 {
		return fault.New(fault.Forbidden, "%s", v.w.Error.ForbiddenLead)
	}
	v.brand = v.brands[0]
	chosen := value(r, brandCookie)
	for _, b := range v.brands {
		if string(b.ID) == chosen {
			v.brand = b
		}
	}
	v.w = words.Choose(v.person.Lang, r.Header.Get("Accept-Language"))
	if value(r, zoneCookie) == "" {
		if z, err := time.LoadLocation(v.brand.Zone); err == nil {
			v.zone, v.now = z, v.now.In(z)
		}
	}
	if stale {
		// Only a mark of when they were last here: nobody waits for it, and it may be lost.
		go func(ctx context.Context) {
			if err := s.DB.Write(ctx, db.Work, func(tx *db.Tx) error { return auth.Seen(tx, v.session.ID) }); err != nil {
				s.Log.Warn("mark session seen", "err", err)
			}
		}(context.WithoutCancel(r.Context()))
	}
	return nil
}

// frame is what the frame of a page shows of a visit.
func (s *server) frame(r *http.Request, v *visit, title, at string) look.Frame {
	f := look.Frame{W: v.w, Assets: s.set, Title: title, Theme: v.theme, Now: v.now, Path: r.URL.RequestURI()}
	if v.person.ID != "" {
		f.Rail = &look.Rail{At: at, Me: v.who(v.person.ID, v.person.Name), Presence: string(v.person.State), Brand: look.Brand{ID: string(v.brand.ID), Name: v.brand.Name}}
		for _, b := range v.brands {
			f.Rail.Brands = append(f.Rail.Brands, look.Brand{ID: string(b.ID), Name: b.Name})
		}
	}
	return f
}

// at is a moment of the house in the reader's zone; zero when there is none.
func (v *visit) at(micros int64) time.Time {
	if micros == 0 || micros == db.Never {
		return time.Time{}
	}
	return time.UnixMicro(micros).In(v.zone)
}

func (v *visit) who(id directory.PersonID, name string) look.Person {
	return look.Person{ID: string(id), Name: name, Me: string(id) == v.actor.ID}
}

// show answers with a page. Pages are never kept by a browser's cache: they hold what customers wrote.
func (s *server) show(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	var b bytes.Buffer // whole or not at all: an error must still be able to become a page
	if err := page.Render(r.Context(), &b); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "HX-Request, Cookie, Accept-Language, Accept-Encoding")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.WriteHeader(status)
		_, _ = w.Write(b.Bytes()) // the browser may have gone
		return nil
	}
	// Compressed, because a page carries no secret that somebody else's words beside it could be made to betray: there are no tokens
	// in forms, the browser says itself where a form comes from.
	h.Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z, _ := s.zips.Get().(*gzip.Writer)
	defer s.zips.Put(z)
	z.Reset(w)
	_, _ = z.Write(b.Bytes()) // the browser may have gone
	_ = z.Close()
	return nil
}

// scripted reports whether live.js asks, which wants pieces, not the page.
func scripted(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// quiet reports whether the page refreshes itself: nobody pressed anything.
func quiet(r *http.Request) bool { return r.Header.Get("HX-Live") != "" }

// back sends a browser to where it came from, which a form says; only to an address of this face.
func back(w http.ResponseWriter, r *http.Request, otherwise string) error {
	return lead(w, r, r.PostFormValue("back"), otherwise)
}

// lead sends a browser to an address that somebody asked for, when it stays in the house.
func lead(w http.ResponseWriter, r *http.Request, to, otherwise string) error {
	if !local(to) {
		to = otherwise
	}
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // local has looked at it: a path of this house, nothing else
	return nil
}

// local reports whether an address stays in the house.
func local(to string) bool {
	u, err := url.Parse(to)
	return err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.ContainsAny(to, "\\\n\r\t")
}

func value(r *http.Request, cookie string) string {
	c, err := r.Cookie(cookie)
	if err != nil {
		return ""
	}
	v, err := url.QueryUnescape(c.Value)
	if err != nil {
		return ""
	}
	return v
}

func (s *server) cookie(w http.ResponseWriter, name, value string, age time.Duration, secret bool) {
	c := &http.Cookie{ //nolint:gosec // Secure follows how the house is reached; on a loopback demo there is no https
		Name: name, Value: url.QueryEscape(value), Path: "/", MaxAge: int(age.Seconds()), HttpOnly: secret, Secure: s.HTTPS, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// say keeps one line for the next page: what was done, or why it was not.
func (s *server) say(w http.ResponseWriter, n desk.Notice) {
	b, err := json.Marshal(n)
	if err != nil || len(b) > 2000 {
		return
	}
	s.cookie(w, flashCookie, base64.RawURLEncoding.EncodeToString(b), time.Minute, true)
}

// said takes that line.
func (s *server) said(w http.ResponseWriter, r *http.Request) *desk.Notice {
	b, err := base64.RawURLEncoding.DecodeString(value(r, flashCookie))
	if err != nil || len(b) == 0 || quiet(r) {
		return nil
	}
	s.cookie(w, flashCookie, "", 0, true)
	var n desk.Notice
	if json.Unmarshal(b, &n) != nil || n.Kind != "kept" && n.Kind != "soon" && n.Kind != "broken" {
		return nil
	}
	n.Undo = ""
	return &n
}

// host is the caller's address without its port, for counting tries.
func host(r *http.Request) string {
	h, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return h
}
