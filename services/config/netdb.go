// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// readServices reads services(5): "name/proto" → port. A machine without the
// file, as many containers are, has superd's own table instead.
func readServices(h *Host, name string) map[string]uint16 {
	if _, err := h.ReadFile(name); err != nil {
		return wellKnown()
	}
	ports := map[string]uint16{}
	eachLine(h, name, func(line string) {
		f := strings.Fields(uncomment(line))
		if len(f) < 2 {
			return
		}
		number, proto, ok := strings.Cut(f[1], "/")
		port, err := strconv.ParseUint(number, 10, 16)
		if !ok || err != nil {
			return
		}
		for _, alias := range slices.Concat(f[:1], f[2:]) {
			// The first line of a name counts, as for getservbyname.
			if key := alias + "/" + proto; ports[key] == 0 {
				ports[key] = uint16(port)
			}
		}
	})
	return ports
}

// hostTable is hosts(5): names in lower case → addresses.
type hostTable map[string][]netip.Addr

func readHosts(h *Host, name string) hostTable {
	t := hostTable{}
	eachLine(h, name, func(line string) {
		f := strings.Fields(uncomment(line))
		if len(f) < 2 {
			return
		}
		addr, err := netip.ParseAddr(f[0])
		if err != nil {
			return
		}
		for _, alias := range f[1:] {
			alias = strings.ToLower(alias)
			if !slices.Contains(t[alias], addr) {
				t[alias] = append(t[alias], addr)
			}
		}
	})
	if len(t["localhost"]) == 0 { // RFC 6761: whatever a file says or does not say
		t["localhost"] = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	}
	return t
}

func (t hostTable) lookup(name string) ([]netip.Addr, bool) {
	addrs, ok := t[strings.TrimSuffix(strings.ToLower(name), ".")]
	return slices.Clone(addrs), ok
}

// networkTable is networks(5).
type networkTable map[string]netip.Prefix

// readNetworks leaves "default 0.0.0.0" out: in an address rule it would stand
// for everybody, which nobody who writes a network's name means.
func readNetworks(h *Host, name string) networkTable {
	t := networkTable{}
	eachLine(h, name, func(line string) {
		f := strings.Fields(uncomment(line))
		if len(f) < 2 {
			return
		}
		p, ok := parseNetwork(f[1])
		if !ok || p.Bits() == 0 {
			return
		}
		for _, alias := range slices.Concat(f[:1], f[2:]) {
			if _, ok := t[alias]; !ok {
				t[alias] = p
			}
		}
	})
	return t
}

// parseNetwork reads "127", "10.1" or "10.1.0.0": octets left out and zero
// octets at the end are what the network leaves open.
func parseNetwork(s string) (netip.Prefix, bool) {
	var a [4]byte
	octets := strings.Split(s, ".")
	if len(octets) > 4 {
		return netip.Prefix{}, false
	}
	bits := 0
	for i, o := range octets {
		n, err := strconv.ParseUint(o, 10, 8)
		if err != nil {
			return netip.Prefix{}, false
		}
		if a[i] = byte(n); n != 0 {
			bits = 8 * (i + 1)
		}
	}
	return netip.PrefixFrom(netip.AddrFrom4(a), bits), true
}

func (t networkTable) lookup(name string) (netip.Prefix, bool) {
	p, ok := t[name]
	return p, ok
}

func uncomment(line string) string {
	line, _, _ = strings.Cut(line, "#")
	return line
}

// wellKnown is for machines without /etc/services: what super-servers are asked
// to serve.
func wellKnown() map[string]uint16 {
	return map[string]uint16{
		"tcpmux/tcp": 1, "echo/tcp": 7, "echo/udp": 7, "discard/tcp": 9, "discard/udp": 9,
		"systat/tcp": 11, "daytime/tcp": 13, "daytime/udp": 13, "netstat/tcp": 15, "qotd/tcp": 17,
		"chargen/tcp": 19, "chargen/udp": 19, "ftp-data/tcp": 20, "ftp/tcp": 21, "ssh/tcp": 22,
		"telnet/tcp": 23, "smtp/tcp": 25, "time/tcp": 37, "time/udp": 37, "whois/tcp": 43,
		"tacacs/tcp": 49, "domain/tcp": 53, "domain/udp": 53, "bootps/udp": 67, "tftp/udp": 69,
		"gopher/tcp": 70, "finger/tcp": 79, "http/tcp": 80, "kerberos/tcp": 88, "pop2/tcp": 109,
		"pop3/tcp": 110, "sunrpc/tcp": 111, "sunrpc/udp": 111, "auth/tcp": 113, "ident/tcp": 113,
		"nntp/tcp": 119, "ntp/udp": 123, "imap2/tcp": 143, "imap/tcp": 143, "snmp/udp": 161,
		"irc/tcp": 194, "ldap/tcp": 389, "https/tcp": 443, "submissions/tcp": 465, "exec/tcp": 512,
		"biff/udp": 512, "comsat/udp": 512, "login/tcp": 513, "who/udp": 513, "shell/tcp": 514,
		"syslog/udp": 514, "printer/tcp": 515, "talk/udp": 517, "ntalk/udp": 518, "klogin/tcp": 543,
		"kshell/tcp": 544, "submission/tcp": 587, "ldaps/tcp": 636, "rsync/tcp": 873, "swat/tcp": 901,
		"ftps/tcp": 990, "telnets/tcp": 992, "imaps/tcp": 993, "pop3s/tcp": 995, "cvspserver/tcp": 2401,
		"svn/tcp": 3690, "postgresql/tcp": 5432, "amanda/tcp": 10080, "amanda/udp": 10080,
		"amandaidx/tcp": 10082, "amidxtape/tcp": 10083, "git/tcp": 9418, "nrpe/tcp": 5666, "sane-port/tcp": 6566,
	}
}
