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
	said, rows, report := runBench(t, "PART=connections", "PEERS=floor,floor-equal", "SUPERD=none")
	// A head and, for each server, two numbers of clients without a libc.
	if n := strings.Count(rows, "handler without libc"); n != 4 {
		t.Errorf("%d rows, want 4:\n%s\n%s", n, rows, said)
	}
	noneFailed(t, rows)
	if !strings.Contains(report, "no_new_privs=1") {
		t.Errorf("the report does not tell what the probe found:\n%s", report)
	}
}

// TestRunPools does the same with a pool, and with the server without one.
func TestRunPools(t *testing.T) {
	testneed.Need(t, "root", "cc", "namespaces", "machine:python3")
	said, rows, report := runBench(t, "PART=pools", "PEERS=go-in-process,superd-c-pass,superd-python-pass")
	// Three servers, two numbers of clients, and Python at a steady rate.
	if n := strings.Count(rows, "a line and its answer"); n != 7 {
		t.Errorf("%d rows, want 7:\n%s\n%s", n, rows, said)
	}
	noneFailed(t, rows)
	for _, want := range []string{"17 lines answered; ", "superd's aims for pools", "The Python handler at 20 connections a second"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report does not say %q:\n%s", want, report)
		}
	}
}

// runBench runs the comparison with small numbers, and gives what it printed, its raw
// numbers and its report.
func runBench(t *testing.T, words ...string) (said, rows, report string) {
	t.Helper()
	out := t.TempDir()
	cmd := exec.Command("./run", append([]string{"QUICK=1", "ROUNDS=1", "OUT=" + out}, words...)...)
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return string(text), read("raw.tsv"), read("report.txt")
}

// noneFailed: each measurement has CPU time, and no client went without.
func noneFailed(t *testing.T, rows string) {
	t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(rows), "\n")[1:] {
		f := strings.Split(line, "\t")
		if f[5] == "0.00" || f[9] != "0" {
			t.Errorf("no CPU time, or failures: %s", line)
		}
	}
}
