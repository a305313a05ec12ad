// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"superd/internal/difftest"
	"superd/internal/testneed"
)

// TestInetdCorpus runs every file of the corpus under openbsd-inetd and under superd
// as one of its files, whatever dialect it is in: what both run must see the same.
func TestInetdCorpus(t *testing.T) {
	dir := os.Getenv("SUPERD_CORPUS")
	if dir == "" {
		testneed.Missing(t, "SUPERD_CORPUS does not name the corpus of configuration files")
	}
	names, err := filepath.Glob(filepath.Join(dir, "inetd", "*.conf"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files in %s", dir)
	}
	w := difftest.NewWorld(t, probe)
	var c difftest.InetdComparison
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		w.ProvideInetd(string(text))
		w.Inetd(&c, strings.TrimSuffix(filepath.Base(name), ".conf"), string(text))
	}
	c.Report(w)
}

// TestInetdForms runs lines that show each form at work.
func TestInetdForms(t *testing.T) {
	text, err := os.ReadFile("../../testdata/difftest/inetd.conf")
	if err != nil {
		t.Fatal(err)
	}
	w := difftest.NewWorld(t, probe)
	w.ProvideInetd(string(text))
	var c difftest.InetdComparison
	w.Inetd(&c, "forms", string(text))
	c.Report(w)
	if c.Served < 14 {
		t.Errorf("only %d services served under both", c.Served)
	}
}
