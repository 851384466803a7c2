package look

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"answerable/internal/web/assets"
)

// Every icon has a drawing, and every drawing is used.
func TestIcons(t *testing.T) {
	t.Parallel()
	set, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, i := range Icons() {
		used[string(i)] = true
		if !set.Has(string(i)) {
			t.Errorf("no drawing of %s", i)
		}
	}
	for _, dir := range []string{"icons", "glyphs"} {
		if err := fs.WalkDir(os.DirFS(filepath.Join("..", "assets", dir)), ".", func(p string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !used[strings.TrimSuffix(p, ".svg")] {
				t.Errorf("%s/%s is drawn and used nowhere", dir, p)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Mara Lindqvist": "ML", "mara": "MA", "Ana Maria de la Cruz": "AC", "عمر حداد": "عح", "": "?", "@hanne": "HA", "李": "李", "J. R. R. Tolkien": "JT",
	} {
		if got := (Person{Name: name}).Initials(); got != want {
			t.Errorf("Initials(%q) = %q, want %q", name, got, want)
		}
	}
	if got := (Brand{Name: "Tarn & Rye"}).Letters(); got != "T&R" {
		t.Errorf("Letters = %q", got)
	}
	if got := Count(1204); got != "999+" {
		t.Errorf("Count = %q", got)
	}
}
