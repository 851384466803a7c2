package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"answerable/internal/channel"
	"answerable/internal/desk/brand"
	"answerable/internal/fault"
	"answerable/internal/history"
)

type replayCmd struct {
	File       string  `arg:"" help:"The export; plain or gzip. - reads standard input."`
	Format     string  `required:"" enum:"twcs,jsonl" help:"twcs or jsonl."`
	Square     string  `required:"" help:"Address of the square, or of another server with the Mastodon client API." placeholder:"URL"`
	Brand      string  `required:"" help:"Whose threads are played, as the export calls the brand, or its slug." placeholder:"NAME"`
	To         string  `help:"What the brand is called on the square. Default: as in the export." placeholder:"@HANDLE"`
	Sides      string  `help:"customer plays what customers said; both also plays the brand's recorded replies, as answers given outside." enum:"customer,both" default:"customer"`
	BrandToken string  `help:"The brand's token on the square, for both. Default: $ANSWERABLE_SQUARE_BRAND_TOKEN." placeholder:"TOKEN"`
	Speed      float64 `help:"How many times faster than it was. A gap never lasts over 10 s, before this." default:"1" placeholder:"N"`
	JSON       bool    `name:"json" help:"Print one line of JSON at the end."`
}

// mostGap is the longest pause between two posts: nobody waits a night for a replay.
const mostGap = 10 * time.Second

// replayed is what a replay ends with.
type replayed struct {
	Threads  int64 `json:"threads"`  // of which something was posted
	Posts    int64 `json:"posts"`    //
	Skipped  int64 `json:"skipped"`  // messages that could not be posted
	LeftOut  int64 `json:"left_out"` // messages of a side that is not played
	Cut      int64 `json:"cut"`      // posts that were longer than the square takes
	Accounts int64 `json:"accounts"` // that write
}

// Run plays one brand's threads.
func (c replayCmd) Run(w *world) error {
	if !(c.Speed > 0) {
		return fault.New(fault.Invalid, "speed is a number above 0")
	}
	in, closing, err := w.export(c.File)
	if err != nil {
		return err
	}
	defer closing()
	s, err := newSquareClient(c.Square, pause)
	if err != nil {
		return err
	}
	r := &replay{square: s, brand: c.Brand, to: "@" + strings.TrimPrefix(cmp.Or(c.To, c.Brand), "@"), speed: c.Speed, both: c.Sides == "both", meter: newMeter(w.err), pause: pause, now: time.Now}
	if r.both {
		if r.token = cmp.Or(c.BrandToken, w.env("ANSWERABLE_SQUARE_BRAND_TOKEN")); r.token == "" {
			return fault.New(fault.Invalid, "--sides both posts as the brand: give --brand-token or ANSWERABLE_SQUARE_BRAND_TOKEN")
		}
	}
	if err := r.prepare(w.ctx); err != nil {
		return err
	}
	rejected := int64(0)
	err = r.play(w.ctx, history.Read(w.ctx, in, history.Format(c.Format), history.Options{Brand: c.Brand, Reject: func(int64, string, string) { rejected++ }}))
	r.meter.done()
	if rejected > 0 {
		fmt.Fprintf(w.err, "%s rows of the file could not be read; answerable import says which\n", thousands(rejected))
	}
	if err != nil {
		return err
	}
	return w.print(c.JSON, r.sum, "%d posts in %d threads by %d accounts; %d skipped, %d cut", r.sum.Posts, r.sum.Threads, r.sum.Accounts, r.sum.Skipped, r.sum.Cut)
}

// replay plays threads on a square.
type replay struct {
	square *squareClient
	brand  string // as the export calls it
	to     string // what stands for it in texts, with @
	token  string // of the brand, for both
	both   bool
	speed  float64
	meter  *meter
	pause  func(context.Context, time.Duration) error
	now    func() time.Time

	limit  int // of a post
	people map[string]player
	sum    replayed
}

// player is somebody of the export on the square.
type player struct{ name, token string }

// said is what was posted of one thread.
type said struct {
	posts map[string]post // by message
	last  post
	begun bool
}

type post struct {
	id string
	by string // name on the square
}

