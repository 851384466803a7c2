package square

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"answerable/internal/fault"
)

// TestFieldsClientsNeed walks every kind of answer: a date without a fraction, a null list or a scheduled_at breaks some client.
func TestFieldsClientsNeed(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{Clock: newHand().now})
	brand, lena := join(t, s, base, "acme", "Acme"), join(t, s, base, "lena", "Lena")
	id := lena.post("@acme a #question").text("id")
	answer := brand.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@lena yes", "in_reply_to_id": id, "visibility": "direct"}).text("id")
	brand.must(http.MethodPut, "/api/v1/statuses/"+answer, map[string]any{"status": "@lena yes, today"})
	brand.must(http.MethodPost, "/api/v1/statuses/"+id+"/favourite", nil)
	brand.must(http.MethodPost, "/api/v1/statuses/"+id+"/reblog", map[string]any{"visibility": "public"})

	date := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	decimal := regexp.MustCompile(`^[1-9]\d{17}$`)
	lists := []string{"mentions", "media_attachments", "tags", "emojis", "fields", "accounts", "filtered"}
	never := []string{"id", "created_at", "content", "visibility", "spoiler_text", "url", "account", "replies_count", "reblogs_count", "favourites_count"}
	var walk func(where string, v any)
	walk = func(where string, v any) {
		switch v := v.(type) {
		case []any:
			for i, e := range v {
				walk(fmt.Sprintf("%s[%d]", where, i), e)
			}
		case map[string]any:
			if _, isStatus := v["visibility"]; isStatus {
				for _, k := range never {
					if v[k] == nil {
						t.Errorf("%s: %s is missing or null", where, k)
					}
				}
				for _, k := range []string{"reblog", "in_reply_to_id", "edited_at", "mentions", "media_attachments"} {
					if _, ok := v[k]; !ok {
						t.Errorf("%s: %s is missing", where, k)
					}
				}
			}
			for k, e := range v {
				at := where + "." + k
				switch {
				case k == "scheduled_at" || k == "expires_in":
					t.Errorf("%s must not be there", at)
				case e != nil && (k == "created_at" || k == "edited_at"):
					if text, _ := e.(string); !date.MatchString(text) {
						t.Errorf("%s = %v", at, e)
					}
				case e != nil && (k == "id" || strings.HasPrefix(k, "in_reply_to")):
					if text, _ := e.(string); !decimal.MatchString(text) {
						t.Errorf("%s = %v", at, e)
					}
				case slices.Contains(lists, k):
					if _, ok := e.([]any); !ok {
						t.Errorf("%s is no list: %v", at, e)
					}
				}
				walk(at, e)
			}
		}
	}
	for _, p := range []string{
		"/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/timelines/tag/Question", "/api/v1/statuses/" + id, "/api/v1/statuses/" + id + "/context",
		"/api/v1/statuses/" + answer + "/history", "/api/v1/notifications", "/api/v1/conversations", "/api/v1/conversations/", "/api/v1/accounts/verify_credentials",
		"/api/v2/search?q=acme&resolve=True", "/api/v1/statuses/" + id + "/reblogged_by", "/api/v1/statuses/" + id + "/favourited_by",
	} {
		got := lena.must(http.MethodGet, p, nil)
		if len(got.raw) < 10 {
			t.Errorf("%s says nothing: %s", p, got.raw)
		}
		walk(p, got.v)
	}
	if got := lena.must(http.MethodGet, "/api/v1/statuses/"+id, nil).at("in_reply_to_id").v; got != nil {
		t.Errorf("in_reply_to_id = %v, want null", got)
	}
	for _, p := range []string{"lists", "filters", "mutes", "blocks", "custom_emojis", "announcements", "followed_tags"} {
		if got := lena.must(http.MethodGet, "/api/v1/"+p, nil); string(got.raw) != "[]" {
			t.Errorf("%s: %s", p, got.raw)
		}
	}
}

func TestInstance(t *testing.T) {
	t.Parallel()
	_, base := serve(t, Options{MaxChars: 300})
	c := client{t: t, base: base}
	for _, p := range []string{"/api/v1/instance", "/api/v1/instance/", "/api/v2/instance"} {
		got := c.must(http.MethodGet, p, nil)
		st := got.at("configuration").at("statuses")
		if n := st.at("max_characters").v; n != float64(300) {
			t.Errorf("%s: max_characters %v", p, n)
		}
		if st.at("characters_reserved_per_url").v != float64(23) || st.at("max_media_attachments").v != float64(4) {
			t.Errorf("%s: %s", p, got.raw)
		}
		if ws := got.at("configuration").at("urls").text("streaming"); ws != "ws"+strings.TrimPrefix(base, "http") {
			t.Errorf("%s: streaming %s", p, ws)
		}
		if v := got.text("version"); !regexp.MustCompile(`^\d+\.\d+\.\d+`).MatchString(v) {
			t.Errorf("version %s", v)
		}
	}
	c.must(http.MethodGet, "/api/v1/instance", nil).at("urls")
	if got := c.do(http.MethodGet, "/api/v1/nothing/here", nil); got.code != http.StatusNotFound || got.text("error") == "" {
		t.Errorf("unknown path: %d %s", got.code, got.raw)
	}
	if got := c.do(http.MethodGet, "/api/v1/timelines/home", nil); got.code != http.StatusUnauthorized || got.text("error") == "" {
		t.Errorf("no token: %d %s", got.code, got.raw)
	}
}

