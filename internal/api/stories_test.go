package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/directory"
	"answerable/internal/desk/question"
	"answerable/internal/record"
)

// keys are the members of an object, sorted.
func keys(v any) []string {
	m, _ := v.(map[string]any)
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// The fields of contracts.md, part 1. Fields may be added and none renamed.
func TestFieldsThatStay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		w.Here(w.Mara)
		m := w.begun("Where is my parcel? I wait since Monday.")
		w.wants(202, agent, "POST", "/conversations/"+m.id+"/replies", map[string]any{"text": "It left today.", "answers": []string{m.question}})
		l := w.wants(200, agent, "GET", "/conversations?view=all&q=&limit=10", nil)
		d := w.wants(200, agent, "GET", "/conversations/"+m.id, nil)
		for what, is := range map[string]struct {
			of   any
			want string
		}{
			"page":     {l.body, "items next"},
			"line":     {l.at("items", 0), "id no brand status outcome severity channel public contact owner asked hands opened_at moved_at due owed"},
			"contact":  {l.at("items", 0, "contact"), "id name"},
			"owner":    {l.at("items", 0, "owner"), "id name"},
			"owed":     {l.at("items", 0, "owed"), "questions promises consults closing"},
			"detail":   {d.body, "id no brand status outcome severity channel public contact owner asked hands opened_at moved_at due owed participants threads messages questions"},
			"thread":   {d.at("threads", 0), "id kind channel account_id remote_key url"},
			"message":  {d.at("messages", 0), "id thread_id side author at text lang automatic edited gone external_id in_reply_to attachments delivery"},
			"author":   {d.at("messages", 0, "author"), "id name"},
			"delivery": {d.at("messages", 1, "delivery"), "state tries error url decided_by"},
			"question": {d.at("questions", 0), "id message_id asker_id start end quote kind state settled_by reason"},
		} {
			for k := range strings.FieldsSeq(is.want) {
				if !slices.Contains(keys(is.of), k) {
					t.Errorf("%s has no %q: %v", what, k, keys(is.of))
				}
			}
		}
		if got := []any{d.at("due"), d.at("messages", 0, "delivery"), d.at("questions", 0, "settled_by"), d.at("questions", 0, "state"), l.at("next")}; !cmp.Equal(got, []any{nil, nil, d.at("messages", 1, "id"), "answered", nil}) {
			t.Errorf("got %v: %s", got, d.raw)
		}
		at, err := time.Parse(time.RFC3339, d.text("messages", 0, "at"))
		if err != nil || at.Location() != time.UTC || !strings.HasSuffix(d.text("messages", 0, "at"), "Z") {
			t.Errorf("time %q", d.text("messages", 0, "at"))
		}
		// A conversation without a contact, and one that nobody owns.
		if got := d.at("accountable"); got != nil {
			t.Errorf("an owned conversation names %v as accountable", got)
		}
		w.wants(200, agent, "POST", "/conversations/"+m.id+"/owner", `{"to":null}`)
		l = w.wants(200, agent, "GET", "/conversations", nil)
		if l.at("items", 0, "owner") != nil || l.text("items", 0, "accountable", "name") != "Some lead" {
			t.Errorf("unowned: %s", l.raw)
		}
	})
}

// No list of an answer is ever null.
func TestListsAreNeverNull(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		m := w.begun("Hello there")
		var doc struct {
			Components struct {
				Schemas map[string]struct {
					Properties map[string]struct{ Type any }
				}
			}
		}
		if err := json.Unmarshal(w.api.doc, &doc); err != nil {
			t.Fatal(err)
		}
		lists := map[string]bool{}
		for _, s := range doc.Components.Schemas {
			for k, p := range s.Properties {
				if p.Type == "array" {
					lists[k] = true
				}
			}
		}
		if !lists["items"] || !lists["messages"] {
			t.Fatalf("lists: %v", lists)
		}
		var walk func(path string, v any)
		walk = func(path string, v any) {
			switch v := v.(type) {
			case map[string]any:
				for k, x := range v {
					if x == nil && lists[k] {
						t.Errorf("%s/%s is null", path, k)
					}
					walk(path+"/"+k, x)
				}
			case []any:
				for _, x := range v {
					walk(path, x)
				}
			}
		}
		for _, p := range []string{
			"/me", "/conversations", "/conversations?q=nothing-like-this", "/conversations/" + m.id, "/deliveries", "/contacts/" + m.contact,
			"/people", "/brands", "/accounts", "/arrivals", "/tokens",
		} {
			walk(p, w.wants(200, agent, "GET", p, nil).body)
		}
	})
}

