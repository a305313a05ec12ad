// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"fmt"
	"slices"

	"superd/services"
	"superd/services/config"
)

// entry is a service in the making: a socket unit with the service unit that it
// starts.
type entry struct {
	run     *run
	id      string
	pos     config.Pos
	socket  *unit
	service *unit // nil: there is none
	accept  bool
	listens listens
	beside  []*entry // other units' sockets that its program gets
	implied bool     // another one's program wants its sockets
	alone   string   // why its program can have no other unit's sockets

	assigns []config.Assign
	remarks []remark
	refused bool
	off     bool // written down, and switched off
	command command
	env     environment
}

// remark is a diagnostic that waits until it is known whether the service runs.
type remark struct {
	sev       config.Severity
	pos       config.Pos
	attribute string
	message   string
}

func (e *entry) state() services.State {
	switch {
	case e.off:
		return services.Disabled
	case e.refused:
		return services.Refused
	}
	return services.Enabled
}

// refuse keeps superd from running the service.
func (e *entry) refuse(s setting, format string, args ...any) {
	e.refused = true
	e.remarks = append(e.remarks, remark{config.Error, s.pos, s.key, fmt.Sprintf(format, args...)})
}

func (e *entry) warn(s setting, format string, args ...any) {
	e.remarks = append(e.remarks, remark{config.Warning, s.pos, s.key, fmt.Sprintf(format, args...)})
}

// missing refuses the service for want of something that is not built, unless the
// administrator has accepted that by the option's name.
func (e *entry) missing(s setting, what string) {
	if what != "" {
		what += ": "
	}
	if slices.Contains(e.run.allowed, s.key) {
		e.warn(s, "%snot built yet: the service runs without it, as --allow-missing says", what)
		return
	}
	e.refuse(s, "%snot built yet; --allow-missing %s runs the service without it", what, s.key)
}

// put assigns a value of the service, of any type that TOML has, or refuses it.
func (e *entry) put(attr services.AttrID, s setting, v any) {
	made, err := attr.Row().FromTOML(v)
	if err != nil {
		e.refuse(s, "%v", err)
		return
	}
	e.assigns = append(e.assigns, config.Assign{Attr: attr, Value: made, As: s.key, Pos: s.pos})
}

// expand resolves the specifiers of a text that a unit's setting has.
func (e *entry) expand(s setting, text string) (string, bool) {
	u := e.socket
	if s.section == "Service" {
		u = e.service
	}
	out, err := specifiers{run: e.run, unit: u, connection: e.accept && u == e.service}.expand(text)
	if err != nil {
		e.refuse(s, "%v", err)
		return "", false
	}
	return out, true
}

// tell hands the remarks over. What is wrong with a service that is switched off is
// nobody's concern until it is switched on.
func (e *entry) tell(sink config.Sink) {
	if e.off {
		return
	}
	for _, m := range e.remarks {
		sink.Report(m.sev, m.pos, e.id, m.attribute, m.message)
	}
}

func (e *entry) result() config.Entry {
	return config.Entry{ID: e.id, Name: e.id, Pos: e.pos, Assigns: e.assigns, State: e.state(), Share: e.share()}
}
