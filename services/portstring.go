// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Net::Server's port strings, HOST:PORT/PROTO/IPVERSION. One of , | : / or a
// blank parts the words. They are read from the end, since the host may be left
// out and may hold colons. Where Net::Server guesses, this grammar asks: a range
// of ports, an IPv6 address without brackets before a colon, "80,81".

// portString is one such string, read. Empty parts were not said.
type portString struct {
	host  string // "*", an address without brackets, or a name
	port  string // digits or a name; empty for local sockets
	proto string // a key of protocols
	path  string // of a local socket
	given bool   // by the service manager,
	name  string // under this name; "": the service's id
	ipv   ipVersions
	deep  ipVersions // what the host part said of its own
}

// ipVersions is a set of IP versions. The zero value says nothing.
type ipVersions uint8

const (
	v4 ipVersions = 1 << iota
	v6
	anyIP // what the machine has
)

func (v ipVersions) String() string {
	switch {
	case v&anyIP != 0:
		return "*"
	case v == v4|v6:
		return "4 6"
	case v == v4:
		return "4"
	case v == v6:
		return "6"
	}
	return ""
}

const separators = ",|:/ \t"

func isSeparator(r rune) bool { return strings.ContainsRune(separators, r) }

// protocols are the words for what a port may be, and the networks they stand for.
var protocols = map[string]string{
	"tcp": "tcp", "udp": "udp",
	"unix": "unix", "unixdgram": "unixgram", "unixgram": "unixgram", "unixpacket": "unixpacket", "seqpacket": "unixpacket",
	FIFO: FIFO,
}

// FIFO is the protocol, and the network, of a named pipe.
const FIFO = "fifo"

// isLocal tells whether it is reached by a path.
func isLocal(network string) bool { return strings.HasPrefix(network, "unix") || network == FIFO }

// parsePort reads a port string. local tells that proto says "unix…" already, so
// that the last part of a path is not taken for a protocol.
func parsePort(text string, local bool) (portString, error) {
	s := strings.Trim(text, " \t")
	if err := plain(s); err != nil {
		return portString{}, err
	}
	if s[0] == '/' || s[0] == '@' {
		return parseLocal(s, local)
	}
	if s == Given || strings.HasPrefix(s, Given+":") {
		return parseGiven(s)
	}
	var p portString
	var err error
	if s, p.ipv, err = cutVersions(s); err != nil {
		return portString{}, err
	}
	if s, p.proto, err = cutProto(s); err != nil {
		return portString{}, err
	}
	if isLocal(protocols[p.proto]) {
		return portString{}, fmt.Errorf("%q: want an absolute path, or @NAME, for a local socket", clip(text))
	}
	host, port, err := cutPort(s)
	if err != nil {
		return portString{}, err
	}
	if p.port, err = checkPort(port); err != nil {
		return portString{}, err
	}
	if host != "" {
		if p.host, p.deep, err = parseHost(host); err != nil {
			return portString{}, err
		}
	}
	return p, nil
}

// lastWord parts the last word from what is before it and its separator: blanks
// around at most one other mark.
func lastWord(s string) (rest, separator, word string) {
	i := strings.LastIndexFunc(s, isSeparator) + 1
	rest = strings.TrimRight(s[:i], " \t")
	if rest != "" && isSeparator(rune(rest[len(rest)-1])) {
		rest = strings.TrimRight(rest[:len(rest)-1], " \t")
	}
	return rest, strings.Trim(s[len(rest):i], " \t"), s[i:]
}

// cutVersions takes IPv4, IPv6 and IPv* off the end of s, two of them at most.
func cutVersions(s string) (rest string, v ipVersions, err error) {
	for range 2 {
		before, _, word := lastWord(s)
		if before == "" || len(word) < 4 || !strings.EqualFold(word[:3], "ipv") {
			return s, v, nil
		}
		one, err := parseVersions(word)
		if err != nil {
			return "", 0, err
		}
		s, v = before, v|one
	}
	return s, v, nil
}

// parseVersions reads what ipv says: "4", "IPv6", "4 6", "IPv4/IPv6", "v4v6", "*".
func parseVersions(text string) (v ipVersions, err error) {
	s := strings.ToLower(text)
	for _, word := range []string{"ipv", "v"} {
		s = strings.ReplaceAll(s, word, " ")
	}
	for _, r := range s {
		switch {
		case r == '4':
			v |= v4
		case r == '6':
			v |= v6
		case r == '*':
			v |= anyIP
		case !isSeparator(r):
			return 0, fmt.Errorf("%q is no IP version: want 4, 6 or *", clip(text))
		}
	}
	if v == 0 {
		return 0, fmt.Errorf("%q is no IP version: want 4, 6 or *", clip(text))
	}
	return v, nil
}

