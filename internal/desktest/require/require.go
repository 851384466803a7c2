// Package require decides what a missing server means to a test: a loud skip at home, a failure where it was promised.
package require

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Env lists, by comma, what must be there: "postgres,chromium,toot,python3-mastodon,shared".
const Env = "ANSWERABLE_REQUIRE"

// Have skips the test when ok is false, and fails it when Env promises what.
func Have(t testing.TB, what string, ok bool, why string) {
	t.Helper()
	if ok {
		return
	}
	if slices.Contains(strings.Split(os.Getenv(Env), ","), what) {
		t.Fatalf("%s is required here (%s) and is not there: %s", what, Env, why)
	}
	t.Skipf("skipped, needs %s: %s", what, why)
}

// Shared returns the path of a file of the real data that stands beside the repository, or skips.
func Shared(t testing.TB, rel string) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	p := filepath.Join(filepath.Dir(here), "..", "..", "..", "..", "shared", filepath.FromSlash(rel))
	_, err := os.Stat(p)
	Have(t, "shared", err == nil, "no ../shared/"+rel+" beside the repository")
	return p
}
