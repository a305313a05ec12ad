// SPDX-License-Identifier: Apache-2.0

package netserver

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"superd/internal/peers"
	"superd/internal/testneed"
)

// pieces are what random lines are made of.
var pieces = []string{"user", "a", "B_2", "--", "-", "=", ":", " ", " ", "\t", "#", "\\", "\\#", "\v", "\f", "\r", "\"", "%41", ".", "x y", "é", "\xff", "\u00a0", "==", "["}

// TestLinesAsNetServer lets Debian's Net::Server part random lines into keys and
// values, and compares, byte by byte.
func TestLinesAsNetServer(t *testing.T) {
	testneed.Need(t, "perl")
	root := peers.New(t, peers.Options{})
	dir := t.TempDir()
	rnd := rand.New(rand.NewPCG(4, 1))
	var text strings.Builder
	for range 20000 {
		for range rnd.IntN(9) {
			text.WriteString(pieces[rnd.IntN(len(pieces))])
		}
		text.WriteString("\n")
	}
	text.WriteString("last line without an end")
	script, err := os.ReadFile("testdata/configure.pl")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"lines.conf": text.String(), "configure.pl": string(script)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := root.Output("/usr/bin/perl", filepath.Join(dir, "configure.pl"), "--lines", filepath.Join(dir, "lines.conf"))
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var want []string
	if err := json.Unmarshal([]byte(out), &want); err != nil {
		t.Fatal(err)
	}
	var got, from []string
	for line := range strings.Lines(text.String()) {
		bare := uncomment(line)
		if m := confLine.FindStringSubmatchIndex(bare); m != nil {
			got = append(got, latin1(bare[m[2]:m[3]]), latin1(bare[m[4]:m[5]]))
			from = append(from, line, line)
		}
	}
	if len(got) < 2000 {
		t.Fatalf("%d keys and values", len(got))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%q: superd %q, Net::Server %q", from[i], got[i], want[i])
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("superd reads %d keys and values, Net::Server %d", len(got), len(want))
	}
	t.Logf("%d keys and values", len(got))
}

// latin1 is how Perl's JSON shows bytes.
func latin1(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}
