// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

func TestHelloText(t *testing.T) {
	h := Hello{Service: "finger", Slots: 1, MaxRequests: 1000, Conf: []string{"color red", "two\nlines"}}
	want := "hello\nversion=1\nservice=finger\nslots=1\nmax_requests=1000\nconf=color red\nconf=two?lines\n"
	if got := string(h.Append(nil)); got != want {
		t.Errorf("hello is\n%q\nwant\n%q", got, want)
	}
	h = Hello{Service: "x", Slots: 4, MaxRequests: -1}
	if got := string(h.Append(nil)); strings.Contains(got, "max_requests") {
		t.Errorf("unlimited has no max_requests: %q", got)
	}
}

func TestHelloFits(t *testing.T) {
	h := Hello{Service: "x", Slots: 1, MaxRequests: -1}
	for range 100 {
		h.Conf = append(h.Conf, "key "+strings.Repeat("v", 1500))
	}
	if n := len(h.Append(nil)); n > MaxSent || n < MaxSent-1600 {
		t.Errorf("a hello of %d bytes; the limit is %d", n, MaxSent)
	}
}

func TestConnText(t *testing.T) {
	for _, c := range []struct {
		conn Conn
		want string
	}{
		{Conn{ID: 17, Service: "finger", Network: "tcp", Peer: netip.MustParseAddrPort("192.0.2.7:4711"), Local: netip.MustParseAddrPort("192.0.2.1:79")},
			"conn\nid=17\nservice=finger\nnetwork=tcp\npeer=192.0.2.7:4711\nlocal=192.0.2.1:79\n"},
		{Conn{ID: 1<<63 - 1, Service: "f", Network: "tcp", Peer: netip.MustParseAddrPort("[2001:db8::1]:1"), Local: netip.MustParseAddrPort("[2001:db8::2]:2")},
			"conn\nid=9223372036854775807\nservice=f\nnetwork=tcp\npeer=[2001:db8::1]:1\nlocal=[2001:db8::2]:2\n"},
		{Conn{ID: 1, Service: "u", Network: "unix", Path: "/run/u\n.sock", Cred: &Cred{UID: 1000, GID: 100, PID: 42}},
			"conn\nid=1\nservice=u\nnetwork=unix\nlocal=/run/u?.sock\nuid=1000\ngid=100\npid=42\n"},
	} {
		if got := string(c.conn.Append(nil)); got != c.want {
			t.Errorf("got\n%q\nwant\n%q", got, c.want)
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		text string
		want Answer
		ok   bool
	}{
		{"ready\n", Answer{Verb: Ready, Version: 1}, true},
		{"ready\nversion=1\n", Answer{Verb: Ready, Version: 1}, true},
		{"ready\ncolour=red\nversion=1\n", Answer{Verb: Ready, Version: 1}, true},
		{"ready\nversion=2\n", Answer{}, false},
		{"ready\nversion=\n", Answer{}, false},
		{"taken 17\n", Answer{Verb: Taken, ID: 17}, true},
		{"done 9223372036854775807\n", Answer{Verb: Done, ID: 1<<63 - 1}, true},
		{"done 17\nreason=x\n", Answer{Verb: Done, ID: 17}, true},
		{"done 9223372036854775808\n", Answer{}, false},
		{"ready", Answer{}, false},
		{"ready 1\n", Answer{}, false},
		{"taken\n", Answer{}, false},
		{"taken \n", Answer{}, false},
		{"taken 0\n", Answer{}, false},
		{"taken 017\n", Answer{}, false},
		{"taken +1\n", Answer{}, false},
		{"taken -1\n", Answer{}, false},
		{"taken 1 2\n", Answer{}, false},
		{"taken  1\n", Answer{}, false},
		{"Taken 1\n", Answer{}, false},
		{"taken 1\r\n", Answer{}, false},
		{"", Answer{}, false},
		{"\n", Answer{}, false},
		{"done 1\n" + strings.Repeat("x", MaxAnswer), Answer{}, false},
	} {
		got, err := ParseAnswer([]byte(c.text))
		if (err == nil) != c.ok || c.ok && got != c.want {
			t.Errorf("%q: %+v, %v", c.text, got, err)
		}
	}
}

// FuzzAnswer: what is taken is one of the three, and its first line is the one way
// to write it.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"ready\n", "taken 17\n", "done 17\nx=y\n", "ready\nversion=1\n", "done 9223372036854775808\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		a, err := ParseAnswer(msg)
		if err != nil {
			return
		}
		want := map[Verb]string{Ready: "ready", Taken: "taken ", Done: "done "}[a.Verb]
		if a.Verb != Ready {
			want += strconv.FormatUint(a.ID, 10)
		}
		if line, _, _ := bytes.Cut(msg, []byte{'\n'}); string(line) != want {
			t.Errorf("%q was read as %q", line, want)
		}
	})
}

func TestMessagesAllocateNothing(t *testing.T) {
	buf := make([]byte, 0, 4096)
	c := Conn{ID: 17, Service: "finger", Network: "tcp", Peer: netip.MustParseAddrPort("192.0.2.7:4711"), Local: netip.MustParseAddrPort("192.0.2.1:79")}
	msg := []byte("done 17\n")
	if n := testing.AllocsPerRun(100, func() {
		buf = c.Append(buf[:0])
		if _, err := ParseAnswer(msg); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
