package square

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"answerable/internal/fault"
)

// The four audiences of a post.
const (
	public   = "public"
	unlisted = "unlisted"
	private  = "private" // followers and who is mentioned
	direct   = "direct"  // who is mentioned, nobody else
)

// status is a post or, with Reblog set, a boost. The lower fields are derived from the log.
type status struct {
	ID         ID        `json:"id"`
	Author     ID        `json:"author"`
	At         time.Time `json:"at"`
	Text       string    `json:"text,omitempty"`
	Spoiler    string    `json:"spoiler,omitempty"`
	Sensitive  bool      `json:"sensitive,omitempty"`
	Lang       string    `json:"lang,omitempty"`
	Visibility string    `json:"visibility"`
	ReplyTo    ID        `json:"reply_to,omitempty"` // becomes 0 when that post is deleted
	ReplyToBy  ID        `json:"reply_to_by,omitempty"`
	Thread     ID        `json:"thread"` // the first post of the thread, also after its deletion
	Reblog     ID        `json:"reblog,omitempty"`
	Mentions   []ID      `json:"mentions,omitempty"`
	Tags       []string  `json:"tags,omitempty"`
	Media      []ID      `json:"media,omitempty"`
	Key        string    `json:"key,omitempty"`
	Edited     time.Time `json:"edited,omitzero"`

	history    []version // older versions, oldest first
	audience   []ID      // everybody who was ever mentioned in it
	replies    []*status
	boosts     map[ID]ID // account to the boost they made
	favourites map[ID]bool
	bookmarks  map[ID]bool
	mutes      map[ID]bool
	pinned     bool
}

// version is a post as it was before an edit.
type version struct {
	Text, Spoiler string
	Sensitive     bool
	Media         []ID
	At            time.Time
}

func (st *status) id() ID { return st.ID }

// version is when the words as they stand were written.
func (st *status) version() time.Time {
	if st.Edited.IsZero() {
		return st.At
	}
	return st.Edited
}

// answers is how many answers a post has that everybody may see: a count must not tell of private ones.
func (st *status) answers() int {
	n := 0
	for _, r := range st.replies {
		if r.Visibility == public || r.Visibility == unlisted {
			n++
		}
	}
	return n
}

// The errors every client knows.
var (
	errToken   = fault.New(fault.Unauthorized, "The access token is invalid")
	errMissing = fault.New(fault.NotFound, "Record not found")
)

// Limits of one post.
const (
	maxMedia       = 4
	maxKey         = 256
	maxDescription = 1500
	maxText        = 1 << 16 // bytes, however little they count: links are as long as they like
)

// readers are the author and everybody mentioned, each once.
func (s *Square) readers(st *status) []ID {
	out := []ID{st.Author}
	for _, id := range st.audience {
		if id != st.Author {
			out = append(out, id)
		}
	}
	return out
}

// visible says whether viewer, nil for a stranger, may see a post.
func (s *Square) visible(viewer *account, st *status) bool {
	if st.Reblog != 0 {
		of := s.statuses[st.Reblog]
		return of != nil && s.visible(viewer, of)
	}
	switch {
	case st.Visibility == public || st.Visibility == unlisted:
		return true
	case viewer == nil:
		return false
	case viewer.ID == st.Author || slices.Contains(st.audience, viewer.ID):
		return true
	}
	return st.Visibility == private && viewer.following[st.Author]
}

