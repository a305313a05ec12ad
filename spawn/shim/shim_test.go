// SPDX-License-Identifier: Apache-2.0

package shim

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
	"superd/spawn"
)

func TestFlags(t *testing.T) {
	var out bytes.Buffer
	f, err := parseFlags([]string{"inet-shim", "--group", "a b,c", "--rlimit-files", "64:128", "--rlimit-as=1G", "--rlimit-core", "unlimited",
		"--env", "A=1", "--env", "B=", "--nice=-3", "--umask", "027", "--capability-bounding-set", "CAP_CHOWN,net_raw", "--no-new-privs", "--", "prog", "--user"}, &out)
	if err != nil {
		t.Fatal(err)
	}
	wantLimits := []spawn.Rlimit{
		{Resource: unix.RLIMIT_NOFILE, Soft: 64, Hard: 128},
		{Resource: unix.RLIMIT_AS, Soft: 1 << 30, Hard: 1 << 30},
		{Resource: unix.RLIMIT_CORE, Soft: unix.RLIM_INFINITY, Hard: unix.RLIM_INFINITY},
	}
	if !slices.Equal(f.rlimits, wantLimits) {
		t.Errorf("limits %v", f.rlimits)
	}
	if !slices.Equal(f.command, []string{"prog", "--user"}) || !slices.Equal(f.env, []string{"A=1", "B="}) {
		t.Errorf("command %q, env %q", f.command, f.env)
	}
	if f.bounding != 1<<unix.CAP_CHOWN|1<<unix.CAP_NET_RAW || f.nice != -3 || !f.noNewPrivs || f.setsid || f.umask != "027" {
		t.Errorf("%+v", f)
	}
}

func TestFlagsRefused(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"", "no program is named"},
		{"--user nobody", "no program is named"},
		{"--nosuch x", "flag provided but not defined: -nosuch"},
		{"--rlimit-files 64K x", `"64K": want a number`},
		{"--rlimit-files 9:4 x", "the soft limit exceeds the hard one"},
		{"--rlimit-as -1 x", "want a number"},
		{"--capability-bounding-set CAP_NOTHING x", `no such capability: "CAP_NOTHING"`},
		{"--env A x", "want K=V"},
		{"--env =A x", "want K=V"},
		{"--stdio pipe x", `--stdio "pipe": want keep, socket or null`},
		{"--stderr log x", `--stderr "log": want keep, client or null`},
		{"--nice high x", `invalid value "high"`},
	} {
		var out bytes.Buffer
		args := append([]string{"inet-shim"}, strings.Fields(c.args)...)
		if _, err := parseFlags(args, &out); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.args, err, c.want)
		}
	}
	if _, err := parseFlags([]string{"inet-shim", "--help"}, &bytes.Buffer{}); err != flag.ErrHelp {
		t.Errorf("--help: %v", err)
	}
}

func TestMainReturns(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"", ExitUsage, "inet-shim: no program is named\n"},
		{"--help", ExitDone, "--working-directory DIR"},
		{"--user no-such-user x", ExitSetupFailed, `inet-shim: cannot find user "no-such-user": not in /etc/passwd` + "\n"},
		{"--group no-such-group x", ExitSetupFailed, `inet-shim: cannot find group "no-such-group": not in /etc/group` + "\n"},
		{"--umask 888 x", ExitSetupFailed, `inet-shim: --umask "888": want octal digits, at most 777` + "\n"},
		{"--nice 99 x", ExitSetupFailed, "inet-shim: nice 99: want -40 to 40\n"},
	} {
		var out bytes.Buffer
		code := Main(append([]string{"inet-shim"}, strings.Fields(c.args)...), nil, &out)
		if code != c.code || !strings.Contains(out.String(), c.want) {
			t.Errorf("%q: code %d, %s", c.args, code, &out)
		}
	}
}

