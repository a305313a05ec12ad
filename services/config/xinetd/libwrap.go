// SPDX-License-Identifier: Apache-2.0

package xinetd

import (
	"slices"
	"strings"

	"superd/services"
	"superd/services/config"
)

// libwrap names the service for hosts.allow and hosts.deny, as xinetd does of
// itself.
func (e *entry) libwrap(daemon string) {
	if e.flag("NOLIBWRAP") {
		e.assigns = slices.DeleteFunc(e.assigns, func(a config.Assign) bool { return a.Attr == services.Libwrap })
		return
	}
	if !e.has("libwrap") {
		e.assigns = append(e.assigns, config.Assign{
			Attr: services.Libwrap, Value: daemon, Pos: config.Pos{File: services.FromFormatDefault},
		})
	}
	if file := e.run.guarded(); file != "" {
		e.fail(attr{name: "libwrap"}, e.block.pos, "%s may keep clients from this service, and hosts.allow and hosts.deny are not built yet", file)
	}
}

// guarded returns the file of libwrap that could refuse a client; "" if none can.
// Rules in hosts.allow refuse only by an option, which comes after a second colon.
func (r *run) guarded() string {
	if r.wrapped == nil {
		file := ""
		if r.rule("/etc/hosts.allow", 2) {
			file = "/etc/hosts.allow"
		}
		if r.rule("/etc/hosts.deny", 1) {
			file = "/etc/hosts.deny"
		}
		r.wrapped = &file
	}
	return *r.wrapped
}

// rule tells whether a file has a rule of so many colons at least.
func (r *run) rule(name string, colons int) bool {
	data, err := r.host.ReadFile(name)
	if err != nil {
		return false
	}
	for line := range strings.Lines(strings.ReplaceAll(string(data), "\\\n", " ")) {
		if !strings.HasPrefix(line, "#") && strings.Count(line, ":") >= colons {
			return true
		}
	}
	return false
}
