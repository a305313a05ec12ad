// SPDX-License-Identifier: Apache-2.0

// Package accesstest makes address rules and peers for tests, and decides about
// them in another way than package access does: word by word, octet by octet, as
// one would with pencil and paper.
//
// Owns: the generators, the slow reference. Does not know: package access, so
// that a mistake there is not one here too. Concurrency: functions without state.
// Errors: a word that is no rule panics, since it is the test's own mistake.
package accesstest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// Lists are the words of one service's only_from and no_access.
type Lists struct {
	OnlyFrom    []string
	OnlyFromSet bool
	NoAccess    []string
}

// Allowed is xinetd's rule: in no_access, refuse; only_from is there and peer is
// not in it, refuse; else allow.
func (l Lists) Allowed(peer netip.Addr) bool {
	if matchAny(l.NoAccess, peer) {
		return false
	}
	return !l.OnlyFromSet || matchAny(l.OnlyFrom, peer)
}

func matchAny(words []string, peer netip.Addr) bool {
	for _, w := range words {
		if Match(w, peer) {
			return true
		}
	}
	return false
}

// Match tells whether peer lies in one word, of the forms that Word makes.
func Match(word string, peer netip.Addr) bool {
	if word == "localhost" {
		return Match("127.0.0.0/8", peer) || Match("::1", peer)
	}
	if strings.Contains(word, "{") {
		return matchFactorized(word, peer)
	}
	base, bits, slash := strings.Cut(word, "/")
	addr := netip.MustParseAddr(base)
	if addr.Is4() && peer.Is6() {
		return false
	}
	if slash {
		n, _ := strconv.Atoi(bits)
		return sameBits(addr, peer, n)
	}
	if addr.Is6() {
		return sameBits(addr, peer, 128)
	}
	rule, p := addr.As4(), peer.As4()
	for i := range 4 {
		wild := true
		for _, o := range rule[i:] {
			wild = wild && o == 0
		}
		if !wild && rule[i] != p[i] {
			return false
		}
	}
	return true
}

func matchFactorized(word string, peer netip.Addr) bool {
	if !peer.Is4() {
		return false
	}
	head, list, _ := strings.Cut(strings.TrimSuffix(word, "}"), "{")
	p := peer.As4()
	i := 0
	for _, part := range strings.Split(head, ".") {
		if part != "" {
			if part != strconv.Itoa(int(p[i])) {
				return false
			}
			i++
		}
	}
	for _, item := range strings.Split(list, ",") {
		if item == strconv.Itoa(int(p[i])) {
			return true
		}
	}
	return false
}

// sameBits compares the first n bits, an IPv4 peer of an IPv6 rule as the mapped
// address that a dual-stack socket shows.
func sameBits(rule, peer netip.Addr, n int) bool {
	a, b := rule.AsSlice(), peer.AsSlice()
	if rule.Is6() && peer.Is4() {
		mapped := peer.As16()
		b = mapped[:]
	}
	for i := range min(n, 8*len(a)) {
		mask := byte(0x80) >> (i % 8)
		if a[i/8]&mask != b[i/8]&mask {
			return false
		}
	}
	return true
}

// The octets and groups are few, so that rules and peers meet, nest and collide.
var (
	octets = rapid.SampledFrom([]int{0, 0, 1, 2, 10, 127, 128, 255})
	heads  = rapid.SampledFrom([]int{10, 10, 127, 192})
	groups = rapid.SampledFrom([]string{"2001:db8::", "2001:db8::1", "2001:db8:1::", "::1", "::", "fe80::1", "::ffff:10.1.0.1"})
)

// Word draws one word that xinetd understands and that needs no lookup.
func Word() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 9).Draw(t, "form") {
		case 0, 1, 2:
			return v4(t)
		case 3, 4:
			return fmt.Sprintf("%s/%d", v4(t), rapid.IntRange(0, 32).Draw(t, "bits"))
		case 5:
			return "0.0.0.0/0"
		case 6:
			return factorized(t)
		case 7:
			return fmt.Sprintf("%s/%d", groups.Draw(t, "v6"), rapid.SampledFrom([]int{0, 1, 16, 32, 48, 64, 80, 96, 104, 120, 127}).Draw(t, "bits"))
		case 8:
			return groups.Draw(t, "v6")
		}
		return "localhost"
	})
}

func v4(t *rapid.T) string {
	return fmt.Sprintf("%d.%d.%d.%d", heads.Draw(t, "a"), octets.Draw(t, "b"), octets.Draw(t, "c"), octets.Draw(t, "d"))
}

func factorized(t *rapid.T) string {
	head := fmt.Sprintf("%d.", heads.Draw(t, "a"))
	for range rapid.IntRange(0, 2).Draw(t, "more") {
		head += fmt.Sprintf("%d.", octets.Draw(t, "octet"))
	}
	var items []string
	for range rapid.IntRange(1, 3).Draw(t, "items") {
		items = append(items, strconv.Itoa(octets.Draw(t, "item")))
	}
	return head + "{" + strings.Join(items, ",") + "}"
}

// Config draws the lists of a service: none, few, or enough for a trie.
func Config() *rapid.Generator[Lists] {
	return rapid.Custom(func(t *rapid.T) Lists {
		size := rapid.SampledFrom([]int{0, 1, 1, 2, 4, 20})
		words := func(label string) []string {
			n := size.Draw(t, label)
			return rapid.SliceOfN(Word(), n, n).Draw(t, label)
		}
		l := Lists{OnlyFrom: words("only_from"), NoAccess: words("no_access")}
		l.OnlyFromSet = len(l.OnlyFrom) > 0 || rapid.IntRange(0, 9).Draw(t, "empty only_from") == 0
		return l
	})
}

// Peer draws an address of the neighbourhood that Word's rules live in.
func Peer() *rapid.Generator[netip.Addr] {
	return rapid.Custom(func(t *rapid.T) netip.Addr {
		if rapid.IntRange(0, 3).Draw(t, "family") > 0 {
			return netip.MustParseAddr(v4(t))
		}
		s := rapid.SampledFrom([]string{"2001:db8::1", "2001:db8::2", "2001:db8:1::7", "::1", "::2", "fe80::1", "4000::1"}).Draw(t, "v6")
		return netip.MustParseAddr(s)
	})
}
