package main

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"answerable/internal/history"
	"answerable/internal/square"
)

// public is a square with a brand on it.
type public struct {
	*square.Square
	url, token string
}

func newPublic(t *testing.T, o square.Options, handle string) public {
	t.Helper()
	s, err := square.New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		s.CloseStreams()
		srv.CloseClientConnections()
		srv.Close()
		_ = s.Close()
	})
	_, token, err := s.Join(handle, "Tarn & Rye")
	if err != nil {
		t.Fatal(err)
	}
	return public{s, srv.URL, token}
}

// said lists what stands on the square: author, parent's author, text.
func (p public) said() (out []string) {
	by := map[string]string{}
	for _, s := range p.Statuses() {
		by[s.ID] = s.Author
		line := s.Author
		if s.InReplyTo != "" {
			line += " to " + by[s.InReplyTo]
		}
		if s.Visibility != "public" {
			line += ", " + s.Visibility
		}
		out = append(out, line+": "+s.Text)
	}
	return out
}

func (h house) replay(args ...string) replayed {
	h.t.Helper()
	var r replayed
	if err := json.Unmarshal([]byte(h.must("", append([]string{"replay", sampleExport, "--format", "jsonl", "--speed", "1e9", "--json"}, args...)...)), &r); err != nil {
		h.t.Fatal(err)
	}
	return r
}

func TestReplayPlaysWhatCustomersSaid(t *testing.T) {
	t.Parallel()
	h, s := newHouse(t, ""), newPublic(t, square.Options{}, "tarn")
	got := h.replay("--square", s.url, "--brand", "tarnandrye", "--to", "@tarn")
	if diff := cmp.Diff(replayed{Threads: 4, Posts: 6, LeftOut: 9, Accounts: 4}, got); diff != "" {
		t.Error(diff)
	}
	want := []string{
		"hanne_b: @tarn My order from the harbour shop came without the rye flour. When will it come? And can I still change the address?",
		"hanne_b to hanne_b: @tarn thank you Tom!",
		"otto_k_a5a0c4: @tarn is it made with milk?",
		"lin: @tarn we missed it so much",
		"pia: Which of you @tarn @fjordmill still sells whole spelt?",
		"otto_k_a5a0c4: @tarn are you open on the holiday?",
	}
	said := s.said()
	for i := range said {
		if name, rest, _ := strings.Cut(said[i], ":"); strings.HasPrefix(name, "otto_k_") && len(name) == 13 {
			said[i] = "otto_k_a5a0c4:" + rest
		}
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
	if a, ok := s.Account("hanne_b"); !ok || a.Display != "Hanne Brekke" {
		t.Errorf("%+v", a)
	}

	again := h.replay("--square", s.url, "--brand", "TarnAndRye", "--to", "tarn")
	if again != got || len(s.Statuses()) != 6 {
		t.Errorf("played again: %+v, and %d posts stand there", again, len(s.Statuses()))
	}
}

func TestReplayOfBothSides(t *testing.T) {
	t.Parallel()
	h, s := newHouse(t, ""), newPublic(t, square.Options{}, "mill")
	if code, _, errs := h.run("", "replay", sampleExport, "--format", "jsonl", "--square", s.url, "--brand", "fjordmill", "--to", "@mill", "--sides", "both"); code != 1 || !strings.Contains(errs, "--brand-token") {
		t.Errorf("without the brand's token: %d %s", code, errs)
	}
	_, other, err := s.Join("somebody", "")
	if err != nil {
		t.Fatal(err)
	}
	if code, _, errs := h.run("", "replay", sampleExport, "--format", "jsonl", "--square", s.url, "--brand", "fjordmill", "--to", "@mill", "--sides", "both", "--brand-token", other); code != 1 || !strings.Contains(errs, "is of @somebody") {
		t.Errorf("with another's token: %d %s", code, errs)
	}
	h.env["ANSWERABLE_SQUARE_BRAND_TOKEN"] = s.token
	got := h.replay("--square", s.url, "--brand", "fjordmill", "--to", "@mill", "--sides", "both")
	if diff := cmp.Diff(replayed{Threads: 1, Posts: 3, Accounts: 1}, got); diff != "" {
		t.Error(diff)
	}
	want := []string{
		"hanne_b: @mill the bag was torn, see the picture",
		"mill to hanne_b: @hanne_b Oh no. Please tell us the order number in a private message.",
		"hanne_b to mill, direct: @mill It is 20417. Do I get a new bag?",
	}
	if diff := cmp.Diff(want, s.said()); diff != "" {
		t.Error(diff)
	}
}

func TestReplayIsRefusedWhereItCannotPlay(t *testing.T) {
	t.Parallel()
	h, s := newHouse(t, ""), newPublic(t, square.Options{}, "tarn")
	for want, args := range map[string][]string{
		"there is no @nobody on":        {"--square", s.url, "--brand", "tarnandrye", "--to", "@nobody"},
		"http://HOST or https://HOST":   {"--square", "127.0.0.1:1", "--brand", "tarnandrye", "--to", "@tarn"},
		"speed is a number above 0":     {"--square", s.url, "--brand", "tarnandrye", "--to", "@tarn", "--speed", "0"},
		"no such file":                  {"--square", s.url, "--brand", "tarnandrye", "--to", "@tarn", "--format", "jsonl", "nothing.jsonl"},
		"not the header of a twcs file": {"--square", s.url, "--brand", "tarnandrye", "--to", "@tarn", "--format", "twcs", sampleExport},
	} {
		if !slices.Contains(args, "--format") {
			args = append(args, "--format", "jsonl", sampleExport)
		}
		if code, out, errs := h.run("", append([]string{"replay"}, args...)...); code != 1 || !strings.Contains(errs, want) {
			t.Errorf("%v: %d %s%s", args, code, out, errs)
		}
	}
}

// played plays the sample with a clock that only pauses move, and returns the pauses.
func played(t *testing.T, s public, speed float64) (pauses []time.Duration, sum replayed, err error) {
	t.Helper()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	wait := func(ctx context.Context, d time.Duration) error {
		if d > 0 {
			pauses = append(pauses, d)
			now = now.Add(d)
		}
		return ctx.Err()
	}
	c, err := newSquareClient(s.url, wait)
	if err != nil {
		t.Fatal(err)
	}
	r := &replay{square: c, brand: "tarnandrye", to: "@tarn", speed: speed, meter: newMeter(t.Output()), pause: wait, now: func() time.Time { return now }}
	if err := r.prepare(t.Context()); err != nil {
		return pauses, r.sum, err
	}
	f, err := os.Open(sampleExport)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = r.play(t.Context(), history.Read(t.Context(), f, history.JSONL, history.Options{ScratchDir: t.TempDir()}))
	return pauses, r.sum, err
}

func TestReplayGapsAreNeverLong(t *testing.T) {
	t.Parallel()
	for _, speed := range []float64{1, 20} {
		pauses, _, err := played(t, newPublic(t, square.Options{}, "tarn"), speed)
		if err != nil {
			t.Fatal(err)
		}
		gap := time.Duration(float64(10*time.Second) / speed)
		if diff := cmp.Diff(slices.Repeat([]time.Duration{gap}, 5), pauses); diff != "" {
			t.Error(diff)
		}
	}
}

// What the square cannot take now is said again, and stands there once.
func TestReplayIsPatient(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]square.Faults{
		"limited":       {LimitPosts: 3, LimitFor: 7 * time.Second},
		"bare limit":    {LimitPosts: 2, BareLimit: true},
		"away":          {FailPosts: 4},
		"answer lost":   {CutAfter: 3},
		"request lost":  {CutBefore: 3},
		"every call":    {LimitCalls: 5, LimitFor: 2 * time.Second},
		"never allowed": {LimitPosts: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newPublic(t, square.Options{}, "tarn")
			s.SetFaults(f)
			pauses, sum, err := played(t, s, 1e9)
			if name == "never allowed" {
				if refusedWith(err) != 429 || len(s.Statuses()) != 0 {
					t.Errorf("%v, %d posts", err, len(s.Statuses()))
				}
				return
			}
			if err != nil || sum.Posts != 6 || len(s.Statuses()) != 6 || sum.Skipped != 0 {
				t.Errorf("%v, %+v, %d posts stand there", err, sum, len(s.Statuses()))
			}
			if f.LimitFor > 0 && !slices.Contains(pauses, f.LimitFor) {
				t.Errorf("it did not wait as long as it was asked to: %v", pauses)
			}
		})
	}
}

