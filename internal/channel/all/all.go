// Package all knows every channel. A new one is a folder beside this and one line in the list.
package all

import (
	"encoding/json"
	"strings"

	"answerable/internal/channel"
	"answerable/internal/channel/mastodon"
	"answerable/internal/channel/signed"
	"answerable/internal/fault"
)

// Deps is what every adapter is given.
type Deps = channel.Deps

// Kind is one channel, as a form offers it.
type Kind struct {
	Name   string          `json:"name"` // as in a config: "mastodon"
	Title  string          `json:"title"`
	Config []channel.Field `json:"config"`
}

// maker makes adapters of one kind.
type maker struct {
	Kind
	empty any // a config struct, for its tags
	make  func(config []byte, d Deps) (channel.Adapter, error)
	fill  map[string]func() string // settings that are made when they are left empty
}

// list has a line a channel.
func list() []maker {
	return []maker{
		kind("mastodon", "Mastodon", mastodon.New, nil),
		kind("signed", "Any other system (signed HTTP)", signed.New, map[string]func() string{"secret": signed.GenerateSecret}),
	}
}

func kind[C any, A channel.Adapter](name, title string, build func(C, Deps) (A, error), fill map[string]func() string) maker {
	var empty C
	return maker{Kind{name, title, channel.Fields(empty)}, empty, func(config []byte, d Deps) (channel.Adapter, error) {
		var c C
		if err := channel.Decode(config, &c); err != nil {
			return nil, err
		}
		ad, err := build(c, d)
		if err != nil {
			return nil, err // not ad: a nil of type A would not be a nil Adapter
		}
		return ad, nil
	}, fill}
}

// Kinds lists all channels with their settings.
func Kinds() []Kind {
	var out []Kind
	for _, m := range list() {
		out = append(out, m.Kind)
	}
	return out
}

func find(name string) (maker, error) {
	var names []string
	for _, m := range list() {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return maker{}, fault.New(fault.Invalid, "no channel %q; there are %s", channel.CleanLine(name, 64), strings.Join(names, ", "))
}

// New makes an adapter from its settings. Unknown, missing and malformed ones are Invalid and named.
func New(name string, config []byte, d Deps) (channel.Adapter, error) {
	m, err := find(name)
	if err != nil {
		return nil, err
	}
	return m.make(config, d)
}

// Complete makes the settings that were left empty and can be made, as the secret of a signed account.
func Complete(name string, config []byte) ([]byte, error) {
	m, err := find(name)
	if err != nil || len(m.fill) == 0 {
		return config, err
	}
	have := map[string]json.RawMessage{}
	if len(config) > 0 {
		if err := json.Unmarshal(config, &have); err != nil || have == nil {
			return nil, fault.New(fault.Invalid, "settings must be a JSON object")
		}
	}
	for key, value := range m.fill {
		if v := string(have[key]); v != "" && v != `""` && v != "null" {
			continue
		}
		if have[key], err = json.Marshal(value()); err != nil {
			return nil, err
		}
	}
	return json.Marshal(have)
}

// SplitSecrets takes the secret settings of a channel out of a config; channel.JoinSecrets puts them back.
func SplitSecrets(name string, config []byte) (plain, secret []byte, err error) {
	m, err := find(name)
	if err != nil {
		return nil, nil, err
	}
	return channel.SplitSecrets(m.empty, config)
}
