package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Serving reports whether a process on this machine serves from the folder of a SQLite installation.
func Serving(data string) (bool, error) {
	f, err := os.Open(filepath.Join(data, "serving.lock")) //nolint:gosec // in the operator's own folder
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) // given back with the file
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