func TestReplyIsQueuedUndoneAndDecided(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		m := w.begun("Where is my parcel?")
		other := w.begun("Hello?")
		replies := "/conversations/" + m.id + "/replies"

		held := w.wants(202, agent, "POST", replies, map[string]any{"text": "It comes tomorrow.", "answers": []string{m.question}, "undo_s": 5, "thread_id": m.thread, "seen": m.message, "keeps": []string{}, "override": map[string]string{}})
		release, err := time.Parse(time.RFC3339, held.text("release_at"))
		if err != nil || held.text("state") != "undoable" || release.UnixMicro() <= w.DB.Now() {
			t.Errorf("held: %s", held)
		}
		d := w.wants(200, agent, "GET", "/conversations/"+m.id, nil)
		if d.text("messages", 1, "delivery", "state") != "undoable" || d.text("questions", 0, "state") != "open" {
			t.Errorf("before its release: %s", d)
		}
		w.wants(404, agent, "DELETE", "/conversations/"+other.id+"/messages/"+held.text("message_id"), nil)
		w.wants(204, agent, "DELETE", "/messages/"+held.text("message_id"), nil)
		w.wants(404, agent, "DELETE", "/messages/"+held.text("message_id"), nil)
		if d = w.wants(200, agent, "GET", "/conversations/"+m.id, nil); d.at("messages", 1) != nil {
			t.Errorf("undone, and there: %s", d)
		}

		sent := w.wants(202, agent, "POST", replies, map[string]any{"text": "It came today.", "answers": []string{m.question}, "thread_id": nil, "seen": nil, "undo_s": nil})
		id := sent.text("message_id")
		if sent.text("state") != "queued" {
			t.Errorf("sent: %s", sent)
		}
		w.wants(409, agent, "DELETE", "/messages/"+id, nil)
		w.wants(409, agent, "POST", "/messages/"+id+"/delivery", `{"arrived":true}`) // nothing is uncertain
		if got := w.wants(200, agent, "GET", "/deliveries?state=queued", nil); got.text("items", 0, "message_id") != id || got.text("items", 0, "conversation_id") != m.id {
			t.Errorf("deliveries: %s", got)
		}
		if got := w.wants(200, wall, "GET", "/deliveries?state=queued&limit=1", nil); got.at("items", 0) != nil {
			t.Errorf("through the wall: %s", got)
		}
		w.uncertain(id)
		if got := w.wants(200, agent, "GET", "/deliveries", nil); got.text("items", 0, "state") != "uncertain" || got.text("items", 0, "error") == "" {
			t.Errorf("deliveries: %s", got)
		}
		got := w.wants(200, agent, "POST", "/messages/"+id+"/delivery", `{"arrived":true,"external_id":"there-7"}`)
		if got.text("state") != "sent" || got.text("decided_by") != string(w.Mara.ID) || got.text("parts", 0, "external_id") != "there-7" {
			t.Errorf("decided: %s", got)
		}
		w.wants(404, agent, "POST", "/messages/"+id+"x/delivery", `{"arrived":true}`)
	})
}

func TestReplyToWhatIsNoLongerTheLastWord(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		m := w.begun("Where is my parcel?")
		d := w.wants(200, agent, "GET", "/conversations/"+m.id, nil)
		newer := w.Hears(w.Says("customer1", d.text("threads", 0, "remote_key"), "Never mind, it is here."))
		if got := string(newer[0].Conversation); got != m.id {
			t.Fatalf("filed in %s", got)
		}
		got := w.wants(409, agent, "POST", "/conversations/"+m.id+"/replies", map[string]any{"text": "Soon.", "seen": m.message})
		if got.text("newer") != string(newer[0].Message) || got.text("newer_message", "text") != "Never mind, it is here." || got.text("kind") != "conflict" {
			t.Errorf("got %s", got)
		}
		w.wants(202, agent, "POST", "/conversations/"+m.id+"/replies", map[string]any{"text": "Good.", "seen": newer[0].Message})
	})
}

func TestResolveTellsWhatIsOwed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		m, foreign := w.begun("Where is my parcel?"), w.begun("And where is mine?")
		path := "/conversations/" + m.id + "/resolve"
		got := w.wants(409, agent, "POST", path, `{"outcome":"answered"}`)
		want := map[string]any{"questions": []any{m.question}, "promises": []any{}, "consults": []any{}, "closing": []any{}}
		if diff := cmp.Diff(want, got.at("owed")); diff != "" || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("owed: %s\n%s", diff, got)
		}
		w.wants(422, agent, "POST", path, `{"outcome":"happy"}`)
		// The strip of another conversation ends nothing here, and nothing there.
		strip := func(q, state string) map[string]any {
			return map[string]any{"outcome": "declined", "ends": []any{map[string]any{"question": q, "state": state, "reason": "We do not ship there."}}}
		}
		w.wants(422, agent, "POST", path, strip(foreign.question, "declined"))
		if d := w.wants(200, agent, "GET", "/conversations/"+foreign.id, nil); d.text("questions", 0, "state") != "open" {
			t.Errorf("ended through another conversation: %s", d)
		}
		w.wants(422, agent, "POST", path, strip(m.question, "answered")) // by what?
		done := w.wants(200, agent, "POST", path, strip(m.question, "declined"))
		if done.text("status") != "resolved" || done.text("outcome") != "declined" || done.at("resolved_at") == nil {
			t.Errorf("resolved: %s", done)
		}
		open := w.wants(200, agent, "POST", "/conversations/"+m.id+"/reopen", `{"why":"she called"}`)
		if open.text("status") != "open" || open.text("outcome") != "" {
			t.Errorf("reopened: %s", open)
		}
		// One by one.
		w.wants(422, agent, "PATCH", "/questions/"+m.question, `{"state":"open","reason":7}`)
		if got := w.wants(200, agent, "PATCH", "/questions/"+m.question, `{"state":"open"}`); got.text("state") != "open" {
			t.Errorf("opened again: %s", got)
		}
		r := w.wants(202, agent, "POST", "/conversations/"+m.id+"/replies", `{"text":"Tomorrow."}`).text("message_id")
		if got := w.wants(200, agent, "PATCH", "/questions/"+m.question, map[string]any{"state": "answered", "answered_by": r, "reason": nil}); got.text("settled_by") != r {
			t.Errorf("answered: %s", got)
		}
		w.wants(200, agent, "POST", path, `{"outcome":"answered"}`)
	})
}

