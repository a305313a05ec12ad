// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"

	"superd/limits/wrappers"
	"superd/services"
	"superd/services/config"
)

// HostsRemarks are what is odd in hosts.allow and hosts.deny, if a service asks them.
// They are warnings at most: the files are not superd's alone, and cost no service
// anything but clients.
func HostsRemarks(host *config.Host, r *config.Result) []config.Diagnostic {
	var w *wrapTables
	var daemons []string
	for _, s := range r.Services {
		if name := s.Str(services.Libwrap); s.State == services.Enabled && name != "" {
			if w == nil {
				w = loadWrap(host, r.Daemon.Settings)
			}
			daemons = append(daemons, name)
		}
	}
	if w == nil {
		return nil
	}
	return append(w.remarks(), w.waits(daemons)...)
}

// remarks are about both files, with their places.
func (w *wrapTables) remarks() []config.Diagnostic {
	var out []config.Diagnostic
	for i, f := range []*wrappers.File{w.tables.Allow, w.tables.Deny} {
		if f == nil {
			continue
		}
		for _, n := range f.Notes {
			out = append(out, w.remark(i, n))
		}
	}
	return out
}

func (w *wrapTables) remark(file int, n wrappers.Note) config.Diagnostic {
	return config.Diagnostic{File: w.paths[file], Line: int(n.Line), Col: int(n.Col), Severity: config.Warning, Message: n.Text}
}

// mostWaits bounds what is told of words that wait for a name: a list of whom
// somebody keeps out may have thousands.
const mostWaits = 50

// waits are about words that need a name, in the rules for these daemons; those of
// others are looked up by who serves them.
func (w *wrapTables) waits(daemons []string) []config.Diagnostic {
	concerned := map[*wrappers.Rule]bool{}
	for _, name := range daemons {
		for _, r := range w.of(name).All() {
			concerned[r] = true
		}
	}
	var out []config.Diagnostic
	for i, f := range []*wrappers.File{w.tables.Allow, w.tables.Deny} {
		if f == nil {
			continue
		}
		for _, r := range f.Rules {
			if !concerned[r] {
				continue
			}
			for _, n := range r.Waits {
				out = append(out, w.remark(i, n))
			}
		}
	}
	if more := len(out) - mostWaits; more > 0 {
		next := out[mostWaits]
		next.Message = fmt.Sprintf("from here on %d more words need names", more)
		out = append(out[:mostWaits], next)
	}
	return out
}
