package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"answerable/internal/channel/signed"
	"answerable/internal/db"
	"answerable/internal/square"
)

// play kills the desk again and again while it is at work, then lets it finish and looks.
func (w *world) play(ctx context.Context, rounds int) error {
	for round := range rounds {
		if err := w.start(ctx); err != nil {
			return err
		}
		rctx, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		wg.Go(func() { w.customers(rctx, round) })
		wg.Go(func() { w.doorbell(rctx, round) })
		wg.Go(func() { w.agents(rctx, round) })
		m := moment(w.rng.IntN(int(told) + 1))
		w.at.Store(int32(m))
		t := time.NewTimer(time.Duration(300+w.rng.IntN(1700)) * time.Millisecond)
		select {
		case <-w.exited: // killed at its moment
		case <-t.C:
			w.kill("any time")
		case <-ctx.Done():
		}
		t.Stop()
		<-w.exited
		w.at.Store(int32(never))
		stop()
		wg.Wait()
		if w.verbose {
			fmt.Printf("round %d: %v\n", round+1, w.kills)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if err := w.start(ctx); err != nil {
		return err
	}
	return w.look(ctx)
}

// customers write in public.
func (w *world) customers(ctx context.Context, round int) {
	for i := 0; ctx.Err() == nil; i++ {
		s, err := w.sq.Post(w.customer, square.PostInput{Text: fmt.Sprintf("@tarnandrye Where is parcel %d of round %d?", i, round)})
		if err == nil {
			w.mu.Lock()
			w.posted = append(w.posted, s.ID)
			w.mu.Unlock()
		}
		rest(ctx, 40*time.Millisecond)
	}
}

// doorbell delivers over the signed door.
func (w *world) doorbell(ctx context.Context, round int) {
	for i := 0; ctx.Err() == nil; i++ {
		id := fmt.Sprintf("d%d-%d", round, i)
		body := fmt.Sprintf(`{"id":%q,"author":{"id":"c%d","name":"C","side":"customer"},"public":true,"at":%q,"text":"When does shop %s open?"}`, id, i%7, time.Now().UTC().Format(time.RFC3339), id)
		h, err := signed.Headers(w.secret, "msg_"+id, time.Now(), []byte(body))
		if err != nil {
			panic(err)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/in/signed/"+w.account, strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		req.Header = h
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusAccepted {
				w.mu.Lock()
				w.accepted[id] = true
				w.mu.Unlock()
			}
		}
		rest(ctx, 15*time.Millisecond)
	}
}

// agents answer what is open on the square.
func (w *world) agents(ctx context.Context, round int) {
	for i := 0; ctx.Err() == nil; i++ {
		var page struct {
			Items []struct{ ID, Channel, Status string }
		}
		_, _ = w.call(ctx, http.MethodGet, "/conversations?view=all&limit=100", nil, &page, nil) // the desk may be dead: ask again
		for n, c := range page.Items {
			if c.Channel != "mastodon" || c.Status != "open" || ctx.Err() != nil {
				continue
			}
			text := fmt.Sprintf("Reply %d-%d-%d for you.", round, i, n)
			w.mu.Lock()
			w.tried[text] = true
			w.mu.Unlock()
			var d struct{ Questions []struct{ ID, State string } }
			_, _ = w.call(ctx, http.MethodGet, "/conversations/"+c.ID, nil, &d, nil) // as above
			var answers []string
			for _, q := range d.Questions {
				if q.State == "open" {
					answers = append(answers, q.ID)
				}
			}
			code, err := w.call(ctx, http.MethodPost, "/conversations/"+c.ID+"/replies", map[string]any{"text": text, "answers": answers}, nil, http.Header{"Idempotency-Key": {text}})
			if err == nil && code == http.StatusAccepted {
				w.mu.Lock()
				w.replies[text] = c.ID
				w.mu.Unlock()
			}
		}
		rest(ctx, 30*time.Millisecond)
	}
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// look waits until the desk has nothing more to do, and compares.
func (w *world) look(ctx context.Context) error {
	d, err := db.Open(ctx, w.address, db.Options{})
	if err != nil {
		return err
	}
	defer d.Close()
	var waiting, uncertain, missing int64
	// The lane keeps to the network's pace, so what waits may take its time; what stands still for a minute stands still for ever.
	for end, before := time.Now().Add(time.Minute), int64(-1); ; time.Sleep(100 * time.Millisecond) {
		if left := waiting + missing; left != before {
			before, end = left, time.Now().Add(time.Minute)
		}
		missing = 0
		if err := d.Read(ctx, func(tx *db.Tx) error {
			if _, err := tx.Row(`SELECT (SELECT count(*) FROM delivery WHERE state IN ('queued', 'sending')) + (SELECT count(*) FROM alarm), (SELECT count(*) FROM delivery WHERE state IN ('uncertain', 'failed'))`, nil, &waiting, &uncertain); err != nil {
				return err
			}
			for _, id := range w.posted {
				var x string
				ok, err := tx.Row(`SELECT id FROM message WHERE external_id = $1`, db.Args(id), &x)
				if err != nil {
					return err
				}
				if !ok {
					missing++
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if waiting == 0 && missing == 0 || time.Now().After(end) {
			break
		}
	}
	w.kill("end")

	bad := []error{}
	say := func(format string, args ...any) { bad = append(bad, fmt.Errorf(format, args...)) }
	if missing > 0 {
		say("%d of %d posts of customers are not in the desk", missing, len(w.posted))
	}
	if waiting > 0 {
		say("%d deliveries or alarms still wait and have not moved for a minute", waiting)
	}
	onSquare := map[string]int{}
	for _, s := range w.sq.Statuses() {
		if s.Author == "tarnandrye" {
			_, text, _ := strings.Cut(s.Text, " ")
			onSquare[text]++
		}
	}
	lost, doubled, stray := 0, 0, 0
	for text := range w.replies {
		if onSquare[text] == 0 {
			lost++
		}
	}
	for text, n := range onSquare {
		if n > 1 {
			doubled++
		}
		if !w.tried[text] {
			stray++
		}
	}
	if lost > int(uncertain) || doubled > 0 || stray > 0 {
		say("replies on the square: %d lost (%d shown as uncertain), %d doubled, %d nobody wrote", lost, uncertain, doubled, stray)
	}
	if err := d.Read(ctx, func(tx *db.Tx) error {
		for id := range w.accepted {
			var n int64
			if _, err := tx.Row(`SELECT count(*) FROM message WHERE external_id = $1`, db.Args(id), &n); err != nil {
				return err
			}
			if n != 1 {
				say("delivery %s was accepted and is there %d times", id, n)
			}
		}
		return whole(tx, say)
	}); err != nil {
		return err
	}
	fmt.Printf("kill: %-8s killed %v; %d posts, %d deliveries accepted, %d replies accepted; %d shown as uncertain; lost 0, doubled 0, half made 0: %v\n",
		d.Dialect(), w.kills, len(w.posted), len(w.accepted), len(w.replies), uncertain, len(bad) == 0)
	return errors.Join(bad...)
}

// whole looks for what is half made.
func whole(tx *db.Tx, say func(string, ...any)) error {
	for what, q := range map[string]string{
		"conversations without a message":              `SELECT count(*) FROM conversation c WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.conversation_id = c.id)`,
		"conversations whose debt is not what is open": `SELECT count(*) FROM conversation c WHERE owed_questions <> (SELECT count(*) FROM question q WHERE q.conversation_id = c.id AND q.owed AND q.state = 'open')`,
		"contacts nobody is":                           `SELECT count(*) FROM contact c WHERE NOT EXISTS (SELECT 1 FROM identity i WHERE i.contact_id = c.id)`,
		"messages of the network stored twice":         `SELECT count(*) FROM (SELECT external_id FROM message WHERE external_id IS NOT NULL GROUP BY account_id, external_id HAVING count(*) > 1) x`,
		"released messages without a delivery":         `SELECT count(*) FROM message m WHERE side = 'ours' AND released_at > 0 AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.message_id = m.id)`,
		"our own posts taken for somebody's answer":    `SELECT count(*) FROM message WHERE side = 'outside'`,
		"hands that are not counted":                   `SELECT count(*) FROM conversation c WHERE hands <> (SELECT count(*) FROM hand h WHERE h.conversation_id = c.id)`,
	} {
		var n int64
		if err := tx.Query(q, nil, func(r *sql.Rows) error { return r.Scan(&n) }); err != nil {
			return err
		}
		if n > 0 {
			say("%d %s", n, what)
		}
	}
	return nil
}
