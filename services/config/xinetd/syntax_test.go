// SPDX-License-Identifier: Apache-2.0

package xinetd_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/formats"
)

// syntaxCases are the forms of files: what becomes of each service, in order, and
// all that is said.
var syntaxCases = []struct {
	name  string
	text  string
	files map[string]string
	want  string // "id state, …"
	says  []string
}{
	{name: "empty", text: ""},
	{name: "comments", text: "# a\n\n   # b\n"},
	{name: "any case, tabs, comments, no final newline",
		text: "  SERVICE\tfinger\n#\n\t{ \n# c\n\tSOCKET_TYPE\t=stream\n wait =NO\n\n user = nobody\n server = /usr/sbin/fingerd\n}", want: "finger enabled"},
	{name: "missing blank", text: finger("nice=5") + finger("id = b", "type = UNLISTED", "port = 79"), want: "finger refused, b enabled",
		says: []string{`7:2: error: service "finger": attribute "nice": a blank is missing before the operator; xinetd drops the entry`}},
	{name: "no operator", text: finger("only_from"), want: "finger refused",
		says: []string{`7:2: error: service "finger": attribute "only_from": there is no operator (=, += or -=); xinetd drops the entry`}},
	{name: "brace on the name's line", text: strings.Replace(finger(), "finger\n{", "finger {", 1) + strings.Replace(finger(), "finger", "ftp", 1), want: "finger refused, ftp enabled",
		says: []string{`1:1: error: service "finger": there is no "{" alone on the line after this one, so xinetd drops the entry`}},
	{name: "brace glued to the name", text: "service finger{\n wait = no\n}\n", want: "finger{ refused",
		says: []string{`1:1: error: service "finger{": there is no "{" alone`}},
	{name: "two names before a brace", text: "service ftp\n" + finger(), want: "ftp refused, finger refused",
		says: []string{`1:1: error: service "ftp": there is no "{"`, `2:1: error: service "finger": xinetd does not see this entry: it skips from line 1 to the next "}"`}},
	{name: "end behind a value", text: "service ftp\n{\n user = nobody }\n" + finger() + strings.Replace(finger(), "finger", "ssh", 1), want: "ftp refused, finger refused, ssh enabled",
		says: []string{`3:16: error: service "ftp": attribute "user": wants 1 value, not 2; xinetd passes over the line`,
			`4:1: error: service "ftp": "service" begins before the entry's "}"; xinetd drops the entry`,
			`4:1: error: service "finger": xinetd does not see this entry: it skips from line 4 to the next "}"`}},
	{name: "end of file in an entry", text: "service ftp\n{\n user = nobody\n", want: "ftp refused",
		says: []string{`1:1: error: service "ftp": the entry has no "}" of its own before the end of the file, so xinetd drops it`}},
	{name: "junk swallows", text: "servise ftp\n" + finger() + strings.Replace(finger(), "finger", "ssh", 1), want: "finger refused, ssh enabled",
		says: []string{`1:1: error: "servise" begins neither service, defaults, include nor includedir (did you mean "service"?); xinetd skips from here to the next "}"`,
			`2:1: error: service "finger": xinetd does not see this entry: it skips from line 1 to the next "}"`}},
	{name: "stray end swallows", text: "}\nincludedir /etc/xinetd.d\n", files: map[string]string{"etc/xinetd.d/a": finger()},
		says: []string{`1:1: error: "}" begins neither`, `2:1: error: attribute "includedir": not read: xinetd skips from line 1 to the next "}"`}},
	{name: "end where a brace should be", text: "service ftp\n}\n" + finger(), want: "ftp refused, finger refused",
		says: []string{`1:1: error: service "ftp"`, `3:1: error: service "finger": xinetd does not see this entry: it skips from line 1`}},
	{name: "no name", text: "service\n{\n wait = no\n}\n" + finger(), want: "finger enabled",
		says: []string{`1:1: error: the service has no name; its entry is passed over`}},
	{name: "include in an entry", text: finger("include /etc/x"), want: "finger refused",
		says: []string{`7:2: error: service "finger": attribute "include": cannot be used inside an entry; xinetd drops the entry`}},
	{name: "NUL in an entry", text: finger("env = A=\x00") + finger("id = b", "type = UNLISTED", "port = 79"), want: "finger refused, b enabled",
		says: []string{`7:10: error: service "finger": there is a NUL byte in the line; xinetd drops the entry`}},
	{name: "NUL outside", text: "\x00\n}\n" + finger(), want: "finger enabled",
		says: []string{`1:1: error: there is a NUL byte in the line; xinetd skips`}},
	{name: "not UTF-8", text: "# \xa4\xa2\n" + finger("server_args = \xa4\xa2", "env = A=\xff"), want: "finger enabled",
		says: []string{`8:16: warning: the line is not UTF-8; its bytes are kept as they are`}},
	{name: "includedir's names", text: "includedir /etc/xinetd.d\n", files: map[string]string{
		"etc/xinetd.d/b": finger(), "etc/xinetd.d/A": strings.Replace(finger(), "finger", "ssh", 1), "etc/xinetd.d/c.conf": finger(),
		"etc/xinetd.d/d~": finger(), "etc/xinetd.d/.e": finger(), "etc/xinetd.d/f.rpmsave": finger(), "etc/xinetd.d/g/h": finger()},
		want: "ssh enabled, finger enabled",
		says: []string{`1:12: warning: attribute "includedir": "/etc/xinetd.d/c.conf" is not read, since its name has a dot`,
			`1:12: warning: attribute "includedir": "/etc/xinetd.d/g" is not a regular file, and so passed over`}},
	{name: "include of nothing", text: "include /none\nincludedir /none\ninclude\n" + finger(), want: "finger enabled",
		says: []string{`1:9: error: attribute "include": cannot read "/none": file does not exist`,
			`2:12: error: attribute "includedir": cannot read "/none": file does not exist`, `3:1: error: attribute "include": there is no name after it`}},
	{name: "include of a directory", text: "include /etc\n", says: []string{`1:9: error: attribute "include": cannot read "/etc": it is a directory`}},
	{name: "relative include", text: "include more\n", files: map[string]string{"more": finger()}, want: "finger enabled",
		says: []string{`1:9: warning: attribute "include": "more" is looked for in the directory that superd is started in`}},
	{name: "include cycle of three", text: "include /a\n" + finger(), files: map[string]string{"a": "include /b\n", "b": "include /c\n", "c": "include /./a\n"}, want: "finger enabled",
		says: []string{`/c:1:9: error: attribute "include": cannot read "/./a": it includes itself: /a -> /b -> /c -> /a`}},
	{name: "defaults of an included file reach all", text: finger() + "include /a\n", files: map[string]string{"a": "defaults\n{\n no_access = 10.0.0.0\n}\n"}, want: "finger enabled",
		says: []string{`/a:3:14: warning: attribute "no_access": xinetd does not give it to the 1 service read before these defaults, the last of which is "finger"; superd does`}},
	{name: "enabled and disabled", text: "defaults\n{\n enabled = FINGER b\n disabled = b nobody\n}\n" + finger() + finger("id = b") + finger("id = c"), want: "finger enabled, b disabled, c disabled",
		says: []string{`4:15: warning: attribute "disabled": no service has the id "nobody"`}},
	{name: "enabled, empty", text: "defaults\n{\n enabled =\n}\n" + finger(), want: "finger disabled"},
	{name: "disabled by name", text: "defaults\n{\n disabled = finger\n}\n" + finger("id = b"), want: "b enabled",
		says: []string{`3:13: warning: attribute "disabled": no service has the id "finger"; the service of that name has the id "b"`}},
	{name: "a disabled service is left alone", text: finger("disable = yes", "user = nosuch", "foo = bar", "flags = X"), want: "finger disabled"},
	{name: "a disabled service's id is free", text: finger("disable = yes") + finger(), want: "finger-tcp disabled, finger enabled"},
	{name: "unknown attribute", text: finger("only_form = 10.0.0.1"), want: "finger enabled",
		says: []string{`7:2: warning: service "finger": attribute "only_form": not known, and so passed over (did you mean "only_from"?)`}},
	{name: "unknown flag", text: finger("flags = NAMEINARG"), want: "finger refused",
		says: []string{`7:10: error: service "finger": attribute "flags": "NAMEINARG" is not known (did you mean "NAMEINARGS"?)`}},
	{name: "not listed", text: "service myown\n{\n socket_type = stream\n port = 4000\n wait = no\n user = root\n server = /bin/cat\n}\n", want: "myown refused",
		says: []string{`4:2: error: service "myown": attribute "port": "myown/tcp" is not in /etc/services, so xinetd drops the service; say type = UNLISTED`}},
	{name: "another port than listed", text: finger("port = 80"), want: "finger refused",
		says: []string{`7:2: error: service "finger": attribute "port": /etc/services has port 79 for "finger/tcp", not 80, so xinetd drops the service; say type = UNLISTED`}},
	{name: "nothing but a name", text: "service finger\n{\n}\n", want: "finger refused",
		says: []string{`attribute "socket_type": missing`, `attribute "wait": missing`, `attribute "user": missing`, `attribute "server": missing`}},
	{name: "comment behind what is required", text: strings.Replace(finger(), "wait = no", "wait = no # one each", 1), want: "finger refused",
		says: []string{`4:12: warning: service "finger": attribute "wait": "#" begins no comment`, `4:2: error: service "finger": attribute "wait": xinetd passes over the line, and drops the service for lack of the attribute`}},
	{name: "arguments in server", text: strings.Replace(finger(), "fingerd", "fingerd -l", 1), want: "finger refused",
		says: []string{`6:29: error: service "finger": attribute "server": wants 1 value, not 2; arguments belong to server_args; xinetd passes over the line, and drops the service for lack of it`}},
	{name: "program missing", text: strings.Replace(finger(), "fingerd", "fingered", 1), want: "finger refused",
		says: []string{`6:11: error: service "finger": attribute "server": cannot run "/usr/sbin/fingered": no such file`}},
	{name: "not built yet", text: finger("type = RPC", "flags = IDONLY", "redirect = localhost 80"), want: "finger refused",
		says: []string{`7:9: error: service "finger": attribute "type": RPC is not built yet`, `attribute "flags": IDONLY is not built yet`, `attribute "redirect": redirect is not built yet`}},
	{name: "rules by name", text: finger("only_from = .example.com", "no_access = host.example.com"), want: "finger refused",
		says: []string{`7:14: error: service "finger": attribute "only_from": ".example.com": rules by host name are not built yet`, `8:14: error:`}},
	{name: "family against bind", text: finger("flags = IPv4", "bind = ::1"), want: "finger refused",
		says: []string{`7:10: error: service "finger": attribute "flags": an IPv4 socket cannot be bound to ::1; xinetd passes over the address and listens on all of IPv4's`}},
	{name: "interface by name", text: finger("interface = lo"), want: "finger refused", says: []string{`error: service "finger": attribute "interface": cannot resolve "lo"`}},
	{name: "bind to a star", text: finger("bind = *"), want: "finger refused", says: []string{`7:9: error: service "finger": attribute "bind": "*" is not an address or a host name`}},
	{name: "TRAFFIC from defaults", text: "defaults\n{\n log_on_success = TRAFFIC\n}\n" + finger(), want: "finger refused",
		says: []string{`5:1: error: service "finger": attribute "log_on_success": TRAFFIC is for services with redirect; xinetd drops the service`}},
	{name: "TRAFFIC taken away", text: "defaults\n{\n log_on_success = TRAFFIC\n}\n" + finger("log_on_success -= TRAFFIC"), want: "finger enabled"},
}

