// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/services"
	"superd/services/event"
)

// Sockets that the service manager opened and gave superd at its start
// (sd_listen_fds(3)). Whose they are is told by their names first, by what they
// are bound to second. While a service has one it is an activation.Socket like any
// other; what is particular is told here.

// given is one of them, for as long as superd has it open.
type given struct {
	name string
	spec activation.Spec // with what it is bound to
}

// stored is what an earlier superd had the manager keep.
type stored struct {
	state   int               // the memfd, -1 = none
	names   map[uint64]string // of its sockets, by inode
	useless bool              // there is a state, and it cannot be used
}

// intake takes the descriptors that superd was started with, before anything else
// is opened or any child is started. What cannot be used is closed, and said as
// soon as there is a log.
func (d *Daemon) intake() {
	found, errs := activation.ReadListenFDs(d.opt.Environ, activation.Process{Pid: os.Getpid(),
		PidfdID: activation.OwnPidfdID, IsInherited: activation.IsInherited})
	for _, in := range found {
		unix.CloseOnExec(in.FD)
	}
	base := highBase()
	state := &storedState{}
	found = slices.DeleteFunc(found, func(in activation.Inherited) bool {
		if in.Name == stateName {
			errs = append(errs, d.takeState(in, base, state))
		}
		return in.Name == stateName
	})
	own := state.byInode()
	for _, in := range found {
		o, err := activation.Take(in, base)
		errs = append(errs, err)
		if err == nil {
			d.recognise(o, own)
			d.offers = append(d.offers, o)
		}
	}
	d.holders = findHolders(d.offers, base)
	for _, o := range d.offers {
		o.Held = len(d.holders[o.Inode]) > 0
	}
	for _, err := range errs {
		if err != nil {
			d.early = append(d.early, event.Event{Kind: event.Note, Level: event.LevelError, Text: "the service manager's sockets", Err: err.Error()})
		}
	}
}

// takeState reads what an earlier superd has noted down.
func (d *Daemon) takeState(in activation.Inherited, base int, to *storedState) error {
	defer unix.Close(in.FD)
	s, err := readState(in.FD)
	if err == nil && d.stored.state < 0 {
		d.stored.state, err = unix.FcntlInt(uintptr(in.FD), unix.F_DUPFD_CLOEXEC, base)
	}
	if err != nil {
		d.stored.useless = true
		return fmt.Errorf("cannot use %s: %w", stateName, err)
	}
	*to = *s
	return nil
}

// recognise tells an earlier superd's own socket from one of a unit.
func (d *Daemon) recognise(o *activation.Offer, own map[uint64]*storedSocket) {
	if d.stored.useless && d.stored.state < 0 && isStoreName(o.Name) {
		o.Ours, d.stored.names[o.Inode] = true, o.Name // all that is lost is which port 0 was whose
		return
	}
	s := own[o.Inode]
	if s == nil || s.Network != o.Spec.Network {
		return
	}
	o.Ours, o.Name, o.Spec = true, s.Name, s.spec()
	d.stored.names[o.Inode] = s.Name
}

// offer hands to the registry what intake has taken.
func (d *Daemon) offer() {
	for _, ev := range d.early {
		d.post(ev)
	}
	for _, o := range d.offers {
		if o.Spec.IsStream() && !o.Listening {
			d.note(event.LevelWarning, "", fmt.Sprintf("the service manager's socket %s did not listen; superd makes it", o))
		}
		d.registry.Offer(o)
		if !o.Ours {
			d.given = append(d.given, given{name: o.Name, spec: o.Spec})
		}
	}
	d.early, d.offers = nil, nil
}

// givenTo is the given sockets as a configuration distributes them.
type givenTo struct {
	list   []given
	labels []string // of each, the name under which some service has it; "" = none
	owner  map[string]string
}

// distribute decides by name. A name is a service's that asks for it
// (port = "systemd:NAME"), else the service's of that id; else what is before its
// last dot is tried, since a unit that says nothing gives its own name,
// "finger.socket".
func distribute(list []given, all []*services.Service) *givenTo {
	g := &givenTo{list: list, labels: make([]string, len(list)), owner: map[string]string{}}
	if len(list) == 0 {
		return g
	}
	for _, s := range all {
		if s.State != services.Disabled {
			g.owner[s.ID] = s.ID
		}
	}
	for _, s := range all { // stronger than an id
		for _, k := range s.Sockets {
			if s.State != services.Disabled && k.Network == services.Given {
				g.owner[k.Address] = s.ID
			}
		}
	}
	for i, x := range list {
		for name, more := x.name, true; more; {
			if g.owner[name] != "" {
				g.labels[i] = name
				break
			}
			dot := strings.LastIndexByte(name, '.')
			if more = dot > 0; more {
				name = name[:dot]
			}
		}
	}
	return g
}

