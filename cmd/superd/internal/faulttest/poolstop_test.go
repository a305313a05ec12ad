// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"superd/internal/testneed"
)

// busyPool is a superd with a pool of three workers, of whom one is waiting for its
// client's number.
func busyPool(t *testing.T) (s *super, client net.Conn, workers []int) {
	t.Helper()
	testneed.Need(t, "root", "cc")
	p := port(t)
	s = start(t, with{}, fmt.Sprintf(`[daemon]
log_level = 3
stop_timeout = 1
dump_file = "$DIR/dump.json"
[services.ill]
host = "127.0.0.1"
port = %d
user = "nobody"
mode = "prefork-simple"
worker = "pass"
max_servers = 3
exec = ["$DIR/worker", "$DIR/served"]
`, p))
	s.compileWorker()
	s.untilPool("ill", "ready", func(p *poolState) bool { return p.Idle == 3 })
	client = dial(t, "tcp", address(p))
	s.untilPool("ill", "busy", func(p *poolState) bool { return p.Busy == 1 })
	return s, client, children(s.pid)
}

// finish has the client served, and asserts that it has its whole answer.
func finish(t *testing.T, client net.Conn) {
	t.Helper()
	fmt.Fprintln(client, "1")
	answer, err := io.ReadAll(client)
	if err != nil || len(answer) != 2000+len("\nserved 1\n") {
		t.Errorf("read %d bytes, %v", len(answer), err)
	}
}

func (s *super) allGone(pids []int) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		left := 0
		for _, pid := range pids {
			if f := statFields(pid); len(f) > 0 && f[0] != "Z" {
				left++
			}
		}
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d workers of %v are left", left, pids)
		}
	}
}

// QUIT ends idle workers at once, and waits for the busy one.
func TestPoolQuit(t *testing.T) {
	s, client, workers := busyPool(t)
	s.signal(syscall.SIGQUIT)
	s.until("the idle workers to end", func() bool { return len(children(s.pid)) == 1 })
	if s.ended() {
		t.Fatal("superd has ended")
	}
	finish(t, client)
	s.gone(5 * time.Second)
	s.allGone(workers)
}

// TERM ends all of them, within stop_timeout.
func TestPoolTerm(t *testing.T) {
	s, client, workers := busyPool(t)
	s.signal(syscall.SIGTERM)
	if answer, _ := io.ReadAll(client); len(answer) > 0 { // an end, or a reset
		t.Errorf("read %q", answer)
	}
	s.gone(5 * time.Second)
	s.allGone(workers)
}

// A superd that is killed takes no client along: its workers see the end of their
// channels, finish and exit.
func TestPoolSurvivesSuperd(t *testing.T) {
	s, client, workers := busyPool(t)
	s.signal(syscall.SIGKILL)
	<-s.done
	finish(t, client)
	s.allGone(workers)
}
