// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/services/event"
	"superd/spawn"
)

// session is one handler process and what is held for it, from the gate's
// reservation to the reaping. Sessions live in a slab; index and generation name
// one for as long as it lives.
type session struct {
	gen     uint32
	obj     int32 // the poller's object for pidfd, -1 = none
	pid     int32
	pidfd   int32
	svc     *service
	lent    []loan // of a wait handler: the listening sockets that it has
	network string
	peer    activation.Peer
	since   int64
	flying  bool  // its spawn has not settled
	failed  bool  // it never became the program
	asked   bool  // TERM was sent
	killAt  int64 // when KILL follows
	endAt   int64 // session_timeout; 0 = none
	reason  string
	used    bool
	role    role
	wrap    *wrapping // of roleDecides: the client who waits
	worker  int32     // of roleWorker: which one
	holders []Holder  // of roleHolder: the others who have the socket
}

func (e *Engine) newSession(s *service, network string, peer *activation.Peer) int32 {
	var i int32
	if n := len(e.freeSess); n > 0 {
		i = e.freeSess[n-1]
		e.freeSess = e.freeSess[:n-1]
	} else {
		e.sessions = append(e.sessions, session{gen: e.firstGen})
		i = int32(len(e.sessions) - 1)
	}
	gen := e.sessions[i].gen
	e.sessions[i] = session{gen: gen, obj: -1, pidfd: -1, svc: s, network: network, peer: *peer, since: e.now, used: true}
	e.live++
	return i
}

func (e *Engine) freeSession(i int32) {
	x := &e.sessions[i]
	*x = session{gen: x.gen + 1, obj: -1, pidfd: -1}
	e.freeSess = append(e.freeSess, i)
	e.live--
}

// settled is called once for each spawn, when the child has left our memory.
func (e *Engine) settled(o spawn.Outcome) {
	x := &e.sessions[int32(o.Tag)]
	x.flying = false
	s := x.svc
	s.inFlight--
	if o.Err != nil {
		x.failed = true
		if x.role != roleWorker { // of a worker no client hangs
			s.counts.Failed++
		}
		if x.role != roleWorker || e.workers[x.worker].team.lacks(o.Err.Error(), e.now) {
			e.tell(event.Event{Kind: event.SpawnFail, Level: event.LevelError, Service: s.spec.ID, Peer: x.peer.Addr, Network: x.network,
				Pid: x.pid, Step: o.Err.Step, Err: o.Err.Error()})
		}
	}
	if x.role == roleWorker {
		e.workerSettled(x.worker, o.Err == nil)
	}
	if s.crowded {
		e.refresh(s)
	}
}

// reap ends a session whose process has ended.
func (e *Engine) reap(i int32) {
	x := &e.sessions[i]
	if x.role == roleHolder {
		e.holderEnded(i)
		return
	}
	if x.flying { // the exit cleared the slot's word before it made the pidfd readable
		e.flying()
	}
	s := x.svc
	if s.spec.KillLeftovers && s.spec.OwnGroup && (x.role == roleHandler || x.role == roleWorker) { // while the zombie still holds the group's number
		unix.Kill(-int(x.pid), unix.SIGKILL)
	}
	exit, err := spawn.Reap(int(x.pidfd))
	if err == spawn.ErrRunning {
		return
	}
	e.closePidfd(x)
	s.sessions--
	switch x.role {
	case roleHandler:
		e.handlerEnded(i, exit)
	case roleWorker:
		e.workerEnded(i, exit)
	case roleDequeue:
		e.dequeueEnded(i, exit)
	default:
		e.commandEnded(i, exit)
	}
	e.roomAgain()
	e.refresh(s)
	if e.stopping && e.live == 0 {
		e.stopped()
	}
}

func (e *Engine) handlerEnded(i int32, exit spawn.Exit) {
	x := &e.sessions[i]
	s := x.svc
	if !x.failed {
		s.counts.Exited++
		if quiet := !s.spec.Loud.Exit; !quiet || e.followed() {
			e.tell(event.Event{Kind: event.Exit, Level: s.spec.Loud.Level, Quiet: quiet, Service: s.spec.ID, Network: x.network, Peer: x.peer.Addr,
				Pid: x.pid, Status: int32(exit.Status), Signal: int32(exit.Signal), Duration: nanos(e.now - x.since), Reason: x.reason})
		}
	}
	s.gate.Release(x.peer.Addr.Addr())
	e.giveBack(i)
	e.freeSession(i)
}

// closePidfd ends the watching of a pidfd. Where no child can have a copy, since
// none is on its way or the number is a high one, the close takes it out of the
// epoll as well; else it must be taken out first.
func (e *Engine) closePidfd(x *session) {
	switch {
	case x.obj < 0:
	case e.launcher.InFlight() == 0 || int(x.pidfd) >= e.opt.HighBase:
		e.poll.release(x.obj)
	default:
		e.poll.drop(int(x.pidfd), x.obj)
	}
	unix.Close(int(x.pidfd))
}

// sessionTime is session_timeout: TERM first, KILL after the grace.
func (e *Engine) sessionTime(i int32, gen uint32) {
	x := &e.sessions[i]
	if !x.used || x.gen != gen {
		return
	}
	if x.asked { // for whatever reason: what comes now is KILL, and not before the grace is over
		if e.now >= x.killAt {
			e.ask(i, x.reason, 0)
		}
		return
	}
	x.svc.counts.TimedOut++
	e.tell(event.Event{Kind: event.Timeout, Level: event.LevelNotice, Service: x.svc.spec.ID, Peer: x.peer.Addr, Network: x.network,
		Pid: x.pid, Duration: nanos(e.now - x.since)})
	e.ask(i, "session_timeout", x.svc.spec.KillGrace)
}

// ask sends TERM to a handler's process group, and on the second call KILL. It
// sets the timer for that second call.
func (e *Engine) ask(i int32, reason string, grace time.Duration) {
	x := &e.sessions[i]
	sig := unix.SIGTERM
	if x.asked {
		sig = unix.SIGKILL
	}
	x.asked, x.reason = true, reason
	e.signal(x, sig)
	if sig == unix.SIGTERM {
		x.killAt = e.now + int64(grace)
		e.timers.add(timer{at: x.killAt, kind: timerSession, ref: i, gen: x.gen})
	}
}

// signal reaches the whole process group where the handler has its own, else the
// process alone (by pidfd: a number may have been given away). TERM goes with
// CONT, or a stopped handler would not notice it.
func (e *Engine) signal(x *session, sig unix.Signal) {
	if x.svc.spec.OwnGroup && !x.flying && x.role != roleHolder && unix.Kill(-int(x.pid), sig) == nil {
		if sig == unix.SIGTERM {
			unix.Kill(-int(x.pid), unix.SIGCONT)
		}
		return
	}
	unix.PidfdSendSignal(int(x.pidfd), sig, nil, 0)
	if sig == unix.SIGTERM {
		unix.PidfdSendSignal(int(x.pidfd), unix.SIGCONT, nil, 0)
	}
}

// blind is the way of a session whose pidfd cannot be watched: it is looked at
// once a second.
func (e *Engine) blind(int32) {
	e.lookLater(time.Second)
}
