package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// squareClient speaks the part of the Mastodon client API that a replay needs. It is patient: it waits where the server asks it
// to, and tries again where nothing was refused; each post has a key that makes repeating harmless.
type squareClient struct {
	base   string
	http   *http.Client
	pause  func(context.Context, time.Duration) error
	client string // of our app
	secret string
	token  string // of our app
}

func newSquareClient(address string, pause func(context.Context, time.Duration) error) (*squareClient, error) {
	base, err := parseSquare(address)
	return &squareClient{base: base, http: &http.Client{Timeout: 30 * time.Second}, pause: pause}, err
}

// refusal is an answer that is not the one we hoped for.
type refusal struct {
	status int
	words  string
	after  time.Duration
}

func (r *refusal) Error() string { return fmt.Sprintf("the square answered %d: %s", r.status, r.words) }

// refusedWith is the status of an answer that said no; 0 when there was none.
func refusedWith(err error) int {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.status
	}
	return 0
}

const (
	mostTries   = 8
	mostPatient = 5 * time.Minute // that one answer may ask us to wait
	mostSquare  = 4 << 20         // bytes of an answer
)

func (c *squareClient) call(ctx context.Context, method, path, token, key string, in, out any) error {
	for try := 1; ; try++ {
		err := c.once(ctx, method, path, token, key, in, out)
		status := refusedWith(err)
		if err == nil || ctx.Err() != nil || try == mostTries || status != 0 && status != http.StatusTooManyRequests && status < 500 {
			return err
		}
		wait := 250 * time.Millisecond << try
		if r, ok := errors.AsType[*refusal](err); ok && r.after >= 0 {
			wait = r.after
		}
		if err := c.pause(ctx, min(wait, mostPatient)); err != nil {
			return err
		}
	}
}

func (c *squareClient) once(ctx context.Context, method, path, token, key string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "answerable replay")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, mostSquare))
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		var said struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		_ = json.Unmarshal(b, &said) // a proxy answers with a page: then the status says enough
		return &refusal{res.StatusCode, strings.TrimSpace(said.Error + " " + said.Description), asked(res)}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, out)
}

// asked is how long an answer asks us to wait; -1 when it does not say.
func asked(res *http.Response) time.Duration {
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s >= 0 {
		return time.Duration(min(s, 1<<20)) * time.Second
	}
	reset, err := time.Parse(time.RFC3339Nano, res.Header.Get("X-Ratelimit-Reset"))
	sent, derr := http.ParseTime(res.Header.Get("Date"))
	if res.StatusCode == http.StatusTooManyRequests && err == nil && derr == nil {
		return max(0, reset.Sub(sent)) + time.Second
	}
	return -1
}

// register makes us known as an app.
func (c *squareClient) register(ctx context.Context) error {
	var app struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := c.call(ctx, http.MethodPost, "/api/v1/apps", "", "", map[string]any{
		"client_name": "answerable replay", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write",
	}, &app); err != nil {
		return err
	}
	c.client, c.secret = app.ID, app.Secret
	var err error
	c.token, err = c.grant(ctx, map[string]any{"grant_type": "client_credentials"})
	return err
}

func (c *squareClient) grant(ctx context.Context, in map[string]any) (string, error) {
	in["client_id"], in["client_secret"], in["scope"] = c.client, c.secret, "read write"
	var got struct {
		Token string `json:"access_token"`
	}
	err := c.call(ctx, http.MethodPost, "/oauth/token", "", "", in, &got)
	return got.Token, err
}

// join makes an account, or signs in to the one an earlier replay made.
func (c *squareClient) join(ctx context.Context, name, display, password string) (string, error) {
	var got struct {
		Token string `json:"access_token"`
	}
	mail := strings.ToLower(name) + "@replay.example"
	err := c.call(ctx, http.MethodPost, "/api/v1/accounts", c.token, "", map[string]any{
		"username": name, "display_name": display, "email": mail, "password": password, "agreement": true, "locale": "en",
	}, &got)
	if s := refusedWith(err); s != http.StatusConflict && s != http.StatusUnprocessableEntity {
		return got.Token, err
	}
	token, again := c.grant(ctx, map[string]any{"grant_type": "password", "username": mail, "password": password})
	if again != nil {
		return "", err // of the first try: it says what is wrong with the name
	}
	return token, nil
}

func (c *squareClient) post(ctx context.Context, token, key string, in map[string]any) (id string, err error) {
	for k, v := range in {
		if v == "" {
			delete(in, k)
		}
	}
	var got struct {
		ID string `json:"id"`
	}
	err = c.call(ctx, http.MethodPost, "/api/v1/statuses", token, key, in, &got)
	return got.ID, err
}

// longest is how long a post may be.
func (c *squareClient) longest(ctx context.Context) (int, error) {
	var got struct {
		Configuration struct {
			Statuses struct {
				MaxCharacters int `json:"max_characters"`
			} `json:"statuses"`
		} `json:"configuration"`
	}
	err := c.call(ctx, http.MethodGet, "/api/v1/instance", "", "", nil, &got)
	if n := got.Configuration.Statuses.MaxCharacters; n > 0 {
		return n, err
	}
	return 500, err
}

func (c *squareClient) lookup(ctx context.Context, handle string) (string, error) {
	var got struct {
		ID string `json:"id"`
	}
	err := c.call(ctx, http.MethodGet, "/api/v1/accounts/lookup?acct="+url.QueryEscape(strings.TrimPrefix(handle, "@")), "", "", nil, &got)
	return got.ID, err
}

// me is whose a token is.
func (c *squareClient) me(ctx context.Context, token string) (string, error) {
	var got struct {
		Name string `json:"username"`
	}
	err := c.call(ctx, http.MethodGet, "/api/v1/accounts/verify_credentials", token, "", nil, &got)
	return got.Name, err
}
