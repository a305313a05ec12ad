// SPDX-License-Identifier: Apache-2.0

package spawn_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/spawn"
)

// unread is a TCP connection that lingers, with more on its way than its client
// has taken: ours is a blocking descriptor of one side.
func unread(t *testing.T, linger int32) (ours int, client net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.(*net.TCPConn).File()
	c.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if ours, err = unix.Dup(int(f.Fd())); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptLinger(ours, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: linger}); err != nil {
		t.Fatal(err)
	}
	for chunk := make([]byte, 1<<16); unix.Sendto(ours, chunk, unix.MSG_DONTWAIT, nil) == nil; {
	}
	return ours, client
}

// The program has ended before its start is looked after, so that the Launcher's
// close is the last: it must not wait for the client.
func TestSettleDoesNotLinger(t *testing.T) {
	l := launcher(t, spawn.Options{})
	conn, _ := unread(t, 20)
	l.Env()
	c, err := l.Start(compile(t, spec("/bin/true")), spawn.Binding{Conn: conn, Log: -1}, 7, now())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(c.Pidfd), Events: unix.POLLIN}}, 10_000); n != 1 {
		t.Fatal("the program does not end", err)
	}
	// A preemption signal would end the wait after some 10 ms.
	var urg, old unix.Sigset_t
	urg.Val[0] = 1 << (unix.SIGURG - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &urg, &old); err != nil {
		t.Fatal(err)
	}
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	began := time.Now()
	if e, err := settleOne(l); e != nil || err != nil {
		t.Fatal(e, err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it waited for the client for %v", took)
	}
	if _, err := spawn.Reap(c.Pidfd); err != nil {
		t.Error(err)
	}
	unix.Close(c.Pidfd)
}

// A program's wish that its client's connection be reset is not superd's to undo.
func TestCloseConnResets(t *testing.T) {
	conn, client := unread(t, 0)
	spawn.CloseConn(conn)
	if _, err := io.Copy(io.Discard, client); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%v; want a reset", err)
	}
}
