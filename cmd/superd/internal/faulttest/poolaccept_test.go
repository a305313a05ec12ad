// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// acceptPool is a superd with a pool of workers that accept by themselves, beside a
// service that is well; $PORT in rest is a port.
func acceptPool(t *testing.T, how, rest string) (s *super, well, ill, conf string) {
	t.Helper()
	a, b := port(t), port(t)
	rest = strings.ReplaceAll(rest, "$PORT", strconv.Itoa(b))
	conf = fmt.Sprintf(`[daemon]
log_level = 3
dump_file = "$DIR/dump.json"
[defaults]
user = "nobody"
[services.well]
host = "127.0.0.1"
port = %d
exec = ["/bin/cat"]
[services.ill]
mode = "prefork-simple"
worker = "accept"
max_servers = 2
exec = ["$BIN/faulty", "acceptor", "%s"]
%s
`, a, how, rest)
	s = start(t, with{}, conf)
	return s, address(a), address(b), conf
}

const onTCP = "host = \"127.0.0.1\"\nport = $PORT"

// pidFrom connects and gives the pid that answers.
func pidFrom(network, addr string) (int, error) {
	c, err := net.DialTimeout(network, addr, patience)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	if network == "udp" {
		c.Write([]byte("x"))
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(line))
}

func TestAcceptorsThatExit(t *testing.T) {
	s, well, ill, _ := acceptPool(t, "exits", onTCP)
	n := 150 // more than a hundred a second
	if raced {
		n = 20 // each costs the start of a program that is raced, too
	}
	for i := range n {
		if _, err := pidFrom("tcp", ill); err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
	}
	unharmed(t, well)
	s.untilPool("ill", "whole", func(p *poolState) bool { return p.Unreported == 2 })
	s.idles("workers have come and gone")
}

func TestAcceptorsKilled(t *testing.T) {
	s, well, ill, _ := acceptPool(t, "reports", onTCP)
	for range 20 {
		pid, err := pidFrom("tcp", ill)
		if err != nil {
			t.Fatal(err)
		}
		syscall.Kill(pid, syscall.SIGKILL)
		s.until("its end", func() bool { return len(statFields(pid)) == 0 }) // it may be in accept again
	}
	unharmed(t, well)
	p := s.untilPool("ill", "whole", func(p *poolState) bool { return p.Total == 2 && p.Starting == 0 })
	if p.Counts.Died+p.Counts.DiedEarly < 10 {
		t.Errorf("%+v", p.Counts)
	}
	if _, err := pidFrom("tcp", ill); err != nil {
		t.Error(err)
	}
}

func TestAcceptorsThatStop(t *testing.T) {
	s, well, ill, conf := acceptPool(t, "stops", onTCP)
	for range 2 {
		dial(t, "tcp", ill)
	}
	s.untilStopped(2)
	unharmed(t, well)
	s.idles("all workers have stopped themselves")
	s.configure(conf[:strings.Index(conf, "[services.ill]")])
	s.reload()
	s.atRest()
}

// untilStopped waits until n of superd's children are stopped.
func (s *super) untilStopped(n int) {
	s.t.Helper()
	s.until("processes to be stopped", func() bool {
		stopped := 0
		for _, pid := range children(s.pid) {
			if f := statFields(pid); len(f) > 0 && f[0] == "T" {
				stopped++
			}
		}
		return stopped == n
	})
}

// Workers that were stopped serve nobody; once clients wait they are replaced.
func TestAcceptorsStoppedWhileClientsWait(t *testing.T) {
	s, well, ill, _ := acceptPool(t, "", onTCP)
	s.untilPool("ill", "whole", func(p *poolState) bool { return p.Unreported == 2 })
	for _, w := range s.pool("ill").Workers {
		syscall.Kill(w.Pid, syscall.SIGSTOP)
	}
	s.untilStopped(2) // one that is about to stop may still accept
	c := dial(t, "tcp", ill)
	c.SetDeadline(time.Now().Add(patience))
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil {
		t.Errorf("got %q and %v", line, err)
	}
	s.waitCount(`msg="killed worker".*it was stopped by a signal for 10 s while clients waited`, 2)
	if n := s.count(`event=pool-full`); n != 1 {
		t.Errorf("that clients wait was told %d times", n)
	}
	unharmed(t, well)
	if p := s.pool("ill"); p.Counts.Killed != 2 || p.Counts.DiedEarly != 0 {
		t.Errorf("%+v", p.Counts)
	}
	s.idles("stopped workers were replaced")
}

