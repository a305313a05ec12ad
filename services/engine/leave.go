// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"

	"superd/services/event"
)

func (e *Engine) endChannel(i int32) {
	w := &e.workers[i]
	if w.ended {
		return
	}
	w.ended = true
	switch {
	case w.team.spec.Way == Accept:
		e.askWorker(w)
	case w.channel.Open():
		w.channel.End()
	case w.mate >= 0: // a program that reads the end of its input before its first client
		closeFile(w.mate)
		w.mate = -1
	}
}

// askWorker sends TERM, and KILL when the grace is over.
func (e *Engine) askWorker(w *worker) {
	if x := &e.sessions[w.session]; !x.asked {
		e.ask(w.session, "retired", time.Duration(leaveTime))
	}
}

// patienceWith ends the workers that take too long over something.
func (e *Engine) patienceWith(t *team) {
	waits := false
	for _, i := range slices.Clone(t.members) {
		w := &e.workers[i]
		if w.doomed != "" || w.state == workerGone {
			continue
		}
		if t.spec.Way == Accept {
			e.hearAgain(i)
			w = &e.workers[i]
		}
		waits = waits || w.state == workerStarting || w.ended || w.mute || len(w.held) > 0
		switch age := e.now - w.since; {
		case w.mute && age >= muteTime:
			e.doom(i, "it closed its channel and did not end")
		case w.state == workerStarting && e.onTrial(w):
			if e.now-w.born >= trial {
				t.useful()
				e.acceptReady(i)
			}
		case w.state == workerStarting && age >= readyTime:
			e.doom(i, "it was not ready after 60 s")
		case w.ended && len(w.held) == 0 && age >= leaveTime:
			e.askWorker(w)
		default:
			e.patienceOver(i)
		}
	}
	if waits {
		e.wakeTeam(t, e.now+e.lookAfter(t))
	}
}

// lookAfter is how long until workers are looked at again.
func (e *Engine) lookAfter(t *team) int64 {
	if rt := int64(t.spec.RequestTimeout); rt > 0 && rt/4 < lookEvery {
		return max(rt/4, int64(50*time.Millisecond))
	}
	return lookEvery
}

// patienceOver looks at what a worker holds.
func (e *Engine) patienceOver(i int32) {
	w := &e.workers[i]
	limit := int64(w.team.spec.RequestTimeout)
	for k := range w.held {
		c := &w.held[k]
		switch age := e.now - c.since; {
		case c.fd >= 0 && e.now-c.sentAt >= takeTime:
			e.doom(i, "it did not take a connection for 10 s")
			return
		case limit > 0 && age >= limit:
			e.timeOut(i, c)
			return
		}
	}
}

func (e *Engine) timeOut(i int32, c *passed) {
	w := &e.workers[i]
	x := &e.sessions[w.session]
	if x.asked {
		return
	}
	s := w.team.svc
	s.counts.TimedOut++
	e.tell(event.Event{Kind: event.Timeout, Level: event.LevelNotice, Service: s.spec.ID, Network: c.network, Peer: c.peer.Addr, Pid: x.pid,
		Duration: nanos(e.now - c.since)})
	e.withdraw(i)
	e.setState(w, workerStopping)
	e.ask(w.session, "request_timeout", s.spec.KillGrace)
}
