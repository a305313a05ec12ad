// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"path"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"superd/activation"
	"superd/services"
	"superd/services/config"
	"superd/services/engine"
	"superd/services/event"
	"superd/spawn"
)

// reload reads the configuration anew and applies what differs. It opens new
// sockets before it lets go of old ones, so that an address which only moves
// from one service to another is never closed.
func (d *Daemon) reload() {
	if d.stopping {
		return
	}
	d.manager.reloading()
	defer func() { d.manager.ready(d.status()) }()
	host, result := d.opt.Load()
	d.outcome.diagnostics(result)
	for _, x := range result.Diags {
		level := event.LevelWarning
		switch x.Severity {
		case config.Error:
			level = event.LevelError
		case config.Info:
			level = event.LevelInfo
		}
		d.note(level, x.Service, x.String())
	}
	if result.Failed {
		d.note(event.LevelError, "", "reload: the configuration cannot be used; everything stays as it was")
		d.outcome.unused()
		return
	}
	if name := d.lost(result); name != "" {
		d.note(event.LevelError, "", "reload: "+strconv.Quote(name)+" could be read before and cannot be now; everything stays as it was")
		d.outcome.unused()
		return
	}
	d.reloads++
	d.apply(host, result)
}

// lost gives a file or directory that was included before and cannot be read any
// more. Its services are not to end for that, nor are others to run without the
// defaults that it may have.
func (d *Daemon) lost(result *config.Result) string {
	if d.last == nil {
		return ""
	}
	for _, gone := range result.Unread {
		for _, name := range d.last.result.Files {
			if name = path.Clean(name); name == gone || path.Dir(name) == gone {
				return gone
			}
		}
	}
	return ""
}

func (d *Daemon) apply(host *config.Host, result *config.Result) {
	c, err := newCompiler(host, result, d.given)
	if err != nil {
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Text: "nothing is changed", Err: err.Error()})
		d.outcome.unused()
		return
	}
	clear(d.keptWhy)
	d.texts, d.keptBack = d.opt.Reading.last, nil
	d.opt.Reading.done()
	c.oldWrap, c.reloads = d.wrap, d.reloads
	d.stamps = d.watched()
	d.last = c
	d.retuneLog(d.settings, result.Daemon.Settings)
	d.settings = result.Daemon.Settings
	d.engine.SetLimits(d.settings.Count(services.DaemonMaxServers))
	d.followSuidDumpable()
	steps := d.plan(c)
	d.keepWrap(c)
	if d.declineUnwanted(c) { // what an earlier superd has left may be in the way
		d.follow()
		d.store.settle()
	}
	for _, st := range steps {
		d.openSockets(st)
	}
	d.commit(steps)
	if failed := func(st *step) bool { return st.err != nil }; slices.ContainsFunc(steps, failed) {
		d.follow() // what is in somebody's way may be a copy that the service manager has
		d.store.settle()
	}
	for _, st := range steps {
		if st.err != nil {
			d.second(st)
		}
	}
	d.followRelay()
	d.sweepLogs()
	d.sweepGiven(c)
	d.follow()
	d.followControl(host)
	d.report(steps)
	// The parser's memory is as large as the files; the heap's owner is idle now.
	debug.FreeOSMemory()
}

// followSuidDumpable reads the sysctl that decides whether a handler may be
// prepared in superd's own memory (see spawn.SuidDumpable).
func (d *Daemon) followSuidDumpable() {
	n := spawn.SuidDumpable()
	if n == d.suidDumpable {
		return
	}
	d.suidDumpable = n
	d.engine.SetSuidDumpable(n)
	if n == 1 {
		d.note(event.LevelWarning, "", "fs.suid_dumpable is 1: a handler's user could look into superd's memory, so those of another user "+
			"are started through inet-shim, which costs ten times as much; set the sysctl to 0 or 2 and reload")
	}
}

// openSockets acquires what a step wants, all or nothing.
func (d *Daemon) openSockets(st *step) {
	if st.err == nil && st.change != services.Remove {
		st.socks, st.err = d.acquire(st.want)
	}
}

// commit hands the good steps to the engine, and then closes what nobody uses.
func (d *Daemon) commit(steps []*step) {
	var changes []engine.Change
	var old []*activation.Socket
	grace := seconds(d.settings.Float(services.StopTimeout))
	for _, st := range steps {
		if st.err != nil {
			continue
		}
		if l := d.live[st.id]; l != nil {
			old = append(old, l.socks...)
			if st.change == services.Remove {
				changes = append(changes, removal(st.id, l.def, grace))
			}
		}
		delete(d.waiting, st.id)
		delete(d.unbound, st.id)
		if st.change == services.Remove {
			delete(d.live, st.id)
			d.ownLogs.Put(st.id, nil)
			continue
		}
		st.spec.Sockets = st.socks
		d.holdersOf(st.spec)
		for _, text := range st.instead {
			d.note(event.LevelWarning, st.id, text+" is not opened: the service manager gave superd other sockets of its kind by the service's name")
		}
		d.live[st.id] = &live{def: st.def, socks: st.socks, spec: st.spec, own: st.own, off: st.off}
		d.ownLogs.Put(st.id, st.own)
		changes = append(changes, changeTo(st.spec, st.off))
	}
	if len(changes) > 0 {
		d.engine.Apply(changes)
	}
	d.release(old)
}

// removal ends a service. Whoever edits inetd.conf expects of a line that goes what
// every inetd makes of it: nobody new comes, and who is served stays so.
func removal(id string, s *services.Service, grace time.Duration) engine.Change {
	return engine.Change{ID: id, Grace: grace, Leave: s.Compat() == "inetd"}
}

