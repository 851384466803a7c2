package square

import (
	"cmp"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"answerable/internal/fault"
)

const (
	// oob means: show the code to the person, who types it into the client.
	oob = "urn:ietf:wg:oauth:2.0:oob"
	// allScopes is what a token may do; python3-mastodon fails when one it expects is not named.
	allScopes = "read write follow push"
	codeLife  = 10 * time.Minute
	maxApps   = 10_000
	maxCodes  = 1000
	// rounds of the password hash: few, for a network of play people whose scripts make thousands of accounts.
	rounds = 4096
)

// code is an authorization code: good once, for ten minutes.
type code struct {
	client, redirect, scope string
	account                 ID
	until                   time.Time
}

func (s *Square) register(c *call) (any, error) {
	if len(s.apps) >= maxApps {
		return nil, fault.New(fault.Limited, "Too many applications")
	}
	a := &app{
		ID: s.nextID(), Client: random(), Secret: random(), Name: clip(clean(c.in.get("client_name")), 60), Website: clip(clean(c.in.get("website")), 2000),
		Scopes: clip(clean(c.in.get("scopes")), 1000),
	}
	for _, v := range c.in.list("redirect_uris") {
		a.Redirects = append(a.Redirects, strings.Fields(v)...)
	}
	if len(a.Redirects) == 0 {
		a.Redirects = []string{oob}
	}
	if a.Name == "" {
		return nil, fault.New(fault.Invalid, "Validation failed: Application name can't be blank")
	}
	for _, r := range a.Redirects {
		if _, ok := redirectSource(r); !ok || len(a.Redirects) > 20 {
			return nil, fault.New(fault.Invalid, "Validation failed: Redirect URI must be an absolute URI")
		}
	}
	if err := s.change(entry{Kind: kindApp, App: a}); err != nil {
		return nil, err
	}
	out := a.json()
	out["client_id"], out["client_secret"] = a.Client, a.Secret
	return out, nil
}

func (a *app) json() map[string]any {
	return map[string]any{
		"id": a.ID, "name": a.Name, "website": nil, "redirect_uri": strings.Join(a.Redirects, "\n"), "redirect_uris": a.Redirects, "vapid_key": "",
	}
}

func (s *Square) verifyApp(c *call) (any, error) {
	if a := s.apps[s.tokens[hash(c.secret)].Client]; a != nil {
		return a.json(), nil
	}
	return map[string]any{"name": s.opt.Title, "website": nil, "vapid_key": ""}, nil
}

// knownApp checks a client's id and, when it sends one, its secret.
func (s *Square) knownApp(id, secret string) (*app, bool) {
	a := s.apps[id]
	if a == nil {
		if s.opt.AnyApp && id != "" {
			return &app{Client: id, Name: "an application"}, true
		}
		return nil, false
	}
	return a, secret == "" || subtle.ConstantTimeCompare([]byte(a.Secret), []byte(secret)) == 1
}

