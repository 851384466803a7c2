package square

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// kind says what changed.
type kind string

// The kinds of change. A log of an older square must stay readable: never rename one.
const (
	kindAccount  kind = "account" // new, or a changed profile
	kindApp      kind = "app"
	kindToken    kind = "token"
	kindRevoke   kind = "revoke"
	kindMedia    kind = "media"
	kindDescribe kind = "describe"
	kindForget   kind = "forget" // a file nobody used
	kindPost     kind = "post"   // boosts too
	kindEdit     kind = "edit"
	kindDelete   kind = "delete"
	kindMark     kind = "mark"
)

// entry is one change and one line of the log. What follows from it (notices, mentions, ids) is decided before and written with
// it, so that a replay decides nothing.
type entry struct {
	At      time.Time `json:"t"`
	Kind    kind      `json:"k"`
	Account *account  `json:"account,omitempty"`
	App     *app      `json:"app,omitempty"`
	Token   *token    `json:"token,omitempty"`
	Media   *file     `json:"media,omitempty"`
	Post    *status   `json:"post,omitempty"` // an edit carries the whole new version
	Mark    *mark     `json:"mark,omitempty"`
	ID      ID        `json:"id,omitempty"` // what is deleted or described
	Text    string    `json:"text,omitempty"`
	Notices []*notice `json:"notices,omitempty"`
}

// verb is what a mark does.
type verb string

// The verbs.
const (
	favourite verb = "favourite"
	bookmark  verb = "bookmark"
	mute      verb = "mute"
	pin       verb = "pin"
	follow    verb = "follow"
	read      verb = "read"    // a conversation, up to a post
	dismiss   verb = "dismiss" // a notification; 0 clears all
)

// mark is something small an account did to something else.
type mark struct {
	Verb verb `json:"verb"`
	By   ID   `json:"by"`
	On   ID   `json:"on,omitempty"`
	Upto ID   `json:"upto,omitempty"`
	Off  bool `json:"off,omitempty"`
}

// store is the log: one JSON line a change, each written with one call. A process that is killed loses nothing it has answered,
// since the system keeps what was written; only a power cut can.
type store struct {
	f    *os.File
	size int64
}

// openStore reads path from its beginning, gives every entry to apply, and is then ready to append. A last line that was torn by
// a crash was never answered: it is cut off. A bad line anywhere else is an error, because guessing would lose posts.
func openStore(path string, apply func(entry) error) (_ *store, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the path is the operator's own
	if err != nil {
		return nil, fmt.Errorf("square store: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("square store %s: %w", path, err), f.Close())
		}
	}()
	st := &store{f: f}
	in := bufio.NewReaderSize(f, 1<<16)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // what is left has no line end: torn
		}
		if err != nil {
			return nil, err
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			if _, peek := in.Peek(1); errors.Is(peek, io.EOF) {
				break // a torn line may hold a line end when the file system filled a hole with zeroes
			}
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if err := apply(e); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		st.size += int64(len(line))
	}
	if err := f.Truncate(st.size); err != nil {
		return nil, err
	}
	if _, err := f.Seek(st.size, io.SeekStart); err != nil {
		return nil, err
	}
	return st, nil
}

// append writes one entry. When that fails half-way the half is taken back, so that the next line starts clean.
func (st *store) append(e entry) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b) // ends with the line end
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return err
	}
	n, err := st.f.Write(b.Bytes())
	if err != nil {
		if n > 0 {
			_, seek := st.f.Seek(st.size, io.SeekStart)
			err = errors.Join(err, st.f.Truncate(st.size), seek)
		}
		return err
	}
	st.size += int64(n)
	return nil
}

func (st *store) close() error { return st.f.Close() }

// errLog means that a line speaks of something the log never made.
var errLog = errors.New("it speaks of something that is not there")

