// SPDX-License-Identifier: Apache-2.0

package servicelog

import (
	"fmt"
	"time"

	"superd/services/event"
	"superd/services/event/logs"
	"superd/services/event/logs/syslog"
)

// Spec names a log. Services with equal Specs share one: xinetd opens a file as
// often as it is named, and its limits are then never quite kept.
type Spec struct {
	Path       string // of a file; empty for syslog
	Soft, Hard int64  // in bytes; 0 = no limit

	Facility, Level string // of syslog, in its words
}

// output is where lines go.
type output interface {
	// write takes a line without its end, and tells whether it was taken.
	write(at time.Time, line []byte) bool
	flush()
	reopen() error
	close() error
	// notes are what superd's own log should be told, since they were last asked.
	notes() []event.Event
}

// file is a log file with its limits.
type file struct {
	f     *logs.File
	spec  Spec
	owner string // the service that opened it
	line  []byte
	at    time.Time
	size  int64
	warn  bool // the soft limit's warning was given
	full  bool
	said  []event.Event
}

// mode of a log file that is made, as xinetd makes it.
const mode = 0o644

func openFile(spec Spec, owner string, opt Options) (*file, error) {
	o := &file{spec: spec, owner: owner}
	if fd, ok := opt.Std[spec.Path]; ok {
		o.f = logs.Descriptor(fd, o.encode)
	} else if o.f = logs.AdoptFileMode(opt.inherited(spec.Path), spec.Path, mode, o.encode); o.f == nil {
		f, err := logs.OpenFileMode(spec.Path, mode, opt.HighBase, o.encode)
		if err != nil {
			return nil, err
		}
		o.f = f
	}
	o.measure()
	return o, nil
}

// encode is the File's Encoder: the line is at hand, but for the one that the
// File writes by itself after a disk was full.
func (o *file) encode(buf []byte, e *event.Event) []byte {
	line, at := o.line, o.at
	if e.Kind == event.Dropped {
		line, at = fmt.Appendf(nil, "%d lines were lost: %s", e.Count, e.Err), e.Time
	}
	buf = logs.XinetdStamp(buf, at)
	buf = append(buf, ": "...)
	buf = append(buf, line...)
	return append(buf, '\n')
}

// write appends a line. The one that crosses the hard limit is the last.
func (o *file) write(at time.Time, line []byte) bool {
	if o.full {
		return false
	}
	o.line, o.at = line, at
	o.f.Emit(&event.Event{Time: at})
	o.size += int64(len("26/11/24@09:05:00: \n") + len(line))
	o.judge()
	return true
}

// measure takes the file's size anew: it may have been rotated, or cut.
func (o *file) measure() {
	o.size, o.warn, o.full = o.f.Size(), false, false
	o.judge()
}

func (o *file) judge() {
	if o.spec.Soft > 0 && o.size > o.spec.Soft && !o.warn {
		o.warn = true
		o.say(event.LevelWarning, fmt.Sprintf("soft limit exceeded on %q", o.spec.Path))
	}
	if o.spec.Hard > 0 && o.size > o.spec.Hard && !o.full {
		o.full = true
		o.say(event.LevelError, fmt.Sprintf("hard limit exceeded on %q; nothing more is written to it until it is rotated and superd gets a HUP", o.spec.Path))
	}
}

func (o *file) say(level event.Level, text string) {
	o.said = append(o.said, event.Event{Time: time.Now(), Kind: event.Note, Level: level, Service: o.owner, Text: text})
}

func (o *file) notes() []event.Event {
	said := o.said
	o.said = nil
	return said
}

func (o *file) flush() { o.f.Flush() }

func (o *file) reopen() error {
	err := o.f.Reopen()
	o.measure()
	return err
}

func (o *file) close() error { return o.f.Close() }

// ident is the name that lines in syslog bear, whatever superd's own have: it is
// what fail2ban's and logwatch's filters look for.
const ident = "xinetd"

// facility is a log in syslog, by way of a Sender that is not its own.
type facility struct {
	to       func() *syslog.Sender
	priority syslog.Priority
}

func (o *facility) write(at time.Time, line []byte) bool {
	o.to().Send(o.priority, at, ident, line)
	return true
}

func (o *facility) flush()               {}
func (o *facility) reopen() error        { return nil }
func (o *facility) close() error         { return nil }
func (o *facility) notes() []event.Event { return nil }