func TestSyntax(t *testing.T) {
	for _, c := range syntaxCases {
		t.Run(c.name, func(t *testing.T) {
			r := load(c.text, c.files)
			var got []string
			for _, s := range r.Services {
				got = append(got, fmt.Sprint(s.ID, " ", s.State))
			}
			if joined := strings.Join(got, ", "); joined != c.want {
				t.Errorf("%s, want %s", joined, c.want)
			}
			all := diagnostics(r)
			for _, says := range c.says {
				if !strings.Contains(all, says) {
					t.Errorf("nothing says %q", says)
				}
			}
			if len(r.Diags) != len(c.says) && !t.Failed() {
				t.Errorf("%d remarks, want %d", len(r.Diags), len(c.says))
			}
			if t.Failed() {
				t.Log(all)
			}
		})
	}
}

// TestValues holds single attributes to what xinetd makes of them.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		line string
		attr services.AttrID
		want string
	}{
		{"instances = UNLIMITED", services.MaxServers, "enabled unlimited"},
		{"instances = 010", services.MaxServers, "enabled 10"},
		{"instances = 0x10", services.MaxServers, "refused unlimited"},
		{"instances = -1", services.MaxServers, "refused unlimited"},
		{"instances = 0", services.MaxServers, "enabled 0"},
		{"per_source = +5", services.PerSource, "enabled 5"},
		{"per_source = 5\n per_source = 3", services.PerSource, "enabled 5"},
		{"per_source = 5 # clients\n per_source = 3", services.PerSource, "enabled 3"}, // the one that xinetd sees
		{"per_source = 3 4\n per_source = 5", services.PerSource, "refused 5"},
		{"cps = 0 3", services.CPS, "enabled unlimited"},
		{"cps = 25 30", services.CPS, "enabled [25 30]"},
		{"nice = -3", services.Nice, "enabled -3"},
		{"nice = 0x5", services.Nice, "refused"},
		{"umask = 7", services.Umask, "enabled 007"},
		{"umask = 0022", services.Umask, "enabled 022"},
		{"umask = 9", services.Umask, "refused 022"},
		{"umask = 07777", services.Umask, "refused 022"},
		{"rlimit_as = 10k", services.RlimitAS, "enabled 10240"},
		{"rlimit_as = 64M", services.RlimitAS, "enabled 67108864"},
		{"rlimit_as = 1G", services.RlimitAS, "refused"},
		{"rlimit_as = 1.5M", services.RlimitAS, "refused"},
		{"rlimit_as = 0", services.RlimitAS, "enabled"},
		{"rlimit_as = UNLIMITED", services.RlimitAS, "enabled unlimited"},
		{"rlimit_as = 99999999999999999999", services.RlimitAS, "refused"},
		{"rlimit_cpu = 5", services.RlimitCPU, "enabled 5"},
		{"rlimit_cpu = 5M", services.RlimitCPU, "refused"},
		{"max_load = 2.5", services.MaxLoad, "enabled 2.5"},
		{"max_load = 5%", services.MaxLoad, "enabled 5"},
		{"max_load = 0", services.MaxLoad, "refused"},
		{"max_load = nan", services.MaxLoad, "refused"},
		{"access_times = 2:00-8:59 12:00-23:59", services.AccessTimes, "enabled [2:00-8:59 12:00-23:59]"},
		{"access_times = 1:5-12:30", services.AccessTimes, "enabled [1:05-12:30]"},
		{"access_times = 12:00-24:00", services.AccessTimes, "refused"},
		{"access_times = 23:00-01:00", services.AccessTimes, "refused"},
		{"access_times = 1:00-2:00,3:00-4:00", services.AccessTimes, "refused"},
		{"port = 65536", services.Port, "refused"},
		{"group += root", services.Group, "enabled"},
		{"server_args += -x", services.Exec, "enabled [/usr/sbin/fingerd]"},
		{"groups += yes", services.Groups, "enabled"},
		{"umask += 0", services.Umask, "enabled 022"},
		{"cps += 1000 1", services.CPS, "enabled [50 10]"},
		{"user += root", services.User, "enabled nobody"}, // the first counts
		{"rlimit_as += 1M", services.RlimitAS, "enabled 1048576"},
		{"bind = 127.1", services.HostAddr, "enabled [127.0.0.1]"},
		{"interface = 192.168.001.010", services.HostAddr, "enabled [192.168.1.8]"},
		{"interface = 127.1\n flags = IPv6", services.HostAddr, "enabled [127.0.0.1]"},
		{"bind = 192.0.2.7\n flags = IPv6\n v6only = yes", services.OnlyFrom, "refused"},
		{"flags = IPv6\n bind = 192.0.2.7", services.OnlyFrom, "refused"},
		{"bind = 192.168.1.256", services.OnlyFrom, "refused"},
		{"nice =", services.Nice, "enabled"},
		{"nice = 1 2\n nice = 3", services.Nice, "enabled 3"},
		{"banner =", services.Banner, "enabled"},
		{"groups = yes yes", services.Groups, "enabled"},
		{"umask =", services.OnlyFrom, "refused"},
		{"instances =", services.OnlyFrom, "refused"},
		{"port = +79", services.Port, "enabled [79]"},
		{"protocol = tcp", services.Proto, "enabled [tcp]"},
		{"protocol = TCP", services.Proto, "refused [tcp]"}, // not in /etc/services
		{"protocol = TCP\n type = UNLISTED\n port = 79", services.Proto, "enabled [tcp]"},
		{"protocol = Tcp", services.Proto, "refused [tcp]"},
		{"protocol = udp", services.Proto, "refused"},
		{"group = 012", services.Group, "enabled 12"},
		{"groups = yes", services.Groups, "enabled true"},
		{"groups = 1", services.Groups, "refused"},
		{"only_from =", services.OnlyFrom, "enabled []"},
		{"only_from -= 10.0.0.1", services.OnlyFrom, "enabled []"},
		{"only_from = 10.0.0.1,10.0.0.2", services.OnlyFrom, "refused"},
		{"only_from = 10.1.0.0 10.2.0.5/255.255.0.0 127.0.0.{1,2}", services.OnlyFrom, "enabled [10.1.0.0/16 10.2.0.5 127.0.0.1 127.0.0.2]"},
		{"only_from = 10.1.2.3/16x 10.1.2.4/0.0.0.255", services.OnlyFrom, "enabled []"},
		{"no_access = 10.2.0.5/255.0.255.0", services.OnlyFrom, "refused"},
		{"only_from = 10.0.0.{1,2", services.OnlyFrom, "refused"},
		{"log_type = FILE /l 10K", services.LogType, "enabled [FILE /l 10240 15360]"},
		{"log_type = FILE /l 10M 11M", services.LogType, "enabled [FILE /l 10485760 11534336]"},
		{"log_type = FILE /l 11M 10M", services.LogType, "refused"},
		{"log_type = SYSLOG local4", services.LogType, "enabled [SYSLOG local4 info]"},
		{"log_type = SYSLOG authpriv ERR", services.LogType, "enabled [SYSLOG authpriv err]"},
		{"log_type = SYSLOG local9", services.LogType, "refused"},
		{"log_on_success = pid Host", services.LogOnSuccess, "enabled [PID HOST]"},
		{"log_on_success =", services.LogOnSuccess, "enabled []"},
		{"log_on_failure = RECORD", services.LogOnFailure, "refused []"},
		{"env = A=1 B=", services.Env, "enabled [A=1 B=]"},
		{"env = A", services.Env, "refused"},
		{"env -= A=1", services.Env, "refused"},
		{"passenv = PATH", services.PassEnv, "enabled [PATH]"},
		{"passenv =", services.PassEnv, "enabled []"},
		{"passenv += PATH", services.PassEnv, "enabled [PATH]"},
		{"banner = /etc/issue", services.Banner, "enabled /etc/issue"},
		{"flags = nodelay keepalive", services.NoDelay, "enabled true"},
		{"flags = IPv4", services.IPv, "enabled [4]"},
		{"flags = IPv6", services.IPv, "enabled"},
		{"flags = IPv4 IPv6", services.IPv, "enabled"},
		{"flags =", services.IPv, "refused"},
		{"flags = NOLIBWRAP", services.Libwrap, "enabled"},
		{"flags = LABELED", services.Libwrap, "refused fingerd"},
		{"server_args = -l # x", services.Exec, "enabled [/usr/sbin/fingerd -l # x]"},
		{"server_args =", services.Exec, "refused [/usr/sbin/fingerd]"},
		{"bind = 192.0.2.1", services.HostAddr, "enabled [192.0.2.1]"},
		{"bind = ::", services.V6Only, "enabled false"},
		{"v6only = yes", services.V6Only, "enabled true"},
		{"v6only = no", services.V6Only, "enabled true"},
		{"deny_time = FOREVER", services.MaxServers, "enabled unlimited"},
		{"mdns = yes", services.MaxServers, "enabled unlimited"},
		{"leaky_bucket = 1 2 3 4", services.MaxServers, "refused unlimited"},
		{"disable = 1", services.MaxServers, "refused unlimited"},
		{"disable = NO", services.MaxServers, "enabled unlimited"},
	} {
		t.Run(strings.ReplaceAll(c.line, "/", "_"), func(t *testing.T) {
			r := load(finger(c.line), nil)
			if got := shown(r, "finger", c.attr); got != c.want {
				t.Errorf("%q, want %q\n%s", got, c.want, diagnostics(r))
			}
		})
	}
}

