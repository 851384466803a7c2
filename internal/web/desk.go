package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/delivery"
	"answerable/internal/fault"
	"answerable/internal/read/inbox"
	"answerable/internal/web/desk"
)

// perPage is how many rows a list shows at once.
const perPage = 50

// shown are the views of the list, in the order in which they stand.
func shown() []inbox.View {
	return []inbox.View{inbox.Mine, inbox.Unowned, inbox.Open, inbox.Waiting, inbox.All, inbox.Archived}
}

// place is which list somebody looks at: it goes along in every address of the desk.
type place struct {
	view   inbox.View
	search string
	after  string
}

func placeOf(r *http.Request) place {
	q := r.URL.Query()
	p := place{view: inbox.View(q.Get("view")), search: strings.TrimSpace(q.Get("q")), after: q.Get("after")}
	if !slices.Contains(shown(), p.view) {
		p.view = inbox.Mine
	}
	return p
}

// query is the place as the end of an address, with more behind it.
func (p place) query(more ...string) string {
	v := url.Values{"view": {string(p.view)}}
	if p.search != "" {
		v.Set("q", p.search)
	}
	if p.after != "" {
		v.Set("after", p.after)
	}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return "?" + v.Encode()
}

func (s *server) desk(w http.ResponseWriter, r *http.Request, v *visit) error {
	p := desk.Page{Frame: s.frame(r, v, v.w.List.Title, "desk"), Notice: s.said(w, r)}
	at := placeOf(r)
	var counts map[inbox.View]int
	if err := s.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		p.List, counts, err = s.list(tx, v, at, "")
		return err
	}); err != nil {
		return err
	}
	p.Calm = desk.Calm{State: "choose", Unowned: counts[inbox.Unowned], URL: "/desk?view=unowned"}
	switch {
	case counts[inbox.All] == 0 && len(p.List.Rows) == 0:
		p.Calm.State = "welcome"
	case len(p.List.Rows) == 0 && at.search == "":
		p.Calm.State = "done"
	}
	return s.showDesk(w, r, p)
}

func (s *server) conversation(w http.ResponseWriter, r *http.Request, v *visit) error {
	at, id := placeOf(r), conversation.ID(r.PathValue("id"))
	p := desk.Page{Notice: s.said(w, r)}
	if err := s.DB.Read(r.Context(), func(tx *db.Tx) error {
		d, err := inbox.Show(tx, v.actor, id)
		if err != nil {
			return err
		}
		if p.List, _, err = s.list(tx, v, at, d.ID); err != nil {
			return err
		}
		t, err := s.read(tx, v, d)
		if err != nil {
			return err
		}
		p.Frame = s.frame(r, v, t.name(), "desk")
		p.Talk, p.Beside = t.talk(at, r.URL.Query().Has("close")), t.beside()
		if p.Notice == nil {
			p.Notice = t.notice(s.Undo)
		}
		return nil
	}); err != nil {
		return err
	}
	return s.showDesk(w, r, p)
}

// showDesk answers with the whole page, or with its pieces when script asks.
func (s *server) showDesk(w http.ResponseWriter, r *http.Request, p desk.Page) error {
	if scripted(r) && r.Header.Get("HX-History-Restore-Request") == "" {
		return s.show(w, r, http.StatusOK, p.Parts(quiet(r)))
	}
	return s.show(w, r, http.StatusOK, p.Whole())
}

