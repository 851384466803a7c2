package mastodon

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"answerable/internal/channel"
	"answerable/internal/fault"
)

// The heads under which raw deliveries are kept: how to read them again.
const (
	headNotification = "notification"
	headStatus       = "status"
	headEdit         = "status.update"
	headDelete       = "delete"
	headContext      = "context"
)

// maxAncestors is how much of a long thread comes with one message: its root and the newest before it.
const maxAncestors = 40

// found is one arrival and what is to be remembered once it was taken.
type found struct {
	channel.Arrival
	keys []string // the names under which the same could come again
}

func unreadable(raw channel.Raw, err error) []found {
	return []found{{keys: named(raw), Arrival: channel.Read(raw, func() ([]channel.Inbound, error) {
		return nil, fault.As(fault.Invalid, err, "this %s could not be read", raw.Head)
	})}}
}

// named is the key of a delivery that has one.
func named(raw channel.Raw) []string {
	if raw.Key == "" {
		return nil
	}
	return []string{raw.Key}
}

// read gives one raw delivery its meaning. Its error means that the network could not be asked what was needed, and that all of it
// should be tried again. sure: it concerns us, do not ask.
func (a *Adapter) read(ctx context.Context, raw channel.Raw, sure bool) ([]found, error) {
	switch raw.Head {
	case headNotification:
		return a.notification(ctx, raw)
	case headStatus, headEdit, headContext:
		return a.status(ctx, raw, sure)
	case headDelete:
		return a.gone(raw), nil
	}
	return a.unknown(raw, strings.TrimPrefix(raw.Head, "event ")), nil
}

// Reread reads a stored delivery again.
func (a *Adapter) Reread(ctx context.Context, raw channel.Raw) channel.Arrival {
	out := channel.Arrival{Raw: raw}
	_, err := a.ready(ctx)
	var list []found
	if err == nil {
		list, err = a.read(ctx, raw, true)
	}
	if err != nil {
		out.Cause = err
		return out
	}
	for _, f := range list {
		out.In = append(out.In, f.In...)
		out.Cause = cmp.Or(out.Cause, f.Cause)
	}
	return out
}

// quiet notification types concern the running of the account, not what people wrote.
func quiet(typ string) bool {
	switch typ {
	case "follow", "follow_request", "poll", "quoted_update", "admin.sign_up", "admin.report", "added_to_collection", "collection_update":
		return true
	}
	return false
}

func (a *Adapter) notification(ctx context.Context, raw channel.Raw) ([]found, error) {
	raw.Head = headNotification
	var n notification
	if err := json.Unmarshal(raw.Body, &n); err != nil {
		return unreadable(raw, err), nil
	}
	if n.ID != "" {
		raw.Key = "n:" + string(n.ID)
	}
	if quiet(string(n.Type)) {
		return nil, nil
	}
	var st status
	if len(n.Status) > 0 && !bytes.Equal(n.Status, []byte("null")) {
		if err := json.Unmarshal(n.Status, &st); err != nil {
			return unreadable(raw, err), nil
		}
	}
	about := func(kind channel.Kind) []found {
		return []found{{keys: named(raw), Arrival: channel.Read(raw, func() ([]channel.Inbound, error) {
			in := channel.Inbound{
				Kind: kind, ExternalID: string(n.Type) + ":" + string(n.ID), InReplyTo: string(st.ID), Author: a.author(n.Account),
				Automatic: n.Account.Bot, At: n.CreatedAt.Time, Public: st.public(), Text: string(n.Emoji),
			}
			if p, ok := a.memory.place(string(st.ID)); ok {
				in.ThreadKey = p.Root
			}
			return []channel.Inbound{in}, nil
		})}}
	}
	switch {
	case n.Type == "mention", n.Type == "quote", n.Type == "status" && a.concerns(st):
		if st.ID == "" {
			return unreadable(raw, errNoStatus), nil
		}
		return a.message(ctx, raw, st)
	case n.Type == "status":
		return nil, nil
	case n.Type == "update":
		return a.edit(raw, st), nil
	case n.Type == "favourite", n.Type == "pleroma:emoji_reaction", n.Type == "reaction":
		return about(channel.Reaction), nil
	case n.Type == "reblog":
		return about(channel.Repost), nil
	}
	return a.unknown(raw, string(n.Type)), nil
}

