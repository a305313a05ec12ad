// SPDX-License-Identifier: Apache-2.0

package access

import (
	"fmt"
	"net/netip"
	"strings"
)

// parseName reads a word that is no address. xinetd would compare the peer's
// reverse name at each connection; what the machine's own files know is as good
// as an address, and the rest has to wait for lookups.
func parseName(word string, res Resolver) ([]Rule, error) {
	if !validName(word) {
		return nil, fmt.Errorf("%q is neither an address nor a name", clip(word))
	}
	if strings.EqualFold(word, "localhost") {
		return append(one(netip.AddrFrom4([4]byte{127}), 8, ""), one(netip.IPv6Loopback(), 128, "")...), nil
	}
	if res.Network != nil {
		if p, ok := res.Network(word); ok {
			return one(p.Addr(), p.Bits(), fmt.Sprintf("%q is %v of /etc/networks, which xinetd never matches", word, p)), nil
		}
	}
	if res.Host == nil {
		return nil, fmt.Errorf("%q: %w", clip(word), ErrName)
	}
	addrs, ok := res.Host(word)
	if !ok || len(addrs) == 0 {
		return nil, fmt.Errorf("%q: %w", clip(word), ErrName)
	}
	var rules []Rule
	for _, a := range addrs {
		a = a.WithZone("").Unmap()
		rules = append(rules, one(a, a.BitLen(), "")...)
	}
	return rules, nil
}

// validName keeps rubbish from being called a name: letters, digits, "-", "_"
// and dots (one at the start makes it a domain), 253 bytes at most, as the DNS.
func validName(s string) bool {
	labels := strings.Split(strings.TrimPrefix(strings.TrimSuffix(s, "."), "."), ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 {
			return false
		}
	}
	for _, c := range []byte(s) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return len(s) <= 253
}