// TestFormatDefaults asserts what a service has of which its file says nothing.
func TestFormatDefaults(t *testing.T) {
	s := load(finger(), nil).Service("finger")
	for attr, want := range map[services.AttrID]string{
		services.MaxServers: "unlimited", services.Full: "refuse", services.CPS: "[50 10]", services.PerSourcePrefix: "[32 128]",
		services.Stderr: "client", services.Umask: "022", services.PassEnv: "[*]", services.Libwrap: "fingerd", services.Setsid: "true",
	} {
		v, origin, _ := s.Get(attr)
		if fmt.Sprint(v) != want || origin.File > services.FromFormatDefault {
			t.Errorf("%v = %v of %v, want %s", attr, v, origin, want)
		}
	}
	if s.Sockets[0].Address != "[::]:79" || s.Sockets[0].V6Only {
		t.Errorf("%+v, want [::]:79 with IPv4", s.Sockets[0])
	}
	host := configtest.Host(map[string]string{"f": finger(), "proc/self/status": "Name:\tsuperd\nUmask:\t0077\nState:\tR\n"})
	r := config.Load(host, formats.All(), []config.Source{{Format: "xinetd", Path: "f"}})
	if got := r.Services[0].Str(services.Umask); got != "077" {
		t.Errorf("umask %s under 077", got)
	}
}

