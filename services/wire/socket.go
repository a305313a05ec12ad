// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls that move bytes. They are raw because they never wait, and go by flags
// because O_NONBLOCK would be the connection's, not the descriptor's.

// read reads what is there. EAGAIN: nothing; 0 bytes: the end.
func read(fd int, buf []byte) (int, syscall.Errno) {
	return move(unix.SYS_RECVFROM, fd, buf, unix.MSG_DONTWAIT)
}

// write writes what there is room for. EAGAIN: nothing.
func write(fd int, buf []byte) (int, syscall.Errno) {
	return move(unix.SYS_SENDTO, fd, buf, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

func move(call uintptr, fd int, buf []byte, flags uintptr) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), flags, 0, 0)
		if errno == 0 {
			return int(n), 0
		}
		if errno != unix.EINTR {
			return 0, errno
		}
	}
}
