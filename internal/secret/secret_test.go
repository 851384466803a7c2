package secret_test

import (
	"testing"

	"answerable/internal/secret"
)

func TestOpensOnlyInItsPlaceWithItsKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, err := secret.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := a.Seal([]byte("a token"), "account/1")
	if err != nil {
		t.Fatal(err)
	}
	again, err := secret.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := again.Open(sealed, "account/1"); err != nil || string(plain) != "a token" {
		t.Errorf("%q, %v", plain, err)
	}
	if _, err := again.Open(sealed, "account/2"); err == nil {
		t.Error("it opened in another row")
	}
	other, err := secret.Open(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Open(sealed, "account/1"); err == nil {
		t.Error("it opened with another key")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := a.Open(sealed, "account/1"); err == nil {
		t.Error("a changed value opened")
	}
}
