package channel_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"answerable/internal/channel"
	"answerable/internal/fault"
)

type config struct {
	Server string `json:"server" label:"Server" help:"Where." kind:"url" required:"true"`
	Token  string `json:"token" required:"true" secret:"true"`
	Loud   bool   `json:"loud"`
	Tries  int    `json:"tries"`
	hidden string
}

func TestFields(t *testing.T) {
	t.Parallel()
	want := []channel.Field{
		{Key: "server", Label: "Server", Help: "Where.", Kind: "url", Required: true},
		{Key: "token", Label: "token", Kind: "text", Required: true, Secret: true},
		{Key: "loud", Label: "loud", Kind: "bool"},
		{Key: "tries", Label: "tries", Kind: "number"},
	}
	if diff := cmp.Diff(want, channel.Fields(&config{hidden: "x"})); diff != "" {
		t.Error(diff)
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	var c config
	if err := channel.Decode([]byte(`{"server":"https://a.example","token":"secret-token","tries":3}`), &c); err != nil || c.Tries != 3 {
		t.Errorf("got %+v, %v", c, err)
	}
	if got := channel.Secrets(c); len(got) != 1 || got[0] != "secret-token" {
		t.Errorf("secrets %q", got)
	}
	for in, words := range map[string]string{
		`{"server":"https://a.example","token":"secret-token","tokn":"x"}`:      `unknown setting "tokn"`,
		`{"server":"https://a.example","Token":"secret-token"}`:                 `unknown setting "Token"`,
		`{"server":"https://a.example"}`:                                        `"token" is required`,
		``:                                                                      `"server" is required`,
		`{"server":"a.example","token":"secret-token"}`:                         `"server" must be an http`,
		`{"server":"ftp://a.example","token":"secret-token"}`:                   `"server" must be an http`,
		`{"server":"https://me:secret-token@a.example","token":"secret-token"}`: `"server" must be an http`,
		`{"server":"https://a.example","token":{"x":"secret-token"}}`:           `"token" has the wrong type`,
		`{"server":"https://a.example","token":"secret-token","tries":"many"}`:  `"tries" has the wrong type`,
		`[]`:   "JSON object",
		`null`: "JSON object",
		`{`:    "JSON object",
	} {
		err := channel.Decode([]byte(in), &config{})
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "secret-token") {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestSplitAndJoinSecrets(t *testing.T) {
	t.Parallel()
	plain, secret, err := channel.SplitSecrets(config{}, []byte(`{"server":"https://a.example","token":"secret-token","loud":true}`))
	if err != nil || string(plain) != `{"loud":true,"server":"https://a.example"}` || string(secret) != `{"token":"secret-token"}` {
		t.Errorf("%s and %s, %v", plain, secret, err)
	}
	whole, err := channel.JoinSecrets(plain, secret)
	if err != nil || string(whole) != `{"loud":true,"server":"https://a.example","token":"secret-token"}` {
		t.Errorf("%s, %v", whole, err)
	}
	if _, _, err := channel.SplitSecrets(config{}, []byte(`7`)); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"server":"https://a","token":"x"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := channel.Decode(b, &config{}); err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", b, err)
		}
		plain, secret, err := channel.SplitSecrets(config{}, b)
		if err != nil {
			return
		}
		if _, err := channel.JoinSecrets(plain, secret); err != nil {
			t.Errorf("%q: %v", b, err)
		}
	})
}
