// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"iter"
	"net/netip"
	"slices"
	"time"

	"superd/activation"
	"superd/limits/access"
)

// Change is what a reload does to one service.
type Change struct {
	ID   string
	Spec *Spec // nil: the service goes
	// Grace is what handlers of a service that goes are given between TERM and KILL.
	Grace time.Duration
	Leave bool // handlers of a service that goes run on, and nobody asks them to end
}

// Apply makes changes, in their order, a slice at a time so that clients are
// served meanwhile. A service that stays keeps its counters, penalties and
// sessions; who waits at a socket that it no longer has is served first. When
// Apply returns, no socket that was only in the old Specs is watched any more,
// and its owner may close it.
func (e *Engine) Apply(changes []Change) {
	a := &apply{changes: changes, done: make(chan struct{})}
	if e.queue.put(a) {
		select {
		case <-a.done:
		case <-e.done:
		}
	}
}

const changesPerTurn = 64

type apply struct {
	changes []Change
	phase   int // 0: let go of sockets, 1: take them up
	next    int
	done    chan struct{}
}

// step lets go of all sockets first: one that moves from a service to another
// can be in the epoll only once.
func (a *apply) step(e *Engine) bool {
	for n := 0; n < changesPerTurn && a.next < len(a.changes); n++ {
		c := &a.changes[a.next]
		a.next++
		if a.phase == 0 {
			e.letGo(c)
		} else if c.Spec != nil {
			e.takeUp(c.Spec)
		}
	}
	if a.next < len(a.changes) {
		return false
	}
	if a.phase == 0 {
		a.phase, a.next = 1, 0
		return false
	}
	e.forgetOrphans()
	return a.finish()
}

func (a *apply) finish() bool { close(a.done); return true }

// forgetOrphans forgets the sockets that no service has any more, though a handler
// still does: their numbers may belong to something else soon.
func (e *Engine) forgetOrphans() {
	for sock, i := range e.held {
		if e.sessions[i].forget(sock) {
			delete(e.held, sock)
		}
	}
}

func (e *Engine) letGo(c *Change) {
	s := e.services[c.ID]
	if s == nil {
		return
	}
	kept := s.listeners[:0]
	for _, l := range s.listeners {
		if c.Spec != nil && slices.Contains(c.Spec.Sockets, l.sock) {
			kept = append(kept, l)
			continue
		}
		if c.Spec != nil { // the service moves: who waits at its old address is served
			e.drain(l)
		}
		if s.team != nil {
			s.team.takeBack(l)
		}
		e.dropListener(l)
	}
	clear(s.listeners[len(kept):])
	s.listeners = kept
	if c.Spec == nil {
		s.stopped = true
		delete(e.services, c.ID)
		if s.team != nil {
			e.disband(s.team)
		}
		if !c.Leave {
			e.askAll(s, "removed", c.Grace)
		}
	}
}

func (e *Engine) takeUp(sp *Spec) {
	s := e.services[sp.ID]
	if s == nil {
		s = &service{}
		s.gate.Global = &e.global
		e.services[sp.ID] = s
	}
	before := s.spec
	s.keepLimit(sp)
	if before == nil {
		e.inheritService(s)
	}
	sp = s.spec
	s.place = access.Place{}
	e.listenOn(s, sp.Sockets)
	if before == nil {
		e.hold(s)
	}
	if before != nil && (before.Policy.PrefixV4 != sp.Policy.PrefixV4 || before.Policy.PrefixV6 != sp.Policy.PrefixV6) {
		s.gate.Recount(sp.Policy, e.peersOf(s))
	}
	e.retune(s, before)
	e.dequeueLater(s)
	e.refresh(s)
}

// listenOn makes the service's listeners those of the sockets, in their order, which is
// that in which a process finds them that gets them all.
func (e *Engine) listenOn(s *service, socks []*activation.Socket) {
	listeners, added := make([]*listener, 0, len(socks)), 0
	for _, sock := range socks {
		same := func(l *listener) bool { return l.sock == sock }
		if slices.ContainsFunc(listeners, same) {
			continue
		}
		if i := slices.IndexFunc(s.listeners, same); i >= 0 {
			listeners = append(listeners, s.listeners[i])
			continue
		}
		listeners = append(listeners, e.newListener(s, sock))
		added++
	}
	if added > 0 && added < len(socks) {
		e.tellLate(s)
	}
	s.listeners = listeners
}

// peersOf goes through the clients that a service serves now.
func (e *Engine) peersOf(s *service) iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		for i := range e.sessions {
			if x := &e.sessions[i]; x.used && x.svc == s && x.role.serves() && !yield(x.peer.Addr.Addr()) {
				return
			}
		}
		for c := range e.passedOf(s) {
			if !yield(c.peer.Addr.Addr()) {
				return
			}
		}
	}
}

// askAll asks all handlers of a service to end.
func (e *Engine) askAll(s *service, reason string, grace time.Duration) {
	for i := range e.sessions {
		if x := &e.sessions[i]; x.used && x.svc == s && !x.asked {
			e.ask(int32(i), reason, grace)
		}
	}
}

// drain hands over who waits in a listener's backlog, as far as the gate lets
// them in now. Nobody can wait in a socket that closes.
func (e *Engine) drain(l *listener) {
	s := l.svc
	if s.spec.Mode == Wait || !l.sock.IsStream() {
		return
	}
	for range 4096 {
		before := s.counts.Accepted
		e.acceptFrom(l)
		e.flying()
		if e.pause.on || s.counts.Accepted == before && s.inFlight < e.maxInFlight() {
			return
		}
	}
}

// call runs f on the owner thread and waits for it.
func (e *Engine) call(f func(*Engine)) {
	done := make(chan struct{})
	if e.queue.put(jobFunc(func(e *Engine) { f(e); close(done) })) {
		select {
		case <-done:
		case <-e.done:
		}
	}
}

// SetLimits changes the daemon's own limit on processes.
func (e *Engine) SetLimits(global int64) {
	e.call(func(e *Engine) { e.global.Max = global })
}

// SetSuidDumpable tells the launcher the value of fs.suid_dumpable.
func (e *Engine) SetSuidDumpable(n int) {
	e.call(func(e *Engine) { e.launcher.SetSuidDumpable(n) })
}
