// SPDX-License-Identifier: Apache-2.0

package wrappers_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"superd/limits/wrappers"
)

// source is a machine of its own: two files, a hosts table, two accounts.
var source = &wrappers.Source{
	Read: func(name string) ([]byte, error) {
		switch name {
		case "/bad":
			return []byte("10.6.6.6\n10.7.0.0/16 .evil.org\t[2001:db8::]/32\n/more"), nil
		case "/more":
			return []byte("10.8.8.8 192.168."), nil
		case "/loop":
			return []byte("10.9.9.9 /loop"), nil
		case "/secret":
			return nil, errors.New("permission denied")
		}
		return nil, nil
	},
	Host: func(name string) ([]netip.Addr, bool) {
		if name == "gate" {
			return []netip.Addr{netip.MustParseAddr("10.1.1.1"), netip.MustParseAddr("2001:db8::1")}, true
		}
		return nil, false
	},
	User:  func(name string) bool { return name == "nobody" },
	Group: func(name string) bool { return name == "nogroup" },
}

// ask gives "allow" or "deny", "unsure" if it was, and the line that decided.
func ask(allow, deny, daemon, from string, server wrappers.Endpoint) string {
	t := wrappers.Tables{Allow: wrappers.Parse([]byte(allow), false, source), Deny: wrappers.Parse([]byte(deny), true, source)}
	q := wrappers.Request{Client: wrappers.Endpoint{Port: 4711}, Server: server}
	if from != "" {
		q.Client.Addr = netip.MustParseAddr(from)
	} else {
		q.Client.Name = wrappers.Unknown
	}
	v := t.For(daemon).Check(&q)
	out := "deny"
	if v.Allow {
		out = "allow"
	}
	if v.Unsure {
		out += " unsure"
	}
	if v.Rule != nil {
		file := "allow"
		if v.Rule.Place.File == wrappers.FileDeny {
			file = "deny"
		}
		out += fmt.Sprintf(" %s:%d", file, v.Rule.Place.Line)
	}
	return out
}

var nowhere = wrappers.Endpoint{Port: -1}