func TestBodiesOfAllKinds(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{})
	c := join(t, s, base, "lena", "")
	root := c.post("root").text("id")
	for name, body := range map[string]any{
		"json with a number for an id": `{"status":"hi","in_reply_to_id":` + root + `,"sensitive":true,"media_ids":[]}`,
		"json with text":               map[string]any{"status": "hi", "in_reply_to_id": root, "sensitive": "1", "language": nil},
		"form":                         url.Values{"status": {"hi"}, "in_reply_to_id": {root}, "sensitive": {"True"}},
	} {
		got := c.must(http.MethodPost, "/api/v1/statuses/", body)
		if got.text("in_reply_to_id") != root || got.at("sensitive").v != true || got.text("content") != "<p>hi</p>" {
			t.Errorf("%s: %s", name, got.raw)
		}
	}
	for name, body := range map[string]string{"no json": "{", "a list": "[1]", "text": `"x"`} {
		if got := c.do(http.MethodPost, "/api/v1/statuses", body); got.code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, got.code, got.raw)
		}
	}
	if got := c.do(http.MethodPost, "/api/v1/statuses", `{"status":"`+strings.Repeat("x", maxBody)+`"}`); got.code != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d", got.code)
	}
}

func TestPostRules(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{MaxChars: 50})
	c := join(t, s, base, "lena", "")
	far := "https://example.org/" + strings.Repeat("x", 400)
	for name, tt := range map[string]struct {
		body map[string]any
		code int
	}{
		"blank":                         {map[string]any{"status": " \n "}, 422},
		"exactly full":                  {map[string]any{"status": strings.Repeat("ü", 50)}, 200},
		"one too many":                  {map[string]any{"status": strings.Repeat("ü", 51)}, 422},
		"spoiler counts":                {map[string]any{"status": strings.Repeat("x", 49), "spoiler_text": "cw"}, 422},
		"a link counts 23":              {map[string]any{"status": strings.Repeat("x", 26) + " " + far}, 200},
		"a link counts not less":        {map[string]any{"status": strings.Repeat("x", 27) + " " + far}, 422},
		"a far mention counts its name": {map[string]any{"status": "@bob@a-very-long-host-name.example.org " + strings.Repeat("x", 45)}, 200},
		"a link of a million letters":   {map[string]any{"status": "https://a" + strings.Repeat(")", 900_000)}, 422},
		"reply to nothing":              {map[string]any{"status": "x", "in_reply_to_id": "123456789012345678"}, 404},
		"unknown visibility":            {map[string]any{"status": "x", "visibility": "secret"}, 422},
		"unknown picture":               {map[string]any{"status": "x", "media_ids": []string{"1"}}, 422},
		"later":                         {map[string]any{"status": "x", "scheduled_at": "2030-01-01T00:00:00Z"}, 422},
		"scheduled_at null":             {map[string]any{"status": "x", "scheduled_at": nil}, 200},
		"poll":                          {map[string]any{"status": "x", "poll": map[string]any{"options": []string{"a", "b"}}}, 422},
	} {
		if got := c.do(http.MethodPost, "/api/v1/statuses", tt.body); got.code != tt.code {
			t.Errorf("%s: %d, want %d: %s", name, got.code, tt.code, got.raw)
		}
	}
	if got := c.post("a\x00b\r\nc").text("content"); got != "<p>ab<br />c</p>" {
		t.Errorf("NUL and line ends: %q", got)
	}
}

func TestMentions(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{})
	host := strings.TrimPrefix(base, "http://")
	brand, lena := join(t, s, base, "acme", "Acme"), join(t, s, base, "lena", "")
	join(t, s, base, "bob", "")
	for text, want := range map[string][]string{
		"@acme hello":                              {"acme"},
		"hello @ACME, and @acme.":                  {"acme"},
		"@acme@" + host + " hello":                 {"acme"},
		"@acme@" + host + "hello":                  {"acme"}, // toot's cursor sits right after the name
		"@acme@localhost hi":                       {"acme"},
		"@acme@127.0.0.1:1 is another server here": nil,
		"@acme@example.org is elsewhere":           nil,
		"mail me@acme.org or x@acme":               nil,
		"@nobody and @bob":                         {"bob"},
		"https://example.org/@acme":                nil,
		"(@acme) „@bob“":                           {"acme", "bob"},
	} {
		got := lena.post(text)
		var names []string
		for _, m := range got.at("mentions").list() {
			names = append(names, m.text("acct"))
		}
		if d := cmp.Diff(want, names); d != "" {
			t.Errorf("%q: %s", text, d)
		}
		if links := strings.Count(got.text("content"), "u-url mention"); text != "hello @ACME, and @acme." && links != len(want) {
			t.Errorf("%q: %d links in %s", text, links, got.text("content"))
		}
	}
	unknown := lena.post("@later hello").text("id")
	join(t, s, base, "later", "")
	if got := lena.must(http.MethodGet, "/api/v1/statuses/"+unknown, nil).text("content"); got != "<p>@later hello</p>" {
		t.Errorf("who came later was mentioned: %s", got)
	}
	brand.must(http.MethodPost, "/api/v1/notifications/clear", nil)
	for _, v := range []string{"public", "unlisted", "private", "direct"} {
		id := lena.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@acme hi", "visibility": v}).text("id")
		n := brand.must(http.MethodGet, "/api/v1/notifications", nil).list()
		if len(n) == 0 || n[0].text("type") != "mention" || n[0].at("status").text("id") != id {
			t.Errorf("%s: not told", v)
		}
	}
	before := len(brand.must(http.MethodGet, "/api/v1/notifications", nil).list())
	own := brand.post("news").text("id")
	lena.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "no name in it", "in_reply_to_id": own})
	brand.post("@acme talks to itself")
	if after := len(brand.must(http.MethodGet, "/api/v1/notifications", nil).list()); after != before {
		t.Errorf("an answer without a name, or oneself, made %d notifications", after-before)
	}
}

