// SPDX-License-Identifier: Apache-2.0

package netserver_test

import (
	"fmt"
	"strings"
	"testing"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/netserver"
)

// collector is a Sink that keeps the remarks.
type collector struct{ remarks []string }

func (*collector) File(string) services.FileID { return services.FirstFile }
func (c *collector) Report(sev config.Severity, pos config.Pos, _, attribute, message string) {
	c.remarks = append(c.remarks, fmt.Sprintf("%d:%d %s %s: %s", pos.Line, pos.Col, sev, attribute, message))
}

// parsed gives what becomes of a file, before anybody judges it.
func parsed(text string) (assigned map[string]string, remarks []string) {
	var c collector
	u := netserver.FrontEnd{}.Parse(configtest.Host(nil), &c, "server.conf", []byte(text))
	assigned = map[string]string{}
	for _, a := range append(u.Entries[0].Assigns, u.Daemon...) {
		assigned[a.Attr.String()] = a.Attr.Row().Format(a.Value)
	}
	return assigned, c.remarks
}

const whole = "port 20203\nuser nobody\ngroup nogroup\nexec /bin/cat\n"

// A pool's keys become the attributes of the same names, and PreFork's odd sums are
// told of.
func TestPool(t *testing.T) {
	got, remarks := parsed(whole + "server_type PreFork\nserver_type Fork\nmax_servers 4\nmin_servers 2\nmax_spare_servers 3\nmax_requests 0\n" +
		"check_for_waiting 2.5\ncheck_for_spawn 31\ncheck_for_dead 32\nmin_child_ttl 11\nspare_servers 2\nserialize flock\nlock_file /tmp/l\n" +
		"no_client_stdout 1\nsuperd_worker pass\nmax_dequeue 2\ncheck_for_dequeue 5\n")
	for name, want := range map[string]string{
		"mode": "prefork inet", "max_servers": "4", "min_servers": "2", "max_spare_servers": "3", "max_requests": "1", "check_for_waiting": "2.5",
		"check_for_spawn": "31", "check_for_dead": "32", "min_child_ttl": "11", "worker": "pass", "extra": "no_client_stdout 1", "stdio": "",
		"max_dequeue": "2", "check_for_dequeue": "5",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	all := strings.Join(remarks, "\n")
	for _, want := range []string{"1:1 warning min_spare_servers: is 2 where none is said", "8:13 warning min_servers: is as it is written", "10:14 warning max_requests: 0 is one"} {
		if !strings.Contains(all, want) {
			t.Errorf("want %q of\n%s", want, all)
		}
	}
	if len(remarks) != 3 {
		t.Errorf("%d remarks:\n%s", len(remarks), all)
	}
	if got, _ := parsed(whole + "max_dequeue 0\ncheck_for_dequeue 0\n"); got["max_dequeue"]+got["check_for_dequeue"] != "" {
		t.Errorf("0 is never: %v", got)
	}
}

// What stands for the mode, and for logs, in Net::Server's words.
func TestWords(t *testing.T) {
	for _, c := range []struct{ line, attr, want, says string }{
		{"server_type PreForkSimple", "mode", "prefork-simple", ""},
		{"server_type Multiplex", "mode", "multiplex", ""},
		{"server_type INET", "mode", "inet", ""},
		{"server_type MultiType", "mode", "", ""},
		{"server_type Thread, PreFork,Single", "mode", "prefork single", "Thread"},
		{"server_type prefork", "mode", "", `did you mean "PreFork"?`},
		{"server_type HTTP\ntimeout_idle 3", "mode", "http", "comes with HTTP"},
		{"server_type PSGI", "mode", "app", ""},
		{"log_file Sys::Syslog\nsyslog_ident me", "syslog_ident", "me", ""},
		{"log_file Sys::Syslog", "syslog_ident", "net_server", ""},
		{"log_file Log::Log4perl", "log_file", "", "superd has no module Log::Log4perl"},
		{"syslog_logsock native", "syslog_logsock", "unix:/dev/log", ""},
		{"syslog_logsock inet", "syslog_logsock", "udp:127.0.0.1:514", ""},
		{"syslog_logsock console", "syslog_logsock", "", "is no way to syslog"},
		{"syslog_logopt pid|cons,nowait", "syslog_logopt", "cons nowait pid", ""},
		{"syslog_logopt pid,nosuch,cons", "syslog_logopt", "pid", `"nosuch" is no option`},
		{"syslog_facility LOG_LOCAL3", "syslog_facility", "local3", ""},
		{"no_client_stdout 1", "stdio", "null", ""},
		{"no_client_stdout no", "stdio", "", "Net::Server takes \"no\" for yes"},
		{"udp_broadcast 1", "broadcast", "true", "superd sets it"},
		{"unix_type SOCK_RAW", "port", "20203", "want SOCK_STREAM or SOCK_DGRAM"},
		{"lock_file /tmp/%41", "exec", "/bin/cat", "Net::Server decodes the %"},
		{"background 1", "setsid", "", "superd run --background"},
		{"superd_only_from 10.0.0.1 10.0.0.2\nsuperd_only_from 10.0.0.3", "only_from", "10.0.0.3", ""}, // added to the first
	} {
		got, remarks := parsed(whole + c.line + "\n")
		if all := strings.Join(remarks, "\n"); got[c.attr] != c.want || c.says == "" && !strings.HasPrefix(c.line, "server_type PreFork") && all != "" || !strings.Contains(all, c.says) {
			t.Errorf("%q: %q, want %q; says %q of\n%s", c.line, got[c.attr], c.want, c.says, all)
		}
	}
}
