package square

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"answerable/internal/fault"
)

// window is what of a list a client wants: newest first below max, above since; or the oldest above min.
type window struct {
	max, since, min ID
	limit           int
	sent            bool // a limit was sent, so the Link carries it
}

func (f fields) window(normal, most int) window {
	w := window{max: parseID(f.get("max_id")), since: parseID(f.get("since_id")), min: parseID(f.get("min_id")), limit: normal}
	if n, err := strconv.Atoi(f.get("limit")); err == nil && n > 0 {
		w.limit, w.sent = min(n, most), true
	}
	return w
}

// page cuts a window out of a list ascending by id and turns it newest first. older says whether anything is left below it.
// With min the page lies directly above it, however much is newer: that is how one catches up without a gap.
func page[T any](list []T, of func(T) ID, w window, ok func(T) bool) (out []T, older bool) {
	top := len(list)
	if w.max != 0 {
		top, _ = at(list, w.max, of)
	}
	if w.min != 0 {
		from, found := at(list, w.min, of)
		if found {
			from++
		}
		for i := from; i < top && len(out) < w.limit; i++ {
			if ok(list[i]) {
				out = append(out, list[i])
			}
		}
		slices.Reverse(out)
		if len(out) == 0 {
			return out, false
		}
		top, _ = at(list, of(out[len(out)-1]), of)
		return out, slices.ContainsFunc(list[:top], ok)
	}
	for i := top - 1; i >= 0 && of(list[i]) > w.since; i-- {
		if !ok(list[i]) {
			continue
		}
		if len(out) == w.limit {
			return out, true
		}
		out = append(out, list[i])
	}
	return out, false
}

// link sets the Link header of a page: next first, because toot reads no further; none for an empty page, because
// python3-mastodon breaks on it; and made of parameters we know, because toot sends back all it got and its own again.
func link[T any](c *call, out []T, of func(T) ID, older bool, w window, keep ...string) {
	if len(out) == 0 {
		return
	}
	q := url.Values{}
	if w.sent {
		q.Set("limit", strconv.Itoa(w.limit))
	}
	for _, k := range keep {
		name := strings.TrimSuffix(k, "[]")
		for _, v := range c.in[name] {
			q.Add(k, v)
			if k == name {
				break
			}
		}
	}
	to := func(k string, id ID, rel string) string {
		u := url.URL{Path: c.r.URL.Path}
		return "<" + c.base + u.EscapedPath() + "?" + strings.TrimPrefix(q.Encode()+"&"+k+"="+id.String(), "&") + `>; rel="` + rel + `"`
	}
	var links []string
	if older {
		links = append(links, to("max_id", of(out[len(out)-1]), "next"))
	}
	links = append(links, to("min_id", of(out[0]), "prev"))
	c.header.Set("Link", strings.Join(links, ", "))
}

// posts answers with a page of a list of posts, of those the client may see and ok lets through.
func (s *Square) posts(c *call, list []*status, keep []string, ok func(*status) bool) (any, error) {
	w := c.in.window(20, 40)
	out, older := page(list, (*status).id, w, func(st *status) bool { return ok(st) && s.visible(c.me, st) })
	link(c, out, (*status).id, older, w, keep...)
	return s.statusesJSON(out, c.me, c.base), nil
}

func all(*status) bool { return true }

// isPublic is what strangers see: public posts, not boosts.
func isPublic(st *status) bool { return st.Visibility == public && st.Reblog == 0 }

// home is everything one may see. The square is small: nobody has to follow anybody.
func (s *Square) home(c *call) (any, error) {
	return s.posts(c, s.timeline, nil, all)
}

func (s *Square) publicTimeline(c *call) (any, error) {
	if c.in.truth("remote") {
		return []statusJSON{}, nil
	}
	media := c.in.truth("only_media")
	return s.posts(c, s.timeline, []string{"local", "only_media"}, func(st *status) bool {
		return isPublic(st) && (!media || len(st.Media) > 0)
	})
}

func (s *Square) tagTimeline(c *call) (any, error) {
	t := strings.ToLower(c.r.PathValue("tag"))
	return s.posts(c, s.timeline, []string{"local"}, func(st *status) bool { return isPublic(st) && slices.Contains(st.Tags, t) })
}

func (s *Square) accountStatuses(c *call) (any, error) {
	a, err := c.account()
	if err != nil {
		return nil, err
	}
	noReplies, noBoosts, media, pinned := c.in.truth("exclude_replies"), c.in.truth("exclude_reblogs"), c.in.truth("only_media"), c.in.truth("pinned")
	t := strings.ToLower(c.in.get("tagged"))
	return s.posts(c, a.posts, []string{"exclude_replies", "exclude_reblogs", "only_media", "pinned", "tagged"}, func(st *status) bool {
		return (!noReplies || st.ReplyToBy == 0 || st.ReplyToBy == st.Author) && (!noBoosts || st.Reblog == 0) && (!media || len(st.Media) > 0) &&
			(!pinned || st.pinned) && (t == "" || slices.Contains(st.Tags, t))
	})
}

func (s *Square) bookmarks(c *call) (any, error) {
	return s.posts(c, s.timeline, nil, func(st *status) bool { return st.bookmarks[c.me.ID] })
}

