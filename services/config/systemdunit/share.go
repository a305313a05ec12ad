// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"strings"

	"superd/services"
	"superd/services/config"
)

// maxUnits bounds the socket units of one program, each of which is read.
const maxUnits = 512

// share tells config which entries have the same program. Sockets of a connection's
// own process are nobody else's.
func (e *entry) share() config.Share {
	if e.accept || e.service == nil {
		return config.Share{}
	}
	alone := e.alone
	if e.env.names {
		alone = "its command asks for $" + fdNames + ", whose order systemd does not say where there are several socket units"
	}
	return config.Share{Program: e.shared(), First: e.service.base() == e.socket.base(), Alone: alone, Implied: e.implied}
}

// shared tells the program from any other.
func (e *entry) shared() string { return e.service.file + "\x00" + e.service.full }

// besides reads the other socket units whose sockets the program gets: those that
// Sockets names, and those that systemd starts with this one because they are required
// or wanted, and that start the same service. Which others do so by a Service of their
// own only config can tell, which sees all that is read.
func (e *entry) besides() (found []*entry) {
	if e.accept || e.service == nil || e.off {
		return nil
	}
	e.run.beside = map[string]bool{e.socket.full: true}
	e.run.noted[e.noteOf(e.socket.full)] = true
	x := sharing{entry: e}
	for _, s := range e.service.get("Service", "Sockets").list() {
		e.eachWord(s, func(name string) { x.include(s, name, true) })
	}
	x.wanted(e.service)
	x.wanted(e.socket)
	for i := 0; i < len(x.units); i++ {
		x.wanted(x.units[i])
	}
	for _, looked := range x.units {
		u, err := e.run.unit(looked.full)
		if err != nil {
			continue // it has gone this moment
		}
		other := &entry{run: e.run, id: u.base(), pos: u.begins, socket: u, implied: true}
		if other.read(); !other.off { // of which a condition does not hold systemd does not open
			found = append(found, other)
		}
	}
	return found
}

// sharing looks for the units that share an entry's program.
type sharing struct {
	*entry
	units []*unit
}

// wanted includes those socket units that a unit cannot be started without.
func (x *sharing) wanted(u *unit) {
	for _, key := range []string{"Requires", "Wants", "BindsTo"} {
		for _, s := range u.get("Unit", key).list() {
			words, _ := splitWords(s.value, false) // what is wrong with it, the table's row says
			for _, word := range words {
				name, err := specifiers{run: x.run, unit: u}.expand(word)
				if err == nil && strings.HasSuffix(name, ".socket") {
					x.include(s, name, false)
				}
			}
		}
	}
}

// include adds one socket unit, once. That it starts the same service it must, where
// Sockets names it.
func (x *sharing) include(s setting, name string, must bool) {
	if _, seen := x.run.beside[name]; seen {
		return
	}
	n := parseName(name)
	switch {
	case n.full != name || n.kind != "socket" || strings.Contains(name, "/"):
		x.refuse(s, "%q is no socket unit", clip(name))
		return
	case len(x.run.beside) >= maxUnits:
		x.refuse(s, "more than %d socket units are named", maxUnits)
		return
	}
	note := x.noteOf(name)
	if same, known := x.run.noted[note]; known { // and said, and read
		x.run.beside[name] = same
		return
	}
	u, same, err := x.startsSame(name)
	x.run.beside[name], x.run.noted[note] = same, same
	switch {
	case same:
		x.units = append(x.units, u)
	case must && err != nil:
		x.warn(s, "%v: the program does not get its sockets", err)
	case must:
		x.refuse(s, "%s starts another service: with its sockets here, two programs would wait for the same clients", clip(name))
	}
}

func (e *entry) noteOf(name string) string {
	return Format + "\x00" + e.shared() + "\x00" + name
}

// startsSame tells whether a socket unit starts the same service, as one process. Of one
// that does not nothing is said, not even what is wrong with it.
func (e *entry) startsSame(name string) (*unit, bool, error) {
	quiet := *e.run
	quiet.sink = silence{}
	u, err := quiet.unit(name)
	if err != nil || u.broken {
		return nil, false, err
	}
	if accept, said := u.one("Socket", "Accept"); said {
		if on, err := parseBool(accept.value); err != nil || on {
			return nil, false, err
		}
	}
	service := u.base() + ".service"
	if s, said := u.one("Socket", "Service"); said {
		if service, err = (specifiers{run: &quiet, unit: u}).expand(s.value); err != nil {
			return nil, false, err
		}
	}
	return u, service == e.service.full, nil
}

// isBeside tells whether a word of a unit names a socket unit whose sockets the program
// gets.
func (e *entry) isBeside(word string) bool {
	for _, u := range []*unit{e.socket, e.service} {
		if u == nil || !strings.HasSuffix(word, ".socket") {
			continue
		}
		if name, err := (specifiers{run: e.run, unit: u}).expand(word); err == nil && e.run.beside[name] {
			return true
		}
	}
	return false
}

// silence is a sink for what is only looked at.
type silence struct{}

func (silence) File(string) services.FileID                                { return services.FirstFile }
func (silence) Report(config.Severity, config.Pos, string, string, string) {}