// files writes accounts with the shapes that real files have.
func files(t *testing.T) accounts {
	t.Helper()
	dir := t.TempDir()
	a := accounts{filepath.Join(dir, "passwd"), filepath.Join(dir, "group")}
	passwd := "# comment\nroot:x:0:0:root:/root:/bin/bash\n+nis::::::\nbroken:x:0\nweb:x:33:33::/var/www:/sbin/nologin\n" +
		"minus:x:4294967295:0::/:/bin/sh\n1000:x:5000:5001::/n:/bin/sh\nlast:x:1000:1000::/l:/bin/sh"
	group := "root:x:0:\nweb:x:33:\nmail:x:8:web,last\nadm:x:4:last,web\nwebby:x:99:webmaster\n500:x:77:\n"
	for name, text := range map[string]string{a.passwd: passwd, a.group: group} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func TestAccounts(t *testing.T) {
	a := files(t)
	for _, c := range []struct {
		who      string
		uid, gid uint32
		home     string
	}{
		{"root", 0, 0, "/root"},
		{"web", 33, 33, "/var/www"},
		{"33", 33, 33, "/var/www"},
		{"1000", 5000, 5001, "/n"}, // a name goes before a number
		{"last", 1000, 1000, "/l"},
		{"4000", 4000, 4000, "/"},
	} {
		u, err := a.user(c.who)
		if err != nil || u.uid != c.uid || u.gid != c.gid || u.home != c.home {
			t.Errorf("%s: %+v, %v", c.who, u, err)
		}
	}
	// Each of these would be root if it were taken.
	for _, who := range []string{"", "minus", "4294967295", "-1", "+nis", "broken", "nobody2", "4294967296"} {
		if u, err := a.user(who); err == nil {
			t.Errorf("%q is %+v", who, u)
		}
	}
	for which, want := range map[string]uint32{"web": 33, "33": 33, "500": 77, "600": 600} {
		if gid, err := a.groupID(which); err != nil || gid != want {
			t.Errorf("group %s: %d, %v", which, gid, err)
		}
	}
	if gid, err := a.groupID("4294967295"); err == nil {
		t.Errorf("group -1 is %d", gid)
	}
	if gids, err := a.groupsOf("web", 33); err != nil || !slices.Equal(gids, []uint32{33, 8, 4}) {
		t.Errorf("groups of web: %v, %v", gids, err)
	}
}

func TestIdentity(t *testing.T) {
	testneed.Need(t, "root") // the rule is root's
	a := files(t)
	for _, c := range []struct {
		f    flags
		want spawn.Identity
	}{
		{flags{}, spawn.Identity{}},
		{flags{user: "web"}, spawn.Identity{Set: true, UID: 33, GID: 33}},
		{flags{user: "web", group: "mail"}, spawn.Identity{Set: true, UID: 33, GID: 8}},
		{flags{user: "web", group: "mail adm,7"}, spawn.Identity{Set: true, UID: 33, GID: 8, Groups: []uint32{4, 7}}},
		{flags{user: "web", groups: true}, spawn.Identity{Set: true, UID: 33, GID: 33, Groups: []uint32{33, 8, 4}}},
		{flags{group: "mail"}, spawn.Identity{Set: true, GID: 8}},
	} {
		got, _, err := c.f.identity(a)
		if err != nil || got.Set != c.want.Set || got.UID != c.want.UID || got.GID != c.want.GID || !slices.Equal(got.Groups, c.want.Groups) {
			t.Errorf("%+v: %+v, %v", c.f, got, err)
		}
	}
}

func TestEnvironment(t *testing.T) {
	who := account{name: "web", home: "/var/www", shell: "/bin/sh"}
	given := []string{"KEPT=1", "NOTIFY_SOCKET=x", "LISTEN_FDS=1", "LISTENER=kept", "INVOCATION_ID=x", "TCPREMOTEHOST=h"}
	f := &flags{env: []string{"A=1"}}
	want := []string{defaultPath, "HOME=/var/www", "USER=web", "LOGNAME=web", "SHELL=/bin/sh", "A=1"}
	if got := f.environment(given, who); !slices.Equal(got, want) {
		t.Errorf("clean: %q", got)
	}
	f.keepEnv = true
	want = []string{"KEPT=1", "LISTENER=kept", "TCPREMOTEHOST=h", "A=1"}
	if got := f.environment(given, who); !slices.Equal(got, want) {
		t.Errorf("kept: %q", got)
	}
}
