// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNotify: what the manager is told, in order.
func TestNotify(t *testing.T) {
	m, dir, write := managed(t, 0, storeConf)
	m.start()
	ready, n := m.await(0, "READY=1")
	if ready != "READY=1\nSTATUS=services: 3, sessions: 0, refused: 0" {
		t.Errorf("%q", ready)
	}
	c := connect(t, "unix", dir+"/sock")
	wantAnswer(t, c, "local\n")
	// A reload, of whatever kind, begins and ends.
	for _, conf := range []string{storeConf + "# nothing\n", "[services.local]\nport = = 7\n", strings.Split(storeConf, "[services.datagram]")[0]} {
		write(conf)
		m.signal(syscall.SIGHUP)
		var text string
		text, n = m.await(n+1, "RELOADING=1")
		if !regexp.MustCompile(`\ARELOADING=1\nMONOTONIC_USEC=[1-9][0-9]*\z`).MatchString(text) {
			t.Errorf("%q", text)
		}
		_, n = m.await(n+1, "READY=1\nSTATUS=services: ")
	}
	if text := m.messages()[n]; text != "READY=1\nSTATUS=services: 2, sessions: 0, refused: 0" {
		t.Errorf("after the last reload: %q", text)
	}
	m.signal(syscall.SIGTERM)
	m.wait()
	stopping, _ := m.await(n, "STOPPING=1")
	if stopping != "STOPPING=1\nSTATUS=Stopping; sessions: 0\nEXTEND_TIMEOUT_USEC=30000000" {
		t.Errorf("%q", stopping)
	}
}

// TestStatusAndDrain: the status follows, and a drain asks for more time again and
// again.
func TestStatusAndDrain(t *testing.T) {
	m, dir, _ := managed(t, 0, strings.Replace(storeConf, `exec = ["/bin/echo", "local"]`, `exec = ["/bin/cat"]`, 1))
	m.start()
	c := connect(t, "unix", dir+"/sock")
	fmt.Fprint(c, "x\n")
	wantAnswer(t, c, "x\n")
	_, n := m.await(0, "STATUS=services: 3, sessions: 1, refused: 0")
	m.signal(syscall.SIGQUIT)
	_, n = m.await(n, "STOPPING=1\nSTATUS=Stopping; sessions: 1\nEXTEND_TIMEOUT_USEC=")
	_, n = m.await(n+1, "STATUS=Stopping; sessions: 1\nEXTEND_TIMEOUT_USEC=")
	m.await(n+1, "STATUS=Stopping; sessions: 1\nEXTEND_TIMEOUT_USEC=")
	c.Close()
	m.wait()
}

// TestWatchdog: superd answers for its engine, and a stopped one does not.
func TestWatchdog(t *testing.T) {
	m, _, _ := managed(t, 0, storeConf)
	m.env = []string{"WATCHDOG_USEC=100000"}
	m.start()
	beats := func() (n int) {
		for _, text := range m.messages() {
			if text == "WATCHDOG=1" {
				n++
			}
		}
		return n
	}
	began := time.Now()
	m.awaitThat("the watchdog is fed", func() bool { return beats() >= 10 })
	if d := time.Since(began); d < 400*time.Millisecond {
		t.Errorf("ten beats in %v", d)
	}
	m.stop()
	n := beats() // one may be on its way
	m.awaitThat("a second passes", func() bool { return time.Since(began) > 2*time.Second })
	if now := beats(); now > n+1 {
		t.Errorf("a stopped superd has fed the watchdog %d times", now-n)
	}
	m.signal(syscall.SIGCONT)
	m.awaitThat("it goes on", func() bool { return beats() > n+3 })
	// Not meant for this process: nothing.
	m.signal(syscall.SIGKILL)
	m.wait()
	m.env = []string{"WATCHDOG_USEC=100000", "WATCHDOG_PID=1"}
	n = beats()
	m.start()
	m.awaitThat("half a second passes", func() bool { return time.Since(began) > 3*time.Second })
	if now := beats(); now != n {
		t.Errorf("another's watchdog was fed")
	}
}
