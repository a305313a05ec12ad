// SPDX-License-Identifier: Apache-2.0

package syslog

import "slices"

// Priority is a facility and a severity, as RFC 5424 (6.2.1) puts them together.
type Priority uint8

var severities = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

// facilities in the order of their numbers; 12 to 15 are nobody's.
var facilities = []string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
	"", "", "", "", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}

// PriorityOf puts a facility's and a severity's name together. Words that it does
// not know are "daemon" and "info".
func PriorityOf(facility, severity string) Priority {
	f, s := slices.Index(facilities, facility), slices.Index(severities, severity)
	if f < 0 || facility == "" {
		f = slices.Index(facilities, "daemon")
	}
	if s < 0 {
		s = slices.Index(severities, "info")
	}
	return Priority(f<<3 | s)
}

// With is the same facility with another severity, of Net::Server's levels: 0
// errors to 4 debugging.
func (p Priority) With(level uint8) Priority { return p&^7 | Priority(min(level+3, 7)) }
