// Package config reads how an installation is set up: a YAML file and the environment, which wins.
package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"answerable/internal/fault"
)

// Config is the whole of it. Every field has a default, so that an empty one works.
type Config struct {
	// Data is the folder of the SQLite database, the installation's key and the files. ANSWERABLE_DATA. Default: answerable-data.
	Data string `yaml:"data"`
	// Database is "sqlite:PATH" or "postgres://…". ANSWERABLE_DATABASE. Default: desk.db in Data.
	Database string `yaml:"database"`
	// DatabaseListen is another address of the same PostgreSQL, for LISTEN beside a transaction pooler. ANSWERABLE_DATABASE_LISTEN.
	DatabaseListen string `yaml:"database_listen"`
	// Listen is where the desk is served. ANSWERABLE_LISTEN. Default: 127.0.0.1:8080.
	Listen string `yaml:"listen"`
	// URL is how people reach it. ANSWERABLE_URL. Default: http:// and Listen.
	URL string `yaml:"url"`
	// Key seals what the database alone must not tell: base64 of 32 bytes. ANSWERABLE_KEY. Default: made once, kept in Data.
	Key string `yaml:"key"`
	// AllowPrivate lists private networks that channel accounts may reach, such as a test server. ANSWERABLE_ALLOW_PRIVATE, by comma.
	AllowPrivate []string `yaml:"allow_private"`
	// Log is debug, info, warn or error. ANSWERABLE_LOG. Default: info.
	Log string `yaml:"log"`
}

// Load reads the file, if one is named, and the environment. An unknown setting is an error that names it.
func Load(file string, env func(string) string) (Config, error) {
	var c Config
	if file != "" {
		b, err := os.ReadFile(file) //nolint:gosec // the operator names it
		if err != nil {
			return c, fault.As(fault.Invalid, err, "the configuration file cannot be read")
		}
		if err := yaml.UnmarshalWithOptions(b, &c, yaml.Strict()); err != nil {
			return c, fault.As(fault.Invalid, err, "the configuration file %s is wrong", file)
		}
	}
	for name, to := range map[string]*string{"DATA": &c.Data, "DATABASE": &c.Database, "DATABASE_LISTEN": &c.DatabaseListen, "LISTEN": &c.Listen, "URL": &c.URL, "KEY": &c.Key, "LOG": &c.Log} {
		if v := env("ANSWERABLE_" + name); v != "" {
			*to = v
		}
	}
	if v := env("ANSWERABLE_ALLOW_PRIVATE"); v != "" {
		c.AllowPrivate = strings.Split(v, ",")
	}
	return c.Complete()
}

// Complete fills what was left empty and refuses what cannot be.
func (c Config) Complete() (Config, error) {
	if c.Data == "" {
		c.Data = "answerable-data"
	}
	if c.Database == "" {
		c.Database = "sqlite:" + filepath.Join(c.Data, "desk.db")
	}
	if c.DatabaseListen == "" {
		c.DatabaseListen = c.Database
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return c, fault.New(fault.Invalid, "listen is HOST:PORT, not %q", c.Listen)
	}
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return c, fault.New(fault.Invalid, "url is http://HOST or https://HOST without a path, not %q", c.URL)
		}
		c.URL = strings.TrimRight(c.URL, "/")
	}
	if _, err := c.Private(); err != nil {
		return c, err
	}
	switch c.Log {
	case "":
		c.Log = "info"
	case "debug", "info", "warn", "error":
	default:
		return c, fault.New(fault.Invalid, "log is debug, info, warn or error, not %q", c.Log)
	}
	return c, nil
}

// Private are the networks of AllowPrivate.
func (c Config) Private() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range c.AllowPrivate {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		p, err := netip.ParsePrefix(s)
		if a, aerr := netip.ParseAddr(s); err != nil && aerr == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "allow_private takes networks such as 10.0.0.0/8, not %q", s)
		}
		out = append(out, p)
	}
	return out, nil
}

// String tells the configuration without its secrets.
func (c Config) String() string {
	d := c.Database
	if u, err := url.Parse(d); err == nil && u.User != nil {
		d = u.Redacted()
	}
	return fmt.Sprintf("data=%s database=%s listen=%s url=%s", c.Data, d, c.Listen, c.URL)
}
