// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// limit is how long a test waits for what must come.
const limit = 20 * time.Second

// house is a running relay, with the test in superd's place.
type house struct {
	*testing.T
	channel int
	done    chan error
	told    *text
	before  int
	listen  *net.TCPListener
}

type text struct {
	mu sync.Mutex
	b  strings.Builder
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

func newHouse(t *testing.T, most int) *house { return newHouseWith(t, most, orphanTime, orphanLook) }

func newHouseWith(t *testing.T, most int, patience, look time.Duration) *house {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, done: make(chan error, 1), told: &text{}, before: openFiles(t), listen: l}
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	h.channel = ends[0]
	go func() {
		defer unix.Close(ends[1])
		h.done <- relayFor(Options{Channel: ends[1], Most: most, Stderr: h.told}, patience, look)
	}()
	t.Cleanup(h.close)
	return h
}

// close is superd's end: the relay must end, and leave nothing open.
func (h *house) close() {
	h.Helper()
	if h.channel < 0 {
		return
	}
	unix.Close(h.channel)
	h.channel = -1
	h.ends()
	h.settles("descriptors as before", func() bool { return openFiles(h.T) <= h.before })
	h.listen.Close()
}

func (h *house) ends() {
	h.Helper()
	select {
	case err := <-h.done:
		if err != nil {
			h.Errorf("the relay: %v", err)
		}
	case <-time.After(limit):
		h.Fatal("the relay does not end")
	}
}

// settles waits for a condition that nothing announces.
func (h *house) settles(what string, ok func() bool) {
	h.Helper()
	for end := time.Now().Add(limit); !ok(); {
		if time.Now().After(end) {
			h.Fatalf("%s: it does not come to that; %d descriptors, %d before", what, openFiles(h.T), h.before)
		}
		poll := time.NewTimer(2 * time.Millisecond)
		<-poll.C
	}
}

// dial makes a client and superd's descriptor of it.
func (h *house) dial() (*net.TCPConn, int) {
	h.Helper()
	c, err := net.DialTCP("tcp4", nil, h.listen.Addr().(*net.TCPAddr))
	if err != nil {
		h.Fatal(err)
	}
	s, err := h.listen.AcceptTCP()
	if err != nil {
		h.Fatal(err)
	}
	defer s.Close()
	c.SetDeadline(time.Now().Add(limit))
	return c, take(h.T, s)
}

// take makes a descriptor of a connection, blocking as superd's are.
func take(t *testing.T, c interface{ File() (*os.File, error) }) int {
	t.Helper()
	f, err := c.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// send gives the relay two descriptors, which are its own then.
func (h *house) send(id int, client, program int) {
	h.Helper()
	err := unix.Sendmsg(h.channel, fmt.Appendf(nil, "relay\nid=%d\n", id), unix.UnixRights(client, program), nil, unix.MSG_NOSIGNAL)
	if err != nil {
		h.Fatal(err)
	}
	unix.Close(client)
	unix.Close(program)
}

// meet gives a client and its program, the latter as the test plays it.
func (h *house) meet() (*net.TCPConn, *net.UnixConn) {
	h.Helper()
	c, conn := h.dial()
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		h.Fatal(err)
	}
	h.send(1, conn, ends[0])
	return c, programOf(h.T, ends[1])
}

func programOf(t *testing.T, fd int) *net.UnixConn {
	t.Helper()
	f := os.NewFile(uintptr(fd), "program")
	defer f.Close()
	p, err := net.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	p.SetDeadline(time.Now().Add(limit))
	return p.(*net.UnixConn)
}

func (h *house) say(c net.Conn, text string) {
	h.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		h.Fatalf("writing %q: %v", text, err)
	}
}

func (h *house) hears(c net.Conn, text string) {
	h.Helper()
	buf := make([]byte, len(text))
	if n, err := io.ReadFull(c, buf); err != nil || string(buf) != text {
		h.Fatalf("want %q, got %q, %v", text, buf[:n], err)
	}
}

// hearsEnd wants no more than an end.
func (h *house) hearsEnd(c net.Conn) {
	h.Helper()
	if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		h.Fatalf("want the end, got %d bytes, %v", n, err)
	}
}

// breaks wants writing to fail, with one of errs.
func (h *house) breaks(c net.Conn, errs ...error) {
	h.Helper()
	buf := make([]byte, 1<<16)
	for {
		if _, err := c.Write(buf); err != nil {
			for _, want := range errs {
				if errors.Is(err, want) {
					return
				}
			}
			h.Fatalf("writing ends with %v", err)
		}
	}
}

// vanish ends a client by a reset.
func vanish(c *net.TCPConn) {
	c.SetLinger(0)
	c.Close()
}
