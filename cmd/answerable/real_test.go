package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"answerable/internal/desktest/require"
	"answerable/internal/history"
)

// asker calls an HTTP API with a token.
type asker struct {
	t           *testing.T
	base, token string
}

func (a asker) ask(method, path string, body, out any) int {
	a.t.Helper()
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			a.t.Fatal(err)
		}
		r = strings.NewReader(string(b))
	}
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.base+path, r)
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	if out != nil && res.StatusCode < 300 {
		if err := json.Unmarshal(b, out); err != nil {
			a.t.Fatalf("%s %s: %v: %s", method, path, err, b)
		}
	}
	return res.StatusCode
}

// oneBrand is a brand of the export with a handful of threads, and how many of them a customer has spoken in.
func oneBrand(t *testing.T, file string) (name string, threads int) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := map[string]int{}
	var order []string
	for c, err := range history.Read(t.Context(), f, history.TWCS, history.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range c.Messages {
			if m.Side == history.Customer {
				if n[c.Brand]++; n[c.Brand] == 1 {
					order = append(order, c.Brand)
				}
				break
			}
		}
	}
	for _, b := range order {
		if n[b] >= 12 && n[b] <= 20 {
			return b, n[b]
		}
	}
	t.Fatal("no brand with a handful of threads")
	return "", 0
}

// Real conversations come in live, are answered through the API, and the answers stand in the right threads on the square.
func TestRealConversationsAreAnsweredInTheirThreads(t *testing.T) {
	t.Parallel()
	file := require.Shared(t, "data/care/twcs_5000.csv")
	name, threads := oneBrand(t, file)

	ctx, stop := context.WithCancel(t.Context())
	var out, errs written
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"demo", "--json", "--no-customers", "--listen", "127.0.0.1:0", "--data", t.TempDir()}, func(string) string { return "" }, strings.NewReader(""), &out, &errs)
	}()
	defer func() { stop(); <-ended }()
	var demo struct {
		URL    string `json:"url"`
		Token  string `json:"api_token"`
		Square struct {
			URL   string `json:"url"`
			Brand string `json:"brand"`
			Token string `json:"brand_token"`
		} `json:"square"`
	}
	until(t, "the demo is ready", func() bool { return json.Unmarshal([]byte(out.String()), &demo) == nil })

	var summary, complaints written
	if code := run(t.Context(), []string{"replay", file, "--format", "twcs", "--square", demo.Square.URL, "--brand", name, "--to", demo.Square.Brand, "--speed", "100000", "--json"},
		func(string) string { return "" }, strings.NewReader(""), &summary, &complaints); code != 0 {
		t.Fatalf("replay: %d %s", code, complaints.String())
	}
	var played replayed
	if err := json.Unmarshal([]byte(summary.String()), &played); err != nil || played.Threads != int64(threads) || played.Skipped != 0 {
		t.Fatalf("played %+v of %d threads, %v", played, threads, err)
	}

	desk, network := asker{t, demo.URL + "/api/v1", demo.Token}, asker{t, demo.Square.URL + "/api/v1", demo.Square.Token}
	type conversation struct {
		ID      string `json:"id"`
		Threads []struct {
			RemoteKey string `json:"remote_key"`
		} `json:"threads"`
		Messages []struct {
			Side       string `json:"side"`
			ExternalID string `json:"external_id"`
		} `json:"messages"`
		Questions []struct {
			ID    string `json:"id"`
			State string `json:"state"`
		} `json:"questions"`
	}
	var all []conversation
	until(t, "every post is on the desk", func() bool {
		var page struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
		}
		desk.ask(http.MethodGet, "/conversations?view=all&limit=200", nil, &page)
		all = nil
		posts := int64(0)
		for _, i := range page.Items {
			var c conversation
			desk.ask(http.MethodGet, "/conversations/"+i.ID, nil, &c)
			posts += int64(len(c.Messages))
			all = append(all, c)
		}
		return posts == played.Posts
	})
	if len(all) != threads {
		t.Errorf("%d conversations of %d threads", len(all), threads)
	}
	for _, c := range all {
		answers := []string{}
		for _, q := range c.Questions {
			if q.State == "open" {
				answers = append(answers, q.ID)
			}
		}
		if code := desk.ask(http.MethodPost, "/conversations/"+c.ID+"/replies", map[string]any{"text": "An answer for " + c.ID, "answers": answers, "undo_s": 0}, nil); code != http.StatusAccepted {
			t.Fatalf("reply: %d", code)
		}
	}
	for _, c := range all {
		last := ""
		for _, m := range c.Messages {
			if m.Side == "theirs" {
				last = m.ExternalID
			}
		}
		until(t, "the answer stands in its thread", func() bool {
			var ctx struct {
				Descendants []struct {
					InReplyTo string `json:"in_reply_to_id"`
					Content   string `json:"content"`
				} `json:"descendants"`
			}
			network.ask(http.MethodGet, "/statuses/"+c.Threads[0].RemoteKey+"/context", nil, &ctx)
			n := 0
			for _, s := range ctx.Descendants {
				if strings.Contains(s.Content, "An answer for ") {
					if n++; s.InReplyTo != last || !strings.Contains(s.Content, c.ID) {
						t.Fatalf("in the thread of %s: %q under %s, want under %s", c.ID, s.Content, s.InReplyTo, last)
					}
				}
			}
			return n == 1
		})
	}
}
