// SPDX-License-Identifier: Apache-2.0

package syslog

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"superd/services/event"
	"superd/services/event/logs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

var (
	noon   = time.Date(2026, 11, 4, 12, 0, 0, 0, time.Local)
	notice = PriorityOf("daemon", "notice")
)

func lost(n int64) string { return fmt.Sprintf("%d lost", n) }

// sender opens a Sender that ends with the test.
func sender(t *testing.T, opt Options) *Sender {
	t.Helper()
	opt.Lost = lost
	if opt.HighBase == 0 {
		opt.HighBase = 100
	}
	s := Open(opt)
	t.Cleanup(func() { s.Close() })
	return s
}

// datagrams listens on a local socket, which is closed with the test.
func datagrams(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func receive(t *testing.T, c net.PacketConn) string {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 65536)
	n, _, err := c.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

func TestLocalDatagrams(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	c := datagrams(t, path)
	s := sender(t, Options{Network: "unix", Address: path})
	s.Send(notice, noon, "superd", []byte("hello\n"))
	if got, want := receive(t, c), fmt.Sprintf("<29>Nov  4 12:00:00 superd[%d]: hello", os.Getpid()); got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	s.Send(PriorityOf("authpriv", "info"), noon, "xinetd", []byte("START: ftp\x1b\x7f\na"))
	if got, want := receive(t, c), fmt.Sprintf("<86>Nov  4 12:00:00 xinetd[%d]: START: ftp#033#177#012a", os.Getpid()); got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	s.Send(notice, noon, "superd", []byte(strings.Repeat("x", 100000)))
	if got := receive(t, c); len(got) > 8192 || !strings.HasSuffix(got, "xxx") {
		t.Errorf("a message of %d bytes", len(got))
	}
}

func TestDescriptorsAreHigh(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	c := datagrams(t, path)
	s := sender(t, Options{Network: "unix", Address: path, HighBase: 200, NoPid: true})
	s.Send(notice, noon, "superd", []byte("hello"))
	if got := receive(t, c); got != "<29>Nov  4 12:00:00 superd: hello" {
		t.Errorf("%q", got)
	}
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var high int
	for _, e := range names {
		var n int
		fmt.Sscan(e.Name(), &n)
		if to, _ := os.Readlink("/proc/self/fd/" + e.Name()); n >= 200 && strings.HasPrefix(to, "socket:") {
			high++
		}
	}
	if high != 1 {
		t.Errorf("%d descriptors above 200", high)
	}
}

func TestUDP(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	host, _ := os.Hostname()
	host, _, _ = strings.Cut(host, ".")
	s := sender(t, Options{Network: "udp", Address: c.LocalAddr().String()})
	s.Send(notice, noon, "superd", []byte("hello"))
	if got, want := receive(t, c), fmt.Sprintf("<29>Nov  4 12:00:00 %s superd[%d]: hello", host, os.Getpid()); got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// stream accepts connections and gives what comes by each of them, a message at
// a time, to got; hang ends them.
func stream(t *testing.T, l net.Listener, end byte) (got <-chan string, hang func()) {
	t.Helper()
	messages, conns := make(chan string, 10000), make(chan net.Conn, 100)
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns <- c
			go func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					m, err := r.ReadString(end)
					if err != nil {
						return
					}
					messages <- m
				}
			}()
		}
	}()
	return messages, func() {
		for len(conns) > 0 {
			(<-conns).Close()
		}
	}
}

func next(t *testing.T, got <-chan string) string {
	t.Helper()
	select {
	case m := <-got:
		return m
	case <-time.After(patience):
		t.Fatal("nothing came")
		return ""
	}
}

func TestStreams(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for _, c := range []struct {
		network, address string
		end              byte
	}{{"tcp", "127.0.0.1:0", '\n'}, {"unix", path, 0}} {
		l, err := net.Listen(c.network, c.address)
		if err != nil {
			t.Fatal(err)
		}
		got, hang := stream(t, l, c.end)
		s := sender(t, Options{Network: c.network, Address: l.Addr().String(), NoPid: true})
		for i := range 3 {
			s.Send(notice, noon, "superd", fmt.Appendf(nil, "%d\n", i))
			if m := next(t, got); !strings.HasSuffix(m, fmt.Sprintf("superd: %d%c", i, c.end)) {
				t.Errorf("%q", m)
			}
		}
		// The other side ends the connection: the next message must not get lost in it.
		hang()
		s.Send(notice, noon, "superd", []byte("again"))
		if m := next(t, got); !strings.Contains(m, "again") {
			t.Errorf("%q", m)
		}
		s.Close()
		hang()
	}
}

