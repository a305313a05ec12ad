// SPDX-License-Identifier: Apache-2.0

package netserver_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"superd/internal/peers"
	"superd/internal/testneed"
	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
)

// asked is one case: what Net::Server and superd are given.
type asked struct {
	Argv []string          `json:"argv"`
	Env  map[string]string `json:"env"`
	conf string
}

// answered is what Net::Server makes of it.
type answered struct {
	Properties map[string]any      `json:"properties"`
	Sockets    []map[string]string `json:"sockets"`
	Left       []string            `json:"left"`
	Error      string              `json:"error"`
}

// TestAsNetServer lets Debian's Net::Server read random files and command lines, and
// compares what it then has with what superd makes of them, key by key. What the two
// take differently on purpose is not drawn; lines.txtar has it.
func TestAsNetServer(t *testing.T) {
	testneed.Need(t, "perl")
	root := peers.New(t, peers.Options{})
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(4, 20203))
	cases := make([]asked, 400)
	for i := range cases {
		cases[i] = randomCase(rnd, filepath.Join(dir, fmt.Sprintf("c%d.conf", i)))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("c%d.conf", i)), []byte(cases[i].conf), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	script, err := os.ReadFile("testdata/configure.pl")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(cases)
	for name, data := range map[string][]byte{"cases.json": text, "configure.pl": script} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := root.Output("/usr/bin/perl", filepath.Join(dir, "configure.pl"), filepath.Join(dir, "cases.json"))
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != len(cases) {
		t.Fatalf("%d answers to %d cases", len(lines), len(cases))
	}
	both, sockets := 0, 0
	for i, line := range lines {
		var a answered
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatal(err)
		}
		c := comparison{t: t, asked: cases[i], answered: a}
		if cases[i].Env["NO_IPV6"] != "" && strings.Contains(a.Error, "could not load IO::Socket::INET6") {
			continue // an IPv6 address is IPv6 that is asked for: superd tries it
		}
		if a.Error != "" {
			t.Errorf("%v\n%s\nNet::Server fails: %s", c.Argv, c.conf, a.Error)
			continue
		}
		c.run()
		both++
		sockets += c.sockets
		if t.Failed() {
			return // one is enough to look at
		}
	}
	t.Logf("%d cases agree, with %d sockets", both, sockets)
}

// Values that both take, by key. A list key has several values to draw from.
var drawn = map[string][]string{
	"user": {"nobody", "root", "1000"}, "group": {"nogroup", "root www", "mail,www", "8"}, "chroot": {"/srv", "/"}, "listen": {"1", "128"},
	"log_level": {"0", "2", "4"}, "log_file": {"/tmp/x.log", "Sys::Syslog"}, "pid_file": {"/tmp/x.pid"},
	"max_servers": {"60", "256"}, "min_servers": {"7", "10"}, "min_spare_servers": {"1", "3"}, "max_spare_servers": {"11", "20"},
	"max_requests": {"1", "500"}, "check_for_waiting": {"5", "2.5"}, "check_for_spawn": {"20"}, "check_for_dead": {"15"}, "min_child_ttl": {"3"},
	"max_dequeue": {"2"}, "check_for_dequeue": {"7"}, "no_client_stdout": {"0", "1"}, "syslog_ident": {"me", "a.b"}, "syslog_facility": {"local3", "mail"},
	"server_type": {"PreFork", "Single", "Fork", "Multiplex"}, "udp_recv_len": {"8192"}, "serialize": {"flock", "pipe"}, "lock_file": {"/tmp/l"},
	"allow": {`127\..*`, `(10|11)\.0\..*`, "::1"}, "deny": {`10\.9\..*`, `fe80:.*`}, "cidr_allow": {"10.0.0.0/8", "192.0.2.1", "2001:db8::/32"},
	"cidr_deny": {"10.1.0.0/16", "10.2.0.0/16"}, "my_option": {"one", "two words", "Three/3", "a#b"}, "an_item": {"x", "y", "z"},
	"host": {"*", "127.0.0.1", "127.0.0.2"}, "proto": {"tcp", "udp", "TCP"}, "ipv": {"4", "*", "IPv4", "v4"},
}

func pick(rnd *rand.Rand, list []string) string { return list[rnd.IntN(len(list))] }

