package db

import (
	"database/sql"
	"fmt"
	"strings"
)

// SearchQuery is what to look for, in terms of text.Terms and of the operator terms the index adds (letters, digits and "_").
// All of All must be there (a trailing * makes a prefix), one of each group in Any, none of None.
type SearchQuery struct {
	All  []string
	Any  [][]string
	None []string
}

// Empty reports whether nothing positive is asked; such a query cannot be searched.
func (q SearchQuery) Empty() bool { return len(q.All) == 0 && len(q.Any) == 0 }

type searchText struct {
	expr  func(SearchQuery) string
	put   func(tx *Tx, no int64, terms []string) error
	first string // bounded first step; empty when one step is enough
	page  string
}

// bounded is how many hits the first step may gather: fewer is the exact answer (schema of the core, "Search").
const bounded = 20_000

// SearchPut replaces the terms of a conversation.
func (tx *Tx) SearchPut(no int64, terms []string) error {
	return tx.d.dialect.search().put(tx, no, terms)
}

// Search returns numbers of conversations that match, newest number first, below the number before (0: from the top).
func (tx *Tx) Search(q SearchQuery, before int64, limit int) ([]int64, error) {
	s := tx.d.dialect.search()
	if before <= 0 {
		before = Never
	}
	expr := s.expr(q)
	scan := func(text string, args ...any) (out []int64, hits int64, err error) {
		err = tx.Query(text, args, func(r *sql.Rows) error {
			var no int64
			if err := r.Scan(&no, &hits); err != nil {
				return err
			}
			out = append(out, no)
			return nil
		})
		return out, hits, err
	}
	if s.first != "" {
		out, hits, err := scan(s.first, expr, before, limit)
		if err != nil || hits < bounded {
			return out, err
		}
	}
	out, _, err := scan(s.page, expr, before, limit)
	return out, err
}

func (sqliteDialect) search() searchText {
	return searchText{
		page: `SELECT rowid, 0 FROM search WHERE search MATCH $1 AND rowid < $2 ORDER BY rowid DESC LIMIT $3`,
		expr: func(q SearchQuery) string {
			word := func(t string) string {
				if p, ok := strings.CutSuffix(t, "*"); ok {
					return `"` + p + `"*`
				}
				return `"` + t + `"`
			}
			var and []string
			for _, t := range q.All {
				and = append(and, word(t))
			}
			for _, g := range q.Any {
				or := make([]string, len(g))
				for i, t := range g {
					or[i] = word(t)
				}
				and = append(and, "("+strings.Join(or, " OR ")+")")
			}
			out := "(" + strings.Join(and, " AND ") + ")"
			for _, t := range q.None {
				out += " NOT " + word(t)
			}
			return out
		},
		put: func(tx *Tx, no int64, terms []string) error {
			_, err := tx.Exec(`INSERT OR REPLACE INTO search (rowid, terms) VALUES ($1, $2)`, no, strings.Join(terms, " "))
			return err
		},
	}
}

func (postgresDialect) search() searchText {
	return searchText{
		// Two steps, both bounded: the planner would take a backward scan for two common words that never meet.
		first: fmt.Sprintf(`WITH h AS MATERIALIZED (SELECT no FROM search WHERE terms @@ $1::text::tsquery LIMIT %d)
			SELECT no, (SELECT count(*) FROM h) FROM h WHERE no < $2 ORDER BY no DESC LIMIT $3`, bounded),
		page: `SELECT no, 0 FROM search WHERE terms @@ $1::text::tsquery AND no < $2 ORDER BY no DESC LIMIT $3`,
		expr: func(q SearchQuery) string {
			word := func(t string) string {
				if p, ok := strings.CutSuffix(t, "*"); ok {
					return "'" + p + "':*"
				}
				return "'" + t + "'"
			}
			var and []string
			for _, t := range q.All {
				and = append(and, word(t))
			}
			for _, g := range q.Any {
				or := make([]string, len(g))
				for i, t := range g {
					or[i] = word(t)
				}
				and = append(and, "("+strings.Join(or, " | ")+")")
			}
			for _, t := range q.None {
				and = append(and, "!"+word(t))
			}
			return strings.Join(and, " & ")
		},
		put: func(tx *Tx, no int64, terms []string) error {
			_, err := tx.Exec(`INSERT INTO search (no, terms) VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))
				ON CONFLICT (no) DO UPDATE SET terms = excluded.terms`, no, strings.Join(terms, " "))
			return err
		},
	}
}
