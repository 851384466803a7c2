// Intake measures how many messages a second the signed door takes with everything on (signature, questions, routing, record), against
// the raw rate at which the same rows go into the same database in group commits of the same size. Both are measured in turn in the
// same run, since machines are noisy; the ratio is what counts.
//
//	scripts/with-postgres --durable go run ./bench/intake
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"answerable/internal/app"
	"answerable/internal/auth"
	"answerable/internal/channel/signed"
	"answerable/internal/config"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/directory"
	"answerable/internal/id"
)

const limit = 0.5 // of the raw rate

var profile = flag.String("profile", "", "write a CPU profile to FILE.sqlite and FILE.postgres")

func main() {
	n := flag.Int("messages", 6000, "a turn")
	turns := flag.Int("turns", 5, "of each")
	clients := flag.Int("clients", 256, "that deliver at once")
	flag.Parse()
	ok := true
	for _, name := range []string{"sqlite", "postgres"} {
		good, err := measure(context.Background(), name, *n, *turns, *clients)
		if err != nil {
			fmt.Fprintln(os.Stderr, "intake:", name, err)
			os.Exit(1)
		}
		ok = ok && good
	}
	if !ok {
		os.Exit(1)
	}
}

func measure(ctx context.Context, name string, n, turns, clients int) (bool, error) {
	dir, err := os.MkdirTemp("", "answerable-bench-")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	address := "sqlite:" + filepath.Join(dir, "desk.db")
	if name == "postgres" {
		server := os.Getenv(dbtest.Env)
		if server == "" {
			fmt.Println("intake: postgres skipped, no server: run it with scripts/with-postgres --durable")
			return true, nil
		}
		u, err := url.Parse(server)
		if err != nil {
			return false, err
		}
		admin, err := sql.Open("pgx", server)
		if err != nil {
			return false, err
		}
		defer admin.Close()
		base := "bench_" + id.New()
		if _, err := admin.ExecContext(ctx, `CREATE DATABASE `+base+` ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0`); err != nil {
			return false, err
		}
		defer func() { _, _ = admin.ExecContext(ctx, `DROP DATABASE `+base+` WITH (FORCE)`) }()
		u.Path = "/" + base
		address = u.String()
	}
	c, err := config.Config{Data: dir, Database: address}.Complete()
	if err != nil {
		return false, err
	}
	a, err := app.Open(ctx, c, app.Options{Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))})
	if err != nil {
		return false, err
	}
	run, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { a.Run(run); close(done) }()
	defer func() { cancel(); <-done; _ = a.Close() }()

	b, door, err := prepare(ctx, a)
	if err != nil {
		return false, err
	}
	var raws, fulls, ratios []float64
	if *profile != "" {
		f, err := os.Create(*profile + "." + name)
		if err != nil {
			return false, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return false, err
		}
		defer pprof.StopCPUProfile()
	}
	for t := range turns {
		r, err := raw(ctx, a.DB, b, door, n)
		if err != nil {
			return false, err
		}
		f, err := full(ctx, a, door, n, clients, t)
		if err != nil {
			return false, err
		}
		raws, fulls, ratios = append(raws, r), append(fulls, f), append(ratios, f/r)
	}
	m := median(ratios)
	fmt.Printf("intake: %-8s raw %6.0f rows-of-messages/s, everything on %6.0f messages/s, ratio %.2f (least %.2f, limit %.2f): %s\n",
		name, median(raws), median(fulls), m, slices.Min(ratios), limit, verdict(m >= limit))
	return m >= limit, nil
}