func TestOwner(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		m := w.begun("Hello?")
		path := "/conversations/" + m.id + "/owner"
		if got := w.wants(200, agent, "POST", path, `{"to":"me"}`); got.text("owner", "id") != string(w.Mara.ID) || got.at("accountable") != nil {
			t.Errorf("me: %s", got)
		}
		if got := w.wants(200, agent, "POST", path, map[string]any{"to": w.Tom.ID, "why": "knows her"}); got.text("owner", "name") != "Tom Wilk" {
			t.Errorf("Tom: %s", got)
		}
		if got := w.wants(200, agent, "GET", "/conversations?view=mine", nil); got.at("items", 0) != nil {
			t.Errorf("mine: %s", got)
		}
		if got := w.wants(200, agent, "POST", path, `{"to":null,"why":null}`); got.at("owner") != nil || got.text("accountable", "name") == "" {
			t.Errorf("nobody: %s", got)
		}
		w.wants(422, agent, "POST", path, `{"why":"to whom?"}`)
		w.wants(422, agent, "POST", path, `{"to":"nobody-we-know"}`)
		w.wants(422, agent, "POST", path, map[string]any{"to": w.people[wall].ID}) // works for another brand
		w.wants(422, agent, "POST", path, map[string]any{"to": w.people[auditor].ID})
	})
}

func TestSameKeyOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		m := w.begun("Where is my parcel?")
		path := "/conversations/" + m.id + "/replies"
		first := w.wants(202, agent, "POST", path, `{"text":"Soon.","undo_s":5}`, "Idempotency-Key", "k1")
		again := w.wants(202, agent, "POST", path, `{"text":"Soon.","undo_s":5}`, "Idempotency-Key", "k1")
		if first.raw != again.raw || first.header.Get("Idempotency-Replayed") != "" || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("first %s, again %s (%v)", first, again, again.header)
		}
		other := w.wants(422, agent, "POST", path, `{"text":"Later."}`, "Idempotency-Key", "k1")
		if other.text("kind") != "invalid" || !strings.Contains(other.text("detail"), "Idempotency-Key") {
			t.Errorf("another request under the same key: %s", other)
		}
		w.wants(422, agent, "POST", path, `{"text":"Later."}`, "Idempotency-Key", strings.Repeat("k", 256))
		w.wants(202, lead, "POST", path, `{"text":"Soon.","undo_s":5}`, "Idempotency-Key", "k1") // whose key it is counts
		if n := len(w.ours(m.id)); n != 2 {
			t.Errorf("%d replies stand there, want 2", n)
		}

		// A refusal gives the key back: the same request works once its reason is gone.
		resolve := "/conversations/" + m.id + "/resolve"
		w.wants(409, agent, "POST", resolve, `{"outcome":"answered"}`, "Idempotency-Key", "k2")
		w.wants(200, agent, "PATCH", "/questions/"+m.question, `{"state":"not_a_question"}`)
		w.wants(200, agent, "POST", resolve, `{"outcome":"answered"}`, "Idempotency-Key", "k2")
		w.wants(200, agent, "POST", "/conversations/"+m.id+"/reopen", nil, "Idempotency-Key", "k3")
		if got := w.wants(200, agent, "POST", resolve, `{"outcome":"answered"}`, "Idempotency-Key", "k2"); got.text("status") != "resolved" || w.status(m.id) != conversation.Open {
			t.Errorf("an old answer was carried out again: %s, now %s", got, w.status(m.id))
		}

		// A secret that was made comes again, and is not stored where others could read it.
		secret := w.wants(201, admin, "POST", "/tokens", `{"scopes":["read"]}`, "Idempotency-Key", "k4")
		if again := w.wants(201, admin, "POST", "/tokens", `{"scopes":["read"]}`, "Idempotency-Key", "k4"); again.raw != secret.raw || secret.text("token") == "" {
			t.Errorf("token: %s, again %s", secret, again)
		}
		account := w.wants(201, admin, "POST", "/accounts", `{"brand":"tarn","channel":"signed","config":{"name":"crm"},"name":"Our CRM"}`, "Idempotency-Key", "k5")
		if again := w.wants(201, admin, "POST", "/accounts", `{"brand":"tarn","channel":"signed","config":{"name":"crm"},"name":"Our CRM"}`, "Idempotency-Key", "k5"); again.raw != account.raw || account.text("made", "secret") == "" || account.text("name") != "Our CRM" {
			t.Errorf("account: %s, again %s", account, again)
		}
		w.wants(409, admin, "POST", "/accounts", `{"brand":"tarn","channel":"signed","config":{"name":"crm"}}`, "Idempotency-Key", "k6")
		w.Read(func(tx *db.Tx) error {
			for _, key := range []string{"k1", "k4", "k5", "k6"} {
				var status int
				var body []byte
				ok, err := tx.Row(`SELECT status, COALESCE(body, '') FROM answered_request WHERE key = $1`, db.Args(key), &status, &body)
				if err != nil {
					return err
				}
				if ok != (key != "k6") {
					t.Errorf("%s is kept: %v", key, ok)
				}
				if strings.Contains(string(body), "at_") || strings.Contains(string(body), "whsec_") || strings.Contains(string(body), "state") {
					t.Errorf("%s is kept in clear: %q", key, body)
				}
			}
			return nil
		})
	})
}

// ours lists our messages of a conversation.
func (w *desk) ours(c string) (out []conversation.Message) {
	w.T.Helper()
	w.Read(func(tx *db.Tx) error {
		all, err := conversation.Timeline(tx, conversation.ID(c))
		for _, m := range all {
			if m.Side == conversation.Ours {
				out = append(out, m)
			}
		}
		return err
	})
	return out
}

func TestSameKeyAtTheSameTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		m := w.begun("Where is my parcel?")
		const n = 8
		answers := make([]*httptest.ResponseRecorder, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				r := httptest.NewRequestWithContext(t.Context(), "POST", base+"/conversations/"+m.id+"/replies", strings.NewReader(`{"text":"Soon."}`))
				r.Header.Set("Authorization", "Bearer "+w.tokens[agent])
				r.Header.Set("Idempotency-Key", "one")
				r.Header.Set("Content-Type", "application/json")
				answers[i] = httptest.NewRecorder()
				w.api.ServeHTTP(answers[i], r)
			})
		}
		wg.Wait()
		fresh := 0
		for _, a := range answers {
			if a.Code != http.StatusAccepted || a.Body.String() != answers[0].Body.String() {
				t.Errorf("got %d %s, want %s", a.Code, a.Body, answers[0].Body)
			}
			if a.Header().Get("Idempotency-Replayed") == "" {
				fresh++
			}
		}
		if got := len(w.ours(m.id)); got != 1 || fresh != 1 {
			t.Errorf("%d replies stand there, %d answers are fresh; want 1 and 1", got, fresh)
		}
	})
}

// The answer is kept in the transaction of the change: what fails to be kept did not happen.
func TestAnswerAndChangeAreOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		m := w.begun("Where is my parcel?")
		w.Write(func(tx *db.Tx) error {
			q := `CREATE TRIGGER no_keeping BEFORE UPDATE ON answered_request BEGIN INSERT INTO disk_full VALUES (1); END`
			if w.DB.Dialect() == "postgres" {
				if _, err := tx.Exec(`CREATE FUNCTION no_keeping() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''disk full''; END'`); err != nil {
					return err
				}
				q = `CREATE TRIGGER no_keeping BEFORE UPDATE ON answered_request FOR EACH ROW EXECUTE FUNCTION no_keeping()`
			}
			_, err := tx.Exec(q)
			return err
		})
		for path, body := range map[string]string{"replies": `{"text":"Soon."}`, "notes": `{"text":"Soon."}`, "resolve": `{"outcome":"abuse"}`} {
			got := w.wants(500, agent, "POST", "/conversations/"+m.id+"/"+path, body, "Idempotency-Key", path)
			if strings.Contains(got.raw, "disk") || got.text("kind") != "internal" {
				t.Errorf("shown: %s", got)
			}
		}
		if got := w.wants(200, agent, "GET", "/conversations/"+m.id, nil); got.at("messages", 1) != nil || got.text("status") != "open" {
			t.Errorf("done without its answer being kept: %s", got)
		}
		if !strings.Contains(w.log.String(), "disk") {
			t.Errorf("not logged: %s", w.log)
		}
	})
}