// list reads the column of conversations; open is the one that stands in the middle.
func (s *server) list(tx *db.Tx, v *visit, at place, open conversation.ID) (desk.List, map[inbox.View]int, error) {
	l := desk.List{View: string(at.view), Search: at.search, Since: v.now, Empty: empty(v, at), Latest: at.view != inbox.Mine && at.view != inbox.Unowned && at.view != inbox.Open}
	counted := slices.DeleteFunc(shown(), func(n inbox.View) bool { return n == inbox.Archived })
	cs, err := inbox.Counts(tx, v.actor, v.brand.ID, v.person.ID, counted...)
	if err != nil {
		return l, nil, err
	}
	counts := map[inbox.View]int{}
	for _, c := range cs {
		counts[c.View] = int(c.N)
	}
	for _, name := range shown() {
		l.Views = append(l.Views, desk.View{
			Name: string(name), Label: viewName(v, name), URL: "/desk?view=" + string(name), Count: counts[name], Counted: name != inbox.Archived,
			Current: name == at.view && at.search == "",
		})
	}
	q := inbox.Query{Brand: v.brand.ID, View: at.view, Me: v.person.ID, Search: at.search, Cursor: at.after, Limit: perPage}
	if at.search != "" {
		q.View = inbox.All // a search looks everywhere
	}
	page, err := inbox.List(tx, v.actor, q)
	if fault.Is(err, fault.Invalid) { // a search with a slip in it: say so where the rows would be
		l.Empty = fault.Safe(err)
		return l, counts, nil
	}
	if err != nil {
		return l, nil, err
	}
	stuck, err := troubled(tx, v.actor)
	if err != nil {
		return l, nil, err
	}
	for _, r := range page.Rows {
		row := rowOf(v, at, r)
		if !row.Asked {
			row.Ask, row.AskLang = cmp.Or(r.Said, v.w.List.NoQuestion), cmp.Or(r.SaidLang, v.w.Tag)
		}
		if state, ok := stuck[r.ID]; ok {
			row.State = state
		}
		row.Current = r.ID == open
		l.Rows = append(l.Rows, row)
	}
	if page.Next != "" {
		next := at
		next.after = page.Next
		l.Next = "/desk" + next.query()
	}
	return l, counts, nil
}

// mostTroubled is how many sends that need a person are marked in lists.
const mostTroubled = 200

// troubled says which conversations hold a send that failed or whose fate is unknown.
func troubled(tx *db.Tx, by auth.Actor) (map[conversation.ID]desk.RowState, error) {
	ds, _, err := delivery.In(tx, by, "", mostTroubled)
	out := map[conversation.ID]desk.RowState{}
	for _, d := range ds {
		m, err := conversation.GetMessage(tx, d.Message)
		if err != nil {
			return nil, err
		}
		state := desk.Failed
		if d.State == delivery.Uncertain {
			state = desk.Uncertain
		}
		if out[m.Conversation] != desk.Uncertain {
			out[m.Conversation] = state
		}
	}
	return out, err
}

func rowOf(v *visit, at place, r inbox.Row) desk.Row {
	row := desk.Row{
		ID: string(r.ID), URL: "/desk/c/" + string(r.ID) + at.query() + "#newest", Who: cmp.Or(r.ContactName, r.BrandName), Ask: cmp.Or(r.Asked, v.w.List.NoQuestion),
		Asked: r.Asked != "", More: max(0, int(r.OwedQuestions)-1), Channel: r.Channel, Public: r.Public, Private: r.Private, Since: v.at(r.WaitingSince),
	}
	if r.Owner != "" {
		p := v.who(r.Owner, r.OwnerName)
		row.Owner = &p
	}
	switch {
	case r.Status == conversation.Archived:
		row.State = desk.Archived
	case r.Status == conversation.Resolved:
		row.State = desk.Resolved
	case r.Status == conversation.Snoozed:
		row.State = desk.Snoozed
	case !row.Since.IsZero():
		row.State = desk.Waiting
	case r.OwedQuestions > 0:
		row.State = desk.Owed
	case r.Status == conversation.Open:
		row.State = desk.Answered
	default:
		row.State = desk.Their
	}
	if len(r.Why) > 0 {
		row.Why = r.Why[0].Where
		if r.Why[0].Words != "" {
			row.Why += ": " + r.Why[0].Words
		}
	}
	return row
}

func viewName(v *visit, name inbox.View) string {
	l := v.w.List
	switch name {
	case inbox.Mine:
		return l.Mine
	case inbox.Unowned:
		return l.ViewUnowned
	case inbox.Open:
		return l.ViewOpen
	case inbox.Waiting:
		return l.ViewWaiting
	case inbox.Archived:
		return l.ViewArchived
	default:
		return l.All
	}
}

func empty(v *visit, at place) string {
	l := v.w.List
	switch {
	case at.search != "":
		return l.EmptySearch
	case at.view == inbox.Mine:
		return l.EmptyMine
	case at.view == inbox.Unowned:
		return l.EmptyUnowned
	case at.view == inbox.All || at.view == inbox.Open:
		return l.EmptyAll
	}
	return l.EmptyOther
}
