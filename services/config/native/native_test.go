// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/native"
)

var formats = []config.Format{{Name: "native", FrontEnd: native.FrontEnd{}}}

func load(text string) *config.Result {
	host := configtest.Host(nil)
	return config.Load(host, formats, []config.Source{{Format: "native", Path: "f.toml", Data: []byte(text)}})
}

// FuzzNative asserts of any text that reading it ends, that each remark has a
// place inside the text, and that a service against which an error stands does
// not run. Seeds are the files of testdata/config.
func FuzzNative(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		r := load(text)
		lines := strings.Count(text, "\n") + 1
		bad := map[string]bool{}
		for _, d := range r.Diags {
			if d.File != "f.toml" || d.Line > lines || (d.Line > 0 && d.Col < 1) || d.Message == "" || !utf8.ValidString(d.String()) {
				t.Errorf("remark %+v on a text of %d lines", d, lines)
			}
			if strings.HasPrefix(d.Message, "internal error") {
				t.Error(d)
			}
			if d.Severity == config.Error && d.Service == "" && !r.Failed && d.Line > 0 {
				t.Errorf("%s costs nobody anything", d)
			}
			bad[d.Service] = bad[d.Service] || d.Severity == config.Error
		}
		for _, s := range r.Services {
			if s.State == services.Enabled && (bad[s.ID] || r.Failed) {
				t.Errorf("%q runs, with %v", s.ID, r.Diags)
			}
			if s.State == services.Enabled && len(s.Sockets) == 0 {
				t.Errorf("%q runs without a socket", s.ID)
			}
			for _, x := range s.Settings {
				if x.Origin.File != services.FromDefault && (x.Origin.Line == 0 || int(x.Origin.Line) > lines) {
					t.Errorf("%q: %s is from line %d of %d", s.ID, x.Attr, x.Origin.Line, lines)
				}
			}
		}
	})
}

// seeds are the native files of the golden tests.
func seeds(t testing.TB) (list []string) {
	err := filepath.WalkDir("../../../testdata/config", func(name string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".txtar" {
			return err
		}
		archive, err := txtar.ParseFile(name)
		if err != nil {
			return err
		}
		for _, f := range archive.Files {
			if filepath.Ext(f.Name) == ".toml" {
				list = append(list, string(f.Data))
			}
		}
		return nil
	})
	if err != nil || len(list) == 0 {
		t.Fatalf("%d seeds, %v", len(list), err)
	}
	return list
}

// TestHostileText asserts an answer, and a short one, to files that are made to
// hurt the one who reads them.
func TestHostileText(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct{ name, text, want string }{
		{"a line of 10 MB", "[services.a]\ndescription = \"" + strings.Repeat("x", 10*mb) + "\"\n", "is 10485760 bytes long; the kernel passes on 131071"},
		{"a key of 10 MB", "[services.a]\n" + strings.Repeat("k", 10*mb) + " = 1\n", "unknown attribute"},
		{"an id of 10 MB", "[services." + strings.Repeat("k", 10*mb) + "]\nport = 1\n", "a service's id is"},
		{"a junk line of 10 MB", strings.Repeat("%", 10*mb), "not TOML"},
		{"deep nesting", "[services.a]\nport = " + strings.Repeat("[", mb), "nested"},
		{"a deep key", "services" + strings.Repeat(".a", mb) + " = 1\n", "unknown attribute"},
		{"a million keys", "[services.a]\n" + strings.Repeat("nice = 1\n", mb/8), "set a second time"},
		{"a million tables", strings.Repeat("[services.a]\n", mb/8), "defined a second time"},
		{"a million newlines", strings.Repeat("\n", 10*mb) + "x", "not TOML"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := load(c.text)
			if r.Errors() == 0 {
				t.Fatal("no error")
			}
			found := false
			for _, d := range r.Diags {
				found = found || strings.Contains(d.String(), c.want)
				if len(d.String()) > 2000 {
					t.Fatalf("a remark of %d bytes", len(d.String()))
				}
			}
			if !found {
				t.Errorf("no remark has %q; the first is %s", c.want, r.Diags[0])
			}
		})
	}
}

// TestUnreadable asserts the answers for files that only a real machine has.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	main := filepath.Join(dir, "main.toml")
	if err := os.WriteFile(main, []byte(fmt.Sprintf("[daemon]\ninclude = [%q, %q, \"loop/*.toml\"]\n", dir, dir+"/dangling")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, l := range [][2]string{{"nowhere", "dangling"}, {".", "loop"}} {
		if err := os.Symlink(l[0], filepath.Join(dir, l[1])); err != nil {
			t.Fatal(err)
		}
	}
	r := config.Load(config.OSHost(), formats, []config.Source{{Path: main}})
	var got []string
	for _, d := range r.Diags {
		got = append(got, strings.ReplaceAll(d.String(), dir, "DIR"))
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{
		`DIR/main.toml:2:1: error: attribute "include": cannot read "DIR": is a directory`,
		`DIR/main.toml:2:1: error: attribute "include": cannot read "DIR/dangling": no such file or directory`,
		`more than 16 files deep`, // main.toml by ever longer names, which a comparison of names does not see
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if !r.Failed {
		t.Error("not Failed")
	}
}
