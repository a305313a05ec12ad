// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Root handles datagrams without ever reading a byte of them. Both calls below
// give the kernel no room to copy to: what waits is looked at by its address and
// length alone, or dropped unseen.

// PeekPeer tells who sent the first datagram that waits, and how many bytes it
// has, and leaves it where it is. A unix sender, and one without a name, has the
// zero address. EAGAIN: none waits. A datagram of a wrong checksum is dropped by
// the kernel at the peek, so this answers EAGAIN although the socket was ready.
func PeekPeer(fd int) (peer netip.AddrPort, size int, errno syscall.Errno) {
	var sa [sizeofSockaddr]byte
	msg := unix.Msghdr{Name: &sa[0], Namelen: uint32(len(sa))}
	// With MSG_TRUNC the result is the datagram's own length, not what was copied.
	const flags = unix.MSG_PEEK | unix.MSG_DONTWAIT | unix.MSG_TRUNC
	n, _, errno := syscall.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)), flags)
	if errno != 0 {
		return netip.AddrPort{}, 0, errno
	}
	addr, scope, _ := decode(sa[:min(int(msg.Namelen), len(sa))])
	return canonical(fd, addr, scope), int(n), 0
}

// DropDatagram throws the first datagram away. EAGAIN: none waits.
func DropDatagram(fd int) syscall.Errno {
	_, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), 0, 0, unix.MSG_DONTWAIT, 0, 0)
	return errno
}
