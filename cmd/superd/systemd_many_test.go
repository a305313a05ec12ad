// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestManySocketsUnderSystemd: a restart, kill -9 and an upgrade of a superd with thousands
// of sockets lose no client of any of them. systemd compares each descriptor that it is
// given with each that it has: 10,000 take it half a minute, and a test too long.
func TestManySocketsUnderSystemd(t *testing.T) {
	const n, first = 2000, 20_000
	var ports []string
	for i := range n {
		ports = append(ports, strconv.Quote(strconv.Itoa(first+i)))
	}
	conf := fmt.Sprintf("[services.many]\nuser = \"nobody\"\nhost = \"127.0.0.1\"\nexec = [\"/bin/echo\", \"hello\"]\nport = [%s]\n", strings.Join(ports, ", "))
	began := time.Now()
	lap := func(what string) {
		t.Logf("%s after %.1f s", what, time.Since(began).Seconds())
		began = time.Now()
	}
	m := bootSuperd(t, "superd.service", conf, nil)
	lap("booted")
	stored := func() {
		t.Helper()
		m.await("the sockets are kept", func() bool { return m.show("NFileDescriptorStore") == strconv.Itoa(n+1) })
	}
	stored()
	lap("all are kept")
	// Some clients wait while there is no superd.
	some := []int{first, first + 1, first + n/2, first + n - 1}
	while := func(what string, do func()) {
		t.Helper()
		pid := m.show("MainPID")
		m.sh("systemctl kill --kill-who=main -s STOP superd.service; until grep -q 'State:.*T' /proc/" + pid + "/status; do :; done")
		var ends []func()
		for _, port := range some {
			wait, end, said := m.client("wait", "20", "tcp", fmt.Sprintf("127.0.0.1:%d", port))
			m.await("clients wait", func() bool { return strings.Contains(said.String(), "waiting") })
			ends = append(ends, func() {
				end.Close()
				if err := wait.Wait(); err != nil {
					t.Errorf("%s, port %d: %v: %s", what, port, err, said)
				}
			})
		}
		began = time.Now()
		do()
		for _, end := range ends {
			end()
		}
		lap(what + ": all who waited are served")
		stored()
	}
	while("kill -9", func() { m.sh("systemctl kill --kill-who=main -s KILL superd.service") })
	while("restart", func() {
		m.sh("systemctl kill --kill-who=main -s CONT superd.service; systemctl restart superd.service")
	})
	pid := m.show("MainPID")
	while("upgrade", func() {
		m.sh("systemctl kill --kill-who=main -s CONT superd.service; systemctl kill --kill-who=main -s USR2 superd.service")
	})
	m.await("superd is upgraded", func() bool { return strings.Contains(m.sh("cat /run/superd.log"), "upgraded from") })
	if now := m.show("MainPID"); now != pid || m.show("ActiveState") != "active" {
		t.Errorf("process %s was %s", now, pid)
	}
	stored()
	lap("upgraded")
}