// apply changes memory, live and in a replay alike. It decides nothing.
func (s *Square) apply(e entry) error {
	switch e.Kind {
	case kindAccount:
		return s.applyAccount(e.Account)
	case kindApp:
		if e.App == nil {
			return errLog
		}
		s.seen(e.App.ID)
		s.apps[e.App.Client] = e.App
	case kindToken:
		if e.Token == nil {
			return errLog
		}
		s.tokens[e.Token.Hash] = e.Token
	case kindRevoke:
		delete(s.tokens, e.Text)
	case kindMedia:
		if e.Media == nil {
			return errLog
		}
		s.seen(e.Media.ID)
		s.media[e.Media.ID] = e.Media
		s.bytes += int64(len(e.Media.Data))
	case kindDescribe:
		m := s.media[e.ID]
		if m == nil {
			return errLog
		}
		m.Alt = e.Text
	case kindForget:
		if m := s.media[e.ID]; m != nil {
			s.bytes -= int64(len(m.Data))
			delete(s.media, e.ID)
		}
	case kindPost:
		if err := s.applyPost(e.Post); err != nil {
			return err
		}
	case kindEdit:
		if err := s.applyEdit(e.Post, e.At); err != nil {
			return err
		}
	case kindDelete:
		if s.statuses[e.ID] == nil {
			return errLog
		}
		s.applyDelete(s.statuses[e.ID])
	case kindMark:
		if e.Mark == nil || s.accounts[e.Mark.By] == nil {
			return errLog
		}
		s.applyMark(e.Mark)
	default:
		return fmt.Errorf("unknown kind of change %q", e.Kind)
	}
	for _, n := range e.Notices {
		to := s.accounts[n.To]
		if to == nil || s.accounts[n.From] == nil || (n.Status != 0 && s.statuses[n.Status] == nil) {
			return errLog
		}
		s.seen(n.ID)
		to.inbox = append(to.inbox, n)
	}
	return nil
}

// seen keeps new ids above all that were ever given.
func (s *Square) seen(id ID) { s.lastID = max(s.lastID, id) }

func (s *Square) applyAccount(a *account) error {
	if a == nil || !validName(a.Name) {
		return errLog
	}
	s.seen(a.ID)
	if old := s.accounts[a.ID]; old != nil { // a profile: the name never changes
		old.Display, old.Note, old.Bot = a.Display, a.Note, a.Bot
		return nil
	}
	made := *a
	made.following, made.followers, made.read = map[ID]bool{}, map[ID]bool{}, map[ID]ID{}
	s.accounts[a.ID] = &made
	s.names[strings.ToLower(a.Name)] = &made
	if a.Email != "" {
		s.emails[strings.ToLower(a.Email)] = &made
	}
	return nil
}

func (s *Square) applyPost(st *status) error {
	if st == nil || s.accounts[st.Author] == nil || (st.Reblog != 0 && s.statuses[st.Reblog] == nil) {
		return errLog
	}
	for _, id := range st.Mentions {
		if s.accounts[id] == nil {
			return errLog
		}
	}
	s.seen(st.ID)
	st.favourites, st.bookmarks, st.mutes, st.boosts = map[ID]bool{}, map[ID]bool{}, map[ID]bool{}, map[ID]ID{}
	st.audience = slices.Clone(st.Mentions)
	s.statuses[st.ID] = st
	s.timeline = append(s.timeline, st)
	by := s.accounts[st.Author]
	by.posts = append(by.posts, st)
	if st.Reblog != 0 {
		s.statuses[st.Reblog].boosts[st.Author] = st.ID
		return nil
	}
	if p := s.statuses[st.ReplyTo]; p != nil {
		p.replies = append(p.replies, st)
	}
	s.hang(st)
	if st.Visibility == direct {
		for _, id := range s.readers(st) {
			a := s.accounts[id]
			a.directs = append(a.directs, st)
		}
	}
	if st.Key != "" {
		s.remember(st)
	}
	return nil
}

// hang ties a version's tags and pictures to it.
func (s *Square) hang(st *status) {
	for _, t := range st.Tags {
		s.tags[t]++
	}
	for _, id := range st.Media {
		if m := s.media[id]; m != nil {
			m.status = st.ID
		}
	}
}

// unhang undoes hang.
func (s *Square) unhang(st *status) {
	for _, t := range st.Tags {
		if s.tags[t]--; s.tags[t] <= 0 {
			delete(s.tags, t)
		}
	}
	for _, id := range st.Media {
		if m := s.media[id]; m != nil {
			m.status = 0
		}
	}
}

// remember keeps an idempotency key for an hour.
func (s *Square) remember(st *status) {
	k := st.Author.String() + " " + st.Key
	if _, known := s.keys[k]; !known {
		s.keyOrder = append(s.keyOrder, k)
	}
	// The id tells when it was posted; created_at may be a replayed thread's.
	s.keys[k] = keyed{status: st.ID, at: st.ID.time()}
	for len(s.keyOrder) > 0 && st.ID.time().Sub(s.keys[s.keyOrder[0]].at) > keyLife {
		delete(s.keys, s.keyOrder[0])
		s.keyOrder = s.keyOrder[1:]
	}
}

