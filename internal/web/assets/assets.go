// Package assets holds what a page needs beside its HTML: one style sheet, one script, one sprite of icons and two fonts. All of
// it is inside the program, named by the hash of its bytes, compressed once at the start, and kept by browsers for a year.
// Nothing is loaded from anywhere else. What others made is listed in assets.json with its version, licence and hash.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed assets.json css js fonts vendor icons glyphs licences
var files embed.FS

// The names of what is served. Sheet, Script and Sprite are put together at the start from many small files.
const (
	Sheet    = "desk.css"
	Script   = "desk.js"
	Sprite   = "icons.svg"
	Latin    = "inter-latin-wght-normal.woff2"
	LatinExt = "inter-latin-ext-wght-normal.woff2"
)

// Prefix is where assets live; a handler for it wants the whole path.
const Prefix = "/assets/"

// sheets is the order of the style sheet. Layers decide between rules, so the order only decides which layer comes first.
var sheets = []string{
	"tokens.css", "base.css", "layout.css",
	"button.css", "field.css", "people.css", "say.css", "rail.css", "ring.css", "list.css", "talk.css", "timeline.css",
	"questions.css", "strip.css", "composer.css", "notice.css", "context.css", "table.css", "menu.css", "keys.css",
	"calm.css", "entry.css", "settings.css", "trouble.css",
}

// scripts is the order of the script: htmx, its event stream, and ours.
var scripts = []string{"vendor/htmx.min.js", "vendor/hx-sse.min.js", "js/live.js"}

// Record is one thing made by others that is shipped inside the program.
type Record struct {
	Path    string `json:"path"`    // in this folder; a folder when it ends in /
	Name    string `json:"name"`    // of the project
	Version string `json:"version"` // as released
	Package string `json:"package"` // where it was taken from
	Licence string `json:"licence"` // SPDX
	Text    string `json:"text"`    // file with the licence's words
	SHA256  string `json:"sha256"`  // of the file; of the sorted "hash name" lines for a folder
}

// Records reads the list of what others made.
func Records() ([]Record, error) {
	b, err := files.ReadFile("assets.json")
	if err != nil {
		return nil, fmt.Errorf("record of assets: %w", err)
	}
	var rs []Record
	if err := json.Unmarshal(b, &rs); err != nil {
		return nil, fmt.Errorf("record of assets: %w", err)
	}
	return rs, nil
}

// Sum computes the hash a Record must carry for a path.
func Sum(p string) (string, error) {
	if !strings.HasSuffix(p, "/") {
		b, err := files.ReadFile(p)
		if err != nil {
			return "", fmt.Errorf("hash %s: %w", p, err)
		}
		return hash(b), nil
	}
	var lines strings.Builder
	err := fs.WalkDir(files, strings.TrimSuffix(p, "/"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		lines.WriteString(hash(b) + " " + path.Base(name) + "\n")
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("hash %s: %w", p, err)
	}
	return hash([]byte(lines.String())), nil
}

func hash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

type asset struct {
	kind   string // content type
	plain  []byte
	packed []byte // gzip; empty when it would not help
}

// Set is everything that is served, by its hashed name. It does not change after Load.
type Set struct {
	urls    map[string]string // "desk.css" -> "/assets/desk-0a1b2c3d.css"
	byURL   map[string]asset
	symbols []string
}

// Load puts the assets together.
func Load() (*Set, error) {
	s := &Set{urls: map[string]string{}, byURL: map[string]asset{}}
	for _, name := range []string{Latin, LatinExt} {
		b, err := files.ReadFile("fonts/" + name)
		if err != nil {
			return nil, fmt.Errorf("assets: %w", err)
		}
		s.add(name, b, false)
	}
	sprite, err := s.sprite()
	if err != nil {
		return nil, err
	}
	s.add(Sprite, sprite, true)

	var css bytes.Buffer
	for _, name := range sheets {
		b, err := files.ReadFile("css/" + name)
		if err != nil {
			return nil, fmt.Errorf("assets: %w", err)
		}
		css.Write(b)
		css.WriteByte('\n')
	}
	// Fonts are named by their hash too, so the sheet can only be written after they have one.
	text := css.String()
	for _, name := range []string{Latin, LatinExt} {
		text = strings.ReplaceAll(text, "url("+name+")", "url("+s.URL(name)+")")
	}
	s.add(Sheet, []byte(squeeze(text)), true)

	var js bytes.Buffer
	for _, name := range scripts {
		b, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("assets: %w", err)
		}
		js.Write(b)
		js.WriteString("\n;\n")
	}
	s.add(Script, js.Bytes(), true)
	return s, s.licences()
}

