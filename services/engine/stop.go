// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"time"

	"superd/services/event"
)

// How superd ends.
type How uint8

const (
	// Terminate: TERM to handlers' process groups, KILL after the limit.
	Terminate How = iota
	// Drain: wait for handlers up to the limit (0 = no limit), then as Terminate.
	Drain
	// Leave: end at once and let handlers run on.
	Leave
)

// Stop ends the engine: no more clients; Run returns when no handler is left.
// A second Stop cuts a first one short. grace is stop_timeout. Stop returns at
// once when sockets are no longer watched: the caller may close them then.
func (e *Engine) Stop(how How, limit, grace time.Duration) {
	e.call(func(e *Engine) { e.stop(how, limit, grace) })
}

func (e *Engine) stop(how How, limit, grace time.Duration) {
	if !e.stopping {
		e.stopping = true
		e.tell(event.Event{Kind: event.Stopping, Level: event.LevelNotice, Count: int64(e.live)})
	}
	for _, s := range e.services {
		s.stopped = true
		for _, l := range s.listeners {
			e.dropListener(l)
		}
		s.listeners = nil
		if s.team != nil {
			e.disband(s.team)
		}
	}
	e.forgetOrphans()
	switch {
	case e.live == 0:
		e.stopped()
	case how == Leave:
		e.leaveSoon()
	case how == Drain && limit > 0:
		e.stopGrace = grace
		e.timers.add(timer{at: e.now + int64(limit), kind: timerStop})
	case how == Terminate:
		e.terminate(grace)
	}
}

// leaveSlack is how long Leave waits for handlers that are being started. Until such a
// one has a descriptor table of its own it shares superd's, and what superd closes when
// it ends would be missing there: its client would see the connection close.
const leaveSlack = 90 * time.Millisecond

func (e *Engine) leaveSoon() {
	e.flying()
	if e.flyWait < 0 {
		e.stopped()
		return
	}
	e.leaveBy = e.now + int64(leaveSlack)
}

// leaveNow is asked once a turn.
func (e *Engine) leaveNow() {
	if e.leaveBy != 0 && (e.flyWait < 0 || e.now >= e.leaveBy) {
		e.stopped()
	}
}

// stopTime is the end of drain_timeout.
func (e *Engine) stopTime() { e.terminate(e.stopGrace) }

func (e *Engine) terminate(grace time.Duration) {
	for i := range e.sessions {
		if x := &e.sessions[i]; x.used && !x.asked {
			e.ask(int32(i), "stop", grace)
		}
	}
	e.timers.add(timer{at: e.now + int64(grace) + int64(killWait), kind: timerAbandon})
}

// killWait is how long superd waits for the end of what it has sent KILL.
const killWait = time.Second

// abandon ends superd although handlers are left that even KILL does not end: one
// that waits in the kernel for a dead disk, or a setuid program that has become
// root while superd is not.
func (e *Engine) abandon() {
	e.tell(event.Event{Kind: event.Note, Level: event.LevelError,
		Text: fmt.Sprintf("superd ends without %d handlers that cannot be killed", e.live)})
	e.stopped()
}

func (e *Engine) stopped() { e.end = true }
