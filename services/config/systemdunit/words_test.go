// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSplitWords(t *testing.T) {
	for in, want := range map[string]string{
		`a  b`:             "a|b",
		`"a b" 'c d'`:      "a b|c d",
		`a"b c"d`:          "ab cd",
		`a\sb \x41\101\t.`: "a b|AA\t.",
		`"\"" '\''`:        `"|'`,
		`\q \xZZ \u00e9`:   `\q|\xZZ|é`,
		`"" x`:             "|x",
		`\`:                `\`,
		``:                 "",
	} {
		got, err := splitWords(in, false)
		if err != nil || strings.Join(got, "|") != want {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
	if got, err := splitWords(`a "b`, false); err == nil {
		t.Errorf("an open quote gives %q", got)
	}
	if got, err := splitWords(`a "b`, true); err != nil || strings.Join(got, "|") != "a|b" {
		t.Errorf("an open quote, relaxed: %q, %v", got, err)
	}
}

func TestExpandVariables(t *testing.T) {
	env := environment{words: []string{"ONE=one", "TWO=a  'b c'", "EMPTY="}, known: []string{"ONE=other", "HOME=/h"}}
	for in, want := range map[string]string{
		"$ONE":          "one",
		"$TWO":          "a|b c",
		"${TWO}":        "a  'b c'",
		"x${ONE}y$$z":   "xoney$z",
		"x$ONE":         "x$ONE",
		"$EMPTY":        "",
		"${NO}":         "",
		"$HOME":         "/h",
		"${ONE:-x}":     "${ONE:-x}",
		"$$ONE":         "$ONE",
		"${ONE":         "${ONE",
		"$":             "",
		"a$":            "a$",
		"${ONE}${HOME}": "one/h",
	} {
		got, err := env.expand([]string{in})
		if err != nil || strings.Join(got, "|") != want {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"$REMOTE_ADDR", "a${REMOTE_PORT}", "$LISTEN_FDS"} {
		if got, err := env.expand([]string{in}); err == nil {
			t.Errorf("%s gives %q", in, got)
		}
	}
}

func TestEnvironmentFileSyntax(t *testing.T) {
	const text = "# comment \\\nstill\n; another\nA=a b  \n B = \"x \\\"y\\$ \\n\"' z' \nC=a\"b\"\nD=one\\\n two\nE=\nnothing\n=x\nF='it''s'\nG=a\\ b\nH=\"two\nlines\""
	want := map[string]string{"A": "a b", "B": "x \"y$ \\n z", "C": `a"b"`, "D": "one two", "E": "", "F": "its", "G": "a b", "H": "two\nlines"}
	got := maps.Collect(variables(text))
	if !maps.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestQuantities(t *testing.T) {
	for in, want := range map[string]time.Duration{"90": 90 * time.Second, "5min 20s": 320 * time.Second, "1.5h": 90 * time.Minute, "100ms": 100 * time.Millisecond, "2d": 48 * time.Hour, "1min30": 90 * time.Second} {
		if got, infinite, err := parseSpan(in, time.Second); err != nil || infinite || got != want {
			t.Errorf("%s: %v, %v, %v", in, got, infinite, err)
		}
	}
	for _, in := range []string{"", "x", "5 parsecs", "-1", "s", "99999999999y"} {
		if got, _, err := parseSpan(in, time.Second); err == nil {
			t.Errorf("%q is %v", in, got)
		}
	}
	for in, want := range map[string]int64{"512": 512, "64K": 65536, "1.5G": 3 << 29, "8M": 8 << 20, "1KB": 1024, "0": 0} {
		if got, err := parseSize(in); err != nil || got != want {
			t.Errorf("%s: %d, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "K", "1X", "-1", "1KM", "99999999E"} {
		if got, err := parseSize(in); err == nil {
			t.Errorf("%q is %d", in, got)
		}
	}
	for _, x := range []struct {
		in   string
		unit limitUnit
		want any
	}{
		{"64", inNumbers, int64(64)}, {"infinity", inNumbers, "unlimited"}, {"64:infinity", inNumbers, "64:unlimited"}, {"8M:16M", inBytes, "8388608:16777216"},
		{"1min", inSeconds, int64(60)}, {"1500ms", inSeconds, int64(2)}, {"1ms", inMicroseconds, int64(1000)}, {"+5", inNiceness, int64(15)}, {"-5", inNiceness, int64(25)}, {"30", inNiceness, int64(30)},
	} {
		if got, err := parseLimit(x.in, x.unit); err != nil || got != x.want {
			t.Errorf("%s: %v, %v", x.in, got, err)
		}
	}
	for _, in := range []string{"", "-", "5:", "+30", "x"} {
		if got, err := parseLimit(in, inNiceness); err == nil {
			t.Errorf("%q is %v", in, got)
		}
	}
}

func TestNames(t *testing.T) {
	n := parseName(`a-b-c@x\x2dy-z.service`)
	if n.prefix != "a-b-c" || n.instance != `x\x2dy-z` || n.last() != "c" || n.templateName() != "a-b-c@.service" || unescape(n.instance) != "x-y/z" {
		t.Errorf("%+v", n)
	}
	want := []string{`a-b-c@x\x2dy-z.service.d`, "a-b-c@.service.d", "a-b-@.service.d", "a-b-.service.d", "a-@.service.d", "a-.service.d", "service.d"}
	if got := n.folders(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := unescape(escape("a b/ü-.x")); got != "a b/ü-.x" {
		t.Errorf("%q", got)
	}
}

func TestPorts(t *testing.T) {
	for in, want := range map[string]string{
		"79": "79", "127.0.0.1:79": "127.0.0.1:79", "[::]:79": "[::]:79", "[fe80::1]:79%eth0": "[fe80::1%eth0]:79", "[fe80::1%eth0]:79": "[fe80::1%eth0]:79",
		"/run/x.sock": "/run/x.sock|unix", "/var/run/x": "/run/x|unix", "@x": "@x|unix", "/run//a/../x": "/run/x|unix",
	} {
		l := &listens{}
		if got, err := l.port(in, "tcp", "unix"); err != nil || got != want {
			t.Errorf("%s: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "0", "65536", "localhost:79", "127.0.0.1", "::1:79", "127.0.0.1:79%eth0", "127.0.0.1:0", "vsock::79", "x.sock"} {
		l := &listens{}
		if got, err := l.port(in, "tcp", "unix"); err == nil {
			t.Errorf("%q gives %q", in, got)
		}
	}
	if got, err := (&listens{}).port("79", "udp", "unixdgram"); err != nil || got != "79/udp" {
		t.Errorf("%q, %v", got, err)
	}
}
