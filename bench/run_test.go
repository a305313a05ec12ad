// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"superd/internal/testneed"
)

// TestRun runs the comparison with the servers that need nothing but a C
// compiler, so that it does not break unseen between two releases.
func TestRun(t *testing.T) {
	testneed.Need(t, "root", "cc", "namespaces")
	out := t.TempDir()
	cmd := exec.Command("./run", "QUICK=1", "ROUNDS=1", "PART=connections", "PEERS=floor,floor-equal",
		"SUPERD=none", "OUT="+out)
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	rows, err := os.ReadFile(filepath.Join(out, "raw.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	// A head and, for each server, two numbers of clients without a libc.
	if n := strings.Count(string(rows), "handler without libc"); n != 4 {
		t.Errorf("%d rows, want 4:\n%s\n%s", n, rows, said)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(rows)), "\n")[1:] {
		f := strings.Split(line, "\t")
		if f[5] == "0.00" || f[9] != "0" {
			t.Errorf("no CPU time, or failures: %s", line)
		}
	}
	if text, err := os.ReadFile(filepath.Join(out, "report.txt")); err != nil || !strings.Contains(string(text), "no_new_privs=1") {
		t.Errorf("the report does not tell what the probe found: %v\n%s", err, text)
	}
}
