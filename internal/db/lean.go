package db

import "context"

// Lean is asked for by a process that writes much more than its memory should hold, on the lane Work: SQLite then reads its file
// instead of mapping it, since pages of a mapped file count as memory of the process. PostgreSQL's pages are not ours.
func (d *DB) Lean(ctx context.Context) error {
	if !d.Single() {
		return nil
	}
	_, err := d.write[Work].ExecContext(ctx, "PRAGMA mmap_size = 0")
	return err
}

// Elsewhere returns a number that changes when another process has written to a SQLite database since it was asked last. PostgreSQL
// lets many write at once, and it stays 0.
func (d *DB) Elsewhere(ctx context.Context) (n int64, err error) {
	if !d.Single() {
		return 0, nil
	}
	err = d.write[Work].QueryRowContext(ctx, "PRAGMA data_version").Scan(&n)
	return n, err
}
