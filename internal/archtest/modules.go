package archtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// modules holds what we import, and what go.mod requires directly, against the reviewed list: one line a module, with its reason.
func modules(t *tree) ([]string, error) {
	direct, all, err := requires(filepath.Join(t.Root, "go.mod"))
	if err != nil {
		return nil, err
	}
	reasons, bad, err := reviewed(filepath.Join(t.Root, filepath.FromSlash(t.Modules)), t.Modules)
	if err != nil {
		return nil, err
	}
	used := map[string]string{} // module → where
	for _, m := range direct {
		used[m] = "go.mod"
	}
	for _, f := range t.files {
		for _, im := range f.ast.Imports {
			p, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return nil, err
			}
			first, _, _ := strings.Cut(p, "/")
			if _, ours := t.ours(p); ours || p == t.Module || !strings.Contains(first, ".") {
				continue // ours, or the standard library
			}
			m := module(p, all)
			if m == "" {
				bad = append(bad, fmt.Sprintf("%s imports %s: no module of go.mod has it", t.pos(f, im), p))
				continue
			}
			if _, ok := used[m]; !ok {
				used[m] = t.pos(f, im)
			}
		}
	}
	for m, where := range used {
		if _, ok := reasons[m]; !ok {
			bad = append(bad, fmt.Sprintf("%s needs module %s: not in %s; a new dependency is a line with its reason", where, m, t.Modules))
		}
	}
	for m := range reasons {
		if _, ok := used[m]; !ok {
			bad = append(bad, fmt.Sprintf("%s: nobody needs %s any more", t.Modules, m))
		}
	}
	return bad, nil
}

// module finds the module that has a package: the longest path that begins it.
func module(pkg string, all []string) string {
	best := ""
	for _, m := range all {
		if strings.HasPrefix(pkg+"/", m+"/") && len(m) > len(best) {
			best = m
		}
	}
	return best
}

// requires reads the modules of go.mod: those required directly, its tools among them, and all.
func requires(file string) (direct, all []string, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	var tools []string
	block := "" // the word before the bracket that is open
	for line := range strings.Lines(string(b)) {
		code, remark, _ := strings.Cut(line, "//")
		w := strings.Fields(code)
		switch {
		case len(w) == 0:
			continue
		case w[0] == ")":
			block = ""
			continue
		case len(w) == 2 && w[1] == "(":
			block = w[0]
			continue
		}
		word := block
		if word == "" {
			word, w = w[0], w[1:]
		}
		switch {
		case word == "require" && len(w) == 2:
			all = append(all, w[0])
			if strings.TrimSpace(remark) != "indirect" {
				direct = append(direct, w[0])
			}
		case word == "tool" && len(w) == 1:
			tools = append(tools, w[0])
		}
	}
	for _, tool := range tools {
		if m := module(tool, all); m != "" && !slices.Contains(direct, m) {
			direct = append(direct, m)
		}
	}
	return direct, all, nil
}

// reviewed reads the list: a module, then why we stand on it.
func reviewed(file, name string) (reasons map[string]string, bad []string, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	reasons = map[string]string{}
	var order []string
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m, why, _ := strings.Cut(line, " ")
		if strings.TrimSpace(why) == "" {
			bad = append(bad, fmt.Sprintf("%s: %s has no reason", name, m))
		}
		if _, twice := reasons[m]; twice {
			bad = append(bad, fmt.Sprintf("%s: %s is there twice", name, m))
		}
		reasons[m] = strings.TrimSpace(why)
		order = append(order, m)
	}
	if !slices.IsSorted(order) {
		bad = append(bad, name+": in alphabetical order, so that a new line is seen")
	}
	return reasons, bad, nil
}
