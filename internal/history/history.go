// Package history reads exports of past conversations: the "Customer Support on Twitter" table (twcs) and our own jsonl.
//
// The obvious way keeps the file in memory, or looks up every parent in a database. Exports have millions of rows in no useful
// order, so instead the file is read once, row by row, into a scratch folder, and the threads are made there in four passes that
// each read and write in order: rows and links by hashed id (sorted runs), links to pairs of rows, pairs to threads (a union in
// a paged file), rows by thread. Memory stays the same whatever the size of the file; the scratch folder needs about twice its
// size and is removed at the end.
//
// What cannot be read goes to Options.Reject with its line and a reason, and never harms its neighbours.
package history

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"iter"

	"answerable/internal/fault"
)

// Format names the form of an export.
type Format string

// The formats.
const (
	TWCS  Format = "twcs"  // CSV: tweet_id, author_id, inbound, created_at, text, response_tweet_id, in_response_to_tweet_id
	JSONL Format = "jsonl" // one message a line
)

// Side says who speaks.
type Side string

// The sides.
const (
	Customer Side = "customer"
	Brand    Side = "brand"
)

// Conversation is one whole thread of an export, oldest message first.
type Conversation struct {
	// Key is the id of the message that began it. The further pieces of a thread of more than MaxMessages are Key#2, Key#3, …
	Key string
	// Thread is the export's own name for the thread; empty when it has none.
	Thread string
	// Channel is what the export says of the first message; "twitter" for twcs.
	Channel string
	// Brand is the account of the brand it belongs to: the one that spoke first in it. Other brands in it are participants.
	Brand    string
	Public   bool // of the first message
	Messages []Message
}

// Message is one message of an export.
type Message struct {
	ID        string
	InReplyTo string // as the export says, also when that message is not in it; empty for a first one
	Author    Author
	Side      Side
	// BrandName is the account of the brand that speaks; empty for a customer.
	BrandName string
	// Agent is who of the brand wrote: what the export says, else the signature; empty when neither tells.
	Agent       string
	At          int64 // microseconds UTC
	Public      bool
	Automatic   bool // written by a machine
	Lang        string
	Text        string
	Attachments []Attachment
	// Part of Parts: a reply that was split ("1/2"). 0 of 0 when it was not; Parts is 0 alone for "1/n".
	Part, Parts int
	Line        int64 // of the file, from 1; of the first line when a row has several
}

// Author is who wrote a message.
type Author struct {
	ID        string
	Name      string
	Handle    string // without @
	Followers int64  // 0 when unknown
}

// Attachment is a file that came with a message.
type Attachment struct {
	Name string `json:"name"`
	Type string `json:"type"`
	URL  string `json:"url"`
}

// Options say how to read. The zero value works.
type Options struct {
	// Brand owns the conversations in which no brand speaks and none is named; without it they are rejected.
	Brand string
	// ScratchDir is where the scratch folder is made; the system's folder for such things when empty.
	ScratchDir string
	// Reject is told of every row that is left out: its first line, the row as it stood (cut after 64 KB), and why.
	Reject func(line int64, raw, why string)
	// Known is told of every row that is there twice with the same content. The first one counts.
	Known func(line int64, id string)
	// Progress is told now and then how many rows were read so far, good and bad, and at last how many there were.
	Progress func(done int64)
}

// Limits.
const (
	// MaxRow is the longest row that is read. A longer one is rejected, and the next line is read as usual.
	MaxRow = 1 << 20
	// MaxMessages is the most messages of a conversation; a longer thread is given in pieces.
	MaxMessages = 5000

	maxThreadBytes = 8 << 20  // of one piece
	maxLines       = 5000     // of one row
	keptRaw        = 64 << 10 // of a rejected row
	maxID          = 200      // bytes of an id
	progressEvery  = 1000     // rows
)

// Read reads an export, plain or gzip, and gives its conversations, those that began first first. It gives nothing before it has read
// the whole file, since the last row may belong to the first thread. A reply link may point both ways (in_response_to and
// response ids): messages are one thread when any link joins them, directly or through others. A message whose parent is not in
// the file begins a thread of its own; links that run in a circle are one thread.
//
// An error ends it and comes with an empty conversation: the file is not of the format at all (fault.Invalid), it or the
// scratch folder cannot be read or written, or ctx ended.
func Read(ctx context.Context, r io.Reader, f Format, o Options) iter.Seq2[Conversation, error] {
	return func(yield func(Conversation, error) bool) {
		if err := read(ctx, r, f, o, yield); err != nil && !errors.Is(err, errEnough) {
			yield(Conversation{}, err)
		}
	}
}

// errEnough ends the reading when the caller wants no more.
var errEnough = errors.New("enough")

func read(ctx context.Context, r io.Reader, f Format, o Options, yield func(Conversation, error) bool) (err error) {
	if o.Reject == nil {
		o.Reject = func(int64, string, string) {}
	}
	if o.Known == nil {
		o.Known = func(int64, string) {}
	}
	if o.Progress == nil {
		o.Progress = func(int64) {}
	}
	src, err := opened(r)
	if err != nil {
		return err
	}
	var rows rowReader
	switch f {
	case TWCS:
		rows, err = newTWCS(src, o.Reject)
	case JSONL:
		rows = newJSONL(src, o.Reject)
	default:
		return fault.New(fault.Invalid, "the format is twcs or jsonl, not %q", f)
	}
	if err != nil {
		return err
	}
	s, err := newScratch(o.ScratchDir, rows)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.remove()) }()
	if err := s.keep(ctx, o); err != nil {
		return err
	}
	if err := s.link(ctx, o); err != nil {
		return err
	}
	if err := s.join(ctx); err != nil {
		return err
	}
	return s.threads(ctx, o, yield)
}

// opened returns r, unpacked when it is gzip.
func opened(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	head, _ := b.Peek(2) // an error comes again at the first read
	if len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, fault.As(fault.Invalid, err, "the file begins like gzip and is not")
	}
	return bufio.NewReaderSize(z, 64<<10), nil
}

// rowReader reads the rows of one format.
type rowReader interface {
	// next returns the next row that has the right form; io.EOF at the end. It has told Reject of those between.
	next() (record, error)
	// parse reads a row; why is for people when it cannot be.
	parse(rec record) (w row, why string)
	// read is how many rows there were so far, good and bad.
	read() int64
}

// record is a row as it stands in the file.
type record struct {
	line int64
	raw  []byte
}

// row is a row with its meaning.
type row struct {
	Message
	channel  string
	thread   string   // the export's name for the thread
	brand    string   // the brand it is about, when the export says so
	children []string // ids of messages that answer it
}

func cut(raw []byte) string { return string(raw[:min(len(raw), keptRaw)]) }
