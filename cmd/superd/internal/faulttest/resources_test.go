// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
)

// crowd is clients that all hold a connection to /bin/cat at once, as soon as
// the server lets them.
type crowd struct {
	t     *testing.T
	conns []net.Conn
}

// gather connects n clients, each of which says its number.
func gather(t *testing.T, addr string, n int) *crowd {
	t.Helper()
	c := &crowd{t: t}
	for i := range n {
		conn := dial(t, "tcp", addr)
		fmt.Fprintf(conn, "%06d\n", i)
		c.conns = append(c.conns, conn)
	}
	return c
}

// leave waits for each client's answer, in turn, and hangs up.
func (c *crowd) leave() {
	c.t.Helper()
	var wg sync.WaitGroup
	for i, conn := range c.conns {
		wg.Go(func() {
			buf := make([]byte, 7)
			conn.SetDeadline(time.Now().Add(patience))
			if _, err := conn.Read(buf); err != nil || string(buf) != fmt.Sprintf("%06d\n", i) {
				c.t.Errorf("client %d read %q, %v", i, buf, err)
			}
			conn.Close()
		})
	}
	wg.Wait()
}

// More clients than descriptors: all are served in the end, superd says so once
// an episode, and does not spin meanwhile.
func TestOutOfDescriptors(t *testing.T) {
	p := port(t)
	s := start(t, with{wrap: []string{"nofile=64"}}, fmt.Sprintf(`[services.cat]
host = "127.0.0.1"
port = %d
user = "nobody"
exec = ["/bin/cat"]
`, p))
	before := s.descriptors()
	c := gather(t, address(p), 100)
	s.waitLog(`event=pause`)
	s.idles("it is out of descriptors")
	// Nothing of this may depend on a descriptor: what reload and dump cannot do
	// now, they say.
	s.signal(syscall.SIGUSR1)
	s.reload()
	c.leave()
	if n := s.count(`event=pause`); n != 1 {
		t.Errorf("%d lines about one episode", n)
	}
	s.until("all handlers to be gone", func() bool { return len(children(s.pid)) == 0 })
	unharmed(t, address(p))
	s.reload()
	s.until("its descriptors to be as before", func() bool { return s.descriptors() == before })
}

// alone is a user that no other process of the machine has.
const alone = 54321

// A superd without root, whose user has as many processes as it may: clients
// wait, and superd lives, also its runtime, which may want a thread.
func TestOutOfProcesses(t *testing.T) {
	p := port(t)
	s := start(t, with{wrap: []string{"nproc=32", fmt.Sprintf("uid=%d", alone)}, env: []string{"GOGC=1"}}, fmt.Sprintf(`[services.cat]
host = "127.0.0.1"
port = %d
exec = ["/bin/cat"]
`, p))
	c := gather(t, address(p), 100)
	s.waitLog(`event=pause`)
	s.idles("its user is out of processes")
	for range 20 {
		s.reload()
	}
	c.leave()
	if n := s.count(`event=pause`); n != 1 {
		t.Errorf("%d lines about one episode", n)
	}
	unharmed(t, address(p))
	s.signal(syscall.SIGTERM)
	if code := s.waitEnd(patience); code != 0 {
		t.Errorf("superd ended with %d", code)
	}
}

// GC all the time and the lowest priority cost time, and nothing else.
func TestSlowSuperd(t *testing.T) {
	p := port(t)
	s := start(t, with{wrap: []string{"nice=19"}, env: []string{"GOGC=1"}}, fmt.Sprintf(`[services.cat]
host = "127.0.0.1"
port = %d
user = "nobody"
exec = ["/bin/cat"]
`, p))
	burn := burners(t, 2)
	if served := load(t, address(p), 500, 8, nil, same); served != 500 {
		t.Errorf("%d of 500 served", served)
	}
	burn()
	load(t, address(p), 500, 8, nil, same)
	s.reload()
}

// burners keeps n processes busy until it is told to end.
func burners(t *testing.T, n int) (stop func()) {
	t.Helper()
	var pids []int
	for range n {
		pid, err := syscall.ForkExec("/bin/sh", []string{"sh", "-c", "while :; do :; done"}, &syscall.ProcAttr{Files: []uintptr{0, 1, 2}})
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	stop = sync.OnceFunc(func() {
		for _, pid := range pids {
			syscall.Kill(pid, syscall.SIGKILL)
			syscall.Wait4(pid, nil, 0, nil)
		}
	})
	t.Cleanup(stop)
	return stop
}

// Where a setuid program's user may look into its memory, which for a moment is
// superd's, handlers are prepared in a process of their own.
func TestSuidDumpable(t *testing.T) {
	name := filepath.Join(folder(t), "suid_dumpable")
	set := func(value string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(value+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set("0")
	p := port(t)
	testneed.Need(t, "namespaces")
	s := start(t, with{flags: unix.CLONE_NEWNS, wrap: []string{"sysctl=" + name}}, fmt.Sprintf(`[services.cat]
host = "127.0.0.1"
port = %d
user = "nobody"
exec = ["/bin/cat"]
`, p))
	unharmed(t, address(p))
	set("1")
	s.reload()
	s.waitLog(`suid_dumpable`)
	if served := load(t, address(p), 50, 4, nil, same); served != 50 {
		t.Errorf("%d of 50 served", served)
	}
	set("0")
	s.reload()
	unharmed(t, address(p))
}
