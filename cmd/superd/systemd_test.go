// SPDX-License-Identifier: Apache-2.0

package main

import (
	"regexp"
	"testing"

	"superd/internal/peers"
	"superd/internal/systemdtest"
	"superd/internal/testneed"
)

const unitHead = "[Unit]\nDefaultDependencies=no\n"

// TestShimUnderSystemd: a socket unit with Accept=yes gives inet-shim the
// connection, as standard input or the way of sd_listen_fds(3), and the program
// finds what inet-shim's flags say.
func TestShimUnderSystemd(t *testing.T) {
	testneed.Need(t, "root", "systemd")
	shim := peers.Build(t, "superd/cmd/inet-shim")
	service := unitHead + "[Service]\nStandardInput=socket\nExecStart=" + shim +
		` --user nobody --umask 027 --rlimit-files 64:128 --no-new-privs -- /bin/sh -c` +
		` "echo $$(id -u):$$(id -g):$$(id -G) umask $$(umask) files $$(ulimit -n) from $$REMOTE_HOST to $$TCPLOCALIP:$$TCPLOCALPORT; grep NoNewPrivs /proc/self/status; echo $${NOTIFY_SOCKET-none}$${LISTEN_FDS-none}$${INVOCATION_ID-none}"` + "\n"
	m := systemdtest.Start(t, systemdtest.Options{
		Units: map[string]string{
			"who.socket":   unitHead + "[Socket]\nListenStream=127.0.0.1:7\nAccept=yes\n",
			"who@.service": service,
		},
		Unit: "who.socket",
	})
	out, err := m.Command("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/7; cat <&3").CombinedOutput()
	want := regexp.MustCompile(`\A65534:65534:65534 umask 0027 files 64 from 127\.0\.0\.1 to 127\.0\.0\.1:7\nNoNewPrivs:\t1\nnonenonenone\n\z`)
	if err != nil || !want.Match(out) {
		t.Errorf("the service said %q, %v; the console:\n%s", out, err, m.Console())
	}
}

// TestRunUnderSystemd: superd as a service reloads and stops as systemd asks, and
// its handlers learn nothing of systemd's.
func TestRunUnderSystemd(t *testing.T) {
	testneed.Need(t, "root", "systemd")
	superd := peers.Build(t, "superd/cmd/superd")
	m := systemdtest.Start(t, systemdtest.Options{
		Units: map[string]string{
			"superd.service": unitHead + "[Service]\nExecStart=" + superd + " run -c /run/systemd/system/superd.toml\n" +
				"ExecReload=/bin/kill -HUP $MAINPID\nKillMode=process\n",
			"superd.toml": "[services.env]\nport = 7\nuser = \"nobody\"\npassenv = [\"*\"]\nexec = [\"/usr/bin/env\"]\n",
		},
		Unit: "superd.service",
	})
	script := `until exec 3<>/dev/tcp/127.0.0.1/7; do :; done 2>/dev/null; cat <&3
systemctl reload superd.service && systemctl is-active superd.service
systemctl stop superd.service && systemctl show -p Result superd.service`
	out, err := m.Command("bash", "-c", script).CombinedOutput()
	if err != nil || !regexp.MustCompile(`\nactive\nResult=success\n\z`).Match(out) || !regexp.MustCompile(`(?m)^REMOTE_HOST=127\.0\.0\.1$`).Match(out) {
		t.Fatalf("got %q, %v; the console:\n%s", out, err, m.Console())
	}
	if leak := regexp.MustCompile(`(?m)^(NOTIFY_SOCKET|LISTEN_|WATCHDOG_|JOURNAL_STREAM|INVOCATION_ID|CREDENTIALS_DIRECTORY|SUPERD_).*`).Find(out); leak != nil {
		t.Errorf("a handler finds %s", leak)
	}
}