func verdict(ok bool) string {
	if ok {
		return "holds"
	}
	return "DOES NOT HOLD"
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func prepare(ctx context.Context, a *app.App) (b brand.Brand, door account.Account, err error) {
	if err = a.DB.Write(ctx, db.Desk, func(tx *db.Tx) error {
		if b, err = brand.Add(tx, auth.TheHouse(), brand.Brand{Slug: "tarn", Name: "Tarn & Rye"}); err != nil {
			return err
		}
		for i := range 8 {
			p, err := directory.Add(tx, auth.TheHouse(), directory.Person{Email: fmt.Sprintf("a%d@tarn.example", i), Name: fmt.Sprintf("Agent %d", i), Role: auth.Agent, Capacity: 500})
			if err != nil {
				return err
			}
			if err := directory.SetPresence(tx, p.Actor(), p.ID, directory.Here); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return b, door, err
	}
	door, err = a.Porter.Connect(ctx, auth.TheHouse(), b.ID, "signed", json.RawMessage(`{"name":"shop"}`))
	return b, door, err
}

const words = "My parcel from Friday has not come, and the tracking page says delivered. Where is it? And who pays the express fee I was charged for it?"

// raw writes the rows that n first messages become, 128 messages a transaction, and nothing else.
func raw(ctx context.Context, d *db.DB, b brand.Brand, door account.Account, n int) (float64, error) {
	var owner string
	if err := d.Read(ctx, func(tx *db.Tx) error {
		_, err := tx.Row(`SELECT id FROM person LIMIT 1`, nil, &owner)
		return err
	}); err != nil {
		return 0, err
	}
	body := bodyOf("x", "x")
	begun := time.Now()
	for from := 0; from < n; from += 128 {
		k := min(128, n-from)
		if err := d.Write(ctx, db.Intake, func(tx *db.Tx) error {
			now := tx.Now()
			nos, err := tx.Numbers(k)
			if err != nil {
				return err
			}
			var ar, co, ide, cv, th, me, pa, qu, re [][]any
			for i := range k {
				c, who, t, m := id.New(), id.New(), id.New(), id.New()
				ar = append(ar, []any{id.New(), b.ID, door.ID, "raw_" + m, now, "read", "", "", body})
				co = append(co, []any{who, b.ID, "Somebody", now})
				ide = append(ide, []any{id.New(), b.ID, who, "raw", m, "somebody"})
				cv = append(cv, []any{c, nos[i], b.ID, who, owner, "open", 3, now, words[60:100], "signed", true, 2, now, now})
				th = append(th, []any{t, b.ID, c, door.ID, "raw_" + m, "public"})
				me = append(me, []any{m, b.ID, t, c, door.ID, "raw_" + m, "theirs", who, "Somebody", now, now, words})
				pa = append(pa, []any{c, who, "principal", now})
				for j := range 2 {
					qu = append(qu, []any{id.New(), b.ID, c, m, who, 10 * j, 10*j + 9, "question", true, "open"})
				}
				for range 2 {
					re = append(re, []any{id.New(), b.ID, now, "house", "message.received", "conversation/" + c, `{"message":"` + m + `","opened":true,"side":"theirs","thread":"` + t + `"}`})
				}
			}
			for _, s := range []struct {
				head string
				rows [][]any
			}{
				{`INSERT INTO arrival (id, brand_id, account_id, sender_key, at, outcome, cause, head, body)`, ar},
				{`INSERT INTO contact (id, brand_id, name, made_at)`, co},
				{`INSERT INTO identity (id, brand_id, contact_id, realm, external_id, handle)`, ide},
				{`INSERT INTO conversation (id, no, brand_id, contact_id, owner_id, status, severity, waiting_since, asked, channel, public, owed_questions, opened_at, moved_at)`, cv},
				{`INSERT INTO thread (id, brand_id, conversation_id, account_id, remote_key, kind)`, th},
				{`INSERT INTO message (id, brand_id, thread_id, conversation_id, account_id, external_id, side, author_id, author_name, at, stored_at, words)`, me},
				{`INSERT INTO participant (conversation_id, contact_id, role, since)`, pa},
				{`INSERT INTO question (id, brand_id, conversation_id, message_id, asker_id, start_at, end_at, kind, owed, state)`, qu},
				{`INSERT INTO record (id, brand_id, at, actor, kind, subject, data)`, re},
			} {
				if _, err := tx.Insert(s.head, "", s.rows); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return 0, err
		}
	}
	rate := float64(n) / time.Since(begun).Seconds()
	return rate, settle(ctx, d)
}

// settle lets the house's own errands (sealing, search) finish, so that no turn pays for the one before.
func settle(ctx context.Context, d *db.DB) error {
	for {
		var left int64
		if err := d.Read(ctx, func(tx *db.Tx) error {
			_, err := tx.Row(`SELECT (SELECT count(*) FROM record WHERE seq IS NULL) + COALESCE((SELECT max(seq) FROM record), 0) - COALESCE((SELECT seq FROM follower WHERE name = 'search'), 0)`, nil, &left)
			return err
		}); err != nil || left == 0 {
			runtime.GC()
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func bodyOf(message, author string) []byte {
	b, err := json.Marshal(map[string]any{"id": message, "author": map[string]any{"id": author, "name": "Somebody", "side": "customer"}, "public": true, "at": time.Now().UTC().Format(time.RFC3339Nano), "text": words})
	if err != nil {
		panic(err)
	}
	return b
}

// full delivers n first messages at the door, many at once, and waits for each to be accepted.
func full(ctx context.Context, a *app.App, door account.Account, n, clients, turn int) (float64, error) {
	type delivery struct {
		body []byte
		head http.Header
	}
	todo := make([]delivery, n)
	for i := range todo {
		key := fmt.Sprintf("f%d-%d", turn, i)
		body := bodyOf(key, key)
		h, err := signed.Headers(door.Made["secret"], "msg_"+key, time.Now(), body)
		if err != nil {
			return 0, err
		}
		todo[i] = delivery{body, h}
	}
	h := a.Handler()
	var next, refused atomic.Int64
	begun := time.Now()
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= int64(n) {
					return
				}
				r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/in/signed/"+string(door.ID), io.NopCloser(&reader{b: todo[i].body}))
				r.Header = todo[i].head
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != http.StatusAccepted {
					refused.Add(1)
				}
			}
		})
	}
	wg.Wait()
	rate := float64(n) / time.Since(begun).Seconds()
	if r := refused.Load(); r > 0 {
		return 0, fmt.Errorf("%d of %d were not accepted", r, n)
	}
	return rate, settle(ctx, a.DB)
}

type reader struct{ b []byte }

func (r *reader) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.b)
	r.b = r.b[n:]
	return n, nil
}
