// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"path"
	"strings"
	"time"

	"superd/services"
)

// mode says how clients meet the program: a process for each, or one that has the
// socket itself.
func (e *entry) mode() {
	s, said := e.socket.one("Socket", "Accept")
	if !said {
		s = e.listens.first
	}
	kind, _ := e.service.one("Service", "Type")
	if e.accept {
		if key := e.listens.unaccepted; key != "" {
			e.refuse(s, "Accept=yes and %s exclude each other: there are no connections", key)
		}
		e.put(services.Mode, s, "inet")
		if kind.value == "forking" {
			e.put(services.KillLeftovers, kind, false)
			e.warn(kind, "a session ends when the program's first process does; what it has forked is left alone")
		}
		return
	}
	e.put(services.Mode, s, "wait")
	if kind.value == "forking" {
		e.refuse(kind, "a program that goes into the background is taken for one that has ended; let it stay in the foreground")
	}
}

// serviceType looks at Type. How a program tells that it has started is of no
// interest: clients wait for it in any case.
func serviceType(e *entry, v values) {
	switch s := v.last(); s.value {
	case "simple", "exec", "forking", "oneshot", "dbus", "notify", "notify-reload", "idle":
	default:
		e.refuse(s, "there is no such type")
	}
}

// startTimeout is how long a oneshot may run, which is over when it has started;
// for other types it says nothing.
func startTimeout(e *entry, v values) {
	if kind, _ := e.service.one("Service", "Type"); kind.value == "oneshot" {
		sessionTimeout(e, v)
	}
}

func sessionTimeout(e *entry, v values) {
	s := v.last()
	d, infinite, err := parseSpan(s.value, time.Second)
	switch {
	case err != nil:
		e.refuse(s, "%v", err)
	case infinite, d == 0:
		e.put(services.SessionTimeout, s, services.Unlimited)
	default:
		e.put(services.SessionTimeout, s, d.Seconds())
	}
}

// killMode: systemd ends with a program all that it has started, unless told not to.
func killMode(e *entry, v values) {
	switch s := v.last(); s.value {
	case "control-group", "mixed":
	case "process", "none":
		e.put(services.KillLeftovers, s, false)
	default:
		e.refuse(s, "%q: want control-group, mixed, process or none", clip(s.value))
	}
}

// userOfSocket sets the owner of a local socket's file, whose group is then that of
// the owner unless SocketGroup says otherwise.
func userOfSocket(e *entry, v values) {
	s := v.last()
	name, ok := e.expand(s, s.value)
	if !ok {
		return
	}
	e.put(services.SocketUser, s, name)
	if _, said := e.socket.one("Socket", "SocketGroup"); said {
		return
	}
	if u, err := e.run.host.LookupUser(name); err == nil { // else config says so
		e.put(services.SocketGroup, s, int64(u.GID))
	}
}

// dependencies are of other units, which superd does not start. What every machine
// has, and what belongs to the socket itself, needs no word.
func dependencies(e *entry, v values) {
	for _, s := range v {
		words, _ := splitWords(s.value, false)
		for _, name := range words {
			prefix := parseName(name).prefix
			own := prefix == e.socket.prefix || e.service != nil && prefix == e.service.prefix || e.isBeside(name)
			if !own && (strings.HasSuffix(name, ".service") || strings.HasSuffix(name, ".socket")) {
				e.warn(s, "superd starts no units: %s has to run without it", clip(name))
				return
			}
		}
	}
}

// ownFolders are those that systemd makes for a service and names to it.
func ownFolders(base, variable string) func(*entry, values) {
	return func(e *entry, v values) {
		var dirs []string
		for _, s := range v {
			e.eachWord(s, func(word string) {
				name, _, _ := strings.Cut(word, ":")
				dirs = append(dirs, path.Join(base, name))
			})
		}
		for _, dir := range dirs {
			if !e.run.isFolder(dir) {
				e.warn(v.last(), "superd makes no such folder: %q has to be there", clip(dir))
			}
		}
		if _, said := e.env.get(variable); !said && len(dirs) > 0 {
			e.env.set(variable + "=" + strings.Join(dirs, ":"))
		}
	}
}
