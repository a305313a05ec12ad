// SPDX-License-Identifier: Apache-2.0

package xinetd_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"superd/services"
	"superd/services/config"
	"superd/services/config/xinetd/xinetdtest"
)

// TestLayout asserts that what xinetd passes over changes nothing but places:
// blank lines, comments, indentation, the case of names, blanks about operators.
func TestLayout(t *testing.T) {
	fillers := rapid.SampledFrom([]string{"", "\n", "# }\n", "\t \t\n", "   #service x\n"})
	rapid.Check(t, func(t *rapid.T) {
		plain := xinetdtest.Files("/bin/cat", 7000).Draw(t, "file").Text
		var b strings.Builder
		for line := range strings.Lines(plain) {
			b.WriteString(fillers.Draw(t, "filler"))
			b.WriteString(rapid.SampledFrom([]string{"", " ", "\t\t"}).Draw(t, "indent"))
			if name, rest, ok := strings.Cut(line, " "); ok && rapid.Bool().Draw(t, "upper") {
				line = strings.ToUpper(name) + " \t" + rest
			}
			b.WriteString(strings.TrimSuffix(line, "\n") + rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "tail") + "\n")
		}
		want, got := values(load(plain, nil)), values(load(b.String(), nil))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\n%s\n(-want +got):\n%s", plain, b.String(), diff)
		}
	})
}

// values are the services without places.
func values(r *config.Result) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, s := range r.Services {
		all[s.ID] = map[string]any{"state": s.State.String(), "sockets": len(s.Sockets)}
		for _, x := range s.Settings {
			if x.Attr != services.Name {
				all[s.ID][x.Attr.String()] = x.Value
			}
		}
	}
	return all
}
