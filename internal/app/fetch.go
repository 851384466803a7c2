package app

import (
	"context"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"answerable/internal/db"
	"answerable/internal/desk/conversation"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/jobs"
)

// fetchFile is the errand of getting one file that came with a message.
type fetchFile struct {
	Attachment string `json:"attachment"`
}

// Kind names the errand.
func (fetchFile) Kind() string { return "attachment.fetch" }

// MaxFile is the largest attachment that is kept; a larger one is shown as not kept, with its size limit.
const MaxFile = 25 << 20

// fetch turns files that wait into errands: intake itself only writes the row.
func (a *App) fetch(ctx context.Context) {
	woken := a.Hub.Subscribe(ctx, func(c event.Changed) bool { return c.Kind == "conversation" })
	for {
		if err := a.order(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("files", "err", err)
		}
		t := time.NewTimer(30 * time.Second)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		case <-woken:
			// A busy desk is looked over once a second, not once a message.
			t.Reset(time.Second)
			select {
			case <-ctx.Done():
			case <-t.C:
			}
		drain:
			for {
				select {
				case _, ok := <-woken:
					if !ok {
						return
					}
				default:
					break drain
				}
			}
		}
		t.Stop()
	}
}

// order makes an errand of each file that waits.
func (a *App) order(ctx context.Context) error {
	some := false
	if err := a.DB.Read(ctx, func(tx *db.Tx) (err error) {
		some, err = conversation.AnyUnfetched(tx)
		return err
	}); err != nil || !some {
		return err
	}
	return a.DB.Write(ctx, db.Work, func(tx *db.Tx) error { //nolint:contextcheck // the transaction carries it
		ids, err := conversation.Unfetched(tx, 50)
		if err != nil || len(ids) == 0 {
			return err
		}
		args := make([]jobs.Args, len(ids))
		for i, id := range ids {
			args[i] = fetchFile{id}
		}
		return a.queue.Add(tx, args...)
	})
}

func (a *App) fetchOne(ctx context.Context, f fetchFile, last bool) error {
	var at conversation.Attachment
	if err := a.DB.Read(ctx, func(tx *db.Tx) (err error) {
		at, err = conversation.GetAttachment(tx, f.Attachment)
		return err
	}); err != nil {
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	}
	at, err := a.download(ctx, at)
	if err != nil && !last {
		return err // River comes again
	}
	return a.DB.Write(ctx, db.Work, func(tx *db.Tx) error { return conversation.Fetched(tx, at) })
}

func (a *App) download(ctx context.Context, at conversation.Attachment) (conversation.Attachment, error) {
	at.State = "failed"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.URL, nil)
	if err != nil || req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		at.Error = "its address cannot be read"
		return at, nil
	}
	res, err := a.HTTP.Do(req)
	if err != nil {
		if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Forbidden) {
			at.Error = fault.Safe(err)
			return at, nil
		}
		at.Error = "its server did not answer"
		return at, fault.As(fault.Temporary, err, "a file could not be fetched")
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		at.Error = "its server answered " + res.Status
		if res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests {
			return at, fault.New(fault.Temporary, "a file's server answered %s", res.Status)
		}
		return at, nil
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(res.Body, head)
	if err != nil && n == 0 {
		at.Error = "it was empty"
		return at, nil
	}
	at.Type = http.DetectContentType(head[:n]) // what it is, not what it says it is
	key, size, err := a.Blobs.Put(ctx, io.MultiReader(strings.NewReader(string(head[:n])), res.Body), MaxFile)
	switch {
	case fault.Is(err, fault.TooLarge):
		at.State, at.Error = "too_large", fault.Safe(err)
		return at, nil
	case err != nil:
		return at, fault.As(fault.Temporary, err, "a file could not be kept")
	}
	at.State, at.Blob, at.Size, at.Error = "kept", key, size, ""
	if at.Name == "" {
		at.Name = path.Base(req.URL.Path)
	}
	return at, nil
}
