// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseConn(t *testing.T) {
	for _, c := range []struct {
		text string
		want *Conn // nil: an error
	}{
		{"conn\nid=17\nservice=finger\nnetwork=tcp\npeer=192.0.2.7:4711\nlocal=192.0.2.1:79\n",
			&Conn{ID: 17, Service: "finger", Network: "tcp", Peer: netip.MustParseAddrPort("192.0.2.7:4711"), local: "192.0.2.1:79"}},
		{"conn\npeer=[fe80::1%eth0]:1\nnetwork=tcp\nid=9223372036854775807\n",
			&Conn{ID: 1<<63 - 1, Network: "tcp", Peer: netip.MustParseAddrPort("[fe80::1%eth0]:1")}},
		{"conn\nid=1\nnetwork=unix\nlocal=/run/a=b\nuid=1000\ngid=4294967295\npid=0\n",
			&Conn{ID: 1, Network: "unix", local: "/run/a=b", Cred: &Cred{1000, 1<<32 - 1, 0}}},
		{"conn\nid=1\nnetwork=unixpacket\nlocal=@x\n", &Conn{ID: 1, Network: "unixpacket", local: "@x"}},
		{"conn\nid=1\nid=2\nnetwork=unix\n", &Conn{ID: 1, Network: "unix"}},
		{"conn\nnetwork=unix\n", nil},
		{"conn\nid=0\nnetwork=unix\n", nil},
		{"conn\nid=-1\nnetwork=unix\n", nil},
		{"conn\nid=+1\nnetwork=unix\n", nil},
		{"conn\nid=9223372036854775808\nnetwork=unix\n", nil},
		{"conn\nid=1\nnetwork=tcp\n", nil},
		{"conn\nid=1\nnetwork=tcp\npeer=localhost:1\n", nil},
		{"conn\nid=1\nnetwork=unix\nuid=1\n", nil},
		{"conn\nid=1\nnetwork=unix\nuid=-1\ngid=1\npid=1\n", nil},
	} {
		got, err := parseConn(parseMessage(c.text))
		if (err == nil) != (c.want != nil) {
			t.Errorf("%q: %v, %v", c.text, got, err)
			continue
		}
		opts := []cmp.Option{cmp.AllowUnexported(Conn{}), cmpopts.EquateComparable(netip.AddrPort{})}
		if d := cmp.Diff(c.want, got, opts...); err == nil && d != "" {
			t.Errorf("%q: %s", c.text, d)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct{ text, remote, local string }{
		{"conn\nid=1\nnetwork=tcp\npeer=[::1]:2\nlocal=[::1]:79\n", "tcp [::1]:2", "tcp [::1]:79"},
		{"conn\nid=1\nnetwork=unix\nlocal=/run/s\n", "unix ", "unix /run/s"},
		{"conn\nid=1\nnetwork=unixpacket\nlocal=@s\n", "unixpacket ", "unixpacket @s"},
	} {
		conn, err := parseConn(parseMessage(c.text))
		if err != nil {
			t.Fatal(err)
		}
		remote, local := conn.RemoteAddr(), conn.LocalAddr()
		if got := remote.Network() + " " + remote.String(); got != c.remote {
			t.Errorf("%q: the client is %q", c.text, got)
		}
		if got := local.Network() + " " + local.String(); got != c.local {
			t.Errorf("%q: our end is %q", c.text, got)
		}
	}
}

func TestParseHello(t *testing.T) {
	for text, want := range map[string]int64{
		"hello\nversion=1\nservice=x\nslots=1\n": 1,
		"hello\nfuture=\nversion=12\n":           12,
		"hello\nversion=0\n":                     0,
		"hello\nversion=x\n":                     0,
		"hello\n":                                0,
		"hello":                                  0,
		"conn\nversion=1\n":                      0,
		"":                                       0,
	} {
		if h, err := parseHello(parseMessage(text)); h.version != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %v, %v; want %d", text, h.version, err, want)
		}
	}
}

func TestOfferedVersion(t *testing.T) {
	for value, want := range map[string]string{
		"1": "", "7": "", "9223372036854775807": "",
		"": "SUPERD_WORKER is not set", "0": `SUPERD_WORKER is "0"`, "-1": `is "-1"`, " 1": `is " 1"`, "1_0": `is "1_0"`,
		"9223372036854775808": "SUPERD_WORKER is", "dequeue": "periodic work",
	} {
		_, err := offeredVersion(value)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", value, err, want)
		}
	}
}

func TestConfig(t *testing.T) {
	t.Setenv(envConf, "path /a\nempty \npath /b c = d\nbare\n")
	s := Config()
	want := Settings{{"path", "/a"}, {"empty", ""}, {"path", "/b c = d"}, {"bare", ""}}
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
	if v, ok := s.Get("path"); v != "/b c = d" || !ok {
		t.Errorf("path is %q, %v", v, ok)
	}
	if v, ok := s.Get("none"); v != "" || ok {
		t.Errorf("none is %q, %v", v, ok)
	}
	if d := cmp.Diff([]string{"/a", "/b c = d"}, s.All("path")); d != "" {
		t.Error(d)
	}
}

// FuzzParse: whatever comes is a message, and what is taken for a connection has
// an id that is answered as it came.
func FuzzParse(f *testing.F) {
	f.Add("conn\nid=17\nservice=finger\nnetwork=tcp\npeer=192.0.2.7:4711\nlocal=192.0.2.1:79\n")
	f.Add("conn\nid=1\nnetwork=unix\nlocal=@a\nuid=1\ngid=2\npid=3\n")
	f.Add("hello\nversion=1\nservice=x\nslots=1\nconf=a b\nconf=a b\n")
	f.Add("conn")
	f.Add("\x00=\n=\n==")
	f.Fuzz(func(t *testing.T, text string) {
		m := parseMessage(text)
		if _, err := parseHello(m); err == nil && !strings.HasPrefix(text, "hello\n") {
			t.Errorf("%q is a hello", text)
		}
		c, err := parseConn(m)
		if err != nil {
			return
		}
		if c.ID < 1 || c.RemoteAddr() == nil || (c.Network == "tcp") != c.Peer.IsValid() {
			t.Errorf("%q is %+v", text, c)
		}
	})
}
