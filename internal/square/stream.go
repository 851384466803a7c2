package square

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"

	"answerable/internal/fault"
)

// happening is what changed, for those who listen.
type happening struct {
	event   string // update, status.update, delete; "" when there are only notices
	status  *status
	boost   bool // status is a boost, or was one
	notices []*notice
}

// The streams one can listen to.
const (
	streamUser      = "user"
	streamNotices   = "user:notification"
	streamPublic    = "public"
	streamLocal     = "public:local"
	streamRemote    = "public:remote" // nothing is remote here
	streamDirect    = "direct"
	streamTag       = "hashtag"
	streamTagLocal  = "hashtag:local"
	streamPage      = "page" // ours: what the page shows, as HTML
	streamBuffer    = 256    // events a slow listener may be behind before it is cut off
	maxSubscription = 20     // streams of one WebSocket
)

// subscription is one stream of a subscriber.
type subscription struct{ stream, tag string }

// key is how a WebSocket names a stream.
func (k subscription) key() []string {
	if k.tag != "" {
		return []string{k.stream, k.tag}
	}
	return []string{k.stream}
}

// subscriber is one open stream.
type subscriber struct {
	viewer *account
	base   string
	to     map[subscription]bool // guarded by the square's lock
	thread ID                    // the page: only this thread
	frames chan frame
	gone   chan struct{}
	ended  bool
	cut    func() // makes a write that hangs fail
}

// frame is one event on its way to one listener.
type frame struct {
	of    subscription
	event string
	data  []byte
}

// end cuts a subscriber off. The caller holds the lock.
func (sub *subscriber) end() {
	if sub.ended {
		return
	}
	sub.ended = true
	close(sub.gone)
	if sub.cut != nil {
		sub.cut()
	}
}

// tell brings what happened to all who listen and may see it. The caller holds the lock, which keeps events in order; nothing here
// waits: a listener that has fallen too far behind is cut off, and catches up by reading when it comes back.
func (s *Square) tell(h happening) {
	if s.mutedStreams() {
		return
	}
	for sub := range s.subs {
		for k := range sub.to {
			s.tellOne(sub, k, h)
		}
	}
}

func (s *Square) mutedStreams() bool {
	s.faultMu.Lock()
	defer s.faultMu.Unlock()
	return s.faults.Silent
}

func (s *Square) tellOne(sub *subscriber, k subscription, h happening) {
	send := func(event string, v any) {
		data, err := json.Marshal(v)
		if err != nil || sub.ended {
			return
		}
		select {
		case sub.frames <- frame{of: k, event: event, data: data}:
		default:
			sub.end()
		}
	}
	if h.event != "" && s.hears(sub, k, h) {
		switch {
		case k.stream == streamPage:
			s.tellPage(sub, h, send)
		case h.event == "delete":
			send(h.event, json.Number(h.status.ID.String())) // the bare number
		default:
			send(h.event, s.statusJSON(h.status, sub.viewer, sub.base))
		}
	}
	if sub.viewer == nil {
		return
	}
	if k.stream == streamUser || k.stream == streamNotices {
		for _, n := range h.notices {
			if n.To == sub.viewer.ID {
				send("notification", s.noticeJSON(n, sub.base))
			}
		}
	}
	if k.stream == streamDirect && h.event == "update" && h.status.Visibility == direct && s.visible(sub.viewer, h.status) {
		for _, t := range s.talks(sub.viewer) {
			if t.id == h.status.Thread {
				send("conversation", s.conversationJSON(t, sub.viewer, sub.base))
			}
		}
	}
}

// hears says whether a post belongs on a stream.
func (s *Square) hears(sub *subscriber, k subscription, h happening) bool {
	st := h.status
	switch k.stream {
	case streamUser:
		return s.visible(sub.viewer, st)
	case streamPublic, streamLocal:
		return st.Visibility == public && !h.boost
	case streamTag, streamTagLocal:
		return st.Visibility == public && !h.boost && slices.Contains(st.Tags, k.tag)
	case streamPage:
		return !h.boost && s.visible(sub.viewer, st) && st.Visibility != unlisted && (sub.thread == 0 || sub.thread == st.Thread)
	default:
		return false
	}
}

// subscribe lets sub listen, from now on.
func (s *Square) subscribe(sub *subscriber) error {
	s.faultMu.Lock()
	refuse := s.faults.NoStreams
	s.faultMu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || refuse || len(s.subs) >= s.opt.MaxStreams {
		return fault.New(fault.Temporary, "No stream can be opened at the moment")
	}
	s.subs[sub] = true
	return nil
}

func (s *Square) unsubscribe(sub *subscriber) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.subs, sub)
	sub.cut = nil // what it reaches for is gone when the handler returns
}

// subscriptionOf checks what a client wants to hear.
func subscriptionOf(stream, t string, signedIn bool) (subscription, error) {
	k := subscription{stream: stream}
	switch stream {
	case streamUser, streamNotices, streamDirect:
		if !signedIn {
			return k, errToken
		}
	case streamPublic, streamLocal, streamRemote:
	case "public:media", "public:local:media", "public:remote:media":
		k.stream = streamRemote // open and silent
	case streamTag, streamTagLocal:
		if k.tag = strings.ToLower(strings.TrimPrefix(t, "#")); k.tag == "" {
			return k, fault.New(fault.Invalid, "Missing required parameter: tag")
		}
	default:
		return k, fault.New(fault.NotFound, "Unknown stream type")
	}
	return k, nil
}

