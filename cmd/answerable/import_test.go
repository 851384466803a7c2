package main

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"answerable/internal/db/dbtest"
)

// sampleExport is the export that docs and tests use; all of it is made up.
const sampleExport = "../../internal/flow/archive/testdata/sample.jsonl"

// History comes in while another process serves, and is found there.
func TestImportBesideServe(t *testing.T) {
	t.Parallel()
	dbtest.EachAddress(t, func(t *testing.T, address string) {
		h := newHouse(t, address)
		h.must("", "migrate")
		h.must("correct horse battery", "user", "add", "--email", "ada@tarn.example", "--name", "Ada Voss", "--role", "admin", "--password-stdin")
		var token struct{ Token string }
		if err := json.Unmarshal([]byte(h.must("", "token", "create", "--user", "ada@tarn.example", "--scope", "read", "--json")), &token); err != nil {
			t.Fatal(err)
		}
		at := h.serve()

		packed := filepath.Join(t.TempDir(), "sample.jsonl.gz")
		pack(t, sampleExport, packed)
		var r importReport
		if err := json.Unmarshal([]byte(h.must("", "import", "--format", "jsonl", packed, "--json")), &r); err != nil {
			t.Fatal(err)
		}
		if r.Imported != 18 || r.Conversations != 6 || r.Rejects != "" {
			t.Errorf("%+v", r)
		}
		found := func(query string) int {
			req, err := http.NewRequest(http.MethodGet, at+"/api/v1/conversations?"+query, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+token.Token)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			b, _ := io.ReadAll(res.Body)
			var page struct {
				Items []struct{ Status, Brand string }
			}
			if err := json.Unmarshal(b, &page); err != nil || res.StatusCode != http.StatusOK {
				t.Fatalf("%s: %v %s", res.Status, err, b)
			}
			for _, x := range page.Items {
				if x.Status != "archived" {
					t.Errorf("%s: %+v", query, x)
				}
			}
			return len(page.Items)
		}
		if n := found("view=archived"); n != 6 {
			t.Errorf("%d archived", n)
		}
		if n := found("view=all"); n != 0 {
			t.Errorf("%d among live work", n)
		}
		until(t, "history is found by its words", func() bool { return found("q="+url.QueryEscape("caraway from:otto.k")) == 1 })
	})
}

func pack(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRejectsStandBesideTheFolderOneIsIn(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{"-": "import.rejects.jsonl", "/a/b/tweets.csv": "tweets.csv.rejects.jsonl", "tweets.csv.gz": "tweets.csv.rejects.jsonl"} {
		if got := (importCmd{File: file}).rejectsPath(); got != want {
			t.Errorf("%s: %s", file, got)
		}
	}
	// A folder that cannot be written to: the desk's own is used.
	spare := t.TempDir()
	r := rejectFile{path: filepath.Join(spare, "nothing", "here", "x.rejects.jsonl"), spare: spare}
	r.add(7, "raw \u2028 <b>", "why")
	if err := r.close(); err != nil || r.written != filepath.Join(spare, "x.rejects.jsonl") {
		t.Fatalf("%v, %s", err, r.written)
	}
	b, err := os.ReadFile(r.written)
	if err != nil || strings.TrimSpace(string(b)) != `{"line":7,"why":"why","raw":"raw \u2028 <b>"}` {
		t.Errorf("%s %v", b, err)
	}
}

func TestThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
