// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"superd/services"
	"superd/services/event"
	"superd/services/event/logs"
)

// openLog starts the log that [daemon] asks for.
func (d *Daemon) openLog() error {
	f, err := d.logSink()
	if err != nil {
		return err
	}
	d.log = logs.New(d.ring, f)
	d.log.SetLevel(event.Level(d.settings.Int(services.LogLevel)))
	d.log.Start()
	d.logFile = f
	return d.fds.setLog(f.FD())
}

func (d *Daemon) logSink() (*logs.File, error) {
	enc := logs.Text
	if d.settings.Str(services.LogFormat) == "json" {
		enc = logs.JSON
	}
	if name := d.settings.Str(services.LogFile); name != "" {
		return logs.OpenFile(name, d.fds.highBase, enc)
	}
	return logs.Descriptor(d.fds.stderr, enc), nil
}

// reopenLog is for whoever rotates the file: SIGHUP opens it anew.
func (d *Daemon) reopenLog() {
	if err := d.log.Reopen(); err != nil {
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Text: "the old log file is kept", Err: err.Error()})
		return
	}
	d.fds.setLog(d.logFile.FD())
}

// retuneLog follows what a reload says of the log. A log that cannot be opened
// leaves the old one in use.
func (d *Daemon) retuneLog(old, new services.Settings) {
	d.log.SetLevel(event.Level(new.Int(services.LogLevel)))
	if old.Str(services.LogFile) == new.Str(services.LogFile) && old.Str(services.LogFormat) == new.Str(services.LogFormat) {
		return
	}
	d.settings = new
	f, err := d.logSink()
	if err != nil {
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Text: "the old log is kept", Err: err.Error()})
		return
	}
	d.log.Replace(f)
	d.logFile = f
	d.fds.setLog(f.FD())
}
