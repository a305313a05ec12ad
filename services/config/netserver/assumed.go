// SPDX-License-Identifier: Apache-2.0

package netserver

import (
	"superd/services"
	"superd/services/config"
)

// assumed fills in what nobody says, and tells where Net::Server's code would have
// taken something else.
func (t *translation) assumed() {
	t.assumePort()
	t.assumeProgram()
	t.assumeUser()
	t.assumePool()
	if a, c := t.said["allow"], t.said["cidr_allow"]; len(a) > 0 && len(c) > 0 && t.fromFile() {
		t.warn(c[0], "a client needs to match allow or cidr_allow, as in Net::Server's code, and not both, as in its document")
	}
}

// assume gives the entry what nobody says. It is not one of the unit's defaults, which
// the files of a folder have in common.
func (t *translation) assume(attr services.AttrID, v services.Value) {
	t.entry.Assigns = append(t.entry.Assigns, config.Assign{Attr: attr, Value: v, Pos: config.Pos{File: services.FromFormatDefault}})
}

// assumePort: a file whose service listens where nobody said to would surprise who
// has several of them.
func (t *translation) assumePort() {
	if len(t.said["port"]) > 0 {
		return
	}
	t.withoutPort()
	if t.command != nil {
		t.assume(services.Port, []string{defaultPort})
		return
	}
	t.refuse("port", t.entry.Pos, "is missing; Net::Server would take %s, as superd serve does", defaultPort)
}

// assumeProgram: Net::Server's files name no program, since they are read by it.
func (t *translation) assumeProgram() {
	switch c := t.command; {
	case c != nil && len(c.Program) > 0:
		t.entry.Assigns = append(t.entry.Assigns, config.Assign{Attr: services.Exec, Value: c.Program, Pos: config.Pos{File: services.FromCommandLine}})
	case len(t.said["exec"]) > 0:
	case c != nil && len(c.Demo) > 0:
		t.assume(services.Exec, c.Demo)
		t.assume(services.Argv0, "superd")
		if w := t.said["worker"]; len(w) > 0 && w[len(w)-1].value == "accept" {
			t.bad(w[len(w)-1], `the echo does not accept clients by itself: want "pass", or a program behind --`)
		} else if t.isPool() {
			t.assume(services.Worker, "pass")
		}
	default:
		t.refuse("exec", t.entry.Pos, `is missing: a file of Net::Server's names no program; add "exec /PATH/TO/PROGRAM", or run superd serve --conf_file=FILE -- PROGRAM`)
	}
}

// assumeUser: the document promises nobody, and the code stays root.
func (t *translation) assumeUser() {
	if !t.host.Root {
		return
	}
	user, group := t.said["user"], t.said["group"]
	if len(user) == 0 {
		t.assume(services.User, "nobody")
	}
	switch {
	case !t.fromFile():
	case len(user) == 0:
		t.sink.Report(config.Warning, t.entry.Pos, t.entry.ID, "user", "is nobody where none is named, as Net::Server's document has it; its code stays root")
	case len(group) == 0 && user[0].value != "root" && user[0].value != "0":
		t.warn(user[0], "without a group it has that of the user; Net::Server's code stays in group 0")
	}
}

// assumePool tells of what Net::Server's PreFork makes of numbers that are not
// there, or small.
func (t *translation) assumePool() {
	if len(t.modes) == 0 || t.modes[0] != "prefork" || !t.fromFile() {
		return
	}
	if len(t.said["min_spare_servers"]) == 0 {
		t.sink.Report(config.Warning, t.entry.Pos, t.entry.ID, "min_spare_servers", "is 2 where none is said, as Net::Server's document has it; its code takes min_servers")
	}
	most, least := t.said["max_servers"], t.said["min_servers"]
	if len(most) > 0 && len(least) > 0 && len(most[0].value) == 1 && most[0].value < "5" {
		t.warn(least[0], "is as it is written; Net::Server puts max_servers in its place where that is below 5")
	}
}
