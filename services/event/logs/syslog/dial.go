// SPDX-License-Identifier: Apache-2.0

package syslog

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// How long a connection may take to come about, and a write to be taken.
const (
	dialWait  = 3 * time.Second
	writeWait = 3 * time.Second
)

// conn is a socket as srslog wants one. It is no net.Conn of the standard
// library, since those get the lowest free number, which belongs to clients, and
// keep it.
type conn struct {
	fd     int
	remote string
	end    string // of each message, where messages have no borders of their own
	by     *limit
}

// limit is when nothing may wait any more: it is set when the Sender closes.
type limit struct{ at atomic.Int64 } // nanoseconds since 1970; 0 = not yet

// over tells whether it has passed.
func (l *limit) over(now time.Time) bool {
	at := l.at.Load()
	return at != 0 && now.UnixNano() > at
}

// dial opens the socket at highBase or above.
func dial(network, address string, highBase int, by *limit) (net.Conn, error) {
	var err error
	var c *conn
	switch network {
	case "unix":
		// Of the local socket's two kinds a datagram socket is the usual one.
		if c, err = open(&unix.SockaddrUnix{Name: address}, unix.AF_UNIX, unix.SOCK_DGRAM, highBase, by); err == unix.EPROTOTYPE {
			if c, err = open(&unix.SockaddrUnix{Name: address}, unix.AF_UNIX, unix.SOCK_STREAM, highBase, by); err == nil {
				c.end = "\x00" // as the C library does
			}
		}
	default:
		var to netip.AddrPort
		if to, err = netip.ParseAddrPort(address); err != nil {
			break
		}
		kind := unix.SOCK_DGRAM
		if network == "tcp" {
			kind = unix.SOCK_STREAM
		}
		if a := to.Addr().Unmap(); a.Is4() {
			c, err = open(&unix.SockaddrInet4{Port: int(to.Port()), Addr: a.As4()}, unix.AF_INET, kind, highBase, by)
		} else {
			c, err = open(&unix.SockaddrInet6{Port: int(to.Port()), Addr: a.As16()}, unix.AF_INET6, kind, highBase, by)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("cannot reach syslog at %q: %w", network+":"+address, err)
	}
	if c.remote = address; network == "tcp" {
		c.end = "\n" // RFC 6587, 3.4.2, which all of them read
	}
	return c, nil
}

func open(to unix.Sockaddr, family, kind, highBase int, by *limit) (*conn, error) {
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, highBase); err == nil {
		unix.Close(fd)
		fd = high
	}
	err = unix.Connect(fd, to)
	if err == unix.EINPROGRESS || err == unix.EAGAIN {
		if err = by.wait(fd, dialWait); err == nil {
			err = pending(fd)
		}
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &conn{fd: fd, by: by}, nil
}

// pending is the socket's error, as that of a connect that went on by itself.
func pending(fd int) error {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && n != 0 {
		err = unix.Errno(n)
	}
	return err
}

// slice is how often a wait looks whether it is to end.
const slice = 50 * time.Millisecond

// wait waits until the socket can be written to.
func (l *limit) wait(fd int, most time.Duration) error {
	for deadline := time.Now().Add(most); ; {
		now := time.Now()
		if now.After(deadline) || l.over(now) {
			return os.ErrDeadlineExceeded
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, int(slice/time.Millisecond))
		switch {
		case n > 0:
			return nil
		case err != nil && err != unix.EINTR:
			return err
		}
	}
}

// Write sends one message whole.
func (c *conn) Write(message []byte) (int, error) {
	n, err := c.write(slices.Concat(message, []byte(c.end)))
	if err != nil {
		return n, fmt.Errorf("cannot send to syslog at %q: %w", c.remote, err)
	}
	return len(message), nil
}

// write looks first whether a tcp peer has gone, which would take one message
// more without a word.
func (c *conn) write(message []byte) (n int, err error) {
	gone := []unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLRDHUP}}
	if k, err := unix.Poll(gone, 0); err == nil && k > 0 && gone[0].Revents&(unix.POLLRDHUP|unix.POLLHUP) != 0 {
		return 0, unix.EPIPE
	}
	for n < len(message) {
		// No SIGPIPE, though Go's runtime would ignore it on this descriptor.
		k, err := unix.SendmsgN(c.fd, message[n:], nil, nil, unix.MSG_NOSIGNAL)
		switch err {
		case nil:
			n += k
		case unix.EINTR:
		case unix.EAGAIN:
			if err := c.by.wait(c.fd, writeWait); err != nil {
				return n, err
			}
		default:
			return n, err
		}
	}
	return n, nil
}

func (c *conn) Close() error { return unix.Close(c.fd) }

// The rest of net.Conn is never asked for.

func (c *conn) Read([]byte) (int, error)         { return 0, os.ErrInvalid }
func (c *conn) LocalAddr() net.Addr              { return addr(c.remote) }
func (c *conn) RemoteAddr() net.Addr             { return addr(c.remote) }
func (c *conn) SetDeadline(time.Time) error      { return nil }
func (c *conn) SetReadDeadline(time.Time) error  { return nil }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

type addr string

func (addr) Network() string  { return "custom" }
func (a addr) String() string { return string(a) }