// randomCase draws a file, a command line and the environment. Each port has its
// own number: of two that cannot stand beside each other superd leaves one out.
func randomCase(rnd *rand.Rand, name string) asked {
	var names []string
	for k := range drawn {
		names = append(names, k)
	}
	slices.Sort(names)
	number := 7000
	one := func() (key, value string) {
		if rnd.IntN(4) > 0 {
			key = pick(rnd, names)
			return key, pick(rnd, drawn[key])
		}
		number++
		return "port", fmt.Sprintf(pick(rnd, []string{"%d", "%d", "127.0.0.3:%d", "*:%d", "[::1]:%d", "%d/tcp", "%d/udp", "%d/IPv4", "%d|tcp|IPv4", "*, %d, udp, IPv6",
			"[*]:%d/IPv*", "localhost:%d/IPv4", "/tmp/%d.sock|unix", "/tmp/%d.sock|unixdgram"}), number)
	}
	var conf strings.Builder
	for range rnd.IntN(12) {
		key, value := one()
		if rnd.IntN(8) == 0 {
			conf.WriteString(pick(rnd, []string{"# port 1\n", "\n", "   \n", "#\n", "port80\n", "log_level=\n", "user\n# user x\n"}[:6]))
		}
		fmt.Fprintf(&conf, "%s%s%s%s%s\n", pick(rnd, []string{"", "", "  ", "--", "\t"}), key, pick(rnd, []string{" ", " = ", "=", ": ", "   ", "\t"}),
			strings.ReplaceAll(value, "#", `\#`), pick(rnd, []string{"", "", "", "# comment"}))
	}
	c := asked{Argv: []string{}, Env: map[string]string{}, conf: conf.String()}
	for range rnd.IntN(6) {
		key, value := one()
		switch dashed := rnd.IntN(3) > 0; {
		case strings.Contains(value, " ") || key == "an_item" || key == "my_option":
			c.Argv = append(c.Argv, "--"+key, value)
		case dashed && rnd.IntN(2) == 0:
			c.Argv = append(c.Argv, "--"+key, value)
		case dashed:
			c.Argv = append(c.Argv, "--"+key+"="+value)
		default:
			c.Argv = append(c.Argv, key+"="+value)
		}
	}
	c.Argv = append(c.Argv, pick(rnd, []string{"--conf_file", "conf_file"})+"="+name)
	switch rnd.IntN(8) {
	case 0:
		c.Env["IPV"] = pick(rnd, []string{"4", "*"})
	case 1:
		c.Env["NO_IPV6"] = "1"
	}
	return c
}

// comparison is one case, looked at.
type comparison struct {
	asked
	answered
	t       *testing.T
	svc     *services.Service
	daemon  services.Settings
	sockets int
}

func (c *comparison) failf(format string, args ...any) {
	c.t.Helper()
	c.t.Errorf("%q %v\n%s%s", c.Argv, c.Env, c.conf, fmt.Sprintf(format, args...))
}

func (c *comparison) run() {
	host := configtest.Host(map[string]string{"etc/hosts": "127.0.0.1 localhost\n::1 localhost ip6-localhost\n"})
	host.Getenv = func(name string) (string, bool) { v, ok := c.Env[name]; return v, ok }
	name := c.Argv[len(c.Argv)-1][strings.Index(c.Argv[len(c.Argv)-1], "=")+1:]
	read := host.ReadFile
	host.ReadFile = func(file string) ([]byte, error) {
		if file == name {
			return []byte(c.conf), nil
		}
		return read(file)
	}
	r, _, err := serve(c.t, host, c.Argv...)
	if err != nil {
		c.failf("superd: %v", err)
		return
	}
	c.svc, c.daemon = r.Services[0], r.Daemon.Settings
	for key := range drawn {
		if !slices.Contains([]string{"host", "proto", "ipv", "my_option", "an_item"}, key) {
			c.property(key)
		}
	}
	c.program()
	c.bound(r)
}

