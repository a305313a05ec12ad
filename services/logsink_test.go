// SPDX-License-Identifier: Apache-2.0

package services

import "testing"

func TestLogFileAndSyslog(t *testing.T) {
	for _, c := range []struct {
		a    AttrID
		in   string
		want string // empty: refused
	}{
		{LogFile, "/var/log/superd.log", "/var/log/superd.log"},
		{LogFile, "syslog", "syslog"},
		{LogFile, "Sys::Syslog", "syslog"},
		{LogFile, "superd.log", ""},
		{LogFile, "Log::Log4perl", ""},
		{LogFile, "", ""},
		{SyslogLogsock, "unix", "unix:/dev/log"},
		{SyslogLogsock, "native", "unix:/dev/log"},
		{SyslogLogsock, "unix:/run/log", "unix:/run/log"},
		{SyslogLogsock, "unix:log", ""},
		{SyslogLogsock, "udp", "udp:127.0.0.1:514"},
		{SyslogLogsock, "inet", "udp:127.0.0.1:514"},
		{SyslogLogsock, "udp:localhost", "udp:127.0.0.1:514"},
		{SyslogLogsock, "tcp:localhost:601", "tcp:127.0.0.1:601"},
		{SyslogLogsock, "tcp:192.0.2.1", "tcp:192.0.2.1:514"},
		{SyslogLogsock, "tcp:2001:db8::1", "tcp:[2001:db8::1]:514"},
		{SyslogLogsock, "tcp:[2001:db8::1]", "tcp:[2001:db8::1]:514"},
		{SyslogLogsock, "tcp:[2001:db8::1]:601", "tcp:[2001:db8::1]:601"},
		{SyslogLogsock, "tcp:192.0.2.1:0", ""},
		{SyslogLogsock, "tcp:loghost.example:514", ""},
		{SyslogLogsock, "stream", ""},
		{SyslogLogsock, "", ""},
		{SyslogIdent, "net_server", "net_server"},
		{SyslogIdent, "a b", ""},
		{SyslogIdent, "a[1]:", ""},
		{SyslogIdent, "\x1b[2J", ""},
		{SyslogIdent, "", ""},
	} {
		v, err := c.a.Row().Parse(c.in)
		if got, _ := v.(string); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%v = %q: %q, %v; want %q", c.a, c.in, got, err, c.want)
		}
	}
}
