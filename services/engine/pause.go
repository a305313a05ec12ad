// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/limits/admit"
	"superd/services/event"
	"superd/spawn"
)

// When descriptors, memory or processes run out, superd stops looking at its
// listeners until something is given back, or a short while has passed, and then
// tries again. Clients wait in the backlog. It says so once an episode; an
// episode ends when it has gone well for a while.
const (
	pauseMin   = 50 * time.Millisecond
	pauseMax   = time.Second
	episodeEnd = 5 * time.Second
)

type pauseState struct {
	on      bool
	until   int64
	length  time.Duration
	episode int64 // when it began, 0 = none
	last    int64 // when the last trouble was
}

// stalled is a client that was let in, for whom no process could be made. It is
// the first to be served when the pause ends; its reservation stands.
type stalled struct {
	lst  *listener
	svc  *service
	conn int
	peer activation.Peer
}

// pauseFor begins a pause, what being the call that failed.
func (e *Engine) pauseFor(what string, err error) {
	p := &e.pause
	if err == spawn.ErrBusy { // all slots are in flight: no trouble, only a moment
		e.poll.pauseAll(true)
		p.on = true
		e.timers.add(timer{at: e.now + int64(time.Millisecond), kind: timerPause})
		p.until = e.now + int64(time.Millisecond)
		return
	}
	if p.last == 0 || e.now-p.last > int64(episodeEnd) {
		p.length, p.episode = pauseMin, 0
	} else {
		p.length = min(2*p.length, pauseMax)
	}
	p.last = e.now
	if p.episode == 0 {
		p.episode = e.now
		e.tell(event.Event{Kind: event.Pause, Level: event.LevelError, Reason: what, Err: err.Error(), Duration: p.length,
			Text: "no new clients are accepted until there is room; they wait in the kernel's queue"})
	}
	p.on = true
	p.until = e.now + int64(p.length)
	e.poll.pauseAll(true)
	e.timers.add(timer{at: p.until, kind: timerPause})
}

// resume ends the pause whose timer was set for at.
func (e *Engine) resume(at int64) {
	if e.pause.on && e.pause.until <= at {
		e.unpause()
	}
}

// roomAgain is called when a session has ended: its descriptors and its process
// are free.
func (e *Engine) roomAgain() {
	if e.pause.on {
		e.unpause()
	}
}

func (e *Engine) unpause() {
	e.pause.on = false
	for len(e.stalled) > 0 {
		s := e.stalled[0]
		e.stalled = e.stalled[1:]
		if s.svc.stopped && e.stopping {
			s.svc.gate.Release(s.peer.Addr.Addr())
			unix.Close(s.conn)
			continue
		}
		e.start(s.lst, s.conn, &s.peer)
		if e.pause.on {
			return
		}
	}
	e.stalled = nil
	if err := e.poll.pauseAll(false); err != nil {
		e.pauseFor("epoll", err)
	}
}

// pauseService holds a stream wait service back whose gate says no: its clients
// are not accepted by superd and so cannot be refused.
func (e *Engine) pauseService(l *listener, v *admit.Verdict) {
	l.notTill = e.now + int64(pauseMax)
	l.svc.counts.Refused++
	if !l.svc.paused {
		l.svc.paused = true
		e.tell(event.Event{Kind: event.Pause, Level: event.LevelNotice, Service: l.svc.spec.ID, Reason: v.Reason.String(), Rule: v.Rule, Place: l.svc.placeOf(v.Place)})
	}
	e.refresh(l.svc)
}

// mend deals with a listener that reports more than readiness. A handler's
// shutdown() on a listening socket that it shares with us makes it hang up for
// everybody; listen() again repairs that. A datagram socket may carry an error
// (an ICMP message for something a handler sent); reading SO_ERROR clears it.
// It says whether the listener can be served now.
func (e *Engine) mend(l *listener, events uint32) bool {
	if events&unix.EPOLLERR != 0 {
		unix.GetsockoptInt(l.sock.FD(), unix.SOL_SOCKET, unix.SO_ERROR)
	}
	if !l.sock.IsStream() {
		return events&unix.EPOLLIN != 0
	}
	if events&unix.EPOLLHUP == 0 {
		return events&unix.EPOLLIN != 0
	}
	err := l.sock.Listen()
	text, level := "a handler had shut down the listening socket; it listens again", event.LevelWarning
	ev := event.Event{Kind: event.Note, Service: l.svc.spec.ID, Local: l.sock.Address()}
	if err != nil {
		text, level, ev.Err = "a handler has shut down the listening socket", event.LevelError, err.Error()
		l.notTill = e.now + int64(pauseMax)
		e.refresh(l.svc)
	}
	ev.Text, ev.Level = text, level
	e.tell(ev)
	return false
}

// strangers reaps children that superd never started, and looks after sessions
// whose pidfd could not be watched.
func (e *Engine) strangers() {
	for i := range e.sessions {
		if x := &e.sessions[i]; x.used && x.obj < 0 && x.pid > 0 {
			e.reap(int32(i))
		}
	}
	if e.opt.Strangers {
		wait := time.Second
		if spawn.ReapStrangers(e.ours, e.stranger) { // one of ours has ended and is in the way
			wait = 10 * time.Millisecond
		}
		e.timers.add(timer{at: e.now + int64(wait), kind: timerStrangers})
	}
}

func (e *Engine) stranger(spawn.Exit) {}

func (e *Engine) ours(pid int) bool {
	for i := range e.sessions {
		if e.sessions[i].used && e.sessions[i].pid == int32(pid) {
			return true
		}
	}
	return false
}
