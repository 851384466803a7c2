package channel

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"answerable/internal/fault"
)

// Read gives a raw delivery its meaning. Every Inbound leaves an adapter through here: what f found is cleaned and checked, and what
// f could not read, or choked on, becomes an Arrival with a Cause that is stored raw and can be read again.
func Read(raw Raw, f func() ([]Inbound, error)) (a Arrival) {
	if checkID("delivery", raw.Key) != nil {
		raw.Key = "" // the hash of the body stands in
	}
	raw.Head = CleanLine(raw.Head, MaxName)
	a.Raw = raw
	defer func() {
		if p := recover(); p != nil { // one strange message must not end the reading of all others
			a.In, a.Cause = nil, fault.New(fault.Invalid, "this message could not be read: %s", CleanLine(fmt.Sprint(p), MaxName))
		}
	}()
	in, err := f()
	if err != nil {
		a.Cause = err
		return a
	}
	for i := range in {
		if err := in[i].clean(); err != nil {
			a.Cause = err
			return a
		}
	}
	a.In = in
	return a
}

func (in *Inbound) clean() error {
	for _, id := range []struct{ what, id string }{
		{"message", in.ExternalID},
		{"thread", in.ThreadKey},
		{"answered message", in.InReplyTo},
		{"author", in.Author.ID},
		{"realm", in.Author.Realm},
	} {
		if err := checkID(id.what, id.id); err != nil {
			return err
		}
	}
	if missing := in.missing(); missing != "" {
		return fault.New(fault.Invalid, "%s without %s", in.Kind, missing)
	}
	in.Text, in.Cut = clean(in.Text)
	in.Lang, in.URL = cleanLang(in.Lang), CleanURL(in.URL)
	in.Author.Handle = strings.TrimPrefix(CleanLine(in.Author.Handle, MaxName), "@")
	in.Author.Name = CleanLine(in.Author.Name, MaxName)
	in.Author.Reach = max(0, in.Author.Reach)
	in.Agent = CleanLine(in.Agent, MaxName)
	in.At = CleanTime(in.At)
	in.Attachments = in.Attachments[:min(len(in.Attachments), MaxAttachments)]
	for i, f := range in.Attachments {
		alt, _ := clean(f.Alt)
		in.Attachments[i] = Attachment{CleanLine(f.Name, MaxName), CleanLine(f.Type, 100), CleanURL(f.URL), alt}
	}
	return nil
}

func (in *Inbound) missing() string {
	switch in.Kind {
	case Message, Own:
		switch {
		case in.ExternalID == "":
			return "an id"
		case in.ThreadKey == "":
			return "a thread"
		case in.Author.ID == "":
			return "an author"
		}
	case Edit, Delete:
		if in.ExternalID == "" {
			return "an id"
		}
	case Reaction, Repost:
		if in.InReplyTo == "" {
			return "the message it is about"
		}
	case Unknown:
	}
	return ""
}

// checkID refuses what cannot be a key in every database and in a log line.
func checkID(what, id string) error {
	if len(id) > MaxID || !utf8.ValidString(id) || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f || isBidi(r) }) {
		return fault.New(fault.Invalid, "the id of the %s is not usable", what)
	}
	return nil
}

// CleanTime is t in UTC to the microsecond, and zero when no message can be that old or that new: the time of arrival stands in.
func CleanTime(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Year() < 1990 || t.Year() > 2200 {
		return time.Time{}
	}
	return t
}
