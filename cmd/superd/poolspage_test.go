// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
	"testing"
)

// TestPoolsPage: the files and commands of docs/pools.md are those of a script, in
// their order.
func TestPoolsPage(t *testing.T) {
	page, err := os.ReadFile(treeRoot + "/docs/pools.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(treeRoot + "/testdata/script/pools-page.txtar")
	if err != nil {
		t.Fatal(err)
	}
	script, files, _ := strings.Cut(string(text), "\n-- ")
	commands, blocks := 0, 0
	for i, part := range strings.Split(string(page), "```") {
		if i%2 == 1 {
			_, block, _ := strings.Cut(part, "\n")
			if blocks++; !strings.Contains(files, "\n"+block) {
				t.Errorf("no file of pools-page.txtar has:\n%s", block)
			}
			continue
		}
		for line := range strings.Lines(part) {
			command, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "    ")
			if !ok {
				continue
			}
			commands++
			_, rest, found := strings.Cut(script, command)
			if !found || rest != "" && !strings.HasPrefix(rest, "\n") && !strings.HasPrefix(rest, "'\n") {
				t.Fatalf("%q is not in pools-page.txtar, or not in this order", command)
			}
			script = rest
		}
	}
	if commands < 10 || blocks < 7 {
		t.Errorf("only %d commands and %d files", commands, blocks)
	}
}
