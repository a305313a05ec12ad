// SPDX-License-Identifier: Apache-2.0

package wrappers_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"superd/internal/peers"
	"superd/limits/wrappers"
)

// oracleCase is what tcpdmatch and we are asked.
type oracleCase struct {
	allow, deny      []byte
	daemon, server   string
	client, userName string
}

var (
	oracleDaemons = []string{"ALL", "in.x", "IN.X", "in.y", "in.*", "*", "?n.x", ".x", "in.", "KNOWN", "23", "0", "65536", "in.x@192.0.2.1",
		"ALL@192.0.2.", "in.x@ALL", "in.x@KNOWN", "in.x@[::1]", "0@192.0.2.0/24", "*@*", "EXCEPT", "[x", "x]", "**"}
	oracleClients = []string{"ALL", "all", "10.0.0.1", "10.0.0.2", "10.", "10.0.", "1", "10.0.0.0/8", "10.0.0.0/255.0.0.0", "10.0.0.1/8", "0.0.0.0/0",
		"0.0.0.0/0.0.0.0", "012.0.0.0/8", "0xa.0.0.0/8", "10.0.0.0/+8", "10.0.0.0/8x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/4294967304", "10.0.0.0/",
		"10.0.0.1/255.255.255.255", "10.0.0.1/32", "10.0.0/24", "10.0.0.0/0377.0.0.0", "10.0.0.1/24/8", "10.0.0.0/0.0.0.255",
		"[2001:db8::]/32", "[2001:db8::1]", "[2001:DB8:0::1]", "[2001:db8::1]/", "[2001:db8::1]/129", "[2001:db8::ffff]/112", "[::]/0", "[10.0.0.1]",
		"[::ffff:10.0.0.1]", "[fe80::1]", "[]", "10.*", "*.1", "*", "**", "?0.0.0.1", "10.0.0.?", "1*0.*1", "2001:*", ".1", ".org", "www.org", "LOCAL", "KNOWN",
		"UNKNOWN", "PARANOID", "LIST", "ABSENT", "@group", "root@10.", "ALL@ALL", "KNOWN@ALL", "UNKNOWN@10.", "r*t@10.0.0.1", "root@LIST", "EXCEPT", "except"}
	// Without "user nobody": Debian's libwrap has its test of the dry run the wrong way
	// round, so that tcpdmatch itself becomes nobody, fails at its group and says
	// denied, while tcpd changes nothing. And without what is too long expanded, at
	// which it sleeps for five seconds.
	oracleOptions = []string{"allow", "deny", "ALLOW", "allow yes", "spawn /bin/false", "spawn", "aclexec /bin/false", "twist /bin/echo %a", "twist x", "twist=y", "twist", "twist /bin/cat %d", "severity mail.info",
		"severity notice", "severity x", "severity mail.", "setenv A b", "setenv A=B c", "setenv A", "setenv %a", "umask 022", "umask 8", "umask +7", "umask 1777",
		"umask=022", "umask = 22", "umask == 22", "nice", "nice 5", "nice 5x", "nice -5", "linger 5", "linger -1", "linger 4294967295", "linger 99999999999999999999",
		"keepalive", "keepalive 1", "rfc931", "rfc931 5", "rfc931 0", "user nosuch", "user 65534", "user nobody.nosuch",
		"group nogroup", "group nosuch", "banners /none", "(mail root) &", "", " ", `spawn a\:b`, "=", "= allow"}
	oracleSeps = []string{" ", ",", ", ", "\t", " \\\n ", ",,"}
)

// word draws one of the words, with a list's folder put in.
func word(t *rapid.T, from []string, dir string) string {
	w := rapid.SampledFrom(from).Draw(t, "word")
	return strings.NewReplacer("LIST", dir+"/list", "ABSENT", dir+"/absent").Replace(w)
}

func drawLine(t *rapid.T, dir string) string {
	var b strings.Builder
	words := func(from []string, most int) {
		for i := range rapid.IntRange(0, most).Draw(t, "words") {
			if i > 0 {
				b.WriteString(rapid.SampledFrom(oracleSeps).Draw(t, "separator"))
			}
			b.WriteString(word(t, from, dir))
		}
	}
	words(oracleDaemons, 4)
	if rapid.IntRange(0, 20).Draw(t, "colon") > 0 {
		b.WriteString(": ")
	}
	words(oracleClients, 5)
	for range max(0, rapid.IntRange(-3, 3).Draw(t, "options")) {
		b.WriteString(rapid.SampledFrom([]string{":", " : ", ": "}).Draw(t, "colon"))
		b.WriteString(word(t, oracleOptions, dir))
	}
	switch rapid.IntRange(0, 60).Draw(t, "odd") {
	case 0:
		return b.String() + strings.Repeat(" ", rapid.IntRange(1900, 2100).Draw(t, "length")) + "\n"
	case 1:
		return b.String() + "\x00rest\n"
	case 2:
		return b.String() + "\r\n"
	case 3:
		return "#" + b.String() + "\n"
	case 4:
		return b.String() // joins the next, or ends the file
	}
	return b.String() + "\n"
}

