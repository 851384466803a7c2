package db

import (
	"database/sql"
	"fmt"
	"strings"
)

// Insert writes rows: few statements on PostgreSQL (where a round trip is dear), a prepared loop on SQLite (where a long
// statement is). head is "INSERT INTO t (a, b)", tail what follows VALUES, such as "ON CONFLICT DO NOTHING". It returns how many
// rows were written.
func (tx *Tx) Insert(head, tail string, rows [][]any) (int64, error) {
	var n int64
	err := tx.chunks(rows, func(part [][]any) error {
		k, err := tx.Exec(valuesText(head, tail, len(part), len(part[0])), flat(part)...)
		n += k
		return err
	})
	return n, err
}

// InsertReturning is Insert with a RETURNING clause in tail; scan is called for each row that was written, in no order.
func (tx *Tx) InsertReturning(head, tail string, rows [][]any, scan func(*sql.Rows) error) error {
	return tx.chunks(rows, func(part [][]any) error {
		return tx.Query(valuesText(head, tail, len(part), len(part[0])), flat(part), scan)
	})
}

// Update changes many rows, each with values of its own. columns are the names and types of the values ("id TEXT, n BIGINT"),
// set and where speak of the table as t and of the values as v: Update("conversation", "id TEXT, n BIGINT",
// "owed_questions = t.owed_questions + v.n", "t.id = v.id", rows). Rows of one call must not touch the same row twice.
func (tx *Tx) Update(table, columns, set, where string, rows [][]any) (int64, error) {
	cols := strings.Split(columns, ",")
	names, types := make([]string, len(cols)), make([]string, len(cols))
	for i, c := range cols {
		names[i], types[i], _ = strings.Cut(strings.TrimSpace(c), " ")
	}
	var n int64
	err := tx.chunks(rows, func(part [][]any) error {
		var b strings.Builder
		fmt.Fprintf(&b, "WITH v (%s) AS (VALUES ", strings.Join(names, ", "))
		p := 1
		for i := range part {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('(')
			for j, t := range types {
				if j > 0 {
					b.WriteByte(',')
				}
				if tx.d.Single() { // SQLite needs no types, and would make a number of a BYTEA
					fmt.Fprintf(&b, "$%d", p)
				} else {
					fmt.Fprintf(&b, "CAST($%d AS %s)", p, t)
				}
				p++
			}
			b.WriteByte(')')
		}
		fmt.Fprintf(&b, ") UPDATE %s AS t SET %s FROM v WHERE %s", table, set, where)
		k, err := tx.Exec(b.String(), flat(part)...)
		n += k
		return err
	})
	return n, err
}

// chunks cuts rows into powers of two, so that a database sees few different texts and may keep their plans.
func (tx *Tx) chunks(rows [][]any, fn func([][]any) error) error {
	most := tx.d.dialect.rowsAtOnce()
	for len(rows) > 0 {
		n := most
		for n > len(rows) {
			n /= 2
		}
		if err := fn(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func valuesText(head, tail string, rows, cols int) string {
	var b strings.Builder
	b.Grow(len(head) + len(tail) + rows*cols*5 + 16)
	b.WriteString(head)
	b.WriteString(" VALUES ")
	p := 1
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for j := range cols {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "$%d", p)
			p++
		}
		b.WriteByte(')')
	}
	b.WriteByte(' ')
	b.WriteString(tail)
	return b.String()
}

func flat(rows [][]any) []any {
	if len(rows) == 1 {
		return rows[0]
	}
	out := make([]any, 0, len(rows)*len(rows[0]))
	for _, r := range rows {
		out = append(out, r...)
	}
	return out
}
