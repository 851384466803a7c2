// Package secret seals what must not be read from the database alone: the keys of channel accounts. XChaCha20-Poly1305 under the
// installation's key, with the place it belongs to bound in, so that a sealed value moved to another row does not open.
package secret

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"answerable/internal/fault"
)

// Box seals and opens under one key.
type Box struct{ key []byte }

// Open returns the box of an installation: the key in words (base64 of 32 bytes), or the one kept in dir, made at first use.
func Open(dir, words string) (*Box, error) {
	if words != "" {
		k, err := base64.StdEncoding.DecodeString(strings.TrimSpace(words))
		if err != nil || len(k) != chacha20poly1305.KeySize {
			return nil, fault.New(fault.Invalid, "ANSWERABLE_KEY must be the base64 of 32 bytes")
		}
		return &Box{k}, nil
	}
	file := filepath.Join(dir, "installation.key")
	b, err := os.ReadFile(file) //nolint:gosec // the operator's own folder
	if errors.Is(err, fs.ErrNotExist) {
		k := make([]byte, chacha20poly1305.KeySize)
		_, _ = rand.Read(k)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // as above
		if errors.Is(err, fs.ErrExist) {
			return Open(dir, "") // another process was first
		}
		if err != nil {
			return nil, err
		}
		_, err = f.WriteString(base64.StdEncoding.EncodeToString(k) + "\n")
		return &Box{k}, errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return nil, err
	}
	box, err := Open("", string(b))
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", file, err)
	}
	return box, nil
}

// Seal hides plain; place is what it belongs to ("account/<id>") and must be said again to open it.
func (b *Box) Seal(plain []byte, place string) ([]byte, error) {
	a, err := chacha20poly1305.NewX(b.key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, a.NonceSize(), a.NonceSize()+len(plain)+a.Overhead())
	_, _ = rand.Read(nonce)
	return a.Seal(nonce, nonce, plain, []byte(place)), nil
}

// Open returns what was sealed for place.
func (b *Box) Open(sealed []byte, place string) ([]byte, error) {
	a, err := chacha20poly1305.NewX(b.key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < a.NonceSize() {
		return nil, fault.New(fault.Invalid, "the sealed value of %s is damaged", place)
	}
	plain, err := a.Open(nil, sealed[:a.NonceSize()], sealed[a.NonceSize():], []byte(place))
	if err != nil {
		return nil, fault.New(fault.Invalid, "the sealed value of %s does not open with this installation's key", place)
	}
	return plain, nil
}
