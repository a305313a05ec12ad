// SPDX-License-Identifier: Apache-2.0

package access

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ParseXinetd reads one word of only_from or no_access as xinetd's code does:
//
//	10.1.2.3            that host
//	10.1.0.0            octets of zero at the right are wildcards: 10.1.0.0/16
//	10.1, 0x7f.1        inet_aton's short and octal forms: 10.0.0.1, 127.0.0.1
//	10.1.2.{3,4}        10.1.2.3 and 10.1.2.4; 10.1.{3,4} is 10.1.3.0/24 and 10.1.4.0/24
//	10.1.2.3/16         10.1.0.0/16; above 32, the host
//	2001:db8::1         that host; wildcards are IPv4's alone
//	2001:db8::/32       the network
//	localhost           127.0.0.0/8 and ::1
//	a name              all its addresses in /etc/hosts, or the network of /etc/networks
//
// It is stricter than the original, which would go on without the rule, or with
// another: out-of-range octets, netmasks, zones and rubbish are errors, and
// "::1/128" matches ::1. A name that res does not find gives ErrName, a mask
// behind the slash a MaskError.
func ParseXinetd(word string, res Resolver) ([]Rule, error) {
	if word == "" {
		return nil, errors.New("empty: want an address")
	}
	if strings.ContainsAny(word, "{}") {
		return parseFactorized(word)
	}
	if strings.Contains(word, ",") {
		return nil, fmt.Errorf("%q has a comma: addresses are separated by blanks", clip(word))
	}
	base, bits, slash := strings.Cut(word, "/")
	addr, err := parseXinetdAddr(base)
	switch {
	case err != nil:
		return nil, err
	case slash && addr.IsValid():
		return parseXinetdPrefix(word, base, addr, bits)
	case slash:
		return nil, fmt.Errorf("%q: want an address before the slash", clip(word))
	case !addr.IsValid():
		return parseName(word, res)
	}
	if addr.Is4In6() || addr.Is6() {
		return one(addr.Unmap(), addr.Unmap().BitLen(), ""), nil
	}
	rules := one(addr, wildcardBits(addr.As4()), "")
	rules[0].Note = surprise(word, rules[0])
	return rules, nil
}

// parseXinetdAddr gives an invalid address for a word that is none, but might be
// a name.
func parseXinetdAddr(s string) (netip.Addr, error) {
	if strings.Contains(s, ":") {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return addr, fmt.Errorf("%q is no address", clip(s))
		}
		if addr.Zone() != "" {
			// xinetd drops the zone and lets in the same number on every link.
			return addr, fmt.Errorf("%q: a rule cannot have a zone", clip(s))
		}
		return addr, nil
	}
	if addr, ok := Aton(s); ok {
		return addr, nil
	}
	if strings.Trim(s, "0123456789.") == "" {
		return netip.Addr{}, fmt.Errorf("%q is no address", clip(s))
	}
	return netip.Addr{}, nil
}

// wildcardBits is the length of the prefix that remains without the zero octets
// at the right; 0 for 0.0.0.0.
func wildcardBits(a [4]byte) int {
	n := 4
	for n > 0 && a[n-1] == 0 {
		n--
	}
	return 8 * n
}

func parseXinetdPrefix(word, base string, addr netip.Addr, bits string) ([]Rule, error) {
	if strings.Contains(bits, ".") {
		return nil, parseMask(word, addr, bits)
	}
	n, err := strconv.ParseUint(bits, 10, 16)
	if err != nil || len(bits) > 3 || n > 128 && addr.Is6() {
		return nil, fmt.Errorf("%q: want a number of bits after the slash", clip(word))
	}
	note := ""
	if addr.Is4() && n > 32 {
		n, note = 32, fmt.Sprintf("more than 32 bits: only %v is meant", addr)
	}
	rules := one(addr, int(n), note)
	if _, err := netip.ParseAddr(base); err != nil && note == "" {
		rules[0].Note = surprise(base, rules[0])
	}
	// "10/8" is 0.0.0.10/8 to inet_aton: as no_access it would stop nobody.
	if meant, short := leftAligned(base); short {
		if evident := one(meant, int(n), ""); evident[0].Prefix != rules[0].Prefix {
			return nil, fmt.Errorf("%q: inet_aton reads the address as %v: write %s or %s", clip(word), addr, evident[0].Text, rules[0].Text)
		}
	}
	return rules, nil
}

// leftAligned reads "10.1" as 10.1.0.0, what people mean before a slash.
func leftAligned(s string) (netip.Addr, bool) {
	dots := strings.Count(s, ".")
	if dots >= 3 || strings.Contains(s, ":") {
		return netip.Addr{}, false
	}
	addr, ok := Aton(s + strings.Repeat(".0", 3-dots))
	return addr, ok
}

// surprise is the note for a word that xinetd does not take for what it looks like.
func surprise(word string, r Rule) string {
	if plain, err := netip.ParseAddr(word); err == nil && plain.Is4() {
		return ""
	}
	return fmt.Sprintf("%q is read as inet_aton does: %s", clip(word), r.Text)
}

// one is the rule of a prefix, canonical: masked, and as IPv4 where it lies in
// the mapped range.
func one(addr netip.Addr, bits int, note string) []Rule {
	p := canonical(addr, bits)
	return []Rule{{Prefix: p, Text: text(p), Note: note}}
}

func canonical(addr netip.Addr, bits int) netip.Prefix {
	if addr.Is4In6() && bits >= 96 {
		addr, bits = addr.Unmap(), bits-96
	}
	return netip.PrefixFrom(addr, bits).Masked()
}

// text writes a prefix so that both grammars read it back: a host goes without
// its length, unless xinetd would see wildcards in it.
func text(p netip.Prefix) string {
	addr := p.Addr()
	if !p.IsSingleIP() || addr.Is4() && addr.As4()[3] == 0 {
		return p.String()
	}
	return addr.String()
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}
