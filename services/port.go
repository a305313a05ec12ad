// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"net/netip"
	"strconv"
)

// Lookups is what the port grammar must ask the machine.
type Lookups struct {
	HasIPv6 bool
	// ServicePort finds a name of /etc/services for "tcp" or "udp".
	ServicePort func(name, proto string) (uint16, bool)
	// Host gives all addresses of a host name. Its error says what it could not do
	// with which name.
	Host func(name string) ([]netip.Addr, error)
}

// PortRequest asks for sockets: the lists port, host, proto and ipv as they
// stand in a service or a [[services.x.socket]]. The i-th host, proto and ipv
// belong to the i-th port; a list that is too short is continued by its last
// item. A single port is opened for each item of the longest other list: Net::
// Server would silently drop all but the first.
type PortRequest struct {
	Ports, Hosts, Protos, IPvs []string
	V6Only                     *bool  // the attribute; nil: not said
	Origin                     Origin // of Ports
	// Places are those of host, proto and ipv where they do not stand in the
	// service's settings; without one a Problem about them has no place.
	Places  map[AttrID]Origin
	Options []Setting // for each socket of it; V6Only among them beats the field
}

// ResolvePorts returns the sockets that are asked for, in order, without
// duplicates. An error costs the service; a warning tells of a duplicate.
func ResolvePorts(l Lookups, requests ...PortRequest) ([]Socket, []Problem) {
	var all []candidate
	var problems []Problem
	for _, r := range requests {
		made, ps := r.resolve(l)
		all = append(all, made...)
		problems = append(problems, ps...)
	}
	m := merging{hasIPv6: l.HasIPv6, near: map[string][]int{}}
	for _, c := range all {
		m.add(c)
	}
	kept := m.kept()
	sockets := make([]Socket, len(kept))
	for i, k := range kept {
		sockets[i] = k.Socket
	}
	return sockets, append(problems, m.problems...)
}

func (r *PortRequest) resolve(l Lookups) (made []candidate, problems []Problem) {
	fail := func(a AttrID, err error) {
		origin := r.Places[a]
		if a == Port {
			origin = r.Origin
		}
		problems = append(problems, Problem{Attr: a, HasAttr: true, Origin: origin, Message: err.Error()})
	}
	n := len(r.Ports)
	for _, list := range []struct {
		attr  AttrID
		items []string
	}{{HostAddr, r.Hosts}, {Proto, r.Protos}, {IPv, r.IPvs}} {
		if len(r.Ports) == 1 {
			n = max(n, len(list.items))
		} else if len(list.items) > len(r.Ports) {
			fail(list.attr, fmt.Errorf("has %d items for %d ports", len(list.items), len(r.Ports)))
			return nil, problems
		}
	}
	for i := range n {
		b, attr, err := r.binding(i)
		if err != nil {
			fail(attr, err)
			continue
		}
		sockets, attr, err := b.sockets(l)
		if err != nil {
			fail(attr, err)
			continue
		}
		made = append(made, sockets...)
	}
	return made, problems
}

// at gives the i-th item, the last one for all that follow it.
func at(list []string, i int, otherwise string) string {
	if len(list) == 0 {
		return otherwise
	}
	return list[min(i, len(list)-1)]
}

// binding is one port with all that the lists say of it.
type binding struct {
	portString
	network string
	request *PortRequest
	text    string
	said    bool // the host, by the port string
}

// binding puts the i-th items together. Of IP versions the port string's beats
// the host's, that the protocol's, that ipv's: the order that Net::Server's
// document gives (its code has another).
func (r *PortRequest) binding(i int) (b binding, attr AttrID, err error) {
	proto, protoV, err := parseProtoItem(at(r.Protos, i, "tcp"))
	if err != nil {
		return b, Proto, err
	}
	b = binding{request: r, text: at(r.Ports, i, "")}
	if b.portString, err = parsePort(b.text, isLocal(protocols[proto])); err != nil {
		return b, Port, err
	}
	if b.given {
		b.network = Given
		return b, Port, nil
	}
	if b.path != "" {
		return b, Port, b.local(proto)
	}
	host, hostV, err := parseHost(at(r.Hosts, i, "*"))
	if err != nil {
		return b, HostAddr, err
	}
	if b.said = b.host != ""; b.said {
		host, hostV = b.host, b.deep
	}
	listV, err := parseVersions(at(r.IPvs, i, "*"))
	if err != nil {
		return b, IPv, err
	}
	own := b.ipv
	if own == 0 {
		own = hostV
	}
	for _, v := range []ipVersions{hostV, protoV, listV} {
		if b.ipv == 0 {
			b.ipv = v
		}
	}
	b.host = host
	if b.proto == "" {
		b.proto = proto
	}
	b.network = protocols[b.proto]
	if isLocal(b.network) {
		return b, Port, fmt.Errorf("%q: want an absolute path, or @NAME, as proto is %q", clip(b.text), b.proto)
	}
	if attr = HostAddr; b.said {
		attr = Port
	}
	return b, attr, b.literal(own)
}

// local takes the protocol of a local socket from the list where the string has
// none; tcp, the default of all, does not count.
func (b *binding) local(proto string) error {
	if b.proto == "" {
		if b.proto = proto; proto == "tcp" {
			b.proto = "unix"
		}
	}
	if b.network = protocols[b.proto]; !isLocal(b.network) {
		return fmt.Errorf("%q: %s has no paths: want %s|unix or %s|unixdgram", clip(b.text), b.proto, clip(b.path), clip(b.path))
	}
	if b.network == FIFO && b.path[0] == '@' {
		return fmt.Errorf("%q: a FIFO has an absolute path", clip(b.text))
	}
	return nil
}

