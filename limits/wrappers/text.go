// SPDX-License-Identifier: Apache-2.0

package wrappers

import (
	"net/netip"
	"strings"
)

// text is a pattern for a string: the name of a daemon, a user or a host, or an
// address as it is printed.
type text struct {
	kind textKind
	s    string     // in lower case
	addr netip.Addr // of textV6
}

type textKind uint8

const (
	textEqual textKind = iota
	textAll
	textKnown
	textWild   // with * or ?
	textSuffix // .domain
	textPrefix // 10.1.
	textV6     // [address]
)

func makeText(tok string) text {
	t := text{s: lower(tok)}
	n := len(tok)
	switch {
	case strings.ContainsAny(tok, "*?"):
		t.kind = textWild
	case strings.HasPrefix(tok, "."):
		t.kind = textSuffix
	case t.s == "all":
		t.kind = textAll
	case t.s == "known":
		t.kind = textKnown
	case strings.HasSuffix(tok, "."):
		t.kind = textPrefix
	case n > 1 && tok[0] == '[' && tok[n-1] == ']':
		t.kind, t.addr = textV6, parseV6(tok[1:n-1])
	}
	return t
}

// lower is that of the C locale: a byte beyond ASCII is no letter.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// parseV6 gives the invalid address for what is none. The interface that an
// address names is not compared.
func parseV6(s string) netip.Addr {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Is4() {
		return netip.Addr{}
	}
	return a.WithZone("")
}

// match compares with a string in lower case.
func (t *text) match(s []byte) bool {
	switch t.kind {
	case textAll:
		return true
	case textKnown:
		return string(s) != Unknown
	case textWild:
		return wild(t.s, s)
	case textSuffix:
		n := len(s) - len(t.s)
		return n > 0 && string(s[n:]) == t.s
	case textPrefix:
		return len(s) >= len(t.s) && string(s[:len(t.s)]) == t.s
	case textV6:
		if !t.addr.IsValid() {
			return false
		}
		a := parseV6(string(s))
		return a.IsValid() && a == t.addr
	}
	return string(s) == t.s
}

// wild is libwrap's match of * and ?, which is ssh's first one: "**" does not match
// nothing. It goes through the pattern from its end and keeps, for the rest of it,
// at which places of s it matches; the original tries all ways, which takes for
// ever with a few stars.
func wild(p string, s []byte) bool {
	if len(s) > 255 {
		s = s[:255] // no name is as long
	}
	n := len(s)
	var rows [2][256]bool
	rest, row := &rows[0], &rows[1]
	rest[n] = true // the end of the pattern matches at the end of s
	after := &[256]bool{}
	for j := len(p) - 1; j >= 0; j-- {
		fill(row, rest, after, p[j:], s)
		*after = *rest
		rest, row = row, rest
	}
	return rest[0]
}

// fill sets row[i] to whether p matches s from i on; rest is that of p[1:], after
// of p[2:].
func fill(row, rest, after *[256]bool, p string, s []byte) {
	n := len(s)
	some := false // of a star: whether a place from i on will do
	row[n] = p == "*"
	for i := n - 1; i >= 0; i-- {
		switch {
		case p[0] == '*' && len(p) == 1:
			row[i] = true
		case p[0] == '*' && (p[1] == '*' || p[1] == '?'):
			some = some || rest[i]
			row[i] = some
		case p[0] == '*':
			some = some || s[i] == p[1] && after[i+1]
			row[i] = some
		default:
			row[i] = (p[0] == '?' || p[0] == s[i]) && rest[i+1]
		}
	}
}
