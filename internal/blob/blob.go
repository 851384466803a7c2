// Package blob keeps files by the SHA-256 of their bytes, in a directory. The same file stored twice is one file.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"answerable/internal/fault"
)

// Store is a directory of files.
type Store struct{ dir string }

// Open returns the store in dir, which is made when it is not there.
func Open(dir string) (*Store, error) {
	return &Store{dir}, os.MkdirAll(dir, 0o700)
}

// Put keeps what r holds, at most limit bytes; more is fault.TooLarge and nothing is kept.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (key string, size int64, err error) {
	f, err := os.CreateTemp(s.dir, ".part-*")
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when it was kept
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(f, h), io.LimitReader(r, limit+1))
	if err = errors.Join(err, ctx.Err(), f.Sync(), f.Close()); err != nil {
		return "", 0, err
	}
	if size > limit {
		return "", 0, fault.New(fault.TooLarge, "the file is larger than %d MB", limit>>20)
	}
	key = hex.EncodeToString(h.Sum(nil))
	to := s.path(key)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return "", 0, err
	}
	return key, size, os.Rename(f.Name(), to)
}

// Get opens a file; the caller closes it.
func (s *Store) Get(key string) (*os.File, error) {
	if len(key) != 64 {
		return nil, fault.New(fault.NotFound, "there is no such file")
	}
	if _, err := hex.DecodeString(key); err != nil {
		return nil, fault.New(fault.NotFound, "there is no such file")
	}
	f, err := os.Open(s.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "there is no such file")
	}
	return f, err
}

func (s *Store) path(key string) string { return filepath.Join(s.dir, key[:2], key) }