// licences are served by their plain names: they do not change with a build, and people are given their address.
func (s *Set) licences() error {
	list, err := files.ReadDir("licences")
	if err != nil {
		return fmt.Errorf("assets: %w", err)
	}
	for _, f := range list {
		b, err := files.ReadFile("licences/" + f.Name())
		if err != nil {
			return fmt.Errorf("assets: %w", err)
		}
		s.byURL[Prefix+"licences/"+f.Name()] = asset{kind: "text/plain; charset=utf-8", plain: b}
	}
	return nil
}

func (s *Set) add(name string, b []byte, pack bool) {
	ext := path.Ext(name)
	url := Prefix + strings.TrimSuffix(name, ext) + "-" + hash(b)[:10] + ext
	kind := mime.TypeByExtension(ext)
	switch ext { // the machine's own table may differ
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml"
	case ".woff2":
		kind = "font/woff2"
	}
	a := asset{kind: kind, plain: b}
	if pack {
		var z bytes.Buffer
		w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // the level is valid
		_, _ = w.Write(b)                                     // a buffer never fails
		_ = w.Close()
		a.packed = z.Bytes()
	}
	s.urls[name], s.byURL[url] = url, a
}

var (
	opening = regexp.MustCompile(`(?s)^.*?<svg[^>]*>`)
	blanks  = regexp.MustCompile(`\s+`)
)

// sprite makes one SVG of all icons: Lucide's from icons, ours from glyphs. Each becomes a symbol named as its file.
func (s *Set) sprite() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">`)
	for _, dir := range []string{"icons", "glyphs"} {
		list, err := files.ReadDir(dir)
		if err != nil {
			return nil, fmt.Errorf("assets: %w", err)
		}
		for _, f := range list {
			raw, err := files.ReadFile(dir + "/" + f.Name())
			if err != nil {
				return nil, fmt.Errorf("assets: %w", err)
			}
			name := strings.TrimSuffix(f.Name(), ".svg")
			inner := strings.TrimSuffix(strings.TrimSpace(opening.ReplaceAllString(string(raw), "")), "</svg>")
			inner = strings.ReplaceAll(strings.TrimSpace(blanks.ReplaceAllString(inner, " ")), "> <", "><")
			fmt.Fprintf(&b, `<symbol id="%s" viewBox="0 0 24 24">%s</symbol>`, name, inner)
			s.symbols = append(s.symbols, name)
		}
	}
	b.WriteString(`</svg>`)
	return b.Bytes(), nil
}

// URL is where an asset is found. A name that is not there panics: it is a mistake in the program, found by the first test.
func (s *Set) URL(name string) string {
	u, ok := s.urls[name]
	if !ok {
		panic("assets: no " + name)
	}
	return u
}

// Has reports whether the sprite holds an icon.
func (s *Set) Has(icon string) bool { return slices.Contains(s.symbols, icon) }

// Wire says how many bytes an asset takes over the wire.
func (s *Set) Wire(name string) int {
	a := s.byURL[s.URL(name)]
	if len(a.packed) > 0 {
		return len(a.packed)
	}
	return len(a.plain)
}

// ServeHTTP answers with an asset. A name changes when its bytes do, so browsers may keep it for ever.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, ok := s.byURL[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	body := a.plain
	if len(a.packed) > 0 {
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = a.packed
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the browser may have gone; nobody to tell
	}
}

// squeeze takes comments and needless white space out of a style sheet. It does not touch strings and keeps one blank wherever a
// blank may mean something (a descendant, a sum).
func squeeze(css string) string {
	var b strings.Builder
	b.Grow(len(css))
	var last byte
	blank := false
	for i := 0; i < len(css); i++ {
		c := css[i]
		switch {
		case c == '/' && i+1 < len(css) && css[i+1] == '*':
			end := strings.Index(css[i+2:], "*/")
			if end < 0 {
				return b.String()
			}
			i += end + 3
			continue
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			blank = true
			continue
		}
		if blank && last != 0 && !strings.ContainsRune("{};,", rune(last)) && !strings.ContainsRune("{};,", rune(c)) {
			b.WriteByte(' ')
		}
		blank = false
		if c == '"' || c == '\'' {
			j := i + 1
			for j < len(css) && css[j] != c {
				if css[j] == '\\' {
					j++
				}
				j++
			}
			j = min(j, len(css)-1)
			b.WriteString(css[i : j+1])
			i, last = j, c
			continue
		}
		b.WriteByte(c)
		last = c
	}
	return b.String()
}
