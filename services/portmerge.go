// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
)

// candidate is a socket before duplicates are taken out.
type candidate struct {
	Socket
	bare bool // "::" or "0.0.0.0" of which nobody said that the other version stays out
}

// merging collects sockets, each once.
type merging struct {
	hasIPv6  bool
	all      []candidate      // those that were dropped have no Network
	near     map[string][]int // indices of those that are there, by place
	problems []Problem
}

// place is the same for all sockets that can be in each other's way: a service may have
// ten thousand.
func (c *candidate) place() string {
	if isLocal(c.Network) || c.Network == Given {
		return c.Address
	}
	return portOf(c.Address)
}

// kept are the sockets that are there, in the order in which they came.
func (m *merging) kept() []candidate {
	return slices.DeleteFunc(m.all, func(c candidate) bool { return c.Network == "" })
}

// add makes one socket for both versions of a bare :: and 0.0.0.0, and drops, with
// a warning, a socket whose clients another one finds: the kernel would refuse to
// have both.
func (m *merging) add(c candidate) {
	place := c.place()
	for _, i := range m.near[place] {
		k := &m.all[i]
		switch {
		case c.joins(k):
			m.join(k, c)
			return
		case !k.Overlaps(c.Socket) || k.Device() != c.Device() && k.Device() != "" && c.Device() != "":
		case k.Network != c.Network || !reflect.DeepEqual(k.Options, c.Options):
			m.problem(c, false, fmt.Sprintf("%q and %q cannot be open at the same time, and are not of the same kind", clip(c.From), clip(k.From)))
			return
		case k.covers(c):
			m.skipped(c, *k)
			return
		}
	}
	near := slices.DeleteFunc(m.near[place], func(i int) bool {
		k := m.all[i]
		gone := c.Overlaps(k.Socket) && reflect.DeepEqual(k.Options, c.Options) && c.covers(k)
		if gone {
			m.skipped(k, c)
			m.all[i] = candidate{}
		}
		return gone
	})
	m.near[place] = append(near, len(m.all))
	m.all = append(m.all, c)
}

func (m *merging) join(k *candidate, c candidate) {
	if m.hasIPv6 {
		k.Address, k.V6Only, k.bare = "[::]"+portOf(k.Address), false, false
		return
	}
	six := c.From
	if k.V6Only {
		six = k.From
		*k = c
	}
	m.problem(c, true, fmt.Sprintf("%q is skipped: this machine has no IPv6", clip(six)))
}

func (m *merging) skipped(c, k candidate) {
	m.problem(c, true, fmt.Sprintf("%q is skipped: %q listens on %s %s already", clip(c.From), clip(k.From), k.Network, k.Address))
}

func (m *merging) problem(c candidate, warning bool, message string) {
	m.problems = append(m.problems, Problem{Attr: Port, HasAttr: true, Origin: c.Origin, Warning: warning, Message: message})
}

// joins tells whether c and k are the two halves of one socket for IPv4 and IPv6.
func (c *candidate) joins(k *candidate) bool {
	return c.bare && k.bare && c.Network == k.Network && c.Address != k.Address &&
		portOf(c.Address) == portOf(k.Address) && portOf(c.Address) != ":0" && reflect.DeepEqual(c.Options, k.Options)
}

// covers tells, of two sockets that overlap, whether every client of c finds k.
func (c *candidate) covers(k candidate) bool {
	if isLocal(c.Network) || c.Network == Given {
		return true
	}
	a, b := netip.MustParseAddrPort(c.Address).Addr(), netip.MustParseAddrPort(k.Address).Addr()
	if a == b {
		return !c.V6Only || k.V6Only
	}
	return holds(a, c.V6Only, b) && !(b == netip.IPv6Unspecified() && !k.V6Only)
}

// portOf gives ":PORT" of an address.
func portOf(address string) string {
	for i := len(address) - 1; i >= 0; i-- {
		if address[i] == ':' {
			return address[i:]
		}
	}
	return ""
}

// Device is the interface that the socket is bound to, as far as its own options
// say; "" is all, or what the service says.
func (s Socket) Device() string { return Settings(s.Options).Str(Device) }

// Overlaps tells whether the kernel would refuse the one socket while the other is
// open and both are on the same device or one is on all: 127.0.0.1 beside 0.0.0.0,
// or 0.0.0.0 beside a :: that takes IPv4 as well. Port 0 is another port each time.
func (s Socket) Overlaps(t Socket) bool {
	if s.Network == Given || t.Network == Given {
		return s.Network == t.Network && s.Address == t.Address
	}
	if isLocal(s.Network) || isLocal(t.Network) {
		// The kinds of local sockets share one name space of files, and have one
		// each of abstract names.
		return s.Address == t.Address && (s.Network == t.Network || isLocal(s.Network) && isLocal(t.Network) && s.Address[0] == '/')
	}
	a, errA := netip.ParseAddrPort(s.Address)
	b, errB := netip.ParseAddrPort(t.Address)
	if errA != nil || errB != nil || s.Network != t.Network || a.Port() != b.Port() || a.Port() == 0 {
		return false
	}
	return holds(a.Addr(), s.V6Only, b.Addr()) || holds(b.Addr(), t.V6Only, a.Addr())
}

// holds tells whether a socket on a, IPv6-only or not, takes clients of b.
func holds(a netip.Addr, v6only bool, b netip.Addr) bool {
	switch {
	case a == b:
		return true
	case !a.IsUnspecified():
		return false
	case a.Is4() || v6only:
		return a.Is4() == b.Is4()
	}
	return true
}

// PortString is the port string that gives this socket and no other, on a machine
// with IPv6.
func (s Socket) PortString() string {
	if isLocal(s.Network) {
		return s.Address + "|" + s.Network
	}
	if s.Network == Given {
		return Given + ":" + s.Address
	}
	text := s.Address + "/" + s.Network
	if s.V6Only {
		return text + "/IPv6"
	}
	if port, ok := strings.CutPrefix(s.Address, "[::]:"); ok {
		return "*:" + port + "/" + s.Network
	}
	return text
}
