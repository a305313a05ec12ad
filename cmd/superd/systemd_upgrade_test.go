// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"superd/internal/peers"
)

// TestUpgradeUnderSystemd: superd's process stays systemd's main process over upgrades
// under load, by SIGUSR2 and by superd upgrade; no client is lost, the watchdog is fed,
// and what systemd keeps of its sockets is neither lost nor doubled.
func TestUpgradeUnderSystemd(t *testing.T) {
	m := bootSuperd(t, "superd.service", loadConf, map[string]string{
		"given.socket": "[Socket]\nService=superd.service\nFileDescriptorName=session\nListenStream=127.0.0.1:8\n",
	}, "FileDescriptorStoreMax=100", "WatchdogSec=2s", "Sockets=given.socket")
	superd := peers.Build(t, "superd/cmd/superd")
	stored := func() { m.await("the sockets are kept", func() bool { return m.show("NFileDescriptorStore") == "2" }) }
	stored()
	pid := m.show("MainPID")
	alive, hangUp := m.session(t)
	alive("at first")
	load, end, said := m.client("load", "tcp", "127.0.0.1:7")
	upgrades := func() int { return strings.Count(m.sh("cat /run/superd.log"), "upgraded from") }
	for i := range 6 {
		n := upgrades()
		if i%2 == 0 {
			m.sh("systemctl kill --kill-who=main -s USR2 superd.service")
		} else {
			m.sh(superd + " upgrade")
		}
		m.await("superd is upgraded", func() bool { return upgrades() > n })
		alive(fmt.Sprintf("after upgrade %d", i))
		m.sh("systemctl reload superd.service")
	}
	began := time.Now()
	m.await("the watchdog would have fired", func() bool { return time.Since(began) > 3*time.Second })
	end.Close()
	if err := load.Wait(); err != nil {
		t.Errorf("under upgrades: %v: %s", err, said)
	}
	t.Logf("under upgrades: %s", said)
	stored()
	if now := m.show("MainPID"); now != pid || m.show("NRestarts") != "0" || m.show("ActiveState") != "active" {
		t.Errorf("process %s was %s; %s restarts", now, pid, m.show("NRestarts"))
	}
	// What is kept serves a superd that is killed after an upgrade.
	m.sh("systemctl kill --kill-who=main -s KILL superd.service")
	m.await("superd is another", func() bool { return m.show("MainPID") != pid && m.show("ActiveState") == "active" })
	if got := m.sh("exec 3<>/dev/tcp/127.0.0.1/7; cat <&3"); got != "hello" {
		t.Errorf("after kill -9: %q", got)
	}
	alive("after kill -9")
	hangUp()
}

// TestUpgradeTellsManager: READY again, by the same process; the names of what is kept
// are known and nothing is kept twice, also of sockets that were opened a moment before.
func TestUpgradeTellsManager(t *testing.T) {
	m, dir, write := managed(t, 100, storeConf)
	m.env = []string{"WATCHDOG_USEC=100000"}
	m.start()
	m.awaitKept(4)
	pid := m.cmd.Process.Pid
	zero := m.address("zero")
	names := m.keeps()
	upgrade := func() {
		t.Helper()
		from, n := len(m.messages()), strings.Count(m.log.String(), "upgraded from")
		m.signal(syscall.SIGUSR2)
		m.await(from, "READY=1")
		m.awaitThat("superd is upgraded", func() bool { return strings.Count(m.log.String(), "upgraded from") > n })
		_, at := m.await(from, "READY=1")
		m.await(at, "WATCHDOG=1")
	}
	upgrade()
	if got := m.keeps(); !slices.Equal(got, names) {
		t.Errorf("kept is %q, was %q", got, names)
	}
	wantAnswer(t, connect(t, "tcp", zero), "zero\n")
	wantAnswer(t, connect(t, "unix", dir+"/sock"), "local\n")

	// A new socket, and an upgrade at once: the manager has it once.
	write(storeConf + "[services.more]\nport = \"127.0.0.1:0\"\nuser = \"$ME\"\nexec = [\"/bin/echo\", \"more\"]\n")
	m.signal(syscall.SIGHUP)
	upgrade()
	m.awaitKept(5)
	upgrade()
	got := m.keeps()
	if slices.Sort(got); len(slices.Compact(got)) != 5 {
		t.Errorf("kept is %q", m.keeps())
	}
	more := m.address("more")
	m.signal(syscall.SIGKILL)
	m.wait()
	m.start()
	for addr, want := range map[string]string{zero: "zero\n", more: "more\n"} {
		wantAnswer(t, connect(t, "tcp", addr), want)
	}
	if m.cmd.Process.Pid == pid {
		t.Error("it is the same process")
	}
}
