// SPDX-License-Identifier: Apache-2.0

// Package systemdunit is the front-end for systemd's socket units with the service
// units that they start: bytes to settings, and from there to a config.Unit whose
// assignments carry native attribute names and normalised values. It also writes the
// socket unit that would hold a service's sockets for superd.
//
// A unit means what systemd takes it to mean. What superd makes of each option stands
// in one table (Table): it is mapped, means nothing here, is warned of, or is not
// built yet, and then the service is refused unless the administrator has accepted
// by the option's name that it is missing.
//
// Owns: the syntax of units, drop-ins, specifiers, command lines and variables of
// systemd, and the table. Does not know: sockets, processes, nor how an attribute takes
// effect. Concurrency: a FrontEnd has no state; Parse may run many times at once.
// Errors: all of them are remarks to the sink; nothing is returned.
package systemdunit

import (
	"path"
	"strings"

	"superd/services"
	"superd/services/config"
)

// Format is the name of this format, as in "-c systemd:FILE" and Unit.Format.
const Format = "systemd"

// FrontEnd reads a socket unit. The zero value accepts nothing that is missing.
type FrontEnd struct {
	// AllowMissing are the names of options that are not built yet and that the
	// administrator does without.
	AllowMissing []string
}

// InDir tells which files of a folder are read: socket units that are no templates.
func InDir(name string) bool {
	return strings.HasSuffix(name, ".socket") && name[0] != '.' && !strings.HasSuffix(name, "@.socket")
}

// run is one Parse.
type run struct {
	host    *config.Host
	sink    config.Sink
	dirs    []string // where other units and drop-ins lie
	allowed []string
	// Of other socket units that were looked at: whether the same program gets their sockets.
	beside map[string]bool
	noted  map[string]bool // the same, of all units of a Load and by program
}

// Parse reads the socket unit name, whose content is data, with its drop-ins and the
// service unit that it starts.
func (f FrontEnd) Parse(host *config.Host, sink config.Sink, name string, data []byte) config.Unit {
	r := &run{host: host, sink: sink, dirs: searchPath(path.Clean(name)), allowed: f.AllowMissing}
	r.noted = map[string]bool{}
	if book, ok := sink.(config.Notebook); ok {
		r.noted = book.Notes()
	}
	out := config.Unit{Format: Format, FormatDefaults: formatDefaults(host)}
	socket := r.socketUnit(path.Clean(name), data)
	e := &entry{run: r, id: socket.base(), pos: socket.begins, socket: socket}
	e.read()
	for _, b := range append([]*entry{e}, e.beside...) {
		out.Entries = append(out.Entries, b.result())
		b.tell(sink)
	}
	return out
}

// formatDefaults are what systemd assumes where superd assumes otherwise.
func formatDefaults(host *config.Host) []services.Setting {
	list := []services.Setting{
		{Attr: services.Listen, Value: int64(maxBacklog)},
		{Attr: services.KillLeftovers, Value: true},
		{Attr: services.MaxServers, Value: int64(64)},
		{Attr: services.Full, Value: "refuse"},
		{Attr: services.PerSourcePrefix, Value: []int64{32, 128}},
	}
	if host.Root {
		list = append(list, services.Setting{Attr: services.User, Value: "root"})
	}
	for i := range list {
		list[i].Origin = services.Origin{File: services.FromFormatDefault}
	}
	return list
}

// read makes a service of the socket unit.
func (e *entry) read() {
	u := e.socket
	at := setting{pos: u.begins}
	switch {
	case u.kind == "service":
		e.refuse(at, "it is a service unit: name the socket unit that starts it")
		return
	case u.masked && len(u.order) == 0:
		e.off = true // an empty file, or a link to /dev/null, is how a unit is masked
		return
	case u.broken:
		e.refuse(at, "the unit cannot be read")
		return
	case u.template && u.instance == "":
		e.refuse(at, "it is a template: name an instance, as a link %s@NAME.socket", u.prefix)
		return
	}
	for _, s := range u.get("Socket", "Accept") {
		if s.value == "" {
			e.accept = false
			continue
		}
		on, err := parseBool(s.value)
		if err != nil {
			e.refuse(s, "%v", err)
		}
		e.accept = on
	}
	if !e.findService() {
		return
	}
	e.conditions(u)
	e.conditions(e.service)
	if !e.implied {
		e.beside = e.besides()
	}
	e.both()
}

// findService reads the service unit that the socket starts.
func (e *entry) findService() bool {
	name := e.socket.prefix + "@.service"
	s, said := e.socket.one("Socket", "Service")
	switch {
	case e.accept && said:
		e.refuse(s, "systemd takes no Service with Accept=yes: the service is %s", name)
		return false
	case e.accept:
		s = setting{key: "Accept", pos: e.pos}
	case said:
		var ok bool
		if name, ok = e.expand(s, s.value); !ok {
			return false
		}
	default:
		name = e.socket.base() + ".service"
		s = setting{key: "Service", pos: e.pos}
	}
	if parseName(name).kind != "service" || strings.Contains(name, "/") {
		e.refuse(s, "%q is no service unit", clip(name))
		return false
	}
	var err error
	if e.service, err = e.run.unit(name); err != nil {
		e.refuse(s, "%v", err)
		return false
	}
	if e.service.broken {
		e.refuse(s, "the unit %s cannot be read", name)
	}
	return !e.service.broken
}

// both makes attributes of the two units' options.
func (e *entry) both() {
	e.listens = e.sockets()
	runs := e.readCommand()
	e.readEnvironment()
	e.identity()
	e.stdio()
	e.capabilities()
	e.mode()
	for _, x := range []struct {
		u       *unit
		section string
	}{{e.socket, "Unit"}, {e.socket, "Socket"}, {e.socket, "Install"}, {e.service, "Unit"}, {e.service, "Service"}, {e.service, "Install"}} {
		e.apply(x.u, x.section)
	}
	if runs {
		e.program()
	}
	e.assignEnvironment()
}
