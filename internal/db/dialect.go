package db

import "database/sql"

// dialect is all in which the two databases differ for us, beside search (search.go).
type dialect interface {
	name() string
	rowsAtOnce() int             // how many rows one statement should carry
	retry(error) bool            // the same transaction may succeed when run again
	explain(error) error         // a unique or check violation becomes a fault.Conflict that keeps its cause
	locked() string              // FOR UPDATE
	shared() string              // FOR SHARE
	skipLocked() string          // FOR UPDATE SKIP LOCKED
	readOptions() *sql.TxOptions // of a read-only transaction
	numbers(*Tx, int) ([]int64, error)
	clock(*Tx) (int64, error)
	search() searchText
}
