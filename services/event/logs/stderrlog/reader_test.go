// SPDX-License-Identifier: Apache-2.0

package stderrlog

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

// world is a Read, the syslog that it talks to, and superd's end.
type world struct {
	t       *testing.T
	syslog  *net.UnixConn
	control int
	done    chan error
}

func newWorld(t *testing.T) *world {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, syslog: c, control: ends[0], done: make(chan error, 1)}
	go func() {
		err := Read(Options{Control: ends[1], Network: "unix", Address: path, Facility: "local0", Ident: "test", Pid: 7, Stderr: io.Discard})
		unix.Close(ends[1])
		w.done <- err
	}()
	return w
}

// pipe gives a service's pipe to the reader; superd keeps r.
func (w *world) pipe(service string) (r, write int) {
	w.t.Helper()
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		w.t.Fatal(err)
	}
	if err := Give(w.control, service, ends[0]); err != nil {
		w.t.Fatal(err)
	}
	return ends[0], ends[1]
}

// hears waits for a message that ends so, and gives those before it.
func (w *world) hears(end string) (before []string) {
	w.t.Helper()
	w.syslog.SetReadDeadline(time.Now().Add(patience))
	for buf := make([]byte, 9000); ; {
		n, err := w.syslog.Read(buf)
		if err != nil {
			w.t.Fatalf("waiting for %q: %v; heard %.300q", end, err, before)
		}
		if strings.HasSuffix(string(buf[:n]), end) {
			return before
		}
		before = append(before, string(buf[:n]))
	}
}

func (w *world) ends() {
	w.t.Helper()
	select {
	case err := <-w.done:
		if err != nil {
			w.t.Error(err)
		}
	case <-time.After(patience):
		w.t.Fatal("it does not end")
	}
}

func TestEndsWithTheLastWriter(t *testing.T) {
	w := newWorld(t)
	r, a := w.pipe("a")
	r2, b := w.pipe("b")
	unix.Write(a, []byte("one\ntw"))
	w.hears(" test[7]: a: one")
	unix.Close(w.control)
	unix.Close(r)
	unix.Close(r2)
	unix.Write(b, []byte("three\n"))
	w.hears("b: three")
	unix.Close(a)
	w.hears("a: tw")
	select {
	case <-w.done:
		t.Error("it ended while somebody could write")
	default:
	}
	unix.Close(b)
	w.ends()
}

func TestFinishLeavesNothing(t *testing.T) {
	w := newWorld(t)
	r, a := w.pipe("a")
	defer unix.Close(a)
	defer unix.Close(r)
	defer unix.Close(w.control)
	unix.Write(a, []byte("one\ntwo"))
	if err := Finish(w.control); err != nil {
		t.Fatal(err)
	}
	w.ends()
	w.hears("a: one")
	w.hears("a: two")
	unix.Write(a, []byte("for the next\n"))
	if n, _ := unix.Read(r, make([]byte, 100)); n != 13 {
		t.Errorf("the pipe has %d bytes for the next reader", n)
	}
}

// TestAFloodIsCut: one service that writes what it can has its lines a second and a
// sum, and another one's line gets through.
func TestAFloodIsCut(t *testing.T) {
	w := newWorld(t)
	r, a := w.pipe("a")
	r2, b := w.pipe("b")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for text := []byte(strings.Repeat("flood\n", 600)); ; {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := unix.Write(a, text); err == unix.EAGAIN {
				unix.Poll([]unix.PollFd{{Fd: int32(a), Events: unix.POLLOUT}}, 10)
			}
		}
	}()
	w.hears("a: flood")
	unix.Write(b, []byte("calm\n"))
	before := w.hears("b: calm")
	if len(before) > 3*maxLines {
		t.Errorf("%d lines of the flood came first", len(before))
	}
	before = w.hears("lines more were dropped")
	if len(before) > 2*maxLines {
		t.Errorf("%d lines of one window", len(before))
	}
	close(stop)
	<-stopped
	for _, fd := range []int{w.control, r, r2, a, b} {
		unix.Close(fd)
	}
	w.ends()
}
