// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"superd/internal/testcorpus"
	"superd/services/config"
	"superd/services/config/configtest"
)

// TestConvertUnitsCorpus: what convert writes of pairs of units from the field says
// what they say, also where the administrator does without what is not built yet.
func TestConvertUnitsCorpus(t *testing.T) {
	pairs := testcorpus.UnitPairs(t)
	missing := regexp.MustCompile(`--allow-missing (\w+) runs`)
	total := 0
	for pair, files := range pairs {
		names := slices.Sorted(maps.Keys(files))
		socket := names[slices.IndexFunc(names, func(name string) bool { return strings.HasSuffix(name, ".socket") })]
		host := configtest.Host(files)
		host.Executable = func(string) error { return nil }
		host.LookupGroup = func(string) (uint32, error) { return 20001, nil }
		host.LookupUser = func(name string) (config.User, error) {
			return config.User{Name: name, UID: 20000, GID: 20000, Home: "/", InDB: true}, nil
		}
		flags := []string{"-c", socket}
		checked, _, _ := runOn(host, "", append([]string{"check"}, flags...)...)
		for _, m := range missing.FindAllStringSubmatch(checked, -1) {
			flags = append(flags, "--allow-missing", m[1])
		}
		t.Run(pair, func(t *testing.T) { total += sameAfter(t, host, "", flags...) })
	}
	t.Logf("%d services of %d pairs", total, len(pairs))
	if total < len(pairs)/2 {
		t.Errorf("only %d services of %d pairs were written", total, len(pairs))
	}
}
