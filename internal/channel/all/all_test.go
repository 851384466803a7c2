package all_test

import (
	"encoding/json"
	"strings"
	"testing"

	"answerable/internal/channel"
	"answerable/internal/channel/all"
	"answerable/internal/channel/signed"
	"answerable/internal/fault"
)

func TestEveryKindExplainsItself(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range all.Kinds() {
		if k.Name == "" || k.Title == "" || seen[k.Name] || len(k.Config) == 0 {
			t.Errorf("%+v", k)
		}
		seen[k.Name] = true
		for _, f := range k.Config {
			if f.Label == f.Key || f.Help == "" {
				t.Errorf("%s: setting %q needs a label and help", k.Name, f.Key)
			}
		}
		if _, err := all.New(k.Name, []byte(`{"no such thing":1}`), all.Deps{}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "no such thing") {
			t.Errorf("%s: %v", k.Name, err)
		}
	}
	if !seen["mastodon"] || !seen["signed"] {
		t.Errorf("got %v", seen)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	a, err := all.New("mastodon", []byte(`{"server":"https://social.example","token":"tttttttt"}`), all.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := a.(channel.Secretive); !ok || s.Secrets()[0] != "tttttttt" {
		t.Error("its secrets are not known")
	}
	for name, config := range map[string]string{"smoke": `{}`, "": ``, "mastodon": `{"server":"https://social.example"}`, "signed": `{"secret":"whsec_x"}`} {
		if a, err := all.New(name, []byte(config), all.Deps{}); !fault.Is(err, fault.Invalid) || a != nil {
			t.Errorf("%q: %v, %v", name, a, err)
		}
	}
}

func TestCompleteMakesASecret(t *testing.T) {
	t.Parallel()
	for _, in := range []string{``, `{}`, `{"secret":""}`, `{"secret":null,"name":"crm"}`} {
		got, err := all.Complete("signed", []byte(in))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := all.New("signed", got, all.Deps{}); err != nil {
			t.Errorf("%s became %s: %v", in, got, err)
		}
	}
	mine, _ := json.Marshal(map[string]string{"secret": signed.GenerateSecret()})
	if got, err := all.Complete("signed", mine); err != nil || string(got) != string(mine) {
		t.Errorf("changed what was given: %s, %v", got, err)
	}
	if got, err := all.Complete("mastodon", []byte(`{"x":1}`)); err != nil || string(got) != `{"x":1}` {
		t.Errorf("%s, %v", got, err)
	}
	plain, secret, err := all.SplitSecrets("signed", mine)
	if err != nil || string(plain) != `{}` || string(secret) != string(mine) {
		t.Errorf("%s, %s, %v", plain, secret, err)
	}
}
