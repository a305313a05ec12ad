// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"testing"
)

// TestForbiddenCalls looks for uses of what callBans names.
func TestForbiddenCalls(t *testing.T) {
	fset, all := treePackages(t)
	used := map[string]bool{}
	for _, p := range all {
		if forTests(p.dir) {
			continue
		}
		for _, f := range p.files {
			names := importNames(f.ast)
			ast.Inspect(f.ast, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := sel.X.(*ast.Ident)
				if !ok || names[x.Name] == "" {
					return true
				}
				call := names[x.Name] + "." + sel.Sel.Name
				for _, ban := range callBans {
					if !slices.Contains(ban.what, call) {
						continue
					}
					if slices.Contains(ban.but, f.name) {
						used[call+" in "+f.name] = true
						continue
					}
					t.Errorf("%v: %s: %s", fset.Position(n.Pos()), call, ban.why)
				}
				return true
			})
		}
	}
	for _, ban := range callBans {
		for _, name := range ban.but {
			if !slices.ContainsFunc(ban.what, func(call string) bool { return used[call+" in "+name] }) {
				t.Errorf("%s is excepted from the ban of %v and has no need of it", name, ban.what)
			}
		}
	}
}

// importNames maps the names by which a file knows packages to their paths.
func importNames(f *ast.File) map[string]string {
	out := map[string]string{}
	for _, i := range f.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		name := p[lastSlash(p)+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		out[name] = p
	}
	return out
}

func lastSlash(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '/' {
			return i
		}
	}
	return -1
}

// noImports lets the type checker resolve a package's own names alone, which is
// all that is asked of it, and quickly.
type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not needed") }

// TestNoGlobalState: no init(), and no variable of a package that anything but
// its declaration writes to. What is not written to is a table.
func TestNoGlobalState(t *testing.T) {
	fset, all := treePackages(t)
	for _, p := range all {
		if forTests(p.dir) {
			continue
		}
		var files []*ast.File
		for _, f := range p.files {
			files = append(files, f.ast)
		}
		info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
		conf := types.Config{Importer: noImports{}, Error: func(error) {}}
		checked, _ := conf.Check("superd/"+p.dir, fset, files, info)
		global := func(e ast.Expr) *ast.Ident {
			id := rootIdent(e)
			if id == nil {
				return nil
			}
			if v, ok := info.Uses[id].(*types.Var); ok && v.Parent() == checked.Scope() {
				return id
			}
			return nil
		}
		for _, f := range files {
			for _, name := range syncVars(f) {
				t.Errorf("%v: %s guards state of the package", fset.Position(name.Pos()), name.Name)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				var written []ast.Expr
				switch n := n.(type) {
				case *ast.FuncDecl:
					if n.Name.Name == "init" && n.Recv == nil {
						t.Errorf("%v: init(): nothing happens by being linked", fset.Position(n.Pos()))
					}
				case *ast.AssignStmt:
					if n.Tok != token.DEFINE {
						written = n.Lhs
					}
				case *ast.IncDecStmt:
					written = []ast.Expr{n.X}
				case *ast.UnaryExpr:
					if n.Op == token.AND {
						if id := global(n.X); id != nil && !readOnlyAddress[p.dir+"."+id.Name] {
							t.Errorf("%v: the address of %s is taken: is it written to by that?", fset.Position(n.Pos()), id.Name)
						}
					}
				}
				for _, e := range written {
					if id := global(e); id != nil {
						t.Errorf("%v: %s is written to: a package has no state", fset.Position(n.Pos()), id.Name)
					}
				}
				return true
			})
		}
	}
}

// rootIdent is x of x, x.y, x[i] and *x.
func rootIdent(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// syncVars gives a file's package-level locks, Onces, atomics and pools.
func syncVars(f *ast.File) []*ast.Ident {
	var out []*ast.Ident
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			if v := s.(*ast.ValueSpec); isSync(v.Type) {
				out = append(out, v.Names...)
			}
		}
	}
	return out
}

// isSync tells whether a variable is a lock, a Once, an atomic or a pool.
func isSync(e ast.Expr) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && (x.Name == "sync" || x.Name == "atomic")
}
