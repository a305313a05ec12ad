// SPDX-License-Identifier: Apache-2.0

package systemdunit_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"superd/internal/testcorpus"
	"superd/services"
	"superd/services/config"
	"superd/services/config/formats"
)

// reasons are all for which a pair from the field is refused on a machine that has
// every account and program that it names.
var reasons = []*regexp.Regexp{
	regexp.MustCompile(`"(DynamicUser|PAMName|IPAddressDeny|DeviceAllow|ListenNetlink|(Private|Protect|Restrict)\w+|LockPersonality|MemoryDenyWriteExecute|SystemCall\w+)": .*not built yet; --allow-missing`),
	regexp.MustCompile(`"Standard(Input|Output)": .*not built yet; --allow-missing`),
	regexp.MustCompile(`"EnvironmentFile": cannot read ".*": no such file`),
	regexp.MustCompile(`: it is a template: name an instance`),
	regexp.MustCompile(`"ListenStream": is missing: the unit has no socket`),
}

var (
	accepts = regexp.MustCompile(`(?mi)^Accept\s*=\s*(yes|true|on|1)\s*$`)
)

// socketOf is the socket unit of a pair.
func socketOf(files map[string]string) string {
	for name := range files {
		if strings.HasSuffix(name, ".socket") {
			return name
		}
	}
	return ""
}

// TestCorpus reads pairs from the field. Each has a service, whose mode is as Accept
// says, and what is refused is refused for one of the reasons.
func TestCorpus(t *testing.T) {
	pairs := testcorpus.UnitPairs(t)
	states, modes := map[services.State]int{}, map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		files := pairs[name]
		h := machine(files)
		lookup := h.LookupUser
		h.Executable = func(string) error { return nil }
		h.LookupUser = func(name string) (config.User, error) {
			if u, err := lookup(name); err == nil {
				return u, nil
			}
			return config.User{Name: name, UID: 5000, GID: 5000, Home: "/", InDB: true}, nil
		}
		h.LookupGroup = func(string) (uint32, error) { return 5000, nil }
		r := config.Load(h, formats.All(), []config.Source{{Path: socketOf(files)}})
		s := only(t, r)
		states[s.State]++
		modes[s.Str(services.Mode)]++
		if want := map[bool]string{true: "inet", false: "wait"}[accepts.MatchString(files[socketOf(files)])]; s.Str(services.Mode) != want && !strings.HasSuffix(socketOf(files), "@.socket") {
			t.Errorf("%s is of mode %q, want %q", name, s.Str(services.Mode), want)
		}
		errors := 0
		for _, d := range r.Diags {
			if d.Severity != config.Error {
				continue
			}
			errors++
			if !slices.ContainsFunc(reasons, func(re *regexp.Regexp) bool { return re.MatchString(d.String()) }) {
				t.Errorf("%s: %v", name, d)
			}
		}
		if (errors > 0) != (s.State == services.Refused) {
			t.Errorf("%s is %v with %d errors", name, s.State, errors)
		}
	}
	t.Logf("%d pairs: %v, %v", len(pairs), states, modes)
	if states[services.Refused] > 13 {
		t.Errorf("%d of %d pairs are refused", states[services.Refused], len(pairs))
	}
}
