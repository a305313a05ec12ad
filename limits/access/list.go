// SPDX-License-Identifier: Apache-2.0

package access

import (
	"net/netip"

	"github.com/gaissmai/bart"
)

// fewRules is how many are looked at one by one. Most services have one or two,
// and a trie takes some hundred bytes that 10,000 services would feel.
const fewRules = 8

// list finds the longest of its prefixes that an address lies in.
type list struct {
	entries []entry
	trie    *bart.Table[int32] // of entries; nil for a few
}

type entry struct {
	prefix netip.Prefix
	text   string
	place  int32 // of Rules.places
}

// v4Mapped is how a dual-stack socket shows IPv4 peers.
var v4Mapped = netip.PrefixFrom(netip.AddrFrom16([16]byte{10: 0xff, 11: 0xff}), 96)

// newList takes rules whose places begin at first. With mapped, an IPv6 prefix
// that has all mapped addresses in it holds for IPv4 peers too, since those are
// what xinetd sees of them: "no_access = ::/0" stops everybody.
func newList(rules []Rule, first int32, mapped bool) *list {
	l := &list{entries: make([]entry, 0, len(rules))}
	for i, r := range rules {
		e := entry{r.Prefix.Masked(), r.Text, first + int32(i)}
		l.entries = append(l.entries, e)
		if p := e.prefix; mapped && p.Addr().Is6() && p.Bits() <= v4Mapped.Bits() && p.Contains(v4Mapped.Addr()) {
			e.prefix = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
			l.entries = append(l.entries, e)
		}
	}
	if len(l.entries) <= fewRules {
		return l
	}
	l.trie = new(bart.Table[int32])
	for i, e := range l.entries {
		// Of equal prefixes the first is the one that is told of.
		if _, ok := l.trie.Get(e.prefix); !ok {
			l.trie.Insert(e.prefix, int32(i))
		}
	}
	return l
}

// find gives the entry of the longest matching prefix, or nil. l may be nil.
func (l *list) find(peer netip.Addr) *entry {
	switch {
	case l == nil || !peer.IsValid():
		return nil
	case l.trie != nil:
		if i, ok := l.trie.Lookup(peer); ok {
			return &l.entries[i]
		}
		return nil
	}
	var best *entry
	for i := range l.entries {
		if e := &l.entries[i]; e.prefix.Contains(peer) && (best == nil || e.prefix.Bits() > best.prefix.Bits()) {
			best = e
		}
	}
	return best
}
