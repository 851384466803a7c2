package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"answerable/internal/config"
	"answerable/internal/fault"
)

func load(t *testing.T, file string, env map[string]string) (config.Config, error) {
	t.Helper()
	path := ""
	if file != "" {
		path = filepath.Join(t.TempDir(), "answerable.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config.Load(path, func(k string) string { return env[k] })
}

func TestEnvironmentWinsAndTheRestHasDefaults(t *testing.T) {
	t.Parallel()
	c, err := load(t, "listen: 127.0.0.1:1\nlog: debug\n", map[string]string{"ANSWERABLE_LISTEN": "127.0.0.1:2", "ANSWERABLE_ALLOW_PRIVATE": "127.0.0.0/8, 10.1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Private()
	if c.Listen != "127.0.0.1:2" || c.Log != "debug" || !strings.HasPrefix(c.Database, "sqlite:") || len(p) != 2 || p[1].Bits() != 32 || err != nil {
		t.Errorf("%+v, %v, %v", c, p, err)
	}
	c.Database = "postgres://me:geheim@db.example/desk"
	if strings.Contains(c.String(), "geheim") {
		t.Errorf("a secret is told: %s", c)
	}
}

func TestWhatCannotBeIsNamed(t *testing.T) {
	t.Parallel()
	for file, word := range map[string]string{"lisen: x": "lisen", "listen: nowhere": "nowhere", "url: ftp://x": "ftp", "url: https://x/y": "/y", "log: loud": "loud", "allow_private: [everything]": "everything"} {
		if _, err := load(t, file, nil); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
