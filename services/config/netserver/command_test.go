// SPDX-License-Identifier: Apache-2.0

package netserver_test

import (
	"fmt"
	"strings"
	"testing"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/formats"
	"superd/services/config/netserver"
)

// serve loads what a command line says, with the conf_file that it names.
func serve(t *testing.T, host *config.Host, words ...string) (*config.Result, *netserver.Command, error) {
	t.Helper()
	c, err := netserver.ParseCommand(words)
	if err != nil {
		return nil, nil, err
	}
	c.Dir, c.Demo = "/srv/x", []string{"/bin/cat"}
	if err := c.Check(host); err != nil {
		return nil, nil, err
	}
	all := formats.All()
	for i := range all {
		if all[i].Name == netserver.Format {
			all[i].FrontEnd = netserver.FrontEnd{Command: c}
		}
	}
	src := config.Source{Format: netserver.Format, Path: "command line", Data: []byte{}}
	if c.ConfFile != "" {
		src = config.Source{Format: netserver.Format, Path: c.ConfFile}
	}
	return config.Load(host, all, []config.Source{src}), c, nil
}

// said words the settings of the one service, and of the daemon, but for those
// that are assumed.
func said(r *config.Result) string {
	var b strings.Builder
	for _, list := range []services.Settings{r.Services[0].Settings, r.Daemon.Settings} {
		for _, x := range list {
			if x.Origin.File != services.FromFormatDefault && x.Attr != services.Exec {
				fmt.Fprintf(&b, "%s=%s;", x.Attr, x.Attr.Row().Format(x.Value))
			}
		}
	}
	return strings.TrimSuffix(b.String(), ";")
}

func TestCommandWords(t *testing.T) {
	for _, c := range []struct{ words, want string }{
		{"", ""},
		{"--port 7", "port=7"},
		{"--port=7", "port=7"},
		{"port=7", "port=7"},
		{"port 7", "port=7"},
		{"--port~7", "port=7"},
		{"--port 7 --port=8 port=9", "port=7 8 9"},
		{"--log_level 3 --log-level 1", "log_level=1"},
		{"--max_servers 3 --max-servers 4", "max_servers=4"},
		{"--no_client_stdout --port 7", "port=7;stdio=null"},
		{"--no_client_stdout port 7", "port=7;stdio=null"},
		{"--no_client_stdout 0 --port 7", "port=7"},
		{"--nodelay --port 7", "port=7;nodelay=true"},
		{"--nodelay 0 --port 7", "port=7;nodelay=false"},
		{"--nice -5", "nice=-5"},
		{"--umask 027 env=A=b env=C=d", "umask=027;env=A=b C=d"},
		{"--only_from 10.0.0.1 --only-from 10.0.0.2", "only_from=10.0.0.1 10.0.0.2"},
		{"only_from+=10.0.0.1", "only_from=10.0.0.1"},
		{"Single --port 7", "port=7;mode=single"},
		{"--server_type Single", "mode=single"},
		{"MultiType --port 7", "port=7"},
		{"MultiType --setsid", ""},
		{"MultiType --server_type PreFork --server_type Single", "mode=prefork single"},
		{"MultiType server_type=Single", "mode=single"},
		{"--reverse_lookups double --double_reverse_lookups debug port 7", "port=7"}, // refused elsewhere
		{"--setsid=false", "setsid=false"},
		{"--pid_file a/b.pid", "pid_file=/srv/x/a/b.pid"},
		{"--log_file Sys::Syslog", "log_file=syslog;syslog_ident=net_server"},
		{"--log_file Sys::Syslog --syslog_ident me", "log_file=syslog;syslog_ident=me"},
		{"--log_file log", "log_file=/srv/x/log"},
		{"--my_option 1 --other --third=a", "extra=my_option 1 other 1 third a"},
		{"--my_option port=7", "port=7;extra=my_option 1"},
		{"my_option=a~b", "extra=my_option a b"},
		{"--extra hosts~3", "extra=hosts 3"},
		{"--extra hosts~3 --colour red", "extra=hosts 3 colour red"},
		{"--mode single --server_type Fork", "mode=inet"},
		{"--deny a|b --allow c|d", "allow=c|d;deny=a.*|.*b"},
	} {
		words := strings.Fields(c.words)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "~", " ") // blanks within a word
		}
		r, _, err := serve(t, configtest.Host(nil), words...)
		if err != nil {
			t.Errorf("%q: %v", words, err)
			continue
		}
		if got := said(r); got != c.want {
			t.Errorf("%q: %s, want %s", words, got, c.want)
		}
	}
}

