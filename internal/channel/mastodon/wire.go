package mastodon

import (
	"bytes"
	"cmp"
	"encoding/json"
	"path"
	"strconv"
	"strings"
	"time"

	"answerable/internal/channel"
)

// ident is an id: a string by the book, a number on some servers.
type ident string

func (i *ident) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(i))
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*i = ident(n.String())
	return nil
}

// moment is a time that may be missing, empty or nonsense; nonsense must not cost us the message.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		return nil //nolint:nilerr // see above
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		m.Time = channel.CleanTime(t)
	}
	return nil
}

// count is a number that some servers hide or send as text.
type count int64

func (c *count) UnmarshalJSON(b []byte) error {
	if n, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64); err == nil {
		*c = count(n)
	}
	return nil
}

// text is a string that may be null or, on a broken server, something else.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text(s)
	}
	return nil
}

type account struct {
	ID        ident `json:"id"`
	Username  text  `json:"username"`
	Acct      text  `json:"acct"`
	Name      text  `json:"display_name"`
	Bot       bool  `json:"bot"`
	Followers count `json:"followers_count"`
}

type mention struct {
	ID   ident `json:"id"`
	Acct text  `json:"acct"`
}

type media struct {
	Type        text `json:"type"`
	URL         text `json:"url"`
	RemoteURL   text `json:"remote_url"`
	PreviewURL  text `json:"preview_url"`
	Description text `json:"description"`
}

type status struct {
	ID               ident           `json:"id"`
	CreatedAt        moment          `json:"created_at"`
	EditedAt         moment          `json:"edited_at"`
	InReplyTo        ident           `json:"in_reply_to_id"`
	InReplyToAccount ident           `json:"in_reply_to_account_id"`
	Visibility       text            `json:"visibility"`
	Spoiler          text            `json:"spoiler_text"`
	Language         text            `json:"language"`
	URI              text            `json:"uri"`
	URL              text            `json:"url"`
	Content          text            `json:"content"`
	Account          account         `json:"account"`
	Media            []media         `json:"media_attachments"`
	Mentions         []mention       `json:"mentions"`
	Reblog           json.RawMessage `json:"reblog"`
}

// boost reports whether this is only the wrapper round somebody else's words.
func (s *status) boost() bool { return len(s.Reblog) > 0 && !bytes.Equal(s.Reblog, []byte("null")) }

// version tells one wording of a status from the next.
func (s *status) version() string {
	if s.EditedAt.IsZero() {
		return ""
	}
	return strconv.FormatInt(s.EditedAt.UnixMicro(), 10)
}

// key is the Raw.Key of this wording.
func (s *status) key() string { return "s:" + string(s.ID) + ":" + s.version() }

// public: followers-only posts are no more for everybody to read than direct ones.
func (s *status) public() bool { return s.Visibility == "public" || s.Visibility == "unlisted" }

func (s *status) mentions(id ident) bool {
	for _, m := range s.Mentions {
		if m.ID == id {
			return true
		}
	}
	return false
}

// words are what the author wrote: the warning first, it often holds the question.
func (s *status) words() string {
	body := channel.HTML(string(s.Content))
	if s.Spoiler == "" {
		return body
	}
	return string(s.Spoiler) + "\n\n" + body
}

func (s *status) attachments() []channel.Attachment {
	out := make([]channel.Attachment, 0, len(s.Media))
	for _, m := range s.Media {
		u := m.URL
		if u == "" { // still being worked on, or not copied from its own server yet
			u = m.RemoteURL
		}
		if u == "" {
			u = m.PreviewURL
		}
		clean, _, _ := strings.Cut(string(u), "?")
		out = append(out, channel.Attachment{
			Name: path.Base("/" + clean), Type: mimeOf(path.Ext(clean), string(m.Type)), URL: string(u), Alt: string(m.Description),
		})
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// mimeOf is the media type of a file name; the network only says "image". The system's own table differs from machine to machine.
func mimeOf(ext, kind string) string {
	switch strings.ToLower(ext) {
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".gif":
		return "image/gif"
	case ".webp":
		return "image/webp"
	case ".avif":
		return "image/avif"
	case ".mp4":
		return "video/mp4"
	case ".webm":
		return "video/webm"
	case ".mp3":
		return "audio/mpeg"
	case ".ogg":
		return "audio/ogg"
	}
	if kind == "gifv" {
		return "video/mp4"
	}
	return kind
}

type notification struct {
	ID        ident           `json:"id"`
	Type      text            `json:"type"`
	CreatedAt moment          `json:"created_at"`
	Account   account         `json:"account"`
	Status    json.RawMessage `json:"status"`
	Emoji     text            `json:"emoji"`
}

type instance struct {
	Domain        text  `json:"domain"`
	MaxToot       count `json:"max_toot_chars"` // servers of another make
	Configuration struct {
		URLs struct {
			Streaming text `json:"streaming"`
		} `json:"urls"`
		Statuses struct {
			MaxCharacters count `json:"max_characters"`
			PerURL        count `json:"characters_reserved_per_url"`
		} `json:"statuses"`
	} `json:"configuration"`
	URLs json.RawMessage `json:"urls"` // version 1: {"streaming_api"}
}

// byAge compares two ids: they grow with time, in length or in letters.
func byAge(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }
