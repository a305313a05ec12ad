// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
)

// beside is a superd with a service that is well, and one that is not: rest is
// what stands in the latter's section beside its port.
func beside(t *testing.T, w with, rest string) (s *super, well, ill string) {
	t.Helper()
	a, b := port(t), port(t)
	s = start(t, w, fmt.Sprintf(`[daemon]
log_level = 3
stop_timeout = 1
[defaults]
user = "nobody"
host = "127.0.0.1"
[services.well]
port = %d
exec = ["/bin/cat"]
[services.ill]
port = %d
%s
`, a, b, rest))
	return s, address(a), address(b)
}

// write makes a file of the test's folder.
func (s *super) write(name, text string, mode os.FileMode) string {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
	return s.path(name)
}

// A program that cannot be run costs its own clients their connection, at once.
func TestUnrunnable(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"missing":        {"", "no such file"},
		"not executable": {"#!/bin/sh\n", "permission denied"},
		"no program":     {"neither a script nor a program\n", "exec format error"},
		"no interpreter": {"#!/no/such/interpreter\n", "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			s, well, ill := beside(t, with{}, `exec = ["$DIR/program"]`)
			if mode := os.FileMode(0o755); c.text != "" {
				if name == "not executable" {
					mode = 0o644
				}
				s.write("program", c.text, mode)
			}
			for range 20 {
				conn := dial(t, "tcp", ill)
				if got := readAll(t, conn); got != "" {
					t.Errorf("read %q", got)
				}
			}
			s.waitLog(`event=spawn-fail service=ill.*execve.*` + c.want)
			unharmed(t, well)
			s.idles("nobody asks for the program that cannot be run")
			// It is no life sentence: the program comes, and is run.
			s.write("program", "#!/bin/sh\necho mended\n", 0o755)
			os.Chmod(s.path("program"), 0o755)
			if got := readAll(t, dial(t, "tcp", ill)); got != "mended\n" {
				t.Errorf("read %q", got)
			}
		})
	}
}

// lease holds a write lease on a file: an execve of it waits in the kernel until
// the lease is given up, at most lease-break-time (45 s).
func lease(t *testing.T, name string) (giveUp func()) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	// The kernel tells the holder by SIGIO, whose default would be our end; the Go
	// runtime lets it pass.
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		t.Fatalf("F_SETLEASE: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return func() { f.Close() }
}

// unanswered makes an execve wait for a fanotify listener (a virus scanner, say)
// that never answers.
func unanswered(t *testing.T, name string) (giveUp func()) {
	t.Helper()
	fd, err := unix.FanotifyInit(unix.FAN_CLASS_CONTENT|unix.FAN_CLOEXEC, unix.O_RDONLY)
	if err == nil {
		err = unix.FanotifyMark(fd, unix.FAN_MARK_ADD, unix.FAN_OPEN_EXEC_PERM, unix.AT_FDCWD, name)
	}
	if err != nil {
		testneed.Missing(t, "needs fanotify with permissions: "+err.Error())
	}
	giveUp = sync.OnceFunc(func() { unix.Close(fd) })
	t.Cleanup(giveUp)
	return giveUp
}

// An exec that hangs, as on a dead file server, keeps its own service waiting,
// for three seconds each; even if there are more such services than superd has
// places for children on their way.
func TestExecHangs(t *testing.T) {
	testneed.Need(t, "root")
	for name, hang := range map[string]func(*testing.T, string) func(){"lease": lease, "fanotify": unanswered} {
		t.Run(name, func(t *testing.T) { testExecHangs(t, hang) })
	}
}

func testExecHangs(t *testing.T, hang func(*testing.T, string) (giveUp func())) {
	const services = 40
	well, first := port(t), 0
	var conf strings.Builder
	fmt.Fprintf(&conf, "[defaults]\nuser = \"nobody\"\nhost = \"127.0.0.1\"\n[services.well]\nport = %d\nexec = [\"/bin/cat\"]\n", well)
	var ports []int
	for i := range services {
		p := port(t)
		ports = append(ports, p)
		fmt.Fprintf(&conf, "[services.ill%d]\nport = %d\nexec = [\"$DIR/program\"]\n", i, p)
	}
	first = ports[0]
	s := start(t, with{}, conf.String())
	text, err := os.ReadFile("/bin/echo")
	if err != nil {
		t.Fatal(err)
	}
	name := s.write("program", string(text), 0o755)
	os.Chmod(name, 0o755)
	giveUp := hang(t, name)
	for _, p := range ports {
		for range 10 {
			dial(t, "tcp", address(p))
		}
	}
	s.until("children that hang", func() bool { return len(children(s.pid)) >= services })
	unharmed(t, address(well))
	s.idles("programs hang in their exec")
	unharmed(t, address(well))
	s.waitLog(`event=spawn-fail.*not done in time`)
	unharmed(t, address(well))
	s.reload()
	giveUp()
	if got := readAll(t, dial(t, "tcp", address(first))); got != "\n" {
		t.Errorf("after the lease was given up: read %q", got)
	}
}

// What a handler leaves behind keeps its client's connection, as its author
// wanted it; superd does not wait for that.
func TestLeftBehind(t *testing.T) {
	s, well, ill := beside(t, with{}, `exec = ["/bin/sh", "-c", "exec 3<&0; cat <&3 & echo started"]`)
	conn := dial(t, "tcp", ill)
	expect(t, conn, "started\n")
	s.waitLog(`event=exit service=ill`)
	// The connection is open still: somebody has it.
	conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := conn.Read(make([]byte, 10)); err == nil || !os.IsTimeout(err) {
		t.Errorf("read %d, %v; want the connection to be open", n, err)
	}
	unharmed(t, well)
	conn.SetDeadline(time.Now().Add(patience))
	conn.(*net.TCPConn).CloseWrite()
	if got := readAll(t, conn); got != "" {
		t.Errorf("read %q", got)
	}
	// And what handlers of nobody's session leave is not superd's to reap.
	s.until("superd to have no children", func() bool { return len(children(s.pid)) == 0 })
}

// Handlers that behave badly, all of them at once.
func TestBadHandlers(t *testing.T) {
	for name, exec := range map[string]string{
		"never reads":   `["/bin/sleep", "1000"]`,
		"ends at once":  `["/bin/true"]`,
		"kills itself":  `["/bin/sh", "-c", "kill -KILL $$"]`,
		"forks":         `["/bin/sh", "-c", "for i in 1 2 3 4 5; do setsid sleep 5 & done"]`,
		"writes":        `["/bin/sh", "-c", "while :; do echo yes; done"]`,
		"stderr":        `["/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do echo noise >&2; done"]`,
		"stops itself":  `["/bin/sh", "-c", "kill -STOP $$"]`,
		"kills superd":  `["/bin/sh", "-c", "kill -KILL $PPID; kill -TERM 0"]`,
		"closes all":    `["/bin/sh", "-c", "exec 0<&- 1>&- 2>&-; sleep 1000"]`,
		"ignores TERM":  `["/bin/sh", "-c", "trap '' TERM HUP INT; while :; do sleep 1; done"]`,
		"traced memory": `["/bin/sh", "-c", "cat /proc/$PPID/mem /proc/$PPID/environ; echo > /proc/$PPID/fd/2"]`,
	} {
		t.Run(name, func(t *testing.T) {
			s, well, ill := beside(t, with{}, "exec = "+exec)
			for range 20 {
				fmt.Fprintln(dial(t, "tcp", ill), "hello")
			}
			s.waitCount(`event=start service=ill`, 20)
			unharmed(t, well)
			s.signal(syscall.SIGTERM)
			if code := s.waitEnd(10 * time.Second); code != 0 {
				t.Errorf("superd ended with %d", code)
			}
		})
	}
}

// A wait handler, or what it has left behind, may do what it likes to the socket
// that it shares with superd.
func TestWaitSpoilsSocket(t *testing.T) {
	testneed.Need(t, "root", "namespaces")
	for _, c := range []struct{ network, what string }{
		{"tcp", "shutdown"}, {"tcp", "shutdowns"}, {"tcp", "blocking"}, {"udp", "shutdown"}, {"udp", "shutdowns"}, {"udp", "blocking"},
	} {
		t.Run(c.network+" "+c.what, func(t *testing.T) {
			// A process namespace ends what is left behind, with superd.
			s, well, ill := beside(t, with{flags: unix.CLONE_NEWPID | unix.CLONE_NEWNS, wrap: []string{"proc=1"}},
				fmt.Sprintf("mode = \"wait\"\nproto = %q\nexec = [\"$BIN/faulty\", %q]", c.network, c.what))
			knock(t, c.network, ill)
			s.waitLog(`event=exit service=ill`)
			unharmed(t, well)
			s.idles("the socket of a wait service is spoiled: " + c.what)
			unharmed(t, well)
			if c == (struct{ network, what string }{"tcp", "shutdown"}) {
				// It listens again.
				s.until("a client to be let in", func() bool {
					c, err := net.DialTimeout("tcp", ill, time.Second)
					if err == nil {
						c.Close()
					}
					return err == nil
				})
			}
			if n := s.count(`service=ill`); n > 100 {
				t.Errorf("%d lines of log", n)
			}
		})
	}
}

func knock(t *testing.T, network, addr string) {
	t.Helper()
	if _, err := dial(t, network, addr).Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
}

// A wait handler that leaves unread what it was started for is not started over
// and over.
func TestWaitLeavesUnread(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			s, well, ill := beside(t, with{}, fmt.Sprintf("mode = \"wait\"\nproto = %q\nexec = [\"/bin/true\"]", network))
			conn := dial(t, network, ill)
			conn.Write([]byte("unread\n"))
			s.waitLog(`leaves unread`)
			s.until("the pauses to have grown", func() bool { return s.count(`event=exit service=ill`) >= 5 })
			s.idles("a wait handler reads nothing")
			unharmed(t, well)
			if n := s.count(`event=start service=ill`); n > 30 {
				t.Errorf("started %d times", n)
			}
		})
	}
}

// A process of the handler's user that stops everything it may, also children on
// their way to their exec. In a process namespace, so that it may not reach more.
func TestStopsEverything(t *testing.T) {
	conf := fmt.Sprintf(`exec = ["/bin/echo", "x"]
user = "%d"
group = "%d"`, alone, alone)
	testneed.Need(t, "root", "namespaces")
	s, well, ill := beside(t, with{flags: unix.CLONE_NEWPID | unix.CLONE_NEWNS, wrap: []string{"proc=1"}},
		conf+"\n[services.stopper]\nport = \"$DIR/stop.sock|unix\"\nexec = [\"$BIN/faulty\", \"stopper\"]\nuser = \""+fmt.Sprint(alone)+"\"\ngroup = \""+fmt.Sprint(alone)+"\"\n")
	dial(t, "unix", s.path("stop.sock"))
	s.waitLog(`event=start service=stopper`)
	for range 50 {
		dial(t, "tcp", ill)
	}
	for range 5 {
		unharmed(t, well)
	}
	s.idles("a process stops all of its user's")
}

// kill -9 of handlers, one and all, is their end and nobody else's.
func TestHandlersKilled(t *testing.T) {
	s, well, ill := beside(t, with{}, "exec = [\"/bin/cat\"]\nmax_servers = 10")
	var conns []net.Conn
	for range 20 {
		conns = append(conns, dial(t, "tcp", ill))
	}
	for round := range 2 { // ten that serve, and then ten that waited
		s.until("ten handlers", func() bool { return len(children(s.pid)) == 10 })
		unharmed(t, well)
		s.until("the other service's to be gone", func() bool { return len(children(s.pid)) == 10 })
		for _, pid := range children(s.pid) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		for _, c := range conns[10*round : 10*round+10] {
			if got, err := io.ReadAll(c); err != nil || len(got) > 0 {
				t.Errorf("read %q, %v", got, err)
			}
		}
	}
	s.until("no handlers", func() bool { return len(children(s.pid)) == 0 })
	s.waitCount(`event=exit service=ill.*signal=SIGKILL`, 20)
	if served := load(t, ill, 50, 4, nil, same); served != 50 {
		t.Errorf("%d of 50 served after", served)
	}
}
