package archtest

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// text is a string of a file: a literal, or literals joined by +. What is joined in between and is no literal reads as "?".
type text struct {
	at   ast.Node
	says string
}

var (
	// writes finds what a statement writes to. SQL is written in capitals here, so that words of a sentence are left alone.
	writes = regexp.MustCompile(`\b(?:INSERT(?: OR [A-Z]+)? INTO|REPLACE INTO|UPDATE(?: OR [A-Z]+)?(?: ONLY)?|DELETE FROM(?: ONLY)?|TRUNCATE(?: TABLE)?|MERGE INTO) +"?([a-z_][a-z0-9_]*|\?|%s)`)
	// small finds the same of a known table when it is not written in capitals.
	small = regexp.MustCompile(`(?i)\b(?:INSERT(?: OR [A-Z]+)? INTO|REPLACE INTO|UPDATE|DELETE FROM) +"?([a-z_][a-z0-9_]*)"? *(?:\(|SET\b|WHERE\b|VALUES\b|SELECT\b|;|$)`)
	// creates finds the tables that a migration, or a statement for a table of its own time, makes.
	creates = regexp.MustCompile(`(?i)\bCREATE +(?:VIRTUAL +|UNLOGGED +|TEMP(?:ORARY)? +)?TABLE +(?:IF +NOT +EXISTS +)?"?([a-z_][a-z0-9_]*)`)
	// statement tells a whole statement from a word in capitals.
	statement = regexp.MustCompile(`\b(?:SELECT\b.*\bFROM|INSERT(?: OR [A-Z]+)? INTO|DELETE FROM|UPDATE +\S+ +(?:AS +\S+ +)?SET|CREATE +(?:TABLE|INDEX))\b`)
	spaces    = regexp.MustCompile(`\s+`)
)

// tables asks that every table is written by one package, a station, a reader or ground, and that a migration makes it.
func tables(t *tree) ([]string, error) {
	known, err := t.tables()
	if err != nil {
		return nil, err
	}
	var bad []string
	writers := map[string]map[string]string{} // table → package → where
	for f := range t.product {
		own := map[string]bool{}
		said := texts(f.ast)
		for _, x := range said {
			for _, m := range creates.FindAllStringSubmatch(x.says, -1) {
				own[m[1]] = true
			}
		}
		wrote := func(n ast.Node, table string) {
			switch {
			case own[table]:
			case table == "?" || table == "%s":
				if t.sort(f.pkg) != Ground {
					bad = append(bad, t.pos(f, n)+" writes a table that is not named in the text: its owner cannot be seen")
				}
			case !known[table]:
				// other libraries keep tables of their own in ground
				if t.sort(f.pkg) != Ground && len(known) > 0 {
					bad = append(bad, fmt.Sprintf("%s writes %s: no migration makes it", t.pos(f, n), table))
				}
			case !t.mayWrite(f.pkg):
				bad = append(bad, fmt.Sprintf("%s writes %s: tables are written by stations, readers and ground", t.pos(f, n), table))
			default:
				if writers[table] == nil {
					writers[table] = map[string]string{}
				}
				if _, ok := writers[table][f.pkg]; !ok {
					writers[table][f.pkg] = t.pos(f, n)
				}
			}
		}
		for _, x := range said {
			for _, table := range written(x.says, known) {
				wrote(x.at, table)
			}
		}
		// tx.Update("table", …) writes many rows
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && len(call.Args) > 0 {
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Update" {
					if name, ok := literal(call.Args[0]); ok && known[name] {
						wrote(call, name)
					}
				}
			}
			return true
		})
	}
	for table, by := range writers {
		if len(by) > 1 {
			at := slices.Sorted(maps.Values(by))
			bad = append(bad, fmt.Sprintf("table %s is written by %d packages, and one owns it: %s", table, len(by), strings.Join(at, ", ")))
		}
	}
	return bad, nil
}