func (s *Square) favourites(c *call) (any, error) {
	return s.posts(c, s.timeline, nil, func(st *status) bool { return st.favourites[c.me.ID] })
}

// conversations are the private ones, the one spoken in last first.
func (s *Square) conversations(c *call) (any, error) {
	w := c.in.window(20, 40)
	out, older := page(s.talks(c.me), talk.order, w, func(talk) bool { return true })
	link(c, out, talk.order, older, w)
	list := make([]conversationJSON, len(out))
	for i, t := range out {
		list[i] = s.conversationJSON(t, c.me, c.base)
	}
	return list, nil
}

// talks groups the direct posts an account may see by thread, ascending by the last post.
func (s *Square) talks(a *account) []talk {
	by := map[ID]*talk{}
	for _, st := range a.directs {
		t := by[st.Thread]
		if t == nil {
			t = &talk{id: st.Thread}
			by[st.Thread] = t
		}
		t.last = st
		t.unread = st.Author != a.ID && st.ID > a.read[t.id]
		for _, id := range s.readers(st) {
			if id != a.ID && !slices.Contains(t.others, id) {
				t.others = append(t.others, id)
			}
		}
	}
	var out []talk
	for _, t := range by {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(x, y talk) int { return strings.Compare(x.last.ID.String(), y.last.ID.String()) }) // constant width
	return out
}

func (s *Square) readConversation(c *call) (any, error) {
	id := parseID(c.r.PathValue("id"))
	for _, t := range s.talks(c.me) {
		if t.id != id {
			continue
		}
		if err := s.mark(mark{Verb: read, By: c.me.ID, On: id, Upto: t.last.ID}, !t.unread); err != nil {
			return nil, err
		}
		t.unread = false
		return s.conversationJSON(t, c.me, c.base), nil
	}
	return nil, errMissing
}

// search always answers with all three lists. A name with our own host is our own account.
func (s *Square) search(c *call) (any, error) {
	q, kind := strings.TrimSpace(c.in.get("q")), c.in.get("type")
	w := c.in.window(20, 40)
	accounts, found, tags := []accountJSON{}, []statusJSON{}, []tagJSON{}
	if q == "" {
		return nil, fault.New(fault.Invalid, "Validation failed: the search is empty")
	}
	if kind == "" || kind == "accounts" {
		accounts = s.findAccounts(c, q, w.limit)
	}
	if kind == "" || kind == "statuses" {
		found = s.findStatuses(c, q, w.limit)
	}
	if kind == "" || kind == "hashtags" {
		t := strings.ToLower(strings.TrimPrefix(q, "#"))
		var names []string
		for name := range s.tags {
			if strings.HasPrefix(name, t) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range clipList(names, w.limit) {
			tags = append(tags, tagJSON{Name: name, URL: c.base + "/tags/" + name})
		}
	}
	return map[string]any{"accounts": accounts, "statuses": found, "hashtags": tags}, nil
}

func (s *Square) searchAccounts(c *call) (any, error) {
	return s.findAccounts(c, strings.TrimSpace(c.in.get("q")), c.in.window(40, 80).limit), nil
}

// findAccounts puts the exact name first.
func (s *Square) findAccounts(c *call, q string, limit int) []accountJSON {
	out := []accountJSON{}
	if name, ok := strings.CutPrefix(q, c.base+"/@"); ok {
		q = name
	}
	name, host, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(q, "@")), "@")
	if !s.local(host, c.r.Host) {
		return out
	}
	exact := s.names[name]
	if exact != nil {
		out = append(out, s.accountJSON(exact, c.base))
	}
	if host != "" || name == "" {
		return out
	}
	var names []string
	for n, a := range s.names {
		if a != exact && (strings.HasPrefix(n, name) || strings.Contains(strings.ToLower(a.Display), name)) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	for _, n := range clipList(names, max(0, limit-len(out))) {
		out = append(out, s.accountJSON(s.names[n], c.base))
	}
	return out
}

func (s *Square) findStatuses(c *call, q string, limit int) []statusJSON {
	if at, ok := strings.CutPrefix(q, c.base+"/@"); ok {
		if _, id, ok := strings.Cut(at, "/"); ok {
			if st := s.statuses[parseID(id)]; st != nil && s.visible(c.me, st) {
				return []statusJSON{s.statusJSON(st, c.me, c.base)}
			}
		}
	}
	q = strings.ToLower(q)
	out, _ := page(s.timeline, (*status).id, window{limit: limit}, func(st *status) bool {
		return st.Reblog == 0 && strings.Contains(strings.ToLower(st.Text), q) && s.visible(c.me, st)
	})
	return s.statusesJSON(out, c.me, c.base)
}

// account finds the account the path names.
func (c *call) account() (*account, error) {
	a := c.s.accounts[parseID(c.r.PathValue("id"))]
	if a == nil {
		return nil, errMissing
	}
	return a, nil
}

// status finds the post the path names. What one may not see is not there.
func (c *call) status() (*status, error) {
	st := c.s.statuses[parseID(c.r.PathValue("id"))]
	if st == nil || !c.s.visible(c.me, st) {
		return nil, errMissing
	}
	return st, nil
}

// own finds a post the path names, of the client itself.
func (c *call) own() (*status, error) {
	st, err := c.status()
	if err != nil || st.Author != c.me.ID {
		return nil, errMissing
	}
	return st, nil
}
