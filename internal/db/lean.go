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
