// SPDX-License-Identifier: Apache-2.0

package wrappers

import (
	"math"
	"strings"
)

// The numbers of libwrap are read by the C library, which takes a sign, has no
// errors for what is too large, and cuts the result to an int.

// blanks are isspace(3)'s.
const blanks = " \t\n\v\f\r"

func chop(s string) string { return strings.Trim(s, blanks) }

// digits reads a sign and digits, and gives what follows; ok false: no digit.
func digits(s string, base uint64) (n uint64, neg, over bool, rest string, ok bool) {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		neg = s[0] == '-'
		s = s[1:]
	}
	i := 0
	for ; i < len(s) && s[i] >= '0' && uint64(s[i]-'0') < base; i++ {
		d := uint64(s[i] - '0')
		if n > (math.MaxUint64-d)/base {
			over = true
			continue
		}
		n = n*base + d
	}
	return n, neg, over, s[i:], i > 0
}

// signed is strtol cut to an int: "%d" and its kin.
func signed(s string) (n int32, rest string, ok bool) {
	u, neg, over, rest, ok := digits(s, 10)
	switch {
	case neg && (over || u > 1<<63):
		return 0, rest, ok // of LONG_MIN the lower half
	case neg:
		return int32(-u), rest, ok
	case over || u > math.MaxInt64:
		return -1, rest, ok // of LONG_MAX the lower half
	}
	return int32(u), rest, ok
}

// unsigned is strtoul cut to an unsigned int: "%u" and "%o".
func unsigned(s string, base uint64) (n uint32, rest string, ok bool) {
	u, neg, over, rest, ok := digits(s, base)
	if over {
		return math.MaxUint32, rest, ok
	}
	if neg {
		u = -u
	}
	return uint32(u), rest, ok
}

// quad reads four octets as inet_addr(3) does, octal and hexadecimal included.
// 255.255.255.255 is its word for an error.
func quad(s string) (n uint32, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return 0, false
	}
	for _, p := range parts {
		v, ok := octet(p)
		if !ok {
			return 0, false
		}
		n = n<<8 | uint32(v)
	}
	return n, n != math.MaxUint32
}

func octet(s string) (uint8, bool) {
	base := uint64(10)
	switch {
	case len(s) > 1 && (s[:2] == "0x" || s[:2] == "0X"):
		return hexOctet(s[2:])
	case len(s) > 1 && s[0] == '0':
		base = 8
	case s == "" || s[0] == '+' || s[0] == '-':
		return 0, false
	}
	n, _, over, rest, ok := digits(s, base)
	return uint8(n), ok && !over && rest == "" && n < 256
}

// hexOctet takes nothing for 0, as "0x" is to the C library in an address.
func hexOctet(s string) (n uint8, ok bool) {
	for i := range len(s) {
		d := strings.IndexByte("0123456789abcdef", s[i]|0x20)
		if d < 0 || s[i] < '0' || n > 15 {
			return 0, false
		}
		n = n<<4 | uint8(d)
	}
	return n, s != ""
}
