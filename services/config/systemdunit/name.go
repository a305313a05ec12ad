// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"strconv"
	"strings"
)

// unitName is a unit's name in its parts: PREFIX[@INSTANCE].TYPE.
type unitName struct {
	full     string
	prefix   string
	instance string
	template bool // there is an "@"; with an empty instance it is the template itself
	kind     string
}

// parseName reads a name. A file that has not the name of a unit, as standard
// input has none, is taken for a socket unit of that name.
func parseName(full string) unitName {
	n := unitName{full: full}
	base, kind := full, "socket"
	if i := strings.LastIndexByte(full, '.'); i > 0 && (full[i+1:] == "socket" || full[i+1:] == "service") {
		base, kind = full[:i], full[i+1:]
	} else {
		n.full += ".socket"
	}
	n.kind = kind
	n.prefix, n.instance, n.template = strings.Cut(base, "@")
	return n
}

// base is the name without its type.
func (n unitName) base() string { return strings.TrimSuffix(n.full, "."+n.kind) }

// templateName is the name of the template that an instance is made of.
func (n unitName) templateName() string { return n.prefix + "@." + n.kind }

// last is the last part of the prefix, as "-" parts it (%j).
func (n unitName) last() string { return n.prefix[strings.LastIndexByte(n.prefix, '-')+1:] }

// folders are the names of the folders whose drop-ins reach the unit, the most
// special first.
func (n unitName) folders() []string {
	list := []string{n.full + ".d"}
	if n.template && n.instance != "" {
		list = append(list, n.templateName()+".d")
	}
	at := ""
	if n.template {
		at = "@"
	}
	for rest := n.prefix; ; {
		i := strings.LastIndexByte(strings.TrimRight(rest, "-"), '-')
		if i <= 0 {
			break
		}
		rest = rest[:i+1]
		list = append(list, rest+at+"."+n.kind+".d")
		if at != "" {
			list = append(list, rest+"."+n.kind+".d")
		}
	}
	return append(list, n.kind+".d")
}

// unescape undoes systemd-escape: "-" is a slash, \xNN a byte.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '-':
			b.WriteByte('/')
		case strings.HasPrefix(s[i:], `\x`) && i+4 <= len(s):
			n, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
			if err != nil {
				b.WriteByte(s[i])
				continue
			}
			b.WriteByte(byte(n))
			i += 3
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// escape makes any text the part of a unit's name, as systemd-escape does.
func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '/':
			b.WriteByte('-')
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == ':', c == '_', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			const digits = "0123456789abcdef"
			b.WriteString(`\x`)
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}
