// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// managed makes a manager for a superd with a configuration, in which $DIR is a
// folder of the test's and $ME its user. write replaces the configuration.
func managed(t *testing.T, most int, conf string, args ...string) (m *testManager, dir string, write func(string)) {
	t.Helper()
	t.Parallel()
	dir = t.TempDir()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "superd.toml")
	write = func(text string) {
		text = strings.NewReplacer("$DIR", dir, "$ME", me.Username).Replace(text)
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(conf)
	return newTestManager(t, most, append([]string{"run", "-c", name}, args...)...), dir, write
}

// address waits for the address on which superd last began to listen for a service.
func (m *testManager) address(service string) string {
	m.t.Helper()
	re := regexp.MustCompile(`event=listening service=` + service + ` network=\S+ local=(\S+)`)
	m.awaitThat(service+" listens", func() bool { return re.MatchString(m.log.String()) })
	all := re.FindAllStringSubmatch(m.log.String(), -1)
	return all[len(all)-1][1]
}

func connect(t *testing.T, network, address string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout(network, address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	return c
}

func wantAnswer(t *testing.T, c net.Conn, want string) {
	t.Helper()
	buf := make([]byte, len(want))
	if n, err := io.ReadFull(c, buf); err != nil || string(buf) != want {
		t.Errorf("%s: got %q, %v; want %q", c.RemoteAddr(), buf[:n], err, want)
	}
}

const storeConf = `[defaults]
user = "$ME"
host = "127.0.0.1"
[services.zero]
port = 0
exec = ["/bin/echo", "zero"]
[services.local]
port = "$DIR/sock"
exec = ["/bin/echo", "local"]
[services.datagram]
port = "0/udp"
mode = "wait"
exec = ["/bin/sh", "-c", "dd bs=100 count=1 >&2 2>/dev/null"]
`

// TestKilledSuperdLosesNobody: sockets and who waits in them outlive kill -9, port
// 0 keeps its number, and a reload's changes are followed.
func TestKilledSuperdLosesNobody(t *testing.T) {
	m, dir, write := managed(t, 100, storeConf)
	m.start()
	m.awaitKept(4) // with the state
	if got := m.keeps(); !slices.Contains(got, "superd.state") || !slices.Contains(got, "s0") {
		t.Errorf("kept is %q", got)
	}
	var waiting []net.Conn
	for range 3 {
		zero, datagram := m.address("zero"), m.address("datagram")
		m.stop()
		for range 20 {
			waiting = append(waiting, connect(t, "tcp", zero), connect(t, "unix", dir+"/sock"))
		}
		if _, err := connect(t, "udp", datagram).Write([]byte("a datagram waits\n")); err != nil {
			t.Fatal(err)
		}
		m.signal(syscall.SIGKILL)
		m.wait()
		said := strings.Count(m.log.String(), "a datagram waits")
		m.start()
		for _, c := range waiting {
			want := "zero\n"
			if c.RemoteAddr().Network() == "unix" {
				want = "local\n"
			}
			wantAnswer(t, c, want)
		}
		waiting = nil
		m.awaitThat("the datagram is read", func() bool { return strings.Count(m.log.String(), "a datagram waits") == said+1 })
		if now := m.address("zero"); now != zero {
			t.Errorf("port 0 was %s and is %s", zero, now)
		}
		if n := len(m.keeps()); n != 4 {
			t.Errorf("after a restart %q are kept", m.keeps())
		}
	}
	// What a reload closes is dropped, its file goes; what it opens is kept.
	write(strings.ReplaceAll(strings.Replace(storeConf, "$DIR/sock", "$DIR/other", 1), "[services.datagram]", "[services.datagram]\ndisable = true"))
	m.signal(syscall.SIGHUP)
	m.awaitKept(3)
	if _, err := os.Lstat(dir + "/sock"); err == nil {
		t.Error("the file of a closed socket stays")
	}
	// A service that is gone when superd comes back is closed then.
	m.signal(syscall.SIGKILL)
	m.wait()
	write(strings.Split(storeConf, "[services.local]")[0])
	m.start()
	m.awaitKept(2)
	if _, err := os.Lstat(dir + "/other"); err == nil {
		t.Error("the file of a socket that nobody wants any more stays")
	}
	wantAnswer(t, connect(t, "tcp", m.address("zero")), "zero\n")
	// A drain means that nobody follows: the kernel shall tell clients.
	m.signal(syscall.SIGQUIT)
	m.wait()
	m.awaitKept(0)
}

// TestRestartLosesNobody: TERM as systemctl restart sends it. The file of a unix
// socket stays for the next superd, and with --leave-sessions so do sessions.
func TestRestartLosesNobody(t *testing.T) {
	conf := strings.Replace(storeConf, `exec = ["/bin/echo", "local"]`, `exec = ["/bin/cat"]`, 1)
	m, dir, _ := managed(t, 100, conf, "--leave-sessions")
	m.start()
	m.awaitKept(4)
	session := connect(t, "unix", dir+"/sock")
	fmt.Fprint(session, "before\n")
	wantAnswer(t, session, "before\n")
	zero := m.address("zero")
	m.signal(syscall.SIGTERM)
	m.wait()
	late := connect(t, "tcp", zero)
	local := connect(t, "unix", dir+"/sock")
	m.start()
	wantAnswer(t, late, "zero\n")
	fmt.Fprint(local, "late\n")
	wantAnswer(t, local, "late\n")
	fmt.Fprint(session, "after\n")
	wantAnswer(t, session, "after\n")
}

// TestOverlapWithWhatIsKept: the manager's copy of a socket is in the way of an
// address that overlaps, until it has dropped it.
func TestOverlapWithWhatIsKept(t *testing.T) {
	m, _, write := managed(t, 100, "[services.a]\nuser = \"$ME\"\nport = \"0.0.0.0:0\"\nexec = [\"/bin/echo\", \"a\"]\n")
	m.start()
	_, port, _ := strings.Cut(m.address("a"), ":")
	m.signal(syscall.SIGTERM)
	m.wait()
	conf := "[services.a]\nuser = \"$ME\"\nport = \"%s:%s\"\nexec = [\"/bin/echo\", \"%s\"]\n"
	write(fmt.Sprintf(conf, "0.0.0.0", port, "wide"))
	m.start()
	m.awaitKept(2)
	write(fmt.Sprintf(conf, "127.0.0.1", port, "narrow"))
	m.signal(syscall.SIGHUP)
	m.awaitThat("the address is narrow", func() bool { return strings.Contains(m.log.String(), "listening on tcp 127.0.0.1:"+port) })
	wantAnswer(t, connect(t, "tcp", "127.0.0.1:"+port), "narrow\n")
	m.awaitKept(2)
}

// TestManagerThatKeepsNothing: superd finds out, and takes its files along.
func TestManagerThatKeepsNothing(t *testing.T) {
	m, dir, _ := managed(t, 0, storeConf)
	m.start()
	m.await(0, "BARRIER=1")
	m.signal(syscall.SIGTERM)
	m.wait()
	if _, err := os.Lstat(dir + "/sock"); err == nil {
		t.Error("the file of a unix socket stays")
	}
	for _, text := range m.messages() {
		if strings.HasPrefix(text, "FDSTORE=1") && !strings.Contains(text, "superd.probe") {
			t.Errorf("the manager is asked to keep something: %q", text)
		}
	}
	// From systemd 254 on the manager says how many it keeps.
	m.env = []string{"FDSTORE=3"}
	m.most = 3
	m.start()
	m.awaitKept(3)
	m.awaitThat("superd says that there are too many", func() bool { return strings.Contains(m.log.String(), "keeps 2 of superd's sockets and no more") })
}

// TestBadState: a state that cannot be read costs only what it would tell.
func TestBadState(t *testing.T) {
	m, dir, _ := managed(t, 100, strings.Replace(storeConf, "port = 0", `port = "$DIR/zero"`, 1))
	m.start()
	m.awaitKept(4)
	client := func() net.Conn { return connect(t, "unix", dir+"/zero") }
	for _, junk := range []string{"", "superd01", "superd01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		m.stop()
		c := client()
		m.signal(syscall.SIGKILL)
		m.wait()
		i := slices.Index(m.keeps(), "superd.state")
		if i < 0 {
			t.Fatalf("no state is kept: %q", m.keeps())
		}
		if _, err := m.kept[i].WriteAt([]byte(junk+strings.Repeat("\x00", 64)), 0); err != nil {
			t.Fatal(err)
		}
		m.start()
		wantAnswer(t, c, "zero\n")
		m.awaitThat("a state is kept again", func() bool { return slices.Contains(m.keeps(), "superd.state") })
	}
}

// TestWaitHandlerOutlivesSuperd: who has a wait service's socket from a superd that
// was killed keeps it, alone and blocking, until it ends.
func TestWaitHandlerOutlivesSuperd(t *testing.T) {
	m, dir, _ := managed(t, 100, `[services.slow]
user = "$ME"
port = "127.0.0.1:0/udp"
mode = "wait"
exec = ["/bin/sh", "-c", "dd bs=100 count=1 2>/dev/null >>$DIR/got; until test -e $DIR/end; do read x <$DIR/fifo; done; echo ended >>$DIR/got"]
`)
	if err := syscall.Mkfifo(dir+"/fifo", 0o666); err != nil {
		t.Fatal(err)
	}
	got := func(want string) func() bool {
		return func() bool { text, _ := os.ReadFile(dir + "/got"); return string(text) == want }
	}
	m.start()
	m.awaitKept(2)
	c := connect(t, "udp", m.address("slow"))
	fmt.Fprintln(c, "first")
	m.awaitThat("the first is read", got("first\n"))
	for range 2 {
		m.signal(syscall.SIGKILL)
		m.wait()
		m.start()
	}
	re := regexp.MustCompile(`process \d+, which an earlier superd has started, has udp`)
	if n := len(re.FindAllString(m.log.String(), -1)); n != 2 {
		t.Errorf("the handler was found %d times", n)
	}
	fmt.Fprintln(c, "second")
	n := len(m.messages())
	m.signal(syscall.SIGHUP) // the engine has turned when that is done
	m.await(n, "READY=1\nSTATUS=services: 1, sessions: 1")
	if !got("first\n")() {
		t.Error("another handler was started beside it")
	}
	if err := os.WriteFile(dir+"/end", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	wake := func() {
		if f, err := os.OpenFile(dir+"/fifo", os.O_WRONLY, 0); err == nil {
			fmt.Fprintln(f)
			f.Close()
		}
	}
	go wake()
	m.awaitThat("another reads the second", got("first\nended\nsecond\nended\n"))
}

// TestStoreInBatches: of many sockets no message is lost, and all come back.
func TestStoreInBatches(t *testing.T) {
	const n = 1000
	var ports []string
	for i := range n {
		ports = append(ports, fmt.Sprintf("%q", fmt.Sprintf("$DIR/%d", i)))
	}
	m, dir, _ := managed(t, n+1, "[services.many]\nuser = \"$ME\"\nport = ["+strings.Join(ports, ", ")+"]\nexec = [\"/bin/echo\", \"many\"]\n")
	m.start()
	m.awaitKept(n + 1)
	barriers := 0
	for _, text := range m.messages() {
		if text == "BARRIER=1" {
			barriers++
		}
	}
	if barriers < n/200 {
		t.Errorf("%d barriers for %d sockets", barriers, n)
	}
	m.stop()
	first, last := connect(t, "unix", dir+"/0"), connect(t, "unix", fmt.Sprintf("%s/%d", dir, n-1))
	m.signal(syscall.SIGKILL)
	m.wait()
	m.start()
	wantAnswer(t, first, "many\n")
	wantAnswer(t, last, "many\n")
	if kept := len(m.keeps()); kept != n+1 {
		t.Errorf("%d are kept after a restart, want %d", kept, n+1)
	}
}
