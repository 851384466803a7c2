package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"answerable/internal/db"
	"answerable/internal/desk/conversation"
	"answerable/internal/event"
	"answerable/internal/fault"
)

// pulse is how often a silent stream says that it is still there: proxies cut what says nothing.
const pulse = 20 * time.Second

// stream tells an open page that something moved. It is a hint and carries no words: the page reads again what it shows.
func (s *server) stream(w http.ResponseWriter, r *http.Request, v *visit) error {
	mine := map[string]bool{}
	for _, b := range v.brands {
		mine[string(b.ID)] = true
	}
	hints := s.Hub.Subscribe(r.Context(), func(c event.Changed) bool {
		switch c.Kind {
		case "conversation":
			return mine[c.Brand]
		case "presence":
			return c.ID == v.actor.ID
		case event.Lost:
			return true
		}
		return false
	})
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy in front must not wait for more
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Time{}) // a stream outlives what a page may take; where that cannot be said it is simply opened again
	if err := out.Flush(); err != nil {
		return nil // they have gone, and the answer has begun: there is nobody to tell
	}
	beat := time.NewTicker(pulse)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return nil
		case _, ok := <-hints:
			if !ok {
				return nil
			}
			_, err = fmt.Fprintf(w, "event: moved\ndata: {\"now\":%d}\n\n", s.now().UnixMilli())
		case <-beat.C:
			_, err = io.WriteString(w, ": still here\n\n")
		}
		if err == nil {
			err = out.Flush()
		}
		if err != nil {
			return nil // they have gone
		}
	}
}

// file shows an attachment. What is not a harmless picture is only ever saved, never shown, and nothing in it can act.
func (s *server) file(w http.ResponseWriter, r *http.Request, v *visit) error {
	var a conversation.Attachment
	if err := s.DB.Read(r.Context(), func(tx *db.Tx) error {
		c, err := conversation.Get(tx, v.actor, conversation.ID(r.PathValue("conversation")))
		if err != nil {
			return err
		}
		ms, err := conversation.Timeline(tx, c.ID)
		for _, m := range ms {
			for _, x := range m.Attachments {
				if x.ID == r.PathValue("id") && x.Blob != "" {
					a = x
				}
			}
		}
		return err
	}); err != nil {
		return err
	}
	if a.Blob == "" || s.Files == nil {
		return fault.New(fault.NotFound, "no such file")
	}
	f, err := s.Files.Get(a.Blob)
	if errors.Is(err, os.ErrNotExist) {
		return fault.As(fault.NotFound, err, "no such file")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	kind, how := "application/octet-stream", "attachment"
	if picture(a.Type) {
		kind, how = a.Type, "inline"
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": a.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=3600")
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}