func TestDirectPostsArePrivate(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{})
	brand, lena, mallory := join(t, s, base, "acme", ""), join(t, s, base, "lena", ""), join(t, s, base, "mallory", "")
	root := lena.post("@acme help").text("id")
	id := lena.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@acme 12345", "visibility": "direct", "in_reply_to_id": root}).text("id")
	nobody := client{t: t, base: base}
	for _, c := range []client{mallory, nobody} {
		for _, p := range []string{"", "/context", "/history", "/reblogged_by"} {
			if got := c.do(http.MethodGet, "/api/v1/statuses/"+id+p, nil); got.code != http.StatusNotFound {
				t.Errorf("%s: %d", p, got.code)
			}
		}
		for _, p := range []string{
			"/api/v1/timelines/public", "/api/v1/statuses/" + root + "/context", "/api/v2/search?q=12345", "/api/v1/statuses?id[]=" + id, "/@lena", "/@lena/" + id, "/",
		} {
			if got := c.do(http.MethodGet, p, nil); strings.Contains(string(got.raw), "12345") {
				t.Errorf("%s shows it", p)
			}
		}
	}
	for _, p := range []string{"reblog", "favourite"} {
		if got := mallory.do(http.MethodPost, "/api/v1/statuses/"+id+"/"+p, nil); got.code != http.StatusNotFound {
			t.Errorf("%s: %d", p, got.code)
		}
	}
	if got := mallory.do(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "x", "in_reply_to_id": id}); got.code != http.StatusNotFound {
		t.Errorf("reply: %d", got.code)
	}
	if got := mallory.do(http.MethodDelete, "/api/v1/statuses/"+root, nil); got.code != http.StatusNotFound {
		t.Errorf("delete another's: %d", got.code)
	}
	if got := mallory.must(http.MethodGet, "/api/v1/timelines/home", nil).ids(); slices.Contains(got, id) {
		t.Error("home shows it")
	}
	if got := brand.do(http.MethodPost, "/api/v1/statuses/"+id+"/reblog", nil); got.code == http.StatusOK {
		t.Error("a direct post can be boosted")
	}
	conv := brand.must(http.MethodGet, "/api/v1/conversations", nil).list()
	if len(conv) != 1 || conv[0].at("last_status").text("id") != id || conv[0].at("unread").v != true {
		t.Fatalf("conversations %v", conv)
	}
	if got := brand.must(http.MethodPost, "/api/v1/conversations/"+conv[0].text("id")+"/read", nil); got.at("unread").v != false {
		t.Errorf("read: %s", got.raw)
	}
	if n := len(mallory.must(http.MethodGet, "/api/v1/conversations", nil).list()); n != 0 {
		t.Errorf("%d conversations of a stranger", n)
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	h := newHand()
	s, base := serve(t, Options{Clock: h.now})
	brand, lena, bob := join(t, s, base, "acme", ""), join(t, s, base, "lena", ""), join(t, s, base, "bob", "")
	id := lena.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "one @acme", "spoiler_text": "cw", "visibility": "unlisted"}).text("id")
	bob.must(http.MethodPost, "/api/v1/statuses/"+id+"/reblog", nil)
	h.move(time.Minute)
	if got := lena.must(http.MethodPut, "/api/v1/statuses/"+id, map[string]any{"status": "one @acme"}); got.at("edited_at").v != nil {
		t.Errorf("an edit that changes nothing: %s", got.raw)
	}
	got := lena.must(http.MethodPut, "/api/v1/statuses/"+id, url.Values{"status": {"two @acme @bob"}})
	if got.text("edited_at") != "2026-05-04T09:01:00.000Z" || got.text("spoiler_text") != "cw" || got.text("visibility") != "unlisted" || !strings.Contains(got.text("content"), "two") {
		t.Errorf("edit: %s", got.raw)
	}
	if n := len(lena.must(http.MethodGet, "/api/v1/statuses/"+id+"/history", nil).list()); n != 2 {
		t.Errorf("%d versions", n)
	}
	if got := lena.must(http.MethodGet, "/api/v1/statuses/"+id+"/source", nil).text("text"); got != "two @acme @bob" {
		t.Errorf("source %q", got)
	}
	types := func(c client) (out []string) {
		for _, n := range c.must(http.MethodGet, "/api/v1/notifications", nil).list() {
			out = append(out, n.text("type"))
		}
		return out
	}
	if d := cmp.Diff([]string{"update", "mention"}, types(bob)); d != "" {
		t.Errorf("who boosted it and is mentioned now: %s", d)
	}
	if d := cmp.Diff([]string{"mention"}, types(brand)); d != "" {
		t.Errorf("who was mentioned before: %s", d)
	}
	if got := bob.do(http.MethodPut, "/api/v1/statuses/"+id, map[string]any{"status": "mine"}); got.code != http.StatusNotFound {
		t.Errorf("another's: %d", got.code)
	}
	if got := lena.do(http.MethodPut, "/api/v1/statuses/"+id, map[string]any{"status": strings.Repeat("x", 501)}); got.code != http.StatusUnprocessableEntity {
		t.Errorf("too long: %d", got.code)
	}
	direct := lena.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "psst @acme", "visibility": "direct"}).text("id")
	lena.must(http.MethodPut, "/api/v1/statuses/"+direct, map[string]any{"status": "psst @bob"})
	for name, c := range map[string]client{"who was mentioned once": brand, "who is now": bob} {
		c.must(http.MethodGet, "/api/v1/statuses/"+direct, nil)
		if n := len(c.must(http.MethodGet, "/api/v1/conversations", nil).list()); n != 1 {
			t.Errorf("%s: %d conversations", name, n)
		}
	}
}

