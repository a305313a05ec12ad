// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"superd/internal/difftest"
	"superd/internal/testneed"
)

var (
	userOfUnit  = regexp.MustCompile(`(?m)^(?:User|Group)=\s*(\S+)`)
	placeholder = regexp.MustCompile(`@\w+@/?`)
	acceptYes   = regexp.MustCompile(`(?mi)^Accept=(yes|true)$`)
)

// corpusPairs are the pairs of the corpus with Accept=yes. What a build would fill
// in is filled in.
func corpusPairs(t *testing.T) map[string]map[string]string {
	t.Helper()
	dir := os.Getenv("SUPERD_CORPUS")
	if dir == "" {
		testneed.Missing(t, "SUPERD_CORPUS does not name the corpus of configuration files")
	}
	names, err := filepath.Glob(filepath.Join(dir, "socket", "*", "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files in %s", dir)
	}
	all := map[string]map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pair := filepath.Base(filepath.Dir(name))
		if all[pair] == nil {
			all[pair] = map[string]string{}
		}
		filled := strings.NewReplacer("@UDA_SERVER_PORT@", "7001", "@USER@", "uda", "@BASE_BINDIR@", "/bin").Replace(string(text))
		filled = placeholder.ReplaceAllString(filled, "/usr/sbin/")
		all[pair][strings.TrimSuffix(filepath.Base(name), ".in")] = filled
	}
	maps.DeleteFunc(all, func(_ string, files map[string]string) bool {
		return !slices.ContainsFunc(slices.Collect(maps.Values(files)), acceptYes.MatchString)
	})
	return all
}

// TestUnitPairs: each pair of the corpus with Accept=yes is served as systemd serves
// it, but for those that superd refuses, and why.
func TestUnitPairs(t *testing.T) {
	pairs := corpusPairs(t)
	var accounts []string
	for _, files := range pairs {
		for _, text := range files {
			for _, m := range userOfUnit.FindAllStringSubmatch(text, -1) {
				if !slices.Contains(accounts, m[1]) {
					accounts = append(accounts, m[1])
				}
			}
		}
	}
	slices.Sort(accounts)
	u := difftest.NewUnitWorld(t, probe, accounts)
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		u.Pair(name, pairs[name])
	}
	u.Report()
	may := regexp.MustCompile(`^(DynamicUser|IPAddressDeny|StandardOutput): .*not built yet`)
	for name, why := range u.Refused {
		if !may.MatchString(why) {
			t.Errorf("%s is refused: %s", name, why)
		}
	}
	if len(u.Served) < len(pairs)-3 {
		t.Errorf("%d of %d pairs served", len(u.Served), len(pairs))
	}
}

// TestUnitForms runs pairs that show each form at work: quoting, variables,
// identity, limits, where descriptors lead.
func TestUnitForms(t *testing.T) {
	archives, err := filepath.Glob("../../testdata/difftest/units/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	u := difftest.NewUnitWorld(t, probe, []string{"alice", "bob"})
	for _, name := range archives {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, f := range a.Files {
			files[f.Name] = string(f.Data)
		}
		u.Pair(strings.TrimSuffix(filepath.Base(name), ".txtar"), files)
	}
	u.Report()
	if len(u.Served) != len(archives) {
		t.Errorf("%d of %d pairs served; refused: %v", len(u.Served), len(archives), u.Refused)
	}
}
