// SPDX-License-Identifier: Apache-2.0

package services

import (
	"slices"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	cat := []string{"/bin/cat"}
	udp := []Socket{{Network: "udp", Address: "0.0.0.0:69"}}
	path := []Socket{{Network: "unix", Address: "/run/x"}}
	own := []Socket{{Network: "unix", Address: "/run/x", Options: []Setting{{Attr: NoDelay, Value: true}}}}
	with := func(s *Service, f func(*Service)) *Service { f(s); return s }
	inherited := func(s *Service) { // as from [defaults], above the service
		for i := range s.Settings {
			s.Settings[i].Origin.Line = 1
		}
	}
	xinetd := func(s *Service) { s.Settings = s.Settings.With(Setting{Attr: Compat, Value: "xinetd"}) }
	for name, test := range map[string]struct {
		s    *Service
		want []string
	}{
		"good":               {service(tcp("0.0.0.0:79"), Exec, cat), nil},
		"no program":         {service(tcp("0.0.0.0:79")), []string{"error: exec: is missing"}},
		"refused as is":      {with(service(tcp("0.0.0.0:79")), func(s *Service) { s.State = Refused }), nil},
		"http":               {service(nil, Mode, "http"), []string{`error: mode: "http" is not built yet`}},
		"pools":              {service(nil, Exec, cat, Mode, "prefork", Worker, "pass", MinServers, int64(1)), nil},
		"dequeue":            {service(nil, Exec, cat, Dequeue, cat, CheckForDequeue, 1.0), nil},
		"libwrap":            {service(nil, Exec, cat, Libwrap, "cat"), nil},
		"libwrap, inherited": {with(service(nil, Exec, cat, Libwrap, "cat"), inherited), nil},
		"libwrap, xinetd":    {with(service(nil, Exec, cat, Libwrap, "cat"), xinetd), nil},
		"USERID, xinetd":     {with(service(nil, Exec, cat, LogOnSuccess, []string{"USERID"}), xinetd), nil},
		"USERID": {service(nil, Exec, cat, LogOnSuccess, []string{"USERID"}),
			[]string{"warning: log_on_success: USERID is not built yet: log lines lack it"}},
		"of another mode":            {service(nil, Exec, cat, MinServers, int64(1)), []string{`warning: min_servers: has no effect in mode "inet"`}},
		"of another mode, inherited": {with(service(nil, Exec, cat, MinServers, int64(1)), inherited), nil},
		"datagrams": {service(udp, Exec, cat),
			[]string{`warning: mode: "inet" on a datagram socket means "wait", with one process at a time`}},
		"single datagrams": {service(udp, Exec, cat, Mode, "single"),
			[]string{`warning: mode: "single" on a datagram socket means "wait", with one process at a time`}},
		"waiting datagrams": {service(udp, Exec, cat, Mode, "wait", OnlyFrom, []string{"10.0.0.0/8"}), nil},
		"waiting with rules": {service(tcp("0.0.0.0:79"), Exec, cat, Mode, "wait", OnlyFrom, []string{"10.0.0.0/8"}),
			[]string{"error: only_from: does not protect a wait service with connections: the program accepts them itself"}},
		"waiting with rules, inherited": {with(service(tcp("0.0.0.0:79"), Exec, cat, Mode, "wait", OnlyFrom, []string{}), inherited),
			[]string{"warning: only_from: an empty list lets nobody in",
				"warning: only_from: does not protect a wait service with connections: the program accepts them itself"}},
		"waiting with rules, xinetd": {with(service(tcp("0.0.0.0:79"), Exec, cat, Mode, "wait", PerSource, int64(1)), xinetd),
			[]string{"warning: per_source: does not protect a wait service with connections: the program accepts them itself"}},
		"waiting without limits": {service(tcp("0.0.0.0:79"), Exec, cat, Mode, "wait", PerSource, Unlimited, Deny, []string{}), nil},
		"no time":                {service(nil, Exec, cat, SessionTimeout, 0.0), []string{`error: session_timeout: 0 leaves no time: want more, or "unlimited"`}},
		"nobody": {service(nil, Exec, cat, MaxServers, int64(0), PerSource, int64(0)),
			[]string{`warning: max_servers: 0 refuses everybody; "unlimited" is no limit`, `warning: per_source: 0 refuses everybody; "unlimited" is no limit`}},
		"many of one": {service(nil, Exec, cat, Mode, "single", MaxServers, int64(5)),
			[]string{`warning: max_servers: has no effect: mode "single" runs one process`}},
		"options of other sockets": {service(tcp("0.0.0.0:79"), Exec, cat, SocketMode, "600", Broadcast, true, NoDelay, true),
			[]string{"warning: socket_mode: has no effect: it wants a local socket with a path", "warning: broadcast: has no effect: it wants a udp socket"}},
		"options of other sockets, inherited": {with(service(tcp("0.0.0.0:79"), Exec, cat, SocketMode, "600"), inherited), nil},
		"options of local sockets": {service(path, Exec, cat, SocketMode, "600", IPTtl, int64(1)),
			[]string{"warning: ip_ttl: has no effect: it wants a tcp or udp socket"}},
		"an option of the wrong socket": {service(own, Exec, cat),
			[]string{"warning: nodelay: has no effect: it wants a tcp socket, and this is unix /run/x"}},
		"keepalive numbers": {service(tcp("0.0.0.0:79"), Exec, cat, KeepAliveTime, int64(5)),
			[]string{"warning: keepalive_time: has no effect without keepalive = true"}},
		"keepalive": {service(tcp("0.0.0.0:79"), Exec, cat, KeepAlive, true, KeepAliveTime, int64(5)), nil},
		"deny alone": {service(nil, Exec, cat, CIDRDeny, []string{"10.0.0.0/8"}),
			[]string{`warning: cidr_deny: a deny list alone refuses everybody: add cidr_allow = ["0.0.0.0/0", "::/0"]`}},
		"deny and allow": {service(nil, Exec, cat, CIDRDeny, []string{"10.0.0.0/8"}, Allow, []string{".*"}), nil},
		"nobody from":    {service(nil, Exec, cat, OnlyFrom, []string{}), []string{"warning: only_from: an empty list lets nobody in"}},
		"lists meet": {service(nil, Exec, cat, OnlyFrom, []string{"10.1.2.3", "10.1.0.0/16", "192.0.2.1", "2001:db8::1", "name"},
			NoAccess, []string{"10.1.0.0/16", "::/0", "172.16.0.0/12", "name"}),
			[]string{`warning: only_from: "10.1.2.3" and 1 more let nobody in: they lie within 10.1.0.0/16 of no_access, which wins`,
				`warning: only_from: "2001:db8::1" lets nobody in: it lies within ::/0 of no_access, which wins`}},
		"variables": {service(nil, Exec, cat, Env, []string{"TCPREMOTEIP=1", "PROTO=x", "LANG=C"}, PassEnv, []string{"NOTIFY_SOCKET", "LISTEN_FDS", "PATH"}),
			[]string{"warning: env: TCPREMOTEIP has no effect: superd sets it for each client",
				"warning: env: PROTO has no effect: superd sets it for each client",
				"warning: passenv: NOTIFY_SOCKET is superd's own and is never passed on",
				"warning: passenv: LISTEN_FDS is superd's own and is never passed on"}},
		"a value of another kind": {service(nil, Exec, cat, Nice, "5"), []string{`error: nice: internal error: "5" is not a whole number`}},
	} {
		problems := Validate(test.s)
		var got []string
		for _, p := range problems {
			got = append(got, renderProblems([]Problem{p}))
			if x, ok := test.s.Settings.Find(p.Attr); ok && x.Origin.File >= FirstFile && p.Origin != x.Origin {
				t.Errorf("%s: %s stands at %v, not %v", name, p.Attr, p.Origin, x.Origin)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n%s\nwant:\n%s", name, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
}