// listener makes a subscriber for the caller of a stream.
func (s *Square) listener(r *http.Request) (*subscriber, error) {
	c := &call{s: s, r: r, secret: secret(r)}
	if f := s.draw(c.secret, false); f.err != nil {
		return nil, f.err
	}
	if err := s.admit(c, anyone); err != nil {
		return nil, err
	}
	return &subscriber{
		viewer: c.me, base: base(r), to: map[subscription]bool{}, frames: make(chan frame, streamBuffer), gone: make(chan struct{}),
	}, nil
}

// events serves one stream as server-sent events.
func (s *Square) events(w http.ResponseWriter, r *http.Request) {
	sub, err := s.listener(r)
	if err == nil {
		var k subscription
		k, err = subscriptionOf(strings.ReplaceAll(r.PathValue("stream"), "/", ":"), r.URL.Query().Get("tag"), sub.viewer != nil)
		sub.to[k] = true
	}
	if err != nil {
		s.fail(w, err, false)
		return
	}
	s.serve(w, r, sub)
}

// thump is the heartbeat of a stream. One line end: with two python3-mastodon sees an empty event and drops the stream.
const thump = ":thump\n"

// serve writes events as they come until one side ends it.
func (s *Square) serve(w http.ResponseWriter, r *http.Request, sub *subscriber) {
	rc := http.NewResponseController(w)
	_ = rc.SetWriteDeadline(time.Time{})                          // a server's WriteTimeout would end the stream
	sub.cut = func() { _ = rc.SetWriteDeadline(time.Unix(1, 0)) } // long ago: a write that waits fails at once
	if err := s.subscribe(sub); err != nil {
		s.fail(w, err, false)
		return
	}
	defer s.unsubscribe(sub)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	write := func(b []byte) bool {
		_, err := w.Write(b)
		return err == nil && rc.Flush() == nil
	}
	if !write([]byte(thump)) { // so that the client's connect returns
		return
	}
	tick := time.NewTicker(s.opt.Heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-sub.gone:
			return
		case <-tick.C:
			if !write([]byte(thump)) {
				return
			}
		case f := <-sub.frames:
			var b bytes.Buffer
			b.WriteString("event: " + f.event + "\ndata: ")
			b.Write(f.data)
			b.WriteString("\n\n")
			if !write(b.Bytes()) {
				return
			}
		}
	}
}

// socket serves streams over a WebSocket. A client names one in the address or subscribes later, to several.
func (s *Square) socket(w http.ResponseWriter, r *http.Request) {
	sub, err := s.listener(r)
	q := r.URL.Query()
	if name := q.Get("stream"); err == nil && name != "" {
		var k subscription
		k, err = subscriptionOf(name, q.Get("tag"), sub.viewer != nil)
		sub.to[k] = true
	}
	if err != nil {
		s.fail(w, err, false)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	sub.cut = cancel
	if err := s.subscribe(sub); err != nil {
		s.fail(w, err, false)
		return
	}
	defer s.unsubscribe(sub)
	o := &websocket.AcceptOptions{}
	if p := r.Header.Get("Sec-WebSocket-Protocol"); p != "" {
		o.Subprotocols = []string{p} // the token; a browser's client wants it said back
	}
	conn, err := websocket.Accept(w, r, o)
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow() //nolint:errcheck // nobody left to tell
	conn.SetReadLimit(1 << 14)
	go func() {
		defer cancel()
		for {
			_, b, err := conn.Read(ctx)
			if err != nil {
				return
			}
			s.subscribeMore(sub, b)
		}
	}()
	tick := time.NewTicker(s.opt.Heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if !alive(ctx, conn, s.opt.Heartbeat) {
				return
			}
		case f := <-sub.frames:
			// The payload is a JSON string, not an object: go-mastodon ends its whole process otherwise.
			b, err := json.Marshal(map[string]any{"stream": f.of.key(), "event": f.event, "payload": string(f.data)})
			if err != nil || conn.Write(ctx, websocket.MessageText, b) != nil {
				return
			}
		}
	}
}

// alive asks the other side of a WebSocket for a sign of life.
func alive(ctx context.Context, conn *websocket.Conn, patience time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return conn.Ping(ctx) == nil
}

// subscribeMore follows a client's word over its WebSocket. What cannot be read is passed over.
func (s *Square) subscribeMore(sub *subscriber, raw []byte) {
	var m struct{ Type, Stream, Tag string }
	if json.Unmarshal(raw, &m) != nil {
		return
	}
	k, err := subscriptionOf(m.Stream, m.Tag, sub.viewer != nil)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case m.Type == "unsubscribe":
		delete(sub.to, k)
	case m.Type == "subscribe" && len(sub.to) < maxSubscription:
		sub.to[k] = true
	}
}
