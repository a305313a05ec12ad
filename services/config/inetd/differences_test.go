// SPDX-License-Identifier: Apache-2.0

package inetd_test

import (
	"fmt"
	"strings"
	"testing"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/formats"
	"superd/services/config/inetd"
)

// load reads text as /etc/inetd.conf of configtest's machine.
func load(dialect, text string, files map[string]string) *config.Result {
	all := map[string]string{"etc/inetd.conf": text}
	for name, data := range files {
		all[name] = data
	}
	return config.Load(configtest.Host(all), formats.All(), []config.Source{{Format: "inetd", Dialect: dialect, Path: "/etc/inetd.conf"}})
}

// shown is a service in a few words: its state and what the attribute holds.
func shown(r *config.Result, id string, attr services.AttrID) string {
	s := r.Service(id)
	if s == nil {
		return "none"
	}
	if x, ok := s.Settings.Find(attr); ok {
		return fmt.Sprint(s.State, " ", x.Value)
	}
	return s.State.String()
}

func diagnostics(r *config.Result) string {
	var b strings.Builder
	for _, d := range r.Diags {
		fmt.Fprintln(&b, d)
	}
	return b.String()
}

func asides(r *config.Result) string { return diagnostics(&config.Result{Diags: r.Asides}) }

// example shows what becomes of the service finger, and which diagnostic tells.
type example struct {
	dialect, text string
	attr          services.AttrID
	want          string // state and value of attr
	says          string // part of a diagnostic; "" is for what nothing need tell
}

func (c example) run(t *testing.T) {
	t.Helper()
	r := load(c.dialect, c.text, nil)
	if got := shown(r, "finger", c.attr); got != c.want {
		t.Errorf("%q, want %q", got, c.want)
	}
	if all := diagnostics(r); c.says == "" && all != "" || !strings.Contains(all+asides(r), c.says) {
		t.Errorf("want %q of\n%s%s", c.says, all, asides(r))
	}
}

const fingerd = " nobody /usr/sbin/fingerd fingerd"

