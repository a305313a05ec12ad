// SPDX-License-Identifier: Apache-2.0

package wrappers

import (
	"net/netip"
	"strconv"
	"strings"
)

// host is a pattern for a host.
type host struct {
	kind  hostKind
	text  text
	prefs []netip.Prefix // hostText: what the name is in /etc/hosts
	known bool           // of prefs: the name is there
	named bool           // hostText: can match a name, too
	net   uint32         // hostNet4
	mask  uint32
	addr  netip.Addr // hostNet6
	bits  int
	file  *set // hostFile
}

type hostKind uint8

const (
	hostText hostKind = iota
	hostNever
	hostKnown
	hostLocal
	hostNetgroup
	hostNet4
	hostNet6
	hostFile
)

// inAddr are the characters of which libwrap makes no host name.
const inAddr = "0123456789./"

// makeHost reads a pattern; file reads the "/file" that it may name.
func makeHost(tok string, src *Source, file func(name string) *set) host {
	switch {
	case strings.HasPrefix(tok, "@"):
		return host{kind: hostNetgroup}
	case strings.HasPrefix(tok, "/"):
		return host{kind: hostFile, file: file(tok)}
	case lower(tok) == "known":
		return host{kind: hostKnown}
	case lower(tok) == "local":
		return host{kind: hostLocal}
	}
	if net, mask, masked := splitAt(tok, '/'); masked {
		return makeNet(net, mask)
	}
	h := host{kind: hostText, text: makeText(tok)}
	h.named = canBeName(&h.text)
	if h.named && h.text.kind == textEqual && src.Host != nil {
		h.prefs, h.known = inHosts(h.text.s, src)
	}
	return h
}

// canBeName tells whether a pattern may be meant for a host name. Neither digits and
// dots, with or without wildcards, nor what has a colon is one (RFC 1123, 2.1).
func canBeName(t *text) bool {
	return t.kind != textV6 && !strings.Contains(t.s, ":") && strings.Trim(t.s, inAddr+"*?") != ""
}

// inHosts finds a name's addresses. What a machine calls localhost is all of
// 127.0.0.0/8 and ::1, wherever its file ends.
func inHosts(name string, src *Source) (list []netip.Prefix, ok bool) {
	if name == "localhost" {
		return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, true
	}
	addrs, ok := src.Host(name)
	for _, a := range addrs {
		a = a.Unmap().WithZone("")
		list = append(list, netip.PrefixFrom(a, a.BitLen()))
	}
	return list, ok
}

// makeNet reads n.n.n.n/m.m.m.m, n.n.n.n/bits and [address]/bits. In the first two
// 0 and 255.255.255.255 are no masks, and a net with bits set beyond its mask
// matches nothing; in the last whatever is no number is 0.
func makeNet(net, mask string) host {
	if n, ok := quad(net); ok {
		m, ok := quad(mask)
		if !ok {
			bits, _, _ := signed(strings.TrimLeft(mask, blanks))
			if bits < 1 || bits > 32 {
				return host{kind: hostNever}
			}
			m = ^uint32(0) << (32 - bits)
		}
		return host{kind: hostNet4, net: n, mask: m}
	}
	if !strings.HasPrefix(net, "[") || !strings.HasSuffix(net, "]") || len(net) < 2 {
		return host{kind: hostNever}
	}
	a := parseV6(net[1 : len(net)-1])
	bits, _, _ := signed(strings.TrimLeft(mask, blanks))
	if !a.IsValid() || bits < 0 || bits > 128 {
		return host{kind: hostNever}
	}
	return host{kind: hostNet6, addr: netip.PrefixFrom(a, int(bits)).Masked().Addr(), bits: int(bits)}
}

// never tells that no client matches, which nobody has meant.
func (h *host) never() bool {
	return h.kind == hostNever || h.kind == hostNet4 && h.net&^h.mask != 0 || h.kind == hostText && h.text.kind == textV6 && !h.text.addr.IsValid()
}

func (h *host) match(e *endpoint) Truth {
	switch h.kind {
	case hostNever:
		return No
	case hostNetgroup: // a table that superd does not read, of names
		if e.lost() {
			return No
		}
		return Maybe
	case hostKnown:
		if !e.Addr.IsValid() {
			return No
		}
		return e.named(func([]byte) bool { return true })
	case hostLocal:
		return e.named(func(name []byte) bool { return !strings.Contains(string(name), ".") })
	case hostNet4:
		return truth(e.is4 && e.v4 != ^uint32(0) && e.v4&h.mask == h.net)
	case hostNet6:
		return truth(e.Addr.Is6() && h.contains(e.Addr))
	case hostFile:
		return h.file.match(e)
	}
	return h.matchText(e)
}

func (h *host) contains(a netip.Addr) bool {
	return netip.PrefixFrom(a.WithZone(""), h.bits).Masked().Addr() == h.addr
}

func (h *host) matchText(e *endpoint) Truth {
	switch {
	case h.text.match(e.text()):
		return Yes
	case !h.named:
		return No
	case e.Name != "":
		return truth(h.text.match(e.name))
	case h.known:
		for _, p := range h.prefs {
			if p.Contains(e.Addr.WithZone("")) {
				return Yes
			}
		}
		return No
	}
	return Maybe
}

// endpoint is an Endpoint in the forms that patterns look at.
type endpoint struct {
	Endpoint
	name []byte // in lower case
	v4   uint32
	is4  bool
	// The address as libwrap prints it. No slice of it is kept in the struct, which
	// would then not stay on the stack.
	store [64]byte
	n     int
}

func (e *endpoint) text() []byte { return e.store[:e.n] }

func (e *endpoint) set(from Endpoint) {
	e.Endpoint = from
	e.n = min(len(appendAddr(e.store[:0], from.Addr)), len(e.store))
	e.name = nil
	if from.Name != "" {
		e.name = []byte(lower(from.Name))
	}
	e.v4 = 0
	if e.is4 = from.Addr.Is4(); e.is4 {
		a := from.Addr.As4()
		e.v4 = uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
	}
}

// lost tells that a name was looked for and not found.
func (e *endpoint) lost() bool {
	return string(e.name) == Unknown || string(e.name) == Paranoid
}

// named asks f about the name, if there is one.
func (e *endpoint) named(f func(name []byte) bool) Truth {
	if e.Name == "" {
		return Maybe
	}
	return truth(!e.lost() && f(e.name))
}

// appendAddr prints an address as inet_ntop(3) does, whose ::1.2.3.4 package netip
// does not write.
func appendAddr(b []byte, a netip.Addr) []byte {
	if !a.IsValid() {
		return append(b, Unknown...)
	}
	if a.Is6() {
		x := a.As16()
		if [12]byte(x[:12]) == [12]byte{} && (x[12] != 0 || x[13] != 0) {
			b = append(b, "::"...)
			for i, o := range x[12:] {
				if i > 0 {
					b = append(b, '.')
				}
				b = strconv.AppendUint(b, uint64(o), 10)
			}
			return b
		}
	}
	return a.AppendTo(b)
}