// TestLarge reads files that are made to take long.
func TestLarge(t *testing.T) {
	var many, nested strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&many, "service s%d\n{\n type = UNLISTED\n port = %d\n socket_type = stream\n wait = no\n user = root\n server = /bin/cat\n only_from = 10.0.0.1 10.2.0.0/16\n}\n", i, 1+i)
	}
	files := map[string]string{}
	for i := range 40 {
		fmt.Fprintf(&nested, "defaults\n{\n no_access = 10.0.0.%d\n}\n", i)
		files[fmt.Sprintf("f%d", i)] = fmt.Sprintf("include /f%d\ninclude /f%d\n", i+1, i+1)
	}
	for _, c := range []struct {
		name, text string
	}{
		{"many services", many.String()},
		{"many services of one id", strings.Repeat(finger(), 5_000)},
		{"one line of 10 MB", finger("only_from = " + strings.Repeat("10.0.0.1 ", 1<<20))},
		{"2 MB of junk", strings.Repeat("}\n", 1<<20)},
		{"2 MB of attributes", finger(strings.Repeat("env += A=1\n", 200_000))},
		{"includes that double", "include /f0\n"},
		{"many defaults", nested.String() + strings.Repeat(finger(), 100)},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := time.Now()
			r := load(c.text, files)
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			t.Logf("%d bytes: %v, %d services, %d remarks", len(c.text), time.Since(begin).Round(time.Millisecond), len(r.Services), len(r.Diags))
			if d := time.Since(begin); d > 30*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// TestAddIsNeverLooser: where defaults say something, "+=" of a single value must not
// undo it, since xinetd passes over the line.
func TestAddIsNeverLooser(t *testing.T) {
	for line, want := range map[string]string{
		"instances += 500":  "enabled 10",
		"bind += 0.0.0.0":   "enabled [127.0.0.1]",
		"per_source += 500": "enabled 2",
		"max_load += 500":   "enabled 3",
	} {
		name, _, _ := strings.Cut(line, " ")
		attr := map[string]services.AttrID{"instances": services.MaxServers, "bind": services.HostAddr,
			"per_source": services.PerSource, "max_load": services.MaxLoad}[name]
		r := load("defaults\n{\n instances = 10\n bind = 127.0.0.1\n per_source = 2\n max_load = 3\n}\n"+finger(line), nil)
		if got := shown(r, "finger", attr); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
		if want := `"` + name + `": passed over, as xinetd does: "+=" is for lists`; !strings.Contains(diagnostics(r), want) {
			t.Errorf("nothing says %q in\n%s", want, diagnostics(r))
		}
	}
}
