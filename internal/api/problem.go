package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"answerable/internal/desk/conversation"
	"answerable/internal/fault"
)

// problem is what is answered when something does not work: RFC 9457, with members of ours.
type problem struct {
	Type    string                 `json:"type" example:"about:blank" doc:"Always about:blank: the kind says what it is."`
	Title   string                 `json:"title" example:"Conflict"`
	Status  int                    `json:"status" example:"409"`
	Detail  string                 `json:"detail" doc:"In words that may be shown to a person."`
	Kind    fault.Kind             `json:"kind" enum:"internal,not_found,conflict,forbidden,unauthorized,invalid,too_large,limited,temporary" doc:"What a program should decide by."`
	Request string                 `json:"request" doc:"The id of this request, as in X-Request-Id; the log and the record have it."`
	Errors  []wrong                `json:"errors,omitempty" nullable:"false" doc:"Where the input is wrong."`
	Owed    *debts                 `json:"owed,omitempty" doc:"Of a refused resolve: what the conversation still owes its customer."`
	Newer   conversation.MessageID `json:"newer,omitempty" doc:"Of a refused reply: the message that is newer than the one it had seen."`
	With    *message               `json:"newer_message,omitempty" doc:"That message."`

	after time.Duration
	known bool // a token was sent, and it is not one
}

// wrong is one place of the input.
type wrong struct {
	Location string `json:"location" example:"body.text"`
	Message  string `json:"message"`
}

// debts are the ids of what is owed.
type debts struct {
	Questions []string `json:"questions" nullable:"false"`
	Promises  []string `json:"promises" nullable:"false"`
	Consults  []string `json:"consults" nullable:"false"`
	Closing   []string `json:"closing" nullable:"false"`
}

// statusOf is the one table from kinds of fault to the outside.
func statusOf(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthorized:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Limited:
		return http.StatusTooManyRequests
	case fault.Temporary:
		return http.StatusServiceUnavailable
	case fault.Internal:
	}
	return http.StatusInternalServerError
}

// kindOf reads the table backwards, for what the router and the reader of bodies refuse.
func kindOf(status int) fault.Kind {
	for _, k := range []fault.Kind{fault.Unauthorized, fault.Forbidden, fault.NotFound, fault.Conflict, fault.TooLarge, fault.Limited, fault.Temporary} {
		if statusOf(k) == status {
			return k
		}
	}
	if status >= http.StatusInternalServerError {
		return fault.Internal
	}
	return fault.Invalid
}

// problem turns an error into what is answered. What is internal is logged and never shown.
func (f *face) problem(ctx context.Context, err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	k := fault.KindOf(err)
	if ctx.Err() != nil && k == fault.Internal { // the caller has gone: nobody reads this, and nothing is wrong here
		k = fault.Temporary
	}
	if k == fault.Internal {
		f.Log.ErrorContext(ctx, "a request failed", "request", callerOf(ctx).actor.Request, "route", callerOf(ctx).route, "err", err)
	}
	s := statusOf(k)
	return &problem{Type: "about:blank", Title: http.StatusText(s), Status: s, Detail: fault.Safe(err), Kind: k, Request: callerOf(ctx).actor.Request, after: fault.After(err)}
}

func (p *problem) Error() string  { return p.Detail }
func (p *problem) GetStatus() int { return p.Status }

// ContentType is asked by huma.
func (*problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders is asked by huma.
func (p *problem) GetHeaders() http.Header {
	h := http.Header{}
	switch {
	case p.Status == http.StatusUnauthorized && p.known:
		h.Set("WWW-Authenticate", `Bearer realm="answerable", error="invalid_token"`)
	case p.Status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="answerable"`)
	}
	if p.after > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.after.Seconds()))))
	}
	return h
}

// write answers outside huma.
func (p *problem) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the caller may have gone
}

// refused turns huma's own refusals (a field that is missing, a body that is no JSON) into ours. What was sent is not echoed.
func (f *face) refused(ctx huma.Context, _ string, v any) (any, error) {
	e, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &problem{Type: "about:blank", Title: http.StatusText(e.Status), Status: e.Status, Detail: e.Detail, Kind: kindOf(e.Status), Request: callerOf(ctx.Context()).actor.Request}
	for _, x := range e.Errors {
		if x != nil {
			p.Errors = append(p.Errors, wrong{Location: x.Location, Message: x.Message})
		}
	}
	if len(p.Errors) > 0 {
		p.Detail = fmt.Sprintf("%s: %s", p.Errors[0].Location, p.Errors[0].Message)
	}
	if p.Kind == fault.Internal {
		f.Log.ErrorContext(ctx.Context(), "a request failed", "request", p.Request, "route", callerOf(ctx.Context()).route, "err", e)
		p.Detail, p.Errors = fault.Safe(nil), nil
	}
	return p, nil
}
