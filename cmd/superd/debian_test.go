// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"superd/internal/peers"
	"superd/internal/peers/peerdir"
	"superd/internal/systemdtest"
	"superd/internal/testneed"
)

// debian boots systemd on a machine that has superd in the place of xinetd and
// inetd, and the files that are given, by path. The machine sees them by overlays
// of its own: nothing is written to the one that the test runs on.
func debian(t *testing.T, files map[string]string) *systemdtest.Machine {
	testneed.Need(t, "root", "systemd")
	superd := peers.Build(t, "superd/cmd/superd")
	top := t.TempDir()
	if err := os.Chmod(top, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"usr/sbin/xinetd", "usr/sbin/inetd"} {
		if err := os.MkdirAll(filepath.Join(top, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(superd, filepath.Join(top, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Join(top, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(top, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m := systemdtest.Start(t, systemdtest.Options{})
	inside(t, m, `for dir in etc usr/sbin usr/lib/systemd/system; do
	if [ -e `+top+`/$dir ]; then mount -t overlay overlay -o lowerdir=`+top+`/$dir:/$dir /$dir; fi
done
systemctl daemon-reload
# Nothing of the machine's own boot may start: it would act on the caller's folders.
for unit in sysinit.target basic.target; do [ "$(systemctl show -p LoadState --value $unit)" = masked ]; done`)
	return m
}

// original reads a file of Debian's packages.
func original(t *testing.T, name string) string {
	root, err := peerdir.Root()
	if err != nil {
		testneed.Missing(t, err.Error())
	}
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		testneed.Missing(t, err.Error())
	}
	return string(text)
}

// inside runs a script on the machine.
func inside(t *testing.T, m *systemdtest.Machine, script string) string {
	t.Helper()
	out, err := m.Command("timeout", "30", "bash", "-euc", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s\nthe console:\n%s", script, err, out, m.Console())
	}
	return string(out)
}

// alone is a drop-in for a unit as Debian has it: the machine is not booted but for
// what is tested, and has no basic.target to come after.
const alone = "[Unit]\nDefaultDependencies=no\n"

const ask = `ask() { until exec 3<>/dev/tcp/127.0.0.1/$1; do :; done 2>/dev/null; echo hello >&3; read -r line <&3; echo $1 $line; }
`

// TestInetdService: Debian's unit of openbsd-inetd as it is, which wants to be told
// when inetd is ready, and every few seconds that it lives.
func TestInetdService(t *testing.T) {
	m := debian(t, map[string]string{
		"usr/lib/systemd/system/inetd.service":             original(t, "lib/systemd/system/inetd.service"),
		"etc/inetd.conf":                                   "7007 stream tcp nowait nobody /bin/cat cat\n",
		"usr/lib/systemd/system/inetd.service.d/test.conf": alone,
	})
	out := inside(t, m, ask+`systemctl start inetd.service
systemctl show -p ActiveState -p Type -p WatchdogUSec inetd.service
ask 7007
beat() { systemctl show -p WatchdogTimestampMonotonic --value inetd.service; }
pid() { systemctl show -p MainPID --value inetd.service; }
was=$(pid) first=$(beat)
until [ "$(beat)" != "$first" ]; do :; done
echo beats
systemctl reload inetd.service
ask 7007
[ "$(pid)" = "$was" ] && echo same
systemctl stop inetd.service
systemctl show -p Result -p NRestarts inetd.service`)
	if !matchAll(out, `Type=notify\n`, `WatchdogUSec=5s\n`, `ActiveState=active\n`, `7007 hello\nbeats\n7007 hello\nsame\n`, `Result=success\n`, `NRestarts=0\n`) {
		t.Errorf("got %s\nthe console:\n%s", out, m.Console())
	}
}

// matchAll: systemctl show prints properties in an order of its own.
func matchAll(text string, patterns ...string) bool {
	for _, p := range patterns {
		if !regexp.MustCompile(p).MatchString(text) {
			return false
		}
	}
	return true
}

// TestXinetdSysV: Debian's init script of xinetd as it is, which systemd makes a
// unit of.
func TestXinetdSysV(t *testing.T) {
	m := debian(t, map[string]string{
		"etc/init.d/xinetd": original(t, "etc/init.d/xinetd"),
		"usr/lib/systemd/system/xinetd.service.d/test.conf": alone,
		"etc/default/xinetd": original(t, "etc/default/xinetd"),
		"etc/xinetd.conf": "service echo\n{\n\ttype = UNLISTED\n\tport = 7007\n\tsocket_type = stream\n\tprotocol = tcp\n\twait = no\n\tuser = nobody\n" +
			"\tserver = /bin/cat\n\tflags = NOLIBWRAP\n}\n",
		"etc/inetd.conf": "7008 stream tcp nowait nobody /bin/cat cat\n",
	})
	out := inside(t, m, ask+`systemctl start xinetd.service
ask 7007
ask 7008
systemctl is-active xinetd.service
systemctl restart xinetd.service
ask 7007
systemctl stop xinetd.service
test ! -e /run/xinetd.pid && echo gone`)
	if !matchAll(out, `(?s)7007 hello\n7008 hello\nactive\n.*7007 hello\n.*gone\n\z`) {
		t.Errorf("got %s\nthe console:\n%s", out, m.Console())
	}
}
