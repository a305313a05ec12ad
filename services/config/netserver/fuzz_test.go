// SPDX-License-Identifier: Apache-2.0

package netserver_test

import (
	"strings"
	"testing"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/formats"
	"superd/services/config/netserver"
)

// FuzzNetServer feeds a file and a command line. Neither ends superd; there is one
// service; what is refused has an error, and places lie within the file.
func FuzzNetServer(f *testing.F) {
	for _, seed := range [][2]string{
		{"port 20203\nuser nobody\nexec /bin/cat\n", ""},
		{"  --port = 79\nport:localhost:80/tcp/IPv4\n# comment\nkey value \\# more # comment\r\n", "--port 7 -- cat"},
		{"server_type PreFork\nserver_type Thread\nmax_servers 3\nmin_servers=5\n", "PreFork --min_servers 2"},
		{"cidr-deny 1\nuser\nport80\n\x00\n", "--prot 3"},
		{"deny 10\\.|192\nallow a|b|[|]\n", "only_from+=10.0.0.1 env=a=b"},
		{"log_file Sys::Syslog\nsyslog_logopt pid,cons|x\nsyslog_logsock inet\nlog_level 9\npid_file x\n", "--background --log_file x"},
		{"\ufeffproto unix\nunix_type SOCK_DGRAM\nport /a|unix\nport /b\nhost [*]\nhost x\nipv 4\n", "setsid 1 --setsid=false"},
		{"superd_nice 3\nsuperd_x 4\nsuperd_env A=b\nexec /bin/cat %41\n", "--extra a~b --my_option"},
		{"key \xff\xfe\nport \xff\nuser \u009b\n", "--\xff=1 \xff=2"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, line string) {
		host := configtest.Host(map[string]string{"etc/server.conf": text})
		judgeFuzzed(t, text, config.Load(host, formats.All(), []config.Source{{Format: netserver.Format, Path: "/etc/server.conf"}}))
		words := strings.Fields(line)
		r, c, err := serve(t, host, append([]string{"--conf_file=/etc/server.conf"}, words...)...)
		if err != nil {
			return
		}
		c.Background(host)
		if c.ConfFile == "/etc/server.conf" {
			judgeFuzzed(t, text, r)
		}
	})
}

func judgeFuzzed(t *testing.T, text string, r *config.Result) {
	t.Helper()
	if len(r.Services) != 1 {
		t.Fatalf("%d services", len(r.Services))
	}
	lines := strings.Count(text, "\n") + 1
	for _, d := range r.Diags {
		if d.Line > lines || strings.Contains(d.Message, "internal error") || strings.ContainsAny(d.String(), "\n\r\x00") {
			t.Errorf("%v", d)
		}
	}
	switch s := r.Services[0]; {
	case s.State == services.Refused && r.Errors() == 0:
		t.Errorf("refused without an error: %v", r.Diags)
	case s.State == services.Enabled && len(s.Sockets) == 0:
		t.Errorf("enabled without sockets: %v", r.Diags)
	}
}
