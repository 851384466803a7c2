package history

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"answerable/internal/desktest/require"
	"answerable/internal/fault"
)

// result is all that came out of a reading.
type result struct {
	conversations []Conversation
	rejects       []string // "line why"
	known         []int64
	done          int64
	err           error
}

func readAll(t testing.TB, r io.Reader, f Format, o Options) result {
	t.Helper()
	var out result
	o.ScratchDir = t.TempDir()
	o.Reject = func(line int64, _, why string) { out.rejects = append(out.rejects, fmt.Sprint(line, " ", why)) }
	o.Known = func(line int64, _ string) { out.known = append(out.known, line) }
	o.Progress = func(n int64) { out.done = n }
	for c, err := range Read(t.Context(), r, f, o) {
		if err != nil {
			out.err = err
			break
		}
		out.conversations = append(out.conversations, c)
	}
	left, err := os.ReadDir(o.ScratchDir)
	if err != nil || len(left) > 0 {
		t.Errorf("the scratch folder was left behind: %v %v", left, err)
	}
	return out
}

// shape writes conversations as "brand: id>id id" lines, for comparison.
func shape(all []Conversation) string {
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "%s %s:", c.Key, c.Brand)
		for _, m := range c.Messages {
			fmt.Fprintf(&b, " %s", m.ID)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

const header = "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n"

func at(minute int) string { return fmt.Sprintf("Tue Oct 31 22:%02d:00 +0000 2017", minute) }

func tweet(id, author string, inbound bool, minute int, text, responses, parent string) string {
	in := "False"
	if inbound {
		in = "True"
	}
	return fmt.Sprintf("%s,%s,%s,%s,%s,%s,%s\n", id, author, in, at(minute), text, responses, parent)
}

func TestThreads(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ rows, want string }{
		"a thread in the wrong order": {
			tweet("3", "1", true, 9, "thanks", "", "2.0") + tweet("2", "kestrel", false, 5, "yes", "3", "1") + tweet("1", "1", true, 1, "@kestrel is it open?", "2", ""),
			"1 kestrel: 1 2 3\n",
		},
		"only the parent tells": {
			tweet("1", "1", true, 1, "a", `"2,9"`, "") + tweet("2", "kestrel", false, 5, "yes", "", ""),
			"1 kestrel: 1 2\n",
		},
		"only the child tells": {
			tweet("1", "1", true, 1, "a", "", "") + tweet("2", "kestrel", false, 5, "yes", "", "1"),
			"1 kestrel: 1 2\n",
		},
		"an orphan begins a thread of its own": {
			tweet("5", "1", true, 1, "@Kestrel a", "", "4") + tweet("6", "2", true, 2, "@kestrel b", "", "4") + tweet("2", "kestrel", false, 5, "hello all", "", ""),
			"5 kestrel: 5\n6 kestrel: 6\n2 kestrel: 2\n",
		},
		"links in a circle": {
			tweet("1", "1", true, 3, "a", "2", "3") + tweet("2", "kestrel", false, 2, "b", "3", "1") + tweet("3", "1", true, 1, "c", "1", "2") + tweet("4", "1", true, 1, "c", "4", "4") + tweet("5", "kestrel", false, 9, "x", "", ""),
			"3 kestrel: 3 2 1\n5 kestrel: 5\n",
		},
		"the brand that spoke first": {
			tweet("1", "1", true, 1, "@marlow @kestrel", "", "") + tweet("2", "marlow", false, 7, "us", "", "1") + tweet("3", "kestrel", false, 6, "not them", "", "1"),
			"1 kestrel: 1 3 2\n",
		},
		"times that are the same": {
			tweet("9", "1", true, 1, "a", "", "") + tweet("4", "kestrel", false, 1, "c", "", "7") + tweet("7", "1", true, 1, "b", "", "9"),
			"9 kestrel: 9 7 4\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readAll(t, strings.NewReader(header+c.rows), TWCS, Options{})
			if diff := gocmp.Diff(c.want, shape(got.conversations)); diff != "" || got.err != nil {
				t.Errorf("conversations (-want +got), %v:\n%s", got.err, diff)
			}
		})
	}
}

