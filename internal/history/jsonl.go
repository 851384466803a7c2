package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// jsonl reads one message a line.
type jsonl struct {
	lines  lineReader
	reject func(line int64, raw, why string)
	done   int64
}

func newJSONL(r *bufio.Reader, reject func(int64, string, string)) *jsonl {
	return &jsonl{lines: lineReader{r: r, most: MaxRow}, reject: reject}
}

func (j *jsonl) read() int64 { return j.done }

func (j *jsonl) next() (record, error) {
	for {
		l, err := j.lines.next()
		if err != nil {
			return record{}, err
		}
		raw := bytes.TrimSpace(l.text)
		if l.no == 1 {
			raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
		}
		if len(raw) == 0 {
			continue
		}
		j.done++
		if l.long {
			j.reject(l.no, cut(l.text), fmt.Sprintf("the line is longer than %d bytes", MaxRow))
			continue
		}
		return record{l.no, raw}, nil
	}
}

// id is an id in an export: text, or a number as some write it.
type id string

// UnmarshalJSON takes text, a whole number, or null.
func (i *id) UnmarshalJSON(b []byte) error {
	switch {
	case bytes.Equal(b, []byte("null")):
		*i = ""
	case len(b) > 0 && b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*i = id(strings.TrimSpace(s))
	default:
		var n int64
		if err := json.Unmarshal(b, &n); err != nil {
			return err
		}
		*i = id(bytes.TrimSpace(b))
	}
	return nil
}

func (j *jsonl) parse(rec record) (row, string) {
	if why := unclean(rec.raw); why != "" {
		return row{}, why
	}
	var m struct {
		ID        id `json:"id"`
		InReplyTo id `json:"in_reply_to"`
		ThreadID  id `json:"thread_id"`
		Author    struct {
			ID        id     `json:"id"`
			Name      string `json:"name"`
			Handle    string `json:"handle"`
			Side      string `json:"side"`
			Followers int64  `json:"followers"`
			Agent     string `json:"agent"`
		} `json:"author"`
		Brand       string       `json:"brand"`
		Channel     string       `json:"channel"`
		Public      bool         `json:"public"`
		Automatic   bool         `json:"automatic"`
		At          string       `json:"at"`
		Lang        string       `json:"lang"`
		Text        string       `json:"text"`
		Attachments []Attachment `json:"attachments"`
	}
	if err := json.Unmarshal(rec.raw, &m); err != nil {
		return row{}, "not a message in JSON: " + err.Error()
	}
	var w row
	w.Line = rec.line
	w.ID, w.InReplyTo, w.thread, w.channel = string(m.ID), string(m.InReplyTo), string(m.ThreadID), m.Channel
	w.brand = strings.TrimSpace(m.Brand)
	if why := badID("id", w.ID); why != "" {
		return row{}, why
	}
	if max(len(w.InReplyTo), len(w.thread), len(w.brand), len(w.channel)) > maxID {
		return row{}, fmt.Sprintf("in_reply_to, thread_id, brand or channel is longer than %d bytes", maxID)
	}
	w.Author = Author{string(m.Author.ID), m.Author.Name, strings.TrimPrefix(m.Author.Handle, "@"), max(0, m.Author.Followers)}
	switch w.Side = Side(m.Author.Side); w.Side {
	case Customer:
	case Brand:
		w.BrandName = firstOf(w.brand, w.Author.Name, w.Author.Handle, w.Author.ID)
		w.Author.ID = firstOf(w.Author.ID, w.BrandName)
		w.Agent = strings.TrimSpace(m.Author.Agent)
		if w.BrandName == "" {
			return row{}, "a message of a brand names no brand"
		}
	default:
		return row{}, `author.side is neither "customer" nor "brand"`
	}
	if why := badID("author.id", w.Author.ID); why != "" {
		return row{}, why
	}
	at, why := moment(m.At)
	if why != "" {
		return row{}, why
	}
	w.At, w.Public, w.Automatic, w.Lang, w.Text, w.Attachments = at, m.Public, m.Automatic, m.Lang, m.Text, m.Attachments
	if strings.ContainsRune(w.Text, 0) || strings.ContainsRune(w.ID+w.thread+w.Author.ID+w.Author.Name+w.Author.Handle+w.brand, 0) {
		return row{}, "the row holds a NUL"
	}
	return w.signed(), ""
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
