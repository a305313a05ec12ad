// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// genPort draws port strings that are mostly right, out of every part's forms.
func genPort() *rapid.Generator[string] {
	host := rapid.SampledFrom([]string{"", "*", "localhost", "both", "four", "127.0.0.1", "0.0.0.0", "[::]", "[::1]", "[::ffff:10.0.0.1]",
		"[fe80::1%eth0]", "[*]", "localhost/IPv4", "none", "::1", "10", "[x]"})
	port := rapid.SampledFrom([]string{"0", "79", "80", "http", "finger", "00080", "65535", "65536", "x", "1-2", ""})
	separator := rapid.SampledFrom([]string{":", "|", ",", " ", "/", " | ", ", ", "//"})
	proto := rapid.SampledFrom([]string{"", "", "tcp", "udp", "UDP", "unix", "tcp6", "ssl"})
	ipv := rapid.SampledFrom([]string{"", "", "", "IPv4", "ipv6", "IPv*", "IPv4/IPv6", "IPv46", "IPv5"})
	path := rapid.SampledFrom([]string{"/run/x", "/run//y/./z", "@a", "/x/unix", "@", "/", "/run/a b"})
	kind := rapid.SampledFrom([]string{"", "|unix", ":unixdgram", " unixpacket", "|SOCK_DGRAM|unix", "|sock_stream|unix", "/unix", "|tcp", "|fifo"})
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 4).Draw(t, "local") == 0 {
			return path.Draw(t, "path") + kind.Draw(t, "kind")
		}
		s := ""
		for _, part := range []*rapid.Generator[string]{host, port, proto, ipv} {
			if word := part.Draw(t, "word"); word != "" {
				if s != "" {
					s += separator.Draw(t, "separator")
				}
				s += word
			}
		}
		return s
	})
}

// What is accepted gives sockets whose canonical text gives the same socket again,
// alone and together.
func checkReparse(t interface{ Fatalf(string, ...any) }, sockets []Socket) {
	l := testLookups(true)
	var texts []string
	for _, s := range sockets {
		again, problems := ResolvePorts(l, PortRequest{Ports: []string{s.PortString()}})
		if len(problems) > 0 || render(again) != render([]Socket{s}) {
			t.Fatalf("%q of %s gives %s; %s", s.PortString(), render([]Socket{s}), render(again), renderProblems(problems))
		}
		texts = append(texts, s.PortString())
	}
	if len(texts) == 0 {
		return
	}
	again, problems := ResolvePorts(l, PortRequest{Ports: texts})
	if len(problems) > 0 || render(again) != render(sockets) {
		t.Fatalf("%q gives %s, not %s; %s", texts, render(again), render(sockets), renderProblems(problems))
	}
}

func TestPortsReparse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ports := rapid.SliceOfN(genPort(), 1, 5).Draw(t, "ports")
		sockets, problems := ResolvePorts(testLookups(true), PortRequest{Ports: ports})
		checkReparse(t, sockets)
		for i := range sockets {
			for j := range i {
				if sockets[i].Overlaps(sockets[j]) {
					t.Fatalf("%q: %s overlap", ports, render([]Socket{sockets[j], sockets[i]}))
				}
			}
		}
		if len(sockets) == 0 && len(problems) == 0 {
			t.Fatalf("%q gives nothing, and nothing is said", ports)
		}
	})
}

// Everything said twice opens nothing more than said once.
func TestPortsAreIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ports := rapid.SliceOfN(genPort().Filter(func(s string) bool { return !strings.Contains(s, "0") || strings.Contains(s, "80") }), 1, 5).Draw(t, "ports")
		ipv6 := rapid.Bool().Draw(t, "ipv6")
		once, _ := ResolvePorts(testLookups(ipv6), PortRequest{Ports: ports})
		twice, _ := ResolvePorts(testLookups(ipv6), PortRequest{Ports: ports}, PortRequest{Ports: ports})
		for _, s := range twice {
			if strings.HasSuffix(s.Address, ":0") {
				return
			}
		}
		if render(once) != render(twice) {
			t.Fatalf("%q: %s, and said twice %s", ports, render(once), render(twice))
		}
	})
}

