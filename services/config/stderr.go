// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"

	"superd/services"
)

// findLostStderr warns of handlers whose standard error nobody will see: where the
// log is in syslog alone there is no file of which they could be given a copy.
func (l *loader) findLostStderr() {
	where, ok := l.daemon.Find(services.LogFile)
	if !ok || where.Value != services.ToSyslog {
		return
	}
	n, example := 0, ""
	for _, s := range l.services {
		if s.State == services.Enabled && s.Str(services.Stderr) == "log" {
			if n++; n == 1 {
				example = s.ID
			}
		}
	}
	if n > 0 {
		l.Report(Warning, Pos{File: where.Origin.File, Line: where.Origin.Line}, "", services.LogFile.Row().Name, fmt.Sprintf(
			"with the log in syslog alone, what handlers with stderr = \"log\" write there is lost; such are %d, as %q", n, example))
	}
}
