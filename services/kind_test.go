// SPDX-License-Identifier: Apache-2.0

package services

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		attr AttrID
		text string
		want Value // nil: an error
		err  string
	}{
		{MaxServers, "50", int64(50), ""},
		{MaxServers, "0", int64(0), ""},
		{MaxServers, "UNLIMITED", "unlimited", ""},
		{MaxServers, "-1", nil, "want a number"},
		{MaxServers, "5x", nil, "want a number"},
		{MinServers, "unlimited", nil, "want at most"},
		{MinServers, "3000000000", nil, "want at most"},
		{RlimitAS, "1024M", int64(1 << 30), ""},
		{RlimitAS, "1G", int64(1 << 30), ""},
		{RlimitAS, "64K:1M", "65536:1048576", ""},
		{RlimitAS, "1M:1024K", int64(1 << 20), ""},
		{RlimitAS, "1M:unlimited", "1048576:unlimited", ""},
		{RlimitAS, "unlimited", "unlimited", ""},
		{RlimitAS, "unlimited:unlimited", "unlimited", ""},
		{RlimitAS, "2M:1M", nil, "soft limit exceeds"},
		{RlimitAS, "1T", nil, "want"},
		{RlimitAS, "99999999999999999999", nil, "want"},
		{RlimitFiles, "64:128", "64:128", ""},
		{RlimitFiles, "1K", nil, "want"},
		{RlimitCPU, "0", int64(0), ""},
		{SessionTimeout, "90", 90.0, ""},
		{SessionTimeout, "1.5", 1.5, ""},
		{SessionTimeout, "5m", 300.0, ""},
		{SessionTimeout, "unlimited", "unlimited", ""},
		{SessionTimeout, "-1", nil, "want seconds"},
		{SessionTimeout, "soon", nil, "want seconds"},
		{StopTimeout, "unlimited", nil, "want seconds"},
		{KeepAliveTime, "2m", int64(120), ""},
		{KeepAliveTime, "0.5", nil, "whole seconds"},
		{KeepAliveTime, "0", nil, "0: want 1 to 32767"},
		{Umask, "22", "022", ""},
		{Umask, "0777", "777", ""},
		{Umask, "1000", nil, "want at most 777"},
		{Umask, "8", nil, "want octal"},
		{SocketMode, "660", "660", ""},
		{Nice, "-5", int64(-5), ""},
		{Nice, "-41", nil, "-41: want -40 to 39"},
		{Nice, "1e3", nil, "want a whole number"},
		{Disable, "yes", true, ""},
		{Disable, "FALSE", false, ""},
		{Disable, "1", nil, "want true or false"},
		{MaxLoad, "2.6", 2.6, ""},
		{MaxLoad, "0", nil, "above 0"},
		{MaxLoad, "NaN", nil, "above 0"},
		{MaxLoad, "Inf", nil, "above 0"},
		{MaxLoad, "0x1p4", nil, "want a number"},
		{CPS, "50 10", []int64{50, 10}, ""},
		{CPS, "50,10", []int64{50, 10}, ""},
		{CPS, "50, 0", []int64{50, 0}, ""},
		{CPS, "unlimited", "unlimited", ""},
		{CPS, "0 10", nil, "a rate of 0 would let nobody in"},
		{CPS, "50", nil, "want [N, SECONDS]"},
		{CPS, "50 10 5", nil, "want [N, SECONDS]"},
		{CPS, "-5 10", nil, "want [N, SECONDS]"},
		{PerSourcePrefix, "24 56", []int64{24, 56}, ""},
		{PerSourcePrefix, "33 64", nil, "IPv4 addresses have 32 bits"},
		{AccessTimes, "8:00-11:59 13:00-17:30", []string{"8:00-11:59", "13:00-17:30"}, ""},
		{AccessTimes, "08:05-9:30", []string{"8:05-9:30"}, ""},
		{AccessTimes, "23:00-01:00", nil, "start must lie before"},
		{AccessTimes, "12:00-24:00", nil, "no time of day"},
		{Env, "LANG=C.UTF-8 x, y", []string{"LANG=C.UTF-8 x, y"}, ""},
		{Env, "LANG", nil, "want NAME=VALUE"},
		{Env, "=C", nil, "want NAME=VALUE"},
		{PassEnv, "PATH, LANG TZ", []string{"PATH", "LANG", "TZ"}, ""},
		{PassEnv, "A=B", nil, "name of a variable"},
		{Exec, "/bin/cat -u", []string{"/bin/cat", "-u"}, ""},
		{Exec, "cat", nil, "absolute path"},
		{Exec, "", nil, "want a program"},
		{Mode, "INET", "inet", ""},
		{Mode, "prefork", "prefork", ""},
		{Mode, "inte", nil, `did you mean "inet"?`},
		{Mode, "thread", nil, "want one of inet, wait"},
		{Mode, "Thread", nil, "threads are Perl's own affair"},
		{Mode, "Fork", nil, `did you mean "inet"?`},
		{Mode, "PreForkSimple", nil, `did you mean "prefork-simple"?`},
		{Mode, "PSGI", nil, `did you mean "app"?`},
		{Mode, "PreFork", "prefork", ""},
		{Mode, "prefork,inet", []string{"prefork", "inet"}, ""},
		{Mode, "PreForkSimple, Fork", []string{"prefork-simple", "inet"}, ""},
		{Mode, "inet,", "inet", ""},
		{Mode, "Exotic,", []string{"Exotic"}, ""},
		{Mode, ",", nil, "empty: want a mode"},
		{Mode, "", nil, "want one of inet"},
		{Full, "drop", nil, "want one of queue, refuse"},
		{User, "nobody", "nobody", ""},
		{User, "0065534", "65534", ""},
		{User, "4294967295", nil, "is no user or group"},
		{User, "", nil, "empty"},
		{User, "a b", nil, "is no name"},
		{Group, "adm, www-data 5", "adm www-data 5", ""},
		{Group, " ", nil, "want a group"},
		{Device, "eth0", "eth0", ""},
		{Device, "", nil, "empty"},
		{Device, "a-name-that-is-too-long", nil, "longer than 15"},
		{Description, "", "", ""},
		{Description, "two\nlines", nil, "control character"},
		{Description, "\xff", nil, "not UTF-8"},
		{LogFile, "/var/log/superd", "/var/log/superd", ""},
		{LogFile, "superd.log", nil, "want an absolute path"},
		{LogFile, "/a\x00b", nil, "control character"},
		{LogOnSuccess, "duration pid PID", []string{"PID", "DURATION"}, ""},
		{LogOnSuccess, "", []string{}, ""},
		{LogOnFailure, "PID", nil, "want one of HOST, USERID, ATTEMPT"},
		{LogType, "syslog DAEMON info", []string{"SYSLOG", "daemon", "info"}, ""},
		{LogType, "SYSLOG demon", nil, `did you mean "daemon"?`},
		{LogType, "SYSLOG", nil, "wants a facility"},
		{LogType, "FILE /var/log/x 1K 2K", []string{"FILE", "/var/log/x", "1024", "2048"}, ""},
		{LogType, "FILE /var/log/x 2K 1K", nil, "soft limit of the log exceeds"},
		{LogType, "FILE x", nil, "absolute path"},
		{LogType, "PIPE x", nil, "want SYSLOG or FILE"},
		{CapabilityBoundingSet, "cap_chown NET_RAW CAP_CHOWN", []string{"CAP_CHOWN", "CAP_NET_RAW"}, ""},
		{CapabilityBoundingSet, "CAP_FLY", nil, "is no capability"},
		{Allow, `10\.0\..*`, []string{`10\.0\..*`}, ""},
		{Allow, `(?=x)`, nil, "is no regular expression"},
		{Allow, `a)(b`, nil, "is no regular expression"},
		{Port, "80, tcp", []string{"80, tcp"}, ""},
		{Port, " 79 ", []string{"79"}, ""},
		{Port, "8080-8090", nil, "range of ports"},
		{HostAddr, "[::FFFF:192.0.2.1]", []string{"192.0.2.1"}, ""},
		{HostAddr, "localhost IPv4 IPv6", []string{"localhost/IPv6/IPv4"}, ""},
		{HostAddr, "*/IPv*", []string{"*/IPv*"}, ""},
		{Proto, "UDP/IPv4", []string{"udp/IPv4"}, ""},
		{Proto, "stream", nil, "is no protocol"},
		{IPv, "v4v6", []string{"4 6"}, ""},
		{IPv, "IPv6, IPv4", []string{"4 6"}, ""},
		{IPv, "IPv*", []string{"*"}, ""},
		{IPv, "5", nil, "is no IP version"},
		{IPv, "", nil, "is no IP version"},
	} {
		v, err := test.attr.Row().Parse(test.text)
		checkParsed(t, test.attr, test.text, v, err, test.want, test.err)
	}
}

