// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/services/config"
	"superd/services/event"
)

// What a superd does that goes on with another's state. Nobody can go back any more, so
// nothing here ends it: what cannot be had is said, and done without.

// inherit takes what an upgrade has left, in intake's place, before anything is opened
// or any child started.
func (d *Daemon) inherit(s *State) {
	d.started, d.reloads, d.upgrades, d.opt.Program = s.Started, s.Reloads, s.Upgrades+1, s.Program
	for id, o := range s.Overrides {
		d.overrides[id] = &overrides{o.State, o.Servers}
	}
	for _, fd := range s.descriptors() {
		unix.CloseOnExec(fd)
	}
	if s.Engine != nil {
		for _, fd := range s.Engine.Descriptors() {
			unix.CloseOnExec(fd)
		}
	}
	if s.Store >= 0 {
		d.stored.state = s.Store
	}
	d.logFiles = newLogFiles(s.Logs)
	base := highBase()
	var unclaimed []*activation.Offer
	for i := range s.Sockets {
		x := &s.Sockets[i]
		o := d.inheritSocket(x, base)
		if o == nil {
			continue
		}
		d.offers = append(d.offers, o)
		if x.Name != "" && !x.Given {
			d.stored.names[o.Inode] = x.Name
		}
		if x.Unclaimed && x.Held {
			unclaimed = append(unclaimed, o)
		}
	}
	d.holders = findHolders(unclaimed, base)
	if s.Control != nil {
		d.control.offer = d.inheritSocket(s.Control, base)
	}
	for _, x := range s.Following {
		d.control.following = append(d.control.following, d.hub.Restore(x))
	}
}

func (d *Daemon) inheritSocket(x *stateSocket, base int) *activation.Offer {
	o, err := activation.Take(activation.Inherited{FD: x.FD, Name: x.Name}, base)
	if err != nil {
		d.early = append(d.early, event.Event{Kind: event.Note, Level: event.LevelError, Text: "a socket did not survive the upgrade", Err: err.Error()})
		return nil
	}
	o.Ours, o.Held, o.Spec = !x.Given, x.Held, x.spec()
	return o
}

// goOn has the engine and the services take over what there was. A configuration that
// cannot be used, against what the new image has said when it was asked, leaves
// handlers and sockets as they are till a reload finds a better one.
func (d *Daemon) goOn(s *State, host *config.Host, result *config.Result) {
	if s.Engine != nil {
		d.engine.Inherit(s.Engine)
	}
	if result.Failed {
		for _, x := range result.Diags {
			d.note(event.LevelError, x.Service, x.String())
		}
		d.note(event.LevelError, "", "the configuration cannot be used; handlers go on, and clients wait until it is mended and reloaded")
		d.opt.Reading.done()
		d.publish()
	} else {
		d.apply(host, result)
	}
	d.engine.InheritRest()
	d.logFiles.close()
}

// upgraded says what has happened.
func (d *Daemon) upgraded(s *State) {
	processes := 0
	if s.Engine != nil {
		processes = len(s.Engine.Sessions)
	}
	d.note(event.LevelNotice, "", fmt.Sprintf("upgraded from %s to %s; sockets: %d, processes: %d", s.From, d.opt.Version, len(s.Sockets), processes))
	*s = State{Upgrades: s.Upgrades} // the rest is large, and of no more use
}

// logFiles are the log files that the image before had open: they go on, also where
// they could not be opened any more.
type logFiles struct{ list []stateLog }

func newLogFiles(list []stateLog) *logFiles { return &logFiles{slices.Clone(list)} }

// take gives the descriptor of an open file, the caller's then; -1 if there is none.
func (f *logFiles) take(path string) int {
	if f == nil {
		return -1
	}
	i := slices.IndexFunc(f.list, func(x stateLog) bool { return x.Path == path })
	if i < 0 {
		return -1
	}
	fd := f.list[i].FD
	f.list = slices.Delete(f.list, i, i+1)
	return fd
}

// close closes those that nobody wants.
func (f *logFiles) close() {
	for _, x := range f.list {
		unix.Close(x.FD)
	}
	f.list = nil
}
