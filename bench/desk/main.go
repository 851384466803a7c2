// Desk measures the running program against the promises of a person who sits in front of it: how soon it is ready, what it takes when
// idle, how soon a message offered at a steady rate is accepted and durable, and how soon it is on open desks. Each figure is a ratio to
// its limit; a calibration line tells how noisy the machine was in the same run.
//
//	scripts/with-postgres --durable go run ./bench/desk
package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"answerable/internal/channel/signed"
	"answerable/internal/db/dbtest"
	"answerable/internal/id"
)

// The limits of part 1a.
const (
	startLimit  = 300 * time.Millisecond
	idleLimit   = 80 << 20
	acceptLimit = 25 * time.Millisecond
	deskLimit   = 250 * time.Millisecond
)

func main() {
	rate := flag.Int("rate", 500, "messages a second")
	seconds := flag.Int("seconds", 10, "for how long")
	desks := flag.Int("desks", 5, "open desks")
	flag.Parse()
	dir, err := os.MkdirTemp("", "answerable-bench-")
	check(err)
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "answerable")
	build := exec.Command("go", "build", "-o", binary, "./cmd/answerable")
	build.Stderr = os.Stderr
	check(build.Run())
	jitter(2 * time.Second)
	good := true
	for _, name := range []string{"sqlite", "postgres"} {
		address, drop := database(name, dir)
		if address == "" {
			fmt.Println("desk: postgres skipped, no server: run it with scripts/with-postgres --durable")
			continue
		}
		w := &world{name: name, binary: binary, env: append(os.Environ(), "ANSWERABLE_DATA="+filepath.Join(dir, name), "ANSWERABLE_DATABASE="+address, "ANSWERABLE_LOG=error")}
		good = w.measure(*rate, *seconds, *desks) && good
		drop()
	}
	if !good {
		os.Exit(1)
	}
}

// jitter tells how long a sleep of a millisecond really takes here: what the machine itself adds to every figure below.
func jitter(d time.Duration) {
	var over []float64
	for end := time.Now().Add(d); time.Now().Before(end); {
		t := time.Now()
		time.Sleep(time.Millisecond)
		over = append(over, float64(time.Since(t)-time.Millisecond)/1e6)
	}
	fmt.Printf("desk: this machine oversleeps a millisecond by p50 %.2f, p99 %.2f, worst %.1f ms\n", at(over, .5), at(over, .99), at(over, 1))
}

func at(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return v[min(len(v)-1, int(q*float64(len(v))))]
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "desk:", err)
		os.Exit(1)
	}
}

func database(name, dir string) (address string, drop func()) {
	if name == "sqlite" {
		return "sqlite:" + filepath.Join(dir, "desk.db"), func() {}
	}
	server := os.Getenv(dbtest.Env)
	if server == "" {
		return "", nil
	}
	u, err := url.Parse(server)
	check(err)
	admin, err := sql.Open("pgx", server)
	check(err)
	base := "bench_" + id.New()
	_, err = admin.Exec(`CREATE DATABASE ` + base + ` ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0`)
	check(err)
	u.Path = "/" + base
	return u.String(), func() { _, _ = admin.Exec(`DROP DATABASE ` + base + ` WITH (FORCE)`); _ = admin.Close() }
}

type world struct {
	name, binary, url string
	env               []string
	process           *exec.Cmd
}

func (w *world) run(in string, out any, args ...string) {
	c := exec.Command(w.binary, args...)
	var stderr bytes.Buffer
	c.Env, c.Stdin, c.Stderr = w.env, strings.NewReader(in), &stderr
	b, err := c.Output()
	if err != nil {
		check(fmt.Errorf("%v: %w: %s", args, err, stderr.String()))
	}
	if out != nil {
		check(json.Unmarshal(b, out))
	}
}

// start returns how long the program took from its first instruction to ready.
func (w *world) start() time.Duration {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	address := l.Addr().String()
	_ = l.Close()
	w.url = "http://" + address
	w.process = exec.Command(w.binary, "serve")
	w.process.Env, w.process.Stderr = append(w.env, "ANSWERABLE_LISTEN="+address), os.Stderr
	begun := time.Now()
	check(w.process.Start())
	for {
		res, err := http.Get(w.url + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return time.Since(begun)
			}
		}
		if time.Since(begun) > time.Minute {
			check(errors.New("not ready after a minute"))
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (w *world) stop() {
	_ = w.process.Process.Signal(os.Interrupt)
	_ = w.process.Wait()
}

func (w *world) resident() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.process.Process.Pid))
	check(err)
	for l := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(l, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.Fields(v)[0], 10, 64)
			check(err)
			return n << 10
		}
	}
	return 0
}

