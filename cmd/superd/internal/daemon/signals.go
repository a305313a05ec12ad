// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"superd/services"
	"superd/services/engine"
	"superd/services/event"
)

func (d *Daemon) signal(s syscall.Signal) {
	d.post(event.Event{Kind: event.Note, Level: event.LevelInfo, Text: "got " + unix.SignalName(s)})
	d.passOn(s)
	how := map[bool]engine.How{true: engine.Terminate, false: engine.Drain}[s != unix.SIGQUIT]
	switch s = d.opt.Manners.meaning(s); s {
	case unix.SIGTERM, unix.SIGINT, unix.SIGQUIT:
		if d.opt.Manners.Leave || d.opt.Manners.LeaveOnTerm && s != unix.SIGQUIT {
			how = engine.Leave
		}
		d.stop(how)
	case 0:
	case unix.SIGHUP:
		d.reopenLog()
		d.reload()
	case unix.SIGUSR1:
		d.dump()
	case unix.SIGUSR2:
		d.upgradeNow()
	case unix.SIGTTIN:
		d.engine.ResizeAll(func(n int64) int64 { return n + 1 })
	case unix.SIGTTOU:
		d.engine.ResizeAll(func(n int64) int64 { return n - 1 })
	default:
		d.note(event.LevelNotice, "", unix.SignalName(s)+" has no meaning yet and is ignored")
	}
}

// passOn gives a signal to the programs that want it too.
func (d *Daemon) passOn(s syscall.Signal) {
	name := strings.TrimPrefix(unix.SignalName(s), "SIG")
	for id, l := range d.live {
		if slices.Contains(l.def.List(services.SigPassthrough), name) {
			n := d.engine.Signal(id, s)
			d.note(event.LevelInfo, id, fmt.Sprintf("passed %s to %d processes", name, n))
		}
	}
}

// stop is what a signal asks for.
func (d *Daemon) stop(how engine.How) {
	d.stopWithin(how, seconds(d.settings.Float(services.DrainTimeout)))
}

// stopWithin ends superd's listening at once; limit is for a drain, 0 is none. A
// second signal or request cuts a drain short.
func (d *Daemon) stopWithin(how engine.How, limit time.Duration) {
	if d.stopping && how != engine.Leave {
		how = engine.Terminate
	}
	d.stopping = true
	d.tellStopping(how)
	if d.removePidFile(); how == engine.Leave { // whoever waits for superd's end looks there
		d.engine.Stop(how, 0, 0)
		return
	}
	grace := seconds(d.settings.Float(services.StopTimeout))
	d.engine.Stop(how, limit, grace)
	// Sockets close now: clients who come from here on are told so by the kernel,
	// and another superd may bind.
	d.closeSockets()
	clear(d.live)
	clear(d.waiting)
	d.publish()
}
