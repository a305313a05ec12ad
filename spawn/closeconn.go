// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// CloseConn closes our copy of a connection without ever waiting. A program that
// has another may have asked for SO_LINGER and be gone, and then ours is the last
// close(), in which the kernel would wait for the client that long, even of a
// non-blocking socket (inet_release). What is on its way is delivered all the same.
// A linger time of 0 stays: it makes the kernel reset the connection, and waits
// for nobody.
func CloseConn(fd int) {
	var l unix.Linger
	n := uint32(unix.SizeofLinger)
	_, _, e := syscall.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_LINGER,
		uintptr(unsafe.Pointer(&l)), uintptr(unsafe.Pointer(&n)), 0)
	if e == 0 && l.Onoff != 0 && l.Linger != 0 {
		l = unix.Linger{}
		syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_LINGER,
			uintptr(unsafe.Pointer(&l)), uintptr(n), 0)
	}
	closeFD(fd)
}
