// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// SendBanner sends as much of text as the socket takes at once, and tells how
// much that was. It neither waits nor raises SIGPIPE. EAGAIN: not a byte.
func SendBanner(fd int, text []byte) (int, syscall.Errno) {
	if len(text) == 0 {
		return 0, 0
	}
	n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&text[0])),
		uintptr(len(text)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// ShutdownWrite ends the sending side: the client reads what was sent and then
// end of file. Closing instead, while bytes of the client lie unread, sends a
// reset, which takes a banner back out of the client's buffer.
func ShutdownWrite(fd int) syscall.Errno {
	_, _, errno := syscall.RawSyscall(unix.SYS_SHUTDOWN, uintptr(fd), unix.SHUT_WR, 0)
	return errno
}

// tcpiUnacked is the place of tcpi_unacked in struct tcp_info. Of a listening
// socket it is the length of the accept queue (tcp_get_info in the kernel).
const tcpiUnacked = 24

// QueueLen tells how many connections wait to be accepted from a listening tcp
// socket. EOPNOTSUPP for unix sockets, which cannot be asked this way.
func QueueLen(fd int) (int, syscall.Errno) {
	var info [tcpiUnacked + 4]byte
	n := uint32(len(info))
	_, _, errno := syscall.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&n)), 0)
	if errno != 0 {
		return 0, errno
	}
	if int(n) < len(info) {
		return 0, unix.EOPNOTSUPP
	}
	return int(binary.NativeEndian.Uint32(info[tcpiUnacked:])), 0
}
