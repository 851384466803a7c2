package channel

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"answerable/internal/fault"
)

// Field is one setting of a channel, as a form asks for it and its documentation explains it. It is read from the tags of the
// adapter's config struct:
//
//	Server string `json:"server" label:"Server" help:"Address of the instance." kind:"url" required:"true"`
//	Token  string `json:"token" label:"Access token" required:"true" secret:"true"`
type Field struct {
	Key      string `json:"key"`
	Label    string `json:"label"`
	Help     string `json:"help,omitempty"`
	Kind     string `json:"kind"` // text, url, bool or number
	Required bool   `json:"required,omitempty"`
	// Secret settings are stored sealed, shown never, and taken out of every error.
	Secret bool `json:"secret,omitempty"`
}

// Fields lists the settings of a config struct in the order in which it declares them.
func Fields(cfg any) []Field {
	t := reflect.Indirect(reflect.ValueOf(cfg)).Type()
	out := make([]Field, 0, t.NumField())
	for f := range t.Fields() {
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || key == "-" {
			continue
		}
		x := Field{
			Key: cmp.Or(key, f.Name), Label: f.Tag.Get("label"), Help: f.Tag.Get("help"), Kind: f.Tag.Get("kind"),
			Required: f.Tag.Get("required") == "true", Secret: f.Tag.Get("secret") == "true",
		}
		x.Label = cmp.Or(x.Label, x.Key)
		if x.Kind == "" {
			x.Kind = kindOfGo(f.Type.Kind())
		}
		out = append(out, x)
	}
	return out
}

func kindOfGo(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Int64, reflect.Float64:
		return "number"
	default:
		return "text"
	}
}

// Decode reads an account's config into the struct that into points to. A key nobody knows, a missing one or a value of the wrong
// kind is Invalid and named; a value never appears in the error, it may be a secret.
func Decode(config []byte, into any) error {
	have, err := object(config)
	if err != nil {
		return err
	}
	fields := Fields(into)
	for key := range have {
		if !slices.ContainsFunc(fields, func(f Field) bool { return f.Key == key }) {
			return fault.New(fault.Invalid, "unknown setting %q", CleanLine(key, 64))
		}
	}
	if len(have) == 0 {
		config = []byte("{}")
	}
	if err := json.Unmarshal(config, into); err != nil {
		at := "settings"
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
			at = e.Field
		}
		return fault.New(fault.Invalid, "setting %q has the wrong type", at)
	}
	v := reflect.Indirect(reflect.ValueOf(into))
	for _, f := range fields {
		s, isText := valueOf(v, f.Key)
		switch {
		case f.Required && s == "":
			return fault.New(fault.Invalid, "setting %q is required", f.Key)
		case isText && f.Kind == "url" && s != "":
			if u, err := url.Parse(s); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
				return fault.New(fault.Invalid, "setting %q must be an http or https address", f.Key)
			}
		}
	}
	return nil
}

// Secrets lists the values of the secret settings, for Account to take out of every error.
func Secrets(cfg any) []string {
	v := reflect.Indirect(reflect.ValueOf(cfg))
	var out []string
	for _, f := range Fields(cfg) {
		if s, _ := valueOf(v, f.Key); f.Secret && s != "" {
			out = append(out, s)
		}
	}
	return out
}

// SplitSecrets takes the secret settings out of a config, so that they can be stored sealed and the rest be shown.
func SplitSecrets(cfg any, config []byte) (plain, secret []byte, err error) {
	have, err := object(config)
	if err != nil {
		return nil, nil, err
	}
	hidden := map[string]json.RawMessage{}
	for _, f := range Fields(cfg) {
		if v, ok := have[f.Key]; ok && f.Secret {
			hidden[f.Key] = v
			delete(have, f.Key)
		}
	}
	if plain, err = json.Marshal(have); err != nil {
		return nil, nil, err
	}
	secret, err = json.Marshal(hidden)
	return plain, secret, err
}

// JoinSecrets puts together what SplitSecrets took apart.
func JoinSecrets(plain, secret []byte) ([]byte, error) {
	have, err := object(plain)
	if err != nil {
		return nil, err
	}
	hidden, err := object(secret)
	if err != nil {
		return nil, err
	}
	maps.Copy(have, hidden)
	return json.Marshal(have)
}

func object(config []byte) (map[string]json.RawMessage, error) {
	have := map[string]json.RawMessage{}
	if len(bytes.TrimSpace(config)) == 0 {
		return have, nil
	}
	if err := json.Unmarshal(config, &have); err != nil || have == nil {
		return nil, fault.New(fault.Invalid, "settings must be a JSON object")
	}
	return have, nil
}

func valueOf(v reflect.Value, key string) (s string, isText bool) {
	for t, f := range v.Fields() {
		name, _, _ := strings.Cut(t.Tag.Get("json"), ",")
		if cmp.Or(name, t.Name) != key {
			continue
		}
		switch f.Kind() {
		case reflect.String:
			return f.String(), true
		case reflect.Bool:
			return strconv.FormatBool(f.Bool()), false
		case reflect.Int, reflect.Int64:
			return strconv.FormatInt(f.Int(), 10), false
		default:
			return "", false
		}
	}
	return "", false
}
