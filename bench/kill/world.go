package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"answerable/internal/channel/signed"
	"answerable/internal/db/dbtest"
	"answerable/internal/id"
	"answerable/internal/square"
)

var errNoServer = errors.New("no PostgreSQL server")

func build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "answerable")
	c := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/answerable")
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	return binary, c.Run()
}

func database(ctx context.Context, name, dir string) (address string, drop func(), err error) {
	if name == "sqlite" {
		return "sqlite:" + filepath.Join(dir, "sqlite.db"), func() {}, nil
	}
	server := os.Getenv(dbtest.Env)
	if server == "" {
		return "", nil, errNoServer
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", nil, err
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return "", nil, err
	}
	base := "kill_" + id.New()
	if _, err := admin.ExecContext(ctx, `CREATE DATABASE `+base+` ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0`); err != nil {
		return "", nil, err
	}
	u.Path = "/" + base
	return u.String(), func() {
		_, _ = admin.ExecContext(context.WithoutCancel(ctx), `DROP DATABASE IF EXISTS `+base+` WITH (FORCE)`)
		_ = admin.Close()
	}, nil
}

// moment is when in a delivery the program is to be killed.
type moment int32

const (
	never    moment = iota
	asked           // the request has come, nothing is posted
	answered        // it is posted, nobody was told
	told            // the answer is out, the desk has not stored it
)

// world is the square, its people, and the desk that is killed and started again.
type world struct {
	binary, data, address, url string
	rng                        *rand.Rand
	verbose                    bool

	sq       *square.Square
	network  *http.Server
	sqURL    string
	customer string // token
	brand    string // token
	at       atomic.Int32
	kills    map[string]int

	env     []string
	token   string
	account string
	secret  string
	process *exec.Cmd
	exited  chan struct{}
	out     *bytes.Buffer

	mu       sync.Mutex
	posted   []string          // ids of customers' posts on the square
	accepted map[string]bool   // external ids of signed deliveries that were answered 202
	replies  map[string]string // text of replies that were answered 202
	tried    map[string]bool   // texts of all replies that were asked for
}

func newWorld(ctx context.Context, binary, data, address string, rng *rand.Rand, verbose bool) (*world, error) {
	w := &world{binary: binary, data: data, address: address, rng: rng, verbose: verbose, kills: map[string]int{}, accepted: map[string]bool{}, replies: map[string]string{}, tried: map[string]bool{}}
	var err error
	if w.sq, err = square.New(square.Options{IgnoreIdempotency: true}); err != nil {
		return nil, err
	}
	if _, w.brand, err = w.sq.Join("tarnandrye", "Tarn & Rye"); err != nil {
		return nil, err
	}
	if _, w.customer, err = w.sq.Join("hanne", "Hanne"); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w.sqURL = "http://" + l.Addr().String()
	w.network = &http.Server{Handler: w.deadly(w.sq.Handler()), ReadHeaderTimeout: time.Minute}
	go func() { _ = w.network.Serve(l) }()

	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w.url = "http://" + free.Addr().String()
	_ = free.Close()
	w.env = append(os.Environ(), "ANSWERABLE_DATA="+data, "ANSWERABLE_DATABASE="+address, "ANSWERABLE_LISTEN="+free.Addr().String(), "ANSWERABLE_ALLOW_PRIVATE=127.0.0.0/8", "ANSWERABLE_LOG=warn")
	return w, w.setUp(ctx)
}

func (w *world) close() {
	w.kill("end")
	w.sq.CloseStreams()
	_ = w.network.Close()
	_ = w.sq.Close()
}

