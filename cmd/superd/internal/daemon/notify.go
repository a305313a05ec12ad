// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"strings"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"

	"superd/activation/notify"
	"superd/services/engine"
	"superd/services/event"
)

// What superd tells the service manager (sd_notify(3)). Without NOTIFY_SOCKET all
// of this does nothing. Handlers never see the variable.

// manager is the service manager, as superd speaks to it. The daemon's own
// goroutine owns it.
type manager struct {
	to     *notify.Socket
	status string // as last told
}

// statusEvery is how often the status is looked at. A message wakes process 1.
const statusEvery = 5 * time.Second

// extend is what a superd that drains asks for, each time before it is over.
const extend = "\nEXTEND_TIMEOUT_USEC=30000000"

// tell sends a message. That it cannot be sent is no reason to stop serving.
func (m *manager) tell(message string) { _ = m.to.Send(message) }

// ready says that superd serves, at the start and after each reload.
func (m *manager) ready(status string) {
	m.status = status
	m.tell(sd.SdNotifyReady + "\nSTATUS=" + notify.Line(status))
}

// reloading begins a reload. Type=notify-reload (systemd 253) wants the time, and
// READY=1 behind it whatever became of the reload.
func (m *manager) reloading() {
	m.tell(sd.SdNotifyReloading + "\n" + strings.TrimSpace(sd.SdNotifyMonotonicUsec()))
}

// say tells a new status, and more behind it; nothing if nothing is new.
func (m *manager) say(status, more string) {
	if status == m.status && more == "" {
		return
	}
	m.status = status
	m.tell("STATUS=" + notify.Line(status) + more)
}

// connectManager finds the service manager, if there is one.
func (d *Daemon) connectManager() {
	to, err := notify.Open(d.opt.Environ, d.fds.highBase)
	if err != nil {
		d.post(event.Event{Kind: event.Note, Level: event.LevelWarning, Text: "the service manager is not told of superd", Err: err.Error()})
	}
	d.manager.to = to
	d.store = newStore(to, d.opt.Environ, d.fds.highBase, d.stored.state, d.stored.names, func(level event.Level, text, err string) {
		d.post(event.Event{Kind: event.Note, Level: level, Text: text, Err: err})
	})
	if d.stored.useless && d.stored.state < 0 {
		_ = to.Remove(stateName)
	}
	d.store.resume()
}

// status is superd in one line.
func (d *Daemon) status() string {
	t := d.engine.Totals()
	if d.stopping {
		return fmt.Sprintf("Stopping; sessions: %d", t.Sessions)
	}
	text := fmt.Sprintf("services: %d, sessions: %d, refused: %d", t.Services, t.Sessions, t.Refused)
	if n := len(d.waiting); n > 0 {
		text += fmt.Sprintf(", waiting for their sockets: %d", n)
	}
	return text
}

// tellStatus is called every statusEvery.
func (d *Daemon) tellStatus() {
	more := ""
	if d.stopping {
		more = extend
	}
	d.manager.say(d.status(), more)
}

// tellStopping begins the end. Who is asked to wait for handlers has the manager
// drop its copies of the sockets first: no superd follows soon that would serve who
// comes from here on, so the kernel shall tell them.
func (d *Daemon) tellStopping(how engine.How) {
	more := ""
	if how != engine.Leave {
		more = extend
	}
	d.manager.tell(sd.SdNotifyStopping + "\nSTATUS=" + d.status() + more)
	if how == engine.Drain {
		d.store.forget()
	}
}

// heartbeat tells the manager, at half the time after which that takes superd for
// hung, that superd lives: each time only when the engine's owner has answered, for
// a heartbeat that a stuck engine cannot keep back would be worth nothing. It has a
// goroutine of its own, so that a reload that waits for a slow name server is no
// hang. The function that it gives ends it.
func heartbeat(to *notify.Socket, e *engine.Engine) (stop func()) {
	every, err := sd.SdWatchdogEnabled(false)
	if to == nil || err != nil || every <= 0 {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every / 2)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			e.Totals()
			_ = to.Send(sd.SdNotifyWatchdog)
		}
	}()
	return func() { close(quit); <-done }
}
