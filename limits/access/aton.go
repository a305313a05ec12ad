// SPDX-License-Identifier: Apache-2.0

package access

import (
	"net/netip"
	"strconv"
	"strings"
)

// Aton reads an IPv4 address as inet_aton(3) does: one to four numbers, decimal,
// octal (leading 0) or hexadecimal (0x); the last fills all the octets that are
// left.
func Aton(s string) (netip.Addr, bool) {
	parts := strings.Split(s, ".")
	if len(s) > 60 || len(parts) > 4 {
		return netip.Addr{}, false
	}
	var n uint64
	last := len(parts) - 1
	for i, part := range parts {
		v, ok := atonNumber(part)
		room := 8
		if i == last {
			room = 8 * (4 - last)
		}
		if !ok || v>>room != 0 {
			return netip.Addr{}, false
		}
		n = n<<room | v
	}
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), true
}

// atonNumber wants a digit first: strconv's signs and underscores are none of C's.
func atonNumber(s string) (uint64, bool) {
	base := 10
	switch {
	case len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X"):
		s, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		base = 8
	}
	if s == "" || strings.ContainsAny(s, "+-_") {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil
}
