package archtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// migration is one numbered file. Where is the folder below Migrations: "both" (or none) for the text of both databases, the
// name of a database for what only that one has.
type migration struct {
	name, where string
	no          int
	sql         string // without comments
}

var (
	numbered = regexp.MustCompile(`^(\d{5})_[a-z0-9_]+\.sql$`)
	remarks  = regexp.MustCompile(`(?m)--.*$|(?s:/\*.*?\*/)`)
	quoted   = regexp.MustCompile(`'(?:[^']|'')*'`)
	drops    = regexp.MustCompile(`(?i)\b(?:DROP +(?:TABLE|COLUMN|VIEW|TYPE|SCHEMA|SEQUENCE|CONSTRAINT)|DROP +[a-z_]+ *(?:,|;|$)|RENAME\b)`)
	adds     = regexp.MustCompile(`(?i)\b(?:CREATE +(?:VIRTUAL +|UNLOGGED +)?TABLE|ADD +(?:COLUMN\b|[a-z_]+ +[A-Z]))`)
)

func (t *tree) migrationFiles() ([]migration, error) {
	dir := filepath.Join(t.Root, filepath.FromSlash(t.Migrations))
	var out []migration
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".sql") {
			return err
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		m := migration{name: path.Join(t.Migrations, rel), where: path.Dir(rel), sql: string(b)}
		if n := numbered.FindStringSubmatch(path.Base(rel)); n != nil {
			if m.no, err = strconv.Atoi(n[1]); err != nil {
				return err
			}
		}
		out = append(out, m)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return out, err
}

// migrations asks for numbers without gaps, for the same numbers on every database, and for forward steps that a node of the
// release before survives: what is dropped or renamed is dropped alone, a release after its successor came.
func migrations(t *tree) ([]string, error) {
	files, err := t.migrationFiles()
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return []string{t.Migrations + ": no migration there"}, nil
	}
	var bad []string
	where := map[int]map[string]string{} // number → folder → file
	own := map[string]bool{}             // the folders of single databases
	most := 0
	for _, m := range files {
		if m.no == 0 {
			bad = append(bad, m.name+": a migration is named 00042_what_it_adds.sql, from 1 on")
			continue
		}
		if where[m.no] == nil {
			where[m.no] = map[string]string{}
		}
		if other, twice := where[m.no][m.where]; twice {
			bad = append(bad, fmt.Sprintf("%s: %s has the same number", m.name, path.Base(other)))
		}
		where[m.no][m.where] = m.name
		most = max(most, m.no)
		if m.where != "." && m.where != "both" {
			own[m.where] = true
		}
		bad = append(bad, m.steps()...)
	}
	for no := 1; no <= most; no++ {
		at := where[no]
		_, shared := at["both"]
		_, flat := at["."]
		switch {
		case len(at) == 0:
			bad = append(bad, fmt.Sprintf("%s: there is no %05d, and there is a later one", t.Migrations, no))
		case (shared || flat) && len(at) > 1:
			bad = append(bad, fmt.Sprintf("%s: %05d is for both databases and again for one", t.Migrations, no))
		case !shared && !flat && len(at) < max(2, len(own)):
			bad = append(bad, fmt.Sprintf("%s: %05d is there for some databases only", t.Migrations, no))
		}
	}
	return bad, nil
}

func (m migration) steps() []string {
	var bad []string
	if strings.Contains(m.sql, "+goose Down") {
		bad = append(bad, m.name+": a way back; migrations go forward only")
	}
	sql := spaces.ReplaceAllString(remarks.ReplaceAllString(quoted.ReplaceAllString(m.sql, "''"), ""), " ")
	statements := strings.Split(sql, ";")
	renames := slices.ContainsFunc(statements, func(s string) bool { return strings.Contains(strings.ToUpper(s), "RENAME") && drops.MatchString(s) })
	has := func(r *regexp.Regexp) bool {
		return slices.ContainsFunc(statements, func(s string) bool { return r.MatchString(strings.TrimSpace(s)) })
	}
	switch {
	case renames:
		bad = append(bad, m.name+": RENAME breaks the nodes of the release before; add the new, drop the old a release later")
	case has(drops) && has(adds):
		bad = append(bad, m.name+": DROP beside its successor; drop the old a release later")
	case has(drops) && !strings.Contains(path.Base(m.name), "_contract"):
		bad = append(bad, m.name+": DROP outside a contract; name it 00042_contract_what.sql, a release after its successor came")
	}
	return bad
}
