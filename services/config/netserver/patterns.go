// SPDX-License-Identifier: Apache-2.0

package netserver

import (
	"strings"

	"superd/services"
)

// Net::Server matches /^PATTERN$/, without a group: of A|B|C it takes A at the
// beginning of an address, B anywhere and C at the end. superd matches whole
// addresses. That lets in fewer by allow; by deny it would keep out fewer, so a deny
// with alternatives gets what Net::Server leaves open spelt out.

func takeAllow(t *translation, said []pair) {
	for _, p := range said {
		if len(alternatives(p.value)) > 1 {
			t.warn(p, "Net::Server holds the first of the alternatives to the beginning of an address alone, and the last to its end; superd each to the whole address")
		}
	}
	takeList(services.Allow)(t, said)
}

func takeDeny(t *translation, said []pair) {
	out := make([]pair, len(said))
	for i, p := range said {
		if parts := alternatives(p.value); len(parts) > 1 {
			t.warn(p, "Net::Server holds the first of the alternatives to the beginning of an address alone, the last to its end, and others to neither; so does superd, to keep out no fewer")
			p.value = spelledOut(parts)
		}
		out[i] = p
	}
	takeList(services.Deny)(t, out)
}

func spelledOut(parts []string) string {
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteString("|.*")
		}
		b.WriteString(part)
		if i < len(parts)-1 {
			b.WriteString(".*")
		}
	}
	return b.String()
}

// alternatives parts an expression at the | that stand in no group and no class.
func alternatives(s string) (parts []string) {
	depth, class, from := 0, false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case class && c == ']' && i > 0 && s[i-1] != '[' && !(s[i-1] == '^' && i > 1 && s[i-2] == '['):
			class = false
		case class:
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}
