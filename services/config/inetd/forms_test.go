// SPDX-License-Identifier: Apache-2.0

package inetd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"superd/services"
)

// TestForms holds each form of a line, in the dialects that have it, to what comes
// of it.
func TestForms(t *testing.T) {
	for name, c := range map[string]example{
		"addresses":             {"openbsd", "127.0.0.1,[::1]:finger stream tcp nowait root /bin/cat", services.HostAddr, "enabled [127.0.0.1 ::1]", ""},
		"bare IPv6 address":     {"gnu", "::1:finger stream tcp6 nowait root /bin/cat", services.HostAddr, "enabled [::1]", ""},
		"default address":       {"openbsd", "127.0.0.1:\nfinger stream tcp nowait root /bin/cat", services.HostAddr, "enabled [127.0.0.1]", ""},
		"default taken back":    {"gnu", "127.0.0.1:\n*:\nfinger stream tcp nowait root /bin/cat", services.HostAddr, "enabled", ""},
		"default overruled":     {"netbsd", "127.0.0.1:\n*:finger stream tcp wait root /bin/cat", services.HostAddr, "enabled", ""},
		"address and a blank":   {"openbsd", "127.0.0.1: finger stream tcp nowait root /bin/cat", services.HostAddr, "enabled [127.0.0.1]", ""},
		"address not there":     {"openbsd", "127.0.0.1,no.such:finger stream tcp nowait root /bin/cat", services.HostAddr, "enabled [127.0.0.1]", `cannot resolve "no.such"`},
		"no address left":       {"openbsd", "no.such:finger stream tcp nowait root /bin/cat", services.HostAddr, "refused", `attribute "address": cannot resolve "no.such"`},
		"address of no version": {"openbsd", "127.0.0.1:finger stream tcp6 nowait root /bin/cat", services.HostAddr, "refused", `"127.0.0.1" is an IPv4 address, and tcp6 is IPv6 alone`},
		"addresses of FreeBSD":  {"freebsd", "1.2.3.4:finger stream tcp nowait root /bin/cat", services.HostAddr, "none", "has no addresses before the name"},
		"empty address":         {"openbsd", ":finger stream tcp nowait root /bin/cat", services.HostAddr, "refused", `attribute "address"`},
		"nowait.0":              {"openbsd", "finger stream tcp nowait.0 root /bin/cat", services.StartsPerMinute, "enabled 256", "the usual one of 256 a minute"},
		"nowait.0x10":           {"openbsd", "finger stream tcp nowait.0x10 root /bin/cat", services.StartsPerMinute, "enabled 16", ""},
		"nowait/0/0/2":          {"freebsd", "finger stream tcp nowait/0/0/2 root /bin/cat", services.PerSource, "enabled 2", ""},
		"nowait/3/10":           {"", "finger stream tcp nowait/3/10 root /bin/cat", services.PerSourcePerMinute, "enabled 10", ""},
		"nowait:0":              {"netbsd", "finger dgram udp wait:0 root /bin/cat", services.StartsPerMinute, "refused 0", "no service"},
		"the usual rate":        {"gnu", "finger stream tcp nowait root /bin/cat", services.StartsPerMinute, "enabled 1000", ""},
		"nowwait":               {"openbsd", "finger stream tcp nowwait root /bin/cat", services.Mode, "enabled inet", `"nowwait" is neither wait nor nowait`},
		"nowwait of FreeBSD":    {"freebsd", "finger stream tcp nowwait root /bin/cat", services.Mode, "refused inet", `"nowwait" is neither wait nor nowait`},
		"user.group":            {"openbsd", "finger stream tcp nowait alice.mail /bin/cat", services.Group, "enabled mail", ""},
		"user:group":            {"gnu", "finger stream tcp nowait alice:mail /bin/cat", services.Group, "enabled mail", ""},
		"group of root":         {"openbsd", "finger stream tcp nowait root:mail /bin/cat", services.Group, "enabled", "gives root no other group"},
		"group of root, BSD":    {"freebsd", "finger stream tcp nowait root:mail /bin/cat", services.Group, "enabled mail", ""},
		"number of a user":      {"openbsd", "finger stream tcp nowait 1000 /bin/cat", services.User, "refused", "knows users by name alone"},
		"empty group":           {"openbsd", "finger stream tcp nowait alice: /bin/cat", services.Group, "refused", `no such group ""`},
		"plain tcp":             {"openbsd", "finger stream tcp nowait root /bin/cat", services.IPv, "enabled", ""},
		"plain tcp of FreeBSD":  {"freebsd", "finger stream tcp nowait root /bin/cat", services.IPv, "enabled [4]", ""},
		"tcp6":                  {"openbsd", "finger stream tcp6 nowait root /bin/cat", services.IPv, "enabled [6]", ""},
		"tcp6 of GNU":           {"gnu", "finger stream tcp6 nowait root /bin/cat", services.IPv, "enabled", ""},
		"tcp6only":              {"", "finger stream tcp6only nowait root /bin/cat", services.IPv, "enabled [6]", ""},
		"tcp46":                 {"freebsd", "finger stream tcp46 nowait root /bin/cat", services.IPv, "enabled", ""},
		"tcp64 of openbsd":      {"openbsd", "finger stream tcp64 nowait root /bin/cat", services.IPv, "refused", "is none of openbsd-inetd's"},
		"buffers":               {"netbsd", "finger stream tcp,sndbuf=1m,rcvbuf=24k wait root /bin/cat", services.SendBuffer, "enabled 1048576", ""},
		"bad buffer":            {"openbsd", "finger stream tcp,rcvbuf=64x nowait root /bin/cat", services.ReceiveBuffer, "enabled 64", `"64x" is no size`},
		"bad buffer of NetBSD":  {"netbsd", "finger stream tcp,rcvbuf=64x wait root /bin/cat", services.ReceiveBuffer, "refused", `"64x" is no buffer size`},
		"accept-max":            {"", "finger stream,4 tcp wait root /bin/cat", services.MaxServers, "enabled 4", ""},
		"owner of a socket":     {"freebsd", "finger stream tcp nowait root /bin/cat\n:root:mail:0660:/run/x stream unix nowait root /bin/cat", services.Mode, "enabled inet", ""},
		"RPC":                   {"openbsd", "finger stream rpc/tcp nowait root /bin/cat", services.Mode, "refused inet", "RPC is not built yet"},
		"sunrpc":                {"openbsd", "finger sunrpc_udp udp wait root /bin/cat", services.Mode, "refused wait", "RPC is not built yet"},
		"raw":                   {"gnu", "finger raw udp wait root /bin/cat", services.Mode, "refused wait", `"raw" is not offered`},
		"ttcp":                  {"freebsd", "finger stream tcp/ttcp nowait root /bin/cat", services.Mode, "refused inet", "ttcp is not offered"},
		"internal":              {"openbsd", "finger stream tcp nowait root /bin/cat\necho stream tcp nowait root internal", services.Mode, "enabled inet", "internal services are not built yet"},
		"internal of no kind":   {"openbsd", "finger stream tcp nowait root internal", services.Mode, "refused inet", `has no internal service "finger" and drops it`},
		"stream and udp":        {"openbsd", "finger stream udp nowait root /bin/cat", services.Mode, "refused inet", "udp does not go with socket type stream"},
		"no name":               {"openbsd", "fin/ger stream tcp nowait root /bin/cat\nfinger stream tcp nowait root /bin/cat", services.Mode, "enabled inet", `"fin/ger" is no name of a service`},
		"port out of range":     {"openbsd", "70000 stream tcp nowait root /bin/cat\nfinger stream tcp nowait root /bin/cat", services.Mode, "enabled inet", `"70000" is no port`},
		"argv[0]":               {"openbsd", "finger stream tcp nowait root /bin/cat me -u", services.Argv0, "enabled me", ""},
		"quotes of none":        {"openbsd", `finger stream tcp nowait root /bin/cat cat "a b"`, services.Exec, `enabled [/bin/cat "a b"]`, ""},
		"quotes of FreeBSD":     {"freebsd", `finger stream tcp nowait root /bin/cat cat "a b"'c d'`, services.Exec, "enabled [/bin/cat a b c d]", ""},
		"quotes of GNU":         {"gnu", `finger stream tcp nowait root /bin/cat cat a"b c"d'e' '"'`, services.Exec, `enabled [/bin/cat a b c d'e' "]`, ""},
		"group of number 0":     {"gnu", "finger stream tcp nowait alice:root /bin/cat", services.Group, "enabled", "takes a group of number 0 for none"},
		"group 0 elsewhere":     {"openbsd", "finger stream tcp nowait alice:root /bin/cat", services.Group, "enabled root", ""},
		"local socket of GNU":   {"gnu", "finger stream tcp nowait root /bin/cat\n/run/x stream unix nowait root /bin/cat", services.Mode, "enabled inet", "GNU's inetd has no local sockets"},
		"CR LF of GNU":          {"gnu", "finger stream tcp nowait root /bin/cat cat -u\r\n", services.Exec, "enabled [/bin/cat -u]", ""},
		"quotes of NetBSD":      {"netbsd", `finger stream tcp wait root /bin/cat cat a"b c"d`, services.Exec, "enabled [/bin/cat ab cd]", ""},
		"continuation":          {"openbsd", "finger stream tcp\n\tnowait root\n  /bin/cat cat\n -u\n", services.Exec, "enabled [/bin/cat -u]", ""},
		"indented line of GNU":  {"gnu", "  finger stream tcp nowait root /bin/cat\n", services.Exec, "enabled [/bin/cat]", ""},
		"indented comment":      {"openbsd", "finger stream tcp nowait root /bin/cat cat\n # x\n", services.Exec, "enabled [/bin/cat # x]", `an indented "#" begins no comment`},
		"indented service":      {"openbsd", "finger stream tcp nowait root /bin/cat cat\n ftp stream tcp nowait root /bin/cat\n", services.Mode, "enabled inet", "no service of their own"},
		"after a comment":       {"openbsd", "# x\n  finger stream tcp nowait root /bin/cat cat\n", services.Mode, "enabled inet", ""},
		"backslash":             {"openbsd", "finger stream tcp nowait root /bin/cat cat \\\n -u\n", services.Exec, `enabled [/bin/cat \ -u]`, `the "\" is an argument`},
		"#<off>#":               {"", "#<off># finger stream tcp nowait root /bin/cat", services.Disable, "disabled true", ""},
		"#<off># of prose":      {"", "#<off># these are off", services.Disable, "none", ""},
		"#:GROUP:":              {"", "#:INFO: Info services\nfinger stream tcp nowait root /bin/cat", services.IPv, "enabled", ""},
		"undecided":             {"", "finger stream tcp nowait root /bin/cat", services.IPv, "enabled", `"tcp" is IPv4 and IPv6, as openbsd-inetd has it`},
		"tcpmux":                {"", "tcpmux/+finger stream tcp nowait root /bin/cat\nfinger stream tcp nowait root /bin/cat", services.IPv, "enabled [4]", "services behind tcpmux are not built yet"},
		"contradiction":         {"", "finger stream tcp nowait/3 root /bin/cat\n1.2.3.4:ftp stream tcp nowait root /bin/cat", services.MaxServers, "enabled 3", "not of the same inetd as what stands before it"},
		"program in /":          {"openbsd", "finger stream tcp nowait root bin/cat", services.Exec, "enabled [/bin/cat]", "it is looked for in /"},
	} {
		t.Run(strings.ReplaceAll(name, "/", "_"), c.run)
	}
}