func TestDeleteTakesAllThatHungOnIt(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{})
	brand, lena := join(t, s, base, "acme", ""), join(t, s, base, "lena", "")
	id := lena.post("@acme hello #tag").text("id")
	answer := brand.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@lena hi", "in_reply_to_id": id}).text("id")
	boost := brand.must(http.MethodPost, "/api/v1/statuses/"+id+"/reblog", nil)
	if again := brand.must(http.MethodPost, "/api/v1/statuses/"+id+"/reblog", nil).text("id"); again != boost.text("id") {
		t.Errorf("boosted twice: %s and %s", boost.text("id"), again)
	}
	dm := lena.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@acme psst", "visibility": "direct"}).text("id")
	got := lena.must(http.MethodDelete, "/api/v1/statuses/"+id, nil)
	if got.text("text") != "@acme hello #tag" || got.text("id") != id {
		t.Errorf("delete answers %s", got.raw)
	}
	lena.must(http.MethodDelete, "/api/v1/statuses/"+dm, nil)
	if got := brand.must(http.MethodGet, "/api/v1/timelines/home", nil).ids(); !slices.Equal(got, []string{answer}) {
		t.Errorf("left: %v", got)
	}
	if got := brand.must(http.MethodGet, "/api/v1/notifications", nil).list(); len(got) != 0 {
		t.Errorf("notifications left: %v", got)
	}
	for _, n := range lena.must(http.MethodGet, "/api/v1/notifications", nil).list() {
		if n.text("type") == "reblog" {
			t.Error("reblog notification left")
		}
	}
	if got := brand.must(http.MethodGet, "/api/v1/statuses/"+answer, nil); got.at("in_reply_to_id").v != nil {
		t.Errorf("the answer answers %v", got.at("in_reply_to_id").v)
	}
	if got := brand.must(http.MethodGet, "/api/v1/conversations", nil).list(); len(got) != 0 {
		t.Errorf("conversations left: %v", got)
	}
	if got := lena.do(http.MethodDelete, "/api/v1/statuses/"+id, nil); got.code != http.StatusNotFound {
		t.Errorf("twice: %d", got.code)
	}
	if len(s.Thread(answer)) != 1 || s.Thread(id) != nil {
		t.Errorf("threads: %v %v", s.Thread(answer), s.Thread(id))
	}
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	h := newHand()
	path := filepath.Join(t.TempDir(), "log")
	s, base := serve(t, Options{Clock: h.now, Store: path})
	lena, bob := join(t, s, base, "lena", ""), join(t, s, base, "bob", "")
	post := func(c client, base, key, text string) string {
		t.Helper()
		c.base = base
		req := c.request(t.Context(), http.MethodPost, "/api/v1/statuses", map[string]any{"status": text})
		req.Header.Set("Idempotency-Key", key)
		got, err := c.send(req)
		if err != nil {
			t.Error(err)
			return ""
		}
		return fmt.Sprint(got.code, " ", got.v.(map[string]any)["id"])
	}
	var mu sync.Mutex
	got := map[string]int{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			id := post(lena, base, "k", "once")
			mu.Lock()
			got[id]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(got) != 1 || len(s.Statuses()) != 1 {
		t.Fatalf("eight at once: %v", got)
	}
	first := post(lena, base, "k", "other words")
	if got[first] != 8 {
		t.Errorf("the same key again: %s", first)
	}
	if other := post(bob, base, "k", "mine"); got[other] != 0 {
		t.Error("another's key")
	}
	again, base2 := serve(t, Options{Clock: h.now, Store: path})
	if id := post(lena, base2, "k", "once"); id != first || len(again.Statuses()) != 2 {
		t.Errorf("after a restart: %s, want %s", id, first)
	}
	h.move(keyLife + time.Second)
	if id := post(lena, base2, "k", "later"); id == first {
		t.Error("a key lives longer than an hour")
	}
	ignore, base3 := serve(t, Options{Clock: h.now, IgnoreIdempotency: true})
	anna := join(t, ignore, base3, "anna", "")
	if a, b := post(anna, base3, "k", "x"), post(anna, base3, "k", "x"); a == b {
		t.Error("a server that ignores keys gave one id")
	}
}

// TestPagingMissesNothing posts while it reads: pages upwards with min_id and downwards with max_id hold every post once.
func TestPagingMissesNothing(t *testing.T) {
	t.Parallel()
	list := make([]*notice, 60)
	for i := range list {
		list[i] = &notice{ID: ID(1000 + 3*i), From: ID(i % 4)}
	}
	rapid.Check(t, func(rt *rapid.T) {
		all := list[:rapid.IntRange(0, len(list)).Draw(rt, "n")]
		limit := rapid.IntRange(1, 9).Draw(rt, "limit")
		hidden := ID(rapid.IntRange(0, 5).Draw(rt, "hidden"))
		ok := func(n *notice) bool { return n.From != hidden }
		want := []ID{}
		for _, n := range all {
			if ok(n) {
				want = append(want, n.ID)
			}
		}
		from := ID(rapid.IntRange(999, 1200).Draw(rt, "from"))
		up := []ID{}
		for min := from; ; {
			out, _ := page(all, (*notice).id, window{min: min, limit: limit}, ok)
			if len(out) == 0 {
				break
			}
			for _, n := range slices.Backward(out) {
				up = append(up, n.ID)
			}
			min = out[0].ID
		}
		above := slices.DeleteFunc(slices.Clone(want), func(id ID) bool { return id <= from })
		if d := cmp.Diff(above, up); d != "" {
			rt.Fatalf("min_id: %s", d)
		}
		down, older := []ID{}, true
		for max := ID(0); older; {
			var out []*notice
			out, older = page(all, (*notice).id, window{max: max, since: from, limit: limit}, ok)
			if older && len(out) < limit {
				rt.Fatal("a short page says there is more")
			}
			for _, n := range out {
				down, max = append(down, n.ID), n.ID
			}
		}
		slices.Reverse(down)
		if d := cmp.Diff(above, down); d != "" {
			rt.Fatalf("max_id and since_id: %s", d)
		}
	})
}