// written lists the tables a text writes.
func written(says string, known map[string]bool) []string {
	var out []string
	for _, at := range writes.FindAllStringSubmatchIndex(says, -1) {
		table := says[at[2]:at[3]]
		// DO UPDATE SET belongs to its INSERT, FOR UPDATE only locks
		before := strings.TrimRight(says[:at[0]], " ")
		locks := strings.HasSuffix(before, "FOR") || strings.HasSuffix(before, "FOR NO KEY") || strings.HasSuffix(before, "DO")
		if locks && strings.HasPrefix(says[at[0]:], "UPDATE") {
			continue
		}
		out = append(out, table)
	}
	for _, m := range small.FindAllStringSubmatch(says, -1) {
		if known[m[1]] && !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}

func (t *tree) mayWrite(pkg string) bool {
	kind := t.kind[pkg]
	return kind == "stations" || kind == "readers" || t.sort(pkg) == Ground
}

// reservedTables keeps a table to those who may name it at all.
func reservedTables(t *tree) ([]string, error) {
	var bad []string
	for _, r := range t.Tables {
		n := regexp.QuoteMeta(r.Name)
		named := regexp.MustCompile(`\b(?:FROM|JOIN|INTO|UPDATE|TABLE|ONLY|USING) +"?` + n + `\b|\bFROM\b[^()]*, *"?` + n + `\b` +
			`|(?i:\bselect\b.*\b(?:from|join) +"?` + n + `\b)`)
		for f := range t.product {
			if slices.ContainsFunc(r.Only, func(o string) bool { return within(f.pkg, o) }) {
				continue
			}
			for _, x := range texts(f.ast) {
				if named.MatchString(x.says) {
					bad = append(bad, fmt.Sprintf("%s names the table %s: %s", t.pos(f, x.at), r.Name, r.Why))
				}
			}
		}
	}
	return bad, nil
}

// sqlFree keeps SQL out of faces, flows, doors and joints.
func sqlFree(t *tree) ([]string, error) {
	var bad []string
	for f := range t.product {
		kind := t.sort(f.pkg)
		if t.kind[f.pkg] != "flows" && kind != Face && kind != Joint && kind != Door {
			continue
		}
		for _, im := range f.ast.Imports {
			if im.Path.Value == `"database/sql"` || im.Path.Value == `"database/sql/driver"` {
				bad = append(bad, t.pos(f, im)+" imports database/sql: only stations, readers and ground speak SQL")
			}
		}
		for _, x := range texts(f.ast) {
			if statement.MatchString(x.says) {
				bad = append(bad, t.pos(f, x.at)+" holds SQL: only stations, readers and ground speak it")
			}
		}
	}
	return bad, nil
}

// tables lists what the migrations make; none when there are no migrations, which [migrations] says.
func (t *tree) tables() (map[string]bool, error) {
	known := map[string]bool{}
	files, err := t.migrationFiles()
	if err != nil {
		return nil, err
	}
	for _, m := range files {
		for _, c := range creates.FindAllStringSubmatch(m.sql, -1) {
			known[c[1]] = true
		}
	}
	return known, nil
}

// texts lists the strings of a file with their white space made plain; tags and import paths are not among them.
func texts(f *ast.File) []text {
	var out []text
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			return n.Tag == nil
		case *ast.BinaryExpr:
			if n.Op != token.ADD {
				return true
			}
			if says, ok := joined(n); ok {
				out = append(out, text{n, spaces.ReplaceAllString(says, " ")})
				return false
			}
		case *ast.BasicLit:
			if says, ok := literal(n); ok {
				out = append(out, text{n, spaces.ReplaceAllString(says, " ")})
			}
		}
		return true
	})
	slices.SortStableFunc(out, func(a, b text) int { return cmp.Compare(a.at.Pos(), b.at.Pos()) })
	return out
}

// joined reads literals joined by +; ok when there is at least one among them.
func joined(e ast.Expr) (says string, ok bool) {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			l, lok := joined(e.X)
			r, rok := joined(e.Y)
			return l + r, lok || rok
		}
	case *ast.ParenExpr:
		return joined(e.X)
	case *ast.BasicLit:
		return literal(e)
	}
	return "?", false
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}
