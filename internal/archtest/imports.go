package archtest

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
)

// places holds map and tree together: what is in the tree has a place, and what has a place is in the tree.
func places(t *tree) ([]string, error) {
	var bad []string
	seen := map[string]bool{}
	for _, f := range t.files {
		if seen[f.pkg] {
			continue
		}
		seen[f.pkg] = true
		if says := path.Base(f.pkg); slices.Contains(empty, says) {
			bad = append(bad, fmt.Sprintf("%s: %q says nothing about what is in it", f.pkg, says))
		}
		_, mapped := t.at[f.pkg]
		_, part := t.part(f.pkg)
		switch {
		case t.onStreet(f.pkg) && !mapped:
			bad = append(bad, f.pkg+": not on the map in desk/doc.go")
		case !t.onStreet(f.pkg) && !part:
			bad = append(bad, f.pkg+": in no part of the house (archtest/house.go)")
		}
	}
	for _, p := range t.Street {
		if !slices.ContainsFunc(t.files, func(f *file) bool { return f.pkg == p.Path && !f.test }) {
			bad = append(bad, p.Path+": on the map and not there")
		}
	}
	for _, p := range t.Parts {
		if !slices.ContainsFunc(t.files, func(f *file) bool { return within(f.pkg, p.Path) }) {
			bad = append(bad, p.Path+": in house.go and not there")
		}
	}
	return bad, nil
}

// empty words name no idea, so everything ends up in them.
var empty = []string{
	"base", "common", "core", "helper", "helpers", "lib", "manager", "misc", "model", "models", "service", "services", "shared",
	"types", "util", "utils",
}

// comments asks every package to say what it is, once.
func comments(t *tree) ([]string, error) {
	var bad []string
	said, product := map[string]int{}, map[string]bool{}
	for _, f := range t.files {
		if !f.test {
			product[f.pkg] = true
		}
	}
	for _, f := range t.files {
		if f.test && product[f.pkg] {
			continue // what a test file says is about the tests
		}
		said[f.pkg] += 0
		words := f.ast.Doc.Text()
		if words == "" || f.generated { // templ writes its version where a package comment would stand
			continue
		}
		said[f.pkg]++
		if n := f.ast.Name.Name; n != "main" && !strings.HasPrefix(words, "Package "+n+" ") {
			bad = append(bad, fmt.Sprintf("%s: its package comment begins with \"Package %s\"", f.name, n))
		}
	}
	for pkg, n := range said {
		switch {
		case n == 0:
			bad = append(bad, pkg+": no package comment")
		case n > 1:
			bad = append(bad, pkg+": more than one package comment")
		}
	}
	return bad, nil
}

// imports holds every import of product code against the street and the parts.
func imports(t *tree) ([]string, error) {
	var bad []string
	for _, f := range t.files {
		if f.test {
			continue
		}
		for _, im := range f.ast.Imports {
			p, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return nil, err
			}
			say := func(why string) {
				bad = append(bad, fmt.Sprintf("%s imports %s: %s", t.pos(f, im), p, why))
			}
			if im.Name != nil && im.Name.Name == "." {
				say("a dot hides whose word it is")
			}
			kit := t.sort(f.pkg) == Kit
			if p == "testing" && !kit {
				say("only tests and their kits import it")
			}
			if t.onStreet(f.pkg) && web(p) {
				say("the street knows no web")
			}
			to, ok := t.ours(p)
			if !ok {
				continue
			}
			if t.sort(to) == Kit && !kit {
				say("a kit for tests has no place in the product")
			}
			if t.onStreet(f.pkg) {
				if why := t.street(f.pkg, to); why != "" {
					say(why)
				}
			} else if why := t.offStreet(f.pkg, to); why != "" {
				say(why)
			}
		}
	}
	return bad, nil
}

func web(p string) bool {
	return p == "net/http" || strings.HasPrefix(p, "net/http/") || p == "html/template" || strings.HasPrefix(p, "github.com/a-h/templ")
}

