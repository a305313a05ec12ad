// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"superd/activation"
	"superd/services/event"
	"superd/spawn"
)

// dequeuing is a program that is run now and then beside a service (Net::Server's
// run_dequeue).
type dequeuing struct {
	running int
	nextAt  int64 // 0: none is due
	told    bool  // that it cannot be started has been told of
}

// dequeueLater sets the clock of a service's dequeue program.
func (e *Engine) dequeueLater(s *service) {
	d := s.spec.Dequeue
	if d == nil || s.stopped || s.spec.Off || d.Every <= 0 {
		s.dequeue.nextAt = 0
		return
	}
	if at := e.now + int64(d.Every); s.dequeue.nextAt == 0 || s.dequeue.nextAt > at {
		s.dequeue.nextAt = at
		e.timers.add(timer{at: at, kind: timerDequeue, svc: s})
	}
}

// dequeueTime starts one, unless as many run as may.
func (e *Engine) dequeueTime(s *service, at int64) {
	if s.dequeue.nextAt != at {
		return
	}
	s.dequeue.nextAt = 0
	e.dequeueLater(s)
	if d := s.spec.Dequeue; d != nil && !s.stopped && !e.stopping && s.dequeue.running < d.Max {
		e.startDequeue(s)
	}
}

func (e *Engine) startDequeue(s *service) {
	e.launcher.Env().Reset()
	i := e.newSession(s, "", &activation.Peer{})
	b := e.binding(s, -1)
	child, err := e.launcher.Start(s.spec.Dequeue.Program, b, uint64(i), e.now)
	if err != nil {
		if b.GiveLog {
			closeFile(b.Log)
		}
		e.freeSession(i)
		if !s.dequeue.told {
			s.dequeue.told = true
			e.tell(event.Event{Kind: event.SpawnFail, Level: event.LevelError, Service: s.spec.ID, Err: err.Error(), Text: "dequeue cannot be started"})
		}
		return
	}
	e.sessions[i].role = roleDequeue
	e.observe(i, child)
	s.dequeue.running++
	s.dequeue.told = false
	e.tell(event.Event{Kind: event.DequeueStart, Level: event.LevelDebug, Service: s.spec.ID, Pid: e.sessions[i].pid})
}

func (e *Engine) dequeueEnded(i int32, exit spawn.Exit) {
	x := &e.sessions[i]
	s := x.svc
	s.dequeue.running--
	level := event.LevelDebug
	if exit.Status != 0 || exit.Signal != 0 {
		level = event.LevelWarning
	}
	if !x.failed {
		e.tell(event.Event{Kind: event.DequeueExit, Level: level, Service: s.spec.ID, Pid: x.pid, Status: int32(exit.Status), Signal: int32(exit.Signal),
			Duration: nanos(e.now - x.since)})
	}
	e.freeSession(i)
}