var errNoStatus = errorString("a notification of a message without the message")

// status reads a status that did not come in a notification: from the home timeline, from our own list, or an ancestor.
func (a *Adapter) status(ctx context.Context, raw channel.Raw, sure bool) ([]found, error) {
	var st status
	if err := json.Unmarshal(raw.Body, &st); err != nil {
		return unreadable(raw, err), nil
	}
	raw.Key = st.key()
	switch {
	case st.ID == "":
		return unreadable(raw, errNoStatus), nil
	case st.boost():
		return nil, nil
	case raw.Head == headContext:
		return []found{a.ancestor(raw, st, "")}, nil
	case !sure && !a.concerns(st):
		return nil, nil
	case raw.Head == headEdit:
		return a.edit(raw, st), nil
	}
	return a.message(ctx, raw, st)
}

// concerns reports whether a status is ours, to us, or said in a thread we know.
func (a *Adapter) concerns(st status) bool {
	me := a.self().ID
	if st.Account.ID == me || st.mentions(me) || st.InReplyToAccount == me && me != "" {
		return true
	}
	if _, ok := a.memory.place(string(st.ID)); ok {
		return true
	}
	_, ok := a.memory.place(string(st.InReplyTo))
	return ok && st.InReplyTo != ""
}

// message is somebody's words, or ours, with what it hangs under.
func (a *Adapter) message(ctx context.Context, raw channel.Raw, st status) ([]found, error) {
	if p, ok := a.memory.place(string(st.ID)); ok && !p.Context && p.Version != st.version() {
		return a.edit(raw, st), nil // it was told already, in other words
	}
	thread, before, err := a.thread(ctx, st)
	if err != nil {
		return nil, err
	}
	a.memory.put(placeOf(st, thread))
	f := found{keys: append(named(raw), st.key())}
	f.Arrival = channel.Read(raw, func() ([]channel.Inbound, error) {
		return []channel.Inbound{a.inbound(st, a.kind(st), thread)}, nil
	})
	out := append(before, f)
	if st.version() != "" {
		// It was changed before we read it here, but the desk may know its first words: from a stream that a crash cut off. A message that
		// is known is not taken twice, so the change is told as one.
		raw.Key = "e" + st.key()
		for _, f := range a.edit(raw, st) {
			f.keys = named(raw)
			out = append(out, f)
		}
	}
	return out, nil
}

func (a *Adapter) kind(st status) channel.Kind {
	if st.Account.ID == a.self().ID {
		return channel.Own
	}
	return channel.Message
}

func (a *Adapter) ancestor(raw channel.Raw, st status, thread string) found {
	thread = cmp.Or(thread, string(st.ID))
	p := placeOf(st, thread)
	p.Context = true
	a.memory.put(p)
	// Its own name: when its notification comes later, it must not be taken for told.
	raw.Key = "c:" + string(st.ID) + ":" + st.version()
	f := found{keys: named(raw)}
	f.Arrival = channel.Read(raw, func() ([]channel.Inbound, error) {
		in := a.inbound(st, a.kind(st), thread)
		in.Context = true
		return []channel.Inbound{in}, nil
	})
	return f
}

func (a *Adapter) edit(raw channel.Raw, st status) []found {
	thread := string(st.ID)
	if p, ok := a.memory.place(string(st.ID)); ok {
		if byAge(st.version(), p.Version) < 0 {
			return nil // an event that waited while newer words were read
		}
		thread = p.Root
	}
	if !st.public() {
		thread = a.privateKey(st)
	}
	a.memory.put(placeOf(st, thread))
	f := found{keys: append(named(raw), st.key())}
	f.Arrival = channel.Read(raw, func() ([]channel.Inbound, error) {
		in := a.inbound(st, channel.Edit, thread)
		if !st.EditedAt.IsZero() {
			in.At = st.EditedAt.Time
		}
		return []channel.Inbound{in}, nil
	})
	return []found{f}
}

// gone reads a delete event: its body is the bare id. Also ids we do not know are told: the desk may, we forget.
func (a *Adapter) gone(raw channel.Raw) []found {
	id := strings.Trim(strings.TrimSpace(string(raw.Body)), `"`)
	raw.Key = "d:" + id
	p, known := a.memory.place(id)
	if known {
		p.Gone = true
		a.memory.put(p)
	}
	f := found{keys: named(raw)}
	f.Arrival = channel.Read(raw, func() ([]channel.Inbound, error) {
		return []channel.Inbound{{Kind: channel.Delete, ExternalID: id, ThreadKey: p.Root, At: a.deps.Clock()}}, nil
	})
	return []found{f}
}

