package square

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"answerable/internal/fault"
)

//go:embed assets
var assets embed.FS

// pagePolicy lets a page load its own two files and talk to its own server, nothing else.
const pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// consentPolicy also lets the form lead to where a client waits for its code; browsers check redirects of forms too.
func consentPolicy(source string) string {
	return strings.Replace(pagePolicy, "form-action 'self'", strings.TrimSpace("form-action 'self' "+source), 1)
}

// head is what every page has.
type head struct {
	Title  string
	Square string
	Viewer *person // nil for a stranger
	Live   string  // address of the stream that keeps the page fresh; "" when it stands still
	Oldest bool    // new posts belong at the end
}

// person is an account as a page shows it.
type person struct {
	Name, Display, Initial string
	Colour                 int // one of eight
	Note                   template.HTML
	Joined                 time.Time
	Posts                  int
}

// post is a post as a page shows it.
type post struct {
	ID         string
	By         person
	URL        string
	Content    template.HTML
	Spoiler    string
	At         time.Time
	Edited     bool
	Visibility string
	Answers    string // whom it answers, when the post is still there
	AnswersURL string
	Replies    int
	Boosts     int
	Favourites int
	Pictures   []picture
	Mine       bool
	Focus      bool // the one the page is about
}

type picture struct {
	URL, Alt string
	Film     bool
}

// joinForm asks for a name and, where the square is by invitation, carries the code.
type joinForm struct {
	Error, Name, Code string
	NeedsCode         bool
}

// writeForm is where one writes. Key makes a double click one post.
type writeForm struct {
	Error, Text, Key, ReplyTo, Visibility, Brand string
	Max                                          int
	Label                                        string
}

type timelinePage struct {
	head
	Join  *joinForm  // for strangers
	Write *writeForm // for everybody else
	Posts []post
	Empty string
}

type threadPage struct {
	head
	Before []post
	Post   post
	After  []post
	Write  *writeForm
}

type profilePage struct {
	head
	Who   person
	Posts []post
}

type joinPage struct {
	head
	Join joinForm
}

type consentPage struct {
	head
	App, Client, Redirect, Scope, State, Error string
}

type codePage struct {
	head
	App, Code string
}

type errorPage struct {
	head
	Error string
}

// pageRoutes are the paths of people.
func (s *Square) pageRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /{$}", s.front)
	m.HandleFunc("GET /join", s.joinPage)
	m.HandleFunc("POST /join", s.joinByName)
	m.HandleFunc("POST /leave", s.leave)
	m.HandleFunc("POST /post", s.postByPage)
	m.HandleFunc("POST /delete", s.deleteByPage)
	m.HandleFunc("GET /tags/{tag}", s.tagPage)
	m.HandleFunc("GET /live", s.live)
	m.HandleFunc("GET /static/{file}", s.static)
	m.HandleFunc("/", s.named) // /@name and /@name/id; the mux cannot match the @
}

// pages are parsed once; what goes in is typed, what comes out is escaped.
func pages() (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{
		"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"clock": func(t time.Time) string { return t.UTC().Format("2 Jan 15:04") },
		"day":   func(t time.Time) string { return t.UTC().Format("2 January 2006") },
	}).ParseFS(assets, "assets/*.html")
}

func (s *Square) show(w http.ResponseWriter, code int, name string, data any) {
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, data); err != nil {
		s.opt.Log.Error("square: page", "name", name, "error", err)
		http.Error(w, "Internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(b.Bytes())
}

func (s *Square) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	if strings.HasSuffix(name, ".html") {
		http.NotFound(w, r)
		return
	}
	sub, err := fs.Sub(assets, "assets")
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "max-age=300")
	http.ServeFileFS(w, r, sub, name) //nolint:gosec // one segment of a path, in a file system that is part of the program
}

