// SPDX-License-Identifier: Apache-2.0

package xinetd

import (
	"slices"

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
}
