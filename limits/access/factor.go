// SPDX-License-Identifier: Apache-2.0

package access

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// parseFactorized reads "10.1.2.{3,4}": plain decimal octets, the last of them a
// list. Octets that are not written are wildcards, zeros that are written are
// not: 10.1.2.{0,1} is two hosts, 10.1.{0} is 10.1.0.0/24.
func parseFactorized(word string) ([]Rule, error) {
	head, list, _ := strings.Cut(word, "{")
	list, closed := strings.CutSuffix(list, "}")
	if !closed || strings.ContainsAny(list, "{}") || strings.Contains(head, "}") {
		return nil, fmt.Errorf("%q: want one {…} at the end, as 10.1.2.{3,4}", clip(word))
	}
	var octets [4]byte
	n := 0
	if head != "" {
		for part := range strings.SplitSeq(strings.TrimSuffix(head, "."), ".") {
			o, ok := octet(part)
			if !ok || n == 3 {
				return nil, fmt.Errorf("%q: want up to three octets and a dot before the {", clip(word))
			}
			octets[n] = o
			n++
		}
		if !strings.HasSuffix(head, ".") {
			return nil, fmt.Errorf("%q: want a dot before the {", clip(word))
		}
	}
	var rules []Rule
	var seen [256]bool
	for item := range strings.SplitSeq(list, ",") {
		o, ok := octet(item)
		if !ok {
			return nil, fmt.Errorf("%q: %q is no number from 0 to 255", clip(word), clip(item))
		}
		if !seen[o] {
			seen[o], octets[n] = true, o
			rules = append(rules, one(netip.AddrFrom4(octets), 8*(n+1), "")...)
		}
	}
	return rules, nil
}

// octet reads 0 to 255, decimal even with zeros before it, as xinetd does here.
func octet(s string) (byte, bool) {
	if len(s) == 0 || len(s) > 3 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 8)
	return byte(n), err == nil
}
