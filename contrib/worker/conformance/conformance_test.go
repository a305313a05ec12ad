// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"superd/internal/testneed"
)

// example is a worker of this repository that the suite is run over.
type example struct {
	name    string
	need    string
	slots   int
	command func(t *testing.T) []string
}

func script(words ...string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		if _, err := os.Stat(words[0]); err != nil {
			t.Fatal(err)
		}
		return words
	}
}

// interpreted runs a Python program by the interpreter itself, and without what
// is installed beside it: what is python3 in the path may be a script of a version
// manager, and each case starts anew.
func interpreted(words ...string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		python, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
		if err != nil {
			t.Fatal(err)
		}
		return append([]string{strings.TrimSpace(string(python)), "-IS"}, script(words...)(t)...)
	}
}

func examples() []example {
	const python, perl = "../python/examples/echo.py", "../perl/examples/echo.pl"
	const netServer = "../perl/examples/netserver.pl"
	all := []example{
		{"go", "machine:go", 64, func(t *testing.T) []string {
			return []string{build(t, "go", "build", "-o", "BIN", "../go/examples/echo")}
		}},
		{"c", "cc", 1, func(t *testing.T) []string {
			return []string{build(t, "cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", "BIN", "../c/echo.c")}
		}},
		{"python", "machine:python3", 1, interpreted(python)},
		{"python-threading", "machine:python3", 20, interpreted(python, "threading")},
		{"python-forking", "machine:python3", 20, interpreted(python, "forking")},
		{"python-async", "machine:python3", 20, interpreted(python, "async")},
	}
	if _, err := os.Stat(perl); err == nil {
		all = append(all, example{"perl", "machine:perl", 1, script(perl)},
			example{"perl-forking", "machine:perl", 20, script(perl, "forking")},
			example{"perl-netserver", "machine:perl", 1, script(netServer)},
			example{"perl-netserver-forking", "machine:perl", 20, script(netServer)})
	}
	return all
}

// build runs a compiler that writes to BIN, and gives the program's path.
func build(t *testing.T, words ...string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "echo")
	for i, w := range words {
		if w == "BIN" {
			words[i] = bin
		}
	}
	if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", words, err, out)
	}
	return bin
}

// TestExamples holds the libraries' examples to the text, advice included.
func TestExamples(t *testing.T) {
	for _, e := range examples() {
		t.Run(e.name, func(t *testing.T) {
			testneed.Need(t, e.need)
			s := suite{command: e.command(t), slots: e.slots, wait: 30 * time.Second}
			for _, c := range cases() {
				t.Run(c.name, func(t *testing.T) {
					if r := s.try(c); r.err != nil {
						t.Error(r)
					} else if r.skipped != "" && e.slots > 1 {
						t.Error(r) // those of several slots must run where there are some
					}
				})
			}
		})
	}
}

// TestCasesQuoteTheText: each case says which sentence it tests, and a sentence
// that is rewritten has its case read again.
func TestCasesQuoteTheText(t *testing.T) {
	b, err := os.ReadFile("../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(b)), " ")
	names := map[string]bool{}
	for _, c := range cases() {
		if says := strings.Join(strings.Fields(c.says), " "); says == "" || !strings.Contains(text, says) {
			t.Errorf("%s: PROTOCOL.md does not say: %s", c.name, says)
		}
		if names[c.name] {
			t.Errorf("there are two cases %q", c.name)
		}
		names[c.name] = true
	}
}

func TestCommandLine(t *testing.T) {
	nothing := script("/bin/true")(t)
	for _, c := range []struct {
		args   []string
		status int
		stdout string
		stderr string
	}{
		{nil, 2, "", "usage:"},
		{[]string{"-slots", "0", "--", "x"}, 2, "", "usage:"},
		{[]string{"-run", "(", "--", "x"}, 2, "", "cannot use -run"},
		{[]string{"-wait", "1s", "-run", "^ready comes after", "--", "/nonexistent/worker"}, 1, "cannot start", ""},
		{append([]string{"-wait", "1s", "-run", "^ready comes after", "--"}, nothing...), 1, "FAIL  ready comes after hello", ""},
		{append([]string{"-run", "no such case", "--"}, nothing...), 1, "0 cases", ""},
		{append([]string{"-run", "^several connections at once", "--"}, nothing...), 0, "skip  several connections at once: needs 2 slots", ""},
	} {
		var stdout, stderr bytes.Buffer
		got := run(c.args, &stdout, &stderr)
		if got != c.status || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%q: status %d\n%s%s", c.args, got, &stdout, &stderr)
		}
	}
}
