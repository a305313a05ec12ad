// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"superd/internal/testneed"
)

const unitsDir = "../../contrib/systemd"

// contribUnits copies the units as an administrator installs them, with a program
// that is there in superd's place, and the drop-ins that are named.
func contribUnits(t *testing.T, dropIns ...string) (dir string) {
	t.Helper()
	testneed.Need(t, "systemd")
	dir = t.TempDir()
	for _, name := range []string{"superd.service", "superd@.service", "superd.socket"} {
		install(t, filepath.Join(unitsDir, name), filepath.Join(dir, name))
	}
	for _, name := range dropIns {
		install(t, filepath.Join(unitsDir, name), filepath.Join(dir, "superd.service.d", name))
	}
	return dir
}

func install(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, []byte(strings.ReplaceAll(string(text), "/usr/sbin/superd", "/bin/true")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// analyze runs systemd-analyze. What it says of the machine's own units, which it
// loads for their names, is left out.
func analyze(t *testing.T, dir string, args ...string) (said string, err error) {
	t.Helper()
	out, err := exec.Command("systemd-analyze", args...).CombinedOutput()
	for _, line := range strings.SplitAfter(string(out), "\n") {
		if strings.Contains(line, "superd") || strings.Contains(line, dir) {
			said += line
		}
	}
	return said, err
}

func TestUnitsVerify(t *testing.T) {
	version, err := exec.Command("systemctl", "--version").Output()
	if err != nil {
		testneed.Missing(t, "systemctl: "+err.Error())
	}
	n, _ := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(string(version)))
	for _, dropIns := range [][]string{nil, {"hardened.conf"}, {"notify-reload.conf"}} {
		if len(dropIns) > 0 && dropIns[0] == "notify-reload.conf" && n < 253 {
			continue // this systemd calls it unknown, as README.md says
		}
		dir := contribUnits(t, dropIns...)
		said, err := analyze(t, dir, "verify", "--man=no", dir+"/superd.service", dir+"/superd@one.service", dir+"/superd.socket")
		if said != "" || err != nil {
			t.Errorf("%v: systemd-analyze verify: %v\n%s", dropIns, err, said)
		}
	}
}

func TestHardenedExposure(t *testing.T) {
	dir := contribUnits(t, "hardened.conf")
	said, err := analyze(t, dir, "security", "--offline=true", "--no-pager", dir+"/superd.service")
	m := regexp.MustCompile(`exposure level for superd.service: ([0-9.]+)`).FindStringSubmatch(said)
	if err != nil || m == nil {
		t.Fatalf("systemd-analyze security: %v\n%s", err, said)
	}
	if level, err := strconv.ParseFloat(m[1], 64); err != nil || level >= 4 {
		t.Errorf("the exposure level is %s, want less than 4", m[1])
	}
}

// TestTmpfilesAndSysusers: both are read as they stand.
func TestTmpfilesAndSysusers(t *testing.T) {
	testneed.Need(t, "root", "systemd")
	root := t.TempDir()
	for _, args := range [][]string{
		{"systemd-sysusers", "--root=" + root, "superd.sysusers.conf"},
		{"systemd-tmpfiles", "--root=" + root, "--create", "superd.tmpfiles.conf"},
	} {
		args[len(args)-1], _ = filepath.Abs(filepath.Join(unitsDir, args[len(args)-1]))
		for _, dir := range []string{"etc", "run"} {
			os.MkdirAll(filepath.Join(root, dir), 0o755)
		}
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Errorf("%q: %v\n%s", args, err, out)
		}
	}
	passwd, err := os.ReadFile(filepath.Join(root, "etc/passwd"))
	if err != nil || !regexp.MustCompile(`(?m)^superd:`).Match(passwd) {
		t.Errorf("there is no user superd: %v\n%s", err, passwd)
	}
	if info, err := os.Stat(filepath.Join(root, "run/superd")); err != nil || !info.IsDir() || info.Mode().Perm() != 0o755 {
		t.Errorf("/run/superd: %v, %v", info, err)
	}
}
