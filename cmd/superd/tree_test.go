// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The tests over the tree hold the walls that HACKING.md draws. Their rules, in
// tree_rules_test.go, each have a reason: who finds one in the way should find
// the reason wrong, too, before changing it.

// sourceFile is one Go file of the module that is not a test.
type sourceFile struct {
	name string // from the module's treeRoot
	ast  *ast.File
	text []byte
}

// treePackage is one package, by its folder: "services/config".
type treePackage struct {
	dir   string
	files []*sourceFile
}

const treeRoot = "../.."

// packages reads all of the module's packages, without their tests.
func treePackages(t *testing.T) (*token.FileSet, []*treePackage) {
	t.Helper()
	fset := token.NewFileSet()
	byDir := map[string]*treePackage{}
	var all []*treePackage
	walkTree(t, func(name string, text []byte) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return
		}
		f, err := parser.ParseFile(fset, name, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		dir := path.Dir(name)
		if byDir[dir] == nil {
			byDir[dir] = &treePackage{dir: dir}
			all = append(all, byDir[dir])
		}
		byDir[dir].files = append(byDir[dir].files, &sourceFile{name, f, text})
	})
	if len(all) < 20 {
		t.Fatalf("only %d packages were found", len(all))
	}
	return fset, all
}

// walk visits the source files of every language.
func walkTree(t *testing.T, visit func(name string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(treeRoot, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if name != treeRoot && (strings.HasPrefix(base, ".") || base == "bin" || base == "out") {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		switch filepath.Ext(base) {
		case ".go", ".s", ".c", ".h", ".sh":
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(treeRoot, name)
			if err != nil {
				return err
			}
			visit(filepath.ToSlash(rel), text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// imports lists what a package imports, and where.
func (p *treePackage) imports() map[string]string {
	out := map[string]string{}
	for _, f := range p.files {
		for _, i := range f.ast.Imports {
			if name, err := strconv.Unquote(i.Path.Value); err == nil {
				out[name] = f.name
			}
		}
	}
	return out
}

// under tells whether dir is one of the folders or lies in one.
func under(dir string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return dir == f || strings.HasPrefix(dir, f+"/") })
}

// forTests are the folders whose packages no program of ours links.
func forTests(dir string) bool {
	return under(dir, "internal", "bench", "tools", "cmd/superd/internal/faulttest",
		"contrib/worker/internal", "contrib/worker/conformance", "contrib/worker/go/examples") || strings.HasSuffix(dir, "test")
}

func TestEveryFileHasItsLicenceAndIsShort(t *testing.T) {
	const most = 450
	walkTree(t, func(name string, text []byte) {
		first, rest, _ := bytes.Cut(text, []byte("\n"))
		if bytes.HasPrefix(first, []byte("#!")) || bytes.Equal(first, []byte("#")) {
			first, _, _ = bytes.Cut(rest, []byte("\n"))
		}
		if !bytes.Contains(first, []byte("SPDX-License-Identifier: Apache-2.0")) {
			t.Errorf("%s: the first line names no licence: %q", name, first)
		}
		if n := bytes.Count(text, []byte("\n")); n > most && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s has %d lines: a file has one subject, and at most %d", name, n, most)
		}
	})
}

func TestEveryPackageIsDescribed(t *testing.T) {
	_, all := treePackages(t)
	for _, p := range all {
		var doc string
		for _, f := range p.files {
			doc += f.ast.Doc.Text()
		}
		if doc == "" {
			t.Errorf("%s has no package comment", p.dir)
			continue
		}
		if p.files[0].ast.Name.Name == "main" {
			continue
		}
		for _, word := range []string{"Owns", "Does not know", "Concurrency", "Errors"} {
			if !strings.Contains(strings.Join(strings.Fields(doc), " "), word) {
				t.Errorf("%s: the package comment does not say %q", p.dir, word)
			}
		}
	}
}

func TestImports(t *testing.T) {
	_, all := treePackages(t)
	for _, p := range all {
		if forTests(p.dir) {
			continue
		}
		rule, ok := importRules[p.dir]
		if !ok {
			t.Errorf("%s: which of our packages may it import? Say so, and why, in importRules", p.dir)
			continue
		}
		for name, file := range p.imports() {
			if name == "C" {
				t.Errorf("%s: cgo: superd is built without", file)
			}
			if own, ok := strings.CutPrefix(name, "superd/"); ok && !slices.Contains(rule.may, own) {
				t.Errorf("%s imports %s: %s", file, own, rule.why)
			}
			if module := moduleOf(name); module != "" && !slices.Contains(modules[module].in, p.dir) {
				t.Errorf("%s imports %s: each module stays behind the packages that need it", file, name)
			}
			for _, r := range importBans {
				if slices.Contains(r.what, name) && r.applies(p.dir) {
					t.Errorf("%s imports %s: %s", file, name, r.why)
				}
			}
		}
	}
	for dir := range importRules {
		if !slices.ContainsFunc(all, func(p *treePackage) bool { return p.dir == dir }) {
			t.Errorf("there is a rule for %s, which does not exist", dir)
		}
	}
}

// moduleOf gives what of modules an import path belongs to; "" if it is the
// standard library's or ours.
func moduleOf(name string) string {
	first, _, _ := strings.Cut(name, "/")
	if !strings.Contains(first, ".") {
		return ""
	}
	for m := range modules {
		if under(name, m) {
			return m
		}
	}
	return name
}

// TestShimLinksLittle: inet-shim starts once for each connection under other
// super-servers, and what it links it pays for each time.
func TestShimLinksLittle(t *testing.T) {
	_, all := treePackages(t)
	byDir := map[string]*treePackage{}
	for _, p := range all {
		byDir[p.dir] = p
	}
	seen := map[string]bool{}
	var visit func(dir, from string)
	visit = func(dir, from string) {
		if seen[dir] {
			return
		}
		seen[dir] = true
		if !slices.Contains(shimLinks, dir) {
			t.Errorf("inet-shim links %s, by %s", dir, from)
		}
		for name, file := range byDir[dir].imports() {
			if own, ok := strings.CutPrefix(name, "superd/"); ok {
				visit(own, file)
			} else if slices.Contains(shimNever, name) {
				t.Errorf("inet-shim links %s, by %s", name, file)
			}
		}
	}
	visit("cmd/inet-shim", "")
	for _, dir := range shimLinks {
		if !seen[dir] {
			t.Errorf("inet-shim does not link %s any more: take it from the list", dir)
		}
	}
}
