package assets

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What others made is what the record says it is, and nothing of theirs is here that the record does not name.
func TestRecordMatchesTheFiles(t *testing.T) {
	t.Parallel()
	rs, err := Records()
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, r := range rs {
		named[r.Path] = true
		got, err := Sum(r.Path)
		if err != nil {
			t.Error(err)
			continue
		}
		if got != r.SHA256 {
			t.Errorf("%s: sha256 is %s, the record says %s", r.Path, got, r.SHA256)
		}
		if _, err := os.Stat(filepath.FromSlash(r.Text)); err != nil {
			t.Errorf("%s: its licence %s is not there", r.Path, r.Text)
		}
		if r.Name == "" || r.Version == "" || r.Package == "" || r.Licence == "" {
			t.Errorf("%s: the record has a hole: %+v", r.Path, r)
		}
	}
	for _, dir := range []string{"vendor", "fonts"} {
		list, err := files.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			if !named[dir+"/"+f.Name()] {
				t.Errorf("%s/%s is in no record", dir, f.Name())
			}
		}
	}
}

// Every style sheet is used, and nothing in them leads out of the house.
func TestSheets(t *testing.T) {
	t.Parallel()
	list, err := files.ReadDir("css")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != len(sheets) {
		t.Errorf("%d style sheets, %d are joined", len(list), len(sheets))
	}
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	css := string(s.byURL[s.URL(Sheet)].plain)
	if m := regexp.MustCompile(`url\([^)]*\)|@import|https?:`).FindAllString(css, -1); len(m) != 2 || !strings.HasPrefix(m[0], "url(/assets/inter-latin-") {
		t.Errorf("the sheet leads to %v, want its two fonts", m)
	}
	if strings.Count(css, "{") != strings.Count(css, "}") {
		t.Error("the joined sheet does not balance its braces")
	}
}

func TestSqueeze(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a {\n  color: red; /* why */\n  b & { top: calc(1px + 2px) }\n}\n": "a{color: red;b &{top: calc(1px + 2px)}}",
		`q::before { content: "a  ; /* b */" }`:                             `q::before{content: "a  ; /* b */"}`,
		".a .b,\n.c > d { margin: 0 1px }":                                  ".a .b,.c > d{margin: 0 1px}",
		"/* never closed":                                                   "",
	} {
		if got := squeeze(in); got != want {
			t.Errorf("squeeze(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestServing(t *testing.T) {
	t.Parallel()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	call := func(path, encoding string) *http.Response {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Result()
	}
	for _, name := range []string{Sheet, Script, Sprite, Latin, LatinExt} {
		for _, encoding := range []string{"", "gzip"} {
			res := call(s.URL(name), encoding)
			if err := res.Body.Close(); err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %d, %q", name, res.StatusCode, res.Header.Get("Cache-Control"))
			}
			packed := res.Header.Get("Content-Encoding") == "gzip"
			if want := encoding == "gzip" && !strings.HasSuffix(name, ".woff2"); packed != want {
				t.Errorf("%s asked with %q: packed %v, want %v", name, encoding, packed, want)
			}
		}
	}
	res := call("/assets/desk-0000000000.css", "")
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("an old name: %d, want 404", res.StatusCode)
	}
}
