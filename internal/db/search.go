package db

import (
	"cmp"
	"database/sql"
	"fmt"
	"slices"
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
	put   func(*Tx, [][]any) error
	first string // bounded first step; empty when one step is enough
	page  string
}

// bounded is how many hits the first step may gather: fewer is the exact answer (schema of the core, "Search").
const bounded = 20_000

// SearchPut replaces the terms of conversations, by their numbers.
func (tx *Tx) SearchPut(terms map[int64][]string) error {
	rows := make([][]any, 0, len(terms))
	for no, t := range terms {
		rows = append(rows, []any{no, strings.Join(t, " ")})
	}
	slices.SortFunc(rows, func(x, y []any) int { return cmp.Compare(x[0].(int64), y[0].(int64)) })
	return tx.d.dialect.search().put(tx, rows)
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
			if no > 0 { // 0 stands for a page without a hit, which still says how many there are
				out = append(out, no)
			}
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
			var outSb92 strings.Builder
			for _, t := range q.None {
				outSb92.WriteString(" NOT " + word(t))
			}
			out += outSb92.String()
			return out
		},
		put: func(tx *Tx, rows [][]any) error {
			_, err := tx.Insert(`INSERT OR REPLACE INTO search (rowid, terms)`, "", rows)
			return err
		},
	}
}

func (postgresDialect) search() searchText {
	return searchText{
		// Two steps, both bounded: the planner would take a backward scan for two common words that never meet.
		first: fmt.Sprintf(`WITH h AS MATERIALIZED (SELECT no FROM search WHERE terms @@ $1::text::tsquery LIMIT %d)
			SELECT COALESCE(p.no, 0), n.hits FROM (SELECT count(*) AS hits FROM h) n LEFT JOIN (SELECT no FROM h WHERE no < $2 ORDER BY no DESC LIMIT $3) p ON TRUE
			ORDER BY p.no DESC`, bounded),
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
		put: func(tx *Tx, rows [][]any) error {
			nos, terms := make([]int64, len(rows)), make([]string, len(rows))
			for i, r := range rows {
				nos[i], terms[i] = r[0].(int64), r[1].(string)
			}
			_, err := tx.Exec(`INSERT INTO search (no, terms) SELECT no, array_to_tsvector(string_to_array(words, ' ')) FROM unnest($1::bigint[], $2::text[]) v (no, words)
				ON CONFLICT (no) DO UPDATE SET terms = excluded.terms`, nos, terms)
			return err
		},
	}
}
