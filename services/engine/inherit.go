// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/limits/admit"
	"superd/services/event"
	"superd/spawn/pool"
)

// heritage is a Handover that is being taken over. A service takes its part when it
// is first applied; what is left then belongs to services that have gone.
type heritage struct {
	h     *Handover
	shift int64 // from CLOCK_MONOTONIC to the engine's clock
	taken []bool
}

// Inherit takes over what another image had, before the first Apply. The services'
// sockets are expected to be the same ones.
func (e *Engine) Inherit(h *Handover) {
	e.call(func(e *Engine) {
		e.heritage = &heritage{h: h, shift: -e.shift(), taken: make([]bool, len(h.Services))}
		e.lastID = h.LastID
	})
}

// InheritRest ends the taking over, after the first Apply: handlers of services that
// there are no more are waited for like those of one that was removed.
func (e *Engine) InheritRest() {
	e.call(func(e *Engine) {
		hr := e.heritage
		if hr == nil {
			return
		}
		for i := range hr.h.Services {
			if !hr.taken[i] {
				e.inheritGone(i)
			}
		}
		e.heritage = nil
	})
}

func (e *Engine) inheritGone(i int) {
	h := &e.heritage.h.Services[i]
	s, policy := &service{stopped: true}, admit.Unrestricted()
	s.spec = &Spec{ID: h.ID, OwnGroup: h.OwnGroup || !h.Gone, KillLeftovers: h.KillLeftovers, KillGrace: h.KillGrace, Loud: h.Loud, Policy: &policy}
	s.gate.Global = &e.global
	e.takeOver(s, i)
	if !h.Gone { // it ran until now
		e.askAll(s, "removed", h.KillGrace)
	}
	for _, t := range slices.Clone(e.teams) {
		if t.svc == s && !t.closing {
			e.disband(t)
		}
	}
}

// inheritService gives a new service what the last image's had.
func (e *Engine) inheritService(s *service) {
	if e.heritage == nil {
		return
	}
	for i := range e.heritage.h.Services {
		if h := &e.heritage.h.Services[i]; !e.heritage.taken[i] && !h.Gone && h.ID == s.spec.ID {
			e.takeOver(s, i)
			return
		}
	}
}

// takeOver makes the i-th service's sessions and pools those of s.
func (e *Engine) takeOver(s *service, i int) {
	hr := e.heritage
	hr.taken[i] = true
	h := &hr.h.Services[i]
	s.counts = h.Counts
	s.gate.Recall(&h.Gate, hr.shift)
	if h.MaxServers > 0 {
		if now, ok := s.spec.maxServers(); ok && now == h.Configured {
			s.original, s.spec = s.spec, s.spec.withMaxServers(h.MaxServers)
		}
	}
	at := map[int]int32{}
	for k := range hr.h.Sessions {
		if x := &hr.h.Sessions[k]; x.Service == i {
			at[k] = e.takeSession(s, x)
		}
	}
	for k := range hr.h.Teams {
		if hr.h.Teams[k].Service == i {
			e.takeTeam(s, &hr.h.Teams[k], at)
		}
	}
	s.gate.Recount(s.spec.Policy, e.peersOf(s))
}

func (e *Engine) takeSession(s *service, h *HandSession) int32 {
	i := e.newSession(s, h.Network, &activation.Peer{Addr: h.Peer})
	x := &e.sessions[i]
	x.pid, x.pidfd, x.role, x.since = h.Pid, h.Pidfd, h.Role, h.Since+e.heritage.shift
	x.asked, x.failed, x.reason = h.Asked, h.Failed, h.Reason
	unix.CloseOnExec(int(h.Pidfd))
	if h.Role == roleDequeue {
		s.dequeue.running++
	}
	s.sessions++
	switch {
	case h.Asked:
		x.killAt = h.KillAt + e.heritage.shift
		e.timers.add(timer{at: x.killAt, kind: timerSession, ref: i, gen: x.gen})
	case h.EndAt != 0:
		e.timers.add(timer{at: h.EndAt + e.heritage.shift, kind: timerSession, ref: i, gen: x.gen})
	}
	if h.Socket != 0 {
		e.takeHeld(s, i, h.Socket)
	}
	if obj, err := e.poll.add(int(h.Pidfd), objSession, i, unix.EPOLLIN); err != nil {
		e.blind(i)
	} else {
		e.sessions[i].obj = obj
	}
	return i
}

