// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeMoving: what README tells to do tonight is what a script does.
func TestReadmeMoving(t *testing.T) {
	readme, err := os.ReadFile(treeRoot + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(treeRoot + "/testdata/script/moving.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## Moving tonight\n")
	section, _, _ = strings.Cut(section, "\n### ")
	rest, commands := string(script), 0
	for line := range strings.Lines(section) {
		command, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "       ")
		words := strings.Fields(command)
		if !ok || len(words) == 0 || words[0] == "make" || words[0] == "install" || strings.ContainsAny(words[0], "[=") {
			continue
		}
		commands++
		var found bool
		if _, rest, found = strings.Cut(rest, " "+command+"\n"); !found {
			t.Fatalf("%q is not in moving.txtar, or not in this order", command)
		}
	}
	if commands < 10 {
		t.Errorf("only %d commands", commands)
	}
}
