// SPDX-License-Identifier: Apache-2.0

package systemdtest

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

const (
	echoSocket = `[Unit]
DefaultDependencies=no
[Socket]
ListenStream=127.0.0.1:7
Accept=yes
`
	echoService = `[Unit]
DefaultDependencies=no
[Service]
ExecStart=/bin/echo it answers
StandardInput=socket
User=nobody
`
)

func TestMachineAnswersAndDiesWithEverything(t *testing.T) {
	m := Start(t, Options{
		Units: map[string]string{"echo.socket": echoSocket, "echo@.service": echoService},
		Unit:  "echo.socket",
	})
	out, err := m.Command("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/7; cat <&3").CombinedOutput()
	if err != nil || string(out) != "it answers\n" {
		t.Fatalf("the service said %q, %v; the console:\n%s", out, err, m.Console())
	}
	if out, err := m.Command("systemctl", "is-active", "echo.socket").CombinedOutput(); err != nil {
		t.Fatalf("echo.socket is %s: %v", out, err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(m.Pid(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("systemd lives after Close: %v", err)
	}
	for _, left := range []string{m.dir, m.Cgroup()} {
		if _, err := os.Stat(left); !os.IsNotExist(err) {
			t.Errorf("%s is left over: %v", left, err)
		}
	}
}

func TestBootTellsWhatFailed(t *testing.T) {
	m := Start(t, Options{
		Units: map[string]string{"bad.service": "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/does/not/exist\n"},
		Unit:  "bad.service",
	})
	if out, _ := m.Command("systemctl", "is-failed", "bad.service").Output(); strings.TrimSpace(string(out)) != "failed" {
		t.Errorf("bad.service is %q, want failed", out)
	}
	if !strings.Contains(m.Console(), "bad.service") {
		t.Errorf("the console does not name bad.service:\n%s", m.Console())
	}
}

func TestBootRefusesUnitPaths(t *testing.T) {
	_, err := Boot(t.Context(), Options{Units: map[string]string{"../x.service": ""}})
	if err == nil || errors.Is(err, ErrUnavailable) && os.Getuid() == 0 {
		t.Errorf("a unit outside the folder was taken: %v", err)
	}
}
