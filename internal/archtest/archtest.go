// Package archtest holds the laws of the house as code: who may import whom, who writes which table, who may call what, how
// migrations are numbered and which modules we stand on. It parses the files itself (go list would answer from a stale cache)
// and reads the street from the map in internal/desk/doc.go, so that neither map nor law can drift from the tree.
//
// The house's own tables are in house.go; a change there is a change of architecture and is reviewed as one.
package archtest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// House is what the laws are read from.
type House struct {
	// Root is the folder of the module, the one with go.mod.
	Root string
	// Module is the module's path.
	Module string
	// Street is the order of the places; see [Street].
	Street []Place
	// Parts are all packages that are not on the street, with what each may import. A package that is in no part is refused.
	Parts []Part
	// Pure names the places of the street that import no ground at all.
	Pure []string
	// Tables says who may name the tables that not everybody may read.
	Tables []Reserved
	// Calls says who may call the functions that not everybody may call.
	Calls []Reserved
	// Homes says where the libraries live that only one part may know.
	Homes []Reserved
	// Migrations is the folder of the migrations, below Root.
	Migrations string
	// Modules is the reviewed list of the modules we import, below Root.
	Modules string
}

// Place is one package of the street. Kind is "stations", "flows" or "readers"; Path is relative to internal/.
type Place struct{ Kind, Path string }

// Part is one package, or a folder of packages when Path ends in "/...", and what it may import of ours. May holds paths relative to
// internal/ (or to the root, for what is not in internal/); "/..." takes a folder with all below it, "self/..." is the part's own
// folder, "street" and "ground" stand for all of theirs, and "..." for everything.
type Part struct {
	Path string
	May  []string
	Kind Kind
}

// Kind is what sort of package a part is.
type Kind string

// The kinds of parts.
const (
	Ground Kind = "ground" // what everybody stands on; knows no domain
	Door   Kind = "door"   // a channel
	Face   Kind = "face"   // what people and programs see; holds no SQL
	Joint  Kind = "joint"  // porter, app and what else joins parts; holds no SQL
	Kit    Kind = "kit"    // for tests and benchmarks only; no product code imports it
)

// Reserved names something that only some may use. For a table Name is its name; for a call it is "package.Function", or
// ".Function" when any receiver counts; for a library it is a prefix of its import path. Only holds paths, as in [Part].
type Reserved struct {
	Name string
	Only []string
	Why  string
}

var folders = map[string]string{"stations": "desk/", "flows": "flow/", "readers": "read/"} // the folder of each kind

// Street reads the order from the comment of the map: each indented line is a kind and its places, in order.
func Street(file string) ([]Place, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		return nil, err
	}
	var street []Place
	for line := range strings.SplitSeq(f.Doc.Text(), "\n") {
		words := strings.Fields(line)
		if !strings.HasPrefix(line, "\t") || len(words) == 0 {
			continue
		}
		folder, ok := folders[words[0]]
		if !ok {
			return nil, fmt.Errorf("%s: %q is no kind of place; say stations, flows or readers", file, words[0])
		}
		for _, name := range words[1:] {
			p := Place{Kind: words[0], Path: folder + name}
			if slices.Contains(street, p) {
				return nil, fmt.Errorf("%s: %s is on the map twice", file, p.Path)
			}
			street = append(street, p)
		}
	}
	if len(street) == 0 {
		return nil, fmt.Errorf("%s: no street in its comment", file)
	}
	return street, nil
}

// Broken lists every breach of a law, sorted, each once. An error means that the laws could not be read or that there was nothing
// to hold against them, which is never a pass.
func Broken(h House) ([]string, error) {
	t, err := read(h)
	if err != nil {
		return nil, err
	}
	var bad []string
	for _, law := range []func(*tree) ([]string, error){
		places, comments, imports, homes, tables, reservedTables, sqlFree, calls, migrations, modules,
	} {
		b, err := law(t)
		if err != nil {
			return nil, err
		}
		bad = append(bad, b...)
	}
	slices.Sort(bad)
	return slices.Compact(bad), nil
}

// tree is the house as it stands.
type tree struct {
	House
	fset  *token.FileSet
	files []*file
	at    map[string]int    // place on the street by path
	kind  map[string]string // kind of place by path
}

// file is one Go file.
type file struct {
	pkg       string // its package's path, without internal/
	name      string // its own path below the root
	test      bool
	generated bool
	ast       *ast.File
}

func (t *tree) pos(f *file, n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.name, t.fset.Position(n.Pos()).Line)
}

// product goes through the files that end up in the binary.
func (t *tree) product(yield func(*file) bool) {
	for _, f := range t.files {
		if !f.test && t.sort(f.pkg) != Kit && !yield(f) {
			return
		}
	}
}

// sort says which kind of part a package is; a place of the street has none.
func (t *tree) sort(pkg string) Kind {
	if p, ok := t.part(pkg); ok {
		return p.Kind
	}
	return ""
}

// part finds the part a package belongs to: the longest path that takes it in, an exact one before a folder.
func (t *tree) part(pkg string) (Part, bool) {
	var best Part
	found := false
	for _, p := range t.Parts {
		if !within(pkg, p.Path) {
			continue
		}
		if p.Path == pkg {
			return p, true
		}
		if !found || len(p.Path) > len(best.Path) {
			best, found = p, true
		}
	}
	return best, found
}

// within reports whether a package is what a path of a table takes in.
func within(pkg, pattern string) bool {
	folder, tree := strings.CutSuffix(pattern, "...")
	if !tree {
		return pkg == pattern
	}
	return strings.HasPrefix(pkg+"/", folder)
}

func (t *tree) onStreet(pkg string) bool {
	return slices.ContainsFunc(streetFolders(), func(folder string) bool { return strings.HasPrefix(pkg, folder) })
}

func streetFolders() []string { return []string{"desk/", "flow/", "read/"} }

// read parses every Go file below the root but those of other modules, of testdata and of hidden folders.
func read(h House) (*tree, error) {
	root, err := filepath.Abs(h.Root) // a root named ".." would look hidden
	if err != nil {
		return nil, err
	}
	h.Root = root
	if len(h.Street) == 0 || len(h.Parts) == 0 {
		return nil, errors.New("no street or no parts: nothing would be held against the tree")
	}
	t := &tree{House: h, fset: token.NewFileSet(), at: map[string]int{}, kind: map[string]string{}}
	for i, p := range h.Street {
		t.at[p.Path], t.kind[p.Path] = i, p.Kind
	}
	err = filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != root && foreign(name, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		f, err := parser.ParseFile(t.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		t.files = append(t.files, &file{
			pkg:       strings.TrimPrefix(filepath.ToSlash(filepath.Dir(rel)), "internal/"),
			name:      rel,
			test:      strings.HasSuffix(rel, "_test.go"),
			generated: ast.IsGenerated(f),
			ast:       f,
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(t.files) == 0 {
		return nil, fmt.Errorf("%s: no Go file there; a walk over nothing is no pass", root)
	}
	return t, nil
}

// foreign reports whether a folder is none of ours: hidden, left out by the go command, or the root of another module.
func foreign(dir, name string) bool {
	if name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}
