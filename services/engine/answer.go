// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"

	"golang.org/x/sys/unix"

	"superd/services/event"
	"superd/spawn"
	"superd/spawn/pool"
)

// hear reads what a worker says, most messages of it at most.
func (e *Engine) hear(i int32, most int) {
	if w := &e.workers[i]; w.team.spec.Way == Accept {
		defer e.resize(w.team) // once for all that it says
	}
	for range most {
		w := &e.workers[i] // anew each time: what is heard may start workers
		if !w.channel.Open() || w.mute || w.doomed != "" {
			return
		}
		n, odd, errno := w.channel.Receive(e.answer[:w.team.longest()])
		switch {
		case errno == unix.EAGAIN:
			return
		case errno == unix.ECONNRESET: // told once, when a worker ends that has not read all; what it sent comes after it
			continue
		case errno != 0 || n == 0:
			e.muted(i)
			return
		case w.team.spec.Way == Accept:
			if e.hearReport(i, e.answer[:n], odd); w.obj < 0 {
				return
			}
			continue
		case odd:
			e.doom(i, "it sent descriptors, or a message that is too long")
			return
		}
		a, err := pool.ParseAnswer(e.answer[:n])
		if err != nil {
			e.doom(i, err.Error())
			return
		}
		if why := e.answered(i, a); why != "" {
			e.doom(i, why)
			return
		}
	}
}

// answered does what a worker's message says, and tells what is wrong with it.
func (e *Engine) answered(i int32, a pool.Answer) (wrong string) {
	w := &e.workers[i]
	if a.Verb == pool.Ready {
		switch {
		case w.state == workerStarting:
			e.workerReady(i)
		case w.state == workerStopping && w.served == 0 && w.ended: // told to end before it was ready
		default:
			return "it said ready twice"
		}
		return ""
	}
	k := slices.IndexFunc(w.held, func(c passed) bool { return c.id == a.ID })
	switch {
	case k < 0:
		return "it answered for a connection that it does not have"
	case a.Verb == pool.Taken && w.held[k].fd < 0:
		return "it said taken twice"
	case a.Verb == pool.Done && w.held[k].fd >= 0:
		return "it said done before taken"
	case a.Verb == pool.Taken:
		spawn.CloseConn(w.held[k].fd)
		w.held[k].fd = -1
		e.roomAgain() // for the next one's descriptor
		return ""
	}
	e.served(i, k)
	return ""
}

// muted is for a worker that has closed its channel: it is about to exit, or has no
// business to live.
func (e *Engine) muted(i int32) {
	w := &e.workers[i]
	if w.obj >= 0 {
		e.poll.drop(w.channel.FD(), w.obj)
		w.obj = -1
	}
	if w.team.spec.Way == Accept { // its reports were a courtesy, and many a program closes what it does not know
		w.channel.Close()
		e.withdraw(i)
		if w.state == workerIdle || w.state == workerBusy {
			e.setState(w, workerUnreported)
		}
		return
	}
	w.mute, w.quit = true, !w.ended
	e.withdraw(i)
	switch w.state {
	case workerStarting, workerRetiring, workerStopping: // its end will tell what it was worth
		w.since = e.now
	default:
		e.setState(w, workerRetiring)
	}
	e.wakeTeam(w.team, e.now+muteTime)
	e.resize(w.team)
}

// doom kills a worker that does not keep to the protocol.
func (e *Engine) doom(i int32, why string) {
	w := &e.workers[i]
	if w.doomed != "" {
		return
	}
	w.doomed = why
	w.team.counts.Killed++
	e.withdraw(i)
	x := &e.sessions[w.session]
	x.reason = why
	e.tell(event.Event{Kind: event.WorkerKill, Level: event.LevelWarning, Service: w.team.svc.spec.ID, Pid: x.pid, Reason: why})
	e.signal(x, unix.SIGKILL)
	x.asked = true
	e.setState(w, workerStopping)
}
