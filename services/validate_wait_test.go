// SPDX-License-Identifier: Apache-2.0

package services

import (
	"slices"
	"strings"
	"testing"
)

func TestValidateWaiters(t *testing.T) {
	cat := []string{"/bin/cat"}
	fifo := []Socket{{Network: FIFO, Address: "/run/x"}}
	named := []Socket{{Network: "tcp", Address: "0.0.0.0:79", Options: []Setting{{Attr: FDName, Value: "a"}}}}
	many := make([]string, MaxHandedSockets+1)
	for name, test := range map[string]struct {
		s    *Service
		want []string
	}{
		"all":               {service(tcp("0.0.0.0:79"), Exec, cat, Mode, "wait", Stdio, "all", FDName, "x", NonBlock, true), nil},
		"all, of no mode":   {service(tcp("0.0.0.0:79"), Exec, cat, Stdio, "all"), []string{`error: stdio: "all" gives one process all sockets, which wants mode "wait" and not "inet"`}},
		"all, of a pool":    {service(nil, Exec, cat, Mode, "prefork", Worker, "accept", Stdio, "all"), []string{`warning: stdio: has no effect in mode "prefork"`}},
		"all, for a client": {service(nil, Exec, cat, Mode, "wait", Stdio, "all", Stderr, "client"), []string{`error: stderr: with stdio "all" there is no client to write to: want "log" or "null"`}},
		"too many": {service(tcp(many...), Exec, cat, Mode, "wait", Stdio, "all"),
			[]string{"error: port: there are 513 sockets: one process can be given 512"}},
		"many, one each":        {service(tcp(many...), Exec, cat, Mode, "wait"), nil},
		"name for one":          {service(named, Exec, cat, Mode, "wait", Stdio, "all"), nil},
		"name for workers":      {service(named, Exec, cat, Mode, "prefork", Worker, "accept"), nil},
		"name, of a connection": {service(tcp("0.0.0.0:79"), Exec, cat, Stdio, "null", FDName, "x"), nil},
		"name for nobody": {service(tcp("0.0.0.0:79"), Exec, cat, FDName, "x"),
			[]string{`warning: fd_name: has no effect: it wants stdio "all" or "null", or worker "accept"`}},
		"name for one of them": {service(named, Exec, cat, Stdio, "null", Mode, "wait"),
			[]string{`warning: fd_name: has no effect for one socket: it wants stdio "all" or worker "accept"`}},
		"nonblock":       {service(tcp("0.0.0.0:79"), Exec, cat, NonBlock, true), []string{`warning: nonblock: has no effect in mode "inet"`}},
		"a FIFO":         {service(fifo, Exec, cat, Mode, "wait", SocketMode, "600"), nil},
		"a FIFO, served": {service(fifo, Exec, cat), []string{`error: port: the FIFO /run/x has no clients to serve in mode "inet": want mode "wait"`}},
		"a FIFO, to workers": {service(fifo, Exec, cat, Mode, "prefork", Worker, "accept"),
			[]string{`error: port: the FIFO /run/x has no clients to serve in mode "prefork": want mode "wait"`}},
		"a FIFO, with rules": {service(fifo, Exec, cat, Mode, "wait", OnlyFrom, []string{"10.0.0.0/8"}),
			[]string{"error: only_from: does not protect a FIFO: nobody is told who writes to it"}},
		"a FIFO's options": {service(fifo, Exec, cat, Mode, "wait", ReceiveBuffer, int64(1), Listen, int64(5), KeepAlive, true),
			[]string{"warning: keepalive: has no effect: it wants a tcp socket", "warning: listen: has no effect: it wants a socket with connections",
				"warning: receive_buffer: has no effect: it wants a socket"}},
	} {
		got := renderProblems(Validate(test.s))
		want := strings.Join(test.want, "; ")
		if sorted(got) != sorted(want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

func sorted(s string) string {
	list := strings.Split(s, "; ")
	slices.Sort(list)
	return strings.Join(list, "; ")
}

// TestFDName: a name is the socket's own, the service's, that of the manager, or made
// of the id.
func TestFDName(t *testing.T) {
	sockets := []Socket{{Network: "tcp", Address: "0.0.0.0:79"}, {Network: Given, Address: "web.socket"},
		{Network: "tcp", Address: "0.0.0.0:80", Options: []Setting{{Attr: FDName, Value: "own"}}}}
	for want, s := range map[string]*Service{"x web.socket own x": service(sockets), "all all own all": service(sockets, FDName, "all")} {
		if got := strings.Join([]string{s.FDName(0), s.FDName(1), s.FDName(2), s.CommonFDName()}, " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for id, want := range map[string]string{"finger": "finger", "a:b c\x7f": "a_b_c_", "ä": "_", strings.Repeat("x", 300): strings.Repeat("x", 255)} {
		s := service(nil)
		s.ID = id
		if got := s.CommonFDName(); got != want {
			t.Errorf("%q: %q", id, got)
		}
	}
	for _, bad := range []string{"", "a:b", "ä", "a\nb", strings.Repeat("x", 256)} {
		if v, err := FDName.Row().Parse(bad); err == nil {
			t.Errorf("%q becomes %q", bad, v)
		}
	}
}