func TestCommandErrors(t *testing.T) {
	for words, want := range map[string]string{
		"--prot 7":                `did you mean "port"?`,
		"--cidr-alow 7":           `did you mean "cidr_allow"?`,
		"--Port 7":                `did you mean "port"?`,
		"--max_server 7":          `did you mean "max_servers"?`,
		"-p 7":                    `unknown option "-p"`,
		"cat":                     "the program stands behind --",
		"--port":                  "wants a value",
		"--port --setsid":         "wants a value",
		"--port 70000":            `attribute "port": port 70000: want 0 to 65535`,
		"--server_type Nothing":   "none of the personalities",
		"PreFork --mode inet":     `"mode": PreFork says it already`,
		"--log_level high":        `"high": want a whole number`,
		"--allow (":               "is no regular expression",
		"--proto ssl":             "TLS is not built yet",
		"--include x":             "belongs in a file",
		"--foo.bar 1":             "is not KEY=VALUE",
		"max_servers+=3":          "is no list",
		"only_from-=10.0.0.1":     "nothing to take from",
		"--syslog_logsock nosuch": "nosuch",
	} {
		if _, _, err := serve(t, configtest.Host(nil), strings.Fields(words)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", words, err, want)
		}
	}
}

// The command line is stronger than the file, which is stronger than what is assumed;
// lists are replaced whole.
func TestCommandOverFile(t *testing.T) {
	host := configtest.Host(map[string]string{"etc/ns.conf": "port 7001\nport 7002\ncidr_allow 10.0.0.0/8\nserver_type Single\n" +
		"my_option file\nother_option 1\nother_option 2\nmax_servers 9\nuser alice\ngroup www\nsuperd_nice 3\nexec /usr/sbin/fingerd\n"})
	for words, want := range map[string]string{
		"--conf_file /etc/ns.conf": "port=7001 7002;mode=single;user=alice;group=www;nice=3;extra=my_option file other_option 1 other_option 2;" +
			"cidr_allow=10.0.0.0/8;max_servers=9",
		"--conf_file=/etc/none --conf_file=/etc/ns.conf --port 7003 --my_option typed --mode inet --nice 4 --cidr_allow 192.0.2.1 --max_servers=2": "port=7003;" +
			"mode=inet;user=alice;group=www;nice=4;extra=other_option 1 other_option 2 my_option typed;cidr_allow=192.0.2.1;max_servers=2",
	} {
		r, _, err := serve(t, host, strings.Fields(words)...)
		if err != nil {
			t.Fatal(err)
		}
		if got := said(r); got != want {
			t.Errorf("%q:\n%s, want\n%s", words, got, want)
		}
	}
	r, _, _ := serve(t, host, "--conf_file", "/etc/none")
	if !r.Failed || !strings.Contains(fmt.Sprint(r.Diags), "cannot read: ") {
		t.Errorf("a conf_file that is not there: %v", r.Diags)
	}
	r, _, _ = serve(t, host, "--conf_file", "/etc/ns.conf", "--", "/bin/cat", "-u")
	if got := fmt.Sprint(r.Services[0].ID, r.Services[0].List(services.Exec)); got != "cat[/bin/cat -u]" {
		t.Error(got)
	}
}

