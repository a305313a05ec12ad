// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
	"superd/services"
)

// TestKeysAsTheKernel binds each pair of addresses as superd would and asserts
// that keys foresees which pairs the kernel refuses.
func TestKeysAsTheKernel(t *testing.T) {
	type address struct {
		host   string
		v6only bool
		sa     func(port int) unix.Sockaddr
	}
	v4 := func(a [4]byte) func(int) unix.Sockaddr {
		return func(port int) unix.Sockaddr { return &unix.SockaddrInet4{Port: port, Addr: a} }
	}
	v6 := func(a [16]byte) func(int) unix.Sockaddr {
		return func(port int) unix.Sockaddr { return &unix.SockaddrInet6{Port: port, Addr: a} }
	}
	addresses := []address{
		{"[::]", false, v6([16]byte{})}, {"[::]", true, v6([16]byte{})}, {"[::1]", true, v6([16]byte{15: 1})},
		{"0.0.0.0", false, v4([4]byte{})}, {"127.0.0.1", false, v4([4]byte{127, 0, 0, 1})}, {"127.0.0.2", false, v4([4]byte{127, 0, 0, 2})},
	}
	if !hasIPv6() {
		testneed.Missing(t, "this machine has no IPv6")
	}
	listen := func(a address, port int) (fd, bound int, err error) {
		fd, _ = unix.Socket(domain(a.sa(0)), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		t.Cleanup(func() { _ = unix.Close(fd) })
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		if domain(a.sa(0)) == unix.AF_INET6 {
			_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, map[bool]int{true: 1}[a.v6only])
		}
		if err = unix.Bind(fd, a.sa(port)); err == nil {
			err = unix.Listen(fd, 1)
		}
		if err == nil {
			bound = portOf(fd)
		}
		return fd, bound, err
	}
	for _, a := range addresses {
		for _, b := range addresses {
			var foreseen bool
			var err error
			for range 5 { // another process may have the port at the second address
				var port int
				if _, port, err = listen(a, 0); err != nil {
					testneed.Missing(t, fmt.Sprintf("cannot listen on %s: %v", a.host, err))
				}
				_, _, err = listen(b, port)
				socket := func(x address) services.Socket {
					return services.Socket{Network: "tcp", Address: fmt.Sprintf("%s:%d", x.host, port), V6Only: x.v6only}
				}
				takes, _ := keys(socket(a), "")
				_, clashes := keys(socket(b), "")
				foreseen = slices.ContainsFunc(clashes, func(k bindKey) bool { return slices.Contains(takes, k) })
				if foreseen == (err != nil) {
					break
				}
			}
			if foreseen != (err != nil) {
				t.Errorf("%s (v6only %v) beside %s (v6only %v): foreseen %v, the kernel says %v", b.host, b.v6only, a.host, a.v6only, foreseen, err)
			}
		}
	}
}

func domain(sa unix.Sockaddr) int {
	if _, ok := sa.(*unix.SockaddrInet4); ok {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

func portOf(fd int) int {
	sa, _ := unix.Getsockname(fd)
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return sa.Port
	case *unix.SockaddrInet6:
		return sa.Port
	}
	return 0
}
