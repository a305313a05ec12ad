// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"regexp"
	"testing"

	"superd/internal/difftest"
	"superd/internal/testcorpus"
)

const probe = "../../testdata/probe/probe.c"

// edits make more of a file run. What the clock and the machine's load decide is
// not the file's to say here; the gate's own tests look at that. RECORD is what
// old files have and at which xinetd ends.
var edits = []struct {
	re *regexp.Regexp
	to string
}{
	{regexp.MustCompile(`(?mi)^(\s*disable\s*=\s*)yes\b`), "${1}no"},
	{regexp.MustCompile(`(?mi)^\s*disabled\s*[+-]?=.*$`), ""},
	{regexp.MustCompile(`(?mi)^\s*(access_times|max_load)\s*=.*$`), ""},
	{regexp.MustCompile(`(?mi)^(\s*log_on_failure\s*=.*)\bRECORD\b`), "$1"},
}

// TestXinetdCorpus runs every file of the corpus under both daemons.
func TestXinetdCorpus(t *testing.T) {
	w := difftest.NewWorld(t, probe)
	c := difftest.NewComparison(t)
	for _, f := range testcorpus.Configs(t, "xinetd") {
		text := f.Text
		for _, e := range edits {
			text = e.re.ReplaceAllString(text, e.to)
		}
		w.Provide(text)
		c.Run(w, f.Name, text)
	}
	c.Report()
	if c.Served() == 0 {
		t.Error("no service served under both")
	}
}

// TestXinetdAttributes runs entries that show each attribute at work.
func TestXinetdAttributes(t *testing.T) {
	w := difftest.NewWorld(t, probe)
	c := difftest.NewComparison(t)
	for _, name := range []string{"attributes", "datagram-nowait", "wait-stream"} {
		text, err := os.ReadFile("../../testdata/difftest/" + name + ".conf")
		if err != nil {
			t.Fatal(err)
		}
		w.Provide(string(text))
		c.Run(w, name, string(text))
	}
	c.Report()
	if n := c.Served(); n < 27 {
		t.Errorf("only %d services served under both", n)
	}
}
