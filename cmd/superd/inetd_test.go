// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"testing"

	"superd/internal/difftest"
	"superd/internal/testcorpus"
)

// inetds are those that Debian has. FreeBSD's and NetBSD's run on Linux nowhere.
var inetds = map[string]func() difftest.Inetd{"openbsd": difftest.OpenBSDInetd, "gnu": difftest.GNUInetd}

// TestInetdCorpus runs every file of the corpus under a real inetd and under superd
// as one of its files, whatever dialect it is in: what both run must see the same.
func TestInetdCorpus(t *testing.T) {
	files := testcorpus.Configs(t, "inetd")
	for dialect, inetd := range inetds {
		t.Run(dialect, func(t *testing.T) {
			w := difftest.NewWorld(t, probe)
			c := difftest.NewInetdComparison(w, inetd())
			for _, f := range files {
				w.ProvideInetd(f.Text)
				c.Run(f.Name, f.Text)
			}
			c.Report()
		})
	}
}

// TestInetdForms runs lines that show each form at work.
func TestInetdForms(t *testing.T) {
	for dialect, file := range map[string]struct {
		name string
		want int // services served
	}{"openbsd": {"inetd.conf", 26}, "gnu": {"inetd-gnu.conf", 25}} {
		t.Run(dialect, func(t *testing.T) {
			text, err := os.ReadFile("../../testdata/difftest/" + file.name)
			if err != nil {
				t.Fatal(err)
			}
			w := difftest.NewWorld(t, probe)
			w.ProvideInetd(string(text))
			c := difftest.NewInetdComparison(w, inetds[dialect]())
			c.Run("forms", string(text))
			c.Report()
			if c.Served < file.want {
				t.Errorf("only %d services served under both", c.Served)
			}
		})
	}
}