// ours cuts the module and internal/ off an import path.
func (t *tree) ours(p string) (string, bool) {
	rel, ok := strings.CutPrefix(p, t.Module+"/")
	return strings.TrimPrefix(rel, "internal/"), ok
}

// street says why a place may not import to, or nothing.
func (t *tree) street(me, to string) string {
	if !t.onStreet(to) {
		switch {
		case to != "channel" && t.sort(to) != Ground:
			return "the street stands on ground and on channel's types only"
		case slices.Contains(t.Pure, me) && to != "text":
			return "this place is pure"
		}
		return ""
	}
	mine, known := t.at[me]
	its, mapped := t.at[to]
	switch {
	case !known || !mapped:
		return "" // said by places
	case t.kind[me] == "stations" && t.kind[to] != "stations":
		return "a station knows no flow and no reader"
	case t.kind[me] == "flows" && t.kind[to] == "readers":
		return "a flow calls no reader"
	case its >= mine:
		return "it comes later on the street"
	}
	return ""
}

// offStreet says why a part may not import to, or nothing.
func (t *tree) offStreet(me, to string) string {
	p, ok := t.part(me)
	if !ok {
		return "" // said by places
	}
	for _, may := range p.May {
		switch {
		case may == "street" && t.onStreet(to), may == "ground" && t.sort(to) == Ground:
			return ""
		case may == "self/..." && own(me) == own(to):
			return ""
		case within(to, may):
			return ""
		}
	}
	switch {
	case p.Kind == Ground:
		return "ground stands on what is below it"
	case p.Kind == Door && t.onStreet(to):
		return "a door knows no domain"
	case p.Kind == Door:
		return "a door knows the port and nothing else of the house"
	case p.Kind == Face && within(to, "channel/..."):
		return "a face knows no adapter"
	case p.Kind == Face && t.sort(to) == Face:
		return "faces do not know each other"
	}
	return p.Path + " may not (archtest/house.go)"
}

// own is the folder of one door: channel/x of channel/x/y.
func own(pkg string) string {
	parts := strings.SplitN(pkg, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// homes keeps a library where it lives.
func homes(t *tree) ([]string, error) {
	var bad []string
	for f := range t.product {
		for _, im := range f.ast.Imports {
			p, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return nil, err
			}
			for _, r := range t.Homes {
				if strings.HasPrefix(p+"/", r.Name+"/") && !slices.ContainsFunc(r.Only, func(o string) bool { return within(f.pkg, o) }) {
					bad = append(bad, fmt.Sprintf("%s imports %s: %s", t.pos(f, im), p, r.Why))
				}
			}
		}
	}
	return bad, nil
}

// calls keeps a function to those who may call it; naming it is calling it, since a value of it could be called anywhere.
func calls(t *tree) ([]string, error) {
	var bad []string
	for f := range t.product {
		names := t.names(f)
		ast.Inspect(f.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			for _, r := range t.Calls {
				dot := strings.LastIndex(r.Name, ".")
				pkg, fn := r.Name[:dot], r.Name[dot+1:]
				if sel.Sel.Name != fn || slices.ContainsFunc(r.Only, func(o string) bool { return within(f.pkg, o) }) {
					continue
				}
				if x, ok := sel.X.(*ast.Ident); pkg == "" || ok && names[x.Name] == pkg {
					bad = append(bad, fmt.Sprintf("%s calls %s: %s", t.pos(f, sel), fn, r.Why))
				}
			}
			return true
		})
	}
	return bad, nil
}

// names maps the names a file gives its imports to our packages.
func (t *tree) names(f *file) map[string]string {
	names := map[string]string{}
	for _, im := range f.ast.Imports {
		p, err := strconv.Unquote(im.Path.Value)
		if err != nil {
			continue // said by imports
		}
		to, ok := t.ours(p)
		if !ok {
			continue
		}
		name := path.Base(p)
		if im.Name != nil {
			name = im.Name.Name
		}
		names[name] = to
	}
	return names
}
