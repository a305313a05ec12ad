// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"strconv"

	"superd/services"
	"superd/services/event"
	"superd/services/event/logs"
	"superd/services/event/logs/servicelog"
)

// newServiceLogs makes what holds the logs that services have of their own.
func (d *Daemon) newServiceLogs() *servicelog.Router {
	return servicelog.New(servicelog.Options{HighBase: d.fds.highBase, Syslog: d.syslogSender, Std: d.fds.std(), Inherited: d.logFiles.take})
}

// ownLog opens the log that a service's log_type names, or gives nil if it has
// none. A service whose log cannot be opened is not started, as xinetd has it: its
// clients would come and go unseen.
func (d *Daemon) ownLog(s *services.Service) (*servicelog.Own, error) {
	words := s.List(services.LogType)
	if len(words) == 0 {
		return nil, nil
	}
	var spec servicelog.Spec
	if words[0] == "FILE" {
		spec.Path, spec.Soft, spec.Hard = words[1], sizeAt(words, 2), sizeAt(words, 3)
	} else {
		spec.Facility, spec.Level = words[1], "info"
		if len(words) > 2 {
			spec.Level = words[2]
		}
	}
	own, err := d.ownLogs.Open(s.ID, spec, logFields(s, services.LogOnSuccess), logFields(s, services.LogOnFailure))
	if err != nil {
		return nil, err
	}
	return &own, nil
}

func sizeAt(words []string, i int) int64 {
	if i >= len(words) {
		return 0
	}
	n, _ := strconv.ParseInt(words[i], 10, 64) // checked at load
	return n
}

// logFields are what a service's lines hold. A native service that has a log and
// does not say what is to be in it has everything; xinetd's has nothing.
func logFields(s *services.Service, a services.AttrID) logs.Fields {
	if !s.Has(a) && s.Compat() == "" {
		return logs.AllFields
	}
	var f logs.Fields
	for _, w := range s.List(a) {
		switch w {
		case "PID":
			f |= logs.FieldPid
		case "HOST":
			f |= logs.FieldHost
		case "EXIT":
			f |= logs.FieldExit
		case "DURATION":
			f |= logs.FieldDuration
		default: // the line without the field: what is not built yet was warned of at load
			f |= logs.FieldAttempt
		}
	}
	return f
}

// sweepLogs closes the logs that no service has any more.
func (d *Daemon) sweepLogs() {
	d.stderr.sweep(func(service string) bool { return d.live[service] != nil })
	if err := d.ownLogs.Sweep(); err != nil {
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Text: "a service's old log", Err: err.Error()})
	}
}
