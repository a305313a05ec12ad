// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Channel is superd's end of a worker's channel: a SOCK_SEQPACKET socket, which
// neither waits nor ever takes a descriptor. It belongs to one goroutine. The zero
// value is no channel.
type Channel struct {
	fd int // 0: none, since that is no number that a channel has
}

// NewChannel makes a channel: superd's end at highBase or above if there is room,
// and the worker's, which the caller gives away and closes.
func NewChannel(highBase int) (ours Channel, theirs int, err error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return Channel{}, -1, err
	}
	fd := ends[0]
	if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, highBase); err == nil {
		unix.Close(fd)
		fd = high
	}
	return Channel{fd: fd}, ends[1], nil
}

// TakeChannel makes a channel of a descriptor that another image of this process had.
func TakeChannel(fd int) Channel { return Channel{fd: fd} }

// FD is the descriptor, for an epoll.
func (c *Channel) FD() int { return c.fd }

// Open tells whether there is a channel.
func (c *Channel) Open() bool { return c.fd != 0 }

// Close closes superd's end.
func (c *Channel) Close() {
	if c.fd != 0 {
		unix.Close(c.fd)
		c.fd = 0
	}
}

// End says that no more will come: the worker reads the end, and can still answer.
func (c *Channel) End() { unix.Shutdown(c.fd, unix.SHUT_WR) }

// Send sends a message, with descriptors if there are any, at most two. EAGAIN says
// that the worker does not read.
func (c *Channel) Send(msg []byte, fds ...int) syscall.Errno {
	return Send(c.fd, msg, fds...)
}

// Send is Channel.Send on any descriptor.
func Send(fd int, msg []byte, fds ...int) syscall.Errno {
	var control struct {
		h   unix.Cmsghdr
		fds [2]int32
	}
	iov := unix.Iovec{Base: &msg[0]}
	iov.SetLen(len(msg))
	h := unix.Msghdr{Iov: &iov}
	h.SetIovlen(1)
	if n := copyFDs(&control.fds, fds); n > 0 {
		control.h.Level, control.h.Type = unix.SOL_SOCKET, unix.SCM_RIGHTS
		control.h.SetLen(unix.SizeofCmsghdr + 4*n)
		h.Control = (*byte)(unsafe.Pointer(&control))
		h.SetControllen(unix.SizeofCmsghdr + 4*n)
	}
	for {
		_, _, errno := syscall.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&h)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		if errno != unix.EINTR {
			return errno
		}
	}
}

func copyFDs(to *[2]int32, fds []int) int {
	for i, fd := range fds {
		to[i] = int32(fd)
	}
	return len(fds)
}

// Receive reads one message into buf. There is no room for descriptors: those that a
// worker sends are closed by the kernel, and odd says that it sent some, or more than
// buf holds. EAGAIN: there is none. 0 bytes: the worker has closed its end.
func (c *Channel) Receive(buf []byte) (n int, odd bool, errno syscall.Errno) {
	iov := unix.Iovec{Base: &buf[0]}
	iov.SetLen(len(buf))
	for {
		h := unix.Msghdr{Iov: &iov}
		h.SetIovlen(1)
		r, _, e := syscall.RawSyscall(unix.SYS_RECVMSG, uintptr(c.fd), uintptr(unsafe.Pointer(&h)), unix.MSG_DONTWAIT)
		if e == unix.EINTR {
			continue
		}
		if e != 0 {
			return 0, false, e
		}
		return int(r), h.Flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0, 0
	}
}