// literal lets a literal address decide the version. It is an error if what stands
// with the address says otherwise, and if anything asks for IPv6 of an IPv4
// address; for an IPv6 address an IPv4 that stands elsewhere is but a default.
func (b *binding) literal(own ipVersions) error {
	addr, err := netip.ParseAddr(b.host)
	switch {
	case err != nil:
		return nil
	case addr.Is4() && b.ipv&anyIP == 0 && b.ipv&v6 != 0:
		return fmt.Errorf("%q: %s is an IPv4 address, and IPv6 is asked for", clip(b.text), b.host)
	case addr.Is6() && own == v4:
		return fmt.Errorf("%q: %s is an IPv6 address, and IPv4 is asked for", clip(b.text), b.host)
	}
	return nil
}

// sockets resolves names and versions. IPv6 comes first, however it is written.
func (b *binding) sockets(l Lookups) (made []candidate, attr AttrID, err error) {
	if b.given {
		return []candidate{b.candidate(b.name)}, Port, nil
	}
	if b.path != "" {
		return []candidate{b.candidate(b.path)}, Port, nil
	}
	port, err := b.number(l)
	if err != nil {
		return nil, Port, err
	}
	addrs, err := b.addresses(l)
	if err != nil && b.said {
		return nil, Port, err
	}
	if err != nil {
		return nil, HostAddr, err
	}
	for _, addr := range addrs {
		c := b.candidate(netip.AddrPortFrom(addr, port).String())
		if addr.Is6() {
			c.V6Only, c.bare = b.v6only(addr)
		}
		c.bare = c.bare || addr == netip.IPv4Unspecified() && b.ipv&anyIP != 0
		made = append(made, c)
	}
	return made, Port, nil
}

func (b *binding) candidate(address string) candidate {
	r := b.request
	return candidate{Socket: Socket{Network: b.network, Address: address, From: b.text, Origin: r.Origin, Options: r.Options}}
}

func (b *binding) number(l Lookups) (uint16, error) {
	if isNumber(b.port) {
		n, err := strconv.ParseUint(b.port, 10, 16)
		return uint16(n), err
	}
	if l.ServicePort != nil {
		if n, ok := l.ServicePort(b.port, b.network); ok {
			return n, nil
		}
	}
	return 0, fmt.Errorf("%q: no service %q of %s is known", clip(b.text), clip(b.port), b.network)
}

// addresses gives those to bind, IPv6 before IPv4. "*" is one address where it is
// one socket: :: for both versions or IPv6, 0.0.0.0 for IPv4.
func (b *binding) addresses(l Lookups) ([]netip.Addr, error) {
	if b.host == "*" {
		switch {
		case b.ipv&anyIP != 0 && l.HasIPv6:
			return []netip.Addr{netip.IPv6Unspecified()}, nil
		case b.ipv == v4|v6:
			return []netip.Addr{netip.IPv6Unspecified(), netip.IPv4Unspecified()}, nil
		case b.ipv == v6:
			return []netip.Addr{netip.IPv6Unspecified()}, nil
		}
		return []netip.Addr{netip.IPv4Unspecified()}, nil
	}
	if addr, err := netip.ParseAddr(b.host); err == nil {
		return []netip.Addr{addr}, nil
	}
	return b.lookup(l)
}

// maxHostName is what DNS allows a name (RFC 1035, 2.3.4), less its final dot.
const maxHostName = 253

func (b *binding) lookup(l Lookups) ([]netip.Addr, error) {
	if len(b.host) > maxHostName {
		return nil, fmt.Errorf("%q is too long for the name of a host", clip(b.host))
	}
	if l.Host == nil {
		return nil, fmt.Errorf("cannot resolve %q", clip(b.host))
	}
	found, err := l.Host(b.host)
	if err != nil {
		return nil, err
	}
	var four, six []netip.Addr
	for _, addr := range found {
		if addr = addr.Unmap(); addr.Is4() {
			four = append(four, addr)
		} else if addr.Is6() {
			six = append(six, addr)
		}
	}
	if b.ipv&anyIP != 0 {
		// What the machine has: an IPv6 address of a machine without IPv6 is not.
		if !l.HasIPv6 && four != nil {
			six = nil
		}
		if four == nil && six == nil {
			return nil, fmt.Errorf("%q has no address", clip(b.host))
		}
		return append(six, four...), nil
	}
	var out []netip.Addr
	for _, want := range []struct {
		v     ipVersions
		addrs []netip.Addr
	}{{v6, six}, {v4, four}} {
		if b.ipv&want.v == 0 {
			continue
		}
		if want.addrs == nil {
			return nil, fmt.Errorf("%q has no IPv%s address", clip(b.host), want.v)
		}
		out = append(out, want.addrs...)
	}
	return out, nil
}

// v6only decides about IPv4 clients of an IPv6 socket. bare: nobody said, so that
// 0.0.0.0 beside it makes one socket for both.
func (b *binding) v6only(addr netip.Addr) (only, bare bool) {
	if addr != netip.IPv6Unspecified() {
		return true, false
	}
	said := b.request.V6Only
	for _, x := range b.request.Options {
		if v, ok := x.Value.(bool); ok && x.Attr == V6Only {
			said = &v
		}
	}
	switch {
	case b.ipv&anyIP == 0:
		return true, false // IPv6 alone, or a second socket for IPv4
	case said != nil:
		return *said, false
	case b.host == "*":
		return false, false
	}
	return true, true
}
