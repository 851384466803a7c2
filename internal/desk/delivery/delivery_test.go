package delivery

import (
	"errors"
	"testing"

	"answerable/internal/fault"
)

func TestNext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		result  Result
		canFind bool
		tries   int64
		want    State
	}{
		"arrived":                                  {Arrived, false, 1, Sent},
		"refused for ever":                         {Refused, true, 1, Failed},
		"told to wait":                             {Wait, false, 1, Queued},
		"told to wait many times":                  {Wait, false, 99, Queued},
		"certainly not sent":                       {NotSent, false, 1, Queued},
		"certainly not sent, too often":            {NotSent, false, mostTries, Failed},
		"not known, and can be looked up":          {NotKnown, true, 1, Sending},
		"not known, and cannot be":                 {NotKnown, false, 1, Uncertain},
		"not known for ever":                       {NotKnown, true, mostTries, Uncertain},
		"looked up and not there":                  {NotFound, true, 1, Queued},
		"looked up and not there, again and again": {NotFound, true, mostTries, Uncertain},
	} {
		got, delay := Next(c.result, c.canFind, c.tries)
		if got != c.want || delay < 0 || got == Queued && c.result == NotSent && delay == 0 {
			t.Errorf("%s: %s after %d", name, got, delay)
		}
	}
}

func TestResultOf(t *testing.T) {
	t.Parallel()
	for want, err := range map[Result]error{
		Arrived: nil, Refused: fault.New(fault.Forbidden, "no"), Wait: fault.New(fault.Limited, "later"), NotSent: fault.New(fault.Temporary, "no route"), NotKnown: errors.New("connection reset"),
	} {
		if got := ResultOf(err); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
}

func TestBareIsWhatTwoCopiesShare(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"@hanne It comes on Friday.": "It comes on Friday.", "  It  comes\non Friday. ": "It comes on Friday.", "@a @b@c.example hi @d": "hi @d", "@a": ""} {
		if got := Bare(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
