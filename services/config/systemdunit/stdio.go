// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"slices"
	"strings"

	"superd/services"
)

// stdio sets where the program's first three descriptors lead, and what it is told
// of its socket. Output that is not said goes where input comes from, if that is the
// socket, and else to the journal; errors go where output goes.
func (e *entry) stdio() {
	in := e.word("StandardInput", "null")
	out := e.word("StandardOutput", "inherit")
	errs := e.word("StandardError", "inherit")
	socket := in.value == "socket"
	switch {
	case socket, in.value == "null":
	case strings.HasPrefix(in.value, "fd:"), in.value == "data", strings.HasPrefix(in.value, "file:"), strings.HasPrefix(in.value, "tty"):
		e.missing(in, "\""+clip(in.value)+"\"")
	default:
		e.refuse(in, "%q: want null or socket", clip(in.value))
	}
	client := socket && (out.value == "inherit" || out.value == "socket")
	switch {
	case client, out.value == "null":
	case out.value == "socket":
		e.refuse(out, "\"socket\" wants StandardInput=socket as well")
	case out.value != "inherit" && !isOutput(out.value):
		e.refuse(out, "%q is no place for output", clip(out.value))
	}
	if socket && !client {
		e.missing(out, "output that does not go where input comes from")
	}
	if !socket {
		e.put(services.Stdio, in, map[bool]string{true: "null", false: "all"}[e.accept])
		if out.value != "inherit" && out.value != "null" && out.value != "socket" {
			e.warn(out, thrownAway)
		}
	}
	e.errors(errs, out, client)
	e.descriptorName(socket)
}

// word gives an option's value, and what stands for it where it is not said.
func (e *entry) word(key, otherwise string) setting {
	s, said := e.service.one("Service", key)
	if !said {
		s = setting{section: "Service", key: key, pos: e.command.pos, value: otherwise}
	}
	return s
}

// outputs are the words for output that begins or is so.
var outputs = []string{"null", "tty", "journal", "kmsg", "journal+console", "kmsg+console", "syslog", "syslog+console", "file:", "append:", "truncate:", "fd:"}

func isOutput(s string) bool {
	return slices.ContainsFunc(outputs, func(w string) bool { return s == w || strings.HasSuffix(w, ":") && strings.HasPrefix(s, w) })
}

// errors sets stderr.
func (e *entry) errors(errs, out setting, client bool) {
	where := errs.value
	if where == "inherit" {
		where = out.value
		if client {
			where = "socket"
		}
	}
	switch {
	case where == "socket" && client:
		e.put(services.Stderr, errs, "client")
	case where == "socket":
		e.refuse(errs, "\"socket\" wants StandardInput=socket and StandardOutput=socket as well")
	case where == "null":
		e.put(services.Stderr, errs, "null")
	case where == "inherit", where == "journal", where == "syslog":
		e.put(services.Stderr, errs, "log")
	case isOutput(where):
		e.put(services.Stderr, errs, "log")
		if errs.value != "inherit" {
			e.warn(errs, "what the program writes to descriptor 2 goes to superd's log")
		}
	default:
		e.refuse(errs, "%q is no place for output", clip(where))
	}
}

// nonBlocking is about descriptors from 3 on: of a program whose input is the socket
// there are none.
func nonBlocking(e *entry, v values) {
	on, err := parseBool(v.last().value)
	switch {
	case err != nil:
		e.refuse(v.last(), "%v", err)
	case !on || e.word("StandardInput", "null").value == "socket":
	case e.accept:
		e.warn(v.last(), blocks)
	default:
		e.put(services.NonBlock, v.last(), true)
	}
}

const blocks = "is not set: the connection blocks until the program says otherwise"

// descriptorName tells the program what its sockets are called.
func (e *entry) descriptorName(socket bool) {
	if e.accept {
		return
	}
	if socket {
		e.alone = "StandardInput=socket gives the program one socket, and it has those of several units"
		if len(e.listens.ports) > 1 {
			e.refuse(e.word("StandardInput", "socket"), "there is one standard input, and %d sockets", len(e.listens.ports))
		}
		return
	}
	s, said := e.socket.one("Socket", "FileDescriptorName")
	name := e.socket.full
	if said {
		var ok bool
		if name, ok = e.expand(s, s.value); !ok {
			return
		}
	} else {
		s = setting{key: "FileDescriptorName", pos: e.pos}
	}
	e.put(services.FDName, s, name)
	names := slices.Repeat([]string{name}, min(len(e.listens.ports), services.MaxHandedSockets)) // of more there is no process
	e.env.known = append(e.env.known, fdNames+"="+strings.Join(names, ":"))
}
