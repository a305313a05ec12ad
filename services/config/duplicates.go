// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/netip"

	"superd/services"
)

// findDuplicates refuses a service whose id or address another one has, across
// all files. The first keeps it. What is switched off has no claim.
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
	bound := map[bindKey]int{}
	for i, s := range l.services {
		if s.State == services.Enabled {
			l.claim(bound, i)
		}
	}
}

// bindKey is what the kernel lets be bound once.
type bindKey struct {
	network, address, device string
}

// claim enters the addresses of a service, or refuses it and enters none.
func (l *loader) claim(bound map[bindKey]int, i int) {
	s := l.services[i]
	var keys []bindKey
	for n, sock := range s.Sockets {
		set := s.SocketSettings(n)
		if ap, err := netip.ParseAddrPort(sock.Address); err == nil && ap.Port() == 0 {
			continue // the kernel gives each its own
		}
		key := bindKey{network: sock.Network, address: sock.Address, device: set.Str(services.Device)}
		if first, taken := bound[key]; taken && !(set.Bool(services.ReusePort) && sharing(l.services[first])) {
			l.Report(Error, l.socketPlace(i, sock), s.ID, "port", fmt.Sprintf("%s %s is taken by service %q at %s",
				sock.Network, sock.Address, l.services[first].ID, l.describe(l.places[first].entry)))
			s.State = services.Refused
			return
		}
		keys = append(keys, key)
	}
	for _, k := range keys {
		bound[k] = i
	}
}

func sharing(s *services.Service) bool { return s.Bool(services.ReusePort) }

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
