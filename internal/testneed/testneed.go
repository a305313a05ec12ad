// SPDX-License-Identifier: Apache-2.0

// Package testneed decides what becomes of a test whose machine lacks
// something: a test never passes by not running unseen.
//
// Owns: the list of needs and how each is found; the rule that where SUPERD_CI
// is 1 a missing need fails the test, and elsewhere skips it with the reason,
// which goes to the file that SUPERD_SKIPS names, so that a run can end with
// the list of what was not run and why.
// Does not know: what the tests do.
// Concurrency: safe from parallel tests and from several test binaries.
// Errors: only the tests' own.
package testneed

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"

	"superd/internal/peers/peerdir"
)

// T is what Need uses of a test: *testing.T has it, and so has the T that
// testscript hands to a script.
type T interface {
	Skip(...any)
	Fatal(...any)
}

// Need skips t, or fails it under SUPERD_CI=1, unless the machine has all that
// is named: "root", "ipv6", "namespaces", "cc", "systemd", or the name of a
// peer's program such as "xinetd".
func Need(t T, what ...string) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	for _, w := range what {
		if err := Have(w); err != nil {
			Missing(t, err.Error())
		}
	}
}

// Have tells whether the machine has what is named; the error says what is
// wanting and, where that can be mended, how.
func Have(what string) error {
	if check, ok := needs[what]; ok {
		return check()
	}
	if name, ok := strings.CutPrefix(what, "machine:"); ok {
		return tool(name)()
	}
	_, err := peerdir.Find(what)
	return err
}

// Missing ends the test: it skips it with the reason, or fails it under
// SUPERD_CI=1. It does not return.
func Missing(t T, reason string) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	if os.Getenv("SUPERD_CI") == "1" {
		t.Fatal("SUPERD_CI is set, and this test cannot run: " + reason)
	}
	if n, ok := t.(interface{ Name() string }); ok {
		record(n.Name() + ": " + reason)
	}
	t.Skip(reason)
}

// record adds a line to the list of what was not run. One write in append mode
// keeps lines of several test binaries whole.
func record(line string) {
	name := os.Getenv("SUPERD_SKIPS")
	if name == "" {
		return
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return // the test's own skip message still tells
	}
	defer f.Close()
	fmt.Fprintln(f, strings.ReplaceAll(line, "\n", " "))
}

var needs = map[string]func() error{
	"root": func() error {
		if os.Geteuid() != 0 {
			return fmt.Errorf("needs root")
		}
		return nil
	},
	"ipv6": func() error {
		l, err := net.Listen("tcp6", "[::1]:0")
		if err != nil {
			return fmt.Errorf("needs IPv6: %v", err)
		}
		return l.Close()
	},
	"namespaces": namespaces,
	"cc":         tool("cc"),
	"systemd": func() error {
		for _, p := range []string{"/usr/lib/systemd/systemd", "/lib/systemd/systemd"} {
			if _, err := os.Stat(p); err == nil {
				return nil
			}
		}
		return fmt.Errorf("needs systemd's own program on this machine")
	},
}

// tool is a need met by a program of the machine's own.
func tool(name string) func() error {
	return func() error {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("needs %q", name)
		}
		return nil
	}
}
