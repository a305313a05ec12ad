// SPDX-License-Identifier: Apache-2.0

package shim

import (
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// socketWords are the variables about the socket at fd, those that superd gives
// its handlers; none if it is no socket.
func socketWords(fd int) []string {
	unmap(fd)
	local, err := unix.Getsockname(fd)
	if err != nil {
		return nil
	}
	proto := protocol(fd)
	words := []string{"PROTO=" + proto}
	remote, err := unix.Getpeername(fd)
	if err != nil {
		return words // it listens, or takes datagrams of many
	}
	here, ok1 := addrPort(local)
	there, ok2 := addrPort(remote)
	if !ok1 || !ok2 {
		return words
	}
	ip, port := there.Addr().String(), strconv.Itoa(int(there.Port()))
	words = append(words, "REMOTE_HOST="+ip, "REMOTE_ADDR="+ip, "REMOTE_PORT="+port)
	if proto == "TCP" {
		words = append(words,
			"TCPLOCALIP="+here.Addr().String(), "TCPLOCALPORT="+strconv.Itoa(int(here.Port())),
			"TCPREMOTEIP="+ip, "TCPREMOTEPORT="+port)
	}
	return words
}

// unmap makes a socket of an IPv4 client an IPv4 socket, where it is an IPv6 one
// with a mapped address: programs compare addresses as text. The kernel refuses it
// for any other socket.
func unmap(fd int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_ADDRFORM, unix.AF_INET)
}

func protocol(fd int) string {
	if domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN); err == nil && domain == unix.AF_UNIX {
		return "UNIX"
	}
	switch n, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL); n {
	case unix.IPPROTO_UDP:
		return "UDP"
	case unix.IPPROTO_SCTP:
		return "SCTP"
	}
	return "TCP"
}

func addrPort(sa unix.Sockaddr) (netip.AddrPort, bool) {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)), true
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), uint16(sa.Port)), true
	}
	return netip.AddrPort{}, false
}