// setUp makes brand, person, token and two accounts with the program's own commands.
func (w *world) setUp(ctx context.Context) error {
	var b, u, t, a struct {
		ID, Slug, Token, Health, Secret string
	}
	if err := w.command(ctx, "", nil, "migrate"); err != nil {
		return err
	}
	if err := w.command(ctx, "", &b, "brand", "add", "--slug", "tarn", "--name", "Tarn & Rye", "--zone", "UTC", "--json"); err != nil {
		return err
	}
	if err := w.command(ctx, "", &u, "user", "add", "--email", "mara@tarn.example", "--name", "Mara Lindqvist", "--role", "admin", "--json"); err != nil {
		return err
	}
	if err := w.command(ctx, "", &t, "token", "create", "--user", "mara@tarn.example", "--scope", "read", "--scope", "write", "--scope", "send", "--scope", "admin", "--json"); err != nil {
		return err
	}
	w.token = t.Token
	if err := w.command(ctx, `{"server":"`+w.sqURL+`","token":"`+w.brand+`"}`, &a, "account", "add", "--brand", "tarn", "--channel", "mastodon", "--config", "-", "--json"); err != nil {
		return err
	}
	w.secret = signed.GenerateSecret()
	if err := w.command(ctx, `{"name":"shop","secret":"`+w.secret+`"}`, &a, "account", "add", "--brand", "tarn", "--channel", "signed", "--config", "-", "--json"); err != nil {
		return err
	}
	w.account = a.ID
	return nil
}

func (w *world) command(ctx context.Context, in string, out any, args ...string) error {
	c := exec.CommandContext(ctx, w.binary, args...)
	c.Env, c.Stdin = w.env, strings.NewReader(in)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	b, err := c.Output()
	if err != nil {
		return fmt.Errorf("answerable %s: %w: %s", strings.Join(args, " "), err, stderr.String())
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, out)
}

// start runs the desk and waits until it is ready.
func (w *world) start(ctx context.Context) error {
	w.out = &bytes.Buffer{}
	w.process = exec.Command(w.binary, "serve")
	w.process.Env, w.process.Stderr, w.process.Stdout = w.env, w.out, w.out
	if err := w.process.Start(); err != nil {
		return err
	}
	w.exited = make(chan struct{})
	go func(p *exec.Cmd, done chan struct{}) { _ = p.Wait(); close(done) }(w.process, w.exited)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if res, err := http.Get(w.url + "/readyz"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-w.exited:
			return fmt.Errorf("the desk ended by itself: %s", w.out.String())
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
	}
	return errors.New("the desk is not ready after 30 s: " + w.out.String())
}

func (w *world) kill(how string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.process == nil {
		return
	}
	_ = w.process.Process.Kill()
	<-w.exited
	w.process = nil
	w.kills[how]++
}

// deadly kills the desk at the chosen moment of a post by the brand.
func (w *world) deadly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		ours := r.Method == http.MethodPost && r.URL.Path == "/api/v1/statuses" && strings.Contains(r.Header.Get("Authorization"), w.brand)
		m := never
		if ours {
			m = moment(w.at.Swap(int32(never)))
		}
		switch m {
		case asked:
			w.kill("asked")
			return // the caller is dead; the request it made dies with it
		case answered:
			next.ServeHTTP(&swallow{h: http.Header{}}, r)
			w.kill("answered")
		case told:
			next.ServeHTTP(rw, r)
			_ = http.NewResponseController(rw).Flush()
			go w.kill("told")
		case never:
			next.ServeHTTP(rw, r)
		}
	})
}

type swallow struct{ h http.Header }

func (s *swallow) Header() http.Header         { return s.h }
func (s *swallow) Write(b []byte) (int, error) { return len(b), nil }
func (s *swallow) WriteHeader(int)             {}

// call asks the API and decodes what it answers.
func (w *world) call(ctx context.Context, method, path string, body, out any, head http.Header) (int, error) {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, w.url+"/api/v1"+path, r)
	if err != nil {
		return 0, err
	}
	if head != nil {
		req.Header = head
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	if out != nil && res.StatusCode < 300 {
		return res.StatusCode, json.Unmarshal(b, out)
	}
	return res.StatusCode, nil
}
