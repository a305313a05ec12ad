// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"golang.org/x/sys/unix"

	"superd/services/event"
	"superd/spawn"
)

// How often the kernel's queue is looked at for workers that accept by themselves: to
// size a pool whose workers do not say whether they are busy, and to see whether
// clients wait for workers that will never come.
const (
	samplePause  = time.Second
	sampleSoon   = 100 * time.Millisecond // while somebody waits
	sampleSimple = 5 * time.Second        // where the pool's size does not hang on it
)

func (e *Engine) samplePause(t *team) time.Duration {
	switch {
	case t.spec.Simple && t.waitSince == 0:
		return sampleSimple
	case t.spec.Simple || t.view.Waiting <= 0:
		return samplePause
	}
	return sampleSoon
}

// sampleQueue looks for clients who wait although there are workers. One that was stopped
// by a signal takes nobody, and is killed as one that does not take what it is passed;
// where several sockets share a lock it may have that, and then no other worker takes
// anybody either. Others may be busy for as long as they like.
func (e *Engine) sampleQueue(t *team) {
	if t.spec.Way != Accept {
		return
	}
	waits := t.waits()
	if !waits || t.view.Taken != t.takenSeen { // or somebody is served
		t.waitSince, t.takenSeen, t.waitTold = 0, t.view.Taken, false
	}
	if !waits {
		for _, i := range t.members {
			e.workers[i].halted = 0
		}
		return
	}
	if t.waitSince == 0 {
		t.waitSince = e.now
	}
	for k := len(t.members) - 1; k >= 0; k-- {
		e.lookAtHalted(t.members[k])
	}
	if t.view.Idle > 0 && e.now-t.waitSince >= takeTime && !t.waitTold {
		t.waitTold = true
		e.tell(event.Event{Kind: event.Note, Level: event.LevelWarning, Service: t.svc.spec.ID, Count: int64(t.view.Idle),
			Text: "clients have waited for 10 s, though workers report that they are idle: none of them accepts"})
	}
}

// lookAtHalted kills a worker that has been stopped for too long while clients wait.
func (e *Engine) lookAtHalted(i int32) {
	w := &e.workers[i]
	switch {
	case w.doomed != "" || e.sessions[w.session].flying || !spawn.Stopped(int(e.sessions[w.session].pidfd)):
		w.halted = 0
	case w.halted == 0:
		w.halted = e.now
	case e.now-w.halted >= takeTime:
		e.doom(i, "it was stopped by a signal for 10 s while clients waited")
	}
}

// waits tells whether a client waits at one of the pool's sockets, of whichever kind.
func (t *team) waits() bool {
	for _, l := range t.svc.listeners {
		p := []unix.PollFd{{Fd: int32(l.sock.FD()), Events: unix.POLLIN}}
		if n, err := unix.Poll(p, 0); err == nil && n > 0 && p[0].Revents&unix.POLLIN != 0 {
			return true
		}
	}
	return false
}
