// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"superd/internal/testcorpus"
	"superd/services/config"
	"superd/services/config/configtest"
)

// document is what show prints, without the places of things.
func document(t *testing.T, host *config.Host, stdin string, flags ...string) map[string]jsonService {
	t.Helper()
	out, stderr, _ := runOn(host, stdin, append([]string{"show", "--json"}, flags...)...)
	var doc jsonDocument
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("%v: %s%s", err, out, stderr)
	}
	all := map[string]jsonService{}
	for _, s := range doc.Services {
		if s.State == "refused" {
			continue
		}
		s.Source, s.Origin = "", nil
		all[s.ID] = s
	}
	return all
}

// unwritten is what convert says of a service that it cannot write: one that is
// switched off may have values that nobody has judged.
var unwritten = regexp.MustCompile(`service "(.*)": cannot be written: `)

// sameAfter asserts that convert's output says what its input does.
func sameAfter(t *testing.T, host *config.Host, stdin string, flags ...string) (services int) {
	t.Helper()
	want := document(t, host, stdin, flags...)
	text, remarks, _ := runOn(host, stdin, append([]string{"convert"}, flags...)...)
	got := document(t, host, text, "-c", "toml:-")
	for _, m := range unwritten.FindAllStringSubmatch(remarks, -1) {
		if want[m[1]].State != "disabled" {
			t.Errorf("%s, which runs, is lost: %s", m[1], remarks)
		}
		delete(want, m[1])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("show after convert (-before +after):\n%s\nof %s%s", diff, text, remarks)
	}
	if again, _, _ := runOn(host, text, "convert", "-c", "toml:-"); strip(again) != strip(text) {
		t.Errorf("convert of what convert wrote differs:\n%s", cmp.Diff(text, again))
	}
	return len(want)
}

// strip takes comments and order out: of what is read again they tell other
// places, and no values are assumed.
func strip(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "[services.") {
			line, _, _ = strings.Cut(line, " #")
			line += "\n"
		}
		if line != "\n" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func TestConvertGolden(t *testing.T) {
	err := filepath.WalkDir(goldenDir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".txtar" {
			return err
		}
		rel, _ := filepath.Rel(goldenDir, name)
		t.Run(strings.TrimSuffix(rel, ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range archive.Files {
				files[f.Name] = unescape(string(f.Data))
			}
			host := configtest.Host(files)
			flags, stdin := machine(t, host, string(archive.Comment), files)
			sameAfter(t, host, stdin, flags...)
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestConvertCorpus is the same over files from the field, on a machine that has
// every user and program.
func TestConvertCorpus(t *testing.T) {
	table, err := os.ReadFile("../../../../services/config/xinetd/testdata/services")
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"xinetd", "inetd"} {
		files := testcorpus.Configs(t, format)
		total := 0
		for _, f := range files {
			host := configtest.Host(map[string]string{"etc/services": string(table)})
			host.Executable = func(string) error { return nil }
			host.LookupGroup = func(string) (uint32, error) { return 20001, nil }
			host.LookupUser = func(name string) (config.User, error) {
				return config.User{Name: name, UID: 20000, GID: 20000, Home: "/", InDB: true}, nil
			}
			t.Run(format+"/"+f.Name, func(t *testing.T) { total += sameAfter(t, host, f.Text, "-c", format+":-") })
		}
		t.Logf("%d services of %d files of %s", total, len(files), format)
	}
}

func TestConvertSockets(t *testing.T) {
	const text = `
[services.a]
port = ["79", "*:80/IPv4", "[::1]:81", "/run/a.sock|unixdgram", "@a"]
user = "root"
exec = ["/bin/cat"]
v6only = true
[services.b]
exec = ["/bin/cat"]
user = "root"
name = "bee"
[[services.b.socket]]
port = 90
ipv = ["4 6"]
nodelay = true
[[services.b.socket]]
port = "/run/b:1.sock"
proto = "unixpacket"
[[services.b.socket]]
port = "91"
host = "build"
[[services.b.socket]]
port = "[::]:92"
[services."c.d"]
disable = true
port = 93
max_load = 1000000.5
session_timeout = "90s"
env = ["A=\"x\\\n\u009b"]
user = "root"
exec = ["/bin/cat", "", "\t#"]
`
	if n := sameAfter(t, configtest.Host(nil), text, "-c", "toml:-"); n != 3 {
		t.Errorf("%d services", n)
	}
}
