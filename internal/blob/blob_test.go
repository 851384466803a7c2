package blob_test

import (
	"io"
	"os"
	"strings"
	"testing"

	"answerable/internal/blob"
	"answerable/internal/fault"
)

func TestKeepsOnceAndRefusesTheLarge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := blob.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, n, err := s.Put(t.Context(), strings.NewReader("a picture"), 100)
	b, _, err2 := s.Put(t.Context(), strings.NewReader("a picture"), 100)
	if err != nil || err2 != nil || a != b || n != 9 {
		t.Fatalf("%s %s %d %v %v", a, b, n, err, err2)
	}
	f, err := s.Get(a)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, _ := io.ReadAll(f); string(got) != "a picture" {
		t.Errorf("%q", got)
	}
	if _, _, err := s.Put(t.Context(), strings.NewReader(strings.Repeat("x", 101)), 100); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	for _, key := range []string{"", "../../etc/passwd", strings.Repeat("z", 64), strings.Repeat("0", 64)} {
		if _, err := s.Get(key); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", key, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