func (w *world) measure(rate, seconds, desks int) bool {
	w.run("", nil, "migrate")
	var starts []float64
	for range 5 {
		starts = append(starts, w.start().Seconds()*1000)
		if len(starts) < 5 {
			w.stop()
		}
	}
	time.Sleep(5 * time.Second)
	idle := w.resident()
	good := w.say("start to ready, empty database (median of 5)", at(starts, .5), float64(startLimit.Milliseconds()), "ms")
	good = w.say("idle memory", float64(idle>>20), idleLimit>>20, "MB") && good

	var a struct{ ID string }
	secret := signed.GenerateSecret()
	w.run("", nil, "brand", "add", "--slug", "tarn", "--name", "Tarn", "--json")
	w.run("a long password", nil, "user", "add", "--email", "mara@tarn.example", "--name", "Mara Lindqvist", "--role", "admin", "--password-stdin", "--json")
	w.run(`{"name":"shop","secret":"`+secret+`"}`, &a, "account", "add", "--brand", "tarn", "--channel", "signed", "--config", "-", "--json")

	heard := make([]chan time.Time, desks)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for i := range heard {
		heard[i] = make(chan time.Time, 1<<16)
		wg.Go(func() { w.desk(ctx, heard[i]) })
	}
	time.Sleep(time.Second)
	accepted, stored := w.offer(a.ID, secret, rate, seconds)
	time.Sleep(time.Second)
	cancel()
	wg.Wait()
	var late []float64
	for i := range heard {
		close(heard[i])
		var moments []time.Time
		for t := range heard[i] {
			moments = append(moments, t)
		}
		for _, s := range stored { // the first hint after a message was stored is the one by which the desk reads it
			j, _ := slices.BinarySearchFunc(moments, s, func(m, s time.Time) int { return m.Compare(s) })
			if j == len(moments) {
				late = append(late, 1e6)
				continue
			}
			late = append(late, float64(moments[j].Sub(s))/1e6)
		}
	}
	w.stop()
	good = w.say(fmt.Sprintf("accepted and durable p99 at %d/s (p50 %.1f, %d accepted)", rate, at(accepted, .5), len(accepted)), at(accepted, .99), float64(acceptLimit.Milliseconds()), "ms") && good
	return w.say(fmt.Sprintf("on %d open desks, p99 (p50 %.1f)", desks, at(late, .5)), at(late, .99), float64(deskLimit.Milliseconds()), "ms") && good
}

func (w *world) say(what string, got, limit float64, unit string) bool {
	verdict := "holds"
	if got > limit {
		verdict = "DOES NOT HOLD"
	}
	fmt.Printf("desk: %-8s %s: %.1f %s, %.2f of the limit of %.0f: %s\n", w.name, what, got, unit, got/limit, limit, verdict)
	return got <= limit
}

// desk signs in and listens as an open page does.
func (w *world) desk(ctx context.Context, heard chan<- time.Time) {
	jar, err := cookiejar.New(nil)
	check(err)
	c := &http.Client{Jar: jar}
	res, err := c.PostForm(w.url+"/sign-in", url.Values{"email": {"mara@tarn.example"}, "password": {"a long password"}})
	check(err)
	_ = res.Body.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/desk/stream", nil)
	check(err)
	res, err = c.Do(req)
	check(err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		check(fmt.Errorf("the desk's stream answered %s", res.Status))
	}
	for s := bufio.NewScanner(res.Body); s.Scan(); {
		if strings.HasPrefix(s.Text(), "data:") {
			heard <- time.Now()
		}
	}
}

// offer delivers at a steady rate, whether or not the earlier ones were answered, and returns how long each took and when it was stored.
func (w *world) offer(account, secret string, rate, seconds int) (took []float64, stored []time.Time) {
	c := &http.Client{Transport: &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 512}, Timeout: 30 * time.Second}
	var mu sync.Mutex
	var wg sync.WaitGroup
	begun := time.Now()
	for i := range rate * seconds {
		due := begun.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		wg.Go(func() {
			key := fmt.Sprintf("m%d", i)
			body := []byte(fmt.Sprintf(`{"id":%q,"author":{"id":"c%d","name":"C","side":"customer"},"public":true,"at":%q,"text":"Where is parcel %d? And who pays for it?"}`, key, i%200, time.Now().UTC().Format(time.RFC3339Nano), i))
			h, err := signed.Headers(secret, "msg_"+key, time.Now(), body)
			check(err)
			req, err := http.NewRequest(http.MethodPost, w.url+"/in/signed/"+account, bytes.NewReader(body))
			check(err)
			req.Header = h
			res, err := c.Do(req)
			check(err)
			_ = res.Body.Close()
			now := time.Now()
			if res.StatusCode != http.StatusAccepted {
				check(fmt.Errorf("a delivery was answered %s", res.Status))
			}
			mu.Lock()
			took, stored = append(took, float64(now.Sub(due))/1e6), append(stored, now)
			mu.Unlock()
		})
	}
	wg.Wait()
	return took, stored
}