// words is a property as superd writes it; nil: nothing was said.
func (c *comparison) property(key string) {
	want := fmt.Sprint(c.Properties[key])
	if list, ok := c.Properties[key].([]any); ok {
		want = strings.Trim(fmt.Sprint(list), "[]")
	}
	if c.Properties[key] == nil {
		want = ""
	}
	attr := map[string]services.AttrID{"server_type": services.Mode, "no_client_stdout": services.Stdio}[key]
	if attr == 0 {
		var ok bool
		if attr, ok = services.LookupIn(services.InService, key); !ok {
			if attr, ok = services.LookupIn(services.InDaemon, key); !ok {
				c.silent(key, want)
				return
			}
		}
	}
	set := c.svc.Settings
	if attr.Row().Scope == services.InDaemon {
		set = c.daemon
	}
	got := ""
	if x, ok := set.Find(attr); ok && x.Origin.File != services.FromFormatDefault {
		got = attr.Row().Format(x.Value)
	}
	switch key {
	case "server_type":
		want = strings.NewReplacer("PreFork", "prefork", "Single", "single", "Fork", "inet", "Multiplex", "multiplex").Replace(want)
		want = strings.Join(distinct(strings.Fields(want)), " ")
	case "no_client_stdout":
		mode := c.svc.Settings.Str(services.Mode)
		if list, _, _ := c.svc.Get(services.Mode); strings.HasPrefix(fmt.Sprint(list), "[prefork") || strings.HasPrefix(fmt.Sprint(list), "[multiplex") {
			mode = "prefork"
		}
		if want = map[string]string{"1": "null"}[want]; mode == "prefork" || mode == "multiplex" {
			want = ""
		}
	case "group":
		want = strings.ReplaceAll(want, ",", " ")
	case "log_file":
		want = strings.ReplaceAll(want, "Sys::Syslog", "syslog")
	case "cidr_allow", "cidr_deny":
		want = strings.Join(distinct(strings.Fields(want)), " ")
	case "syslog_ident":
		if want == "" && c.Properties["log_file"] == "Sys::Syslog" {
			want = "net_server"
		}
	}
	if got != want {
		c.failf("%s: superd %q, Net::Server %q", key, got, want)
	}
}

// silent are keys that superd keeps for the program, or has no use for.
func (c *comparison) silent(key, want string) {
	if key != "udp_recv_len" || want == "" {
		return
	}
	if !slices.Contains(c.svc.List(services.Extra), key+" "+want) {
		c.failf("%s %s is not handed to the program", key, want)
	}
}

func distinct(list []string) (out []string) {
	for _, w := range list {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// program compares what is left for the program. Net::Server leaves on the command
// line what it does not know.
func (c *comparison) program() {
	var typed []string
	for i, w := range c.Left {
		if i > 0 && (c.Left[i-1] == "--my_option" || c.Left[i-1] == "--an_item") {
			typed = append(typed, strings.TrimPrefix(c.Left[i-1], "--")+" "+w)
		}
	}
	var got []string
	for _, e := range c.svc.List(services.Extra) {
		if strings.HasPrefix(e, "my_option ") || strings.HasPrefix(e, "an_item ") {
			got = append(got, e)
		}
	}
	if len(typed) > len(got) || !slices.Equal(typed, got[len(got)-len(typed):]) {
		c.failf("for the program: superd %q, left by Net::Server %q", got, typed)
	}
}

// bound compares the sockets.
func (c *comparison) bound(r *config.Result) {
	var want, got []string
	for _, s := range c.Sockets {
		network, host := strings.ToLower(s["proto"]), s["host"]
		switch {
		case network == "unix", network == "unixdgram":
			want = append(want, strings.Replace(network, "unixdgram", "unixgram", 1)+" "+s["port"])
			continue
		case host == "*" && s["ipv"] == "6":
			host = "::"
		case host == "*":
			host = "0.0.0.0"
		case host == "localhost":
			host = "127.0.0.1"
		}
		want = append(want, network+" "+netip.MustParseAddr(host).String()+" "+s["port"])
	}
	for _, s := range c.svc.Sockets {
		if a, err := netip.ParseAddrPort(s.Address); err == nil {
			got = append(got, fmt.Sprintf("%s %s %d", s.Network, a.Addr(), a.Port()))
		} else {
			got = append(got, s.Network+" "+s.Address)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		c.failf("superd listens on %q, Net::Server on %q\n%v", got, want, r.Diags)
	}
	c.sockets = len(got)
}