func oracleCases(n int, dir func(i int) string) []oracleCase {
	var out []oracleCase
	for i := range n {
		out = append(out, rapid.Custom(func(t *rapid.T) oracleCase {
			file := func() []byte {
				return []byte(strings.Join(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return drawLine(t, dir(i)) }), 0, 5).Draw(t, "lines"), ""))
			}
			return oracleCase{allow: file(), deny: file(),
				daemon:   rapid.SampledFrom([]string{"in.x", "in.y", "IN.x"}).Draw(t, "daemon"),
				server:   rapid.SampledFrom([]string{"", "", "192.0.2.1"}).Draw(t, "server"),
				client:   rapid.SampledFrom([]string{"10.0.0.1", "10.1.2.3", "192.168.0.1", "110.0.0.1", "2001:db8::1", "2001:db8::9999"}).Draw(t, "client"),
				userName: rapid.SampledFrom([]string{"", "root", "rot"}).Draw(t, "user")}
		}).Example(i))
	}
	return out
}

const oracleList = "10.0.0.7 192.168. 10.1.2.3\n[2001:db8::9999] EXCEPT .org\f110.0.0.0/8 root@10.0.0.1"

// TestAgreesWithTcpdmatch asks Debian's tcpdmatch and us about the same files.
func TestAgreesWithTcpdmatch(t *testing.T) {
	root, _ := peers.Command(t, "tcpdmatch")
	top := t.TempDir()
	dir := func(i int) string { return filepath.Join(top, fmt.Sprint(i)) }
	n := 200
	if os.Getenv("SUPERD_CI") == "1" {
		n = 800
	}
	cases := oracleCases(n, dir)
	var script strings.Builder
	for i, c := range cases {
		write(t, filepath.Join(dir(i), "hosts.allow"), c.allow)
		write(t, filepath.Join(dir(i), "hosts.deny"), c.deny)
		write(t, filepath.Join(dir(i), "list"), []byte(oracleList))
		fmt.Fprintf(&script, "cd %s; echo 'case %d'; tcpdmatch -d -i ../inetd.conf '%s' '%s' 2>/dev/null </dev/null | grep '^access:'\n", dir(i), i, join(c.daemon, c.server), join2(c.userName, c.client))
	}
	write(t, filepath.Join(top, "inetd.conf"), []byte("finger stream tcp nowait nobody /usr/sbin/tcpd in.x\nexec stream tcp nowait nobody /usr/sbin/tcpd in.y\n"))
	write(t, filepath.Join(top, "ask"), []byte(script.String()))
	var out bytes.Buffer
	cmd := root.Command("/bin/bash", filepath.Join(top, "ask"))
	cmd.Stdout = &out
	if err := root.Run(cmd); err != nil {
		t.Logf("bash: %v", err)
	}
	parts := strings.Split(out.String(), "case ")[1:]
	if len(parts) != n {
		t.Fatalf("tcpdmatch answered %d of %d", len(parts), n)
	}
	counts := map[string]int{}
	for i, c := range cases {
		theirs := oracleAnswer(parts[i])
		ours := ourAnswer(c)
		counts[theirs]++
		if ours != theirs {
			t.Errorf("case %d: %s, tcpdmatch: %s\ndaemon %s server %s client %s user %s\nhosts.allow:\n%q\nhosts.deny:\n%q", i, ours, theirs, c.daemon, c.server, c.client, c.userName, c.allow, c.deny)
		}
	}
	for _, verdict := range []string{"granted", "denied", "delegated"} {
		if counts[verdict] < n/200 {
			t.Errorf("only %d of %d cases are %s: they tell nothing", counts[verdict], n, verdict)
		}
	}
}

func join(daemon, server string) string {
	if server != "" {
		daemon += "@" + server
	}
	return daemon
}

func join2(user, client string) string {
	if user != "" {
		client = user + "@" + client
	}
	return client
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

var accessLine = regexp.MustCompile(`access: +(\w+)`)

// oracleAnswer is "granted", "denied" or "delegated".
func oracleAnswer(out string) string {
	if m := accessLine.FindStringSubmatch(out); m != nil {
		return m[1]
	}
	return "no answer"
}

func ourAnswer(c oracleCase) string {
	src := &wrappers.Source{
		Read: func(name string) ([]byte, error) {
			data, err := os.ReadFile(name)
			if os.IsNotExist(err) {
				err = nil
			}
			return data, err
		},
		User:  func(name string) bool { return name == "nobody" || name == "root" },
		Group: func(name string) bool { return name == "nogroup" || name == "root" },
	}
	tables := wrappers.Tables{Allow: wrappers.Parse(c.allow, false, src), Deny: wrappers.Parse(c.deny, true, src)}
	q := wrappers.Request{User: wrappers.Unknown, Client: wrappers.Endpoint{Addr: netip.MustParseAddr(c.client), Name: wrappers.Unknown, Port: -1},
		Server: wrappers.Endpoint{Name: wrappers.Unknown, Port: -1}}
	if c.userName != "" {
		q.User = c.userName
	}
	if c.server != "" {
		q.Server.Addr, q.Server.Port = netip.MustParseAddr(c.server), 0
	}
	v := tables.For(c.daemon).Check(&q)
	switch {
	case v.Allow:
		return "granted"
	case v.Rule != nil && v.Rule.Twists():
		if _, _, why := v.Rule.Effects(&q); why == "" {
			return "delegated"
		}
	}
	return "denied"
}