// A socket for IPv4 clients is asked for by something that does not say IPv6 alone.
func TestVersionsAreKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.SampledFrom([]string{"*", "localhost", "both"}).Draw(t, "host")
		v := rapid.SampledFrom([]string{"4", "6", "4 6", "*"}).Draw(t, "ipv")
		sockets, problems := ResolvePorts(testLookups(true), PortRequest{Ports: []string{"79"}, Hosts: []string{host}, IPvs: []string{v}})
		var four, six bool
		for _, s := range sockets {
			isSix := strings.HasPrefix(s.Address, "[")
			four = four || !isSix || !s.V6Only
			six = six || isSix
		}
		if want4, want6 := v != "6", v != "4"; four != want4 || six != want6 || len(problems) > 0 {
			t.Fatalf("%s with ipv %q: %s", host, v, render(sockets))
		}
	})
}

func FuzzPort(f *testing.F) {
	for _, s := range []string{"20203", "localhost:20203/tcp/IPv*", "localhost | 20203 | tcp | IPv*", "[::1]:80", "::1|80", "79/IPv4/IPv6",
		"/run/x|SOCK_DGRAM|unix", "@x|unix", "99999", "8080-8090", "80,81", "::1:80", "[fe80::1%a]:0", "/a:unix:unix", "*", "[", "\xff", "@ |unix", "/0 /uniX"} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, local bool) {
		proto := "tcp"
		if local {
			proto = "unix"
		}
		l := testLookups(true)
		sockets, problems := ResolvePorts(l, PortRequest{Ports: []string{text}, Protos: []string{proto}})
		if (len(sockets) == 0) != (len(problems) > 0) {
			t.Fatalf("%q: %s; %s", text, render(sockets), renderProblems(problems))
		}
		for _, p := range problems {
			if len(p.Message) > 1000 || !utf8.ValidString(p.Message) || strings.ContainsAny(p.Message, "\n\x00\x1b") {
				t.Fatalf("%q: the message %q", text, p.Message)
			}
		}
		checkReparse(t, sockets)
		if v, err := Port.Row().Parse(text); (err == nil) && !Port.Row().Holds(v) {
			t.Fatalf("%q: %#v", text, v)
		} else if err != nil && len(sockets) > 0 {
			t.Fatalf("%q is refused as a value (%v) and taken as a port: %s", text, err, render(sockets))
		}
	})
}

// FuzzAttribute: what any attribute accepts as text is of its kind, and reading
// what was written gives the same again.
func FuzzAttribute(f *testing.F) {
	for id := range NumAttrs {
		f.Add(uint8(id), "1")
		if d := id.Row().Default; d != nil {
			f.Add(uint8(id), id.Row().Format(d))
		}
	}
	for _, s := range []string{"prefork,inet", "PreForkSimple Fork,Exotic", "Exotic,", "Thread,Thread", "unlimited", "1G:2G", "90s", "1.5", "50 10", "a=b", "/bin/cat -u", "8:00-9:00", "10.0.0.0/8", "FILE /x 1 2", "CAP_CHOWN"} {
		for id := range NumAttrs {
			f.Add(uint8(id), s)
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, text string) {
		a := AttrID(n % uint8(NumAttrs)).Row()
		v, err := a.Parse(text)
		if err != nil {
			if v != nil {
				t.Fatalf("%s = %q: a value and an error", a.Name, text)
			}
			return
		}
		if !a.Holds(v) {
			t.Fatalf("%s = %q: %#v is not %s", a.Name, text, v, a.Kind)
		}
		again, err := a.FromTOML(v)
		if a.Kind == KindBool || a.Kind == KindInt || a.Kind == KindFloat {
			again, err = a.Parse(a.Format(v))
		}
		if err != nil || !reflect.DeepEqual(again, v) {
			t.Fatalf("%s = %q: %#v reads back as %#v, %v", a.Name, text, v, again, err)
		}
		if !a.Kind.isList() {
			if again, err := a.Parse(a.Format(v)); err != nil || !reflect.DeepEqual(again, v) {
				t.Fatalf("%s = %q: %q reads back as %#v, %v", a.Name, text, a.Format(v), again, err)
			}
		}
		if fmt.Sprint(v) == "" && a.Kind != KindText {
			t.Fatalf("%s = %q: an empty value", a.Name, text)
		}
	})
}
