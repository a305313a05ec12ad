// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"superd/limits/wrappers"
	"superd/services"
	"superd/services/config"
)

// HostsRemarks are what is odd in hosts.allow and hosts.deny, if a service asks them.
// They are warnings at most: the files are not superd's alone, and cost no service
// anything but clients.
func HostsRemarks(host *config.Host, r *config.Result) []config.Diagnostic {
	for _, s := range r.Services {
		if s.State == services.Enabled && s.Str(services.Libwrap) != "" {
			return loadWrap(host, r.Daemon.Settings).remarks()
		}
	}
	return nil
}

// remarks are about both files, with their places.
func (w *wrapTables) remarks() []config.Diagnostic {
	var out []config.Diagnostic
	for i, f := range []*wrappers.File{w.tables.Allow, w.tables.Deny} {
		if f == nil {
			continue
		}
		for _, n := range f.Notes {
			out = append(out, config.Diagnostic{File: w.paths[i], Line: int(n.Line), Col: int(n.Col), Severity: config.Warning, Message: n.Text})
		}
	}
	return out
}
