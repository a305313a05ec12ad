// SPDX-License-Identifier: Apache-2.0

package inetd_test

import (
	"strings"
	"testing"

	"superd/services"
)

// TestKeyValues: NetBSD's second syntax.
func TestKeyValues(t *testing.T) {
	const rest = ` user = root, exec = /bin/cat, wait = yes`
	for name, c := range map[string]example{
		"whole":             {"", "finger on protocol = tcp4, args = cat \"a b\" 'c\\x41',\n\tservice_max=5,ip_max = 2, accept_max = 3,\n\tbind = 127.0.0.1," + rest + ";", services.Exec, "enabled [/bin/cat a b cA]", `"ip_max": does not protect a wait service`},
		"comments":          {"", "finger on # it is\n protocol # here\n = tcp4, # there\n" + rest + ";", services.Mode, "enabled wait", ""},
		"several a line":    {"", "ftp on protocol=tcp4," + rest + "; finger on protocol = tcp4," + rest + "; # end", services.Mode, "enabled wait", ""},
		"off":               {"", "finger off protocol=tcp4," + rest + ";", services.Disable, "disabled true", ""},
		"socket type":       {"", "finger on protocol=tcp6, socktype = stream," + rest + ";", services.IPv, "enabled [6]", ""},
		"address decides":   {"netbsd", "::1:\nfinger on protocol = tcp," + rest + ";", services.IPv, "enabled [6]", ""},
		"nothing decides":   {"netbsd", "finger on protocol = tcp," + rest + ";", services.IPv, "refused", `write tcp4 or tcp6`},
		"unknown key":       {"netbsd", "finger on protocol = tcp4, x = y," + rest + ";", services.Mode, "refused wait", `attribute "x": is none of the keys`},
		"twice":             {"netbsd", "finger on protocol = tcp4, protocol = udp," + rest + ";", services.Mode, "refused wait", `attribute "protocol": is given twice`},
		"two addresses":     {"netbsd", "127.0.0.1:finger on protocol = tcp4, bind = ::1," + rest + ";", services.Mode, "refused wait", `attribute "bind": is given twice`},
		"no value":          {"netbsd", "finger on protocol = tcp4, wait = , user = root, exec = /bin/cat;", services.Mode, "refused", `attribute "wait": has no value`},
		"two values":        {"netbsd", "finger on protocol = tcp4, wait = yes no, user = root, exec = /bin/cat;", services.Mode, "refused", `attribute "wait": has more than one value`},
		"no user":           {"netbsd", "finger on protocol = tcp4, wait = yes, exec = /bin/cat;", services.Mode, "refused wait", `attribute "user": is missing`},
		"internal":          {"netbsd", "finger on protocol = tcp4, user = root;", services.Mode, "refused", `has no internal service "finger"`},
		"group":             {"netbsd", "finger on protocol = tcp4, group = mail," + rest + ";", services.Group, "enabled mail", ""},
		"0 serves nobody":   {"netbsd", "finger on protocol = tcp4, service_max = 0," + rest + ";", services.StartsPerMinute, "enabled 0", ""},
		"buffers":           {"netbsd", "finger on protocol = tcp4, recvbuf = 8k," + rest + ";", services.ReceiveBuffer, "enabled 8192", ""},
		"IPsec":             {"netbsd", "finger on protocol = tcp4, ipsec = 'in ipsec ah/require'," + rest + ";", services.Mode, "refused wait", "superd has no IPsec policies"},
		"no IPsec":          {"netbsd", "finger on protocol = tcp4, ipsec = ," + rest + ";", services.Mode, "enabled wait", ""},
		"syntax error":      {"netbsd", "ftp on protocol tcp4;\nfinger on protocol = tcp4," + rest + ";", services.Mode, "refused wait", `"=" is missing behind "protocol"; NetBSD's inetd reads this file no further`},
		"unfinished":        {"netbsd", "finger on protocol = tcp4," + rest, services.Mode, "refused", "the file ends within the service"},
		"bad escape":        {"netbsd", `finger on protocol = "t\q";`, services.Mode, "refused", "bad escape in quotes"},
		"libwrap of NetBSD": {"netbsd", "finger on protocol = tcp4, wait = no, user = root, exec = /bin/cat;", services.Libwrap, "enabled cat", ""},
	} {
		t.Run(name, c.run)
	}
}

// TestInclude: files read in the place of .include, with the default address that
// holds there, and never in a circle.
func TestInclude(t *testing.T) {
	files := map[string]string{
		"etc/d/1": "ftp stream tcp wait root /bin/cat\n::1:\n",
		"etc/d/2": "ssh stream tcp wait root /bin/cat\n.include 1\n.include /etc/inetd.conf\n",
	}
	r := load("", "127.0.0.1:\n.include d/*\nfinger stream tcp wait root /bin/cat\n.include none/*\n.include gone\n", files)
	for _, id := range []string{"ftp", "ssh", "finger"} {
		if got := shown(r, id, services.HostAddr); got != "enabled [127.0.0.1]" {
			t.Errorf("%s: %s", id, got)
		}
	}
	for _, want := range []string{
		`/etc/d/2:3:10: warning: attribute ".include": "/etc/inetd.conf" is passed over: it includes itself: /etc/inetd.conf -> /etc/d/2 -> /etc/inetd.conf`,
		`/etc/inetd.conf:5:10: error: attribute ".include": cannot read "/etc/gone"`,
		`/etc/d/1:1:1: warning: service "ftp-tcp": line 1 names the same service again`,
	} {
		if all := diagnostics(r); !strings.Contains(all, want) {
			t.Errorf("want %q of\n%s", want, all)
		}
	}
}