func TestCommandAssumes(t *testing.T) {
	host := configtest.Host(nil)
	r, _, err := serve(t, host)
	if s := r.Services[0]; err != nil || s.ID != "superd" || s.Str(services.User) != "nobody" || s.Sockets[0].Address != "[::]:20203" || len(r.Diags) > 0 {
		t.Errorf("%+v, %v, %v", s, err, r.Diags)
	}
	host.Root, host.UID, host.GID = false, 1000, 1000
	r, _, _ = serve(t, host)
	if s := r.Services[0]; s.Has(services.User) || s.State != services.Enabled {
		t.Errorf("without root: %+v", s)
	}
	r, _, _ = serve(t, host, "--host", "127.0.0.1", "--host", "127.0.0.2")
	if s := r.Services[0]; len(s.Sockets) != 1 || s.Sockets[0].Address != "127.0.0.1:20203" {
		t.Errorf("more hosts than ports: %+v", s.Sockets)
	}
}

func TestCommandBackground(t *testing.T) {
	host := configtest.Host(map[string]string{"etc/on": "background 1\n", "etc/off": "setsid 0\nbackground no\n"})
	for words, want := range map[string]bool{
		"": false, "--background": true, "--setsid": true, "--setsid=1": true, "setsid=0": false, "--setsid false": false, "--setsid true": false,
		"--background 1 --background 0": false, "--conf_file /etc/on": true, "--conf_file /etc/off": false,
		"--conf_file /etc/on --background=0": false, "--conf_file /etc/off --setsid": true, "--conf_file /etc/none": false,
	} {
		c, err := netserver.ParseCommand(strings.Fields(words))
		if err != nil || c.Background(host) != want {
			t.Errorf("%q: not %v, %v", words, want, err)
		}
	}
}

// IPV and NO_IPV6 in the environment speak where nobody else does.
func TestEnvironment(t *testing.T) {
	for _, c := range []struct{ env, words, want string }{
		{"", "--port 7", "[::]:7"},
		{"IPV=4", "--port 7", "0.0.0.0:7"},
		{"IPV=0", "--port 7", "[::]:7"},
		{"IPV=4", "--port 7 --ipv 6", "[::]:7"},
		{"IPV=4", "--port 7/IPv6", "[::]:7"},
		{"IPV=4", "--port [::1]:7", "[::1]:7"},
		{"IPV=v4v6", "--port 7", "[::]:7 0.0.0.0:7"},
		{"IPV=nine", "--port 7", "IPV in the environment"},
		{"NO_IPV6=1", "--port 7", "0.0.0.0:7"},
		{"NO_IPV6=0", "--port 7", "[::]:7"},
		{"NO_IPV6=1", "--port 7 --ipv *", "0.0.0.0:7"},
		{"NO_IPV6=1", "--port 7/IPv*", "0.0.0.0:7"},
		{"NO_IPV6=1", "--port 7 --host localhost/IPv*", "127.0.0.1:7"},
		{"NO_IPV6=1", "--port 7/IPv6", "[::]:7"},
		{"NO_IPV6=1 IPV=*", "--port 7", "0.0.0.0:7"},
		{"NO_IPV6=1 IPV=6", "--port 7", "[::]:7"},
	} {
		host := configtest.Host(nil)
		host.Getenv = func(name string) (string, bool) {
			for _, kv := range strings.Fields(c.env) {
				if v, ok := strings.CutPrefix(kv, name+"="); ok {
					return v, true
				}
			}
			return "", false
		}
		r, _, err := serve(t, host, strings.Fields(c.words)...)
		if err != nil {
			t.Errorf("%s %s: %v", c.env, c.words, err)
			continue
		}
		var got []string
		for _, s := range r.Services[0].Sockets {
			got = append(got, s.Address)
		}
		if text := strings.Join(got, " "); text != c.want && !strings.Contains(fmt.Sprint(r.Diags), c.want) {
			t.Errorf("%s %s: %s %v, want %s", c.env, c.words, text, r.Diags, c.want)
		}
	}
}