func checkParsed(t *testing.T, a AttrID, in any, v Value, err error, want Value, wantErr string) {
	t.Helper()
	switch {
	case want == nil && (err == nil || !strings.Contains(err.Error(), wantErr)):
		t.Errorf("%s = %#v: %#v, %v; want an error with %q", a, in, v, err, wantErr)
	case want != nil && (err != nil || !reflect.DeepEqual(v, want)):
		t.Errorf("%s = %#v: %#v, %v; want %#v", a, in, v, err, want)
	case want != nil && !a.Row().Holds(v):
		t.Errorf("%s = %#v: %#v is not %s", a, in, v, a.Row().Kind)
	}
}

func TestFromTOML(t *testing.T) {
	for _, test := range []struct {
		attr AttrID
		in   any
		want Value
		err  string
	}{
		{MaxServers, int64(50), int64(50), ""},
		{MaxServers, 50, int64(50), ""},
		{MaxServers, int64(0), int64(0), ""},
		{MaxServers, int64(-1), nil, `-1: want 0 or more, or "unlimited"`},
		{MaxServers, 1.5, nil, `want a whole number or "unlimited", not the number 1.5`},
		{MaxServers, true, nil, "not true or false"},
		{MaxServers, []any{int64(1)}, nil, "not a list"},
		{MaxServers, map[string]any{}, nil, "not a table"},
		{MaxServers, time.Now(), nil, "not a date or time"},
		{Nice, "5", nil, `"5" is text: want a whole number`},
		{Disable, "yes", nil, `"yes" is text: want true or false`},
		{Disable, int64(1), nil, "not the number 1"},
		{Umask, int64(22), nil, `want octal digits in quotes, as "022", not the number 22`},
		{RlimitAS, int64(4096), int64(4096), ""},
		{RlimitAS, int64(-1), nil, "-1: want 0 or more"},
		{SessionTimeout, int64(5), 5.0, ""},
		{SessionTimeout, 0.25, 0.25, ""},
		{SessionTimeout, "5m", 300.0, ""},
		{SessionTimeout, -0.5, nil, "0 or more seconds"},
		{SessionTimeout, math.NaN(), nil, "want"},
		{SessionTimeout, math.Inf(1), nil, "want"},
		{SessionTimeout, 1e300, nil, "too long"},
		{MaxLoad, int64(4), 4.0, ""},
		{CPS, []any{int64(50), int64(10)}, []int64{50, 10}, ""},
		{CPS, []int64{50, 10}, []int64{50, 10}, ""},
		{CPS, []any{int64(50)}, nil, "want [N, SECONDS]"},
		{CPS, int64(50), nil, "want [N, SECONDS]"},
		{Port, int64(79), []string{"79"}, ""},
		{Port, int64(99999), nil, "port 99999: want 0 to 65535"},
		{Port, []any{int64(79), "[::1]:7979/tcp"}, []string{"79", "[::1]:7979/tcp"}, ""},
		{Port, []any{int64(99999)}, nil, "port 99999"},
		{Port, []any{1.5}, nil, "item 1 is the number 1.5"},
		{IPv, int64(6), []string{"6"}, ""},
		{IPv, []any{int64(4), int64(6)}, []string{"4", "6"}, ""},
		{IPv, int64(5), nil, "5 is no IP version"},
		{Exec, []any{"/bin/sh", "-c", "a b", ""}, []string{"/bin/sh", "-c", "a b", ""}, ""},
		{Exec, "/bin/cat", []string{"/bin/cat"}, ""},
		{Exec, "/bin/cat -u", nil, "no shell parts the words"},
		{Exec, []any{"/bin/sleep", int64(5)}, nil, `item 2 is a number: want text, as "5"`},
		{Exec, []any{}, nil, "want a program"},
		{Mode, []any{"prefork", "inet"}, []string{"prefork", "inet"}, ""},
		{Mode, []any{"PreForkSimple", "Fork", "INET", "Thread", "Exotic"}, []string{"prefork-simple", "inet", "Thread", "Exotic"}, ""},
		{Mode, []any{"Fork", "INET"}, "inet", ""},
		{Mode, []any{"SINGLE"}, "single", ""},
		{Mode, []any{"Net::Server::Fork"}, []string{"Net::Server::Fork"}, ""},
		{Mode, []any{}, nil, "empty: want a mode"},
		{Mode, []any{""}, nil, "empty"},
		{Mode, []any{"inet, single"}, nil, "want one mode, without blanks and commas"},
		{Mode, []any{"inet", int64(5)}, []string{"inet", "5"}, ""},
		{Mode, []any{"inet", true}, nil, "item 2 is true or false"},
		{Mode, []any{"a\nb"}, nil, "control character"},
		{Mode, []string{strings.Repeat("x", 61)}, nil, "want one mode"},
		{Mode, make([]string, 33), nil, "33 modes: want at most 32"},
		{Mode, "prefork,inet", nil, `want a list, as ["prefork", "inet"]`},
		{Mode, int64(5), nil, "want a mode, or a list of modes, not the number 5"},
		{User, int64(0), "0", ""},
		{User, int64(-1), nil, "is no user or group"},
		{Group, []any{"adm", int64(5)}, "adm 5", ""},
		{OnlyFrom, []any{}, []string{}, ""},
		{LogFile, []any{"/x"}, nil, "not a list"},
	} {
		v, err := test.attr.Row().FromTOML(test.in)
		checkParsed(t, test.attr, test.in, v, err, test.want, test.err)
	}
}

