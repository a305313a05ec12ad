// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"superd/services/config"
	"superd/services/engine"
	"superd/spawn"
)

// accounts is a machine with these lines of passwd(5).
func accounts(lines ...string) *config.Host {
	h := &config.Host{Root: true, ReadFile: func(name string) ([]byte, error) {
		if name == "/etc/passwd" {
			return []byte(strings.Join(lines, "\n")), nil
		}
		return nil, os.ErrNotExist
	}}
	config.FilesHost(h, "/etc")
	return h
}

func TestWireUser(t *testing.T) {
	is := func(uid, gid uint32) spawn.Identity { return spawn.Identity{Set: true, UID: uid, GID: gid} }
	const account = "superd:x:300:301::/:/bin/false"
	var all []string
	for n := firstDynamic; n <= lastDynamic; n++ {
		all = append(all, fmt.Sprintf("u%d:x:%d:1::/:/bin/sh", n, n))
	}
	for name, c := range map[string]struct {
		host          *config.Host
		said          string
		taken         map[uint32]string
		running       uint32
		old           spawn.Identity
		want          spawn.Identity
		remark, wrong string
	}{
		"an account":         {host: accounts(account), want: is(300, 301)},
		"none":               {host: accounts(), want: is(61184, 61184)},
		"account of root":    {host: accounts("superd:x:0:0::/:/bin/false"), want: is(61184, 61184)},
		"account in use":     {host: accounts(account), taken: map[uint32]string{300: "a"}, want: is(61184, 61184)},
		"first is a service": {host: accounts(), taken: map[uint32]string{61184: "a"}, want: is(61185, 61185)},
		"first is a person":  {host: accounts("who:x:61184:1::/:/bin/sh"), want: is(61185, 61185)},
		"first is running":   {host: accounts(), running: 61184, want: is(61185, 61185)},
		"as before":          {host: accounts(), running: 61190, old: is(61190, 61190), want: is(61190, 61190)},
		"before, now taken":  {host: accounts(), old: is(61190, 61190), taken: map[uint32]string{61190: "a"}, want: is(61184, 61184)},
		"before, elsewhere":  {host: accounts(), old: is(1000, 1000), want: is(61184, 61184)},
		"all are somebody's": {host: accounts(all...), wrong: "say wire_user"},
		"said":               {host: accounts(account, "www:x:33:34::/:/bin/sh"), said: "www", want: is(33, 34)},
		"said, a number":     {host: accounts(account), said: "1234", want: is(1234, 1234)},
		"said, a service's":  {host: accounts(account), said: "superd", taken: map[uint32]string{300: "web"}, want: is(300, 301), remark: `service "web"`},
		"said, root":         {host: accounts("root:x:0:0::/:/bin/sh"), said: "root", wrong: "root must not"},
		"said, nobody there": {host: accounts(), said: "carol", wrong: `no such user "carol"`},
		"not root":           {host: &config.Host{UID: 1000}, said: "www"},
	} {
		t.Run(name, func(t *testing.T) {
			running := func() map[uint32]bool { return map[uint32]bool{c.running: true} }
			who, remark, err := wireUser(c.host, c.said, c.taken, c.old, running)
			if (c.wrong != "") != (err != nil) || err != nil && !strings.Contains(err.Error(), c.wrong) {
				t.Fatalf("error %v, want %q", err, c.wrong)
			}
			if !sameIdentity(who, c.want) || len(who.Groups) > 0 {
				t.Errorf("%+v, want %+v", who, c.want)
			}
			if (c.remark != "") != (remark != "") || !strings.Contains(remark, c.remark) {
				t.Errorf("remark %q, want %q", remark, c.remark)
			}
		})
	}
}

// TestRelaySpec: nothing is left to a process that anybody can talk to.
func TestRelaySpec(t *testing.T) {
	sp := relaySpec(config.OSHost(), spawn.Identity{Set: true, UID: 61184, GID: 61184})
	if !sp.NoNewPrivs || sp.Bounding != 0 || sp.Umask != 0o77 || sp.Files != 0 {
		t.Errorf("%+v", sp)
	}
	var own unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &own); err != nil {
		t.Fatal(err)
	}
	for _, l := range sp.Rlimits {
		switch l.Resource {
		case unix.RLIMIT_CORE:
			if l.Soft != 0 || l.Hard != 0 {
				t.Errorf("core files of %d bytes, with clients' bytes", l.Hard)
			}
		case unix.RLIMIT_NOFILE:
			if l.Soft < own.Cur || l.Hard != l.Soft {
				t.Errorf("descriptors: %d, superd's %d", l.Soft, own.Cur)
			}
		}
	}
	if p, err := spawn.Compile(sp); err != nil {
		t.Errorf("%v, %v", p, err)
	}
}

func TestRunningUsers(t *testing.T) {
	if !runningUsers()[uint32(os.Geteuid())] {
		t.Error("nobody runs as who runs this test")
	}
}

func TestNeedsRelay(t *testing.T) {
	d := &Daemon{live: map[string]*live{"a": {spec: &engine.Spec{}}, "b": {spec: &engine.Spec{Pool: &engine.PoolSpec{Way: engine.Pass}}}}}
	if d.needsRelay() {
		t.Error("nobody has worker = stdio")
	}
	d.live["c"] = &live{spec: &engine.Spec{Pool: &engine.PoolSpec{Way: engine.Stdio}}}
	if !d.needsRelay() {
		t.Error("c has worker = stdio")
	}
}
