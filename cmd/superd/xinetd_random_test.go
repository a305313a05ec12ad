// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"superd/internal/difftest"
)

// Lines of random entries, of which each draws a few. What is wrong, or written
// twice, is for the front-end's tests: here handlers tell what right lines do.
var (
	handlerLines = [][]string{
		{"group = games", "group = 1234", "group = daemon"},
		{"groups = yes", "groups = no"},
		{"umask = 077", "umask = 0", "umask = 027", "umask = 002"},
		{"nice = 3", "nice = 19", "nice = -7", "nice = 0"},
		{"rlimit_as = 300M", "rlimit_as = UNLIMITED"},
		{"rlimit_cpu = 17", "rlimit_cpu = UNLIMITED"},
		{"rlimit_data = 90M", "rlimit_data = 70000K"},
		{"rlimit_rss = 5000", "rlimit_rss = 3K"},
		{"rlimit_stack = 2M", "rlimit_stack = 1234567"},
		{"rlimit_files = 20", "rlimit_files = 500", "rlimit_files = 2999", "rlimit_files = 5000"},
		{"env = A=1 B=2", "env = A=1 A=2", "env = HOME=/x REMOTE_HOST=y", "env = =x Q= Z"},
		{"passenv = HOME", "passenv = OTHER PATH NONE", "passenv ="},
		{"bind = 127.0.0.1", "bind = 192.0.2.9", "bind = ::1", "bind = 2001:db8::9", "bind = 0.0.0.0"},
		{"banner = /etc/difftest.banner"}, {"banner_success = /etc/difftest.success"}, {"banner_fail = /etc/difftest.fail"},
		{"only_from = 127.0.0.1 ::1", "only_from = 192.0.2.0/24", "only_from = 0.0.0.0 ::/0"},
		{"no_access = 127.0.0.0", "no_access = ::1/127", "no_access = 192.0.2.{7,9}"},
		{"instances = 1", "instances = UNLIMITED"}, {"per_source = 1"},
		{"cps = 200 1", "cps = 0 0"},
	}
	handlerUsers = []string{"root", "nobody", "tester", "games", "4321", "0"}
	handlerHeads = []string{
		"", "server_args = -a b", "flags = NAMEINARGS NODELAY\n\tserver_args = name -x", "flags = IPv4\n\tserver_args = %s $HOME ~ *",
		"flags = IPv6 KEEPALIVE", "flags = IPv6\n\tv6only = yes", "flags = NOLIBWRAP REUSE KEEPALIVE NODELAY",
	}
	handlerCommon = []string{"umask = 077", "groups = yes", "instances = 7", "per_source = 5", "passenv = HOME PATH", "bind = 127.0.0.1",
		"banner_fail = /etc/difftest.fail", "only_from = 127.0.0.0 ::1", "no_access = 192.0.2.0", "cps = 100 1"}
)

// handlerFile draws a file of thirty services.
var handlerFile = rapid.Custom(func(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("defaults\n{\n")
	for _, l := range handlerCommon {
		if rapid.IntRange(0, 9).Draw(t, "common") == 0 {
			fmt.Fprintf(&b, "\t%s\n", l)
		}
	}
	b.WriteString("}\n")
	sockets := []string{"stream\n\twait = no", "stream\n\twait = no", "stream\n\twait = no", "dgram\n\twait = yes", handedOver}
	for i := range 30 {
		socket := rapid.SampledFrom(sockets).Draw(t, "socket")
		if socket == handedOver && listed.MatchString(b.String()[:strings.Index(b.String(), "}")]) {
			socket = sockets[0]
		}
		fmt.Fprintf(&b, "service s%d\n{\n\ttype = UNLISTED\n\tport = %d\n\tsocket_type = %s\n\tuser = %s\n\tserver = /usr/sbin/in.s%d\n\t%s\n", i, 7001+i, socket,
			rapid.SampledFrom(handlerUsers).Draw(t, "user"), i, rapid.SampledFrom(handlerHeads).Draw(t, "head"))
		for _, group := range handlerLines {
			line := rapid.SampledFrom(group).Draw(t, "line")
			if rapid.IntRange(0, 3).Draw(t, "has") == 0 && (socket != handedOver || !listed.MatchString(line)) {
				fmt.Fprintf(&b, "\t%s\n", line)
			}
		}
		b.WriteString("}\n")
	}
	return b.String()
})

// handedOver is a socket whose clients xinetd does not accept: where there is a
// list it starts a process that refuses at each turn of its loop, without end if
// cps allows it. Its banner goes to the listening socket, and kills the process.
const handedOver = "stream\n\twait = yes"

var listed = regexp.MustCompile(`only_from|no_access|banner`)

// TestXinetdRandom runs random entries under both daemons.
func TestXinetdRandom(t *testing.T) {
	w := difftest.NewWorld(t, probe)
	c := difftest.NewComparison(t)
	for i := range 8 {
		text := handlerFile.Example(i)
		w.Provide(text)
		c.Run(w, fmt.Sprintf("random-%d", i), text)
		if t.Failed() {
			t.Log(text)
			break
		}
	}
	c.Report()
	if n := c.Served(); n < 150 {
		t.Errorf("only %d services served under both", n)
	}
}
