// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"superd/services"
	"superd/services/event"
	"superd/services/event/logs"
	"superd/services/event/logs/syslog"
)

// openLog starts the log that [daemon] asks for.
func (d *Daemon) openLog() error {
	d.ownLogs = d.newServiceLogs()
	sink, fd, err := d.logSink(d.settings)
	if err != nil && d.opt.Reading.Upgraded() {
		d.early = append(d.early, event.Event{Kind: event.Note, Level: event.LevelError, Text: "the log goes to standard error until a reload", Err: err.Error()})
		d.settings = slices.Clone(d.settings).With(services.Setting{Attr: services.LogFile, Value: ""})
		sink, fd, err = d.logSink(d.settings)
	}
	if err != nil {
		return err
	}
	d.log = logs.New(d.ring, sink)
	d.log.Route(d.ownLogs)
	d.log.Follow(d.tap())
	d.log.SetLevel(event.Level(d.settings.Int(services.LogLevel)))
	d.log.Start()
	d.logFD = fd
	d.stderr.follow(stderrCommand(d.settings))
	return d.fds.setLog(fd())
}

// logSink opens superd's own log: the sink, and what gives the descriptor that
// handlers get whose standard error is the log. That changes when a file is opened
// anew.
func (d *Daemon) logSink(s services.Settings) (logs.Sink, func() int, error) {
	format := s.Str(services.LogFormat)
	d.logPath = ""
	d.ownLogs.Alone(format == "xinetd")
	name := s.Str(services.LogFile)
	if name == services.ToSyslog {
		// A syslog message is a datagram: handlers cannot be given one to write to.
		// They have pipes of their own (stderrPipes).
		return syslog.NewSink(d.syslogSender, s.Str(services.SyslogFacility), s.Str(services.SyslogIdent), bare(format)),
			func() int { return 0 }, nil
	}
	fd, std := d.fds.std()[name]
	if name == "" {
		fd, std = d.fds.stderr, true
	}
	if std {
		return logs.Descriptor(fd, d.lines(format, fd)), func() int { return fd }, nil
	}
	f := logs.AdoptFile(d.logFiles.take(name), name, encoder(format))
	if f == nil {
		var err error
		if f, err = logs.OpenFile(name, d.fds.highBase, encoder(format)); err != nil {
			return nil, nil, err
		}
	}
	d.logPath = name
	return f, f.FD, nil
}

// lines is how a stream gets its lines: the journal is told each one's level, and
// has its own time.
func (d *Daemon) lines(format string, fd int) logs.Encoder {
	if logs.IsJournal(os.Getenv("JOURNAL_STREAM"), fd) {
		return logs.Leveled(bare(format))
	}
	return encoder(format)
}

func encoder(format string) logs.Encoder {
	switch format {
	case "json":
		return logs.JSON
	case "xinetd":
		return logs.Xinetd
	}
	return logs.Text
}

// bare is for where time and level have a place of their own.
func bare(format string) logs.Encoder {
	switch format {
	case "json":
		return logs.JSON
	case "xinetd":
		return logs.XinetdBare
	}
	return logs.Bare
}

// syslogSender gives the connection to syslog, and makes it if this is the first
// who wants it.
func (d *Daemon) syslogSender() *syslog.Sender {
	d.syslogMu.Lock()
	defer d.syslogMu.Unlock()
	if d.syslog == nil {
		s := d.syslogWanted
		network, address := services.Logsock(s.Str(services.SyslogLogsock))
		opt := s.List(services.SyslogLogopt)
		d.syslog = syslog.Open(syslog.Options{Network: network, Address: address, NoPid: !slices.Contains(opt, "pid"),
			Console: slices.Contains(opt, "cons"), HighBase: d.fds.highBase, Complain: d.syslogAway,
			Lost: func(n int64) string { return fmt.Sprintf("%d log lines were lost: syslog was away or too slow", n) }})
	}
	return d.syslog
}

// syslogAway says so where superd was started from; the log may be syslog itself.
func (d *Daemon) syslogAway(err error) {
	unix.Write(d.fds.stderr, fmt.Appendf(nil, "superd: %v; superd goes on and tries again\n", err))
}

// endSyslog sends what waits for syslog, if that takes it. Who has more makes a new
// connection.
func (d *Daemon) endSyslog() {
	d.syslogMu.Lock()
	old := d.syslog
	d.syslog = nil
	d.syslogMu.Unlock()
	if old != nil {
		old.Close()
	}
}

// retuneSyslog follows a reload. The old connection is ended when the new one can
// be had, and sends what waits.
func (d *Daemon) retuneSyslog(new services.Settings) {
	d.syslogMu.Lock()
	old := d.syslog
	if same(d.syslogWanted, new, services.SyslogLogsock, services.SyslogLogopt) {
		old = nil
	} else {
		d.syslog = nil
	}
	d.syslogWanted = new
	d.syslogMu.Unlock()
	if old != nil {
		old.Close()
	}
}

// reopenLog is for whoever rotates the files: SIGHUP opens them anew.
func (d *Daemon) reopenLog() {
	if err := d.log.Reopen(); err != nil {
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Text: "the old log file is kept", Err: err.Error()})
	}
	d.fds.setLog(d.logFD())
}

// retuneLog follows what a reload says of the log. A log that cannot be opened
// leaves the old one in use.
func (d *Daemon) retuneLog(old, new services.Settings) {
	d.log.SetLevel(event.Level(new.Int(services.LogLevel)))
	d.retuneSyslog(new)
	if same(old, new, services.LogFile, services.LogFormat, services.SyslogFacility, services.SyslogIdent) {
		d.stderr.follow(stderrCommand(new))
		return
	}
	path := d.logPath
	sink, fd, err := d.logSink(new)
	if err != nil {
		d.logPath = path
		d.ownLogs.Alone(old.Str(services.LogFormat) == "xinetd")
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Text: "the old log is kept", Err: err.Error()})
		return
	}
	d.log.Replace(sink)
	d.logFD = fd
	d.fds.setLog(fd())
	d.stderr.follow(stderrCommand(new))
}

// same tells whether two settings agree in some attributes.
func same(a, b services.Settings, attrs ...services.AttrID) bool {
	for _, attr := range attrs {
		x, _, _ := a.Get(attr)
		y, _, _ := b.Get(attr)
		if fmt.Sprint(x) != fmt.Sprint(y) {
			return false
		}
	}
	return true
}