func TestReplayCutsWhatIsTooLong(t *testing.T) {
	t.Parallel()
	s := newPublic(t, square.Options{MaxChars: 60}, "tarn")
	_, sum, err := played(t, s, 1e9)
	if err != nil || sum.Cut != 1 || sum.Posts != 6 || !strings.HasSuffix(s.Statuses()[0].Text, "…") {
		t.Errorf("%v %+v %q", err, sum, s.Statuses()[0].Text)
	}
}

func TestFitting(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		in    string
		limit int
		want  string
	}{
		{"short", 10, "short"},
		{"ten letters", 10, "ten lette…"},
		{"äöüäöü", 4, "äöü…"},
		{"see http://a.example", 27, "see http://a.example"}, // an address counts as 23
		{"see http://a.example", 26, "see…"},
		{"words", 0, "words"},
	} {
		if got := fitting(x.in, x.limit); got != x.want {
			t.Errorf("%q in %d: %q, want %q", x.in, x.limit, got, x.want)
		}
	}
}

func TestSquareNames(t *testing.T) {
	t.Parallel()
	if got := squareNames(history.Author{ID: "115712", Handle: "115712"}); len(got) != 2 || got[0] != "115712" {
		t.Errorf("%v", got)
	}
	a, b := squareNames(history.Author{ID: "1", Handle: "otto.k"}), squareNames(history.Author{ID: "2", Handle: "otto k"})
	if len(a) != 1 || a[0] == b[0] || !strings.HasPrefix(a[0], "otto_k_") {
		t.Errorf("%v %v", a, b)
	}
	if got := squareNames(history.Author{ID: "x", Handle: strings.Repeat("語", 40) + strings.Repeat("a", 60)}); len(got[0]) > 30 || got[0] == "" {
		t.Errorf("%v", got)
	}
}

func TestWhatIsPostedAlwaysFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringMatching(`([a-zé語 ]{0,12}(https?://[a-z.]{0,40})?[ \n]?){0,8}`).Draw(t, "words")
		limit := rapid.IntRange(1, 80).Draw(t, "limit")
		got := fitting(words, limit)
		n := utf8.RuneCountInString(got)
		for _, a := range webAddress.FindAllString(got, -1) {
			n += 23 - utf8.RuneCountInString(a)
		}
		if n > limit && limit > 23 || !utf8.ValidString(got) {
			t.Errorf("%d in %d: %q of %q", n, limit, got, words)
		}
		for _, name := range squareNames(history.Author{ID: words, Handle: rapid.String().Draw(t, "handle")}) {
			if name == "" || len(name) > 30 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
				t.Errorf("no name: %q", name)
			}
		}
	})
}
