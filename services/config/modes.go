// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"

	"superd/services"
)

// chooseMode takes the first of a list of modes that works on this machine, and tells
// why those before it were passed over.
func (r *resolver) chooseMode() {
	r.svc.Choice = services.Choose(r.svc, r.programFault())
	if r.svc.Choice == nil {
		return
	}
	pos, name := r.place(services.Mode, services.Origin{})
	for _, p := range r.svc.Choice.Passed {
		severity := Info
		if p.Unknown {
			severity = Warning
		}
		r.Report(severity, pos, r.entry.ID, name, fmt.Sprintf("%q is passed over: %s", p.Mode, p.Reason))
	}
	if r.svc.Choice.Mode == "" {
		r.fail(services.Mode, "none of these modes works here")
	}
}

// programFault says why the service's program cannot be run as things are.
func (r *resolver) programFault() error {
	argv := r.svc.List(services.Exec)
	if len(argv) == 0 {
		return nil // the model says so where one is needed
	}
	if _, err := Program(r.host, r.svc); err != nil {
		return fmt.Errorf("cannot run %q: %w", shorten(argv[0]), err)
	}
	return nil
}