// A worker that shuts down the socket that it shares with superd and the others costs
// those who connect at that moment, and no one later.
func TestAcceptorsThatShutDown(t *testing.T) {
	s, well, ill, _ := acceptPool(t, "shuts down", onTCP)
	for range 5 {
		s.until("a client to be served", func() bool {
			_, err := pidFrom("tcp", ill)
			return err == nil
		})
	}
	s.waitLog(`it listens again`)
	unharmed(t, well)
	s.idles("nobody shuts down a socket any more")
}

func TestAcceptorsThatBabble(t *testing.T) {
	s, well, ill, _ := acceptPool(t, "babbles", onTCP)
	s.untilPool("ill", "there", func(p *poolState) bool { return p.Unreported == 2 })
	rss := s.field("VmRSS")
	for range 20 {
		if _, err := pidFrom("tcp", ill); err != nil {
			t.Fatal(err)
		}
	}
	unharmed(t, well)
	s.idles("workers report what nobody understands")
	if after := s.field("VmRSS"); after > rss+8<<10 && !raced {
		t.Errorf("%d KiB before, %d KiB after", rss, after)
	}
	if p := s.pool("ill"); p.Counts.Started != 2 {
		t.Errorf("%+v", p.Counts)
	}
}

// A reload with another program replaces workers that accept by themselves, and TTIN
// and TTOU change their number; nobody is lost meanwhile.
func TestAcceptorsReloadAndResize(t *testing.T) {
	s, well, ill, conf := acceptPool(t, "", onTCP)
	old, err := pidFrom("tcp", ill)
	if err != nil {
		t.Fatal(err)
	}
	s.configure(conf + "rlimit_files = 77\n")
	s.reload()
	s.until("the old worker to be gone", func() bool { return len(statFields(old)) == 0 })
	s.untilPool("ill", "renewed", func(p *poolState) bool { return p.Unreported == 2 && p.Total == 2 })
	s.signal(syscall.SIGTTIN)
	s.untilPool("ill", "larger", func(p *poolState) bool { return p.Max == 3 && p.Unreported == 3 })
	for range 2 {
		s.signal(syscall.SIGTTOU)
		n := s.pool("ill").Max
		s.until("one fewer", func() bool { return s.pool("ill").Max <= n })
	}
	s.untilPool("ill", "smaller", func(p *poolState) bool { return p.Max == 1 && p.Total == 1 })
	if _, err := pidFrom("tcp", ill); err != nil {
		t.Error(err)
	}
	unharmed(t, well)
}

func TestAcceptorsOfOtherSockets(t *testing.T) {
	for _, c := range []struct{ name, how, rest, network, addr string }{
		{"unix", "", `port = "$DIR/ill.sock|unix"`, "unix", "$DIR/ill.sock"},
		{"udp", "datagrams", "proto = \"udp\"\n" + onTCP, "udp", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, well, ill, _ := acceptPool(t, c.how, c.rest)
			if c.addr != "" {
				ill = strings.ReplaceAll(c.addr, "$DIR", s.dir)
			}
			if c.network == "unix" {
				s.until("the socket", func() bool { return syscall.Chmod(ill, 0o666) == nil })
			}
			for range 10 {
				pid, err := pidFrom(c.network, ill)
				if err != nil {
					t.Fatal(err)
				}
				syscall.Kill(pid, syscall.SIGKILL)
				s.until("its end", func() bool { return len(statFields(pid)) == 0 })
			}
			unharmed(t, well)
		})
	}
}

// Workers with several sockets take turns under the lock, and one that dies with it
// gives it up.
func TestAcceptorsOfSeveralSockets(t *testing.T) {
	second := port(t)
	s, well, ill, _ := acceptPool(t, "", fmt.Sprintf("host = \"127.0.0.1\"\nport = [$PORT, %d]", second))
	var wg sync.WaitGroup
	for _, addr := range []string{ill, address(second)} {
		wg.Go(func() {
			for range 50 {
				if _, err := pidFrom("tcp", addr); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for range 4 { // those that hold the lock, or wait for it
		for _, pid := range children(s.pid) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		s.until("another to serve", func() bool {
			_, err := pidFrom("tcp", ill)
			return err == nil
		})
	}
	unharmed(t, well)
}
