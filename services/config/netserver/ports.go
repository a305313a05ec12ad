// SPDX-License-Identifier: Apache-2.0

package netserver

import (
	"regexp"
	"strings"

	"superd/services"
	"superd/services/config"
)

// versionWord is an IP version within a port, host or proto.
var versionWord = regexp.MustCompile(`(?i)[,|\s:/]ipv[46*]+`)

// takePorts takes port with the lists that are paired with it. The i-th of a list
// belongs to the i-th port, the last one to all that follow, and what is left over
// is passed over.
func (t *translation) takePorts(ports []pair) {
	t.list(services.Port, t.datagrams(ports))
	lists := map[string][]pair{}
	for _, name := range pairedKeys {
		said := t.said[name]
		if len(said) > len(ports) {
			t.warn(said[len(ports)], "there are more of these than ports; the rest is passed over, as by Net::Server")
			said = said[:len(ports)]
		}
		lists[name] = said
	}
	t.pairing(ports, lists)
	t.paired(lists)
}

// pairedKeys are the lists that go with port.
var pairedKeys = []string{"host", "proto", "ipv"}

// withoutPort takes the lists where the port is what serve assumes.
func (t *translation) withoutPort() {
	lists := map[string][]pair{}
	for _, name := range pairedKeys {
		if said := t.said[name]; len(said) > 1 {
			t.warn(said[1], "there are more of these than ports; the rest is passed over, as by Net::Server")
			lists[name] = said[:1]
		} else {
			lists[name] = said
		}
	}
	t.paired(lists)
}

func (t *translation) paired(lists map[string][]pair) {
	t.list(services.HostAddr, lists["host"])
	t.list(services.Proto, t.datagrams(lists["proto"]))
	t.list(services.IPv, lists["ipv"])
	t.environment(len(lists["ipv"]) > 0)
}

// list assigns a list of which each pair is one item.
func (t *translation) list(attr services.AttrID, said []pair) {
	var items []string
	for _, p := range said {
		v, err := attr.Row().Parse(t.without6(attr, p.value))
		if err != nil {
			t.bad(p, "%v", err)
			continue
		}
		items = append(items, v.([]string)...)
	}
	if len(items) > 0 {
		t.set(attr, said[0], items)
	}
}

// datagrams applies unix_type, the older way to say unixdgram, to ports and protos.
func (t *translation) datagrams(said []pair) []pair {
	kind := t.said["unix_type"]
	if len(kind) == 0 || len(said) == 0 {
		return said
	}
	if p := kind[len(kind)-1]; p.value != "SOCK_DGRAM" {
		if p.value != "SOCK_STREAM" && said[0].name == "port" {
			t.bad(p, "%q: want SOCK_STREAM or SOCK_DGRAM", clip(p.value))
		}
		return said
	}
	out := make([]pair, len(said))
	for i, p := range said {
		if strings.EqualFold(p.value, "unix") {
			p.value = "unixdgram"
		} else if rest, ok := strings.CutSuffix(strings.ToLower(p.value), "|unix"); ok && p.name == "port" {
			p.value = p.value[:len(rest)] + "|unixdgram"
		}
		out[i] = p
	}
	return out
}

// pairing warns where Net::Server pairs otherwise: it counts sockets and not ports,
// so that a port with two of them shifts all that follow.
func (t *translation) pairing(ports []pair, lists map[string][]pair) {
	several := false
	for _, name := range pairedKeys {
		several = several || len(lists[name]) > 1
	}
	for i, p := range ports[:len(ports)-1] {
		both := len(versionWord.FindAllString(p.value, -1)) > 1
		if v := lists["ipv"]; len(v) > 0 {
			text := v[min(i, len(v)-1)].value
			both = both || strings.Contains(text, "4") && strings.Contains(text, "6")
		}
		if both && several {
			t.warn(p, "Net::Server gives the ports after one with two sockets the wrong items of host, proto and ipv; superd gives the i-th port the i-th")
			return
		}
	}
	for _, p := range ports {
		for _, name := range []string{"host", "proto"} {
			for _, other := range lists[name] {
				if versionWord.MatchString(p.value) && versionWord.MatchString(other.value) {
					t.warn(other, "in superd an IP version of a port is stronger than one of %s, as Net::Server's document has it; in its code it is weaker", name)
					return
				}
			}
		}
	}
}

// environment takes what IPV and NO_IPV6 say for sockets of which nobody says an IP
// version.
func (t *translation) environment(said bool) {
	ipv, _ := t.host.Getenv("IPV")
	switch {
	case said:
	case ipv != "" && ipv != "0":
		v, err := services.IPv.Row().Parse(t.without6(services.IPv, ipv))
		if err != nil {
			t.refuse("ipv", t.entry.Pos, "IPV in the environment: %v", err)
			return
		}
		t.sink.Report(config.Warning, t.entry.Pos, t.entry.ID, "ipv", "is "+clip(ipv)+", as IPV in the environment says")
		t.assume(services.IPv, v)
	case t.noIPv6():
		t.sink.Report(config.Warning, t.entry.Pos, t.entry.ID, "ipv", "is 4, since NO_IPV6 is in the environment")
		t.assume(services.IPv, []string{"4"})
	}
}

func (t *translation) noIPv6() bool {
	v, _ := t.host.Getenv("NO_IPV6")
	return v != "" && v != "0"
}

var anyVersion = regexp.MustCompile(`(?i)([,|\s:/])ipv[46]*\*[46*]*`)

// without6 makes "any IP version" IPv4 where NO_IPV6 is set. IPv6 that is asked for
// is still tried.
func (t *translation) without6(attr services.AttrID, text string) string {
	switch {
	case !t.noIPv6():
		return text
	case attr == services.IPv && strings.Contains(text, "*"):
		return "4"
	}
	return anyVersion.ReplaceAllString(text, "${1}IPv4")
}
