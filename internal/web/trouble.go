package web

import (
	"net/http"
	"net/url"
	"strconv"

	"answerable/internal/fault"
	"answerable/internal/id"
	"answerable/internal/web/desk"
	"answerable/internal/web/look"
	"answerable/internal/web/trouble"
	"answerable/internal/web/words"
)

func errForeign() error { return fault.New(fault.Forbidden, "a form of another site may not act here") }

func nowhere(http.ResponseWriter, *http.Request, *visit) error {
	return fault.New(fault.NotFound, "no such page")
}

// answer is how one kind of error is shown.
type answer struct {
	status    int
	sign      look.Icon
	calm      bool // nothing is broken
	what, why func(words.Error) string
}

// answers is the one table from errors to pages.
func answers(k fault.Kind) answer {
	switch k {
	case fault.NotFound:
		return answer{http.StatusNotFound, look.Search, true, func(e words.Error) string { return e.NotFound }, func(e words.Error) string { return e.NotFoundLead }}
	case fault.Forbidden:
		return answer{http.StatusForbidden, look.Lock, true, func(e words.Error) string { return e.Forbidden }, func(e words.Error) string { return e.ForbiddenLead }}
	case fault.Unauthorized:
		return answer{http.StatusUnauthorized, look.Lock, true, func(e words.Error) string { return e.Expired }, func(e words.Error) string { return e.ExpiredLead }}
	case fault.Conflict:
		return answer{http.StatusConflict, look.Warn, true, func(e words.Error) string { return e.Conflict }, func(e words.Error) string { return e.ConflictLead }}
	case fault.Invalid:
		return answer{http.StatusUnprocessableEntity, look.Warn, true, func(e words.Error) string { return e.Invalid }, nil}
	case fault.TooLarge:
		return answer{http.StatusRequestEntityTooLarge, look.Warn, true, func(e words.Error) string { return e.TooLarge }, func(e words.Error) string { return e.TooLargeLead }}
	case fault.Limited:
		return answer{http.StatusTooManyRequests, look.Clock, true, func(e words.Error) string { return e.Limited }, func(e words.Error) string { return e.LimitedLead }}
	case fault.Temporary:
		return answer{http.StatusServiceUnavailable, look.Again, false, func(e words.Error) string { return e.Broken }, nil}
	case fault.Internal:
	}
	return answer{http.StatusInternalServerError, look.Stop, false, func(e words.Error) string { return e.Broken }, func(e words.Error) string { return e.BrokenLead }}
}

// trouble answers a request that failed: what happened, what was kept, what to do. Causes go to the log alone.
func (s *server) trouble(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	if r.Context().Err() != nil {
		return // they have gone
	}
	kind := fault.KindOf(err)
	if kind == fault.Unauthorized {
		s.ask(w, r)
		return
	}
	a := answers(kind)
	e := v.w.Error
	p := trouble.Page{
		Frame: s.frame(r, v, a.what(e), ""), Status: a.status, Sign: a.sign, Calm: a.calm, What: a.what(e), Kept: e.KeptNothing, Do: e.ToDesk, DoURL: "/desk",
	}
	if a.why != nil {
		p.Why = a.why(e)
	}
	if safe := fault.Safe(err); kind == fault.Invalid || kind == fault.Conflict || kind == fault.TooLarge || kind == fault.Temporary {
		p.Why = safe
	}
	if r.PathValue("id") != "" {
		p.Kept = e.Kept
	}
	if a.status >= http.StatusInternalServerError {
		p.Number = id.New()
		p.Back, p.BackURL = e.Again, "/desk"
		if r.Method == http.MethodGet {
			p.BackURL = r.URL.RequestURI()
		}
		s.Log.Error("page failed", "number", p.Number, "method", r.Method, "path", r.URL.Path, "err", err)
	}
	if d := fault.After(err); d > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(d.Seconds())+1))
	}
	page := p.Whole()
	if scripted(r) {
		page = p.Line()
	}
	if err := s.show(w, r, a.status, page); err != nil {
		s.Log.Error("trouble page failed", "err", err)
		http.Error(w, e.Broken, http.StatusInternalServerError)
	}
}

// ask sends somebody to the door and remembers where they wanted to go.
func (s *server) ask(w http.ResponseWriter, r *http.Request) {
	to := "/sign-in"
	switch {
	case r.Method == http.MethodGet && r.URL.Path != "/desk/stream" && !quiet(r):
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	case local(r.PostFormValue("back")):
		to += "?next=" + url.QueryEscape(r.PostFormValue("back"))
	}
	if scripted(r) {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// refuse turns the error of an act into one line on the page it was pressed on, where a person can do something about it; other
// errors stay errors.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, v *visit, err error, otherwise string) error {
	k := fault.KindOf(err)
	if k != fault.Invalid && k != fault.Conflict && k != fault.TooLarge && k != fault.Forbidden {
		return err
	}
	s.say(w, desk.Notice{Kind: "broken", Text: answers(k).what(v.w.Error) + ".", Detail: fault.Safe(err), ID: id.New()})
	return back(w, r, otherwise)
}
