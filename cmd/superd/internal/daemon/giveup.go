// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"superd/services"
	"superd/services/config"
	"superd/services/event"
)

// giveUpRoot makes superd itself the user of [daemon] user, once all sockets are open:
// tcpserver's and Net::Server's way, for where every service has the same user. There is
// no way back; a port below 1024 that a reload adds cannot be opened any more.
func (d *Daemon) giveUpRoot(host *config.Host) error {
	name := d.settings.Str(services.DaemonUser)
	if name == "" {
		return nil
	}
	u, err := host.LookupUser(name)
	if err != nil {
		return fmt.Errorf("cannot become [daemon] user %q: %w", name, err)
	}
	if !host.Root {
		if u.UID == host.UID {
			return nil
		}
		return fmt.Errorf("cannot become [daemon] user %q: superd does not run as root", name)
	}
	id, err := d.agreed(host, u)
	if err != nil {
		return fmt.Errorf("cannot become [daemon] user %q: %w", name, err)
	}
	d.opt.Reading.become(id.User.UID, id.GID)
	after, result := d.opt.Load()
	for _, l := range d.live {
		if s := result.Service(l.def.ID); s == nil || s.State != services.Enabled {
			return fmt.Errorf("cannot become [daemon] user %q: without root service %q would not run: %s", name, l.def.ID, firstError(result, l.def.ID))
		}
	}
	if err := become(id); err != nil {
		return fmt.Errorf("cannot become [daemon] user %q: %w", name, err)
	}
	d.note(event.LevelNotice, "", fmt.Sprintf("superd runs as user %q from here on", name))
	d.apply(after, result)
	return nil
}

// agreed is the identity that all services have, which must be the user's.
func (d *Daemon) agreed(host *config.Host, u config.User) (config.Identity, error) {
	id := config.Identity{Set: true, User: u, GID: u.GID}
	first := ""
	for _, name := range slices.Sorted(maps.Keys(d.live)) {
		who, err := config.Identify(host, d.live[name].def)
		switch {
		case err != nil:
			return id, err
		case who.User.UID != u.UID:
			return id, fmt.Errorf("service %q has the user %q", name, who.User.Name)
		case d.live[name].def.Has(services.Chroot):
			return id, fmt.Errorf("service %q has a chroot, which takes root", name)
		case first == "":
			first, id = name, who
		case who.GID != id.GID || !slices.Equal(who.Groups, id.Groups):
			return id, fmt.Errorf("services %q and %q have different groups", first, name)
		}
	}
	return id, nil
}

// become changes all threads of the process, and looks whether root is really gone.
func become(id config.Identity) error {
	groups := make([]int, len(id.Groups))
	for i, g := range id.Groups {
		groups[i] = int(g)
	}
	uid, gid := int(id.User.UID), int(id.GID)
	if err := syscall.Setgroups(groups); err != nil {
		return fmt.Errorf("setgroups: %w", err)
	}
	if err := syscall.Setresgid(gid, gid, gid); err != nil {
		return fmt.Errorf("setresgid: %w", err)
	}
	if err := syscall.Setresuid(uid, uid, uid); err != nil {
		return fmt.Errorf("setresuid: %w", err)
	}
	if uid != 0 && syscall.Setresuid(0, 0, 0) == nil {
		return errors.New("the kernel would let superd be root again")
	}
	// What it was for a moment must not be had from its memory or its core.
	unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	return nil
}

func firstError(r *config.Result, id string) string {
	for _, x := range r.Diags {
		if x.Severity == config.Error && x.Service == id {
			return x.Message
		}
	}
	return "it is gone"
}
