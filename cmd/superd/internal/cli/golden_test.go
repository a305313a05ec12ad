// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"superd/services/config"
	"superd/services/config/configtest"
)

var update = flag.Bool("update", false, "write what superd says into testdata/config")

// goldenDir holds one archive per subject: the flags in the comment, then the
// files of a machine, then what superd makes of them under these names.
const goldenDir = "../../../../testdata/config"

// TestGolden reads each archive of testdata/config and compares what check and
// show print, and whether they end well. diagnostics must be there; show and
// json are compared where they are.
func TestGolden(t *testing.T) {
	err := filepath.WalkDir(goldenDir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(name) == ".txtar" {
			rel, _ := filepath.Rel(goldenDir, name)
			t.Run(strings.TrimSuffix(rel, ".txtar"), func(t *testing.T) { golden(t, name) })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func golden(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files, expected := map[string]string{}, map[string]*txtar.File{}
	for i := range archive.Files {
		f := &archive.Files[i]
		switch f.Name {
		case "show", "json", "diagnostics":
			expected[f.Name] = f
		default:
			files[f.Name] = unescape(string(f.Data))
		}
	}
	host := configtest.Host(files)
	flags, stdin := machine(t, host, string(archive.Comment), files)
	if expected["diagnostics"] == nil {
		t.Fatal("has no diagnostics")
	}
	checked, _, code := runOn(host, stdin, append([]string{"check"}, flags...)...)
	compare(t, expected["diagnostics"], checked)
	want := ExitDone
	if strings.Contains(checked, ": error: ") {
		want = ExitConfig
	}
	if code != want {
		t.Errorf("check ends with %d, want %d", code, want)
	}
	if expected["show"] != nil {
		shown, remarks, code := runOn(host, stdin, append([]string{"show"}, flags...)...)
		compare(t, expected["show"], shown)
		if remarks != checked || code != want {
			t.Errorf("show ends with %d and remarks %q; check with %d and %q", code, remarks, want, checked)
		}
	}
	if expected["json"] != nil {
		doc, remarks, code := runOn(host, stdin, append([]string{"show", "--json"}, flags...)...)
		compare(t, expected["json"], doc)
		if remarks != "" || code != want {
			t.Errorf("show --json ends with %d and remarks %q, want %d and none", code, remarks, want)
		}
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// machine reads the archive's comment: lines that begin with # are for people,
// "no ipv6" and "no root" change the machine, "-…" are flags.
func machine(t *testing.T, host *config.Host, comment string, files map[string]string) (flags []string, stdin string) {
	for line := range strings.Lines(comment) {
		switch line = strings.TrimSpace(line); {
		case line == "" || line[0] == '#':
		case line == "no ipv6":
			host.HasIPv6 = false
		case line == "no root":
			host.Root, host.UID, host.GID = false, 1000, 1000
		case line[0] == '-':
			flags = append(flags, strings.Fields(line)...)
		default:
			t.Fatalf("%q is no flag", line)
		}
	}
	return flags, files["stdin"]
}

// unescape lets an archive, which is text, hold bytes that are none.
func unescape(s string) string {
	return strings.NewReplacer("<NUL>", "\x00", "<CR>", "\r", "<FF>", "\xff", "<BOM>", "\uFEFF").Replace(s)
}

// runOn runs one command line on a machine.
func runOn(host *config.Host, stdin string, args ...string) (stdout, stderr string, code int) {
	var out, err bytes.Buffer
	inv := &invocation{stdin: strings.NewReader(stdin), stdout: &out, stderr: &err, host: func() *config.Host { return host }}
	code = inv.run(append([]string{"superd"}, args...))
	return out.String(), err.String(), code
}

func compare(t *testing.T, want *txtar.File, got string) {
	t.Helper()
	if *update {
		want.Data = []byte(got)
		return
	}
	if diff := cmp.Diff(string(want.Data), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", want.Name, diff)
	}
}