// named gives a service's own, in the order in which they came.
func (g *givenTo) named(id string) (specs []activation.Spec) {
	for i, x := range g.list {
		if g.labels[i] != "" && g.owner[g.labels[i]] == id {
			specs = append(specs, x.spec)
		}
	}
	return specs
}

// has tells whether there is one of a name that is asked for.
func (g *givenTo) has(name string) bool { return slices.Contains(g.labels, name) }

// labelled gives those that a service has under a name, in the order in which they came.
func (g *givenTo) labelled(name string) (specs []activation.Spec) {
	for i, x := range g.list {
		if g.labels[i] == name {
			specs = append(specs, x.spec)
		}
	}
	return specs
}

// at gives whose socket is bound there: ok is false if none was given, owner ""
// if it bears no service's name.
func (g *givenTo) at(key activation.Key) (owner string, ok bool) {
	for i, x := range g.list {
		if x.spec.Key() == key {
			return g.owner[g.labels[i]], true
		}
	}
	return "", false
}

// follow has the manager keep what superd has opened itself, and nothing else.
func (d *Daemon) follow() {
	own := slices.DeleteFunc(d.registry.Sockets(), (*activation.Socket).IsGiven)
	offers := slices.DeleteFunc(d.registry.Offers(), func(o *activation.Offer) bool { return !o.Ours })
	d.store.follow(own, offers)
}

// closeSockets closes all sockets. The files of those that the manager keeps stay:
// the next superd has them again.
func (d *Daemon) closeSockets() {
	for _, s := range d.registry.Sockets() {
		if d.store != nil && d.store.keeps(s.Inode()) {
			s.LeaveFile()
		}
	}
	d.registry.Close()
}

// sweepGiven closes what was given and nobody wants, and forgets what a service
// has given up. The manager keeps its own copy of either: clients wait there until
// its unit is stopped, which is why it is said.
func (d *Daemon) sweepGiven(c *compiler) {
	for _, o := range d.registry.Offers() {
		if d.registry.IsOpen(o.Spec) {
			d.decline(o, "is bound where another one is that superd serves")
		}
	}
	d.declineUnwanted(c)
	offered := d.registry.Offers()
	d.given = slices.DeleteFunc(d.given, func(x given) bool {
		if d.registry.IsOpen(x.spec) || slices.ContainsFunc(offered, func(o *activation.Offer) bool { return o.Spec.Key() == x.spec.Key() }) {
			return false
		}
		if d.began {
			d.note(event.LevelWarning, "", fmt.Sprintf("the service manager's socket %s named %q is no longer served; clients wait there until its unit is stopped", x.spec, x.name))
		}
		return true
	})
}

// declineUnwanted closes what no service wants. It tells whether the manager must
// drop something, too.
func (d *Daemon) declineUnwanted(c *compiler) (ours bool) {
	offers := d.registry.Offers()
	if len(offers) == 0 {
		return false
	}
	addresses := c.addresses() // once: there may be ten thousand of both
	for _, o := range offers {
		if !addresses[o.Spec.Key()] && !c.given.isNamed(o) {
			d.decline(o, "is wanted by no service")
			ours = ours || o.Ours
		}
	}
	return ours
}

func (d *Daemon) decline(o *activation.Offer, why string) {
	if o.Ours {
		d.note(event.LevelNotice, "", fmt.Sprintf("%s, which an earlier superd has left, %s; it is closed", o.Spec, why))
	} else {
		d.note(event.LevelWarning, "", fmt.Sprintf("the service manager's socket %s %s; it is closed", o, why))
	}
	d.registry.Decline(o)
}

// addresses are those that services ask for, be they refused now.
func (c *compiler) addresses() map[activation.Key]bool {
	keys := map[activation.Key]bool{}
	for _, s := range c.result.Services {
		if s.State == services.Disabled {
			continue
		}
		for i, k := range s.Sockets {
			if k.Network == services.Given {
				continue
			}
			sp, err := c.socketSpec(s, i)
			if err != nil {
				continue
			}
			keys[sp.Key()] = true
			for _, half := range activation.Split(sp) {
				keys[half.Key()] = true
			}
		}
	}
	return keys
}

// isNamed tells whether a service, be it one that is refused now, has the name of a socket.
func (g *givenTo) isNamed(o *activation.Offer) bool {
	i := slices.IndexFunc(g.list, func(x given) bool { return x.name == o.Name && x.spec == o.Spec })
	return i >= 0 && g.labels[i] != ""
}