// second is another try for a service whose sockets could not be had: one that
// was in the way may be closed by now, or belongs to the service itself.
func (d *Daemon) second(st *step) {
	if st.spec != nil && len(st.want) > 0 {
		st.err = nil
		if d.openSockets(st); st.err != nil {
			d.rebind(st)
		}
		if st.err == nil {
			d.commit([]*step{st})
			return
		}
	}
	if d.live[st.id] != nil {
		d.kept(st.id, st.err.Error())
		return
	}
	if _, told := d.waiting[st.id]; !told {
		text := "refused"
		if st.spec != nil {
			text = fmt.Sprintf("its sockets cannot be opened; superd tries again every %v", bindRetry)
		}
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Service: st.id, Text: text, Err: st.err.Error()})
	}
	d.unbound[st.id] = st.err.Error()
	d.outcome.change(st.id, "unbound", st.err.Error())
	if st.spec != nil {
		d.waiting[st.id] = st.def
	}
}

// rebind is for a service that wants an address which overlaps one of its own
// (0.0.0.0:79 → 127.0.0.1:79): the kernel lets nobody bind it while the old
// socket is open. Who waits in the old one is handed over (Engine.Apply), then it
// is closed, and bound again should the new one fail. A client who comes in between is
// refused by the kernel; check has announced that.
func (d *Daemon) rebind(st *step) {
	old := d.live[st.id]
	if old == nil {
		return
	}
	var inWay []*activation.Socket
	for _, w := range st.want {
		inWay = append(inWay, d.registry.Conflicts(w)...)
	}
	var stay, gone []*activation.Socket
	for _, s := range old.socks {
		if slices.Contains(inWay, s) {
			gone = append(gone, s)
		} else {
			stay = append(stay, s)
		}
	}
	if len(gone) == 0 {
		return // what is in the way is not its own
	}
	all := old.socks
	without := *old.spec
	without.Sockets = stay
	d.engine.Apply([]engine.Change{{ID: st.id, Spec: &without}})
	again := specsOf(gone)
	d.release(gone) // and no more: the engine goes on watching the others
	d.follow()
	d.store.settle()
	old.socks = stay
	if st.err = nil; st.want != nil {
		d.openSockets(st)
	}
	if st.err == nil {
		return
	}
	opened, err := d.acquire(again)
	if err != nil {
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Service: st.id, Text: "its old sockets cannot be opened again", Err: err.Error()})
		d.engine.Apply([]engine.Change{removal(st.id, old.def, 0)})
		d.release(stay)
		delete(d.live, st.id)
		return
	}
	back := *old.spec
	back.Sockets = nil
	for _, s := range all { // in their old order
		if slices.Contains(gone, s) {
			s, opened = opened[0], opened[1:]
		}
		back.Sockets = append(back.Sockets, s)
	}
	old.socks, old.spec = back.Sockets, &back
	d.engine.Apply([]engine.Change{{ID: st.id, Spec: &back}})
}

func specsOf(socks []*activation.Socket) []activation.Spec {
	out := make([]activation.Spec, len(socks))
	for i, s := range socks {
		out[i] = s.Spec()
	}
	return out
}

// retryBinds tries the services again that wait for their sockets.
func (d *Daemon) retryBinds() {
	if len(d.waiting) == 0 || d.stopping {
		return
	}
	var steps []*step
	for _, s := range d.waiting {
		if st := d.planOne(d.last, s); st != nil {
			d.openSockets(st)
			if st.err == nil {
				steps = append(steps, st)
			}
		}
	}
	if len(steps) > 0 {
		d.commit(steps)
		d.followRelay()
		d.sweepLogs()
		d.follow()
		d.report(steps)
	}
}

// report tells what a reload did, in one line, and which sockets opened and
// closed.
func (d *Daemon) report(steps []*step) {
	d.reportSockets()
	d.publish()
	var parts []string
	for _, st := range steps {
		if st.err == nil {
			d.outcome.change(st.id, st.change.String(), "")
			parts = append(parts, st.change.String()+" "+st.id)
		}
	}
	if !d.began {
		d.began = true
		if !d.opt.Reading.Upgraded() {
			d.post(event.Event{Kind: event.Note, Level: event.LevelNotice, Text: fmt.Sprintf("superd has started; services: %d", len(d.live))})
		}
		return
	}
	text := "nothing changed"
	const most = 20
	if n := len(parts); n > most {
		parts = append(parts[:most], fmt.Sprintf("and %d more", n-most))
	}
	if len(parts) > 0 {
		text = strings.Join(parts, ", ")
	}
	d.post(event.Event{Kind: event.Reload, Level: event.LevelNotice, Text: text, Count: int64(len(d.live))})
}

// reportSockets compares what is open with what was told of.
func (d *Daemon) reportSockets() {
	now := make(map[*activation.Socket]bool, len(d.told))
	for id, l := range d.live {
		for _, s := range l.socks {
			now[s] = true
			if crossed := !d.began && d.opt.Reading.Upgraded(); !d.told[s] && !crossed {
				d.post(event.Event{Kind: event.Listening, Level: event.LevelNotice, Service: id, Network: s.Network(), Local: s.Address()})
			}
		}
	}
	for s := range d.told {
		if !now[s] {
			d.post(event.Event{Kind: event.Closed, Level: event.LevelNotice, Network: s.Network(), Local: s.Address()})
		}
	}
	d.told = now
}
