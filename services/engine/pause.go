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
	wrap *wrapping
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
			spawn.CloseConn(s.conn)
			continue
		}
		e.startAs(s.lst, s.conn, &s.peer, s.wrap)
		if e.pause.on {
			return
		}
	}
	e.stalled = nil
	if e.frozen {
		return // who has frozen the engine goes on with the listeners
	}
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
	e.listenAgain(l)
	return false
}

// spoiled remembers that what shares a socket with us makes it look ready when
// nothing waits. A process that a handler has left behind can do so for ever.
type spoiled struct {
	times int
	last  int64
}

// again counts one more time and gives the pause that it makes necessary: none
// the first times.
func (sp *spoiled) again(now, most int64) (pause int64) {
	if now-sp.last > int64(spoiledForget) {
		sp.times = 0
	}
	sp.times++
	sp.last = now
	if sp.times <= spoiledFree {
		return 0
	}
	return min(int64(waitBackoff)<<min(sp.times-spoiledFree, 10), most)
}

const (
	spoiledFree   = 3
	spoiledForget = 10 * time.Second
)

func (e *Engine) listenAgain(l *listener) {
	err := l.sock.Listen()
	pause := l.spoiled.again(e.now, int64(pauseMax))
	ev := event.Event{Kind: event.Note, Level: event.LevelWarning, Service: l.svc.spec.ID, Local: l.sock.Address(),
		Text: "a handler had shut down the listening socket; it listens again"}
	if err != nil {
		pause = int64(pauseMax)
		ev.Level, ev.Text, ev.Err = event.LevelError, "a handler has shut down the listening socket", err.Error()
	}
	if l.spoiled.times <= spoiledFree {
		e.tell(ev)
	}
	e.holdBack(l, pause)
}

// falselyReady is for a datagram socket that was ready and had nothing for us: a
// datagram's checksum was wrong, or somebody else took it, or a handler has
// called shutdown() on it, which shows as readiness for ever, and for which the
// kernel has no remedy. What comes is still delivered.
func (e *Engine) falselyReady(l *listener) {
	const most = 100 * time.Millisecond
	e.holdBack(l, l.spoiled.again(e.now, int64(most)))
}

// holdBack does not look at a listener for a while.
func (e *Engine) holdBack(l *listener, pause int64) {
	if pause > 0 {
		l.notTill = e.now + pause
		e.refresh(l.svc)
	}
}

// strangers reaps children that superd never started, and looks after sessions
// whose pidfd could not be watched.
func (e *Engine) strangers() {
	e.looking = false
	blind := false
	for i := range e.sessions {
		if x := &e.sessions[i]; x.used && x.obj < 0 && x.pid > 0 {
			if n, _ := unix.Poll([]unix.PollFd{{Fd: x.pidfd, Events: unix.POLLIN}}, 0); n == 1 {
				e.reap(int32(i))
			} else {
				blind = true
			}
		}
	}
	if blind || e.opt.Strangers {
		wait := time.Second
		if e.opt.Strangers && spawn.ReapStrangers(e.ours, e.stranger) { // one of ours has ended and is in the way
			wait = 10 * time.Millisecond
		}
		e.lookLater(wait)
	}
}

// lookLater sets the timer for strangers, of which there is one.
func (e *Engine) lookLater(wait time.Duration) {
	if !e.looking {
		e.looking = true
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
	return e.opt.Ours != nil && e.opt.Ours(pid)
}