// visitor is who the page's cookie signs in; nil for a stranger.
func (s *Square) visitor(r *http.Request) *account {
	v, ok := fromCookie(r)
	if !ok {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.holder(v)
}

func (s *Square) head(title string, me *account, live string) head {
	h := head{Title: title, Square: s.opt.Title, Live: live}
	if me != nil {
		h.Viewer = new(s.person(me))
	}
	return h
}

func (s *Square) person(a *account) person {
	sum := 0
	for _, c := range a.Name {
		sum += int(c)
	}
	initial, _ := utf8.DecodeRuneInString(a.display())
	return person{
		Name: a.Name, Display: a.display(), Initial: string(unicode.ToUpper(initial)), Colour: sum % 8, Joined: a.At, Posts: len(a.posts),
		Note: template.HTML(content(a.Note, "", func(span) (string, bool) { return "", false })), //nolint:gosec // content escapes
	}
}

// postOf is st as viewer sees it.
func (s *Square) postOf(st *status, viewer *account) post {
	by := s.accounts[st.Author]
	p := post{
		ID: st.ID.String(), By: s.person(by), URL: "/@" + by.Name + "/" + st.ID.String(), Spoiler: st.Spoiler, At: st.At, Edited: !st.Edited.IsZero(),
		Visibility: st.Visibility, Replies: st.answers(), Boosts: len(st.boosts), Favourites: len(st.favourites),
		Mine:    viewer != nil && viewer.ID == st.Author,
		Content: template.HTML(s.content(st, st.Text, "")), //nolint:gosec // content escapes
	}
	if of := s.statuses[st.ReplyTo]; of != nil && s.visible(viewer, of) {
		p.Answers = s.accounts[of.Author].display()
		p.AnswersURL = "/@" + s.accounts[of.Author].Name + "/" + of.ID.String()
	}
	for _, m := range s.mediaJSON(st.Media, "") {
		pic := picture{URL: m.URL, Film: m.Type == "video"}
		if m.Description != nil {
			pic.Alt = *m.Description
		}
		p.Pictures = append(p.Pictures, pic)
	}
	return p
}

func (s *Square) postsOf(list []*status, viewer *account) []post {
	out := make([]post, len(list))
	for i, st := range list {
		out[i] = s.postOf(st, viewer)
	}
	return out
}

// pagePosts is how many posts a page shows.
const pagePosts = 60

func (s *Square) front(w http.ResponseWriter, r *http.Request) {
	s.showFront(w, r, http.StatusOK, joinForm{Code: r.URL.Query().Get("code")}, writeForm{Text: greet(r.URL.Query().Get("to"))})
}

// greet begins a post to somebody.
func greet(name string) string {
	if !validName(name) {
		return ""
	}
	return "@" + name + " "
}

func (s *Square) showFront(w http.ResponseWriter, r *http.Request, code int, j joinForm, f writeForm) {
	me := s.visitor(r)
	s.mu.RLock()
	p := timelinePage{head: s.head(s.opt.Title, me, "/live"), Empty: "Nobody has written anything yet."}
	list, _ := page(s.timeline, (*status).id, window{limit: pagePosts}, func(st *status) bool {
		return st.Reblog == 0 && st.Visibility != unlisted && s.visible(me, st)
	})
	p.Posts = s.postsOf(list, me)
	if me == nil {
		j.NeedsCode = s.opt.JoinCode != ""
		p.Join = &j
	} else {
		p.Write = s.form(f, "What do you want to say?")
		if f.Text == "" && f.Error == "" {
			p.Write.Text = greet(s.opt.Brand)
		}
		p.Empty = "Nobody has written anything yet. Be the first."
	}
	s.mu.RUnlock()
	s.show(w, code, "timeline", p)
}

// form fills in what every form to write in has.
func (s *Square) form(f writeForm, label string) *writeForm {
	f.Max, f.Label, f.Brand = s.opt.MaxChars, label, s.opt.Brand
	if f.Key == "" {
		f.Key = random()
	}
	if f.Visibility == "" {
		f.Visibility = public
	}
	return &f
}

func (s *Square) tagPage(w http.ResponseWriter, r *http.Request) {
	t, me := strings.ToLower(r.PathValue("tag")), s.visitor(r)
	s.mu.RLock()
	p := timelinePage{head: s.head("#"+t, me, ""), Empty: "Nobody has used this tag."}
	list, _ := page(s.timeline, (*status).id, window{limit: pagePosts}, func(st *status) bool { return isPublic(st) && slices.Contains(st.Tags, t) })
	p.Posts = s.postsOf(list, me)
	s.mu.RUnlock()
	s.show(w, http.StatusOK, "timeline", p)
}

// named serves /@name and /@name/id.
func (s *Square) named(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/@")
	if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.showError(w, r, fault.New(fault.NotFound, "There is nothing here."))
		return
	}
	if _, id, deep := strings.Cut(name, "/"); deep {
		s.showThread(w, r, http.StatusOK, id, writeForm{})
		return
	}
	me := s.visitor(r)
	s.mu.RLock()
	a := s.names[strings.ToLower(name)]
	if a == nil {
		s.mu.RUnlock()
		s.showError(w, r, fault.New(fault.NotFound, "Nobody here has this name."))
		return
	}
	p := profilePage{head: s.head(a.display(), me, ""), Who: s.person(a)}
	list, _ := page(a.posts, (*status).id, window{limit: pagePosts}, func(st *status) bool { return st.Reblog == 0 && s.visible(me, st) })
	p.Posts = s.postsOf(list, me)
	s.mu.RUnlock()
	s.show(w, http.StatusOK, "profile", p)
}