func TestWhatIsNoRequest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		m := w.begun("Where is my parcel?")
		replies := "/conversations/" + m.id + "/replies"
		for name, x := range map[string]struct {
			method, path, body string
			want               int
			detail             string
			header             []string
		}{
			"no JSON":           {"POST", replies, `{"text":`, 400, "body", nil},
			"no body":           {"POST", replies, ``, 400, "", nil},
			"a list":            {"POST", replies, `[]`, 422, "object", nil},
			"an unknown field":  {"POST", replies, `{"text":"a","answer":[]}`, 422, "unexpected property", nil},
			"no text":           {"POST", replies, `{"seen":"x"}`, 422, "text", nil},
			"an empty text":     {"POST", replies, `{"text":"  "}`, 422, "nothing in it", nil},
			"a text too long":   {"POST", replies, `{"text":"` + strings.Repeat("a", 50_000) + `"}`, 422, "at most", nil},
			"a body too large":  {"POST", replies, `{"text":"` + strings.Repeat("a", mostBody) + `"}`, 413, "1 MiB", nil},
			"another thread":    {"POST", replies, `{"text":"a","thread_id":"none"}`, 404, "thread", nil},
			"another question":  {"POST", replies, `{"text":"a","answers":["none"]}`, 404, "question", nil},
			"undo too long":     {"POST", replies, `{"text":"a","undo_s":61}`, 422, "undo_s", nil},
			"a form":            {"POST", replies, `text=a`, 415, "", []string{"Content-Type", "application/x-www-form-urlencoded"}},
			"no such path":      {"GET", "/nothing", ``, 404, "/api/v1/nothing", nil},
			"no such method":    {"PUT", "/conversations", ``, 405, "GET", nil},
			"no such view":      {"GET", "/conversations?view=everything", ``, 422, "view", nil},
			"no cursor of ours": {"GET", "/conversations?cursor=%21", ``, 422, "cursor", nil},
			"no number":         {"GET", "/conversations?limit=many", ``, 422, "limit", nil},
			"no such brand":     {"GET", "/conversations?brand=none", ``, 404, "brand", nil},
			"no such operator":  {"GET", "/conversations?q=is:happy", ``, 422, "is:", nil},
			"no such state":     {"GET", "/deliveries?state=lost", ``, 422, "state", nil},
			"outside the words": {"POST", "/questions", `{"message_id":"` + m.message + `","start":5,"end":5000}`, 422, "bytes", nil},
			"no such zone":      {"POST", "/brands", `{"slug":"x","zone":"Atlantis/Center"}`, 422, "Atlantis", nil},
			"no such channel":   {"POST", "/accounts", `{"brand":"tarn","channel":"pigeon","config":{}}`, 422, "pigeon", nil},
			"no such scope":     {"POST", "/tokens", `{"scopes":["all"]}`, 422, "", nil},
			"a NUL in a path":   {"GET", "/conversations/a%00b", ``, 422, "no text", nil},
			"no UTF-8 in a tag": {"PUT", "/conversations/" + m.id + "/tags/%ff", ``, 422, "no text", nil},
			"a NUL to search":   {"GET", "/conversations?q=%00", ``, 422, "no text", nil},
			"a NUL in an id":    {"POST", replies, `{"text":"a","seen":"\u0000"}`, 422, "seen", nil},
			"a NUL in a list":   {"POST", replies, `{"text":"a","answers":["\u0000"]}`, 422, "answers", nil},
			"a NUL in the text": {"POST", replies, `{"text":"a\u0000b"}`, 422, "text", nil},
			"a NUL in a map":    {"POST", replies, `{"text":"a","override":{"\u0000":"a"}}`, 422, "override", nil},
			"a foreign key":     {"POST", replies, `{"text":"a"}`, 422, "ASCII", []string{"Idempotency-Key", "k\xff"}},
			"no such file":      {"GET", "/attachments/none", ``, 404, "file", nil},
		} {
			t.Run(name, func(t *testing.T) {
				var body any
				if x.body != "" {
					body = x.body
				}
				got := w.asks(admin, x.method, x.path, body, x.header...)
				if got.status != x.want || !strings.Contains(got.text("detail"), x.detail) || got.header.Get("Content-Type") != "application/problem+json" || len(got.raw) > 2000 {
					t.Errorf("got %.500s, want %d with %q", got, x.want, x.detail)
				}
				if x.want == 405 && got.header.Get("Allow") == "" {
					t.Error("no Allow")
				}
			})
		}
		if s := w.log.String(); s != "" {
			t.Errorf("logged: %s", s)
		}
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		if got := w.wants(401, guest, "GET", "/me", nil); got.header.Get("WWW-Authenticate") != `Bearer realm="answerable"` {
			t.Errorf("a guest is told %v", got.header)
		}
		me := w.wants(200, agent, "GET", "/me", nil)
		if me.text("id") != string(w.Mara.ID) || me.text("role") != "agent" || me.text("email") != w.Mara.Email || len(me.at("scopes").([]any)) != 4 {
			t.Errorf("me: %s", me)
		}
		// Its use is written in the background, once a minute.
		w.api.errands.Wait()
		mine := w.wants(200, agent, "GET", "/tokens", nil)
		i := slices.IndexFunc(mine.at("items").([]any), func(x any) bool { return x.(map[string]any)["id"] == me.at("token_id") })
		if i < 0 || mine.at("items", i, "seen_at") == nil || strings.Contains(mine.raw, "at_\"") {
			t.Errorf("tokens: %s", mine)
		}
		// An ended one is unknown at once.
		made := w.wants(201, admin, "POST", "/tokens", map[string]any{"scopes": []string{"read"}, "person": w.Tom.Email, "name": "Tom's script"})
		w.tokens["script"] = made.text("token")
		if got := w.wants(200, "script", "GET", "/me", nil); got.text("name") != "Tom Wilk" {
			t.Errorf("the script is %s", got)
		}
		w.wants(403, "script", "POST", "/tokens", `{"scopes":["admin"]}`)
		w.wants(204, admin, "DELETE", "/tokens/"+made.text("id"), nil)
		if got := w.wants(401, "script", "GET", "/me", nil); !strings.Contains(got.header.Get("WWW-Authenticate"), "invalid_token") {
			t.Errorf("after its end: %v", got.header)
		}
		w.wants(404, admin, "DELETE", "/tokens/none", nil)
		// Who goes on with wrong ones is told to wait; a right one passes from the same address.
		w.address = "198.51.100.7:999"
		for range mostTries {
			w.wants(401, "at_wrong", "GET", "/me", nil)
		}
		if got := w.wants(429, "at_wrong", "GET", "/me", nil); got.header.Get("Retry-After") == "" {
			t.Errorf("wait for how long? %v", got.header)
		}
		w.wants(200, agent, "GET", "/me", nil)
		w.address = "198.51.100.8:999"
		w.wants(401, "at_wrong", "GET", "/me", nil)
	})
}