// grant gives tokens. Its failures have the words of OAuth; toot shows them.
func (s *Square) grant(w http.ResponseWriter, r *http.Request) {
	in, _, err := s.parse(w, r)
	if err != nil {
		s.fail(w, err, false)
		return
	}
	refuse := func(code int, word, why string) {
		answer(w, code, map[string]string{"error": word, "error_description": why})
	}
	id, pass := in.get("client_id"), in.get("client_secret")
	if u, p, ok := r.BasicAuth(); ok {
		id, pass = u, p
	}
	s.mu.RLock()
	_, ok := s.knownApp(id, pass)
	s.mu.RUnlock()
	if !ok || pass == "" && !s.opt.AnyApp {
		refuse(http.StatusUnauthorized, "invalid_client", "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.")
		return
	}
	scope := clip(clean(in.get("scope")), 1000)
	var who *account
	switch in.get("grant_type") {
	case "client_credentials":
	case "password":
		if who = s.signIn(in.get("username"), in.get("password")); who == nil {
			refuse(http.StatusBadRequest, "invalid_grant", "The name or the password is wrong.")
			return
		}
	case "authorization_code":
		got, ok := s.redeem(in.get("code"), id, in.get("redirect_uri"))
		if !ok {
			refuse(http.StatusBadRequest, "invalid_grant", "The code is wrong, was used before, or is too old.")
			return
		}
		if scope == "" {
			scope = got.scope
		}
		s.mu.RLock()
		who = s.accounts[got.account]
		s.mu.RUnlock()
	default:
		refuse(http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported.")
		return
	}
	scope = cmp.Or(scope, allScopes)
	s.mu.Lock()
	clear, err := s.issue(who, id, scope)
	s.mu.Unlock()
	if err != nil {
		s.fail(w, err, false)
		return
	}
	answer(w, http.StatusOK, tokenJSON(clear, scope, s.now()))
}

// signIn checks a password. The name may be one, an e-mail address that was given, or anything@ behind the name: clients insist
// on an address.
func (s *Square) signIn(name, password string) *account {
	name = strings.ToLower(strings.TrimSpace(name))
	s.mu.RLock()
	a := s.names[name]
	if a == nil {
		a = s.emails[name]
	}
	if a == nil {
		before, _, _ := strings.Cut(strings.TrimPrefix(name, "@"), "@")
		a = s.names[before]
	}
	s.mu.RUnlock()
	if a == nil || a.Pass == "" || !samePassword(a.Pass, password) {
		return nil
	}
	return a
}

func hashPassword(password string) string {
	var salt [16]byte
	if _, err := rand.Read(salt[:]); err != nil {
		panic(err) // crypto/rand never fails on the systems Go supports
	}
	return hex.EncodeToString(salt[:]) + "$" + stretch(password, salt[:])
}

func samePassword(kept, password string) bool {
	salt, want, _ := strings.Cut(kept, "$")
	raw, err := hex.DecodeString(salt)
	return err == nil && subtle.ConstantTimeCompare([]byte(stretch(password, raw)), []byte(want)) == 1
}

func stretch(password string, salt []byte) string {
	k, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		panic(err) // only for a key length nobody asks for
	}
	return hex.EncodeToString(k)
}

// signUp makes an account for a script, as Mastodon does for apps: with an app's own token. No e-mail is sent.
func (s *Square) signUp(c *call) (any, error) {
	by, pass := s.tokens[hash(c.secret)], c.in.get("password")
	switch {
	case s.opt.NoSignup:
		return nil, fault.New(fault.Forbidden, "Registrations are not open here")
	case by == nil: // revoked since we looked
		return nil, errToken
	case len(pass) < 4 || len(pass) > 256:
		return nil, fault.New(fault.Invalid, "Validation failed: Password must have 4 to 256 characters")
	case c.in.has("agreement") && !c.in.truth("agreement"):
		return nil, fault.New(fault.Invalid, "Validation failed: Service agreement must be accepted")
	}
	a, err := s.join(account{
		Name: c.in.get("username"), Display: c.in.get("display_name"), Email: clip(clean(c.in.get("email")), 254), Note: c.in.get("reason"), Pass: hashPassword(pass),
	})
	if err != nil {
		return nil, err
	}
	scope := cmp.Or(by.Scope, allScopes)
	clear, err := s.issue(a, by.Client, scope)
	if err != nil {
		return nil, err
	}
	return tokenJSON(clear, scope, s.now()), nil
}

// tokenJSON has no expires_in: a null there reads as a wrong password in python3-mastodon.
func tokenJSON(clear, scope string, at time.Time) map[string]any {
	return map[string]any{"access_token": clear, "token_type": "Bearer", "scope": scope, "created_at": at.Unix()}
}

func (s *Square) revoke(c *call) (any, error) {
	if h := hash(c.in.get("token")); s.tokens[h] != nil {
		if err := s.change(entry{Kind: kindRevoke, Text: h}); err != nil {
			return nil, err
		}
	}
	return struct{}{}, nil
}

