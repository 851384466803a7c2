// Package fault has the few kinds of error the house knows. A kind decides what the outside is told; the operation and the
// cause are for the log. An error without a kind is internal, and what is internal is never shown.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what the outside is told.
type Kind string

// The kinds.
const (
	Internal     Kind = "internal"
	NotFound     Kind = "not_found"
	Conflict     Kind = "conflict"     // somebody else was first, or a rule of state forbids it
	Forbidden    Kind = "forbidden"    // known, and not allowed
	Unauthorized Kind = "unauthorized" // not known, or the signature is wrong
	Invalid      Kind = "invalid"      // the input is wrong; say where
	TooLarge     Kind = "too_large"
	Limited      Kind = "limited"   // too often; After says when to come back
	Temporary    Kind = "temporary" // may work when tried again; After says when, if known
)

// Error carries a kind, words that people may read, and the cause that only the log may read.
type Error struct {
	Kind  Kind
	Safe  string        // for people; never holds a secret
	After time.Duration // for Limited and Temporary; 0 when not known
	Cause error
}

func (e *Error) Error() string {
	switch {
	case e.Safe == "" && e.Cause == nil:
		return string(e.Kind)
	case e.Cause == nil:
		return e.Safe
	case e.Safe == "":
		return e.Cause.Error()
	}
	return e.Safe + ": " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New makes an error whose words may be shown.
func New(k Kind, format string, args ...any) error {
	return &Error{Kind: k, Safe: fmt.Sprintf(format, args...)}
}

// As gives cause a kind and words that may be shown. A nil cause stays nil.
func As(k Kind, cause error, format string, args ...any) error {
	if cause == nil {
		return nil
	}
	return &Error{Kind: k, Safe: fmt.Sprintf(format, args...), Cause: cause}
}

// KindOf finds the kind of err: Internal when it has none, "" when err is nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of kind k.
func Is(err error, k Kind) bool { return KindOf(err) == k }

// Safe returns the words that may be shown, or a general sentence.
func Safe(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Safe != "" && e.Kind != Internal {
		return e.Safe
	}
	return "Something went wrong on our side. Nothing you wrote was lost; please try again."
}

// After returns how long to wait before trying again; 0 when err does not say.
func After(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.After
	}
	return 0
}

// Cause finds a cause of a certain type in err.
func Cause[E error](err error) (E, bool) { return errors.AsType[E](err) }
