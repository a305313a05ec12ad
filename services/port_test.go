// SPDX-License-Identifier: Apache-2.0

package services

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func testLookups(ipv6 bool) Lookups {
	hosts := map[string][]string{
		"localhost": {"127.0.0.1", "::1"},
		"both":      {"2001:db8::1", "192.0.2.1", "::ffff:192.0.2.2"},
		"four":      {"192.0.2.4"},
		"none":      {},
	}
	return Lookups{
		HasIPv6: ipv6,
		ServicePort: func(name, proto string) (uint16, bool) {
			p, ok := map[string]uint16{"http/tcp": 80, "tftp/udp": 69, "finger/tcp": 79}[name+"/"+proto]
			return p, ok
		},
		Host: func(name string) (addrs []netip.Addr, err error) {
			texts, ok := hosts[name]
			if !ok {
				return nil, fmt.Errorf("cannot resolve %q: not there", name)
			}
			for _, s := range texts {
				addrs = append(addrs, netip.MustParseAddr(s))
			}
			return addrs, nil
		},
	}
}

// render gives "network address", with " v6only" of sockets for IPv6 alone.
func render(sockets []Socket) string {
	var out []string
	for _, s := range sockets {
		text := s.Network + " " + s.Address
		if s.V6Only {
			text += " v6only"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func renderProblems(problems []Problem) string {
	var out []string
	for _, p := range problems {
		kind := "error"
		if p.Warning {
			kind = "warning"
		}
		out = append(out, kind+": "+p.Attr.String()+": "+p.Message)
	}
	return strings.Join(out, "; ")
}

func TestPortStrings(t *testing.T) {
	const two = "tcp [::1]:20203 v6only, tcp 127.0.0.1:20203"
	for _, test := range []struct{ text, want string }{
		// Net::Server's document.
		{"20203", "tcp [::]:20203"},
		{"localhost:20203", two},
		{"localhost:http", "tcp [::1]:80 v6only, tcp 127.0.0.1:80"},
		{"localhost:20203/tcp", two},
		{"localhost:20203/tcp/IPv*", two},
		{"localhost, 20203, tcp, IPv*", two},
		{"localhost | 20203 | tcp | IPv*", two},
		{"localhost:20203/IPv*", two},
		{"localhost:20203/IPv4/IPv6", two},
		{"localhost:20203/IPv6/IPv4", two},
		{"localhost:20203:IPv*", two},
		{"localhost:20203:IPv6", "tcp [::1]:20203 v6only"},
		{"localhost:20203:IPv4", "tcp 127.0.0.1:20203"},
		{"[::1]:20203", "tcp [::1]:20203 v6only"},
		{"127.0.0.1:20203", "tcp 127.0.0.1:20203"},
		{"::1|20203", "tcp [::1]:20203 v6only"},
		{"::1 20203 tcp", "tcp [::1]:20203 v6only"},
		{"::1, 20203", "tcp [::1]:20203 v6only"},
		{"/run/x.sock|unix", "unix /run/x.sock"},
		{"/run/x.sock|SOCK_DGRAM|unix", "unixgram /run/x.sock"},
		{"/run/x.sock|sock_stream|unix", "unix /run/x.sock"},
		{"/run/x.sock|unixdgram", "unixgram /run/x.sock"},
		// What its document promises and its code does not keep.
		{"localhost/20203", two},
		{"/run/x.sock", "unix /run/x.sock"},
		{"/run/x.sock|SOCK_STREAM|unix", "unix /run/x.sock"},
		// Versions.
		{"79/IPv4", "tcp 0.0.0.0:79"},
		{"79/ipv6", "tcp [::]:79 v6only"},
		{"79/IPv4/IPv6", "tcp [::]:79 v6only, tcp 0.0.0.0:79"},
		{"79/IPv46", "tcp [::]:79 v6only, tcp 0.0.0.0:79"},
		{"*:79", "tcp [::]:79"},
		{"[*]:79", "tcp [::]:79"},
		{":79", "tcp [::]:79"},
		{"[::]:79", "tcp [::]:79 v6only"},
		{"0.0.0.0:79", "tcp 0.0.0.0:79"},
		{"localhost/IPv4:79", "tcp 127.0.0.1:79"},
		{"localhost IPv4 IPv6:79", "tcp [::1]:79 v6only, tcp 127.0.0.1:79"},
		{"localhost/IPv4:79/IPv6", "tcp [::1]:79 v6only"},
		{"four:79", "tcp 192.0.2.4:79"},
		{"both:79", "tcp [2001:db8::1]:79 v6only, tcp 192.0.2.1:79, tcp 192.0.2.2:79"},
		// Addresses come out canonical.
		{"[::ffff:192.0.2.1]:79", "tcp 192.0.2.1:79"},
		{"[2001:DB8:0::1]:079", "tcp [2001:db8::1]:79 v6only"},
		{"[fe80::1%eth0]:79", "tcp [fe80::1%eth0]:79 v6only"},
		// Protocols, port 0, local sockets.
		{"tftp/udp", "udp [::]:69"},
		{"0", "tcp [::]:0"},
		{"79/UDP/IPv4", "udp 0.0.0.0:79"},
		{"@name|unix", "unix @name"},
		{"@name|seqpacket", "unixpacket @name"},
		{"/run//a/./b:unixpacket", "unixpacket /run/a/b"},
		{"/run/x.sock/unixdgram", "unixgram /run/x.sock"},
		{"/run/x.sock, SOCK_SEQPACKET, unix", "unixpacket /run/x.sock"},
		{"/run//x|fifo", "fifo /run/x"},
		{"65535", "tcp [::]:65535"},
		// Sockets of the service manager.
		{"systemd", "systemd "},
		{"systemd:web-1.socket", "systemd web-1.socket"},
	} {
		sockets, problems := ResolvePorts(testLookups(true), PortRequest{Ports: []string{test.text}})
		if got := render(sockets); got != test.want || len(problems) > 0 {
			t.Errorf("%q: %s, want %s; %s", test.text, got, test.want, renderProblems(problems))
		}
	}
}

func TestPortStringsRefused(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "empty"},
		{"65536", "port 65536: want 0 to 65535"},
		{"99999", "port 99999: want 0 to 65535"},
		{"18446744073709551696", "want 0 to 65535"},
		{"-1", `"-1" is no port`},
		{"8080-8090", `"8080-8090": a range of ports is not offered: write a list of ports`},
		{"80,81", `"80" is no host; several ports are written as a list`},
		{"80 81", `"80" is no host; several ports are written as a list`},
		{"*", "there is no port"},
		{"localhost:*", "there is no port"},
		{"::1", `"::1" could be an address, or an address and a port: write [ADDRESS]:PORT`},
		{"::1:80", `"::1:80" could be an address, or an address and a port: write [ADDRESS]:PORT`},
		{"[::1]", "want [ADDRESS]:PORT"},
		{"[::1]80", "want [ADDRESS]:PORT"},
		{"[::1:80", "want [ADDRESS]:PORT"},
		{"[name]:80", `"[name]" is no IPv6 address`},
		{"300.1.1.1:80", `"300.1.1.1" is no IPv4 address`},
		{"a host!:80", "is no host"},
		{"80/tpc", `"tpc" is no protocol: did you mean "tcp"?`},
		{"80/tcp6", `"tcp6" is no protocol: did you mean "tcp/IPv6"?`},
		{"80/sctp", `"sctp" is no protocol`},
		{"443/ssl", `protocol "ssl": TLS is not built yet`},
		{"80/IPv5", `"IPv5" is no IP version`},
		{"80//tcp", "no port"},
		{"nosuch", `no service "nosuch" of tcp is known`},
		{"http/udp", `no service "http" of udp is known`},
		{"nosuch:80", `cannot resolve "nosuch"`},
		{"none:80", `"none" has no address`},
		{"four:80/IPv6", `"four" has no IPv6 address`},
		{"four:80/IPv4/IPv6", `"four" has no IPv6 address`},
		{"127.0.0.1:80/IPv6", "127.0.0.1 is an IPv4 address, and IPv6 is asked for"},
		{"127.0.0.1:80/IPv4/IPv6", "127.0.0.1 is an IPv4 address, and IPv6 is asked for"},
		{"[::1]:80/IPv4", "::1 is an IPv6 address, and IPv4 is asked for"},
		{"x.sock|unix", "want an absolute path"},
		{"systemd:", "want systemd:NAME"},
		{"systemd:a:b", "want systemd:NAME"},
		{"systemd:a b", "want systemd:NAME"},
		{"systemd:" + strings.Repeat("x", 256), "want systemd:NAME"},
		{"/run/x|tcp", "tcp has no paths"},
		{"/run/x y|unix", "no blank"},
		{"/run/../x|unix", "no .."},
		{"/run/|unix", "not of a directory"},
		{"/|unix", "not of a directory"},
		{"@|unix", "want a name"},
		{"/run/x|SOCK_DGRAM|unixpacket", "disagree"},
		{"/run/x|SOCK_STREAM|fifo", "disagree"},
		{"@x|fifo", "a FIFO has an absolute path"},
		{"79/fifo", "want an absolute path"},
		{"/" + strings.Repeat("x", 107) + "|unix", "is longer than 107 bytes"},
		{"80\x00", "control character"},
		{"80\n", "control character"},
		{"\xff", "not UTF-8"},
	} {
		sockets, problems := ResolvePorts(testLookups(true), PortRequest{Ports: []string{test.text}})
		if len(sockets) > 0 || len(problems) != 1 || problems[0].Warning || !strings.Contains(problems[0].Message, test.want) {
			t.Errorf("%q: %s; %s, want an error with %s", test.text, render(sockets), renderProblems(problems), test.want)
		}
	}
}

func TestPortLists(t *testing.T) {
	no, yes := false, true
	l := func(items ...string) []string { return items }
	device := []Setting{{Attr: Device, Value: "eth0"}}
	for name, test := range map[string]struct {
		requests []PortRequest
		want     string
		problems string
		noIPv6   bool
	}{
		"the i-th to the i-th": {
			requests: []PortRequest{{Ports: l("1", "2", "3"), Hosts: l("127.0.0.1", "127.0.0.2"), Protos: l("tcp", "udp")}},
			want:     "tcp 127.0.0.1:1, udp 127.0.0.2:2, udp 127.0.0.2:3",
		},
		// Net::Server pairs with the bindings so far: the host of the second would shift.
		"one port that makes two sockets": {
			requests: []PortRequest{{Ports: l("1/IPv4/IPv6", "2"), Hosts: l("*", "127.0.0.1")}},
			want:     "tcp [::]:1 v6only, tcp 0.0.0.0:1, tcp 127.0.0.1:2",
		},
		"one port, several hosts": {
			requests: []PortRequest{{Ports: l("79"), Hosts: l("127.0.0.1", "::1")}},
			want:     "tcp 127.0.0.1:79, tcp [::1]:79 v6only",
		},
		"one port, several protocols": {
			requests: []PortRequest{{Ports: l("79"), Protos: l("tcp", "udp")}},
			want:     "tcp [::]:79, udp [::]:79",
		},
		"one port, both versions": {
			requests: []PortRequest{{Ports: l("79"), IPvs: l("4", "6")}},
			want:     "tcp 0.0.0.0:79, tcp [::]:79 v6only",
		},
		"too many hosts": {
			requests: []PortRequest{{Ports: l("1", "2"), Hosts: l("*", "*", "127.0.0.1")}},
			problems: "error: host: has 3 items for 2 ports",
		},
		"port string over host over proto over ipv": {
			requests: []PortRequest{
				{Ports: l("localhost:1/IPv6"), Protos: l("tcp/IPv4"), IPvs: l("4")},
				{Ports: l("2"), Hosts: l("localhost/IPv6"), Protos: l("tcp/IPv4"), IPvs: l("4")},
				{Ports: l("3"), Hosts: l("localhost"), Protos: l("tcp/IPv6"), IPvs: l("4")},
				{Ports: l("4"), Hosts: l("localhost"), IPvs: l("6")},
				{Ports: l("5"), Hosts: l("::1"), IPvs: l("4")},
			},
			want: "tcp [::1]:1 v6only, tcp [::1]:2 v6only, tcp [::1]:3 v6only, tcp [::1]:4 v6only, tcp [::1]:5 v6only",
		},
		":: and 0.0.0.0 are one": {
			requests: []PortRequest{{Ports: l("[::]:79", "0.0.0.0:79")}},
			want:     "tcp [::]:79",
		},
		"0.0.0.0 and :: are one": {
			requests: []PortRequest{{Ports: l("0.0.0.0:79", "[::]:79")}},
			want:     "tcp [::]:79",
		},
		":: and 0.0.0.0 of other ports are two": {
			requests: []PortRequest{{Ports: l("[::]:79", "0.0.0.0:80")}},
			want:     "tcp [::]:79 v6only, tcp 0.0.0.0:80",
		},
		"without IPv6 :: falls away beside 0.0.0.0": {
			requests: []PortRequest{{Ports: l("[::]:79", "0.0.0.0:79")}},
			want:     "tcp 0.0.0.0:79", noIPv6: true,
			problems: `warning: port: "[::]:79" is skipped: this machine has no IPv6`,
		},
		"without IPv6 * is 0.0.0.0": {
			requests: []PortRequest{{Ports: l("79", "localhost:80")}},
			want:     "tcp 0.0.0.0:79, tcp 127.0.0.1:80", noIPv6: true,
		},
		"without IPv6, asked for": {
			requests: []PortRequest{{Ports: l("79/IPv6", "80/IPv4/IPv6")}},
			want:     "tcp [::]:79 v6only, tcp [::]:80 v6only, tcp 0.0.0.0:80", noIPv6: true,
		},
		"v6only, said": {
			requests: []PortRequest{{Ports: l("1", "[::]:2", "3/IPv4"), V6Only: &yes}},
			want:     "tcp [::]:1 v6only, tcp [::]:2 v6only, tcp 0.0.0.0:3",
		},
		"v6only, denied": {
			requests: []PortRequest{{Ports: l("1", "[::]:2", "[::1]:3"), V6Only: &no}},
			want:     "tcp [::]:1, tcp [::]:2, tcp [::1]:3 v6only",
		},
		"v6only of the socket beats the service's": {
			requests: []PortRequest{{Ports: l("1"), V6Only: &no, Options: []Setting{{Attr: V6Only, Value: true}}}},
			want:     "tcp [::]:1 v6only",
		},
		"duplicates": {
			requests: []PortRequest{{Ports: l("80", "http")}, {Ports: l("*:80/tcp")}},
			want:     "tcp [::]:80",
			problems: `warning: port: "http" is skipped: "80" listens on tcp [::]:80 already; ` +
				`warning: port: "*:80/tcp" is skipped: "80" listens on tcp [::]:80 already`,
		},
		"covered": {
			requests: []PortRequest{{Ports: l("80", "127.0.0.1:80", "0.0.0.0:80", "[::]:80/IPv6")}},
			want:     "tcp [::]:80",
			problems: `warning: port: "127.0.0.1:80" is skipped: "80" listens on tcp [::]:80 already; ` +
				`warning: port: "0.0.0.0:80" is skipped: "80" listens on tcp [::]:80 already; ` +
				`warning: port: "[::]:80/IPv6" is skipped: "80" listens on tcp [::]:80 already`,
		},
		"covered by what comes later": {
			requests: []PortRequest{{Ports: l("127.0.0.1:80", "[::1]:80", "80")}},
			want:     "tcp [::]:80",
			problems: `warning: port: "127.0.0.1:80" is skipped: "80" listens on tcp [::]:80 already; ` +
				`warning: port: "[::1]:80" is skipped: "80" listens on tcp [::]:80 already`,
		},
		"port 0 is another one each time": {
			requests: []PortRequest{{Ports: l("0", "0")}},
			want:     "tcp [::]:0, tcp [::]:0",
		},
		"one address, other options": {
			requests: []PortRequest{{Ports: l("80")}, {Ports: l("127.0.0.1:80"), Options: []Setting{{Attr: NoDelay, Value: true}}}},
			want:     "tcp [::]:80",
			problems: `error: port: "127.0.0.1:80" and "80" cannot be open at the same time, and are not of the same kind`,
		},
		"one address, two devices": {
			requests: []PortRequest{{Ports: l("80"), Options: device}, {Ports: l("80"), Options: []Setting{{Attr: Device, Value: "eth1"}}}},
			want:     "tcp [::]:80, tcp [::]:80",
		},
		"one path, two kinds": {
			requests: []PortRequest{{Ports: l("/run/x|unix", "/run/x|unixdgram")}},
			want:     "unix /run/x",
			problems: `error: port: "/run/x|unixdgram" and "/run/x|unix" cannot be open at the same time, and are not of the same kind`,
		},
		"proto says unix": {
			requests: []PortRequest{{Ports: l("/run/x/unix", "@y", "79/tcp"), Protos: l("unixdgram")}},
			want:     "unixgram /run/x/unix, unixgram @y, tcp [::]:79",
		},
		"proto says udp of a path": {
			requests: []PortRequest{{Ports: l("/run/x"), Protos: l("udp")}},
			problems: `error: port: "/run/x": udp has no paths: want /run/x|unix or /run/x|unixdgram`,
		},
		"proto says unix of a port": {
			requests: []PortRequest{{Ports: l("79"), Protos: l("unix")}},
			problems: `error: port: "79": want an absolute path, or @NAME, as proto is "unix"`,
		},
		"an error costs no other error": {
			requests: []PortRequest{{Ports: l("99999", "nosuch", "79")}},
			want:     "tcp [::]:79",
			problems: `error: port: port 99999: want 0 to 65535; error: port: "nosuch": no service "nosuch" of tcp is known`,
		},
	} {
		sockets, problems := ResolvePorts(testLookups(!test.noIPv6), test.requests...)
		if got := render(sockets); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
		if got := renderProblems(problems); got != test.problems {
			t.Errorf("%s: problems:\n%s\nwant:\n%s", name, got, test.problems)
		}
	}
}

func TestResolvePortsWithoutLookups(t *testing.T) {
	_, problems := ResolvePorts(Lookups{}, PortRequest{Ports: []string{"http", "localhost:80"}})
	want := `error: port: "http": no service "http" of tcp is known; error: port: cannot resolve "localhost"`
	if got := renderProblems(problems); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	failing := Lookups{Host: func(string) ([]netip.Addr, error) { return nil, errors.New("cannot resolve it") }}
	_, problems = ResolvePorts(failing, PortRequest{Ports: []string{"x:80"}})
	if got := renderProblems(problems); got != "error: port: cannot resolve it" {
		t.Errorf("the resolver's error came out as %s", got)
	}
}

func TestPortProblemsHavePlaces(t *testing.T) {
	port, host := Origin{File: FirstFile, Line: 5}, Origin{File: FirstFile, Line: 6}
	r := PortRequest{Ports: []string{"79", "nosuch:80"}, Hosts: []string{"nosuch"}, Origin: port, Places: map[AttrID]Origin{HostAddr: host}}
	_, problems := ResolvePorts(testLookups(true), r)
	if len(problems) != 2 || problems[0].Attr != HostAddr || problems[0].Origin != host || problems[1].Attr != Port || problems[1].Origin != port {
		t.Errorf("%+v", problems)
	}
	r.Places = nil
	if _, problems := ResolvePorts(testLookups(true), r); problems[0].Origin != (Origin{}) {
		t.Errorf("a place out of nowhere: %+v", problems[0])
	}
}

func TestOverlaps(t *testing.T) {
	dual, six := Socket{Network: "tcp", Address: "[::]:79"}, Socket{Network: "tcp", Address: "[::]:79", V6Only: true}
	four := Socket{Network: "tcp", Address: "0.0.0.0:79"}
	lo4, lo6 := Socket{Network: "tcp", Address: "127.0.0.1:79"}, Socket{Network: "tcp", Address: "[::1]:79", V6Only: true}
	for _, test := range []struct {
		a, b Socket
		want bool
	}{
		{dual, six, true}, {dual, four, true}, {dual, lo4, true}, {dual, lo6, true}, {dual, dual, true},
		{six, four, false}, {six, lo4, false}, {six, lo6, true}, {four, lo4, true}, {four, lo6, false}, {lo4, lo6, false},
		{dual, Socket{Network: "udp", Address: "[::]:79"}, false},
		{four, Socket{Network: "tcp", Address: "0.0.0.0:80"}, false},
		{Socket{Network: "tcp", Address: "[::]:0"}, Socket{Network: "tcp", Address: "[::]:0"}, false},
		{Socket{Network: "unix", Address: "/a"}, Socket{Network: "unixgram", Address: "/a"}, true},
		{Socket{Network: "unix", Address: "@a"}, Socket{Network: "unix", Address: "@a"}, true},
		{Socket{Network: "unix", Address: "/a"}, Socket{Network: "unix", Address: "/b"}, false},
		{Socket{Network: "unix", Address: "@a"}, four, false},
	} {
		if test.a.Overlaps(test.b) != test.want || test.b.Overlaps(test.a) != test.want {
			t.Errorf("%s and %s: want overlap %v", render([]Socket{test.a}), render([]Socket{test.b}), test.want)
		}
	}
}