func (s *Square) showThread(w http.ResponseWriter, r *http.Request, code int, id string, f writeForm) {
	me := s.visitor(r)
	s.mu.RLock()
	st := s.statuses[parseID(id)]
	if st == nil || !s.visible(me, st) || st.Reblog != 0 {
		s.mu.RUnlock()
		s.showError(w, r, fault.New(fault.NotFound, "This post is not here, or not for you."))
		return
	}
	p := threadPage{head: s.head(s.accounts[st.Author].display()+": "+clip(st.Text, 50), me, "/live?thread="+st.Thread.String()), Post: s.postOf(st, me)}
	p.Oldest, p.Post.Focus = true, true
	up, down := s.around(st, me)
	p.Before, p.After = s.postsOf(up, me), s.postsOf(down, me)
	if me != nil {
		f.ReplyTo = st.ID.String()
		if f.Text == "" && f.Error == "" {
			f.Text = s.addressed(st, me)
		}
		if f.Visibility == "" {
			f.Visibility = st.Visibility
		}
		p.Write = s.form(f, "Your answer")
	}
	s.mu.RUnlock()
	s.show(w, code, "thread", p)
}

// addressed begins an answer with the names of all it should reach: the author and who was mentioned, without oneself.
func (s *Square) addressed(st *status, me *account) string {
	var b strings.Builder
	for _, id := range slices.Compact(append([]ID{st.Author}, st.Mentions...)) {
		if id != me.ID && !strings.Contains(b.String(), "@"+s.accounts[id].Name+" ") {
			b.WriteString("@" + s.accounts[id].Name + " ")
		}
	}
	return b.String()
}

func (s *Square) joinPage(w http.ResponseWriter, r *http.Request) {
	me := s.visitor(r)
	s.show(w, http.StatusOK, "join", joinPage{
		head: s.head("Join", me, ""), Join: joinForm{Code: r.URL.Query().Get("code"), NeedsCode: s.opt.JoinCode != ""},
	})
}

// joinByName makes an account of a name alone and signs the browser in with an ordinary token. A name that is taken stays with
// who has it: brands and seeded people cannot be joined.
func (s *Square) joinByName(w http.ResponseWriter, r *http.Request) {
	in, _, err := s.parse(w, r)
	if err != nil {
		s.showError(w, r, err)
		return
	}
	display, code := strings.TrimSpace(clip(clean(in.get("name")), maxDisplay)), in.get("code")
	refuse := func(why string) {
		s.showFront(w, r, http.StatusUnprocessableEntity, joinForm{Error: why, Name: display, Code: code}, writeForm{})
	}
	if display == "" {
		refuse("Tell us a name, any name.")
		return
	}
	s.mu.Lock()
	if s.opt.JoinCode != "" && !s.invites[code] {
		s.mu.Unlock()
		refuse("This square is joined by a link with a code that works once. Ask for a new one.")
		return
	}
	clear, err := s.joinAs(display)
	if err == nil {
		delete(s.invites, code)
	}
	s.mu.Unlock()
	switch {
	case fault.Is(err, fault.Conflict):
		refuse("Somebody here already has this name. Take another one.")
		return
	case err != nil:
		refuse(safe(err))
		return
	}
	s.setCookie(w, r, clear, 30*24*60*60)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Square) joinAs(display string) (string, error) {
	name := userName(display)
	if name == "" { // not one Latin letter in it: they get a number
		for n := len(s.accounts) + 1; name == "" || s.names[name] != nil; n++ {
			name = fmt.Sprintf("guest%d", n)
		}
	}
	a, err := s.join(account{Name: name, Display: display})
	if err != nil {
		return "", err
	}
	return s.issue(a, "", allScopes)
}

// userName is what others write after the @, made of the name somebody gave: "Ana Müller" is ana_muller.
func userName(display string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(display)) {
		switch {
		case r < utf8.RuneSelf && isWord(byte(r)): //nolint:gosec // below 128
			b.WriteRune(r)
		case r == 'ß':
			b.WriteString("ss")
		case r == 'ø':
			b.WriteByte('o')
		case r == 'ł':
			b.WriteByte('l')
		case r == 'æ':
			b.WriteString("ae")
		case unicode.IsSpace(r) || r == '-' || r == '.':
			b.WriteByte('_')
		}
	}
	name := strings.Trim(b.String(), "_")
	return strings.TrimRight(name[:min(len(name), maxName)], "_")
}

func (s *Square) setCookie(w http.ResponseWriter, r *http.Request, v string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure follows how the square is reached; on loopback that is plain http
		Name: cookieName, Value: v, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	})
}

