package square

import (
	"bytes"
	"image"
	_ "image/gif"  // sizes of pictures
	_ "image/jpeg" // sizes of pictures
	_ "image/png"  // sizes of pictures
	"net/http"
	"slices"

	"answerable/internal/fault"
)

// mediaTypes are the files one can post, with the end of their names. What a file is, its bytes say, never its sender.
var mediaTypes = map[string]string{
	"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "video/mp4": ".mp4", "video/webm": ".webm",
}

// keep checks an upload and stores it, making room by forgetting files that hang on nothing, oldest first.
func (s *Square) keep(by *account, up upload, alt string) (*file, error) {
	kind := http.DetectContentType(up.data)
	if mediaTypes[kind] == "" {
		return nil, fault.New(fault.Invalid, "Validation failed: File content type is invalid, File is invalid")
	}
	if n := len([]rune(alt)); n > maxDescription {
		return nil, fault.New(fault.Invalid, "Validation failed: Description is too long (maximum is %d characters)", maxDescription)
	}
	if err := s.makeRoom(int64(len(up.data))); err != nil {
		return nil, err
	}
	m := &file{ID: s.nextID(), Owner: by.ID, Key: random(), Type: kind, Alt: clean(alt), Data: up.data}
	if c, _, err := image.DecodeConfig(bytes.NewReader(up.data)); err == nil {
		m.Wide, m.High = c.Width, c.Height
	}
	return m, s.change(entry{Kind: kindMedia, Media: m})
}

func (s *Square) makeRoom(size int64) error {
	full := func() bool { return len(s.media) >= s.opt.MaxMedia || s.bytes+size > s.opt.MaxMediaBytes }
	if !full() {
		return nil
	}
	var loose []ID
	for id, m := range s.media {
		if m.status == 0 {
			loose = append(loose, id)
		}
	}
	slices.Sort(loose)
	for _, id := range loose {
		if !full() {
			break
		}
		if err := s.change(entry{Kind: kindForget, ID: id}); err != nil {
			return err
		}
	}
	if full() {
		return fault.New(fault.Invalid, "Validation failed: the square has no room for more files")
	}
	return nil
}

// uploadMedia answers 200 with the url set, also on v2: with 202 clients begin to poll.
func (s *Square) uploadMedia(c *call) (any, error) {
	up, ok := c.files["file"]
	if !ok {
		return nil, fault.New(fault.Invalid, "Validation failed: File can't be blank")
	}
	m, err := s.keep(c.me, up, c.in.get("description"))
	if err != nil {
		return nil, err
	}
	return m.json(c.base), nil
}

func (s *Square) getMedia(c *call) (any, error) {
	m := s.media[parseID(c.r.PathValue("id"))]
	if m == nil || m.Owner != c.me.ID {
		return nil, errMissing
	}
	return m.json(c.base), nil
}

func (s *Square) describeMedia(c *call) (any, error) {
	m := s.media[parseID(c.r.PathValue("id"))]
	if m == nil || m.Owner != c.me.ID {
		return nil, errMissing
	}
	alt := clean(c.in.get("description"))
	if len([]rune(alt)) > maxDescription {
		return nil, fault.New(fault.Invalid, "Validation failed: Description is too long (maximum is %d characters)", maxDescription)
	}
	if c.in.has("description") && alt != m.Alt {
		if err := s.change(entry{Kind: kindDescribe, ID: m.ID, Text: alt}); err != nil {
			return nil, err
		}
	}
	return m.json(c.base), nil
}

// serveMedia hands out a file to whoever has its address. It can do nothing in a browser but be looked at.
func (s *Square) serveMedia(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	m := s.media[parseID(stem(r.PathValue("file")))]
	s.mu.RUnlock()
	if m == nil || m.Key != r.PathValue("key") {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", m.Type)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	http.ServeContent(w, r, "", m.ID.time(), bytes.NewReader(m.Data))
}
