package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"answerable/internal/auth"
	"answerable/internal/blob"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/account"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/directory"
	"answerable/internal/desktest"
	"answerable/internal/event"
	"answerable/internal/fault"
	"answerable/internal/id"
	"answerable/internal/porter"
	"answerable/internal/secret"
)

// porterDoors is what app does.
type porterDoors struct{ *porter.Porter }

func (p porterDoors) Change(ctx context.Context, by auth.Actor, id account.ID, c AccountChange) (account.Account, error) {
	return p.Porter.Change(ctx, by, id, porter.Change(c))
}

// The callers of the scenario tables.
const (
	guest    = "guest"    // without a token
	wall     = "wall"     // an agent of another brand
	auditor  = "auditor"  // reads
	readonly = "readonly" // an agent's token for reading only
	expert   = "expert"   // writes among us
	agent    = "agent"    // Mara
	lead     = "lead"
	admin    = "admin"
)

var callers = []string{guest, wall, auditor, readonly, expert, agent, lead, admin}

// desk is a world with the API before it, and a token for everybody.
type desk struct {
	*desktest.World
	api     *face
	other   brand.Brand
	people  map[string]directory.Person
	tokens  map[string]string
	log     *locked
	porter  *porter.Porter
	n       int
	address string // of the caller
}

// locked is a log that several goroutines write.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newDesk(t testing.TB, d *db.DB) *desk {
	t.Helper()
	w := &desk{World: desktest.New(t, d), people: map[string]directory.Person{}, tokens: map[string]string{}, log: &locked{}, address: "192.0.2.1:4711"}
	dir := t.TempDir()
	box, err := secret.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.Open(dir + "/files")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	w.porter = porter.New(porter.Deps{DB: d, Hub: event.New(), Box: box, HTTP: http.DefaultClient, Log: log, Node: id.New()})
	w.api = open(Deps{DB: d, Doors: porterDoors{w.porter}, Blobs: blobs, Log: log, Version: "test", URL: "https://desk.example/"})
	t.Cleanup(w.api.errands.Wait)
	// An account as people connect them, with a secret, in place of the bare one.
	if w.Account, err = w.porter.Connect(t.Context(), auth.TheHouse(), w.Brand.ID, "signed", json.RawMessage(`{"name":"shop"}`)); err != nil {
		t.Fatal(err)
	}
	w.Write(func(tx *db.Tx) (err error) {
		w.other, err = brand.Add(tx, auth.TheHouse(), brand.Brand{Slug: "other", Name: "Other"})
		return err
	})
	w.people[agent], w.people[readonly] = w.Mara, w.Mara
	for who, role := range map[string]auth.Role{auditor: auth.Auditor, expert: auth.Expert, lead: auth.Lead, admin: auth.Admin} {
		w.people[who] = w.Person(who+"@tarn.example", "Some "+who, role)
	}
	w.Write(func(tx *db.Tx) (err error) {
		w.people[wall], err = directory.Add(tx, auth.TheHouse(), directory.Person{Email: "wall@other.example", Name: "Olga Wall", Role: auth.Agent, Brands: []brand.ID{w.other.ID}})
		return err
	})
	for who, p := range w.people {
		scopes := auth.Scopes()
		if who == readonly {
			scopes = []auth.Scope{auth.Read}
		}
		w.tokens[who] = w.token(p, scopes...)
	}
	return w
}

func (w *desk) token(p directory.Person, scopes ...auth.Scope) (plain string) {
	w.T.Helper()
	w.Write(func(tx *db.Tx) (err error) {
		plain, _, err = auth.Issue(tx, auth.TheHouse(), string(p.ID), "test", scopes)
		return err
	})
	return plain
}

// said is what was answered.
type said struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

func (s said) String() string { return fmt.Sprintf("%d %s", s.status, s.raw) }

// at walks into the body: s.at("items", 0, "id").
func (s said) at(path ...any) any {
	var v any = s.body
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func (s said) text(path ...any) string {
	v, _ := s.at(path...).(string)
	return v
}

// asks calls the API as somebody. body is JSON as text, or a value; headers come in pairs.
func (w *desk) asks(who, method, path string, body any, headers ...string) said {
	w.T.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			w.T.Fatal(err)
		}
		r = bytes.NewReader(j)
	}
	if strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "/api") && path != "/openapi.json" {
		path = base + path
	}
	req := httptest.NewRequestWithContext(w.T.Context(), method, path, r)
	req.RemoteAddr = w.address
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if who != guest {
		token, ok := w.tokens[who]
		if !ok {
			token = who
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, req)
	out := said{status: rec.Code, header: rec.Header(), raw: rec.Body.String()}
	if strings.Contains(out.header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(rec.Body.Bytes(), &out.body); err != nil {
			w.T.Fatalf("%s %s: no JSON: %v: %s", method, path, err, out.raw)
		}
	}
	return out
}