// TestReplaced: of lines for the same socket the last counts.
func TestReplaced(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"finger stream tcp nowait root /bin/cat\nfinger stream tcp6 nowait root /bin/sh", "finger tcp 0.0.0.0:79 /bin/cat, finger-tcp6 tcp [::]:79 /bin/sh"},
		{"finger stream tcp6 nowait root /bin/cat\nfinger stream tcp nowait root /bin/sh", "finger tcp [::]:79 /bin/sh"},
		{"finger stream tcp nowait root /bin/cat\nfinger stream tcp nowait root /bin/sh", "finger tcp [::]:79 /bin/sh"},
		{"127.0.0.1,::1:finger stream tcp nowait root /bin/cat\n::1:finger stream tcp nowait root /bin/sh", "finger tcp 127.0.0.1:79 /bin/cat, finger-tcp tcp [::1]:79 /bin/sh"},
		{"finger stream tcp nowait root /bin/cat\nfinger stream tcp nowait root", "finger tcp [::]:79 /bin/cat"},
		{"finger stream tcp nowait root /bin/cat\n#<off># finger stream tcp nowait root /bin/sh", "finger tcp [::]:79 /bin/cat"},
	} {
		var got []string
		for _, s := range load("openbsd", c.text, nil).Services {
			if s.State == services.Enabled {
				got = append(got, fmt.Sprint(s.ID, " ", s.Sockets[0].Network, " ", s.Sockets[0].Address, " ", s.List(services.Exec)[0]))
			}
		}
		if !slices.Equal(got, strings.Split(c.want, ", ")) {
			t.Errorf("%s\n%q, want %q", c.text, got, c.want)
		}
	}
}