func (r *replay) prepare(ctx context.Context) error {
	r.people = map[string]player{}
	limit, err := r.square.longest(ctx)
	if err != nil {
		return err
	}
	r.limit = limit
	if _, err := r.square.lookup(ctx, r.to); err != nil {
		if refusedWith(err) == http.StatusNotFound {
			return fault.New(fault.NotFound, "there is no %s on %s; say with --to what the brand is called there", r.to, r.square.base)
		}
		return err
	}
	if r.both {
		me, err := r.square.me(ctx, r.token)
		if err != nil {
			return err
		}
		if name, _, _ := strings.Cut(r.to[1:], "@"); !strings.EqualFold(me, name) {
			return fault.New(fault.Invalid, "the brand's token is of @%s, not of %s", me, r.to)
		}
	}
	return r.square.register(ctx)
}

// chosen leaves the threads of one brand.
func (r *replay) chosen(all iter.Seq2[history.Conversation, error]) iter.Seq2[history.Conversation, error] {
	slug := strings.ToLower(r.brand)
	return func(yield func(history.Conversation, error) bool) {
		for c, err := range all {
			if err == nil && !strings.EqualFold(c.Brand, r.brand) && brand.Slug(c.Brand) != slug {
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// play posts what was said in the order in which it was said, at its pace.
func (r *replay) play(ctx context.Context, all iter.Seq2[history.Conversation, error]) error {
	threads := map[*history.Conversation]*said{}
	var before int64 // when the last message was written
	due := r.now()
	for m, err := range history.Timeline(r.chosen(all)) {
		if err != nil {
			return err
		}
		t := threads[m.Conversation]
		if t == nil {
			t = &said{posts: map[string]post{}}
			threads[m.Conversation] = t
		}
		msg := *m.Message()
		ours := msg.Side == history.Brand && msg.BrandName == m.Conversation.Brand
		if msg.Side == history.Brand && !r.both {
			r.sum.LeftOut++
		} else {
			if before != 0 {
				due = due.Add(r.gap(msg.At - before))
			}
			before = msg.At
			if err := r.pause(ctx, due.Sub(r.now())); err != nil {
				return err
			}
			if now := r.now(); due.Before(now) {
				due = now // a slow square does not make the next gaps shorter
			}
			if err := r.say(ctx, m.Conversation, t, msg, ours); err != nil {
				return err
			}
		}
		if m.Index == len(m.Conversation.Messages)-1 {
			delete(threads, m.Conversation)
		}
		r.meter.tell("%s posts in %s threads, %s going on", thousands(r.sum.Posts), thousands(r.sum.Threads), thousands(int64(len(threads))))
	}
	return nil
}

// gap is how long to wait for what was written so much later.
func (r *replay) gap(micros int64) time.Duration {
	d := min(time.Duration(max(micros, 0))*time.Microsecond, mostGap)
	if micros > int64(mostGap/time.Microsecond) {
		d = mostGap
	}
	return time.Duration(float64(d) / r.speed)
}

// say posts one message. What the square refuses is skipped, and the thread goes on.
func (r *replay) say(ctx context.Context, c *history.Conversation, t *said, m history.Message, ours bool) error {
	words := channel.Clean(m.Text)
	if words == "" {
		r.sum.Skipped++
		return nil
	}
	parent := t.parent(c, m)
	who := player{name: strings.TrimPrefix(r.to, "@"), token: r.token}
	if !ours {
		var err error
		if who, err = r.player(ctx, m.Author); err != nil {
			return r.skip(ctx, m, err)
		}
		words = r.addressed(c, words)
	} else if parent.by != "" && !mentions(words, "@"+parent.by) {
		words = "@" + parent.by + " " + words
	}
	if fits := fitting(words, r.limit); fits != words {
		words = fits
		r.sum.Cut++
	}
	visibility := "public"
	if !m.Public {
		visibility = "direct"
	}
	id, err := r.square.post(ctx, who.token, idempotencyKey(c.Channel, m.ID), map[string]any{
		"status": words, "visibility": visibility, "in_reply_to_id": parent.id, "language": m.Lang,
	})
	if err != nil {
		return r.skip(ctx, m, err)
	}
	if r.sum.Posts++; !t.begun {
		t.begun = true
		r.sum.Threads++
	}
	t.last = post{id, who.name}
	t.posts[m.ID] = t.last
	return nil
}

// skip goes on after a refusal; anything else ends the replay.
func (r *replay) skip(ctx context.Context, m history.Message, err error) error {
	if ctx.Err() != nil || refusedWith(err) == 0 || refusedWith(err) >= 500 || refusedWith(err) == http.StatusTooManyRequests {
		return err
	}
	r.sum.Skipped++
	r.meter.say("line %d is skipped: %v", m.Line, err)
	return nil
}

// parent is the post that a message answers: of what it answered in the export, or of the nearest message on the way up that was
// posted. Where an export knows threads but no replies, it is the last post of the thread.
func (t *said) parent(c *history.Conversation, m history.Message) post {
	if m.InReplyTo == "" {
		return t.last
	}
	up := m.InReplyTo
	for range c.Messages {
		if p, ok := t.posts[up]; ok {
			return p
		}
		above := ""
		for i := range c.Messages {
			if c.Messages[i].ID == up {
				above = c.Messages[i].InReplyTo
				break
			}
		}
		if above == "" {
			break
		}
		up = above
	}
	return post{}
}

// addressed is what a customer said, to the brand's name on the square: it must be mentioned, or it would not hear of it.
func (r *replay) addressed(c *history.Conversation, words string) string {
	handles := map[string]bool{c.Brand: true, r.brand: true}
	for _, m := range c.Messages {
		if m.Side == history.Brand && m.BrandName == c.Brand && m.Author.Handle != "" {
			handles[m.Author.Handle] = true
		}
	}
	for h := range handles {
		words = mentionOf("@"+h).ReplaceAllString(words, "${1}"+strings.ReplaceAll(r.to, "$", "$$"))
	}
	if !mentions(words, r.to) {
		words = r.to + " " + words
	}
	return words
}

func mentions(words, handle string) bool { return mentionOf(handle).MatchString(words) }

func mentionOf(handle string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(^|[^\w@/])` + regexp.QuoteMeta(handle) + `(?:\b|$)`)
}

// player finds or makes the account of an author.
func (r *replay) player(ctx context.Context, a history.Author) (player, error) {
	if p, ok := r.people[a.ID]; ok {
		return p, nil
	}
	var p player
	var err error
	for _, name := range squareNames(a) {
		if strings.EqualFold("@"+name, r.to) {
			continue // nobody else may speak for the brand
		}
		if p.token, err = r.square.join(ctx, name, cmp.Or(a.Name, a.Handle), hash("password", r.square.base, a.ID)); err == nil {
			p.name = name
			r.people[a.ID] = p
			r.sum.Accounts++
			return p, nil
		}
		if s := refusedWith(err); s == 0 || s >= 500 || s == http.StatusTooManyRequests {
			return p, err
		}
	}
	return p, err
}

// squareNames are the names that an author may have on the square, the best first: their own handle, where it can be one.
func squareNames(a history.Author) []string {
	const most = 30 // letters of a name on a square and on Mastodon
	own := cmp.Or(a.Handle, a.ID)
	name := strings.Trim(strings.Map(func(r rune) rune {
		if r == '_' || r < utf8.RuneSelf && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return r
		}
		return '_'
	}, own), "_")
	marked := strings.Trim(name[:min(len(name), most-7)]+"_"+hash("name", a.ID)[:6], "_")
	if name != "" && name == own && len(name) <= most {
		return []string{name, marked}
	}
	return []string{marked}
}

// idempotencyKey makes posting a message twice harmless, for as long as the server remembers keys (an hour, on most).
func idempotencyKey(network, id string) string { return "replay-" + hash(network, id)[:40] }

func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

var webAddress = regexp.MustCompile(`https?://\S+`)

// fitting cuts a text to what a post may be long. An address counts as 23 letters there; here as the longer of both, to be sure.
func fitting(words string, limit int) string {
	const addressCounts = 23
	length := func(s string) int {
		n := utf8.RuneCountInString(s)
		for _, a := range webAddress.FindAllString(s, -1) {
			n += max(0, addressCounts-utf8.RuneCountInString(a))
		}
		return n
	}
	if limit <= 0 || length(words) <= limit {
		return words
	}
	runes := []rune(words)
	for end := min(len(runes), limit-1); end > 0; end-- {
		word := end // half an address leads nowhere: it goes whole
		for word > 0 && !unicode.IsSpace(runes[word-1]) {
			word--
		}
		if end < len(runes) && !unicode.IsSpace(runes[end]) && strings.HasPrefix(string(runes[word:]), "http") {
			end = max(word, 1)
		}
		if s := strings.TrimSpace(string(runes[:end])) + "…"; length(s) <= limit {
			return s
		}
	}
	return "…"
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// parseSquare reads the address of a square.
func parseSquare(s string) (string, error) {
	u, err := url.Parse(strings.TrimRight(s, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fault.New(fault.Invalid, "the square's address is http://HOST or https://HOST, not %q", s)
	}
	return u.String(), nil
}