func TestLinkHeader(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{})
	c := join(t, s, base, "lena", "")
	if got := c.must(http.MethodGet, "/api/v1/timelines/public", nil).header.Get("Link"); got != "" {
		t.Errorf("an empty page has Link %s", got)
	}
	var ids []string
	for range 5 {
		ids = append(ids, c.post("x").text("id"))
	}
	page := func(q string) (got, link string) {
		r := c.must(http.MethodGet, "/api/v1/timelines/public"+q, nil)
		var b strings.Builder
		for _, id := range r.ids() {
			b.WriteString(strconv.Itoa(slices.Index(ids, id)))
		}
		return b.String(), r.header.Get("Link")
	}
	at := base + "/api/v1/timelines/public?"
	for _, tt := range []struct{ q, got, link string }{
		{"?limit=2&limit=9&junk=1&local=1", "43", "<" + at + "limit=2&local=1&max_id=" + ids[3] + `>; rel="next", <` + at + "limit=2&local=1&min_id=" + ids[4] + `>; rel="prev"`},
		{"?limit=2&max_id=" + ids[2], "10", "<" + at + "limit=2&min_id=" + ids[1] + `>; rel="prev"`},
		{"?limit=2&min_id=" + ids[0], "21", "<" + at + "limit=2&max_id=" + ids[1] + `>; rel="next", <` + at + "limit=2&min_id=" + ids[2] + `>; rel="prev"`},
		{"?limit=2&since_id=" + ids[0], "43", "<" + at + "limit=2&max_id=" + ids[3] + `>; rel="next", <` + at + "limit=2&min_id=" + ids[4] + `>; rel="prev"`},
		{"?min_id=" + ids[4], "", ""},
		{"?limit=0&max_id=x&min_id=-1", "43210", "<" + at + "min_id=" + ids[4] + `>; rel="prev"`},
	} {
		if got, link := page(tt.q); got != tt.got || link != tt.link {
			t.Errorf("%s: %s\n%s\nwant %s\n%s", tt.q, got, link, tt.got, tt.link)
		}
	}
	me := c.must(http.MethodGet, "/api/v1/accounts/verify_credentials", nil).text("id")
	if got := c.must(http.MethodGet, "/api/v1/accounts/"+me+"/statuses?limit=1&min_id="+ids[1], nil).ids(); !slices.Equal(got, ids[2:3]) {
		t.Errorf("account statuses: %v", got)
	}
}

// dump is all a client could ever see, to compare two lives of one square.
func dump(t *testing.T, base string, clients ...client) string {
	t.Helper()
	var b strings.Builder
	for _, c := range clients {
		old := c.base
		c.base = base
		for _, p := range []string{
			"timelines/home?limit=40", "notifications", "conversations", "accounts/verify_credentials", "bookmarks", "favourites", "timelines/tag/bins",
		} {
			b.WriteString(strings.ReplaceAll(string(c.must(http.MethodGet, "/api/v1/"+p, nil).raw), base, "BASE") + "\n")
		}
		for _, id := range c.must(http.MethodGet, "/api/v1/timelines/home?limit=40", nil).ids() {
			for _, p := range []string{"/context", "/history"} {
				b.WriteString(strings.ReplaceAll(string(c.must(http.MethodGet, "/api/v1/statuses/"+id+p, nil).raw), base, "BASE") + "\n")
			}
		}
		c.base = old
	}
	return b.String()
}

func TestRestartRemembersEverything(t *testing.T) {
	t.Parallel()
	h := newHand()
	path := filepath.Join(t.TempDir(), "square.log")
	o := Options{Clock: h.now, Store: path}
	s, base := serve(t, o)
	brand, lena := join(t, s, base, "acme", "Acme"), signUp(t, base, "lena", "pass-of-lena")
	id := lena.post("@acme my #bins").text("id")
	h.move(time.Second)
	brand.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@lena hi", "in_reply_to_id": id})
	m := uploadPNG(t, lena, "/api/v2/media")
	lena.must(http.MethodPut, "/api/v1/media/"+m.text("id"), map[string]any{"description": "a bin"})
	lena.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@acme psst", "visibility": "direct", "media_ids": []string{m.text("id")}})
	lena.must(http.MethodPut, "/api/v1/statuses/"+id, map[string]any{"status": "@acme my #bins are full"})
	for _, v := range []string{"favourite", "reblog", "bookmark", "mute"} {
		brand.must(http.MethodPost, "/api/v1/statuses/"+id+"/"+v, nil)
	}
	brand.must(http.MethodPost, "/api/v1/statuses/"+id+"/unfavourite", nil)
	lena.must(http.MethodPost, "/api/v1/statuses/"+id+"/pin", nil)
	lena.must(http.MethodPost, "/api/v1/accounts/"+brand.must(http.MethodGet, "/api/v1/accounts/verify_credentials", nil).text("id")+"/follow", nil)
	brand.must(http.MethodPatch, "/api/v1/accounts/update_credentials", map[string]any{"note": "We care", "bot": true, "display_name": "Acme & Co"})
	brand.must(http.MethodPost, "/api/v1/conversations/"+brand.must(http.MethodGet, "/api/v1/conversations", nil).list()[0].text("id")+"/read", nil)
	n := brand.must(http.MethodGet, "/api/v1/notifications", nil).list()
	brand.must(http.MethodPost, "/api/v1/notifications/"+n[len(n)-1].text("id")+"/dismiss", nil)
	gone := lena.post("gone").text("id")
	lena.must(http.MethodDelete, "/api/v1/statuses/"+gone, nil)
	brand.must(http.MethodPost, "/api/v1/statuses/"+id+"/favourite", nil)
	newest := lena.must(http.MethodGet, "/api/v1/notifications", nil).ids()[0] // the last id that was given
	want := dump(t, base, brand, lena)
	if d := cmp.Diff(want, dump(t, base, brand, lena)); d != "" {
		t.Fatalf("the dump itself is not steady: %s", d)
	}

	again, base2 := serve(t, o)
	if d := cmp.Diff(want, dump(t, base2, brand, lena)); d != "" {
		t.Errorf("after a restart: %s", d)
	}
	lena.base = base2
	if next := lena.post("next").text("id"); next <= newest {
		t.Errorf("id %s came before", next)
	}
	if _, _, err := again.Join("ACME", "again"); !fault.Is(err, fault.Conflict) {
		t.Errorf("a brand's name can be taken after a restart: %v", err)
	}
	if again.signIn("lena@example.org", "pass-of-lena") == nil || again.signIn("lena", "wrong") != nil || again.signIn("acme", "") != nil {
		t.Error("passwords after a restart")
	}
	if got := (client{t: t}).fetch(strings.Replace(m.text("url"), base, base2, 1)); !slices.Equal(got, pngBytes(t, 12, 8)) {
		t.Error("the picture is not the same")
	}
	if tok, err := again.Token("acme"); err != nil || again.holder(tok) == nil {
		t.Errorf("another token: %v", err)
	}
}

func TestTornLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	s, err := New(Options{Store: path})
	if err != nil {
		t.Fatal(err)
	}
	_, tok, err := s.Join("lena", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two", strings.Repeat("long ", 90)} {
		if _, err := s.Post(tok, PostInput{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Post(tok, PostInput{Text: "too late"}); !fault.Is(err, fault.Temporary) || len(s.Statuses()) != 3 {
		t.Errorf("what could not be written happened: %v", err)
	}
	whole, err := os.ReadFile(path) //nolint:gosec // the test's own
	if err != nil {
		t.Fatal(err)
	}
	last := strings.LastIndex(strings.TrimSuffix(string(whole), "\n"), "\n") + 1
	for cut := last; cut < len(whole); cut += 7 { // every way the last line can be torn
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		torn, err := New(Options{Store: path})
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if n := len(torn.Statuses()); n != 2 {
			t.Fatalf("cut at %d: %d posts", cut, n)
		}
		if _, err := torn.Post(tok, PostInput{Text: "after"}); err != nil {
			t.Fatal(err)
		}
		if err := torn.Close(); err != nil {
			t.Fatal(err)
		}
		healed, err := New(Options{Store: path})
		if err != nil || len(healed.Statuses()) != 3 {
			t.Fatalf("cut at %d, then written to: %v", cut, err)
		}
		_ = healed.Close()
	}
	bad := strings.Replace(string(whole), `"k":"post"`, `"k":`, 1)
	if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Store: path}); err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("a bad line in the middle: %v", err)
	}
}

