package mastodon

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"answerable/internal/channel"
	"answerable/internal/fault"
)

const (
	maxEvent   = channel.MaxBody  // bytes of one event
	idle       = 90 * time.Second // heartbeats come every 15 s
	tick       = 15 * time.Second // how soon the cursor follows what was streamed
	sweep      = time.Minute      // how often we look for what is never streamed
	steady     = 30 * time.Second // a session that lasted this long was a good one
	firstNotes = 40               // how far back an account looks when it is new
	pageSize   = 40
	batch      = 64 // arrivals that go to the sink at once
)

// cursor is how far REST was read. What was streamed does not move it: a notification that a policy hides is older than one that was
// streamed, and would be lost. Known lets edits and deletes be found that happened while we were down.
type cursor struct {
	N     string  `json:"n"` // the newest notification
	S     string  `json:"s"` // the newest status of our own
	Known []place `json:"k,omitempty"`
}

// sinkError marks what went wrong on our side of the sink.
type sinkError struct{ error }

func (e sinkError) Unwrap() error { return e.error }

// Stream reads until ctx ends; see channel.Streamer.
func (a *Adapter) Stream(ctx context.Context, from string, sink channel.Sink) error {
	var c cursor
	if from != "" {
		if err := json.Unmarshal([]byte(from), &c); err != nil {
			a.deps.Log.WarnContext(ctx, "cursor not readable, beginning anew", "error", err)
			c = cursor{}
		}
	}
	// What was read and not taken must be read again, so nothing is remembered of an earlier stream but what the cursor holds.
	a.memory.forget()
	for _, p := range c.Known {
		a.memory.put(p)
	}
	for tries := 0; ; tries++ {
		began := a.deps.Clock()
		err := a.session(ctx, &c, func(ctx context.Context, cur string, arr ...channel.Arrival) error {
			if err := sink(ctx, cur, arr...); err != nil {
				return sinkError{err}
			}
			return nil
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if s, ok := errors.AsType[sinkError](err); ok {
			return s.error
		}
		if fault.Is(err, fault.Forbidden) {
			return err
		}
		a.tell(err)
		if a.deps.Clock().Sub(began) >= steady {
			tries = 0
		}
		wait := channel.Backoff(tries, fault.After(err))
		a.deps.Log.InfoContext(ctx, "stream ended", "error", err, "wait", wait)
		if err := a.deps.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

func (a *Adapter) tell(err error) {
	a.mu.Lock()
	report := a.report
	a.mu.Unlock()
	report(err)
}

// session is one connection: open the stream, catch up over REST while it fills, look again at what may have changed, then follow. The
// stream is opened first so that nothing falls between the two.
func (a *Adapter) session(ctx context.Context, c *cursor, sink channel.Sink) error {
	if _, err := a.ready(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan event, 256)
	ended := make(chan error, 1)
	stream, openErr := a.open(ctx)
	if openErr == nil {
		var pumping sync.WaitGroup
		pumping.Go(func() { ended <- a.pump(ctx, stream, events) })
		defer pumping.Wait()
		defer cancel()
	} else if fault.Is(openErr, fault.Forbidden) {
		return openErr
	}
	known := a.memory.recent(a.deps.Clock().Add(-recheckAge)) // before what is new pushes it out
	// Without a stream, catching up at every try is slow reading, and better than none.
	if err := a.catchUp(ctx, c, sink); err != nil {
		return err
	}
	checked, err := a.recheck(ctx, known, sink)
	if err != nil {
		return err
	}
	if openErr != nil {
		return openErr
	}
	a.tell(nil)
	ticks := make(chan struct{})
	go func() {
		for a.deps.Sleep(ctx, tick) == nil {
			select {
			case ticks <- struct{}{}:
			case <-ctx.Done():
			}
		}
	}()
	last, moved := a.deps.Clock(), false
	for {
		var nudged bool
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			for len(events) > 0 {
				if _, err := a.follow(ctx, c, <-events, events, sink); err != nil {
					return err
				}
			}
			return err
		case e := <-events:
			more, err := a.follow(ctx, c, e, events, sink)
			if err != nil {
				return err
			}
			moved, nudged = true, more
		case <-ticks:
			if !checked {
				if checked, err = a.recheck(ctx, known, sink); err != nil {
					return err
				}
			}
			nudged = moved || a.deps.Clock().Sub(last) >= sweep
		}
		if nudged {
			if err := a.catchUp(ctx, c, sink); err != nil {
				return err
			}
			last, moved = a.deps.Clock(), false
		}
	}
}

var errStreamClosed = fault.New(fault.Temporary, "the server closed the stream")

// follow reads one event and all that wait behind it, and hands them on together. It reports whether one of them says that there is
// more to read over REST.
func (a *Adapter) follow(ctx context.Context, c *cursor, e event, events <-chan event, sink channel.Sink) (more bool, err error) {
	var list []found
	for {
		nudge, fs, err := a.event(ctx, e)
		if err != nil {
			return false, err
		}
		more = more || nudge
		list = append(list, fs...)
		if len(list) < batch {
			select {
			case e = <-events:
				continue
			default:
			}
		}
		if len(list) == 0 {
			return more, nil
		}
		cur, err := a.mark(c)
		if err != nil {
			return more, err
		}
		return more, a.give(ctx, cur, list, sink)
	}
}

// event reads one event of the stream.
func (a *Adapter) event(ctx context.Context, e event) (nudge bool, _ []found, err error) {
	raw := channel.Raw{Head: e.name, Body: e.data}
	if e.cut {
		raw.Head = "event " + e.name
		return true, unreadable(raw, errTooLong), nil
	}
	switch e.name {
	case "update":
		raw.Head = headStatus
	case headNotification, headEdit, headDelete:
	case "notifications_merged": // hidden ones were let through: they are there now, and were never streamed
		return true, nil, nil
	case "filters_changed", "announcement", "announcement.reaction", "announcement.delete", "encrypted_message", "conversation":
		return false, nil, nil
	default:
		raw.Head = "event " + e.name
	}
	fs, err := a.read(ctx, raw, false)
	return false, fs, err
}

var errTooLong = fmt.Errorf("event longer than %d bytes", maxEvent)

// give hands on what was not told before, and then remembers that it was. A new cursor goes with the last of it, so that after a
// crash in between all of it is read again.
func (a *Adapter) give(ctx context.Context, cur string, list []found, sink channel.Sink) error {
	var fresh []found
	now := map[string]bool{}
	for _, f := range list {
		if slices.ContainsFunc(f.keys, func(k string) bool { return now[k] || a.memory.wasTold(k) }) {
			continue
		}
		for _, k := range f.keys {
			now[k] = true
		}
		fresh = append(fresh, f)
	}
	for len(fresh) > 0 {
		n := min(batch, len(fresh))
		arr := make([]channel.Arrival, 0, n)
		for _, f := range fresh[:n] {
			arr = append(arr, f.Arrival)
		}
		with := ""
		if n == len(fresh) {
			with, cur = cur, ""
		}
		if err := sink(ctx, with, arr...); err != nil {
			return err
		}
		for _, f := range fresh[:n] {
			a.memory.tell(f.keys...)
		}
		fresh = fresh[n:]
	}
	if cur == "" {
		return nil
	}
	return sink(ctx, cur)
}

// item is one thing read over REST, to be put in order of time.
type item struct {
	id  string
	of  string // the status it is about, for things of the same instant
	at  time.Time
	raw channel.Raw
}

// catchUp reads what is new since the cursor, oldest first, and moves the cursor.
func (a *Adapter) catchUp(ctx context.Context, c *cursor, sink channel.Sink) error {
	if c.N == "" || c.S == "" {
		return a.begin(ctx, c, sink)
	}
	for {
		notes, err := a.notes(ctx, url.Values{"min_id": {c.N}}, c.N)
		if err != nil {
			return err
		}
		own, err := a.own(ctx, url.Values{"min_id": {c.S}}, c.S)
		if err != nil {
			return err
		}
		if len(notes) == 0 && len(own) == 0 {
			return nil
		}
		if err := a.take(ctx, c, notes, own, sink); err != nil {
			return err
		}
	}
}

// begin is the first catch-up of an account: its newest mentions, and what we wrote since the oldest of them, so that what was
// answered already is known to be. Years are not replayed.
func (a *Adapter) begin(ctx context.Context, c *cursor, sink channel.Sink) error {
	notes, err := a.notes(ctx, url.Values{"limit": {strconv.Itoa(firstNotes)}}, "")
	if err != nil {
		return err
	}
	own, err := a.own(ctx, url.Values{}, "")
	if err != nil {
		return err
	}
	c.N, c.S = cmp.Or(c.N, "0"), cmp.Or(c.S, "0")
	if len(own) > 0 {
		c.S = own[len(own)-1].id
	}
	own = slices.DeleteFunc(own, func(i item) bool {
		var st status
		return len(notes) == 0 || i.at.Before(notes[0].at) || json.Unmarshal(i.raw.Body, &st) == nil && st.InReplyTo == ""
	})
	return a.take(ctx, c, notes, own, sink)
}

func (a *Adapter) notes(ctx context.Context, q url.Values, after string) ([]item, error) {
	if !q.Has("limit") {
		q.Set("limit", "80")
	}
	q.Set("include_filtered", "true")
	q["exclude_types[]"] = []string{"follow", "follow_request", "poll"}
	return a.page(ctx, "api/v1/notifications", q, after, headNotification)
}

func (a *Adapter) own(ctx context.Context, q url.Values, after string) ([]item, error) {
	q.Set("limit", strconv.Itoa(pageSize))
	q.Set("exclude_reblogs", "true")
	return a.page(ctx, "api/v1/accounts/"+string(a.self().ID)+"/statuses", q, after, headStatus)
}

// page reads one page and puts it in order, oldest first. What is not newer than after is left out: a server that does not know
// min_id must not make us turn in circles.
func (a *Adapter) page(ctx context.Context, at string, q url.Values, after, head string) ([]item, error) {
	var list []json.RawMessage
	if err := a.get(ctx, at, q, &list); err != nil {
		return nil, err
	}
	out := make([]item, 0, len(list))
	for _, body := range list {
		var x struct {
			ID        ident  `json:"id"`
			CreatedAt moment `json:"created_at"`
			Status    struct {
				ID ident `json:"id"`
			} `json:"status"`
		}
		if json.Unmarshal(body, &x) != nil || x.ID == "" || after != "" && byAge(string(x.ID), after) <= 0 {
			continue
		}
		out = append(out, item{string(x.ID), string(cmp.Or(x.Status.ID, x.ID)), x.CreatedAt.Time, channel.Raw{Head: head, Body: body}})
	}
	slices.SortFunc(out, func(a, b item) int { return byAge(a.id, b.id) })
	return out, nil
}

// take reads what was found over REST in the order in which it happened.
func (a *Adapter) take(ctx context.Context, c *cursor, notes, own []item, sink channel.Sink) error {
	all := slices.Concat(notes, own)
	slices.SortStableFunc(all, func(a, b item) int { return cmp.Or(a.at.Compare(b.at), byAge(a.of, b.of)) })
	var list []found
	for _, i := range all {
		fs, err := a.read(ctx, i.raw, false)
		if err != nil {
			return err
		}
		list = append(list, fs...)
	}
	if len(notes) > 0 {
		c.N = notes[len(notes)-1].id
	}
	if len(own) > 0 && byAge(own[len(own)-1].id, c.S) > 0 {
		c.S = own[len(own)-1].id
	}
	cur, err := a.mark(c)
	if err != nil {
		return err
	}
	return a.give(ctx, cur, list, sink)
}

// mark is the cursor with all that we know by now.
func (a *Adapter) mark(c *cursor) (string, error) {
	c.Known = a.memory.recent(a.deps.Clock().Add(-recheckAge))
	b, err := json.Marshal(c)
	return string(b), err
}

// recheck looks again at what we know and may have missed a change of: edits and deletes are never told twice. It is not done when
// it was done too often lately: a server that flaps must not be asked this each time.
func (a *Adapter) recheck(ctx context.Context, list []place, sink channel.Sink) (done bool, err error) {
	if len(list) == 0 {
		return true, nil
	}
	if !a.mayCheck.AllowN(a.deps.Clock(), 1) {
		return false, nil
	}
	have, err := a.several(ctx, list)
	if err != nil {
		return false, err
	}
	var out []found
	for _, p := range list {
		raw := channel.Raw{Head: headEdit, Body: have[p.ID]}
		if raw.Body == nil { // one by one: to be gone is only believed when the server says so of this one
			err := a.get(ctx, "api/v1/statuses/"+url.PathEscape(p.ID), nil, (*json.RawMessage)(&raw.Body))
			switch {
			case answeredWith(err) == http.StatusNotFound, answeredWith(err) == http.StatusGone:
				raw = channel.Raw{Head: headDelete, Body: []byte(p.ID)}
			case answeredWith(err) >= http.StatusInternalServerError, fault.Is(err, fault.NotFound):
				continue
			case err != nil:
				return false, err
			}
		}
		if now, ok := a.memory.place(p.ID); ok {
			p = now // the catch-up or the stream may have told it meanwhile
		}
		if p.Gone {
			continue
		}
		var st status
		if raw.Head == headEdit && (json.Unmarshal(raw.Body, &st) != nil || st.version() == p.Version) {
			continue
		}
		fs, err := a.read(ctx, raw, false)
		if err != nil {
			return false, err
		}
		out = append(out, fs...)
	}
	return true, a.give(ctx, "", out, sink)
}

// several asks for many statuses at once, where the server can (Mastodon since 4.3).
func (a *Adapter) several(ctx context.Context, list []place) (map[string][]byte, error) {
	const most = 20
	have := map[string][]byte{}
	a.mu.Lock()
	no := a.noBatch
	a.mu.Unlock()
	if no {
		return have, nil
	}
	for chunk := range slices.Chunk(list, most) {
		q := url.Values{}
		for _, p := range chunk {
			q.Add("id[]", p.ID)
		}
		var got []json.RawMessage
		err := a.get(ctx, "api/v1/statuses", q, &got)
		if code := answeredWith(err); err != nil && code != http.StatusUnauthorized && code != http.StatusTooManyRequests && code != 0 {
			a.mu.Lock()
			a.noBatch = true
			a.mu.Unlock()
			return have, nil
		}
		if err != nil {
			return nil, err
		}
		for _, body := range got {
			var x struct {
				ID ident `json:"id"`
			}
			if json.Unmarshal(body, &x) == nil {
				have[string(x.ID)] = body
			}
		}
	}
	return have, nil
}

// open begins the stream of everything that concerns the account.
func (a *Adapter) open(ctx context.Context) (io.ReadCloser, error) {
	a.mu.Lock()
	base := cmp.Or(a.streaming, a.base)
	a.mu.Unlock()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base.JoinPath("api/v1/streaming/user").String(), nil)
	if err != nil {
		return nil, err
	}
	a.sign(r)
	r.Header.Set("Accept", "text/event-stream")
	resp, err := a.deps.HTTP.Do(r)
	if err != nil {
		return nil, fault.As(fault.Temporary, err, "the streaming server cannot be reached")
	}
	if resp.StatusCode == http.StatusOK && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return resp.Body, nil
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusOK {
		return nil, fault.New(fault.Temporary, "the server answers the stream with a page")
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // only for its words
	return nil, a.refusal(resp, body)
}

// pump reads the stream until it ends or falls silent.
func (a *Adapter) pump(ctx context.Context, stream io.ReadCloser, out chan<- event) error {
	defer func() { _ = stream.Close() }()
	silence := time.AfterFunc(idle, func() { _ = stream.Close() })
	defer silence.Stop()
	return readEvents(stream, func() { silence.Reset(idle) }, func(e event) error {
		silence.Stop() // waiting for the desk is not the server's silence
		defer silence.Reset(idle)
		select {
		case out <- e:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// event is one event of a stream.
type event struct {
	name string
	data []byte
	cut  bool // longer than maxEvent
}

// readEvents reads server-sent events; alive hears of every line, heartbeats too. A line of any length costs no more memory than
// maxEvent.
func readEvents(r io.Reader, alive func(), emit func(event) error) error {
	br := bufio.NewReaderSize(r, 16<<10)
	var e event
	lines := 0
	for {
		line, cut, err := readLine(br)
		if err != nil {
			if errors.Is(err, io.EOF) {
				return errStreamClosed
			}
			return fault.As(fault.Temporary, err, "the stream broke")
		}
		alive()
		if len(line) == 0 && !cut {
			if e.name != "" || lines > 0 {
				if err := emit(e); err != nil {
					return err
				}
			}
			e, lines = event{}, 0
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			e.name = channel.CleanLine(string(value), 100)
		case "data":
			if lines++; lines > 1 {
				e.data = append(e.data, '\n')
			}
			e.data = append(e.data, value...)
			e.cut = e.cut || cut
			if len(e.data) > maxEvent {
				e.data, e.cut = e.data[:maxEvent], true
			}
		}
	}
}

// readLine reads one line without its end; what is longer than maxEvent is read and thrown away.
func readLine(br *bufio.Reader) (line []byte, cut bool, err error) {
	for {
		part, err := br.ReadSlice('\n')
		if room := maxEvent - len(line); len(part) > room {
			part, cut = part[:room], true
		}
		line = append(line, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		return bytes.TrimRight(line, "\r\n"), cut, nil
	}
}
