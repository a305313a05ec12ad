// SPDX-License-Identifier: Apache-2.0

package activation

import "net/netip"

// Key is what a socket is bound to. Two Specs of the same Key are the same
// socket, whatever their options say: those can be changed while it listens.
type Key struct {
	network string
	addr    netip.AddrPort
	name    string // a unix socket's path, or the tag of a port 0
	device  string
	v6only  bool
}

// Key gives what s is bound to.
func (s Spec) Key() Key {
	s = s.Canonical()
	name := s.Path
	if !s.hasPath() {
		name = s.Tag
	}
	return Key{network: s.Network, addr: s.Addr, name: name, device: s.Device, v6only: s.V6Only}
}

// Split gives the sockets that s is made of when no IPv4 client may be seen
// through an IPv6 socket: a dual-stack [::] becomes 0.0.0.0 and [::] with
// V6Only; anything else is itself.
func Split(s Spec) []Spec {
	s = s.Canonical()
	if s.hasPath() || s.V6Only || s.Addr.Addr() != netip.IPv6Unspecified() {
		return []Spec{s}
	}
	v4 := s
	v4.Addr = netip.AddrPortFrom(netip.IPv4Unspecified(), s.Addr.Port())
	s.V6Only = true
	return []Spec{v4, s}
}
