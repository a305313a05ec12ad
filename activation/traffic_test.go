// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// accepted gives both ends of a connection, ours as a raw descriptor.
func accepted(t *testing.T) (client *net.TCPConn, fd int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f, err := s.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd, err = unix.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return c.(*net.TCPConn), fd
}

func TestTraffic(t *testing.T) {
	check := func(t *testing.T, fd int, read, written int64) {
		t.Helper()
		if r, w, errno := Traffic(fd); r != read || w != written || errno != 0 {
			t.Errorf("read %d, written %d, %v; want %d, %d", r, w, errno, read, written)
		}
	}
	await := func(t *testing.T, fd, n int) {
		t.Helper()
		if err := pollFor(fd, unix.POLLIN); err != nil {
			t.Fatal(err)
		}
		for {
			if got, err := unix.IoctlGetInt(fd, unix.SIOCINQ); err != nil || got >= n {
				return
			}
		}
	}
	t.Run("nothing", func(t *testing.T) {
		_, fd := accepted(t)
		check(t, fd, 0, 0)
	})
	t.Run("unread", func(t *testing.T) {
		c, fd := accepted(t)
		c.Write([]byte("hello"))
		await(t, fd, 5)
		check(t, fd, 0, 0)
		unix.Read(fd, make([]byte, 2))
		check(t, fd, 2, 0)
	})
	t.Run("FIN", func(t *testing.T) {
		c, fd := accepted(t)
		c.CloseWrite()
		if err := pollFor(fd, unix.POLLRDHUP); err != nil {
			t.Fatal(err)
		}
		check(t, fd, 0, 0)
	})
	t.Run("unread, FIN", func(t *testing.T) {
		c, fd := accepted(t)
		c.Write([]byte("hello"))
		c.CloseWrite()
		if err := pollFor(fd, unix.POLLRDHUP); err != nil {
			t.Fatal(err)
		}
		check(t, fd, 0, 0)
		unix.Read(fd, make([]byte, 5))
		check(t, fd, 5, 0)
	})
	t.Run("written", func(t *testing.T) {
		_, fd := accepted(t)
		unix.Write(fd, []byte("abc"))
		check(t, fd, 0, 3)
	})
	t.Run("unix", func(t *testing.T) {
		ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(ends[0])
		defer unix.Close(ends[1])
		if _, _, errno := Traffic(ends[0]); errno == 0 {
			t.Error("a unix socket was counted")
		}
	})
}

func pollFor(fd int, events int16) error {
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: events}}, 10_000)
		if err != unix.EINTR {
			return err
		}
	}
}
