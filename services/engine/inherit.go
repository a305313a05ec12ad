// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/limits/access"
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

// Inherit takes over what another image had, before the first Apply; h has passed its
// Check. The services' sockets are expected to be the same ones.
func (e *Engine) Inherit(h *Handover) {
	e.call(func(e *Engine) {
		e.heritage = &heritage{h: h, shift: -e.shift(), taken: make([]bool, len(h.Services))}
		e.lastID = h.LastID
		e.layOut(h)
		for _, x := range h.Refusals {
			e.lately.add(x.refusal(e.heritage.shift))
		}
	})
}

// layOut makes the table of sessions, in which each has its old place: its id goes on
// to name it. An id of one that has ended never comes again.
func (e *Engine) layOut(h *Handover) {
	places := 0
	for i := range h.Sessions {
		places = max(places, int(h.Sessions[i].Place)+1)
	}
	e.firstGen = h.NextGen
	e.sessions = make([]session, places)
	e.freeSess = nil
	for i := range e.sessions {
		e.sessions[i] = session{gen: e.firstGen, obj: -1, pidfd: -1}
	}
	for i := range h.Sessions {
		e.sessions[h.Sessions[i].Place].used = true
	}
	for i := range e.sessions {
		if x := &e.sessions[i]; x.used {
			x.used = false // until its service comes
		} else {
			e.freeSess = append(e.freeSess, int32(i))
		}
	}
}

func (x *HandRefusal) refusal(shift int64) refusal {
	r := refusal{at: x.At + shift, service: x.Service, network: x.Network, peer: x.Peer, rule: x.Rule}
	r.reason, _ = admit.ParseReason(x.Reason)
	if text := x.Place; text != "" {
		r.place, r.word = access.Place{Line: 1}, func(access.Place) string { return text }
	}
	return r
}

// InheritRest ends the taking over, after the first Apply. Handlers of services that
// had gone are waited for as before; so are those of a service that could not be taken
// up again: they run on, and their workers end when they are idle.
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
	i, shift := h.Place, e.heritage.shift
	x := &e.sessions[i]
	*x = session{gen: h.Gen, obj: -1, pid: h.Pid, pidfd: h.Pidfd, svc: s, network: h.Network, peer: activation.Peer{Addr: h.Peer},
		since: h.Since + shift, asked: h.Asked, failed: h.Failed, reason: h.Reason, used: true, role: h.Role}
	e.live++
	s.sessions++
	if h.Role == roleDequeue {
		s.dequeue.running++
	}
	for _, o := range h.Holders {
		x.holders = append(x.holders, Holder(o))
	}
	if h.Asked {
		x.killAt = h.KillAt + shift
		e.timers.add(timer{at: x.killAt, kind: timerSession, ref: i, gen: x.gen})
	} else if h.EndAt != 0 {
		x.endAt = h.EndAt + shift
		e.timers.add(timer{at: x.endAt, kind: timerSession, ref: i, gen: x.gen})
	}
	if inodes := h.Sockets(); len(inodes) > 0 {
		e.takeHeld(s, i, inodes)
	}
	obj, err := e.poll.add(int(h.Pidfd), objSession, i, unix.EPOLLIN)
	if err != nil {
		e.blind(i)
	}
	x.obj = obj
	return i
}

// takeHeld leaves the listening sockets to the process that has them. Whether they block
// is that one's affair.
func (e *Engine) takeHeld(s *service, i int32, inodes []uint64) {
	for _, sock := range s.spec.Sockets {
		if slices.Contains(inodes, sock.Inode()) {
			e.lend(i, loan{sock: sock})
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
		s.team = t
	}
	t.view.Taken = h.Taken
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
	w.serving = t.spec.Way == Accept && h.State == workerBusy
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
	return passed{id: h.ID, fd: h.FD, since: h.Since + e.heritage.shift, sentAt: h.SentAt + e.heritage.shift, wrote: h.Wrote, tries: h.Tries,
		network: h.Network, peer: activation.Peer{Addr: h.Peer}, local: h.Local, path: h.Path, level: event.LevelInfo}
}

// Check looks whether a Handover holds together: what is refused here would be a crash
// later, when nobody can go back.
func (h *Handover) Check() error {
	places := map[int32]bool{}
	for i := range h.Sessions {
		x := &h.Sessions[i]
		if x.Service < 0 || x.Service >= len(h.Services) || x.Role > roleHolder || x.Role == roleBeside || x.Role == roleDecides || x.Pid <= 0 || x.Pidfd < 0 {
			return fmt.Errorf("session %d is none", i)
		}
		if x.Place < 0 || x.Place >= maxPlaces || places[x.Place] {
			return fmt.Errorf("session %d has no place of its own", i)
		}
		places[x.Place] = true
	}
	workers := map[int]bool{}
	for i := range h.Teams {
		t := &h.Teams[i]
		if t.Service < 0 || t.Service >= len(h.Services) || t.Way > Stdio || t.Lock < 0 {
			return fmt.Errorf("pool %d is none", i)
		}
		for k := range t.Workers {
			w := &t.Workers[k]
			if w.Session < 0 || w.Session >= len(h.Sessions) || workers[w.Session] || h.Sessions[w.Session].Service != t.Service ||
				h.Sessions[w.Session].Role != roleWorker || w.State <= workerGone || w.State > workerStopping || w.Slots < 0 {
				return fmt.Errorf("worker %d of pool %d is none", k, i)
			}
			workers[w.Session] = true
		}
	}
	for i := range h.Sessions {
		if h.Sessions[i].Role == roleWorker && !workers[i] {
			return fmt.Errorf("session %d is a worker of no pool", i)
		}
	}
	return nil
}

// maxPlaces bounds the table of sessions: a process has fewer descriptors.
const maxPlaces = 1 << 24
