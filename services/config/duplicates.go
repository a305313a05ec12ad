// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/netip"

	"superd/services"
)

// findDuplicates refuses a service whose id or address another one has, across
// all files. The first keeps it. What is switched off has no claim, and what is
// refused none on an address.
func (l *loader) findDuplicates() {
	ids := map[string]int{}
	for i, s := range l.services {
		if s.State == services.Disabled {
			continue
		}
		if first, taken := ids[s.ID]; taken {
			l.Report(Error, l.places[i].entry, s.ID, "", "this id is taken by the service at "+l.describe(l.places[first].entry))
			s.State = services.Refused
			continue
		}
		ids[s.ID] = i
	}
	bound := map[bindKey]claim{}
	for i, s := range l.services {
		if s.State == services.Enabled {
			l.claimAll(bound, i)
		}
	}
}

// bindKey is what the kernel lets be bound once: an address, or a port of an
// address family as a whole.
type bindKey struct {
	network, address, device string
	port                     uint16
	family                   byte // 4 or 6; 0: the address alone
	one                      bool // some address of the family; else all of them
}

// claim is who holds a key.
type claim struct {
	service int
	address string
	shared  bool // reuse_port
}

// claimAll enters the addresses of a service, or refuses it and enters none.
func (l *loader) claimAll(bound map[bindKey]claim, i int) {
	s := l.services[i]
	var entered []bindKey
	for n, sock := range s.Sockets {
		set := s.SocketSettings(n)
		own := claim{i, sock.Address, set.Bool(services.ReusePort)}
		takes, clashes := keys(sock, set.Str(services.Device))
		for _, k := range clashes {
			holder, taken := bound[k]
			if !taken || (own.shared && holder.shared) {
				continue
			}
			l.Report(Error, l.socketPlace(i, sock), s.ID, "port", l.clash(sock, holder, i))
			s.State = services.Refused
			for _, k := range entered {
				delete(bound, k)
			}
			return
		}
		for _, k := range takes {
			if _, taken := bound[k]; !taken {
				bound[k] = own
				entered = append(entered, k)
			}
		}
	}
}

// clash words whom a socket cannot stand beside.
func (l *loader) clash(sock services.Socket, holder claim, i int) string {
	who := "this service itself"
	if holder.service != i {
		who = fmt.Sprintf("service %q at %s", l.services[holder.service].ID, l.describe(l.places[holder.service].entry))
	}
	if holder.address == sock.Address {
		return fmt.Sprintf("%s %s is taken by %s", sock.Network, sock.Address, who)
	}
	return fmt.Sprintf("%s %s cannot be bound beside %s of %s", sock.Network, sock.Address, holder.address, who)
}

// keys are what a socket takes and what it cannot stand beside. An address for
// all of a family excludes each single one of it on the same port, and the other
// way round: with both listening, SO_REUSEADDR does not help. Datagram sockets
// may stand beside each other so.
func keys(s services.Socket, device string) (takes, clashes []bindKey) {
	address := bindKey{network: s.Network, address: s.Address, device: device}
	ap, err := netip.ParseAddrPort(s.Address)
	switch {
	case err != nil:
		return []bindKey{address}, []bindKey{address}
	case ap.Port() == 0:
		return nil, nil // the kernel gives each its own
	case s.Network != "tcp":
		return []bindKey{address}, []bindKey{address}
	}
	of := func(family byte, one bool) bindKey {
		return bindKey{network: s.Network, device: device, port: ap.Port(), family: family, one: one}
	}
	families := []byte{4}
	if ap.Addr().Is6() {
		families = []byte{6}
		if ap.Addr().IsUnspecified() && !s.V6Only {
			families = []byte{6, 4}
		}
	}
	takes, clashes = []bindKey{address}, []bindKey{address}
	for _, f := range families {
		if ap.Addr().IsUnspecified() {
			takes = append(takes, of(f, false))
			clashes = append(clashes, of(f, false), of(f, true))
		} else {
			takes = append(takes, of(f, true))
			clashes = append(clashes, of(f, false))
		}
	}
	return takes, clashes
}

// socketPlace is where a socket was asked for.
func (l *loader) socketPlace(i int, s services.Socket) Pos {
	switch port := l.places[i].port; {
	case s.Origin == port.Origin():
		return port
	case s.Origin.File >= services.FirstFile:
		return Pos{File: s.Origin.File, Line: s.Origin.Line}
	}
	return l.places[i].entry
}