// time is when the id was given.
func (i ID) time() time.Time { return time.UnixMilli(int64(i >> 16)).UTC() }

func (s *Square) applyEdit(next *status, when time.Time) error {
	if next == nil || s.statuses[next.ID] == nil {
		return errLog
	}
	st := s.statuses[next.ID]
	st.history = append(st.history, version{Text: st.Text, Spoiler: st.Spoiler, Sensitive: st.Sensitive, Media: st.Media, At: st.version()})
	s.unhang(st)
	st.Text, st.Spoiler, st.Sensitive, st.Lang = next.Text, next.Spoiler, next.Sensitive, next.Lang
	st.Media, st.Mentions, st.Tags, st.Edited = next.Media, next.Mentions, next.Tags, when
	s.hang(st)
	for _, id := range next.Mentions {
		if s.accounts[id] == nil {
			return errLog
		}
		if slices.Contains(st.audience, id) {
			continue
		}
		st.audience = append(st.audience, id) // who once could read it can read it on
		if a := s.accounts[id]; st.Visibility == direct && id != st.Author {
			i, _ := at(a.directs, st.ID, (*status).id)
			a.directs = slices.Insert(a.directs, i, st)
		}
	}
	return nil
}

// applyDelete removes a post with its boosts and the notifications about it. Answers to it stay, and answer nothing.
func (s *Square) applyDelete(st *status) {
	delete(s.statuses, st.ID)
	s.timeline = without(s.timeline, st.ID, (*status).id)
	by := s.accounts[st.Author]
	by.posts = without(by.posts, st.ID, (*status).id)
	s.unnotice(func(n *notice) bool { return n.Status == st.ID }, st)
	if st.Reblog != 0 {
		of := s.statuses[st.Reblog]
		delete(of.boosts, st.Author)
		s.unnotice(func(n *notice) bool { return n.Type == "reblog" && n.Status == of.ID && n.From == st.Author }, of)
		return
	}
	s.unhang(st)
	for _, id := range s.readers(st) {
		s.accounts[id].directs = without(s.accounts[id].directs, st.ID, (*status).id)
	}
	if p := s.statuses[st.ReplyTo]; p != nil {
		p.replies = without(p.replies, st.ID, (*status).id)
	}
	for _, r := range st.replies {
		r.ReplyTo = 0
	}
	for _, id := range st.boosts {
		if b := s.statuses[id]; b != nil {
			s.timeline = without(s.timeline, id, (*status).id)
			s.accounts[b.Author].posts = without(s.accounts[b.Author].posts, id, (*status).id)
			delete(s.statuses, id)
		}
	}
}

// unnotice takes notifications about st back from all who may have one.
func (s *Square) unnotice(gone func(*notice) bool, st *status) {
	for _, id := range slices.AppendSeq(s.readers(st), maps.Keys(st.boosts)) {
		a := s.accounts[id]
		a.inbox = slices.DeleteFunc(a.inbox, gone)
	}
}

func (s *Square) applyMark(m *mark) {
	by, st := s.accounts[m.By], s.statuses[m.On]
	set := func(in map[ID]bool) {
		if m.Off {
			delete(in, m.By)
		} else {
			in[m.By] = true
		}
	}
	switch m.Verb {
	case favourite, bookmark, mute, pin:
		if st == nil {
			return
		}
		switch m.Verb {
		case favourite:
			set(st.favourites)
			if m.Off {
				a := s.accounts[st.Author]
				a.inbox = slices.DeleteFunc(a.inbox, func(n *notice) bool {
					return n.Type == "favourite" && n.From == m.By && n.Status == st.ID
				})
			}
		case bookmark:
			set(st.bookmarks)
		case mute:
			set(st.mutes)
		default:
			st.pinned = !m.Off
		}
	case follow:
		other := s.accounts[m.On]
		if other == nil {
			return
		}
		set(other.followers)
		if m.Off {
			delete(by.following, m.On)
			other.inbox = slices.DeleteFunc(other.inbox, func(n *notice) bool { return n.Type == "follow" && n.From == m.By })
		} else {
			by.following[m.On] = true
		}
	case read:
		by.read[m.On] = max(by.read[m.On], m.Upto)
	case dismiss:
		by.inbox = slices.DeleteFunc(by.inbox, func(n *notice) bool { return m.On == 0 || n.ID == m.On })
	}
}