// post checks a new post and makes it. host is the Host the client knows us by, "" from Go. The caller holds the lock across the
// look for the key and the insert, so that of racing twins one posts and the other gets the same answer.
func (s *Square) post(by *account, in PostInput, host string) (*status, error) {
	if len(in.Key) > maxKey {
		return nil, fault.New(fault.Invalid, "Validation failed: Idempotency-Key is too long (maximum is %d)", maxKey)
	}
	if k, ok := s.keys[by.ID.String()+" "+in.Key]; ok && in.Key != "" && !s.opt.IgnoreIdempotency && s.now().Sub(k.at) <= keyLife {
		if st := s.statuses[k.status]; st != nil {
			return st, nil
		}
		return nil, errMissing // it was posted, and deleted since
	}
	st := &status{
		Author: by.ID, At: s.now(), Text: clean(in.Text), Spoiler: clean(in.Spoiler), Sensitive: in.Sensitive || in.Spoiler != "",
		Lang: clip(clean(in.Language), 16), Visibility: in.Visibility, Key: in.Key,
	}
	if st.Visibility == "" {
		st.Visibility = public
	}
	if !in.CreatedAt.IsZero() {
		st.At = in.CreatedAt.UTC().Truncate(time.Millisecond)
	}
	if !slices.Contains([]string{public, unlisted, private, direct}, st.Visibility) {
		return nil, fault.New(fault.Invalid, "Validation failed: Visibility is not included in the list")
	}
	if in.InReplyTo != "" {
		p := s.statuses[parseID(in.InReplyTo)]
		if p != nil && p.Reblog != 0 {
			p = s.statuses[p.Reblog]
		}
		if p == nil || !s.visible(by, p) {
			return nil, fault.New(fault.NotFound, "The post you are trying to reply to does not appear to exist.")
		}
		st.ReplyTo, st.ReplyToBy, st.Thread = p.ID, p.Author, p.Thread
	}
	if err := s.fill(st, in.MediaIDs, host); err != nil {
		return nil, err
	}
	st.ID = s.nextID()
	if st.Thread == 0 {
		st.Thread = st.ID
	}
	e := entry{Kind: kindPost, Post: st}
	for _, id := range st.Mentions {
		if id != by.ID {
			e.Notices = append(e.Notices, s.notice(id, "mention", by.ID, st.ID))
		}
	}
	if err := s.change(e); err != nil {
		return nil, err
	}
	s.tell(happening{event: "update", status: st, notices: e.Notices})
	return st, nil
}

// fill checks a version's words and pictures and finds its mentions and tags.
func (s *Square) fill(st *status, mediaIDs []string, host string) error {
	if len(mediaIDs) > maxMedia {
		return fault.New(fault.Invalid, "Validation failed: Cannot attach more than %d files", maxMedia)
	}
	st.Media = nil
	for _, raw := range mediaIDs {
		m := s.media[parseID(raw)]
		if m == nil || m.Owner != st.Author || m.status != 0 && m.status != st.ID || slices.Contains(st.Media, m.ID) {
			return fault.New(fault.Invalid, "Validation failed: Media file %s is not there, or already attached", clip(raw, 24))
		}
		st.Media = append(st.Media, m.ID)
	}
	if strings.TrimSpace(st.Text) == "" && len(st.Media) == 0 {
		return fault.New(fault.Invalid, "Validation failed: Text can't be blank")
	}
	if max(len(st.Text), len(st.Spoiler)) > maxText || length(st.Text)+length(st.Spoiler) > s.opt.MaxChars {
		return fault.New(fault.Invalid, "Validation failed: Text character limit of %d exceeded", s.opt.MaxChars)
	}
	st.Mentions, st.Tags = nil, nil
	for _, sp := range scan(st.Text) {
		switch sp.what {
		case aMention:
			a := s.names[strings.ToLower(sp.name)]
			if a != nil && s.local(sp.host, host) && !slices.Contains(st.Mentions, a.ID) {
				st.Mentions = append(st.Mentions, a.ID)
			}
		case aTag:
			if t := strings.ToLower(sp.name); !slices.Contains(st.Tags, t) {
				st.Tags = append(st.Tags, t)
			}
		default:
		}
	}
	return nil
}

// notice makes a notification; it is stored with what it is about.
func (s *Square) notice(to ID, typ string, from, about ID) *notice {
	return &notice{ID: s.nextID(), To: to, Type: typ, From: from, Status: about, At: s.now()}
}

