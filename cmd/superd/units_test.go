// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"superd/internal/difftest"
	"superd/internal/peers"
	"superd/internal/systemdtest"
	"superd/internal/testcorpus"
	"superd/internal/testneed"
)

var (
	userOfUnit = regexp.MustCompile(`(?m)^(?:User|Group)=\s*(\S+)`)
	acceptYes  = regexp.MustCompile(`(?mi)^Accept=(yes|true)$`)
)

// corpusPairs are the pairs of the corpus with Accept=yes.
func corpusPairs(t *testing.T) map[string]map[string]string {
	t.Helper()
	all := testcorpus.UnitPairs(t)
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

// TestWrittenUnitsHold: systemd holds the sockets by the units that convert writes,
// and superd finds them by its services' names. While superd is away clients wait.
func TestWrittenUnitsHold(t *testing.T) {
	testneed.Need(t, "root", "systemd", "bash", "ipv6")
	superd := peers.Build(t, "superd/cmd/superd")
	dir := t.TempDir()
	conf := filepath.Join(dir, "superd.toml")
	text := "[services.echo]\nport = [7, \"/run/echo.sock|unix\"]\nuser = \"root\"\nkeepalive = true\nexec = [\"/bin/echo\", \"it answers\"]\n"
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(superd, "convert", "-c", conf, "--to", "systemd-socket").Output()
	if err != nil {
		t.Fatal(err)
	}
	units := map[string]string{
		"superd.service": unitHead + "[Service]\nExecStart=" + superd + " run -c " + conf + "\nStandardError=append:" + dir + "/log\n",
		"all.target":     unitHead + "Requires=",
	}
	for _, unit := range strings.Split(string(out), "# superd-")[1:] {
		name, body, _ := strings.Cut(unit, "\n")
		units["superd-"+name] = strings.Replace(body, "[Unit]\n", unitHead, 1)
		units["all.target"] += "superd-" + name + " "
	}
	if len(units) != 4 {
		t.Fatalf("%d units in\n%s", len(units)-2, out)
	}
	m := systemdtest.Start(t, systemdtest.Options{Units: units, Unit: "all.target"})
	const script = `ask() { exec 3<>"/dev/tcp/$1/7"; cat <&3; }
systemctl is-active superd.service || true
ask 127.0.0.1; ask ::1
systemctl stop superd.service 2>/dev/null; ask ::1`
	got, err := m.Command("timeout", "30", "bash", "-euc", script).CombinedOutput()
	log, _ := os.ReadFile(filepath.Join(dir, "log"))
	if want := "inactive\n" + strings.Repeat("it answers\n", 3); string(got) != want || err != nil {
		t.Errorf("got %q, %v; superd's log:\n%s\nthe console:\n%s", got, err, log, m.Console())
	}
	if strings.Contains(string(log), "level=ERROR") || strings.Contains(string(log), "level=WARN") {
		t.Errorf("superd's log:\n%s", log)
	}
}
