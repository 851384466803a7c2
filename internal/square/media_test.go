package square

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"testing"
)

// fetch gets an address as it is, without a token.
func (c client) fetch(url string) []byte {
	c.t.Helper()
	res, err := c.send((client{t: c.t, base: url}).request(c.t.Context(), http.MethodGet, "", nil))
	if err != nil || res.code != http.StatusOK {
		c.t.Fatalf("%s: %v %d", url, err, res.code)
	}
	return res.raw
}

func uploadFile(t *testing.T, c client, path string, data []byte) reply {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	p, err := w.CreateFormFile("file", "lies.exe")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	req := c.request(t.Context(), http.MethodPost, path, nil)
	req.Body, req.ContentLength = io.NopCloser(&b), int64(b.Len())
	req.Header.Set("Content-Type", w.FormDataContentType())
	got, err := c.send(req)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func uploadPNG(t *testing.T, c client, path string) reply {
	t.Helper()
	got := uploadFile(t, c, path, pngBytes(t, 12, 8))
	if got.code != http.StatusOK {
		t.Fatalf("upload: %d %s", got.code, got.raw)
	}
	return got
}

func TestMedia(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{MaxMedia: 3, MaxUploadBytes: 1 << 16})
	c, other := join(t, s, base, "lena", ""), join(t, s, base, "bob", "")
	m := uploadPNG(t, c, "/api/v1/media")
	if m.text("type") != "image" || m.at("meta").at("original").at("width").v != float64(12) || m.at("description").v != nil {
		t.Errorf("upload answers %s", m.raw)
	}
	id := m.text("id")
	if got := other.do(http.MethodPut, "/api/v1/media/"+id, map[string]any{"description": "x"}); got.code != http.StatusNotFound {
		t.Errorf("another's: %d", got.code)
	}
	if got := other.do(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "x", "media_ids": []string{id}}); got.code != http.StatusUnprocessableEntity {
		t.Errorf("posting another's: %d", got.code)
	}
	c.must(http.MethodPut, "/api/v1/media/"+id, map[string]any{"description": "a bin"})
	st := c.must(http.MethodPost, "/api/v1/statuses", map[string]any{"media_ids": []string{id}})
	if got := st.at("media_attachments").list(); len(got) != 1 || got[0].text("description") != "a bin" {
		t.Errorf("attached: %s", st.raw)
	}
	if got := c.do(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "again", "media_ids": []string{id}}); got.code != http.StatusUnprocessableEntity {
		t.Errorf("attached twice: %d", got.code)
	}
	res, err := c.send((client{t: t, base: m.text("url")}).request(t.Context(), http.MethodGet, "", nil))
	if err != nil {
		t.Fatal(err)
	}
	if res.header.Get("Content-Type") != "image/png" || res.header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || res.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("served with %v", res.header)
	}
	guess := client{t: t, base: base}.do(http.MethodGet, "/media/guess/"+id+".png", nil)
	if guess.code != http.StatusNotFound {
		t.Errorf("an address that was guessed: %d", guess.code)
	}
	for name, data := range map[string][]byte{"a page": []byte("<html><script>alert(1)</script>"), "nothing": nil, "text": []byte("hello"), "svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)} {
		if got := uploadFile(t, c, "/api/v2/media", data); got.code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, got.code)
		}
	}
	big := slices.Concat(pngBytes(t, 1, 1), make([]byte, 1<<16))
	if got := uploadFile(t, c, "/api/v2/media", big); got.code != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d", got.code)
	}
	loose := uploadPNG(t, c, "/api/v2/media").text("id")
	for range 3 { // pushes out what hangs on nothing, oldest first, never what was posted
		uploadPNG(t, c, "/api/v2/media")
	}
	if got := c.do(http.MethodGet, "/api/v1/media/"+loose, nil); got.code != http.StatusNotFound {
		t.Errorf("the oldest loose one: %d", got.code)
	}
	c.must(http.MethodGet, "/api/v1/media/"+id, nil)
	full, fbase := serve(t, Options{MaxMedia: 1})
	f := join(t, full, fbase, "lena", "")
	f.must(http.MethodPost, "/api/v1/statuses", map[string]any{"media_ids": []string{uploadPNG(t, f, "/api/v2/media").text("id")}})
	if got := uploadFile(t, f, "/api/v2/media", pngBytes(t, 1, 1)); got.code != http.StatusUnprocessableEntity {
		t.Errorf("no room: %d", got.code)
	}
}