func (a *Adapter) unknown(raw channel.Raw, what string) []found {
	return []found{{keys: named(raw), Arrival: channel.Read(raw, func() ([]channel.Inbound, error) {
		return []channel.Inbound{{Kind: channel.Unknown, At: a.deps.Clock(), Text: channel.CleanLine(what, 100)}}, nil
	})}}
}

func (a *Adapter) inbound(st status, kind channel.Kind, thread string) channel.Inbound {
	return channel.Inbound{
		Kind: kind, ExternalID: string(st.ID), ThreadKey: thread, InReplyTo: string(st.InReplyTo), Author: a.author(st.Account),
		Public: st.public(), Automatic: st.Account.Bot, At: st.CreatedAt.Time, Lang: string(st.Language), Text: st.words(),
		URL: string(cmp.Or(st.URL, st.URI)), Attachments: st.attachments(),
	}
}

func (a *Adapter) author(x account) channel.Author {
	return channel.Author{
		Realm: a.realm(), ID: string(x.ID), Handle: string(cmp.Or(x.Acct, x.Username)), Name: string(x.Name), Reach: int64(x.Followers),
	}
}

func placeOf(st status, thread string) place {
	return place{ID: string(st.ID), Root: thread, Version: st.version(), At: st.CreatedAt.Time}
}

const private = "direct:"

// privateKey names a private thread by the person it is with.
func (a *Adapter) privateKey(st status) string {
	me := a.self().ID
	if st.Account.ID != me {
		return private + string(st.Account.ID)
	}
	if st.InReplyToAccount != "" && st.InReplyToAccount != me {
		return private + string(st.InReplyToAccount)
	}
	for _, m := range st.Mentions {
		if m.ID != me {
			return private + string(m.ID)
		}
	}
	return private + string(me)
}

// thread finds the thread of a status: by who it is with, by the post it answers, or by asking for what stands above it, which is
// then told first.
func (a *Adapter) thread(ctx context.Context, st status) (key string, before []found, err error) {
	switch {
	case !st.public():
		return a.privateKey(st), nil, nil
	case st.InReplyTo == "":
		return string(st.ID), nil, nil
	}
	if p, ok := a.memory.place(string(st.InReplyTo)); ok && !strings.HasPrefix(p.Root, private) {
		return p.Root, nil, nil
	}
	var above struct {
		Ancestors []json.RawMessage `json:"ancestors"`
	}
	for range 2 {
		err = a.get(ctx, "api/v1/statuses/"+url.PathEscape(string(st.ID))+"/context", nil, &above)
		if err == nil || answeredWith(err) == http.StatusNotFound {
			break
		}
	}
	// We could not ask: try all of it again later. A server that could be asked and cannot say must not hold up the others.
	if ctx.Err() != nil || fault.Is(err, fault.Limited) || answeredWith(err) == http.StatusUnauthorized || errors.Is(err, errUnreached) {
		return "", nil, err
	}
	var list []status
	var raws []json.RawMessage
	seen := map[ident]bool{st.ID: true}
	for _, r := range above.Ancestors {
		var x status
		if json.Unmarshal(r, &x) != nil || x.ID == "" || seen[x.ID] || x.boost() {
			continue // a thread that loops, or one post of it that cannot be read
		}
		seen[x.ID] = true
		list, raws = append(list, x), append(raws, r)
	}
	if len(list) == 0 { // the post it answers is gone, or hidden from us; others that answer it still meet here
		return string(st.InReplyTo), nil, nil
	}
	key = string(list[0].ID)
	if p, ok := a.memory.place(key); ok && !strings.HasPrefix(p.Root, private) {
		key = p.Root
	}
	for i, x := range list {
		if i > 0 && len(list)-i >= maxAncestors || !x.public() {
			continue
		}
		raw := channel.Raw{Head: headContext, Body: raws[i]}
		if _, known := a.memory.place(string(x.ID)); !known {
			before = append(before, a.ancestor(raw, x, key))
		}
	}
	return key, before, nil
}
