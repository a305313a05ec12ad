// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"net/netip"
	"strconv"
)

// Unset is the value of a Spec's number that is to be left as the kernel has it.
const Unset = -1

// Spec describes a listening socket. It is a value: comparable, without
// descriptors. Start from NewSpec, whose numbers are Unset where zero means
// something.
type Spec struct {
	Network string         // "tcp", "udp", "unix", "unixgram", "unixpacket", "fifo"
	Addr    netip.AddrPort // tcp, udp; with a zone for link-local addresses
	Path    string         // unix*; "@name" is an abstract name
	V6Only  bool           // of an IPv6 address: no IPv4 clients. Always set explicitly
	Device  string         // SO_BINDTODEVICE; "" is any
	Tag     string         // tells sockets of port 0 apart, as SERVICE/INDEX; no meaning otherwise

	Backlog     int // clients that may wait; 0 is the system's limit
	FreeBind    bool
	ReusePort   bool
	Transparent bool
	NoDelay     bool
	KeepAlive   bool
	Broadcast   bool

	KeepAliveTime     int // seconds of silence before the first probe; 0 is the system's
	KeepAliveInterval int // seconds between probes; 0 is the system's
	KeepAliveProbes   int // unanswered probes that end a connection; 0 is the system's
	DeferAccept       int // seconds to wait for a client's first byte; 0 is off
	ReceiveBuffer     int // bytes; 0 is the system's
	SendBuffer        int // bytes; 0 is the system's
	Priority          int // SO_PRIORITY, or Unset
	Mark              int // SO_MARK, or Unset
	IPTos             int // IP_TOS or IPV6_TCLASS, or Unset
	IPTtl             int // IP_TTL or IPV6_UNICAST_HOPS, or Unset

	Mode uint32 // of the file of a unix socket or FIFO, whatever the umask
	UID  int    // its owner, or Unset
	GID  int    // its group, or Unset
}

// NewSpec gives a Spec of a network in which nothing else is said: numbers are
// Unset and the mode is 0666. A socket file then admits whom a port would admit,
// everybody, as with inetd and systemd; who is served is decided after that.
func NewSpec(network string) Spec {
	return Spec{
		Network: network, Priority: Unset, Mark: Unset, IPTos: Unset, IPTtl: Unset,
		Mode: 0o666, UID: Unset, GID: Unset,
	}
}

// IsStream tells whether the socket carries connections that are accepted.
func (s Spec) IsStream() bool { return s.Network != "udp" && s.Network != "unixgram" && !s.IsFIFO() }

// IsFIFO tells whether it is no socket at all, but a named pipe.
func (s Spec) IsFIFO() bool { return s.Network == "fifo" }

// IsUnix tells whether the socket has a path or an abstract name.
func (s Spec) IsUnix() bool {
	return s.Network == "unix" || s.Network == "unixgram" || s.Network == "unixpacket"
}

// hasPath tells whether what it is bound to is Path.
func (s Spec) hasPath() bool { return s.IsUnix() || s.IsFIFO() }

// Canonical gives the same socket in its one spelling: IPv4 addresses are never
// v4-mapped, V6Only is false except for IPv6, and the fields that do not apply
// to the network are empty.
func (s Spec) Canonical() Spec {
	if s.hasPath() {
		s.Addr, s.V6Only, s.Device, s.Tag = netip.AddrPort{}, false, "", ""
		return s
	}
	s.Path = ""
	s.Addr = netip.AddrPortFrom(s.Addr.Addr().Unmap(), s.Addr.Port())
	if s.Addr.Addr().Is4() {
		s.V6Only = false
	}
	if s.Addr.Port() != 0 {
		s.Tag = ""
	}
	return s
}

// String gives the canonical text, as "tcp [::]:79" or "unix /run/x.sock".
func (s Spec) String() string {
	s = s.Canonical()
	text := s.Network + " " + s.Address()
	if s.Device != "" {
		text += "%" + s.Device
	}
	return text
}

// Address gives the canonical address alone, as "[::]:79" or "@name".
func (s Spec) Address() string {
	if s.hasPath() {
		return s.Path
	}
	if !s.Addr.Addr().IsValid() {
		return "?:" + strconv.Itoa(int(s.Addr.Port()))
	}
	return s.Canonical().Addr.String()
}
