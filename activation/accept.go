// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Peer is who connected.
type Peer struct {
	// Addr is a tcp client's address, never v4-mapped; zero for unix sockets. The
	// zone of a link-local address is kept; rules compare without it.
	Addr netip.AddrPort
	// Mapped says that getpeername and getsockname of the connection still show an
	// IPv4 client as v4-mapped; see Accept.
	Mapped bool
}

// Accept takes one connection from a listening socket. The new descriptor is
// close-on-exec and blocking, which is what a handler expects (the flag would be
// its own to clear, and none does).
//
// An IPv4 client of a dual-stack socket is turned into an AF_INET connection
// (IPV6_ADDRFORM). The kernel does this only while the connection is
// ESTABLISHED: of a client that has sent FIN before it was accepted, as `nc -N`
// does, the descriptor stays v4-mapped and p.Mapped says so. A service whose
// handlers may never see that listens on Split sockets.
//
// EAGAIN: nobody waits. See Vanished for errors that say nothing of the listener.
func Accept(fd int, p *Peer) (nfd int, errno syscall.Errno) {
	var sa [sizeofSockaddr]byte
	for {
		n := uint32(len(sa))
		// Not a RawSyscall: should another holder of the listening socket have
		// cleared O_NONBLOCK on it, accept4 sleeps, and must not stop the collector.
		r, _, e := syscall.Syscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(&sa)),
			uintptr(unsafe.Pointer(&n)), unix.SOCK_CLOEXEC, 0, 0)
		if e == syscall.EINTR {
			continue
		}
		if e != 0 {
			return -1, e
		}
		*p = Peer{}
		addr, scope, ok := decode(sa[:min(int(n), len(sa))])
		if ok {
			p.Mapped = addr.Addr().Is4In6() && addrForm(int(r)) != 0
			p.Addr = canonical(int(r), addr, scope)
		}
		return int(r), 0
	}
}

// addrForm makes an AF_INET socket of an AF_INET6 one whose peer is v4-mapped.
func addrForm(fd int) syscall.Errno {
	family := int32(unix.AF_INET)
	_, _, errno := syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.IPPROTO_IPV6, unix.IPV6_ADDRFORM,
		uintptr(unsafe.Pointer(&family)), unsafe.Sizeof(family), 0)
	return errno
}

// Vanished tells whether accept failed because of the one connection that it
// would have returned: accept(2) hands the network's errors of it on. The next
// one may be had at once.
func Vanished(errno syscall.Errno) bool {
	switch errno {
	case unix.ECONNABORTED, unix.EPROTO, unix.ENOPROTOOPT, unix.ENETDOWN, unix.ENETUNREACH, unix.EHOSTDOWN,
		unix.EHOSTUNREACH, unix.ENONET, unix.EOPNOTSUPP, unix.ETIMEDOUT, unix.EPERM:
		return true // EPERM: a firewall rule, says accept(2)
	}
	return false
}

// LocalAddr gives a socket's own address, never v4-mapped; zero for unix sockets.
func LocalAddr(fd int) (netip.AddrPort, syscall.Errno) { return name(unix.SYS_GETSOCKNAME, fd) }

// PeerAddr gives the address of a connection's other end, never v4-mapped; zero
// for unix sockets.
func PeerAddr(fd int) (netip.AddrPort, syscall.Errno) { return name(unix.SYS_GETPEERNAME, fd) }

func name(call uintptr, fd int) (netip.AddrPort, syscall.Errno) {
	var sa [sizeofSockaddr]byte
	n := uint32(len(sa))
	_, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&n)))
	if errno != 0 {
		return netip.AddrPort{}, errno
	}
	addr, scope, _ := decode(sa[:min(int(n), len(sa))])
	return canonical(fd, addr, scope), 0
}

// PeerCred tells who connected to a unix stream socket: the kernel noted it at
// connect().
func PeerCred(fd int) (pid int32, uid, gid uint32, errno syscall.Errno) {
	var cred unix.Ucred
	n := uint32(unix.SizeofUcred)
	_, _, errno = syscall.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_PEERCRED,
		uintptr(unsafe.Pointer(&cred)), uintptr(unsafe.Pointer(&n)), 0)
	return cred.Pid, cred.Uid, cred.Gid, errno
}