var differenceCases = map[string]example{
	"number behind nowait.":                            {"openbsd", "finger stream tcp nowait.3" + fingerd, services.StartsPerMinute, "enabled 3", "3 starts a minute are meant"},
	"limit of another dialect":                         {"openbsd", "finger stream tcp nowait/3" + fingerd, services.MaxServers, "enabled 3", `openbsd-inetd sets no limit for "/3"; superd takes it as FreeBSD's`},
	"wait with a limit of another dialect":             {"openbsd", "finger stream tcp wait/1" + fingerd, services.Mode, "enabled wait", `sets no limit for "/1"`},
	"number behind nowait: that is none":               {"netbsd", "finger dgram udp wait:x" + fingerd, services.Disable, "refused", `"x" is no number, and NetBSD's inetd takes it for 0`},
	"numbers behind nowait/ that are none":             {"freebsd", "finger stream tcp nowait/3/x" + fingerd, services.Disable, "refused", `"x" is no count`},
	"dgram with nowait":                                {"openbsd", "finger dgram udp nowait nobody /bin/cat", services.Mode, "refused inet", `no service "finger" of udp`},
	"more than 20 arguments":                           {"openbsd", "finger stream tcp nowait" + fingerd + strings.Repeat(" x", 20), services.Mode, "enabled inet", "drops all behind the first 20; superd gives the program all 21"},
	"line longer than the buffer":                      {"openbsd", "finger stream tcp nowait" + fingerd + " " + strings.Repeat("x", 1000), services.Mode, "enabled inet", "takes what is behind the first 1023 for a line of its own"},
	"CR LF":                                            {"openbsd", "finger stream tcp nowait" + fingerd + " -s\r\n", services.Exec, "enabled [/usr/sbin/fingerd -s]", "CR LF"},
	"byte order mark":                                  {"openbsd", "\ufefffinger stream tcp nowait" + fingerd, services.Mode, "enabled inet", "byte order mark"},
	"NUL byte":                                         {"openbsd", "finger stream tcp nowait" + fingerd + " \x00 -s", services.Mode, "refused", "there is a NUL byte in the line"},
	"quote that is not closed":                         {"freebsd", "finger stream tcp nowait" + fingerd + ` "-s`, services.Mode, "refused", "1:59: error: service \"finger\": the quote is not closed"},
	"line that cannot be read":                         {"freebsd", "finger stream tcp nowait\nhttp stream tcp nowait root /bin/cat", services.Mode, "refused", `attribute "user": is missing: the line has 4 of the 6 fields`},
	"udp6":                                             {"openbsd", "finger dgram udp6 wait root /bin/cat", services.IPv, "refused [6]", "udp6 takes IPv4 in as well in openbsd-inetd, and not here"},
	"protocol that is none, or of another socket type": {"openbsd", "finger stream udp nowait root /bin/cat", services.IPv, "refused", "udp does not go with socket type stream"},
	"tcp6 or tcp46 beside tcp4":                        {"gnu", "finger stream tcp6 nowait root /bin/cat\nfinger stream tcp4 nowait root /bin/cat", services.IPv, "enabled [6]", "so that this one is IPv6 alone"},
	"program without a path":                           {"openbsd", "finger stream tcp nowait nobody fingerd", services.Mode, "refused inet", `"fingerd" is not an absolute path, and is not in /`},
	"user that is not there":                           {"openbsd", "finger stream tcp nowait bob /bin/cat", services.Mode, "refused inet", `attribute "user": no such user "bob"`},
	"program without arguments":                        {"freebsd", "finger stream tcp nowait root /bin/cat", services.Exec, "enabled [/bin/cat]", "there is none"},
	"tcpd without a program":                           {"openbsd", "finger stream tcp nowait root /usr/sbin/tcpd", services.Mode, "refused inet", "would start itself without end"},
	"tcpd as the server":                               {"openbsd", "finger stream tcp nowait root /usr/sbin/tcpd fingerd -s", services.Libwrap, "enabled fingerd", "tcpd is not started"},
	"IPsec policy":                                     {"freebsd", "#@ in ipsec esp/transport//require\nfinger stream tcp nowait root /bin/cat", services.Mode, "refused inet", `the IPsec policy "in ipsec esp/transport//require" holds for it`},
	"login class":                                      {"freebsd", "finger stream tcp nowait nobody:mail/ftp /bin/cat", services.Group, "refused mail", `the login class "ftp" is not offered`},
	"accept filter":                                    {"netbsd", "finger stream:dataready tcp wait root /bin/cat", services.Mode, "enabled wait", `the accept filter "dataready" is passed over`},
	"umask":                                            {"gnu", "finger stream tcp nowait root /bin/cat", services.Umask, "enabled 022", ""},
	"session":                                          {"gnu", "finger stream tcp nowait root /bin/cat", services.Setsid, "enabled", ""},
	"SIGPIPE":                                          {"gnu", "finger stream tcp nowait root /bin/cat", services.Mode, "enabled inet", ""},
	"supplementary groups of root":                     {"gnu", "finger stream tcp nowait root /bin/cat", services.Groups, "enabled true", ""},
	"limit on descriptors":                             {"gnu", "finger stream tcp nowait root /bin/cat", services.RlimitFiles, "enabled", ""},
	"IPv4 at a socket of both versions":                {"gnu", "finger stream tcp6 nowait root /bin/cat", services.IPv, "enabled", "is a socket of each version"},
	"address in brackets":                              {"gnu", "[::1]:finger stream tcp6 nowait root /bin/cat", services.HostAddr, "enabled [::1]", "brackets are about"},
	"\"*:\" behind a default address":                  {"gnu", "127.0.0.1:\n*:\nfinger stream tcp nowait root /bin/cat", services.HostAddr, "enabled", "from here on all addresses are meant again"},
	"continued line of plain tcp":                      {"openbsd", "finger stream tcp nowait root /bin/cat\n cat -u", services.Exec, "enabled [/bin/cat -u]", "both versions have the arguments of all lines"},
	"inetd_dummy":                                      {"openbsd", "finger stream tcp nowait root /bin/cat", services.Env, "enabled", ""},
	"TCPREMOTEIP and its like":                         {"gnu", "finger stream tcp nowait root /bin/cat", services.PassEnv, "enabled [*]", ""},
}

// TestDifferences holds the documented differences to examples, each to one.
func TestDifferences(t *testing.T) {
	listed := map[string]bool{}
	for _, d := range inetd.Differences() {
		listed[d.Subject] = true
		c, ok := differenceCases[d.Subject]
		if !ok {
			t.Errorf("%q has no example", d.Subject)
			continue
		}
		t.Run(strings.ReplaceAll(d.Subject, "/", "_"), c.run)
	}
	for subject := range differenceCases {
		if !listed[subject] {
			t.Errorf("%q is not listed", subject)
		}
	}
}
