// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

// signaled is a superd with a session, for signals and upgrades.
func signaled(t *testing.T) (s *super, check func()) {
	p := port(t)
	s = start(t, with{}, fmt.Sprintf(`[daemon]
log_level = 3
dump_file = "$DIR/dump.json"
[services.cat]
host = "127.0.0.1"
port = %d
user = "nobody"
exec = ["/bin/cat"]
`, p))
	c := dial(t, "tcp", address(p))
	n := 0
	return s, func() {
		t.Helper()
		n++
		c.SetDeadline(time.Now().Add(patience))
		fmt.Fprintf(c, "%d\n", n)
		expect(t, c, fmt.Sprintf("%d\n", n))
		unharmed(t, address(p))
	}
}

// A thousand signals of each kind that does not mean its end do not end a superd that is
// upgraded again and again, nor stop it, nor make it deaf.
func TestUpgradeUnderSignals(t *testing.T) {
	n := 1000
	if os.Getenv("SUPERD_CI") == "1" && !raced {
		n = 10_000
	}
	s, check := signaled(t)
	s.upgrade() // and from now on is as it will be
	upgrades := s.count(`upgraded from`)
	var wg sync.WaitGroup
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGALRM, syscall.SIGIO,
		syscall.SIGVTALRM, syscall.SIGWINCH, syscall.SIGPIPE, syscall.SIGPWR, syscall.SIGXCPU, syscall.SIGPROF} {
		wg.Go(func() {
			pause := time.NewTicker(200 * time.Microsecond)
			defer pause.Stop()
			for range n {
				if syscall.Kill(s.pid, sig) != nil {
					return
				}
				<-pause.C
			}
		})
	}
	wg.Wait()
	s.waitCount(`upgraded from`, upgrades+1)
	if s.ended() {
		t.Fatalf("superd has ended: %v", s.err)
	}
	check()
	s.upgrade()
	s.reload()
	check()
	t.Logf("%d upgrades", s.count(`upgraded from`)-upgrades)
	s.signal(syscall.SIGTERM)
	if code := s.waitEnd(patience); code != 0 {
		t.Errorf("superd ended with %d", code)
	}
}

// A single signal that can be held over an exec is not lost, whenever in an upgrade it
// comes. HUP cannot be held: how often it is lost is told.
func TestUpgradeLosesNoSignal(t *testing.T) {
	n := 15
	if os.Getenv("SUPERD_CI") == "1" && !raced {
		n = 100
	}
	s, check := signaled(t)
	s.upgrade() // the first superd was not started with signals blocked
	lost := 0
	for i := range n {
		upgraded, begun := s.count(`upgraded from`), s.count(`msg="upgrade to`)
		got := map[string]int{"HUP": s.count(`got SIGHUP`), "USR1": s.count(`got SIGUSR1`), "WINCH": s.count(`got SIGWINCH`)}
		s.signal(syscall.SIGUSR2)
		s.waitCount(`msg="upgrade to`, begun+1)
		spread := time.NewTimer(time.Duration(i) * 20 * time.Millisecond / time.Duration(n))
		<-spread.C
		for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGWINCH} {
			s.signal(sig)
		}
		s.waitCount(`upgraded from`, upgraded+1)
		for name, before := range got {
			if name != "HUP" {
				s.waitCount(`got SIG`+name, before+1)
			}
		}
		if s.count(`got SIGHUP`) == got["HUP"] { // it is delivered before the others are
			lost++
		}
	}
	check()
	t.Logf("of %d HUPs in the midst of an upgrade %d were lost", n, lost)
}