// All wrong items of a list are told, of whatever kind the slip is, but not a million.
func TestItemErrors(t *testing.T) {
	for _, test := range []struct {
		in   any
		want []int
	}{
		{[]any{"A=1", "x", "B=2", int64(5), "y", 1.5}, []int{1, 3, 4, 5}},
		{[]string{"=", "A=1", "="}, []int{0, 2}},
		{"x", []int{0}},
	} {
		_, err := Env.Row().FromTOML(test.in)
		var items ItemErrors
		if !errors.As(err, &items) {
			t.Errorf("%v: %v", test.in, err)
			continue
		}
		var got []int
		for _, x := range items {
			got = append(got, x.Item)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: %v, want %v", test.in, got, test.want)
		}
	}
	if _, err := Env.Row().FromTOML([]any{"x", int64(5)}); err == nil || err.Error() != `"x": want NAME=VALUE; item 2 is a number: want text, as "5"` {
		t.Errorf("in one line: %v", err)
	}
	const rest = "what is behind it was not looked at"
	for n, unfinished := range map[int]bool{mostItemErrors: false, mostItemErrors + 1: true} {
		for _, in := range []any{make([]string, n), make([]any, n)} {
			_, err := Env.Row().FromTOML(in)
			var items ItemErrors
			if !errors.As(err, &items) || len(items) != mostItemErrors || strings.Count(err.Error(), rest) != map[bool]int{true: 1}[unfinished] {
				t.Errorf("%d items: %v", n, err)
			}
		}
	}
}

// What is too long to read is cut in errors, whatever the attribute.
func TestErrorsAreShort(t *testing.T) {
	long := strings.Repeat("x ", 1<<15)
	for id := range NumAttrs {
		a := id.Row()
		for _, in := range []any{long, []any{long}, "/" + long, "80/" + long, long + "=", "SYSLOG " + long} {
			if _, err := a.FromTOML(in); err != nil && len(err.Error()) > 400 {
				t.Errorf("%s: an error of %d bytes", a.Name, len(err.Error()))
			}
		}
	}
}
