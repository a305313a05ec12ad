// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"superd/internal/testneed"
	"superd/services/config"
	"superd/services/config/configtest"
)

// TestConvertUnitsCorpus: what convert writes of pairs of units from the field says
// what they say, also where the administrator does without what is not built yet.
func TestConvertUnitsCorpus(t *testing.T) {
	dir := os.Getenv("SUPERD_CORPUS")
	if dir == "" {
		testneed.Missing(t, "SUPERD_CORPUS does not name the corpus of configuration files")
	}
	pairs, _ := filepath.Glob(filepath.Join(dir, "socket", "*"))
	missing := regexp.MustCompile(`--allow-missing (\w+) runs`)
	total := 0
	for _, pair := range pairs {
		files, socket := map[string]string{}, ""
		names, _ := filepath.Glob(filepath.Join(pair, "*"))
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			base := strings.TrimSuffix(filepath.Base(name), ".in")
			if files[base] = string(text); strings.HasSuffix(base, ".socket") {
				socket = base
			}
		}
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
		t.Run(filepath.Base(pair), func(t *testing.T) { total += sameAfter(t, host, "", flags...) })
	}
	t.Logf("%d services of %d pairs", total, len(pairs))
	if total < len(pairs)/2 {
		t.Errorf("only %d services of %d pairs were written", total, len(pairs))
	}
}