func TestGoSide(t *testing.T) {
	t.Parallel()
	h := newHand()
	s, base := serve(t, Options{Clock: h.now})
	_, brand, err := s.Join("acme", "Acme")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Join("Acme", ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("the same name: %v", err)
	}
	for _, bad := range []string{"", "a b", "ä", "a@b", strings.Repeat("x", 31)} {
		if _, _, err := s.Join(bad, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if a, ok := s.Account("ACME"); !ok || a.Display != "Acme" {
		t.Errorf("account %v %v", a, ok)
	}
	if _, err := s.Post("nonsense", PostInput{Text: "x"}); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("no token: %v", err)
	}
	past := time.Date(2017, 10, 31, 22, 10, 47, 0, time.UTC)
	first, err := s.Post(brand, PostInput{Text: "hello @acme", CreatedAt: past, Key: "k", Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Post(brand, PostInput{Text: "again", InReplyTo: first.ID})
	if err != nil {
		t.Fatal(err)
	}
	want := []Status{
		{ID: first.ID, Author: "acme", Text: "hello @acme", Visibility: "public", Thread: first.ID, Mentions: []string{"acme"}, Key: "k", Language: "en", CreatedAt: past},
		{ID: second.ID, Author: "acme", Text: "again", Visibility: "public", InReplyTo: first.ID, Thread: first.ID, CreatedAt: h.now()},
	}
	if d := cmp.Diff(want, s.Thread(second.ID)); d != "" {
		t.Error(d)
	}
	c := client{t: t, base: base, token: brand}
	if got := c.must(http.MethodGet, "/api/v1/statuses/"+first.ID, nil).text("created_at"); got != "2017-10-31T22:10:47.000Z" {
		t.Errorf("created_at %s", got)
	}
	over := c.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "x", "created_at": "2017-01-01T00:00:00.000Z"})
	if got := over.text("created_at"); got != stamp(h.now()) {
		t.Errorf("a client set created_at to %s", got)
	}
}

func TestOAuth(t *testing.T) {
	t.Parallel()
	h := newHand()
	s, base := serve(t, Options{Clock: h.now})
	signUp(t, base, "lena", "pass-of-lena")
	c := client{t: t, base: base}
	back := "http://127.0.0.1:9/back"
	app := c.must(http.MethodPost, "/api/v1/apps/", url.Values{"client_name": {"X"}, "redirect_uris": {oob + "\n" + back}, "scopes": {"read write"}})
	id, secret := app.text("client_id"), app.text("client_secret")
	app.text("id")
	ask := func(more url.Values) url.Values {
		v := url.Values{"client_id": {id}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"read"}, "state": {"s1"}}
		maps.Copy(v, more)
		return v
	}
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	consent := func(v url.Values) *http.Response {
		t.Helper()
		res, err := stay.Do(c.request(t.Context(), http.MethodPost, "/oauth/authorize", v))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res
	}
	page := c.must(http.MethodGet, "/oauth/authorize/?"+ask(nil).Encode()+"&lang=None&force_login=False", nil)
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' http://127.0.0.1:9;") {
		t.Errorf("policy %s", csp)
	}
	for name, v := range map[string]url.Values{
		"a redirect never registered": {"redirect_uri": {"http://127.0.0.1:9/other"}},
		"a script for a redirect":     {"redirect_uri": {"javascript:alert(1)"}},
		"an unknown client":           {"client_id": {"nobody"}},
		"another response":            {"response_type": {"token"}},
	} {
		if got := c.do(http.MethodGet, "/oauth/authorize?"+ask(v).Encode(), nil); got.code < 400 {
			t.Errorf("%s: %d", name, got.code)
		}
		if got := consent(ask(v)); got.StatusCode < 400 {
			t.Errorf("%s, posted: %d", name, got.StatusCode)
		}
	}
	if got := consent(ask(url.Values{"username": {"lena"}, "password": {"wrong"}})); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("wrong password: %d", got.StatusCode)
	}
	code := func() string {
		t.Helper()
		res := consent(ask(url.Values{"username": {"lena"}, "password": {"pass-of-lena"}}))
		to, err := url.Parse(res.Header.Get("Location"))
		if err != nil || res.StatusCode != http.StatusFound || to.Query().Get("state") != "s1" || to.Host != "127.0.0.1:9" {
			t.Fatalf("%d to %v: %v", res.StatusCode, to, err)
		}
		return to.Query().Get("code")
	}
	redeem := func(code string, more url.Values) reply {
		v := url.Values{"grant_type": {"authorization_code"}, "client_id": {id}, "client_secret": {secret}, "redirect_uri": {back}, "code": {code}}
		maps.Copy(v, more)
		return c.do(http.MethodPost, "/oauth/token", v)
	}
	good := code()
	got := redeem(good, nil)
	if got.code != http.StatusOK || got.text("scope") != "read" || got.text("token_type") != "Bearer" {
		t.Fatalf("%d %s", got.code, got.raw)
	}
	mine := client{t: t, base: base, token: got.text("access_token")}
	if who := mine.must(http.MethodGet, "/api/v1/accounts/verify_credentials", nil).text("username"); who != "lena" {
		t.Errorf("token of %s", who)
	}
	if got := redeem(good, nil); got.code != http.StatusBadRequest || got.text("error") != "invalid_grant" {
		t.Errorf("a code twice: %d %s", got.code, got.raw)
	}
	if got := redeem(code(), url.Values{"redirect_uri": {oob}}); got.code == http.StatusOK {
		t.Error("a code for another redirect")
	}
	if got := redeem(code(), url.Values{"client_secret": {"wrong"}}); got.code != http.StatusUnauthorized {
		t.Errorf("a wrong secret: %d", got.code)
	}
	old := code()
	h.move(codeLife + time.Second)
	if got := redeem(old, nil); got.code != http.StatusBadRequest {
		t.Errorf("an old code: %d", got.code)
	}
	shown := c.must(http.MethodPost, "/oauth/authorize", ask(url.Values{"redirect_uri": {oob}, "username": {"lena"}, "password": {"pass-of-lena"}}))
	m := regexp.MustCompile(`<code class="secret">([^<]+)</code>`).FindSubmatch(shown.raw)
	if m == nil {
		t.Fatalf("no code on the page: %s", shown.raw)
	}
	if got := redeem(string(m[1]), url.Values{"redirect_uri": {oob}}); got.code != http.StatusOK {
		t.Errorf("shown code: %s", got.raw)
	}
	pass := func(v url.Values) reply {
		v.Set("grant_type", "password")
		return c.do(http.MethodPost, "/oauth/token", v)
	}
	ok := url.Values{"client_id": {id}, "client_secret": {secret}, "username": {"lena@anything"}, "password": {"pass-of-lena"}}
	if got := pass(ok); got.code != http.StatusOK || got.text("scope") != allScopes {
		t.Errorf("password: %s", got.raw)
	}
	if got := pass(url.Values{"client_id": {"old"}, "client_secret": {"x"}, "username": {"lena"}, "password": {"pass-of-lena"}}); got.code != http.StatusUnauthorized {
		t.Errorf("unknown client: %d", got.code)
	}
	mine.must(http.MethodPost, "/oauth/revoke", url.Values{"token": {mine.token}})
	if got := mine.do(http.MethodGet, "/api/v1/accounts/verify_credentials", nil); got.code != http.StatusUnauthorized {
		t.Errorf("a revoked token: %d", got.code)
	}
	lax, lbase := serve(t, Options{AnyApp: true, NoSignup: true})
	if _, _, err := lax.Join("x", ""); err != nil {
		t.Fatal(err)
	}
	l := client{t: t, base: lbase}
	l.token = l.must(http.MethodPost, "/oauth/token", url.Values{"client_id": {"old"}, "client_secret": {"x"}, "grant_type": {"client_credentials"}}).text("access_token")
	if got := l.do(http.MethodPost, "/api/v1/accounts", url.Values{"username": {"y"}, "password": {"long enough"}}); got.code != http.StatusForbidden {
		t.Errorf("signup is closed: %d", got.code)
	}
	if got := l.do(http.MethodPost, "/api/v1/statuses", url.Values{"status": {"y"}}); got.code != http.StatusUnprocessableEntity {
		t.Errorf("an app posts: %d", got.code)
	}
	_ = s
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{})
	c := join(t, s, base, "lena", "")
	try := func() (reply, error) {
		return c.send(c.request(t.Context(), http.MethodPost, "/api/v1/statuses", map[string]any{"status": "x"}))
	}
	posts := func() int { return len(s.Statuses()) }
	s.SetFaults(Faults{CutAfter: 1, CutBefore: 1})
	if _, err := try(); err == nil || posts() != 0 {
		t.Errorf("cut before: %v, %d posts", err, posts())
	}
	if _, err := try(); err == nil || posts() != 1 {
		t.Errorf("cut after: %v, %d posts", err, posts())
	}
	if got, err := try(); err != nil || got.code != http.StatusOK {
		t.Errorf("faults are used up: %v %d", err, got.code)
	}
	s.SetFaults(Faults{FailPosts: 1, LimitPosts: 1, LimitFor: 1500 * time.Millisecond})
	got, _ := try()
	if got.code != http.StatusTooManyRequests || got.header.Get("Retry-After") != "2" || got.header.Get("X-RateLimit-Reset") == "" || got.header.Get("X-RateLimit-Remaining") != "0" || got.header.Get("X-RateLimit-Limit") == "" {
		t.Errorf("429: %d %v", got.code, got.header)
	}
	if got, _ = try(); got.code != http.StatusServiceUnavailable || posts() != 2 {
		t.Errorf("503: %d", got.code)
	}
	s.SetFaults(Faults{LimitCalls: 1, BareLimit: true})
	if got := c.do(http.MethodGet, "/api/v1/notifications", nil); got.code != http.StatusTooManyRequests || got.header.Get("X-RateLimit-Limit") != "" {
		t.Errorf("bare 429: %d %v", got.code, got.header)
	}
	s.SetFaults(Faults{RefuseToken: c.token})
	if got := c.do(http.MethodGet, "/api/v1/notifications", nil); got.code != http.StatusUnauthorized {
		t.Errorf("refused token: %d", got.code)
	}
	hold := make(chan struct{})
	s.SetFaults(Faults{Hold: hold})
	answered := make(chan int)
	go func() {
		got, _ := try()
		answered <- got.code
	}()
	until(t, "the post is stored", func() bool { return posts() == 3 })
	select {
	case <-answered:
		t.Error("answered while held")
	default:
	}
	close(hold)
	if code := <-answered; code != http.StatusOK {
		t.Errorf("held: %d", code)
	}
}