// TestSyslogComesLateAndAgain: what is said while it is away arrives, and somebody
// is told once for each time.
func TestSyslogComesLateAndAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	complaints := make(chan error, 100)
	s := sender(t, Options{Network: "unix", Address: path, NoPid: true, Complain: func(err error) { complaints <- err }})
	for round := range 2 {
		s.Send(notice, noon, "superd", fmt.Appendf(nil, "early %d", round))
		select {
		case err := <-complaints:
			if round == 0 && !strings.Contains(err.Error(), fmt.Sprintf("cannot reach syslog at %q: no such file", "unix:"+path)) {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Fatal("nobody was told")
		}
		s.Send(notice, noon, "superd", []byte("late"))
		c := datagrams(t, path)
		if one, two := receive(t, c), receive(t, c); !strings.HasSuffix(one, fmt.Sprintf("early %d", round)) || !strings.HasSuffix(two, "late") {
			t.Errorf("%q, %q", one, two)
		}
		c.Close()
		os.Remove(path)
	}
	if len(complaints) != 0 {
		t.Errorf("told %d times too often", len(complaints))
	}
}

func TestWhatIsLostIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := sender(t, Options{Network: "unix", Address: path, NoPid: true})
	start := time.Now()
	for i := range maxQueued + 23 {
		s.Send(notice, noon, "superd", fmt.Appendf(nil, "%d", i))
	}
	if waited := time.Since(start); waited > time.Second {
		t.Errorf("Send waited: %v", waited)
	}
	c := datagrams(t, path)
	for i := range maxQueued {
		if got := receive(t, c); !strings.HasSuffix(got, fmt.Sprintf(": %d", i)) {
			t.Fatalf("message %d: %q", i, got)
		}
	}
	if got := receive(t, c); !strings.HasPrefix(got, "<28>") || !strings.HasSuffix(got, "superd: 23 lost") {
		t.Errorf("%q", got)
	}
}

// TestAPeerThatDoesNotReadHoldsNobody: its buffers fill, and neither Send nor
// Close waits for it.
func TestAPeerThatDoesNotReadHoldsNobody(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 10)
	go func() {
		defer close(accepted)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	s := Open(Options{Network: "tcp", Address: l.Addr().String(), HighBase: 100, Lost: lost})
	long := []byte(strings.Repeat("x", 8000))
	start := time.Now()
	for range 3 * maxQueued {
		s.Send(notice, noon, "superd", long)
	}
	sent := time.Since(start)
	s.Close()
	if closed := time.Since(start) - sent; sent > 2*time.Second || closed > closeWait+time.Second {
		t.Errorf("Send waited %v, Close %v", sent, closed)
	}
	l.Close()
	for c := range accepted {
		c.Close()
	}
}

func TestCloseSendsWhatIsLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	c := datagrams(t, path)
	var got atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for buf := make([]byte, 100); ; got.Add(1) {
			if _, err := c.Read(buf); err != nil {
				return
			}
		}
	}()
	s := sender(t, Options{Network: "unix", Address: path})
	for range 1000 {
		s.Send(notice, noon, "superd", []byte("x"))
	}
	s.Close()
	s.Close()
	for deadline := time.Now().Add(patience); got.Load() < 1000 && time.Now().Before(deadline); {
		select {
		case <-done:
		case <-time.After(time.Millisecond):
		}
	}
	c.Close()
	if <-done; got.Load() != 1000 {
		t.Errorf("%d of 1000", got.Load())
	}
}

func TestCloseGivesUp(t *testing.T) {
	s := sender(t, Options{Network: "unix", Address: filepath.Join(t.TempDir(), "log")})
	s.Send(notice, noon, "superd", []byte("x"))
	start := time.Now()
	s.Close()
	if waited := time.Since(start); waited > closeWait/2 {
		t.Errorf("Close waited %v", waited)
	}
}

func TestPriorities(t *testing.T) {
	for _, c := range []struct {
		facility, severity string
		want               Priority
	}{{"kern", "emerg", 0}, {"daemon", "info", 30}, {"local7", "debug", 191}, {"authpriv", "warning", 84}, {"", "", 30}, {"none", "such", 30}} {
		if got := PriorityOf(c.facility, c.severity); got != c.want {
			t.Errorf("%s.%s: %d, want %d", c.facility, c.severity, got, c.want)
		}
	}
	for level, want := range []Priority{27, 28, 29, 30, 31} {
		if got := PriorityOf("daemon", "").With(uint8(level)); got != want {
			t.Errorf("level %d: %d, want %d", level, got, want)
		}
	}
}

func TestSink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	c := datagrams(t, path)
	s := sender(t, Options{Network: "unix", Address: path, NoPid: true})
	l := logs.New(logs.NewRing(), NewSink(func() *Sender { return s }, "local0", "test", logs.Bare))
	l.Post(event.Event{Time: noon, Kind: event.Exit, Level: event.LevelError, Service: "a b"})
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if got := receive(t, c); got != `<131>Nov  4 12:00:00 test: handler ended event=exit service="a b" status=0 duration=0.000000` {
		t.Errorf("%q", got)
	}
}

var _ io.Writer = (*conn)(nil)
