package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"answerable/internal/channel/signed"
	"answerable/internal/db/dbtest"
	"answerable/internal/square"
)

// Two equal nodes on one PostgreSQL: each takes what is pushed to it, one of them reads the network, and each answer leaves once.
func TestTwoNodesShareTheWork(t *testing.T) {
	t.Parallel()
	address := dbtest.Postgres(t)
	h := newHouse(t, address)
	h.env["ANSWERABLE_ALLOW_PRIVATE"] = "127.0.0.0/8"
	h.must("", "migrate")
	h.must("", "brand", "add", "--slug", "tarn")
	h.must("", "user", "add", "--email", "ada@tarn.example", "--name", "Ada Voss", "--role", "admin")
	p := newPublic(t, square.Options{}, "tarn")
	h.must(`{"server":"`+p.url+`","token":"`+p.token+`"}`, "account", "add", "--brand", "tarn", "--channel", "mastodon", "--config", "-")
	var a struct{ ID, Secret string }
	if err := json.Unmarshal([]byte(h.must(`{"name":"shop"}`, "account", "add", "--brand", "tarn", "--channel", "signed", "--config", "-", "--json")), &a); err != nil {
		t.Fatal(err)
	}
	var key struct{ Token string }
	if err := json.Unmarshal([]byte(h.must("", "token", "create", "--user", "ada@tarn.example", "--scope", "read,write,send,admin", "--json")), &key); err != nil {
		t.Fatal(err)
	}
	other := house{t, maps.Clone(h.env)}
	other.env["ANSWERABLE_DATA"] = t.TempDir() // a node of its own; the key is what they share
	sealing, err := os.ReadFile(filepath.Join(h.env["ANSWERABLE_DATA"], "installation.key"))
	if err != nil {
		t.Fatal(err)
	}
	h.env["ANSWERABLE_KEY"], other.env["ANSWERABLE_KEY"] = string(sealing), string(sealing)
	nodes := []string{h.serve(), other.serve()}

	// The same deliveries at both doors at once, and posts on the network.
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			body := fmt.Sprintf(`{"id":"d%d","author":{"id":"c%d","name":"C","side":"customer"},"public":true,"at":"2026-11-23T09:02:00Z","text":"Where is it?"}`, i/2, i%5)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, nodes[i%2]+"/in/signed/"+a.ID, strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			if req.Header, err = signed.Headers(a.Secret, fmt.Sprintf("msg_%d", i/2), time.Now(), []byte(body)); err != nil {
				t.Error(err)
				return
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusAccepted {
				t.Errorf("the door answered %s", res.Status)
			}
		})
	}
	_, hanne, err := p.Join("hanne", "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if _, err := p.Post(hanne, square.PostInput{Text: fmt.Sprintf("@tarn Where is parcel %d?", i)}); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	type page struct {
		Items []struct {
			ID      string `json:"id"`
			Channel string `json:"channel"`
		} `json:"items"`
	}
	var seen page
	until(t, "20 deliveries and 10 posts are there", func() bool {
		seen = page{}
		asker{t, nodes[0] + "/api/v1", key.Token}.ask(http.MethodGet, "/conversations?view=all&limit=200", nil, &seen)
		return len(seen.Items) >= 30
	})
	if len(seen.Items) != 30 {
		t.Errorf("%d conversations, want 30", len(seen.Items))
	}
	for i, c := range seen.Items {
		if c.Channel == "mastodon" {
			code := asker{t, nodes[i%2] + "/api/v1", key.Token}.ask(http.MethodPost, "/conversations/"+c.ID+"/replies", map[string]any{"text": "For " + c.ID, "undo_s": 0}, nil)
			if code != http.StatusAccepted {
				t.Fatalf("reply: %d", code)
			}
		}
	}
	count := func() (n int) {
		for _, s := range p.Statuses() {
			if s.Author == "tarn" {
				n++
			}
		}
		return n
	}
	until(t, "each answer is on the network", func() bool { return count() >= 10 })
	if n := count(); n != 10 {
		t.Errorf("%d answers on the network, want 10", n)
	}
}
