// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"maps"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/services"
	"superd/services/config"
	"superd/services/engine"
	"superd/services/event"
)

// watchEvery is how often superd looks whether the files have changed that the
// originals read at each connection.
const watchEvery = time.Second

// stamp tells one state of a file from another; the zero value is none.
type stamp struct {
	ino, size      uint64
	mtime, changed unix.Timespec
}

func stampOf(name string) stamp {
	var st unix.Stat_t
	if unix.Stat(name, &st) != nil {
		return stamp{}
	}
	return stamp{ino: st.Ino, size: uint64(st.Size), mtime: st.Mtim, changed: st.Ctim}
}

// watched are the accounts' files, and what hosts.allow and hosts.deny consist of.
func (d *Daemon) watched() map[string]stamp {
	now := map[string]stamp{"/etc/passwd": stampOf("/etc/passwd"), "/etc/group": stampOf("/etc/group")}
	if d.wrap != nil {
		for _, name := range d.wrap.files() {
			now[name] = stampOf(name)
		}
	}
	return now
}

// look compiles the services anew when one of those files has changed. The
// configuration itself waits for a reload.
func (d *Daemon) look() {
	now := d.watched()
	if d.stopping || d.last == nil || maps.Equal(now, d.stamps) {
		return
	}
	d.stamps = now // before they are read: what changes meanwhile is seen next time
	host := config.OSHost()
	Plug(host)
	c, err := newCompiler(host, d.last.result, d.given)
	if err != nil {
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Text: "hosts.allow, hosts.deny and the user database are as they were", Err: err.Error()})
		return
	}
	c.oldWrap, c.reloads = d.wrap, d.reloads
	d.last = c
	var steps []*step
	for _, l := range d.live {
		if st := d.planAgain(c, l); st != nil {
			steps = append(steps, st)
		}
	}
	d.keepWrap(c)
	if len(steps) > 0 {
		d.commit(steps)
		d.report(steps)
	}
}

// planAgain compiles a running service as it stands. One that cannot be any more,
// because its user is gone, lets nobody in until it can.
func (d *Daemon) planAgain(c *compiler, l *live) *step {
	st := &step{id: l.def.ID, def: l.def, change: services.Retune, own: l.own}
	spec, err := c.compile(l.def)
	switch {
	case err != nil && l.spec.Policy.Shut != "":
		return nil
	case err != nil:
		spec = shut(l.spec, err)
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Service: st.id, Text: "everybody is refused", Err: err.Error()})
	case sameRun(l.spec, spec):
		return nil
	}
	st.spec = spec
	st.want = specsOf(l.socks)
	if st.socks, st.err = d.acquire(st.want); st.err != nil {
		return nil
	}
	return st
}

func shut(old *engine.Spec, why error) *engine.Spec {
	spec, policy := *old, *old.Policy
	policy.Shut = why.Error()
	spec.Policy, spec.Sockets = &policy, []*activation.Socket(nil)
	return &spec
}

// keepWrap remembers the tables that were applied, and says what is odd in them.
func (d *Daemon) keepWrap(c *compiler) {
	d.wrap = c.wrap
	if d.wrap == nil || d.wrap.told {
		return
	}
	d.wrap.told = true
	notes := d.wrap.notes()
	const most = 20
	for i, n := range notes {
		if i == most {
			d.note(event.LevelWarning, "", fmt.Sprintf("and %d more remarks about hosts.allow and hosts.deny", len(notes)-most))
			break
		}
		d.note(event.LevelWarning, "", n)
	}
}