func TestTWCSRows(t *testing.T) {
	t.Parallel()
	good := tweet("2", "kestrel", false, 5, "yes ^AY", "", "1")
	for name, c := range map[string]struct {
		rows    string
		want    []string // id text, of what was read beside good
		rejects []string
	}{
		"bare carriage returns are text": {tweet("1", "7", true, 1, "@kestrel \r\rI just love it", "2", ""), []string{"1 @kestrel \r\rI just love it"}, nil},
		"lines end with CR LF":           {strings.ReplaceAll(tweet("1", "7", true, 1, "hi", "2", ""), "\n", "\r\n"), []string{"1 hi"}, nil},
		"quotes, commas and line ends":   {tweet("1", "7", true, 1, "\"a \"\"b\"\",\r\n\nc\"", "2", ""), []string{"1 a \"b\",\r\n\nc"}, nil},
		"a quoted last field and CR LF":  {strings.ReplaceAll(tweet("1", "7", true, 1, "hi", "2", `"nan"`), "\n", "\r\n"), []string{"1 hi"}, nil},
		"a quote inside is text":         {tweet("1", "7", true, 1, `5" screen`, "2", ""), []string{`1 5" screen`}, nil},
		"escapes are undone once":        {tweet("1", "7", true, 1, "a &amp;lt; &lt;3 &copy", "2", ""), []string{"1 a &lt; <3 &copy"}, nil},
		"too few fields":                 {"1,7,True\n", nil, []string{"2 the row has 3 fields, the header 7"}},
		"too many fields":                {strings.TrimSpace(tweet("1", "7", true, 1, "a", "", "")) + ",,\n", nil, []string{"2 the row has 9 fields, the header 7"}},
		"a time that is none":            {"1,7,True,yesterday,hi,2,\n", nil, []string{"2 the time cannot be read"}},
		"no id":                          {tweet("", "7", true, 1, "a", "", ""), nil, []string{"2 tweet_id is missing"}},
		"no side":                        {"1,7,maybe," + at(1) + ",hi,2,\n", nil, []string{"2 inbound is neither True nor False"}},
		"a NUL":                          {tweet("1", "7", true, 1, "a\x00b", "2", ""), nil, []string{"2 the row holds a NUL"}},
		"not UTF-8":                      {tweet("1", "7", true, 1, "a\xffb", "2", ""), nil, []string{"2 the row is not UTF-8"}},
		"a line of 10 MB":                {tweet("1", "7", true, 1, strings.Repeat("a", 10<<20), "2", ""), nil, []string{"2 the line is longer than 1048576 bytes"}},
		"text behind a closing quote":    {tweet("1", "7", true, 1, `"a" b`, "2", ""), nil, []string{"2 there is text behind a closing quote"}},
		"a quote that is never closed":   {"1,7,True,\"" + at(1) + "\n", nil, []string{"2 a quote is never closed"}},
		"the same id with other content": {tweet("2", "kestrel", false, 6, "no", "", "1"), []string{"2 no"}, []string{"3 the id is that of line 2, with other content"}},
		"blank lines are nothing":        {"\n\r\n  \n" + tweet("1", "7", true, 1, "a", "2", ""), []string{"1 a"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, lead := range []string{"", "\ufeff"} {
				got := readAll(t, strings.NewReader(lead+header+c.rows+good), TWCS, Options{})
				var texts []string
				for _, cv := range got.conversations {
					for _, m := range cv.Messages {
						if m.Text != "yes ^AY" {
							texts = append(texts, m.ID+" "+m.Text)
						} else if m.Agent != "AY" || m.BrandName != "kestrel" || m.Side != Brand {
							t.Errorf("the good row is read as %+v", m)
						}
					}
				}
				if diff := gocmp.Diff(c.want, texts); diff != "" || got.err != nil {
					t.Errorf("texts (-want +got), %v:\n%s", got.err, diff)
				}
				if diff := gocmp.Diff(c.rejects, got.rejects); diff != "" {
					t.Errorf("rejects (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestHeaderIsFoundByNames(t *testing.T) {
	t.Parallel()
	rows := ",text,tweet_id,author_id,inbound,created_at,in_response_to_tweet_id\n0,hi,2,kestrel,False," + at(1) + ",\n"
	if got := readAll(t, strings.NewReader(rows), TWCS, Options{}); shape(got.conversations) != "2 kestrel: 2\n" {
		t.Errorf("got %q, %v, %v", shape(got.conversations), got.rejects, got.err)
	}
	for _, bad := range []string{"", "\n\n", "hello\nworld\n", "{}\n", "tweet_id,text\n"} {
		if got := readAll(t, strings.NewReader(bad), TWCS, Options{}); !fault.Is(got.err, fault.Invalid) {
			t.Errorf("%q: got %v, want an invalid file", bad, got.err)
		}
	}
	if got := readAll(t, strings.NewReader(""), "xml", Options{}); !fault.Is(got.err, fault.Invalid) {
		t.Errorf("got %v, want an unknown format", got.err)
	}
}

func TestIdenticalRowsAreKnown(t *testing.T) {
	t.Parallel()
	one := tweet("2", "kestrel", false, 5, "yes", "", "1")
	got := readAll(t, strings.NewReader(header+one+tweet("1", "7", true, 1, "a", "2", "")+one+one), TWCS, Options{})
	if diff := gocmp.Diff([]int64{4, 5}, got.known); diff != "" || len(got.rejects) > 0 || got.done != 4 {
		t.Errorf("known (-want +got), rejects %v, read %d:\n%s", got.rejects, got.done, diff)
	}
	if want := "1 kestrel: 1 2\n"; shape(got.conversations) != want {
		t.Errorf("got %q, want %q", shape(got.conversations), want)
	}
}

func TestARowThatIsLeftOutLinksNothing(t *testing.T) {
	t.Parallel()
	rows := header + tweet("1", "7", true, 10, "a", "", "") + tweet("2", "kestrel", false, 12, "b", "", "1") +
		tweet("2", "kestrel", false, 0, "other", "1", "9") + tweet("9", "marlow", false, 5, "c", "", "")
	got := readAll(t, strings.NewReader(rows), TWCS, Options{})
	if want := "9 marlow: 9\n1 kestrel: 1 2\n"; shape(got.conversations) != want || len(got.rejects) != 1 {
		t.Errorf("got %q, want %q, rejects %v", shape(got.conversations), want, got.rejects)
	}
	// The one left out may be the first of a thread: it holds the others together, but its time is not theirs.
	line := func(id, thread string, hour int) string {
		return fmt.Sprintf(`{"id":%q,"thread_id":%q,"author":{"id":"u","side":"customer"},"brand":"k","at":"2024-05-01T%02d:00:00Z"}`+"\n", id, thread, hour)
	}
	got = readAll(t, strings.NewReader(line("a", "x", 5)+line("a", "y", 1)+line("b", "y", 10)+line("d", "y", 11)+line("c", "z", 7)), JSONL, Options{})
	if want := "a k: a\nc k: c\nb k: b d\n"; shape(got.conversations) != want || len(got.rejects) != 1 {
		t.Errorf("got %q, want %q, rejects %v", shape(got.conversations), want, got.rejects)
	}
}

func TestLinesHaveALimit(t *testing.T) {
	t.Parallel()
	l := lineReader{r: bufio.NewReaderSize(strings.NewReader("12345\n123456\n"+strings.Repeat("x", 100)+"\n\nab\r\rc\r\nend"), 16), most: 5}
	var got []string
	for {
		n, err := l.next()
		if err != nil {
			break
		}
		got = append(got, fmt.Sprintf("%d %q %v", n.no, n.text[:min(len(n.text), 6)], n.long))
	}
	want := []string{`1 "12345" false`, `2 "123456" true`, `3 "xxxxxx" true`, `4 "" false`, `5 "ab\r\rc\r" true`, `6 "end" false`}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestAStrayQuoteDoesNotSwallowTheFile(t *testing.T) {
	t.Parallel()
	var rows strings.Builder
	rows.WriteString(header + `1,7,True,"` + at(1) + ",a,,\n")
	for i := range 3000 {
		rows.WriteString(tweet(strconv.Itoa(i+10), "kestrel", false, i%60, `"hello, you"`, "", ""))
	}
	got := readAll(t, strings.NewReader(rows.String()), TWCS, Options{})
	if len(got.conversations) != 3000 || len(got.rejects) != 1 {
		t.Errorf("got %d conversations and rejects %v", len(got.conversations), got.rejects)
	}
}

func TestAConversationNobodyOwns(t *testing.T) {
	t.Parallel()
	rows := header + tweet("1", "7", true, 1, "hello @nobody", "", "") + tweet("2", "8", true, 2, "x", "", "1")
	got := readAll(t, strings.NewReader(rows), TWCS, Options{})
	if len(got.conversations) != 0 || len(got.rejects) != 2 {
		t.Errorf("got %v, rejects %v", shape(got.conversations), got.rejects)
	}
	got = readAll(t, strings.NewReader(rows), TWCS, Options{Brand: "kestrel"})
	if want := "1 kestrel: 1 2\n"; shape(got.conversations) != want {
		t.Errorf("got %q, want %q", shape(got.conversations), want)
	}
}

func TestJSONL(t *testing.T) {
	t.Parallel()
	rows := `{"id":"m1","thread_id":"t1","author":{"id":"u1","name":"Ana","handle":"@ana","side":"customer","followers":12},"brand":"Kestrel","channel":"mail","at":"2024-05-01T10:00:00Z","lang":"de","text":"Wo ist mein Koffer?","attachments":[{"name":"a.png","type":"image/png","url":"https://x.example/a.png"}]}
{"id":"m2","in_reply_to":"m1","author":{"id":"b1","name":"Kestrel","side":"brand","agent":"Ben"},"brand":"Kestrel","channel":"mail","at":"2024-05-01T12:00:00+02:00","text":"Am Band 4","automatic":true}
{"id":3,"thread_id":"t1","author":{"id":4,"side":"customer"},"channel":"mail","at":"2024-05-01T11:00:00Z","text":"danke","public":true}
{"id":"m1","author":{"id":"u1","side":"customer"},"brand":"Kestrel","channel":"web","at":"2024-05-01T12:00:00Z","text":"another channel, another message"}

not json
{"id":"x","author":{"id":"u","side":"robot"},"at":"2024-05-01T10:00:00Z"}
{"id":"x","author":{"side":"customer"},"at":"2024-05-01T10:00:00Z"}
{"id":"x","author":{"id":"u","side":"customer"},"at":"May"}
{"author":{"id":"u","side":"customer"},"at":"2024-05-01T10:00:00Z"}
{"id":"x","author":{"id":"u","side":"customer"},"brand":"K","at":"2024-05-01T10:00:00Z","text":"a\u0000b"}
`
	got := readAll(t, strings.NewReader(rows), JSONL, Options{})
	base := int64(1714557600000000) // 2024-05-01T10:00:00Z
	want := []Conversation{
		{Key: "m1", Thread: "t1", Channel: "mail", Brand: "Kestrel", Messages: []Message{
			{ID: "m1", Author: Author{"u1", "Ana", "ana", 12}, Side: Customer, At: base, Lang: "de", Text: "Wo ist mein Koffer?", Attachments: []Attachment{{"a.png", "image/png", "https://x.example/a.png"}}, Line: 1},
			{ID: "m2", InReplyTo: "m1", Author: Author{ID: "b1", Name: "Kestrel"}, Side: Brand, BrandName: "Kestrel", Agent: "Ben", At: base, Automatic: true, Text: "Am Band 4", Line: 2},
			{ID: "3", Author: Author{ID: "4"}, Side: Customer, At: base + 3600e6, Public: true, Text: "danke", Line: 3},
		}},
		{Key: "m1", Channel: "web", Brand: "Kestrel", Messages: []Message{
			{ID: "m1", Author: Author{ID: "u1"}, Side: Customer, At: base + 7200e6, Text: "another channel, another message", Line: 4},
		}},
	}
	if diff := gocmp.Diff(want, got.conversations); diff != "" || got.err != nil {
		t.Errorf("conversations (-want +got), %v:\n%s", got.err, diff)
	}
	wantRejects := []string{
		"6 not a message in JSON: invalid character 'o' in literal null (expecting 'u')", `7 author.side is neither "customer" nor "brand"`,
		"8 author.id is missing", "9 the time cannot be read", "10 id is missing", "11 the row holds a NUL",
	}
	if diff := gocmp.Diff(wantRejects, got.rejects); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, header+tweet("2", "kestrel", false, 5, "yes", "", ""))
	_ = z.Close()
	whole := b.Bytes()
	if got := readAll(t, bytes.NewReader(whole), TWCS, Options{}); shape(got.conversations) != "2 kestrel: 2\n" {
		t.Errorf("got %q, %v", shape(got.conversations), got.err)
	}
	if got := readAll(t, bytes.NewReader(whole[:len(whole)-9]), TWCS, Options{}); got.err == nil {
		t.Error("a torn file was read without an error")
	}
}

func TestStoppingEarlyAndCancel(t *testing.T) {
	t.Parallel()
	var rows strings.Builder
	rows.WriteString(header)
	for i := range 5000 {
		rows.WriteString(tweet(strconv.Itoa(i+1), "kestrel", false, i%60, "hello", "", ""))
	}
	dir := t.TempDir()
	for _, err := range Read(t.Context(), strings.NewReader(rows.String()), TWCS, Options{ScratchDir: dir}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	var err error
	for _, e := range Read(ctx, strings.NewReader(rows.String()), TWCS, Options{ScratchDir: dir, Progress: func(int64) { cancel() }}) {
		err = e
	}
	if err == nil {
		t.Error("a cancelled reading ended well")
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestALongThreadComesInPieces(t *testing.T) {
	t.Parallel()
	var rows strings.Builder
	rows.WriteString(header + tweet("1", "kestrel", false, 0, "post", "", ""))
	for i := range 2 * MaxMessages {
		rows.WriteString(tweet(strconv.Itoa(i+2), strconv.Itoa(i), true, 1+i%59, "me too", "", "1"))
	}
	got := readAll(t, strings.NewReader(rows.String()), TWCS, Options{})
	var keys []string
	n, last := 0, int64(0)
	for _, c := range got.conversations {
		keys = append(keys, c.Key+" "+c.Brand)
		n += len(c.Messages)
		for _, m := range c.Messages {
			if m.At < last {
				t.Fatal("messages are out of order")
			}
			last = m.At
		}
	}
	if diff := gocmp.Diff([]string{"1 kestrel", "1#2 kestrel", "1#3 kestrel"}, keys); diff != "" || n != 2*MaxMessages+1 {
		t.Errorf("%d messages in pieces (-want +got):\n%s", n, diff)
	}
}

// TestRunsSortMoreThanMemoryHolds forces spills and merges of merges.
func TestRunsSortMoreThanMemoryHolds(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test that can be repeated
	r := newRuns(t.TempDir(), 100)
	var want []int64
	for range 100 * (mergeWidth*2 + 3) {
		n := rnd.Int64() - rnd.Int64()
		want = append(want, n)
		var e entry
		e.fill(0, n)
		if err := r.add(e); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(want)
	var got []int64
	for e, err := range r.sorted() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.number(0))
	}
	if !slices.Equal(want, got) {
		t.Errorf("%d of %d entries, or out of order", len(got), len(want))
	}
}

// TestUnionIsThatOfAMap joins rows at random, further apart than the pages in memory reach.
func TestUnionIsThatOfAMap(t *testing.T) {
	t.Parallel()
	c, err := newColumn(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const n = 3 * columnPages * pageNumbers
	u, model := union{c}, map[int64]int64{}
	find := func(i int64) int64 {
		for {
			up, ok := model[i]
			if !ok {
				return i
			}
			i = up
		}
	}
	rnd := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a test that can be repeated
	var touched []int64
	for range 20_000 {
		a, b := rnd.Int64N(n), rnd.Int64N(n)
		if len(touched) > 0 && rnd.IntN(2) == 0 {
			b = touched[rnd.IntN(len(touched))]
		}
		touched = append(touched, a, b)
		u.join(a, b)
		if a, b = find(a), find(b); a != b {
			model[max(a, b)] = min(a, b)
		}
	}
	for _, i := range touched {
		if got, want := u.root(i), find(i); got != want {
			t.Fatalf("root of %d is %d, want %d", i, got, want)
		}
	}
	if c.err != nil {
		t.Fatal(c.err)
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	say := func(side Side, who string, part, of int) Message {
		return Message{Side: side, Author: Author{ID: who}, Part: part, Parts: of}
	}
	ms := []Message{
		say(Customer, "1", 0, 0), say(Brand, "k", 1, 2), say(Brand, "k", 2, 2), say(Brand, "k", 0, 0), say(Brand, "k", 1, 2),
		say(Brand, "m", 2, 2), say(Brand, "k", 1, 3), say(Customer, "1", 0, 0), say(Brand, "k", 2, 3), say(Brand, "k", 3, 3), say(Brand, "k", 1, 3),
	}
	ms[10].At = 60
	var got [][]int
	for _, r := range Replies(ms) {
		got = append(got, r.Messages)
	}
	want := [][]int{{0}, {1, 2}, {3}, {4}, {5}, {6}, {7}, {8, 9}, {10}}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("replies (-want +got):\n%s", diff)
	}
}

func TestTimelineRunsThroughAllConversations(t *testing.T) {
	t.Parallel()
	rows := header + tweet("1", "7", true, 1, "a", "", "") + tweet("2", "kestrel", false, 9, "b", "", "1") +
		tweet("3", "8", true, 4, "@kestrel c", "", "") + tweet("4", "kestrel", false, 5, "d", "", "3") + tweet("5", "kestrel", false, 20, "e", "", "")
	var got []string
	for m, err := range Timeline(Read(t.Context(), strings.NewReader(rows), TWCS, Options{ScratchDir: t.TempDir()})) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m.Message().ID)
	}
	if diff := gocmp.Diff([]string{"1", "3", "4", "2", "5"}, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func median(all []float64, p float64) float64 {
	slices.Sort(all)
	if len(all) == 0 {
		return 0
	}
	return all[min(len(all)-1, int(float64(len(all))*p))]
}

func TestTwcs5000HasTheKnownFigures(t *testing.T) {
	t.Parallel()
	f, err := os.Open(require.Shared(t, "data/care/twcs_5000.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := readAll(t, f, TWCS, Options{})
	if got.err != nil || len(got.rejects) > 0 || got.done != 5000 {
		t.Fatalf("read %d, %v, rejects %v", got.done, got.err, got.rejects)
	}
	brands := map[string]bool{}
	owners := map[string]bool{}
	messages, inbound, both, signed, brandSaid, twoHands, parts, replies, several, noCustomer := 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
	var first []float64
	for _, c := range got.conversations {
		owners[c.Brand] = true
		hands, customers := map[string]bool{}, map[string]bool{}
		var asked int64 = -1
		answered := false
		for _, m := range c.Messages {
			messages++
			if m.Side == Customer {
				inbound++
				customers[m.Author.ID] = true
				if asked < 0 {
					asked = m.At
				}
				continue
			}
			brandSaid++
			brands[m.BrandName] = true
			if m.Agent != "" {
				signed++
				hands[m.BrandName+" "+strings.ToLower(m.Agent)] = true
			}
			if m.Part > 0 {
				parts++
			}
			if asked >= 0 && !answered {
				answered = true
				first = append(first, float64(m.At-asked)/60e6)
			}
			if m.ID == "3399" {
				t.Error("tweet 3399 is a customer's")
			}
		}
		if len(customers) == 0 {
			noCustomer++
		} else if len(customers) > 1 {
			several++
		}
		for _, r := range Replies(c.Messages) {
			if c.Messages[r.Messages[0]].Side == Brand {
				replies++
			}
		}
		if len(customers) > 0 && brandIn(c) {
			both++
		}
		if len(hands) > 1 {
			twoHands++
		}
		if !slices.IsSortedFunc(c.Messages, func(a, b Message) int { return cmp.Compare(a.At, b.At) }) {
			t.Errorf("%s is out of order", c.Key)
		}
	}
	p50, p90 := median(first, 0.5), median(first, 0.9)
	share := func(a, b int) float64 { return 100 * float64(a) / float64(max(1, b)) }
	t.Logf("conversations %d, both sides %d, brands %d (owners %d), messages %d, inbound %.1f %%, first response median %.1f min, p90 %.0f min (%d), "+
		"signed %.1f %%, two hands %d, parts %.1f %%, replies %d of %d brand messages, several customers %.1f %%, without customers %d",
		len(got.conversations), both, len(brands), len(owners), messages, share(inbound, messages), p50, p90, len(first),
		share(signed, brandSaid), twoHands, share(parts, brandSaid), replies, brandSaid, share(several, len(got.conversations)), noCustomer)
	within := func(what string, got, want, by float64) {
		if got < want-by || got > want+by {
			t.Errorf("%s: %.1f, want %.1f within %.1f", what, got, want, by)
		}
	}
	within("conversations", float64(len(got.conversations)), 1312, 0)
	within("both sides", float64(both), 1311, 0)
	within("brands", float64(len(brands)), 76, 0)
	within("inbound", share(inbound, messages), 55.6, 0.05)
	within("median", p50, 13.6, 0.3)
	within("p90", p90, 548, 6)
	within("signed", share(signed, brandSaid), 62.7, 3)
	within("two hands", float64(twoHands), 182, 18)
	within("parts", share(parts, brandSaid), 5.7, 1)
	for _, c := range got.conversations {
		for _, m := range c.Messages {
			if m.ID == "3399" && (strings.Count(m.Text, "\r") != 2 || !strings.HasPrefix(m.Text, "@AskPayPal") || c.Brand != "AskPayPal") {
				t.Errorf("tweet 3399 is read as %d bytes of %s", len(m.Text), c.Brand)
			}
		}
	}
}

func brandIn(c Conversation) bool {
	return slices.ContainsFunc(c.Messages, func(m Message) bool { return m.Side == Brand })
}

func TestOtherTwcsFiles(t *testing.T) {
	t.Parallel()
	for file, brand := range map[string]string{"Sophie-X31__SpotifyCares.csv.gz": "", "stepanaromanov__support_requests.csv.gz": "SpotifyCares"} {
		f, err := os.Open(require.Shared(t, "data/care/"+file))
		if err != nil {
			t.Fatal(err)
		}
		got := readAll(t, f, TWCS, Options{Brand: brand})
		f.Close()
		n, signed, brandSaid, longest := 0, 0, 0, 0
		for _, c := range got.conversations {
			n += len(c.Messages)
			longest = max(longest, len(c.Messages))
			for _, m := range c.Messages {
				if m.Side == Brand {
					brandSaid++
					if m.Agent != "" {
						signed++
					}
				}
			}
		}
		reasons := map[string]int{}
		for _, r := range got.rejects {
			_, why, _ := strings.Cut(r, " ")
			reasons[why]++
		}
		t.Logf("%s: read %d, conversations %d, messages %d, brand %d, signed %d, longest %d, known %d, rejects %v, err %v", file, got.done,
			len(got.conversations), n, brandSaid, signed, longest, len(got.known), reasons, got.err)
		if got.err != nil || n+len(got.known)+len(got.rejects) != int(got.done) {
			t.Errorf("%s: rows are unaccounted for: %v", file, got.err)
		}
	}
}

// TestEveryRowIsAccountedFor reads small files full of doubles, circles, missing parents and broken rows: each row is in one conversation,
// known, or rejected, and nothing else is.
func TestEveryRowIsAccountedFor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		id := rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "6", "", "7.0"})
		var b strings.Builder
		for range rapid.IntRange(0, 30).Draw(rt, "rows") {
			if rapid.IntRange(0, 9).Draw(rt, "broken") == 0 {
				b.WriteString(rapid.SampledFrom([]string{"x\n", "\n", "1,\"\n", "\"\"\"\n", "1,7,True,\"a\nb\",,,,\n"}).Draw(rt, "row"))
				continue
			}
			b.WriteString(tweet(id.Draw(rt, "id"), rapid.SampledFrom([]string{"7", "k", "m"}).Draw(rt, "author"), rapid.Bool().Draw(rt, "inbound"),
				rapid.IntRange(0, 3).Draw(rt, "minute"), rapid.SampledFrom([]string{"a", "@k b", "\"c\nd\""}).Draw(rt, "text"),
				`"`+id.Draw(rt, "child")+","+id.Draw(rt, "child")+`"`, id.Draw(rt, "parent")))
		}
		got := readAll(t, strings.NewReader(header+b.String()), TWCS, Options{})
		n := len(got.known) + len(got.rejects)
		seen := map[string]bool{}
		for _, c := range got.conversations {
			if c.Brand == "" || c.Key == "" || len(c.Messages) == 0 {
				rt.Fatalf("half a conversation: %+v", c)
			}
			for _, m := range c.Messages {
				n++
				if seen[m.ID] {
					rt.Fatalf("%q twice", m.ID)
				}
				seen[m.ID] = true
			}
		}
		if got.err != nil || int64(n) != got.done {
			rt.Fatalf("%d rows read, %d accounted for, %v, in\n%s", got.done, n, got.err, b.String())
		}
		again := readAll(t, strings.NewReader(header+b.String()), TWCS, Options{})
		if diff := gocmp.Diff(got.conversations, again.conversations); diff != "" {
			rt.Fatalf("read twice (-once +twice):\n%s", diff)
		}
	})
}

// checkRows reads rows without making threads of them: fuzzing needs many tries.
func checkRows(t *testing.T, data []byte, open func(*bufio.Reader, func(int64, string, string)) (rowReader, error)) {
	t.Helper()
	rejected, given, last := int64(0), int64(0), int64(0)
	rows, err := open(bufio.NewReader(bytes.NewReader(data)), func(line int64, raw, why string) {
		rejected++
		if line < 1 || why == "" || len(raw) > keptRaw {
			t.Fatalf("reject %d %q %q", line, raw, why)
		}
	})
	if err != nil {
		if !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
		return
	}
	for {
		rec, err := rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		given++
		if rec.line <= last {
			t.Fatalf("line %d after %d", rec.line, last)
		}
		last = rec.line
		w, why := rows.parse(rec)
		if why != "" {
			continue
		}
		if w.ID == "" || w.Author.ID == "" || !utf8.ValidString(w.Text) || strings.ContainsRune(w.Text, 0) || w.Side != Customer && w.Side != Brand {
			t.Fatalf("row %+v", w)
		}
		if again, _ := rows.parse(rec); !reflect.DeepEqual(w, again) {
			t.Fatalf("row %+v and then %+v", w, again)
		}
	}
	if rows.read() < given || rows.read() > given+rejected {
		t.Fatalf("%d rows given, %d rejected, %d counted", given, rejected, rows.read())
	}
}

func FuzzTWCS(f *testing.F) {
	f.Add([]byte(tweet("1", "7", true, 1, "a", "2", "") + tweet("2", "k", false, 2, "\"b\n\"\"c\"", "", "1")))
	f.Add([]byte("1,7,True,\"x\n\"\"\n\"\n,\r\r\n"))
	f.Add([]byte(tweet("1", "7", true, 1, "a", "1", "1") + tweet("1", "7", true, 1, "b", "1", "1")))
	f.Fuzz(func(t *testing.T, rows []byte) {
		checkRows(t, append([]byte(header), rows...), func(r *bufio.Reader, reject func(int64, string, string)) (rowReader, error) {
			return newTWCS(r, reject)
		})
	})
}

func FuzzJSONL(f *testing.F) {
	f.Add([]byte(`{"id":"1","thread_id":"t","in_reply_to":"2","author":{"id":"a","side":"customer"},"at":"2024-05-01T10:00:00Z","text":"x"}` + "\n" +
		`{"id":2,"thread_id":"t","author":{"id":"b","side":"brand"},"brand":"k","at":"2024-05-01T10:00:00Z"}`))
	f.Add([]byte("{\n\x00\xff[[[["))
	f.Fuzz(func(t *testing.T, rows []byte) {
		checkRows(t, rows, func(r *bufio.Reader, reject func(int64, string, string)) (rowReader, error) {
			return newJSONL(r, reject), nil
		})
	})
}

// TestQuotesAreReadInLinearTime counts the bytes that are looked at for lines made to be read again and again.
func TestQuotesAreReadInLinearTime(t *testing.T) {
	t.Parallel()
	for name, unit := range map[string]string{
		"openers": "a,\"\n", "pairs": "a,\"\"\n", "one opener, then pairs": "\"\"\n", "odd": "\"\"\"\n", "inner": "a\"\"b,\"\n", "text": "a\"b\n",
		"closing": "\",\"\n",
	} {
		data := header + "x,\"\n" + strings.Repeat(unit, 40_000)
		c, err := newTWCS(bufio.NewReader(strings.NewReader(data)), func(int64, string, string) {})
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := c.next(); err != nil {
				break
			}
		}
		if limit := 12 * len(data); c.looked > limit {
			t.Errorf("%s: %d bytes looked at in a file of %d", name, c.looked, len(data))
		}
	}
}
