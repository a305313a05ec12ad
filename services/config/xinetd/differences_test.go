// SPDX-License-Identifier: Apache-2.0

package xinetd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/formats"
	"superd/services/config/xinetd"
)

// load reads text as /etc/xinetd.conf of configtest's machine.
func load(text string, files map[string]string) *config.Result {
	all := map[string]string{"etc/xinetd.conf": text}
	for name, data := range files {
		all[name] = data
	}
	return config.Load(configtest.Host(all), formats.All(), []config.Source{{Format: "xinetd", Path: "/etc/xinetd.conf"}})
}

// finger is an entry that runs, with more lines in it.
func finger(lines ...string) string {
	return "service finger\n{\n\tsocket_type = stream\n\twait = no\n\tuser = nobody\n\tserver = /usr/sbin/fingerd\n\t" +
		strings.Join(lines, "\n\t") + "\n}\n"
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

// differenceCases shows each difference at work: what becomes of the service
// finger, and which diagnostic tells.
var differenceCases = map[string]struct {
	text  string
	files map[string]string
	attr  services.AttrID
	want  string // state and value of attr
	says  string // part of a diagnostic; "" is for what the core tells or nothing need tell
}{
	"comment behind a limit": {text: finger("per_source = 10 # per client"), attr: services.PerSource,
		want: "enabled 10", says: `conf:7:18: warning: service "finger": attribute "per_source": "#" begins no comment behind a value; xinetd passes over the whole line, superd takes "10"`},
	"comment behind disable = yes": {text: finger("disable = yes # off"),
		want: "disabled", says: `7:16: warning: service "finger": attribute "disable": "#" begins no comment`},
	"comment behind only_from": {text: finger("only_from = 10.0.0.1 # not 10.0.0.2"), attr: services.OnlyFrom,
		want: "enabled [10.0.0.1]", says: `attribute "only_from": "#" begins no comment`},
	"comment behind enabled": {text: "defaults\n{\n enabled = time # finger\n}\n" + finger(),
		want: "disabled", says: `conf:3:17: warning: attribute "enabled": "#" begins no comment behind a value`},
	"disabled = yes in a service": {text: finger("disabled = yes"),
		want: "disabled", says: `superd takes it for "disable = yes"`},
	"disable = yes after disable = no": {text: finger("disable = no", "disable = yes"),
		want: "disabled", says: `superd takes the "yes"`},
	"disable = no, or enabled, after an error": {text: finger("group = nosuchgroup", "disable = no"),
		want: "refused", says: `attribute "group": no such group`},
	"cps with one number": {text: finger("cps = 5"), attr: services.CPS,
		want: "enabled [5 10]", says: `superd takes "5 10"`},
	"any other number of values": {text: finger("group = root wheel"),
		want: "refused", says: `attribute "group": wants 1 value, not 2; xinetd passes over the line`},
	"+= for a single value": {text: finger("instances += 5"), attr: services.MaxServers,
		want: "enabled 5", says: `superd takes it for "="`},
	"number below 0": {text: finger("cps = -1 10", "rlimit_files = -5"), attr: services.OnlyFrom,
		want: "refused", says: `8:17: error: service "finger": attribute "rlimit_files": "-5" is not a size`},
	"-= for a single value": {text: finger("instances -= 5"), attr: services.CPS,
		want: "refused [50 10]", says: `"-=" is for lists`},
	"unreadable word in no_access": {text: finger("no_access = 300.1.1.1"), attr: services.OnlyFrom,
		want: "refused", says: `error: service "finger": attribute "no_access": "300.1.1.1"`},
	"mask behind an address of no_access": {text: finger("no_access = 10.1.2.3/255.255.0.0"), attr: services.NoAccess,
		want: "enabled [10.1.0.0/16]", says: `7:14: warning: service "finger": attribute "no_access": "10.1.2.3/255.255.0.0": xinetd takes a number of bits`},
	"rubbish behind the bits of an address": {text: finger("only_from = 10.1.2.3/16x"), attr: services.OnlyFrom,
		want: "enabled []", says: `"10.1.2.3/16x": want a number of bits after the slash; passed over, so that it lets nobody in`},
	"IPv6 host with /128": {text: finger("no_access = ::1/128"), attr: services.NoAccess, want: "enabled [::1]",
		says: `7:14: warning: service "finger": attribute "no_access": "::1/128" is an IPv6 host with /128`},
	"name of /etc/networks": {text: finger("no_access = office"), attr: services.NoAccess,
		want: "enabled [10.1.0.0/16]", says: `which xinetd never matches`},
	"host name of /etc/hosts": {text: finger("only_from = localhost build"), attr: services.OnlyFrom,
		want: "enabled [127.0.0.0/8 ::1 192.0.2.7 2001:db8::7]", says: `attribute "only_from": "build" stands for the host's addresses in /etc/hosts`},
	"lists in defaults that are read later": {text: finger() + "defaults\n{\n only_from = 10.0.0.0\n}\n", attr: services.OnlyFrom,
		want: "enabled [10.0.0.0/8]", says: `conf:11:14: warning: attribute "only_from": xinetd does not give it to the 1 service read before`},
	"access_times and rlimits in defaults": {text: "defaults\n{\n access_times = 8:00-17:00\n rlimit_as = 1M\n}\n" + finger(), attr: services.RlimitAS,
		want: "enabled 1048576", says: `attribute "access_times": xinetd passes over it in defaults; superd gives it to the services`},
	"v6only = yes in defaults": {text: "defaults\n{\n v6only = yes\n}\n" + finger(), attr: services.V6Only,
		want: "enabled true", says: `superd gives it to the services`},
	"a file's second defaults": {text: "defaults\n{\n instances = 7\n}\ndefaults\n{\n instances = 9\n no_access = 10.0.0.1\n umask = 0\n}\n" + finger(), attr: services.NoAccess,
		want: "enabled [10.0.0.1]", says: `a file's second defaults, which xinetd passes over`},
	"defaults behind a line that is skipped from": {text: "junk\ndefaults\n{\n only_from = 10.0.0.1\n}\n" + finger(), attr: services.OnlyFrom,
		want: "enabled [10.0.0.1]", says: `xinetd does not see these defaults: it skips from line 1`},
	"unreadable line in defaults": {text: "defaults\n{\n only_from=10.0.0.1\n}\n" + finger(), attr: services.OnlyFrom,
		want: "refused", says: `error: attribute "only_from": a blank is missing before the operator`},
	"wrong value in defaults": {text: "defaults\n{\n instances = many\n}\n" + finger(), attr: services.OnlyFrom,
		want: "refused", says: `error: attribute "instances": "many" is not a count`},
	"unknown word of log_on_* in defaults": {text: "defaults\n{\n log_on_failure = HOST RECORD\n}\n" + finger(), attr: services.LogOnFailure,
		want: "enabled [HOST]", says: `"RECORD" is not known, and so passed over; it would end xinetd`},
	"disabled -=": {text: "defaults\n{\n disabled -= finger\n}\n" + finger(),
		want: "disabled", says: `"-=" adds to the list`},
	"line longer than 16384 bytes": {text: "# " + strings.Repeat("x", 17000) + "\n" + finger("env = A="+strings.Repeat("x", 17000)), attr: services.OnlyFrom,
		want: "refused", says: `the line is longer than 16384 bytes`},
	"name alone on an entry's last line": {text: strings.ReplaceAll(finger("libwrap"), "finger", "ftp") + finger(), attr: services.OnlyFrom,
		want: "enabled", says: `7:2: error: service "ftp": attribute "libwrap": there is no operator`},
	"CR LF": {text: strings.ReplaceAll(finger("instances = 3"), "\n", "\r\n"), attr: services.MaxServers,
		want: "enabled 3", says: `conf:1:15: warning: the lines end in CR LF`},
	"byte order mark": {text: "\ufeff" + finger("instances = 3"), attr: services.MaxServers,
		want: "enabled 3", says: `byte order mark`},
	"NAMEINARGS behind server_args": {text: finger("server_args = me -x", "flags = NAMEINARGS"), attr: services.Argv0,
		want: "enabled me", says: `superd takes the name from server_args`},
	"relative path of a server": {text: strings.Replace(finger(), "/usr/sbin/", "usr/sbin/", 1), attr: services.Exec,
		want: "enabled [/usr/sbin/fingerd]", says: `warning: service "finger": attribute "server": "usr/sbin/fingerd" is not an absolute path`},
	"bind and behind it a flag of the other family": {text: finger("bind = 192.0.2.7", "flags = IPv6"), attr: services.HostAddr,
		want: "enabled [192.0.2.7]", says: `8:10: warning: service "finger": attribute "flags": an IPv6 socket cannot be bound to 192.0.2.7`},
	"host name in bind": {text: finger("bind = build"), attr: services.HostAddr, want: "enabled [build]", says: `attribute "bind": "build" stands for all addresses of the host`},
	"the same id twice": {text: finger() + "service time\n{\n id = finger\n socket_type = dgram\n wait = yes\n user = root\n server = /bin/cat\n}\n",
		want: "enabled", says: `warning: service "finger-udp": attribute "id": the service of line 1 has the id "finger" as well`},
	"file that includes itself": {text: finger() + "include /etc/xinetd.conf\n",
		want: "enabled", says: `includes itself: /etc/xinetd.conf -> /etc/xinetd.conf`},
	// What is in the logs is shown beside the command, with the real xinetd.
	"log of an IPv4 client":                {text: finger("log_type = SYSLOG daemon", "log_on_success = HOST"), attr: services.LogOnSuccess, want: "enabled [HOST]"},
	"log of a denied client":               {text: finger("log_on_failure = HOST", "no_access = 0.0.0.0"), attr: services.LogOnFailure, want: "enabled [HOST]"},
	"log of a service in its pause of cps": {text: finger("cps = 5 10"), attr: services.CPS, want: "enabled [5 10]"},
	"log beyond its hard limit":            {text: finger("log_type = FILE /var/log/x 100K 200K"), attr: services.LogType, want: "enabled [FILE /var/log/x 102400 204800]"},
	"log that is a symbolic link":          {text: finger("log_type = FILE /var/log/link"), attr: services.LogType, want: "enabled [FILE /var/log/link]"},
	"dgram with wait = no": {text: "service finger\n{\n type = UNLISTED\n port = 7979\n socket_type = dgram\n wait = no\n user = root\n server = /bin/cat\n}\n", attr: services.Port,
		want: "enabled [7979]", says: `means "wait", with one process at a time`},
}

// TestDifferences holds the documented differences to examples, each to one.
func TestDifferences(t *testing.T) {
	listed := map[string]bool{}
	for _, d := range xinetd.Differences() {
		listed[d.Subject] = true
		c, ok := differenceCases[d.Subject]
		if !ok {
			t.Errorf("%q has no example", d.Subject)
			continue
		}
		t.Run(strings.ReplaceAll(d.Subject, "/", "_"), func(t *testing.T) {
			r := load(c.text, c.files)
			if got := shown(r, "finger", c.attr); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if all := diagnostics(r); c.says != "" && !strings.Contains(all, c.says) {
				t.Errorf("nothing says %q in\n%s", c.says, all)
			}
		})
	}
	for subject := range differenceCases {
		if !listed[subject] {
			t.Errorf("%q is not listed", subject)
		}
	}
}

// remarks are all, those for who compares included.
func remarks(r *config.Result) []config.Diagnostic { return slices.Concat(r.Diags, r.Asides) }

func diagnostics(r *config.Result) string {
	var b strings.Builder
	for _, d := range remarks(r) {
		fmt.Fprintln(&b, d)
	}
	return b.String()
}