// wants is asks with the status that has to come.
func (w *desk) wants(status int, who, method, path string, body any, headers ...string) said {
	w.T.Helper()
	s := w.asks(who, method, path, body, headers...)
	if s.status != status {
		w.T.Fatalf("%s %s as %s: got %s, want %d", method, path, who, s, status)
	}
	return s
}

// matter is a conversation a customer has begun.
type matter struct {
	id, message, question, contact, thread string
}

// begun makes one of its own.
func (w *desk) begun(words string) matter {
	w.T.Helper()
	w.n++
	got := w.Hears(w.Says(fmt.Sprintf("customer%d", w.n), "", words))
	m := matter{id: string(got[0].Conversation), message: string(got[0].Message)}
	d := w.wants(http.StatusOK, agent, "GET", "/conversations/"+m.id, nil)
	m.question, m.contact, m.thread = d.text("questions", 0, "id"), d.text("contact", "id"), d.text("threads", 0, "id")
	return m
}

func each(t *testing.T, body func(t *testing.T, w *desk)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { body(t, newDesk(t, d)) })
}

func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	only := func(status int, who ...string) map[string]int {
		out := map[string]int{}
		for _, w := range who {
			out[w] = status
		}
		return out
	}
	everybody := only(200, wall, auditor, readonly, expert, agent, lead, admin)
	ofBrand := only(200, auditor, readonly, expert, agent, lead, admin)
	writers := only(200, expert, agent, lead, admin)
	scenarios := []struct {
		name, method, path string
		body               string
		want               map[string]int // of who may; a guest is 401, behind the wall is 404, everybody else is 403
		walled             int            // behind the wall, when it is not 404
	}{
		{name: "me", method: "GET", path: "/me", want: everybody},
		{name: "list", method: "GET", path: "/conversations", want: everybody},
		{name: "show", method: "GET", path: "/conversations/{c}", want: ofBrand},
		{name: "reply", method: "POST", path: "/conversations/{c}/replies", body: `{"text":"Hello"}`, want: only(202, agent, lead, admin)},
		{name: "undo", method: "DELETE", path: "/messages/{undoable}", want: only(204, agent, lead, admin)},
		{name: "undo by conversation", method: "DELETE", path: "/conversations/{c}/messages/{undoable}", want: only(204, agent, lead, admin)},
		{name: "decide", method: "POST", path: "/messages/{uncertain}/delivery", body: `{"arrived":true}`, want: only(200, agent, lead, admin)},
		{name: "decide by conversation", method: "POST", path: "/conversations/{c}/messages/{uncertain}/delivery", body: `{"arrived":false}`, want: only(200, agent, lead, admin)},
		{name: "deliveries", method: "GET", path: "/deliveries?state=queued", want: everybody},
		{name: "note", method: "POST", path: "/conversations/{c}/notes", body: `{"text":"among us"}`, want: only(201, expert, agent, lead, admin)},
		{name: "resolve", method: "POST", path: "/conversations/{c}/resolve", body: `{"outcome":"abuse"}`, want: writers},
		{name: "reopen", method: "POST", path: "/conversations/{c}/reopen", want: writers},
		{name: "owner", method: "POST", path: "/conversations/{c}/owner", body: `{"to":null,"why":"off shift"}`, want: writers},
		{name: "severity", method: "PATCH", path: "/conversations/{c}", body: `{"severity":"high"}`, want: writers},
		{name: "tag", method: "PUT", path: "/conversations/{c}/tags/refund", want: writers},
		{name: "untag", method: "DELETE", path: "/conversations/{c}/tags/refund", want: writers},
		{name: "settle", method: "PATCH", path: "/questions/{q}", body: `{"state":"not_a_question"}`, want: writers},
		{name: "ask", method: "POST", path: "/questions", body: `{"message_id":"{m}","start":0,"end":5}`, want: only(201, expert, agent, lead, admin)},
		{name: "contact", method: "GET", path: "/contacts/{k}", want: ofBrand},
		{name: "merge", method: "POST", path: "/contacts/{k}/merge", body: `{"into":"{k2}","evidence":"said so"}`, want: writers},
		{name: "part", method: "DELETE", path: "/contacts/{merged}/merge", want: writers},
		{name: "people", method: "GET", path: "/people", want: everybody},
		{name: "own presence", method: "PUT", path: "/people/me/presence", body: `{"state":"away"}`, want: only(200, wall, expert, agent, lead, admin)},
		{name: "presence of others", method: "PUT", path: "/people/tom@tarn.example/presence", body: `{"state":"off"}`, want: only(200, lead, admin), walled: 403},
		{name: "brands", method: "GET", path: "/brands", want: everybody},
		{name: "add a brand", method: "POST", path: "/brands", body: `{"slug":"new-{n}"}`, want: only(201, admin), walled: 403},
		{name: "accounts", method: "GET", path: "/accounts", want: everybody},
		{name: "account", method: "GET", path: "/accounts/{a}", want: ofBrand},
		{name: "connect", method: "POST", path: "/accounts", body: `{"brand":"tarn","channel":"signed","config":{"name":"h{n}"}}`, want: only(201, admin)},
		{name: "change an account", method: "PATCH", path: "/accounts/{a}", body: `{"name":"Tarn"}`, want: only(200, admin)},
		{name: "own tokens", method: "GET", path: "/tokens", want: everybody},
		{name: "all tokens", method: "GET", path: "/tokens?person=all", want: only(200, admin), walled: 403},
		{name: "issue", method: "POST", path: "/tokens", body: `{"scopes":["read"]}`, want: only(201, admin), walled: 403},
		{name: "revoke", method: "DELETE", path: "/tokens/{t}", want: only(204, admin), walled: 403},
		{name: "arrivals", method: "GET", path: "/arrivals", want: everybody},
		{name: "arrivals of an account", method: "GET", path: "/arrivals?account={a}", want: ofBrand},
		{name: "read again", method: "POST", path: "/arrivals/{unread}/again", want: only(422, admin)}, // it still cannot be read
	}
	each(t, func(t *testing.T, w *desk) {
		for _, s := range scenarios {
			t.Run(s.name, func(t *testing.T) {
				for _, who := range callers {
					want, ok := s.want[who]
					switch {
					case ok:
					case who == guest:
						want = http.StatusUnauthorized
					case who == wall && s.walled == 0:
						want = http.StatusNotFound
					default:
						want = http.StatusForbidden
					}
					fill := w.filled(s.path + s.body)
					got := w.asks(who, s.method, fill(s.path), fill(s.body))
					if got.status != want {
						t.Errorf("as %s: got %s, want %d", who, got, want)
					}
					if want >= 400 && (got.header.Get("Content-Type") != "application/problem+json" || got.text("detail") == "" || got.text("request") == "") {
						t.Errorf("as %s: no problem: %s", who, got)
					}
				}
			})
		}
		if s := w.log.String(); s != "" {
			t.Errorf("logged: %s", s)
		}
	})
}