func TestCheck(t *testing.T) {
	const all = "ALL: ALL\n"
	for _, c := range []struct{ name, allow, deny, from, want string }{
		{"nothing", "", "", "10.0.0.1", "allow"},
		{"all denied", "", all, "10.0.0.1", "deny deny:1"},
		{"allow first", "in.x: 10.0.0.1\n", all, "10.0.0.1", "allow allow:1"},
		{"another daemon", "in.y: 10.0.0.1\n", all, "10.0.0.1", "deny deny:1"},
		{"case", "IN.X: all\n", all, "10.0.0.1", "allow allow:1"},
		{"port", "23: ALL\n", all, "10.0.0.1", "deny deny:1"},
		{"prefix", "ALL: 10.0.\n", all, "10.0.0.1", "allow allow:1"},
		{"prefix is of the text", "ALL: 10.\n", all, "100.0.0.1", "deny deny:1"},
		{"mask", "ALL: 10.0.0.0/255.0.0.0\n", all, "10.3.2.1", "allow allow:1"},
		{"bits", "ALL: 10.0.0.0/8\n", all, "10.3.2.1", "allow allow:1"},
		{"bits beyond the mask", "ALL: 10.0.0.1/8\n", all, "10.0.0.1", "deny deny:1"},
		{"0 is no mask", "", "ALL: 0.0.0.0/0\n", "10.0.0.1", "allow"},
		{"v6", "ALL: [2001:db8::]/32\n", all, "2001:db8:1::9", "allow allow:1"},
		{"v6 host", "ALL: [2001:DB8::0:9]\n", all, "2001:db8::9", "allow allow:1"},
		{"v6, another", "ALL: [2001:db8::]/32\n", all, "2001:db9::9", "deny deny:1"},
		{"wild", "ALL: 10.?.*.1\n", all, "10.0.77.1", "allow allow:1"},
		{"suffix of an address", "ALL: .1\n", all, "10.0.0.1", "allow allow:1"},
		{"except", "ALL: 10. EXCEPT 10.0.0.1\n", all, "10.0.0.1", "deny deny:1"},
		{"except but", "ALL: 10. EXCEPT 10.0.0. EXCEPT 10.0.0.1\n", all, "10.0.0.1", "allow allow:1"},
		{"daemon except", "ALL EXCEPT in.x: ALL\n", all, "10.0.0.1", "deny deny:1"},
		{"continued", "# c\nALL: \\\n 10.0.0.1,\\\n 10.0.0.2\n", all, "10.0.0.2", "allow allow:2"},
		{"comment continues", "# c\\\nALL: ALL\n", all, "10.0.0.1", "deny deny:1"},
		{"no newline in hosts.allow", "ALL: ALL", all, "10.0.0.1", "deny deny:1"},
		{"no newline in hosts.deny", "", "in.y: ALL", "10.0.0.1", "deny deny:1"},
		{"too long", "", "in.y: " + strings.Repeat("x", 3000) + "\n", "10.0.0.1", "deny deny:1"},
		{"no colon", "", "ALL ALL\n", "10.0.0.1", "allow"},

		{"deny option", "ALL: 10. : DENY\nALL: ALL\n", "", "10.0.0.1", "deny allow:1"},
		{"allow option", "", "ALL: 10. : allow\nALL: ALL\n", "10.0.0.1", "allow deny:1"},
		{"unknown option", "ALL: ALL: /bin/true &\n", "", "10.0.0.1", "deny allow:1"},
		{"empty option", "ALL: ALL:\n", "", "10.0.0.1", "deny allow:1"},
		{"allow not last", "ALL: ALL: allow: nice\n", "", "10.0.0.1", "deny allow:1"},
		{"value", "ALL: ALL: spawn\n", "", "10.0.0.1", "deny allow:1"},
		{"no value", "ALL: ALL: keepalive yes\n", "", "10.0.0.1", "deny allow:1"},
		{"options", "ALL: ALL: nice = 5: umask 022: linger 3: keepalive: severity mail.Info: setenv A b: user nobody.nogroup: spawn echo \\: %a\n", all, "10.0.0.1", "allow allow:1"},
		{"umask", "ALL: ALL: umask 8\n", "", "10.0.0.1", "deny allow:1"},
		{"user", "ALL: ALL: user root\n", "", "10.0.0.1", "deny allow:1"},
		{"severity", "ALL: ALL: severity loud\n", "", "10.0.0.1", "deny allow:1"},
		{"setenv", "ALL: ALL: setenv A=B c\n", "", "10.0.0.1", "deny allow:1"},
		{"expansion too long", "ALL: ALL: spawn " + strings.Repeat("%a", 900) + "\n", "", "2001:db8:1234:5678:9abc:def0:1234:5678", "deny allow:1"},
		{"twist", "ALL: ALL: twist /bin/echo no\n", "", "10.0.0.1", "deny allow:1"},

		{"name in hosts.allow", "ALL: .good.org\n", all, "10.0.0.1", "deny deny:1"},
		{"name in hosts.deny", "", "ALL: .evil.org\n", "10.0.0.1", "deny unsure deny:1"},
		{"denied name in hosts.allow", "ALL: .evil.org: deny\nALL: ALL\n", "", "10.0.0.1", "deny unsure allow:1"},
		{"allowed name in hosts.deny", "", "ALL: .good.org: allow\nALL: ALL\n", "10.0.0.1", "deny deny:2"},
		{"except a name", "ALL: ALL EXCEPT .evil.org\n", all, "10.0.0.1", "deny deny:1"},
		{"denied except a name", "", "ALL: ALL EXCEPT .good.org\n", "10.0.0.1", "deny unsure deny:1"},
		{"PARANOID", "", "ALL: PARANOID\n", "10.0.0.1", "deny unsure deny:1"},
		{"LOCAL", "ALL: LOCAL\n", "", "10.0.0.1", "allow"},
		{"netgroup", "", "ALL: @bad\n", "10.0.0.1", "deny unsure deny:1"},
		{"a name that is no name", "", "ALL: 11.*\n", "10.0.0.1", "allow"},
		{"user", "", "ALL: root@10.\n", "10.0.0.1", "deny unsure deny:1"},
		{"any user", "", "ALL: ALL@10.\n", "10.0.0.1", "deny deny:1"},
		{"aclexec of a name", "ALL: .x.org: aclexec true\n", "", "10.0.0.1", "deny unsure allow:1"},
		{"hosts table", "ALL: gate\n", all, "10.1.1.1", "allow allow:1"},
		{"hosts table, denied", "", "ALL: GATE\n", "10.1.1.2", "allow"},
		{"localhost", "ALL: localhost\n", all, "127.9.9.9", "allow allow:1"},
		{"no address", "", "ALL: UNKNOWN\n", "", "deny deny:1"},
		{"no address is not known", "ALL: KNOWN\n", all, "", "deny deny:1"},

		{"file", "", "ALL: /bad\n", "10.6.6.6", "deny deny:1"},
		{"file, net", "", "ALL: /bad\n", "10.7.9.9", "deny deny:1"},
		{"file, v6", "", "ALL: /bad\n", "2001:db8::7", "deny deny:1"},
		{"file in a file", "", "ALL: /more\n", "192.168.3.4", "deny deny:1"},
		{"file, not there", "", "ALL: /none\n", "192.168.3.4", "allow"},
		{"file, unreadable", "", "ALL: /secret\n", "192.168.3.4", "deny unsure deny:1"},
		{"file, unreadable, allowed", "ALL: /secret\n", "", "192.168.3.4", "allow"},
		{"file in itself", "", "ALL: /loop\n", "10.9.9.9", "deny deny:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ask(c.allow, c.deny, "in.x", c.from, nowhere); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestServerSide(t *testing.T) {
	server := wrappers.Endpoint{Addr: netip.MustParseAddr("192.0.2.1"), Port: 23}
	for allow, want := range map[string]string{
		"in.x@192.0.2.1: ALL\n":     "allow allow:1",
		"in.x@192.0.2.2: ALL\n":     "deny deny:1",
		"23: ALL\n":                 "allow allow:1",
		"+23@192.0.2.: ALL\n":       "allow allow:1",
		"4294967319: ALL\n":         "allow allow:1", // as libwrap's sscanf cuts it
		"24: ALL\n":                 "deny deny:1",
		"ALL EXCEPT 23: ALL\n":      "deny deny:1",
		"in.x@www.own.org: ALL\n":   "deny deny:1",
		"ALL@[2001:db8::]/32:ALL\n": "deny deny:1",
	} {
		if got := ask(allow, "ALL: ALL\n", "in.x", "10.0.0.1", server); got != want {
			t.Errorf("%q: %s, want %s", allow, got, want)
		}
	}
}

func TestUnreadable(t *testing.T) {
	for _, deny := range []bool{false, true} {
		f := wrappers.Unreadable(deny, "cannot read it")
		tables := wrappers.Tables{Allow: f}
		if deny {
			tables = wrappers.Tables{Deny: f}
		}
		v := tables.For("x").Check(&wrappers.Request{Client: wrappers.Endpoint{Addr: netip.MustParseAddr("10.0.0.1")}})
		if v.Allow || v.Rule == nil {
			t.Errorf("deny %v: %+v", deny, v)
		}
	}
}

func TestNotes(t *testing.T) {
	f := wrappers.Parse([]byte("ALL ALL\nALL: 0.0.0.0/0\nALL: ALL: nice 1: nonsense\nALL: /secret\nALL: ALL"), true, source)
	var got []string
	for _, n := range f.Notes {
		got = append(got, fmt.Sprint(n.Line, ":", n.Col, " ", n.Loose, " ", n.Text))
	}
	want := `1:1 true there is no ":": the line is passed over, as libwrap does
2:6 true "0.0.0.0/0" matches nobody, as libwrap reads it
3:19 false no such option "nonsense": whom the rule concerns is refused
4:6 false cannot read "/secret": permission denied: nobody knows who is in it
5:1 false the line has no newline at its end: everybody is refused who has come so far, as libwrap does`
	if strings.Join(got, "\n") != want {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// Words that wait for a name, and what the rule does until it is there. Those that
// an address decides, or /etc/hosts, or that match nobody, do not wait.
func TestWaits(t *testing.T) {
	for _, c := range []struct {
		rule string
		deny bool
		want string
	}{
		{"x: 10. ALL gate localhost 1.2.3.4 [2001:db8::]/32 10.*.1 * /more 0.0.0.0/0 root@[x]/64 EXCEPT 10.2.", true, ""},
		{"x: .example.com host*", false, `4 ".example.com" needs the client's host name, which is not looked up yet: until then the rule lets nobody in for it
17 "host*" needs the client's host name, which is not looked up yet: until then the rule lets nobody in for it`},
		{"x: 10. a.example", true, `8 "a.example" needs the client's host name, which is not looked up yet: until then the rule refuses whomever it may concern`},
		{"x: ALL EXCEPT LOCAL", true, `15 "LOCAL" needs the client's host name, which is not looked up yet: until then the rule refuses whomever it may concern`},
		{"x: PARANOID UNKNOWN : DENY", false, `4 "PARANOID" needs the client's host name, which is not looked up yet: until then the rule refuses whomever it may concern
13 "UNKNOWN" needs the client's host name, which is not looked up yet: until then the rule refuses whomever it may concern`},
		{"x: KNOWN : allow", true, `4 "KNOWN" needs the client's host name, which is not looked up yet: until then the rule lets nobody in for it`},
		{"x: @staff : aclexec /bin/true", false, `4 "@staff" needs the client's host name, which is not looked up yet: until then the rule refuses whomever it may concern`},
		{"x: root@10. ALL@gate KNOWN@ALL *@.example", false, `4 "root@10." needs the client's user name (RFC 931), which is not looked up yet: until then the rule lets nobody in for it
22 "KNOWN@ALL" needs the client's user name (RFC 931), which is not looked up yet: until then the rule lets nobody in for it
32 "*@.example" needs the client's host name, which is not looked up yet: until then the rule lets nobody in for it`},
		{"x@a.example y@10.1. z@gate: ALL", false, `1 "x@a.example" needs the server's host name, which is not looked up yet: until then the rule lets nobody in for it`},
		{"x: /bad", false, `4 "/bad" needs the client's host name, which is not looked up yet: until then the rule lets nobody in for it`},
	} {
		f := wrappers.Parse([]byte(c.rule+"\n"), c.deny, source)
		var got []string
		for _, n := range f.Rules[0].Waits {
			got = append(got, fmt.Sprint(n.Col, " ", n.Text))
		}
		if s := strings.Join(got, "\n"); s != c.want {
			t.Errorf("%s\n%s", c.rule, s)
		}
	}
}

func TestEffects(t *testing.T) {
	f := wrappers.Parse([]byte(`ALL: ALL: setenv WHO  %a and %d : spawn (echo %h\:%r %u %c %s %A %N %n %% %z;) & : severity err: nice: linger 7`+"\n"), false, source)
	q := wrappers.Request{Client: wrappers.Endpoint{Addr: netip.MustParseAddr("10.0.0.1"), Port: 99},
		Server: wrappers.Endpoint{Addr: netip.MustParseAddr("192.0.2.1"), Port: 23}, Pid: 12}
	v := (&wrappers.Tables{Allow: f}).For("in;x").Check(&q)
	if !v.Allow || !v.Effects() {
		t.Fatalf("%+v", v)
	}
	all, allow, _ := v.Rule.Effects(&q)
	got := fmt.Sprintf("%v %+v", allow, all)
	want := `true [{Kind:3 Text:10.0.0.1 and in_x Name:WHO Num:0 Index:0} {Kind:0 Text:(echo 10.0.0.1:99 unknown 10.0.0.1 in_x@192.0.2.1 192.0.2.1 unknown unknown % ;) & Name: Num:0 Index:1}` +
		` {Kind:4 Text: Name: Num:3 Index:2} {Kind:7 Text: Name: Num:10 Index:3} {Kind:12 Text: Name: Num:7 Index:4}]`
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	q.Client.Name = "ev$(il).org"
	all, _, _ = v.Rule.Effects(&q)
	if !strings.Contains(all[1].Text, "ev__il_.org") {
		t.Errorf("a shell would take this for a command: %s", all[1].Text)
	}
	if got := string(q.BannerText([]byte("hello %a\nend"))); got != "hello 10.0.0.1\r\nend" {
		t.Errorf("banner %q", got)
	}
}

// TestCheckAllocates nothing: it is asked for each connection.
func TestCheckAllocates(t *testing.T) {
	tables := wrappers.Tables{Allow: wrappers.Parse([]byte("in.x@192.0.2.: 10.0.0.1 10.*.7 .x.org EXCEPT 10.0.0.7\n"), false, source),
		Deny: wrappers.Parse([]byte("ALL: ALL EXCEPT 2001:*\n"), true, source)}
	rules := tables.For("in.x")
	q := wrappers.Request{Client: wrappers.Endpoint{Addr: netip.MustParseAddr("10.0.0.9")}, Server: wrappers.Endpoint{Addr: netip.MustParseAddr("192.0.2.1")}}
	if n := testing.AllocsPerRun(100, func() {
		if rules.Check(&q).Allow {
			t.Fatal("allowed")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestWildEnds is a pattern for which libwrap's own match takes years.
func TestWildEnds(t *testing.T) {
	stars := strings.Repeat("*1", 200) + "x"
	if got := ask("ALL: "+stars+"\n", "ALL: ALL\n", "in.x", "111.111.111.111", nowhere); got != "deny deny:1" {
		t.Error(got)
	}
}

func FuzzHostsAccess(f *testing.F) {
	for _, s := range []string{"ALL: ALL\n", "a@b EXCEPT c: .d, e@f 10. [::1]/64 /bad : spawn x\\:y : allow\n", "x:\\\n\x00:y\n", "a:[[]:b:c\n", "::\n", "@:@\n", "a: /loop:twist %a%%%\n"} {
		f.Add(s, s, "in.x", "10.0.0.1")
	}
	f.Fuzz(func(t *testing.T, allow, deny, daemon, from string) {
		addr, _ := netip.ParseAddr(from)
		q := wrappers.Request{Client: wrappers.Endpoint{Addr: addr.Unmap(), Port: 1}, Server: nowhere}
		tables := wrappers.Tables{Allow: wrappers.Parse([]byte(allow), false, source), Deny: wrappers.Parse([]byte(deny), true, source)}
		v := tables.For(daemon).Check(&q)
		q.Client.Name, q.Server.Name, q.User = wrappers.Unknown, wrappers.Unknown, wrappers.Unknown
		sure := tables.For(daemon).Check(&q)
		if sure.Unsure && !strings.Contains(allow+deny, "@") && !strings.Contains(allow+deny, "/") {
			t.Errorf("unsure although all names are known: %+v", sure.Rule)
		}
		if v.Rule != nil && !v.Unsure {
			all, allow, _ := v.Rule.Effects(&q)
			if allow && v.Rule.Twists() {
				t.Errorf("a twist lets in: %+v", all)
			}
		}
	})
}
