// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// reset makes a client vanish as one does whose machine was rebooted: its data
// is dropped, and the server gets a reset.
func reset(c net.Conn) {
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
}

// quiet waits until superd has no handlers, and asserts that it has open what it
// had before, and that it rests.
func (s *super) quiet(before, after string) {
	s.t.Helper()
	s.until("all handlers to be gone", func() bool { return len(children(s.pid)) == 0 })
	s.until("its descriptors to be as before", func() bool { return s.descriptors() == before })
	s.idles(after)
}

func TestResetBeforeAccept(t *testing.T) {
	s, well, ill := beside(t, with{}, "exec = [\"/bin/cat\"]\nmax_servers = 1")
	before := s.descriptors()
	first := dial(t, "tcp", ill)
	fmt.Fprintln(first, "x")
	expect(t, first, "x\n")
	for range 50 {
		reset(dial(t, "tcp", ill))
	}
	last := dial(t, "tcp", ill)
	fmt.Fprintln(last, "y")
	unharmed(t, well)
	first.Close()
	expect(t, last, "y\n")
	last.Close()
	s.quiet(before, "clients were reset in the backlog")
}

func TestResetBeforeExec(t *testing.T) {
	s, well, ill := beside(t, with{}, `exec = ["$DIR/program"]`)
	before := s.descriptors()
	text, err := os.ReadFile("/bin/cat")
	if err != nil {
		t.Fatal(err)
	}
	giveUp := lease(t, s.write("program", string(text), 0o755))
	os.Chmod(s.path("program"), 0o755)
	for range 8 {
		c := dial(t, "tcp", ill)
		s.until("it to be accepted", func() bool { return len(children(s.pid)) > 0 })
		reset(c)
	}
	unharmed(t, well)
	giveUp()
	if served := load(t, ill, 20, 2, nil, same); served != 20 {
		t.Errorf("%d of 20 served", served)
	}
	s.quiet(before, "clients were reset before the exec")
}

func TestResetWhileWriting(t *testing.T) {
	s, well, ill := beside(t, with{}, `exec = ["/usr/bin/yes"]`)
	before := s.descriptors()
	for range 20 {
		c := dial(t, "tcp", ill)
		expect(t, c, "y\ny\n")
		reset(c)
	}
	unharmed(t, well)
	s.quiet(before, "clients were reset while they were written to")
}

func TestUnreadData(t *testing.T) {
	s, well, ill := beside(t, with{}, `exec = ["/bin/true"]`)
	before := s.descriptors()
	for range 20 {
		c := dial(t, "tcp", ill)
		io.Copy(c, strings.NewReader(strings.Repeat("x", 1<<20)))
		io.Copy(io.Discard, c) // a reset, or an end
	}
	unharmed(t, well)
	s.quiet(before, "what clients sent was not read")
}

// Clients that read a byte now and then keep their own handlers, and nobody
// else's.
func TestSlowClients(t *testing.T) {
	s, well, ill := beside(t, with{}, `exec = ["/bin/dd", "if=/dev/zero", "bs=64k", "count=256", "status=none"]`)
	before := s.descriptors()
	var conns []net.Conn
	for range 50 {
		c := dial(t, "tcp", ill)
		expect(t, c, "\x00")
		conns = append(conns, c)
	}
	unharmed(t, well)
	s.idles("clients are slow")
	for i, c := range conns {
		if i%2 == 0 {
			c.Close()
		} else if n, err := io.Copy(io.Discard, c); n != 256*64<<10-1 || err != nil {
			t.Errorf("a slow client read %d bytes, %v", n, err)
		}
	}
	s.quiet(before, "slow clients have gone")
}

// A crowd that holds its connections costs nothing but its processes.
func TestIdleClients(t *testing.T) {
	s, well, ill := beside(t, with{}, "exec = [\"/bin/cat\"]\nmax_servers = 600")
	before := s.atRest()
	c := gather(t, ill, 500)
	s.until("500 handlers", func() bool { return len(children(s.pid)) == 500 })
	s.idles("500 clients do nothing")
	unharmed(t, well)
	s.reload()
	c.leave()
	s.quiet(before.descriptors, "500 clients have left")
	if after := s.atRest(); !raced && (after.rss > before.rss+8<<10 || after.threads > before.threads+2) {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// Who waits in the backlog of a wait service outlives even superd, as long as
// its handler has the socket.
func TestSuperdKilled(t *testing.T) {
	s, _, ill := beside(t, with{}, "mode = \"wait\"\nexec = [\"$BIN/faulty\", \"accepter\", \"$DIR/go\"]")
	var conns []net.Conn
	for range 10 {
		conns = append(conns, dial(t, "tcp", ill))
	}
	s.waitLog(`event=start service=ill`)
	s.signal(syscall.SIGKILL)
	<-s.done
	s.write("go", "", 0o644)
	for _, c := range conns {
		if got := readAll(t, c); got != "served\n" {
			t.Errorf("read %q", got)
		}
	}
	// With the handler the last copy of the socket goes: another superd can bind.
	for deadline := time.Now().Add(patience); ; {
		l, err := net.Listen("tcp", ill)
		if err == nil {
			l.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
