package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"answerable/internal/channel/signed"
	"answerable/internal/db/dbtest"
)

// written is what a program that still runs has written so far.
type written struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *written) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *written) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// until waits for a real condition, and fails the test when it never comes.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

// house runs commands with one environment.
type house struct {
	t   *testing.T
	env map[string]string
}

func newHouse(t *testing.T, address string) house {
	return house{t, map[string]string{"ANSWERABLE_DATA": filepath.Join(t.TempDir(), "data"), "ANSWERABLE_DATABASE": address, "ANSWERABLE_LISTEN": "127.0.0.1:0"}}
}

func (h house) get(name string) string { return h.env[name] }

// run runs one command and returns what it printed.
func (h house) run(stdin string, args ...string) (code int, out, errs string) {
	h.t.Helper()
	var o, e bytes.Buffer
	code = run(h.t.Context(), args, h.get, strings.NewReader(stdin), &o, &e)
	return code, o.String(), e.String()
}

func (h house) must(stdin string, args ...string) string {
	h.t.Helper()
	code, out, errs := h.run(stdin, args...)
	if code != 0 {
		h.t.Fatalf("%v: %d\n%s%s", args, code, out, errs)
	}
	return out
}

// serve serves until the test ends, and returns the address.
func (h house) serve() string {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	log := &written{}
	done := make(chan int, 1)
	go func() { done <- run(ctx, []string{"serve"}, h.get, strings.NewReader(""), log, log) }()
	h.t.Cleanup(func() {
		cancel()
		if code := <-done; code != 0 {
			h.t.Errorf("serve ended with %d: %s", code, log)
		}
	})
	ready := regexp.MustCompile(`is ready.* url="?(http://[0-9.:]+)`)
	url := ""
	until(h.t, "serve is ready", func() bool {
		m := ready.FindStringSubmatch(log.String())
		if m != nil {
			url = m[1]
		}
		return m != nil
	})
	return url
}

// An account is connected from the command line while another process serves, and that process takes what the other system sends.
func TestAccountAddBesideServe(t *testing.T) {
	t.Parallel()
	dbtest.EachAddress(t, func(t *testing.T, address string) {
		h := newHouse(t, address)
		h.must("", "migrate")
		h.must("", "brand", "add", "--slug", "tarn")
		h.must("correct horse battery", "user", "add", "--email", "ada@tarn.example", "--name", "Ada Voss", "--role", "admin", "--password-stdin")
		url := h.serve()

		var a struct{ ID, Health, Secret string }
		if err := json.Unmarshal([]byte(h.must(`{"name":"shop"}`, "account", "add", "--brand", "tarn", "--channel", "signed", "--config", "-", "--json")), &a); err != nil {
			t.Fatal(err)
		}
		if a.Health != "ok" || !strings.HasPrefix(a.Secret, "whsec_") {
			t.Fatalf("%+v", a)
		}
		body := `{"id":"1","author":{"id":"hanne","name":"Hanne Brekke","side":"customer"},"public":true,"at":"2026-11-23T09:02:00Z","text":"Where is my tent?"}`
		req, err := http.NewRequest(http.MethodPost, url+"/in/signed/"+a.ID, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if req.Header, err = signed.Headers(a.Secret, "msg_1", time.Now(), []byte(body)); err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusAccepted {
			t.Fatalf("the door answered %s", res.Status)
		}

		// The doctor sees the process that serves, on the address that the environment would give it.
		h.env["ANSWERABLE_LISTEN"] = strings.TrimPrefix(url, "http://")
		until(t, "the record is sealed", func() bool { return !strings.Contains(h.must("", "doctor"), "sealed up to 0,") })
		out := h.must("", "doctor", "--deep")
		for _, want := range []string{"a desk is served on 127.0.0.1:", "ok     serving", "ok     accounts   1, all well", "entries of the record hold"} {
			if !strings.Contains(out, want) {
				t.Errorf("the doctor does not say %q:\n%s", want, out)
			}
		}
		if strings.HasPrefix(address, "sqlite:") { // a second process must not serve from the same file
			h.env["ANSWERABLE_LISTEN"] = "127.0.0.1:0"
			if code, _, errs := h.run("", "serve"); code != 1 || !strings.Contains(errs, "another answerable serves") {
				t.Errorf("%d %s", code, errs)
			}
		}
	})
}
