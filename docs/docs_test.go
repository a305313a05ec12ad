// SPDX-License-Identifier: Apache-2.0

// Package docs holds the manual to the tree: what a page says is shown by a test
// is shown by one that exists, and no attribute is missing from its page.
//
// Owns: differences.md, which is made here. Does not know: what is said of an
// attribute, which is for people to judge. Concurrency: none. Errors: the tests'.
package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"superd/services"
)

// tree is the names of all tests, with the text of their package's tests, and of
// all scripts.
type tree struct {
	tests   map[string][]string // by function: where subtests' names are looked for
	scripts map[string]bool
}

func readTree(t *testing.T) tree {
	t.Helper()
	out := tree{map[string][]string{}, map[string]bool{}}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	names, texts := map[string][]string{}, map[string]string{}
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasSuffix(name, ".txtar") {
			out.scripts[filepath.Base(name)] = true
		}
		if strings.HasSuffix(name, "_test.go") {
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			dir := filepath.Dir(name)
			texts[dir] += string(text)
			for _, m := range function.FindAllStringSubmatch(string(text), -1) {
				names[dir] = append(names[dir], m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, list := range names {
		for _, f := range list {
			out.tests[f] = append(out.tests[f], texts[dir])
			out.tests[filepath.Base(dir)+"."+f] = append(out.tests[filepath.Base(dir)+"."+f], texts[dir])
		}
	}
	return out
}

// reference is a test in a page: `TestX`, `package.TestX`, `TestX/its subtest` or
// `script.txtar`.
var reference = regexp.MustCompile("`((?:[a-z]+\\.)?(?:Test|Fuzz)\\w+)(?:/([^`]+))?`|`([\\w-]+\\.txtar)`")

// has tells whether there is what a reference names.
func (x tree) has(function, subtest, script string) bool {
	if script != "" {
		return x.scripts[script]
	}
	for _, text := range x.tests[function] {
		if subtest == "" || strings.Contains(text, `"`+subtest+`"`) || strings.Contains(text, `"`+strings.ReplaceAll(subtest, `"`, `\"`)+`"`) {
			return true
		}
	}
	return false
}

// pages are those that are written by hand.
var pages = []string{"xinetd.md", "inetd.md", "net-server.md"}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestNamedTestsExist: all pages name tests that are there.
func TestNamedTestsExist(t *testing.T) {
	x := readTree(t)
	for _, page := range append(pages, "differences.md", "cve.md") {
		found := reference.FindAllStringSubmatch(read(t, page), -1)
		if len(found) < 10 {
			t.Errorf("%s names %d tests", page, len(found))
		}
		for _, m := range found {
			if !x.has(m[1], m[2], m[3]) {
				t.Errorf("%s: there is no %s", page, m[0])
			}
		}
	}
}

// states are what a row may say of its subject.
var states = regexp.MustCompile(`^(same|mended|not offered|comes with \pL+)\b`)

// TestRowsAreWhole: a row of a table says what superd does, and by which test one
// sees it, unless there is nothing to see.
func TestRowsAreWhole(t *testing.T) {
	for _, page := range pages {
		rows := 0
		for i, line := range strings.Split(read(t, page), "\n") {
			if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---") {
				continue
			}
			cells := strings.Split(strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "/"), "|")
			for j := range cells {
				cells[j] = strings.TrimSpace(cells[j])
			}
			if len(cells) > 1 && cells[1] == "superd" {
				continue
			}
			rows++
			if len(cells) != 3 {
				t.Errorf("%s:%d: %d cells, want what, how, test: %s", page, i+1, len(cells), line)
				continue
			}
			switch state := states.FindString(cells[1]); {
			case state == "":
				t.Errorf("%s:%d: neither same nor mended nor not offered nor comes with…: %s", page, i+1, line)
			case (state == "same" || state == "mended") && !reference.MatchString(cells[2]):
				t.Errorf("%s:%d: no test: %s", page, i+1, line)
			}
		}
		if rows < 30 {
			t.Errorf("%s has only %d rows", page, rows)
		}
	}
}

// TestAttributesAreListed: each spelling of the attribute table is in the page of
// whom it belongs to.
func TestAttributesAreListed(t *testing.T) {
	text := map[string]string{}
	for _, page := range pages {
		text[page] = read(t, page)
	}
	check := func(page, spelling string) {
		if !strings.Contains(text[page], "`"+spelling+"`") {
			t.Errorf("%s has no `%s`", page, spelling)
		}
	}
	for _, a := range services.Table() {
		for _, f := range strings.Fields(strings.TrimPrefix(a.Xinetd, "flags ")) {
			check("xinetd.md", f)
		}
		for _, f := range strings.Fields(a.NetServer) {
			check("net-server.md", f)
		}
		if a.Inetd != "" && !strings.Contains(text["inetd.md"], a.Inetd) {
			t.Errorf("inetd.md has no %q", a.Inetd)
		}
	}
}