// filled puts fresh things where a scenario names them.
func (w *desk) filled(in string) func(string) string {
	w.n++
	with := []string{"{n}", strconv.Itoa(w.n), "{a}", string(w.Account.ID)}
	if strings.Contains(in, "{c}") || strings.Contains(in, "{m}") || strings.Contains(in, "{q}") || strings.Contains(in, "{k}") || strings.Contains(in, "{merged}") || strings.Contains(in, "{un") {
		m := w.begun("Where is my parcel?")
		with = append(with, "{c}", m.id, "{m}", m.message, "{q}", m.question, "{k}", m.contact)
		if strings.Contains(in, "{undoable}") {
			with = append(with, "{undoable}", w.wants(202, agent, "POST", "/conversations/"+m.id+"/replies", `{"text":"Soon.","undo_s":30}`).text("message_id"))
		}
		if strings.Contains(in, "{uncertain}") {
			r := w.wants(202, agent, "POST", "/conversations/"+m.id+"/replies", `{"text":"Soon."}`).text("message_id")
			w.uncertain(r)
			with = append(with, "{uncertain}", r)
		}
		if strings.Contains(in, "{k2}") || strings.Contains(in, "{merged}") {
			into := w.begun("It is me again").contact
			with = append(with, "{k2}", into)
			if strings.Contains(in, "{merged}") {
				w.wants(200, agent, "POST", "/contacts/"+m.contact+"/merge", map[string]any{"into": into, "evidence": "same order number"})
				with = append(with, "{merged}", m.contact)
			}
		}
	}
	if strings.Contains(in, "{t}") {
		with = append(with, "{t}", w.wants(201, admin, "POST", "/tokens", `{"scopes":["read"],"name":"to be ended"}`).text("id"))
	}
	if strings.Contains(in, "{unread}") {
		with = append(with, "{unread}", w.unread())
	}
	return func(s string) string { return strings.NewReplacer(with...).Replace(s) }
}

// uncertain makes what a lane does when an answer never came.
func (w *desk) uncertain(message string) {
	w.T.Helper()
	w.Write(func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE delivery SET state = 'uncertain', tries = 1, error = 'the connection broke' WHERE message_id = $1`, message)
		return err
	})
}

func (w *desk) status(c string) conversation.Status {
	w.T.Helper()
	return w.Conversation(conversation.ID(c)).Status
}

// unread makes an arrival that nobody could read.
func (w *desk) unread() string {
	w.T.Helper()
	w.n++
	a := channel.Arrival{Raw: channel.Raw{Key: fmt.Sprintf("broken-%d", w.n), Body: []byte(`{"id":`)}, Cause: fault.New(fault.Invalid, "it ends too early")}
	return string(w.Files([]channel.Arrival{a}).Kept[0].ID)
}
