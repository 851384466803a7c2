package db

import (
	"fmt"
	"strings"
)

// SearchDoc is what one conversation is found by.
type SearchDoc struct {
	No    int64
	Terms []string
}

// SearchPutMany is SearchPut for many conversations, each once: few statements on PostgreSQL, where a round trip is dear.
func (tx *Tx) SearchPutMany(docs []SearchDoc) error {
	rows := make([][]any, len(docs))
	for i, d := range docs {
		rows[i] = []any{d.No, strings.Join(d.Terms, " ")}
	}
	if tx.d.Single() {
		_, err := tx.Insert(`INSERT OR REPLACE INTO search (rowid, terms)`, "", rows)
		return err
	}
	return tx.chunks(rows, func(part [][]any) error {
		var b strings.Builder
		b.WriteString(`INSERT INTO search (no, terms) SELECT v.no, array_to_tsvector(string_to_array(v.t, ' ')) FROM (VALUES `)
		for i := range part {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "($%d::bigint, $%d::text)", 2*i+1, 2*i+2)
		}
		b.WriteString(`) AS v (no, t) ON CONFLICT (no) DO UPDATE SET terms = excluded.terms`)
		_, err := tx.Exec(b.String(), flat(part)...)
		return err
	})
}