// until waits for something that happens elsewhere.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	end := time.NewTimer(20 * time.Second)
	defer end.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-end.C:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func TestHostsAndOrigins(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{Hosts: []string{"square.example"}})
	c := join(t, s, base, "lena", "")
	for host, want := range map[string]int{
		"127.0.0.1": 200, "localhost:99": 200, "[::1]:80": 200, "square.example": 200, "Square.Example:443": 200, "evil.example": 421, "127.0.0.1.evil.example": 421, "[": 421,
	} {
		req := c.request(t.Context(), http.MethodGet, "/api/v1/instance", nil)
		req.Host = host
		got, err := c.send(req)
		if err != nil {
			t.Fatal(err)
		}
		if got.code != want && (host != "[" || got.code != 400) {
			t.Errorf("%s: %d, want %d", host, got.code, want)
		}
	}
	cross := c.request(t.Context(), http.MethodPost, "/api/v1/statuses", map[string]any{"status": "forged"})
	cross.Header.Set("Sec-Fetch-Site", "cross-site")
	if got, err := c.send(cross); err != nil || got.code != http.StatusForbidden {
		t.Errorf("from another site: %d %v", got.code, err)
	}
	if got := c.do(http.MethodGet, "/", nil).header.Get("Content-Security-Policy"); got != pagePolicy {
		t.Errorf("policy %s", got)
	}
	open, obase := serve(t, Options{Hosts: []string{"*"}})
	_ = open
	req := client{t: t, base: obase}.request(t.Context(), http.MethodGet, "/api/v1/instance", nil)
	req.Host = "anything.example"
	if got, err := c.send(req); err != nil || got.code != http.StatusOK {
		t.Errorf("all hosts: %d %v", got.code, err)
	}
}

// TestManyAtOnce has no expectation but that -race is quiet and nothing is lost.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{Store: filepath.Join(t.TempDir(), "log")})
	brand := join(t, s, base, "acme", "")
	people := make([]client, 6)
	for i := range people {
		people[i] = join(t, s, base, fmt.Sprintf("p%d", i), "")
	}
	ear := listen(t, brand, "/api/v1/streaming/user")
	var wg sync.WaitGroup
	for _, p := range people {
		wg.Go(func() {
			for range 10 {
				id := p.post("@acme hi").text("id")
				p.must(http.MethodPut, "/api/v1/statuses/"+id, map[string]any{"status": "@acme hello"})
				brand.must(http.MethodPost, "/api/v1/statuses/"+id+"/favourite", nil)
				p.must(http.MethodGet, "/api/v1/timelines/home", nil)
				p.do(http.MethodGet, "/", nil)
				s.Statuses()
				s.Thread(id)
			}
		})
	}
	wg.Wait()
	if n := len(s.Statuses()); n != 60 {
		t.Errorf("%d posts", n)
	}
	for n := 0; n < 60; {
		if e := ear.next(); e.event == "notification" {
			n++
		}
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	s, base := serve(t, Options{})
	host := strings.TrimPrefix(base, "http://")
	c := join(t, s, base, "acme", "Stadtwerke")
	id := c.post("Hello #Bins world").text("id")
	for q, want := range map[string]string{
		"acme": "100", "@acme@" + host: "100", "@acme@example.org": "000", "stadtw": "100", "hello": "010", "bins": "011", "#bin": "011", base + "/@acme/" + id: "010",
		base + "/@acme": "100", "nothing at all": "000",
	} {
		got := c.must(http.MethodGet, "/api/v2/search?resolve=True&q="+url.QueryEscape(q), nil)
		var b strings.Builder
		for _, k := range []string{"accounts", "statuses", "hashtags"} {
			b.WriteString(strconv.Itoa(len(got.at(k).list())))
		}
		if n := b.String(); n != want {
			t.Errorf("%s: %s, want %s", q, n, want)
		}
	}
	if got := c.must(http.MethodGet, "/api/v1/accounts/lookup?acct=acme@"+host, nil).text("acct"); got != "acme" {
		t.Errorf("lookup %s", got)
	}
	if got := c.do(http.MethodGet, "/api/v1/accounts/lookup?acct=nobody", nil); got.code != http.StatusNotFound {
		t.Errorf("lookup of nobody: %d", got.code)
	}
	var v any
	if err := json.Unmarshal(c.must(http.MethodGet, "/api/v1/timelines/tag/"+url.PathEscape("bins"), nil).raw, &v); err != nil {
		t.Error(err)
	}
}
