// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"net/netip"
	"syscall"
)

// Peer is who stands at the other end.
type Peer struct {
	Addr   netip.AddrPort // of tcp, never v4-mapped; zero for unix sockets
	Mapped bool           // the descriptor still shows an IPv4 client as v4-mapped
}

// Accept takes one connection from a listening socket. The new descriptor is
// blocking and close-on-exec.
func Accept(fd int, p *Peer) (nfd int, errno syscall.Errno) { return -1, syscall.ENOSYS }

// LocalAddr gives a connection's own end, never v4-mapped; zero for unix sockets.
func LocalAddr(fd int) (netip.AddrPort, syscall.Errno) { return netip.AddrPort{}, syscall.ENOSYS }

// PeekPeer tells who sent the first datagram that waits, and its size in bytes,
// without reading any of them. EAGAIN: none waits.
func PeekPeer(fd int) (peer netip.AddrPort, size int, errno syscall.Errno) {
	return netip.AddrPort{}, 0, syscall.ENOSYS
}

// DropDatagram throws the first datagram away without reading it. EAGAIN: none waits.
func DropDatagram(fd int) syscall.Errno { return syscall.ENOSYS }

// QueueLen tells how many connections wait to be accepted on a tcp socket.
func QueueLen(fd int) (int, syscall.Errno) { return 0, syscall.ENOSYS }

// SendBanner sends as much of text as the socket takes at once.
func SendBanner(fd int, text []byte) (int, syscall.Errno) { return 0, syscall.ENOSYS }

// ShutdownWrite ends the sending side.
func ShutdownWrite(fd int) syscall.Errno { return syscall.ENOSYS }

// PeerCred tells who connected to a unix socket, as the kernel noted at connect.
func PeerCred(fd int) (pid int32, uid, gid uint32, errno syscall.Errno) {
	return 0, 0, 0, syscall.ENOSYS
}