// consent is what a client asks for when it sends a person here to sign in.
type consent struct {
	client, redirect, scope, state string
	app                            *app
	source                         string // what the page's policy must let the form lead to
}

// consentOf checks the request before anything is shown: a redirect the app never registered would make this an open door.
func (s *Square) consentOf(in fields) (consent, error) {
	k := consent{client: in.get("client_id"), redirect: in.get("redirect_uri"), scope: clip(clean(in.get("scope")), 1000), state: in.get("state")}
	if k.redirect == "" {
		k.redirect = oob
	}
	if t := in.get("response_type"); t != "" && t != "code" {
		return k, fault.New(fault.Invalid, "The authorization server does not support this response type.")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	a, ok := s.knownApp(k.client, "")
	if !ok {
		return k, fault.New(fault.Unauthorized, "This application is not known here. Let it register again, perhaps by deleting what it remembers of this server.")
	}
	k.app = a
	if k.source, ok = redirectSource(k.redirect); !ok || k.redirect != oob && !slices.Contains(a.Redirects, k.redirect) {
		return k, fault.New(fault.Invalid, "The redirect uri included is not valid.")
	}
	return k, nil
}

// redirectSource is the source expression of a redirect for the page's policy; not ok when the redirect cannot be one.
func redirectSource(redirect string) (string, bool) {
	if redirect == oob {
		return "", true
	}
	u, err := url.Parse(redirect)
	if err != nil || u.Scheme == "" || strings.ContainsAny(redirect, " ;,\"'\r\n\t") {
		return "", false
	}
	switch u.Scheme {
	case "http", "https":
		return u.Scheme + "://" + u.Host, u.Host != "" && u.User == nil
	case "javascript", "data", "vbscript", "file", "blob", "about":
		return "", false
	}
	return u.Scheme + ":", true
}

func (s *Square) askConsent(w http.ResponseWriter, r *http.Request) {
	in, _, err := s.parse(w, r)
	if err != nil {
		s.showError(w, r, err)
		return
	}
	k, err := s.consentOf(in)
	if err != nil {
		s.showError(w, r, err)
		return
	}
	s.showConsent(w, r, http.StatusOK, k, "")
}

// giveConsent makes a code for who signed in, and brings it to the client.
func (s *Square) giveConsent(w http.ResponseWriter, r *http.Request) {
	in, _, err := s.parse(w, r)
	if err != nil {
		s.showError(w, r, err)
		return
	}
	k, err := s.consentOf(in)
	if err != nil {
		s.showError(w, r, err)
		return
	}
	who := s.visitor(r)
	if who == nil || in.has("username") {
		if who = s.signIn(in.get("username"), in.get("password")); who == nil {
			s.showConsent(w, r, http.StatusUnprocessableEntity, k, "The name or the password is wrong.")
			return
		}
	}
	clear := random()
	s.mu.Lock()
	now := s.now()
	for h, c := range s.codes {
		if now.After(c.until) || len(s.codes) >= maxCodes {
			delete(s.codes, h)
		}
	}
	s.codes[hash(clear)] = code{client: k.client, redirect: k.redirect, scope: k.scope, account: who.ID, until: now.Add(codeLife)}
	s.mu.Unlock()
	if k.redirect == oob {
		s.showCode(w, r, k, clear)
		return
	}
	u, err := url.Parse(k.redirect)
	if err != nil {
		s.showError(w, r, err)
		return
	}
	q := u.Query()
	q.Set("code", clear)
	if k.state != "" {
		q.Set("state", k.state)
	}
	u.RawQuery = q.Encode()
	w.Header().Set("Content-Security-Policy", consentPolicy(k.source))
	http.Redirect(w, r, u.String(), http.StatusFound)
}

// redeem takes a code out, whether or not it fits: a code that was tried is spent.
func (s *Square) redeem(clear, client, redirect string) (code, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.codes[hash(clear)]
	delete(s.codes, hash(clear))
	return c, ok && c.client == client && (redirect == "" || redirect == c.redirect) && !s.now().After(c.until)
}
