// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseReport(t *testing.T) {
	for _, row := range []struct {
		data, banner string
		want         Report
		fails        bool
	}{
		{data: ""},
		{data: "busy\n", banner: "busy\n"},
		{data: "hi uid=1 1 1\nend=1\n", banner: "hi ", want: Report{"uid": "1 1 1", "end": "1"}},
		{data: "uid=1\nenv=A=1=2\nenv=A=3\nenv=B\nend=1\n", want: Report{"uid": "1", "env A": "1=2", "env A (2)": "3", "env B": "", "end": "1"}},
		{data: "uid=1\nargc=1\n", fails: true},
		{data: "uid=1\nargc=1\nargc=1\nend=1\n", fails: true},
		{data: "uid=1\nnonsense\nend=1\n", fails: true},
	} {
		banner, got, err := ParseReport(row.data)
		if (err != nil) != row.fails || banner != row.banner || !row.fails && !cmp.Equal(got, row.want) {
			t.Errorf("ParseReport(%q) = %q, %v, %v", row.data, banner, got, err)
		}
	}
}

// Every difference says what it is, and none excuses what it is not about: a
// handler under another user, with another limit, with a descriptor too many.
func TestDifferencesAreNarrow(t *testing.T) {
	svc := Service{ID: "x", Mode: "inet", Sockets: []Socket{{Network: "tcp", Address: "[::]:79"}}}
	got := Report{"uid": "0 0 0", "fd0.peername": "inet 127.0.0.1 40000", "fd0.sockname": "inet 127.0.0.1 79"}
	for _, p := range []pair{
		{"uid", "65534 65534 65534", "0 0 0"}, {"groups", "", "0"}, {"rlimit_cpu", "5:5", "unlimited:unlimited"}, {"rlimit_files", "3000:3000", "1000:3000"},
		{"umask", "077", "022"}, {"nice", "5", "0"}, {"fd3", "-", "anon"}, {"fd0.sockname", "inet 127.0.0.1 79", "inet6 ::1 79"},
		{"env REMOTE_HOST", "::ffff:127.0.0.1", "127.0.0.2"}, {"env TCPREMOTEIP", "-", "127.0.0.2"}, {"env HOME", "-", "/root"}, {"env SUPERD_X", "-", "1"},
		{"outcome", turned, served}, {"outcome", served, turned}, {"banner", "", "hello"}, {"argv0", "a", "b"},
	} {
		for _, d := range Differences {
			if d.is(Case{pair: p, text: "service x\n{\n}\n", svc: svc, got: got}) {
				t.Errorf("%q excuses %+v", d.Subject, p)
			}
		}
	}
	for _, d := range Differences {
		if d.Subject == "" || d.Xinetd == "" || d.Superd == "" || d.Why == "" {
			t.Errorf("%+v does not say what it is", d)
		}
	}
}
