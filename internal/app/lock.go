package app

import (
	"os"
	"syscall"

	"answerable/internal/fault"
)

// alone makes sure that one process serves from a SQLite database. The lock goes with the process, also when it is killed.
func alone(file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // in the operator's own folder
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fault.New(fault.Conflict, "another answerable serves from this folder already; stop it first, or use PostgreSQL for several")
	}
	return func() { _ = f.Close() }, nil
}