// takeHeld leaves the listening socket to the handler that has it. It blocks, as
// that one expects.
func (e *Engine) takeHeld(s *service, i int32, inode uint64) {
	for _, sock := range s.spec.Sockets {
		if sock.Inode() == inode {
			e.sessions[i].sock = sock
			e.held[sock] = i
			sock.SetNonblock(false)
		}
	}
}

func (e *Engine) takeTeam(s *service, h *HandTeam, at map[int]int32) {
	sp := s.spec.Pool
	same := !s.stopped && !h.Closing && sp != nil && sp.Way == h.Way
	t := &team{svc: s, spec: sp, counts: h.Counts, most: h.Most, closing: !same, lock: h.Lock}
	if !same {
		t.spec = &PoolSpec{Way: h.Way}
	} else {
		t.sample = sp.Way == Accept && !sp.Simple
		s.team = t
	}
	t.view.Taken = h.Taken
	if t.lock > 0 {
		unix.CloseOnExec(t.lock)
	}
	e.teams = append(e.teams, t)
	for k := range h.Workers {
		e.takeWorker(t, &h.Workers[k], at)
	}
	for k := range h.Pending {
		t.pending = append(t.pending, e.takeConn(&h.Pending[k]))
	}
	if t.closing {
		e.disband(t)
	}
	e.wakeTeam(t, e.now+lookEvery)
}

func (e *Engine) takeWorker(t *team, h *HandWorker, at map[int]int32) {
	x, known := at[h.Session]
	if !known {
		return
	}
	i := e.newWorker(t)
	w := &e.workers[i]
	w.session, w.limit, w.served, w.slots, w.mate = x, h.Limit, h.Served, h.Slots, h.Mate
	w.born, w.mute, w.ended, w.doomed = h.Born+e.heritage.shift, h.Mute, h.Ended, h.Doomed
	e.sessions[x].role, e.sessions[x].worker = roleWorker, i
	for k := range h.Held {
		w.held = append(w.held, e.takeConn(&h.Held[k]))
	}
	e.setState(w, h.State)
	w.since = h.Since + e.heritage.shift
	if h.Mate >= 0 {
		unix.CloseOnExec(h.Mate)
	}
	if h.Channel > 0 {
		e.takeChannel(i, h.Channel)
	}
	if h.Old {
		w.gen--
	}
	if t.spec.Way != Accept && len(w.held) < w.slots || w.state == workerIdle {
		switch w.state {
		case workerIdle, workerBusy:
			t.idle = append(t.idle, i)
		case workerOld:
			t.old = append(t.old, i)
		}
	}
}

func (e *Engine) takeChannel(i int32, fd int) {
	w := &e.workers[i]
	unix.CloseOnExec(fd)
	w.channel = pool.TakeChannel(fd)
	if w.mute || w.team.spec.Way == Stdio {
		return
	}
	obj, err := e.poll.add(fd, objWorker, i, unix.EPOLLIN)
	if err != nil {
		e.doom(i, "its channel cannot be watched")
		return
	}
	w.obj = obj
}

func (e *Engine) takeConn(h *HandConn) passed {
	if h.FD >= 0 {
		unix.CloseOnExec(h.FD)
	}
	return passed{id: h.ID, fd: h.FD, since: h.Since + e.heritage.shift, sentAt: h.SentAt + e.heritage.shift, wrote: h.Wrote, tries: h.Tries,
		network: h.Network, peer: activation.Peer{Addr: h.Peer}, local: h.Local, path: h.Path, level: event.LevelInfo}
}
