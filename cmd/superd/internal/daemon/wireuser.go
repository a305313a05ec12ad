// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"superd/services"
	"superd/services/config"
	"superd/services/engine"
	"superd/services/event"
	"superd/services/wire"
	"superd/spawn"
)

// followRelay sees to it that there is a relay as soon as a service needs it, and
// that it runs as whom [daemon] says now.
func (d *Daemon) followRelay() {
	if !d.needsRelay() {
		return
	}
	who, remark, err := wireUser(d.last.host, d.settings.Str(services.WireUser), d.serviceUsers(), d.wire, runningUsers)
	if err != nil {
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Text: `workers with worker = "stdio" get no clients`, Err: err.Error()})
		return
	}
	if remark != "" && !sameIdentity(who, d.wire) {
		d.note(event.LevelWarning, "", remark)
	}
	d.wire = who
	d.relay.follow(relaySpec(d.last.host, who))
}

func (d *Daemon) needsRelay() bool {
	for _, l := range d.live {
		if l.spec.Pool != nil && l.spec.Pool.Way == engine.Stdio {
			return true
		}
	}
	return false
}

// relaySpec is a process that can do no more than read and write what it is given.
// It has two descriptors for each client, where superd has one.
func relaySpec(host *config.Host, who spawn.Identity) spawn.Spec {
	sp := spawn.Spec{Path: "/proc/self/exe", Argv: []string{"superd", RelayVerb}, Env: []string{"GOMAXPROCS=1", "GOGC=50"}, Umask: 0o77,
		NoNewPrivs: true, Stdio: spawn.StdioSocket, Stderr: spawn.StderrLog, Identity: who, Rlimits: []spawn.Rlimit{{Resource: unix.RLIMIT_CORE}}}
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) == nil {
		most := min(r.Cur, 1<<30)
		n := max(r.Cur, min(uint64(wire.Descriptors(int(most))), attainable(host, unix.RLIMIT_NOFILE)))
		sp.Rlimits = append(sp.Rlimits, spawn.Rlimit{Resource: unix.RLIMIT_NOFILE, Soft: n, Hard: n})
	}
	if !who.Set {
		sp.Bounding = ^uint64(0)
	}
	return sp
}

// defaultWireUser is who reads what clients send where wire_user is not said and
// there is such an account.
const defaultWireUser = "superd"

// Where wire_user is not said and there is no account: ids that systemd keeps for
// users who live as long as their process does (uids.html of systemd), so no account
// of a person or a package has them.
const (
	firstDynamic = 61184
	lastDynamic  = 65519
)

// wireUser says who reads what clients send: whom [daemon] names, or else somebody
// whom no service has, taken being those, as the same uid could disturb it. old is who
// it was before, running tells whom processes run as.
func wireUser(host *config.Host, name string, taken map[uint32]string, old spawn.Identity, running func() map[uint32]bool) (who spawn.Identity, remark string, err error) {
	if !host.Root {
		return who, "", nil
	}
	if name == "" {
		if u, err := host.LookupUser(defaultWireUser); err == nil && u.UID != 0 && taken[u.UID] == "" {
			return spawn.Identity{Set: true, UID: u.UID, GID: u.GID}, "", nil
		}
		who, err = unusedUser(host, taken, old, running)
		return who, "", err
	}
	u, err := host.LookupUser(name)
	switch {
	case err != nil:
		return who, "", err
	case u.UID == 0:
		return who, "", fmt.Errorf("wire_user %q has uid 0: root must not read what clients send", name)
	case taken[u.UID] != "":
		remark = fmt.Sprintf("wire_user %q is the user of service %q, too, whose programs can disturb those who serve other clients", name, taken[u.UID])
	}
	return spawn.Identity{Set: true, UID: u.UID, GID: u.GID}, remark, nil
}

// unusedUser finds an id that nobody has: the one of before, or the first that no
// account, service or process has.
func unusedUser(host *config.Host, taken map[uint32]string, old spawn.Identity, running func() map[uint32]bool) (spawn.Identity, error) {
	nobody := func(n uint32) bool { return taken[n] == "" && !hasAccount(host, n) }
	if n := old.UID; firstDynamic <= n && n <= lastDynamic && old.GID == n && nobody(n) {
		return old, nil
	}
	busy := running()
	for n := uint32(firstDynamic); n <= lastDynamic; n++ {
		if !busy[n] && nobody(n) && !isDynamic(n) {
			return spawn.Identity{Set: true, UID: n, GID: n}, nil
		}
	}
	return spawn.Identity{}, errors.New("each uid from 61184 to 65519 is somebody's; say wire_user in [daemon]")
}

// serviceUsers gives whom services run as, each with one of those services: as they
// run now, and as they are to.
func (d *Daemon) serviceUsers() map[uint32]string {
	users := map[uint32]string{}
	add := func(s *services.Service) {
		if id, err := config.Identify(d.last.host, s); err == nil && id.Set {
			users[id.User.UID] = s.ID
		}
	}
	for _, s := range d.last.result.Services {
		if s.State == services.Enabled {
			add(s)
		}
	}
	for _, l := range d.live {
		add(l.def)
	}
	return users
}

// hasAccount asks the machine's files alone: a directory service is asked for names,
// and thousands of numbers would take minutes.
func hasAccount(host *config.Host, n uint32) bool {
	u, err := host.LookupUser(strconv.FormatUint(uint64(n), 10))
	return err != nil || u.InDB
}

// runningUsers lists whom processes run as.
func runningUsers() map[uint32]bool {
	users := map[uint32]bool{}
	names, _ := filepath.Glob("/proc/[0-9]*")
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				users[st.Uid] = true
			}
		}
	}
	return users
}

// isDynamic tells whether systemd has given an id to a unit.
func isDynamic(n uint32) bool {
	_, err := os.Lstat("/run/systemd/dynamic-uid/" + strconv.FormatUint(uint64(n), 10))
	return err == nil
}
