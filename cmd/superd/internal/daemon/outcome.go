// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"superd/services/config"
	"superd/services/event/control"
)

// outcome is what a reload comes to, for the one who waits for it. The methods do
// nothing for nil: nobody waits.
type outcome control.Reload

func (o *outcome) change(id, what, err string) {
	if o == nil {
		return
	}
	o.Changes = append(o.Changes, control.Change{Service: id, Change: what, Error: err})
	if err != "" {
		o.Errors++
	}
}

func (o *outcome) diagnostics(r *config.Result) {
	if o == nil {
		return
	}
	for _, x := range r.Diags {
		o.Diagnostics = append(o.Diagnostics, control.Diagnostic{Severity: x.Severity.String(), Text: x.String()})
	}
	o.Errors += r.Errors()
}

// unused says that nothing was changed.
func (o *outcome) unused() {
	if o != nil {
		o.Applied = false
	}
}