// An admin of one brand makes no key to another.
func TestAdminOfOneBrand(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		w.Write(func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE person SET role = 'admin' WHERE id = $1`, w.people[wall].ID)
			return err
		})
		w.wants(201, wall, "POST", "/tokens", `{"scopes":["read"]}`)
		w.wants(403, wall, "POST", "/tokens", map[string]any{"scopes": []string{"read"}, "person": w.people[admin].ID})
		id := w.wants(200, agent, "GET", "/me", nil).text("token_id")
		w.wants(403, wall, "DELETE", "/tokens/"+id, nil)
		w.wants(404, wall, "POST", "/accounts", `{"brand":"tarn","channel":"signed","config":{"name":"in"}}`)
		w.wants(404, wall, "GET", "/conversations?brand=tarn", nil)
		if got := w.wants(200, wall, "GET", "/brands", nil); got.text("items", 0, "slug") != "other" || got.at("items", 1) != nil {
			t.Errorf("brands: %s", got)
		}
		if got := w.wants(200, wall, "GET", "/accounts", nil); got.at("items", 0) != nil {
			t.Errorf("accounts: %s", got)
		}
		// Nor does he meet who works for that brand alone.
		var inga directory.Person
		w.Write(func(tx *db.Tx) (err error) {
			inga, err = directory.Add(tx, auth.TheHouse(), directory.Person{Email: "inga@tarn.example", Name: "Inga Berg", Role: auth.Agent, Brands: []brand.ID{w.Brand.ID}})
			return err
		})
		w.wants(404, wall, "PUT", "/people/inga@tarn.example/presence", `{"state":"off"}`)
		w.wants(404, wall, "GET", "/tokens?person=inga@tarn.example", nil)
		w.wants(404, wall, "POST", "/tokens", map[string]any{"scopes": []string{"read"}, "person": inga.ID})
		if got := w.wants(200, wall, "GET", "/people", nil); strings.Contains(got.raw, "Inga") || !strings.Contains(got.raw, "Tom Wilk") {
			t.Errorf("people: %s", got)
		}
		if got := w.wants(200, agent, "GET", "/people", nil); !strings.Contains(got.raw, "Inga") {
			t.Errorf("people: %s", got)
		}
		w.unread()
		if got := w.wants(200, wall, "GET", "/arrivals?limit=1", nil); got.at("items", 0) != nil {
			t.Errorf("arrivals: %s", got)
		}
	})
}

// Nothing answers differently for what stands behind the wall and what never was.
func TestWallLooksLikeNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		m := w.begun("Where is my parcel?")
		r := w.wants(202, agent, "POST", "/conversations/"+m.id+"/replies", `{"text":"Soon.","undo_s":30}`).text("message_id")
		for _, x := range []struct{ method, path, id, body string }{
			{"GET", "/conversations/", m.id, ""},
			{"GET", "/contacts/", m.contact, ""},
			{"DELETE", "/messages/", r, ""},
			{"POST", "/messages/%/delivery", r, `{"arrived":true}`},
			{"PATCH", "/questions/", m.question, `{"state":"open"}`},
			{"GET", "/accounts/", string(w.Account.ID), ""},
			{"GET", "/arrivals?account=", string(w.Account.ID), ""},
			{"POST", "/arrivals/%/again", w.unread(), ""},
			{"GET", "/conversations?brand=", "tarn", ""},
		} {
			at := func(id string) said {
				p := x.path + id
				if strings.Contains(x.path, "%") {
					p = strings.ReplaceAll(x.path, "%", id)
				}
				var body any
				if x.body != "" {
					body = x.body
				}
				return w.wants(404, wall, x.method, p, body)
			}
			there, nowhere := at(x.id), at("zzz")
			if a, b := strings.ReplaceAll(there.text("detail"), x.id, ""), strings.ReplaceAll(nowhere.text("detail"), "zzz", ""); a != b {
				t.Errorf("%s %s: %q behind the wall, %q nowhere", x.method, x.path, a, b)
			}
		}
		if len(w.ours(m.id)) != 1 {
			t.Error("undone through the wall")
		}
	})
}

func TestRequestIsNamedInTheRecord(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		m := w.begun("Hello?")
		got := w.wants(201, agent, "POST", "/conversations/"+m.id+"/notes", `{"text":"a regular"}`, "X-Request-Id", "crm-4711")
		if got.header.Get("X-Request-Id") != "crm-4711" || got.text("side") != "note" || got.text("thread_id") != "" {
			t.Errorf("note: %s %v", got, got.header)
		}
		w.Read(func(tx *db.Tx) error {
			es, err := record.About(tx, "conversation/"+m.id, 100)
			i := slices.IndexFunc(es, func(e record.Sealed) bool { return e.Kind == "note.added" })
			if i < 0 || es[i].Request != "crm-4711" || es[i].Actor != "token/"+string(w.Mara.ID) {
				t.Errorf("record: %+v", es)
			}
			return err
		})
		if got := w.wants(200, agent, "GET", "/me", nil, "X-Request-Id", "two\nlines"); strings.ContainsAny(got.header.Get("X-Request-Id"), "\n ") || got.header.Get("X-Request-Id") == "" {
			t.Errorf("request id %q", got.header.Get("X-Request-Id"))
		}
	})
}

func TestListPagesSearchesAndTags(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		ids := map[string]bool{}
		for range 5 {
			ids[w.begun("Where is my parcel?").id] = true
		}
		cursor, pages := "", 0
		for {
			p := w.wants(200, agent, "GET", "/conversations?view=all&limit=2&brand=tarn&cursor="+cursor, nil)
			for _, x := range p.at("items").([]any) {
				delete(ids, x.(map[string]any)["id"].(string))
			}
			if pages++; p.at("next") == nil {
				break
			}
			cursor = p.text("next")
		}
		if len(ids) != 0 || pages != 3 {
			t.Errorf("%d pages, not seen: %v", pages, ids)
		}
		m := w.begun("The blue lamp flickers")
		if got := w.wants(200, agent, "PUT", "/conversations/"+m.id+"/tags/Faulty%20Lamp", nil); fmt.Sprint(got.at("tags")) != "[faulty-lamp]" {
			t.Errorf("tags: %s", got)
		}
		if got := w.wants(200, agent, "PATCH", "/conversations/"+m.id, `{"severity":"top"}`); got.text("severity") != "top" {
			t.Errorf("severity: %s", got)
		}
		if got := w.wants(200, agent, "DELETE", "/conversations/"+m.id+"/tags/faulty-lamp", nil); fmt.Sprint(got.at("tags")) != "[]" {
			t.Errorf("tags: %s", got)
		}
		q := w.wants(201, agent, "POST", "/questions", map[string]any{"message_id": m.message, "start": 4, "end": 13})
		if q.text("quote") != "blue lamp" || q.text("state") != "open" || q.text("kind") != "question" {
			t.Errorf("question: %s", q)
		}
		w.wants(409, agent, "POST", "/questions", map[string]any{"message_id": m.message, "start": 4, "end": 13})
	})
}

func TestContactsMergeAndPart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		a, b := w.begun("Hello?"), w.begun("Hello again?")
		path := "/contacts/" + a.contact + "/merge"
		w.wants(422, agent, "POST", path, map[string]any{"into": b.contact, "evidence": " "})
		got := w.wants(200, agent, "POST", path, map[string]any{"into": b.contact, "evidence": "same order number"})
		if got.text("id") != b.contact || len(got.at("identities").([]any)) != 2 || got.text("merges", 0, "evidence") != "same order number" || got.text("merges", 0, "state") != "merged" {
			t.Errorf("merged: %s", got)
		}
		if got := w.wants(200, agent, "GET", "/conversations/"+a.id, nil); got.text("contact", "id") != b.contact {
			t.Errorf("whose conversation: %s", got)
		}
		w.wants(409, agent, "DELETE", path, map[string]any{"into": a.contact})
		if got := w.wants(200, agent, "DELETE", path, map[string]any{"into": b.contact, "evidence": "two people"}); got.text("id") != a.contact || got.text("merged_into") != "" || len(got.at("identities").([]any)) != 1 {
			t.Errorf("parted: %s", got)
		}
		w.wants(409, agent, "DELETE", path, nil)
	})
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		made := w.wants(201, admin, "POST", "/accounts", map[string]any{"brand": w.Brand.ID, "channel": "signed", "config": map[string]any{"name": "crm"}})
		id := made.text("id")
		if made.text("health") == "" || !strings.HasPrefix(made.text("made", "secret"), "whsec_") || made.text("door") != "https://desk.example/in/signed/"+id || made.text("brand") != "tarn" {
			t.Errorf("made: %s", made)
		}
		for who, config := range map[string]bool{admin: true, agent: false} {
			got := w.wants(200, who, "GET", "/accounts/"+id, nil)
			if (got.at("config") != nil) != config || strings.Contains(got.raw, "whsec_") {
				t.Errorf("as %s: %s", who, got)
			}
		}
		if got := w.wants(200, admin, "PATCH", "/accounts/"+id, `{"off":true,"name":"CRM","config":null}`); got.text("health") != "off" || got.text("name") != "CRM" {
			t.Errorf("off: %s", got)
		}
		if got := w.wants(200, admin, "PATCH", "/accounts/"+id, `{"off":false}`); got.text("health") != "new" {
			t.Errorf("on: %s", got)
		}
		if got := w.wants(200, agent, "GET", "/accounts?brand=tarn", nil); len(got.at("items").([]any)) != 3 { // and those of the world
			t.Errorf("accounts: %s", got)
		}
		w.wants(404, admin, "PATCH", "/accounts/none", `{"off":true}`)

		a := w.unread()
		list := w.wants(200, admin, "GET", "/arrivals?account="+string(w.Account.ID), nil)
		if list.text("items", 0, "id") != a || list.text("items", 0, "outcome") != "unreadable" || list.text("items", 0, "body") != `{"id":` || list.text("items", 0, "cause") == "" {
			t.Errorf("arrivals: %s", list)
		}
		if got := w.wants(200, agent, "GET", "/arrivals", nil); got.at("items", 0, "body") != nil {
			t.Errorf("raw words for an agent: %s", got)
		}
		if got := w.wants(422, admin, "POST", "/arrivals/"+a+"/again", nil); !strings.Contains(got.text("detail"), "still cannot be read") {
			t.Errorf("again: %s", got)
		}
	})
}

func TestFilesOfMessages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		in := w.Says("hanne", "", "Look!")
		in.Attachments = []channel.Attachment{{Name: "a.png", Type: "image/png", URL: "https://net.example/a.png"}, {Name: "b.html", Type: "text/html", URL: "https://net.example/b.html"}, {Name: "c", URL: "https://net.example/c"}}
		c := string(w.Hears(in)[0].Conversation)
		ids := make([]string, 3)
		d := w.wants(200, agent, "GET", "/conversations/"+c, nil)
		for i := range ids {
			ids[i] = d.text("messages", 0, "attachments", i, "id")
		}
		if d.text("messages", 0, "attachments", 0, "state") != "waiting" || d.text("messages", 0, "attachments", 0, "url") != "" || d.text("messages", 0, "attachments", 0, "origin") != "https://net.example/a.png" {
			t.Errorf("waiting: %s", d)
		}
		w.wants(404, agent, "GET", "/attachments/"+ids[0], nil)
		for i, f := range []struct{ typ, words string }{{"image/png", "\x89PNG"}, {"text/html", "<script>"}} {
			key, size, err := w.api.Blobs.Put(t.Context(), strings.NewReader(f.words), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			w.Write(func(tx *db.Tx) error {
				return conversation.Fetched(tx, conversation.Attachment{ID: ids[i], State: "kept", Blob: key, Size: size, Type: f.typ})
			})
		}
		d = w.wants(200, agent, "GET", "/conversations/"+c, nil)
		path := strings.TrimPrefix(d.text("messages", 0, "attachments", 0, "url"), "https://desk.example")
		if got := w.wants(200, auditor, "GET", path, nil); got.raw != "\x89PNG" || got.header.Get("Content-Type") != "image/png" {
			t.Errorf("picture: %q %v", got.raw, got.header)
		}
		if got := w.wants(200, agent, "GET", "/attachments/"+ids[1], nil); got.header.Get("Content-Type") != "application/octet-stream" || got.header.Get("Content-Disposition") != "attachment" {
			t.Errorf("a page of theirs: %v", got.header)
		}
		if got := w.wants(206, agent, "GET", "/attachments/"+ids[1], nil, "Range", "bytes=0-1"); got.raw != "<s" {
			t.Errorf("part: %q", got.raw)
		}
		there, nowhere := w.wants(404, wall, "GET", path, nil), w.wants(404, wall, "GET", "/attachments/none", nil)
		if there.text("detail") != nowhere.text("detail") {
			t.Errorf("%s, %s", there, nowhere)
		}
	})
}

// hand is a clock moved by hand.
type hand struct{ now time.Time }

func (h *hand) Advance(_ context.Context, by time.Duration) (time.Time, error) {
	h.now = h.now.Add(by)
	return h.now, nil
}

func TestDemoClock(t *testing.T) {
	t.Parallel()
	w := newDesk(t, dbtest.Open(t, dbtest.SQLite(t), db.Options{}))
	w.wants(404, agent, "POST", "/demo/clock", `{"advance_s":60}`) // no demo
	h := &hand{time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	w.api = open(Deps{DB: w.DB, Demo: h})
	t.Cleanup(w.api.errands.Wait)
	for range 2 { // once a key
		if got := w.wants(200, agent, "POST", "/demo/clock", `{"advance_s":90.5}`, "Idempotency-Key", "tick"); got.text("now") != "2026-11-23T09:01:30.5Z" {
			t.Errorf("got %s", got)
		}
	}
	w.wants(422, agent, "POST", "/demo/clock", `{"advance_s":-1}`)
	w.wants(401, guest, "POST", "/demo/clock", `{"advance_s":1}`)
	w.wants(503, admin, "POST", "/accounts", `{"brand":"tarn","channel":"signed"}`) // no doors
}

// What is internal is logged and never shown.
func TestInternalIsNotShown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *desk) {
		w.wants(200, agent, "GET", "/me", nil)
		w.api.errands.Wait()
		if err := w.DB.Close(); err != nil {
			t.Fatal(err)
		}
		got := w.wants(500, agent, "GET", "/me", nil)
		if strings.Contains(got.raw, "sql") || strings.Contains(got.raw, "closed") || got.text("kind") != "internal" {
			t.Errorf("shown: %s", got)
		}
		if s := w.log.String(); !strings.Contains(s, "closed") || !strings.Contains(s, got.text("request")) {
			t.Errorf("log: %s", s)
		}
	})
}

func TestDocumentIsPublicAndNamesTheProgram(t *testing.T) {
	t.Parallel()
	w := newDesk(t, dbtest.Open(t, dbtest.SQLite(t), db.Options{}))
	for _, p := range []string{"/openapi.json", base + "/openapi.json"} {
		got := w.wants(200, guest, "GET", p, nil)
		if got.text("info", "x-answerable-version") != "test" || got.text("servers", 0, "url") != "https://desk.example" {
			t.Errorf("%s: %.300s", p, got)
		}
	}
	// The words of the document are the words of the stations.
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Enum  []string
					Items struct{ Enum []string }
				}
			}
		}
	}
	if err := json.Unmarshal(w.api.doc, &doc); err != nil {
		t.Fatal(err)
	}
	s := doc.Components.Schemas
	for _, x := range []struct{ got, want []string }{
		{s["Resolving"].Properties["outcome"].Enum, words(conversation.Outcomes())},
		{s["SettleQuestionRequest"].Properties["state"].Enum, words(question.States())},
		{s["End"].Properties["state"].Enum, words(question.States()[1:])},
		{s["Asked"].Properties["state"].Enum, words(question.States())},
		{s["Colleague"].Properties["role"].Enum, words(auth.Roles())},
		{s["IssueTokenRequest"].Properties["scopes"].Items.Enum, words(auth.Scopes())},
	} {
		if diff := cmp.Diff(x.want, x.got); diff != "" {
			t.Error(diff)
		}
	}
}

func words[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, x := range in {
		out[i] = string(x)
	}
	return out
}

// Whatever is posted, it is answered as a problem or done, and nothing of it is internal.
func FuzzReply(f *testing.F) {
	w := newDesk(f, dbtest.Open(f, dbtest.SQLite(f), db.Options{}))
	m := w.begun("Where is my parcel?")
	for _, s := range []string{`{"text":"a"}`, `{"text":"a","answers":["` + m.question + `"],"undo_s":1e-9}`, `{"text":"\u0000","seen":"\u0000"}`, `{"text":"a","thread_id":"\ud800"}`, "\x00", `null`, `{"text":"a","text":"b"}`, `{"text":"a","override":{"a":null}}`} {
		f.Add([]byte(s), "key", m.id)
	}
	f.Fuzz(func(t *testing.T, body []byte, key, id string) {
		r := httptest.NewRequestWithContext(t.Context(), "POST", base+"/conversations/x/replies", strings.NewReader(string(body)))
		r.URL.Path, r.URL.RawPath = base+"/conversations/"+id+"/replies", ""
		r.Header.Set("Authorization", "Bearer "+w.tokens[agent])
		r.Header.Set("Idempotency-Key", key)
		rec := httptest.NewRecorder()
		w.api.ServeHTTP(rec, r)
		if rec.Code >= 500 {
			t.Fatalf("%d %s\n%s", rec.Code, rec.Body, w.log)
		}
		if rec.Code >= 400 && !json.Valid(rec.Body.Bytes()) {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
	})
}