// leave forgets the sign-in. The name stays taken.
func (s *Square) leave(w http.ResponseWriter, r *http.Request) {
	if v, ok := fromCookie(r); ok {
		s.mu.Lock()
		var err error
		if h := hash(v); s.tokens[h] != nil {
			err = s.change(entry{Kind: kindRevoke, Text: h})
		}
		s.mu.Unlock()
		if err != nil {
			s.showError(w, r, err)
			return
		}
	}
	s.setCookie(w, r, "", -1)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// postByPage posts just as a client does; the hidden key makes a form that is sent twice one post.
func (s *Square) postByPage(w http.ResponseWriter, r *http.Request) {
	in, files, err := s.parse(w, r)
	me := s.visitor(r)
	if err == nil && me == nil {
		err = fault.New(fault.Unauthorized, "Join the square first, then you can write.")
	}
	if err != nil {
		s.showError(w, r, err)
		return
	}
	to := in.get("in_reply_to_id")
	st, err := s.postForm(me, in, files, r.Host)
	if err != nil {
		f := writeForm{Error: plain(err), Text: in.get("text"), Key: in.get("key"), Visibility: in.get("visibility")}
		if to != "" {
			s.showThread(w, r, codeOf(err), to, f)
		} else {
			s.showFront(w, r, codeOf(err), joinForm{}, f)
		}
		return
	}
	dest := "/"
	if to != "" {
		dest = "/@" + me.Name + "/" + st.String()
	}
	http.Redirect(w, r, dest, http.StatusSeeOther) //nolint:gosec // one of our own two paths
}

// plain is an error without the words of the API.
func plain(err error) string { return strings.TrimPrefix(safe(err), "Validation failed: ") }

func (s *Square) postForm(me *account, in fields, files map[string]upload, host string) (ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := PostInput{Text: in.get("text"), InReplyTo: in.get("in_reply_to_id"), Visibility: in.get("visibility"), Key: in.get("key")}
	if k, seen := s.keys[me.ID.String()+" "+p.Key]; seen && p.Key != "" && !s.opt.IgnoreIdempotency {
		return k.status, nil
	}
	if up, ok := files["file"]; ok && len(up.data) > 0 {
		m, err := s.keep(me, up, in.get("description"))
		if err != nil {
			return 0, err
		}
		p.MediaIDs = []string{m.ID.String()}
	}
	st, err := s.post(me, p, host)
	if err != nil {
		return 0, err
	}
	return st.ID, nil
}

func (s *Square) deleteByPage(w http.ResponseWriter, r *http.Request) {
	in, _, err := s.parse(w, r)
	if err != nil {
		s.showError(w, r, err)
		return
	}
	if err := s.deleteOwn(s.visitor(r), parseID(in.get("id"))); err != nil {
		s.showError(w, r, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Square) deleteOwn(me *account, id ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.statuses[id]
	if st == nil || me == nil || st.Author != me.ID {
		return fault.New(fault.NotFound, "This post is not here, or not yours.")
	}
	return s.remove(st)
}

func (s *Square) showError(w http.ResponseWriter, r *http.Request, err error) {
	me := s.visitor(r)
	s.mu.RLock()
	p := errorPage{head: s.head("Sorry", me, ""), Error: plain(err)}
	s.mu.RUnlock()
	s.show(w, codeOf(err), "error", p)
}

func (s *Square) showConsent(w http.ResponseWriter, r *http.Request, code int, k consent, why string) {
	me := s.visitor(r)
	s.mu.RLock()
	h := s.head("Let "+k.app.Name+" in", me, "")
	s.mu.RUnlock()
	w.Header().Set("Content-Security-Policy", consentPolicy(k.source))
	s.show(w, code, "consent", consentPage{head: h, App: k.app.Name, Client: k.client, Redirect: k.redirect, Scope: k.scope, State: k.state, Error: why})
}

func (s *Square) showCode(w http.ResponseWriter, r *http.Request, k consent, code string) {
	me := s.visitor(r)
	s.mu.RLock()
	h := s.head("Your code", me, "")
	s.mu.RUnlock()
	s.show(w, http.StatusOK, "code", codePage{head: h, App: k.app.Name, Code: code})
}

// live keeps an open page fresh: what is new or changed comes as the same HTML the page was made of.
func (s *Square) live(w http.ResponseWriter, r *http.Request) {
	sub, err := s.listener(r)
	if err != nil {
		s.fail(w, err, false)
		return
	}
	sub.to[subscription{stream: streamPage}] = true
	sub.thread = parseID(r.URL.Query().Get("thread"))
	s.serve(w, r, sub)
}

// tellPage sends one change to an open page.
func (s *Square) tellPage(sub *subscriber, h happening, send func(string, any)) {
	if h.event == "delete" {
		send("gone", map[string]any{"id": h.status.ID})
		return
	}
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, "post", s.postOf(h.status, sub.viewer)); err != nil {
		s.opt.Log.Error("square: page", "name", "post", "error", err)
		return
	}
	send("post", map[string]any{"id": h.status.ID, "html": b.String()})
}
