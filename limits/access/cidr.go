// SPDX-License-Identifier: Apache-2.0

package access

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ParseCIDR reads one entry of cidr_allow or cidr_deny: an address, ADDRESS/BITS
// or FIRST-LAST. Bits of the host may be set; mapped IPv4 is IPv4. Zones, masks
// and short forms are errors.
func ParseCIDR(s string) ([]Rule, error) {
	if s == "" {
		return nil, errors.New("empty: want an address, ADDRESS/BITS or FIRST-LAST")
	}
	if first, last, ok := strings.Cut(s, "-"); ok {
		return parseRange(s, strings.TrimSpace(first), strings.TrimSpace(last))
	}
	base, bits, slash := strings.Cut(s, "/")
	addr, err := parseAddr(base)
	if err != nil {
		return nil, err
	}
	if !slash {
		addr = addr.Unmap()
		return one(addr, addr.BitLen(), ""), nil
	}
	n, err := strconv.ParseUint(bits, 10, 8)
	if err != nil || int(n) > addr.BitLen() {
		return nil, fmt.Errorf("%q: want 0 to %d bits after the slash", clip(s), addr.BitLen())
	}
	return one(addr, int(n), ""), nil
}

func parseAddr(s string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(s)
	switch {
	case err != nil:
		return addr, fmt.Errorf("%q is no address", clip(s))
	case addr.Zone() != "":
		return addr, fmt.Errorf("%q: a rule cannot have a zone", clip(s))
	}
	return addr, nil
}

// parseRange makes prefixes of a range: they share its text. A range that is one
// prefix is that prefix.
func parseRange(s, first, last string) ([]Rule, error) {
	a, err := parseAddr(first)
	if err != nil {
		return nil, err
	}
	b, err := parseAddr(last)
	if err != nil {
		return nil, err
	}
	a, b = a.Unmap(), b.Unmap()
	if a.Is4() != b.Is4() {
		return nil, fmt.Errorf("%q: a range cannot go from one address family to the other", clip(s))
	}
	if b.Less(a) {
		return nil, fmt.Errorf("%q: the range ends before it starts", clip(s))
	}
	var rules []Rule
	for {
		p := largestPrefix(a, b)
		rules = append(rules, Rule{Prefix: p, Text: text(p)})
		end := lastAddr(p)
		if end == b {
			break
		}
		a = end.Next()
	}
	if len(rules) > 1 {
		for i := range rules {
			rules[i].Text = rules[0].Prefix.Addr().String() + "-" + b.String()
		}
	}
	return rules, nil
}

// largestPrefix is the largest one that starts at a and does not go beyond b.
func largestPrefix(a, b netip.Addr) netip.Prefix {
	bits := a.BitLen()
	for bits > 0 {
		p := netip.PrefixFrom(a, bits-1)
		if p.Masked().Addr() != a || b.Less(lastAddr(p)) {
			break
		}
		bits--
	}
	return netip.PrefixFrom(a, bits)
}

func lastAddr(p netip.Prefix) netip.Addr {
	raw := p.Addr().AsSlice()
	for i := p.Bits(); i < 8*len(raw); i++ {
		raw[i/8] |= 0x80 >> (i % 8)
	}
	addr, _ := netip.AddrFromSlice(raw)
	return addr
}
