// SPDX-License-Identifier: Apache-2.0

package admit

import "net/netip"

// source is what counts as one client: the first bits of an address, IPv4 in its
// mapped form. It holds no pointer, so the collector has nothing to look for in
// a map of them.
type source struct {
	addr [16]byte
	bits uint8
}

func makeSource(peer netip.Addr, v4, v6 uint8) source {
	bits := min(v6, 128)
	if peer.Is4() {
		bits = 96 + min(v4, 32)
	}
	return source{peer.As16(), bits}.cut(bits)
}

func (s source) cut(bits uint8) source {
	for i := range s.addr {
		if rest := int(bits) - 8*i; rest < 8 {
			s.addr[i] &= ^byte(0) << (8 - max(rest, 0))
		}
	}
	s.bits = bits
	return s
}

func (p *Policy) source(peer netip.Addr) source { return makeSource(peer, p.PrefixV4, p.PrefixV6) }

// sources counts the handlers that run, by source. They are counted for policies
// without a limit too, which the next reload may bring. Peers without an address
// are no source.
type sources struct {
	n      map[source]uint32
	v4, v6 uint8 // the prefixes that n was counted with: what entered by them must leave by them
	big    bool  // n has been large, and is to be given back when it is empty
}

const bigMap = 1024

func (s *sources) count(peer netip.Addr) int64 {
	return int64(s.n[makeSource(peer, s.v4, s.v6)])
}

func (s *sources) enter(p *Policy, peer netip.Addr) {
	if !peer.IsValid() {
		return
	}
	if len(s.n) == 0 {
		s.v4, s.v6 = p.PrefixV4, p.PrefixV6
	}
	if s.n == nil {
		s.n = make(map[source]uint32)
	}
	s.n[makeSource(peer, s.v4, s.v6)]++
	s.big = s.big || len(s.n) > bigMap
}

func (s *sources) leave(peer netip.Addr) {
	if !peer.IsValid() {
		return
	}
	k := makeSource(peer, s.v4, s.v6)
	switch n := s.n[k]; n {
	case 0:
	case 1:
		delete(s.n, k)
	default:
		s.n[k] = n - 1
	}
	if s.big && len(s.n) == 0 {
		*s = sources{}
	}
}

// recent counts the starts of a minute by source.
type recent struct {
	window
	by map[source]uint32
}

// maxRecent is how many sources of a minute are told apart. Whoever has more
// addresses than that, or forges them, must not fill our memory: the further ones
// are counted together by their first bits, 8 of IPv4 and 16 of IPv6.
const maxRecent = 16384

func (r *recent) key(s source) source {
	if _, known := r.by[s]; known || len(r.by) < maxRecent {
		return s
	}
	if s.bits >= 96 && netip.AddrFrom16(s.addr).Is4In6() {
		return s.cut(min(s.bits, 96+8))
	}
	return s.cut(min(s.bits, 16))
}

func (r *recent) count(s source, mono int64) int64 {
	if r == nil || r.window.count(mono) == 0 {
		return 0
	}
	return int64(r.by[r.key(s)])
}

func (r *recent) take(s source, mono int64) {
	if r.window.count(mono) == 0 {
		if len(r.by) > bigMap || r.by == nil { // clear() costs what the map could hold
			r.by = make(map[source]uint32)
		} else {
			clear(r.by)
		}
	}
	r.window.take(mono)
	r.by[r.key(s)]++
}