// edit changes a post. Who boosted it is told, and who is mentioned for the first time.
func (s *Square) edit(st *status, change func(next *status) (media []string), host string) error {
	next := *st
	media := change(&next)
	next.Text, next.Spoiler = clean(next.Text), clean(next.Spoiler)
	if err := s.fill(&next, media, host); err != nil {
		return err
	}
	if next.Text == st.Text && next.Spoiler == st.Spoiler && next.Sensitive == st.Sensitive && next.Lang == st.Lang && slices.Equal(next.Media, st.Media) {
		return nil
	}
	e := entry{Kind: kindEdit, Post: &next}
	for _, id := range next.Mentions {
		if id != st.Author && !slices.Contains(st.audience, id) {
			e.Notices = append(e.Notices, s.notice(id, "mention", st.Author, st.ID))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(st.boosts)) {
		if id != st.Author {
			e.Notices = append(e.Notices, s.notice(id, "update", st.Author, st.ID))
		}
	}
	if err := s.change(e); err != nil {
		return err
	}
	s.tell(happening{event: "status.update", status: st, notices: e.Notices})
	return nil
}

func (s *Square) remove(st *status) error {
	if err := s.change(entry{Kind: kindDelete, ID: st.ID}); err != nil {
		return err
	}
	s.tell(happening{event: "delete", status: st})
	for _, id := range slices.Sorted(maps.Values(st.boosts)) {
		s.tell(happening{event: "delete", status: &status{ID: id, Author: st.Author, Visibility: st.Visibility, audience: st.audience}, boost: true})
	}
	return nil
}

// boost passes a post on. Doing it twice does it once.
func (s *Square) boost(by *account, st *status) (*status, error) {
	if st.Visibility != public && st.Visibility != unlisted && (st.Visibility != private || st.Author != by.ID) {
		return nil, errMissing
	}
	if id, ok := st.boosts[by.ID]; ok {
		return s.statuses[id], nil
	}
	b := &status{ID: s.nextID(), Author: by.ID, At: s.now(), Visibility: st.Visibility, Reblog: st.ID, Lang: st.Lang}
	b.Thread = b.ID
	e := entry{Kind: kindPost, Post: b}
	if st.Author != by.ID {
		e.Notices = append(e.Notices, s.notice(st.Author, "reblog", by.ID, st.ID))
	}
	if err := s.change(e); err != nil {
		return nil, err
	}
	s.tell(happening{event: "update", status: b, notices: e.Notices, boost: true})
	return b, nil
}

// mark does something small, once.
func (s *Square) mark(m mark, done bool, notices ...*notice) error {
	if done {
		return nil
	}
	if err := s.change(entry{Kind: kindMark, Mark: &m, Notices: notices}); err != nil {
		return err
	}
	s.tell(happening{notices: notices})
	return nil
}

// The actions of clients on posts.

func (s *Square) postStatus(c *call) (any, error) {
	if c.in.has("scheduled_at") && c.in.get("scheduled_at") != "" {
		return nil, fault.New(fault.Invalid, "Validation failed: the square does not post later")
	}
	if c.in.prefixed("poll[") {
		return nil, fault.New(fault.Invalid, "Validation failed: the square has no polls")
	}
	st, err := s.post(c.me, PostInput{
		Text: c.in.get("status"), InReplyTo: c.in.get("in_reply_to_id"), Visibility: c.in.get("visibility"), Spoiler: c.in.get("spoiler_text"),
		Sensitive: c.in.truth("sensitive"), Language: c.in.get("language"), MediaIDs: c.in.list("media_ids"), Key: c.r.Header.Get("Idempotency-Key"),
	}, c.r.Host)
	if err != nil {
		return nil, err
	}
	return s.statusJSON(st, c.me, c.base), nil
}

func (s *Square) getStatus(c *call) (any, error) {
	st, err := c.status()
	if err != nil {
		return nil, err
	}
	return s.statusJSON(st, c.me, c.base), nil
}

func (s *Square) getStatuses(c *call) (any, error) {
	out := []statusJSON{}
	for _, raw := range clipList(c.in.list("id"), 40) {
		if st := s.statuses[parseID(raw)]; st != nil && s.visible(c.me, st) {
			out = append(out, s.statusJSON(st, c.me, c.base))
		}
	}
	return out, nil
}

func (s *Square) putStatus(c *call) (any, error) {
	st, err := c.own()
	if err != nil {
		return nil, err
	}
	err = s.edit(st, func(next *status) []string {
		if c.in.has("status") {
			next.Text = c.in.get("status")
		}
		if c.in.has("spoiler_text") {
			next.Spoiler = c.in.get("spoiler_text")
		}
		if c.in.has("sensitive") {
			next.Sensitive = c.in.truth("sensitive") || next.Spoiler != ""
		}
		if c.in.has("language") {
			next.Lang = clip(c.in.get("language"), 16)
		}
		if c.in.has("media_ids") {
			return c.in.list("media_ids")
		}
		return texts(st.Media)
	}, c.r.Host)
	if err != nil {
		return nil, err
	}
	return s.statusJSON(st, c.me, c.base), nil
}

func texts(ids []ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}

func (s *Square) deleteStatus(c *call) (any, error) {
	st, err := c.own()
	if err != nil {
		return nil, err
	}
	out := s.statusJSON(st, c.me, c.base)
	out.Text = &st.Text
	if err := s.remove(st); err != nil {
		return nil, err
	}
	return out, nil
}

// Limits of a thread that is read at once, those of Mastodon for somebody who is signed in.
const maxThread = 4096

func (s *Square) context(c *call) (any, error) {
	st, err := c.status()
	if err != nil {
		return nil, err
	}
	up, down := s.around(st, c.me)
	return map[string]any{"ancestors": s.statusesJSON(up, c.me, c.base), "descendants": s.statusesJSON(down, c.me, c.base)}, nil
}

// around finds what a post answers and what answers it, each oldest first. A post the viewer may not see hides what is behind it.
func (s *Square) around(st *status, viewer *account) (up, down []*status) {
	for p := s.statuses[st.ReplyTo]; p != nil && s.visible(viewer, p) && len(up) < maxThread; p = s.statuses[p.ReplyTo] {
		up = append(up, p)
	}
	slices.Reverse(up)
	todo := []*status{st}
	for len(todo) > 0 && len(down) < maxThread {
		at := todo[0]
		todo = todo[1:]
		for _, r := range at.replies {
			if s.visible(viewer, r) {
				down = append(down, r)
				todo = append(todo, r)
			}
		}
	}
	slices.SortFunc(down, func(a, b *status) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return up, down
}

func (s *Square) source(c *call) (any, error) {
	st, err := c.own()
	if err != nil {
		return nil, err
	}
	return map[string]any{"id": st.ID, "text": st.Text, "spoiler_text": st.Spoiler}, nil
}

func (s *Square) history(c *call) (any, error) {
	st, err := c.status()
	if err != nil {
		return nil, err
	}
	out := []editJSON{}
	for _, v := range append(slices.Clone(st.history), version{Text: st.Text, Spoiler: st.Spoiler, Sensitive: st.Sensitive, Media: st.Media, At: st.version()}) {
		out = append(out, editJSON{
			Content: s.content(st, v.Text, c.base), SpoilerText: v.Spoiler, Sensitive: v.Sensitive, CreatedAt: stamp(v.At),
			Account: s.accountJSON(s.accounts[st.Author], c.base), Media: s.mediaJSON(v.Media, c.base), Emojis: []any{},
		})
	}
	return out, nil
}

// markStatus does or undoes one verb on a post.
func (s *Square) markStatus(v verb, off bool) action {
	return func(c *call) (any, error) {
		st, err := c.status()
		if err != nil {
			return nil, err
		}
		if st.Reblog != 0 {
			st = s.statuses[st.Reblog]
		}
		done := map[verb]bool{
			favourite: st.favourites[c.me.ID], bookmark: st.bookmarks[c.me.ID], mute: st.mutes[c.me.ID], pin: st.pinned,
		}[v]
		if v == pin && st.Author != c.me.ID {
			return nil, fault.New(fault.Invalid, "Validation failed: Someone else's post cannot be pinned")
		}
		var notices []*notice
		if v == favourite && !off && !done && st.Author != c.me.ID {
			notices = append(notices, s.notice(st.Author, "favourite", c.me.ID, st.ID))
		}
		if err := s.mark(mark{Verb: v, By: c.me.ID, On: st.ID, Off: off}, done != off, notices...); err != nil {
			return nil, err
		}
		return s.statusJSON(st, c.me, c.base), nil
	}
}

func (s *Square) reblog(c *call) (any, error) {
	st, err := c.status()
	if err != nil {
		return nil, err
	}
	if st.Reblog != 0 {
		st = s.statuses[st.Reblog]
	}
	b, err := s.boost(c.me, st)
	if err != nil {
		return nil, err
	}
	return s.statusJSON(b, c.me, c.base), nil
}

func (s *Square) unreblog(c *call) (any, error) {
	st, err := c.status()
	if err != nil {
		return nil, err
	}
	if st.Reblog != 0 {
		st = s.statuses[st.Reblog]
	}
	if b := s.statuses[st.boosts[c.me.ID]]; b != nil {
		if err := s.remove(b); err != nil {
			return nil, err
		}
	}
	return s.statusJSON(st, c.me, c.base), nil
}

func (s *Square) rebloggedBy(c *call) (any, error) {
	return s.likers(c, func(st *status) iter.Seq[ID] { return maps.Keys(st.boosts) })
}

func (s *Square) favouritedBy(c *call) (any, error) {
	return s.likers(c, func(st *status) iter.Seq[ID] { return maps.Keys(st.favourites) })
}

func (s *Square) likers(c *call, of func(*status) iter.Seq[ID]) (any, error) {
	st, err := c.status()
	if err != nil {
		return nil, err
	}
	return s.people(slices.Sorted(of(st)), c), nil
}

// people lists accounts, the first 80.
func (s *Square) people(ids []ID, c *call) []accountJSON {
	out := []accountJSON{}
	for _, id := range clipList(ids, 80) {
		out = append(out, s.accountJSON(s.accounts[id], c.base))
	}
	return out
}

func clipList[T any](list []T, n int) []T { return list[:min(len(list), n)] }