// cutProto takes a protocol off the end of s. A last word after a number can be
// nothing else; elsewhere it may be the port: "localhost/http".
func cutProto(s string) (rest, proto string, err error) {
	before, _, word := lastWord(s)
	if before == "" {
		return s, "", nil
	}
	// Most words are no protocol but the port. What parseProto would say of them
	// is dear to work out, and thrown away.
	if _, ok := protocols[strings.ToLower(word)]; !ok && !isNotBuilt(word) {
		_, _, first := lastWord(before)
		if !isNumber(first) || isNumber(word) {
			return s, "", nil
		}
	}
	proto, err = parseProto(word)
	return before, proto, err
}

func isNotBuilt(proto string) bool {
	return strings.EqualFold(proto, "ssl") || strings.EqualFold(proto, "ssleay")
}

func parseProto(word string) (string, error) {
	lower := strings.ToLower(word)
	if _, ok := protocols[lower]; ok {
		return lower, nil
	}
	switch lower {
	case "ssl", "ssleay":
		return "", fmt.Errorf("protocol %q: TLS is not built yet", lower)
	case "tcp4", "tcp6", "udp4", "udp6":
		return "", fmt.Errorf("%q is no protocol: did you mean \"%s/IPv%s\"?", lower, lower[:3], lower[3:])
	}
	if w := nearest(lower, protocolNames); w != "" {
		return "", fmt.Errorf("%q is no protocol: did you mean %q?", clip(word), w)
	}
	return "", fmt.Errorf("%q is no protocol: want one of %s", clip(word), strings.Join(protocolNames, ", "))
}

var protocolNames = []string{"tcp", "udp", "unix", "unixdgram", "unixpacket", FIFO}

// cutPort parts host and port.
func cutPort(s string) (host, port string, err error) {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']') + 1
		rest := strings.TrimLeft(s[end:], " \t")
		if rest != "" && isSeparator(rune(rest[0])) {
			rest = strings.TrimLeft(rest[1:], " \t")
		}
		if end == 0 || rest == "" || rest == s[end:] {
			return "", "", fmt.Errorf("%q: want [ADDRESS]:PORT", clip(s))
		}
		return s[:end], rest, nil
	}
	host, separator, port := lastWord(s)
	if separator == ":" && strings.Contains(host, ":") {
		return "", "", fmt.Errorf("%q could be an address, or an address and a port: write [ADDRESS]:PORT", clip(s))
	}
	return host, port, nil
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// checkPort takes a number up to 65535 (never truncated) or what may be the name
// of a service.
func checkPort(s string) (string, error) {
	if isNumber(s) {
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil {
			return "", fmt.Errorf("port %s: want 0 to 65535", clip(s))
		}
		return strconv.FormatUint(n, 10), nil
	}
	if from, to, ok := strings.Cut(s, "-"); ok && isNumber(from) && isNumber(to) {
		return "", fmt.Errorf("%q: a range of ports is not offered: write a list of ports", clip(s))
	}
	if s == "" || s == "*" {
		return "", fmt.Errorf("there is no port: want a number or the name of a service")
	}
	for _, r := range s {
		if !isLetterOrDigit(r) && !strings.ContainsRune("-_.+", r) {
			return "", fmt.Errorf("%q is no port: want a number or the name of a service", clip(s))
		}
	}
	if strings.Trim(s, "-_.+0123456789") == "" {
		return "", fmt.Errorf("%q is no port: want 0 to 65535 or the name of a service", clip(s))
	}
	return s, nil
}

func isLetterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// parseHost reads what host says: "*", an address, with brackets or not, or a
// name; and after it, if wanted, IP versions: "localhost/IPv4". Addresses come out
// canonical: lower case, shortest form, IPv4 never mapped into IPv6.
func parseHost(text string) (host string, v ipVersions, err error) {
	s := strings.Trim(text, " \t")
	if err := plain(s); err != nil {
		return "", 0, err
	}
	if s, v, err = cutVersions(s); err != nil {
		return "", 0, err
	}
	if s == "*" {
		return s, v, nil
	}
	bare := s
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		bare = s[1 : len(s)-1]
	}
	if addr, err := netip.ParseAddr(bare); err == nil {
		if strings.ContainsFunc(addr.Zone(), func(r rune) bool { return !isLetterOrDigit(r) && !strings.ContainsRune("-_.", r) }) {
			return "", 0, fmt.Errorf("%q: %q names no interface", clip(text), clip(addr.Zone()))
		}
		return addr.Unmap().String(), v, nil
	}
	if bare == "*" {
		return bare, v, nil // Net::Server's "[*]"
	}
	if bare != s || strings.Contains(s, ":") {
		return "", 0, fmt.Errorf("%q is no IPv6 address", clip(text))
	}
	if isNumber(s) {
		return "", 0, fmt.Errorf("%q is no host; several ports are written as a list", clip(text))
	}
	if strings.Trim(s, "0123456789.") == "" {
		return "", 0, fmt.Errorf("%q is no IPv4 address", clip(text))
	}
	for _, r := range s {
		if !isLetterOrDigit(r) && !strings.ContainsRune("-_.", r) {
			return "", 0, fmt.Errorf("%q is no host: want an address, a name or *", clip(text))
		}
	}
	return s, v, nil
}
