// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net/netip"

	"superd/activation"
	"superd/limits/access"
	"superd/limits/admit"
	"superd/services/event"
)

// How many spawns of one service may be on their way at once: one whose program
// lies on a dead file server keeps these and no more. Where room becomes scarce,
// because many services' programs lie there, each may have only one, so that
// there is always room for those that are well.
const (
	maxInFlight    = 8
	scarceInFlight = 1
	scarceRoom     = 1024
)

func (e *Engine) maxInFlight() int {
	if e.launcher.Room() < scarceRoom {
		return scarceInFlight
	}
	return maxInFlight
}

// acceptBatch is how many connections are taken from one listener in a turn, so
// that a busy service does not keep the others waiting.
const acceptBatch = 16

// calmTurns is for how many turns a listener at which there were fewer clients than
// expected is not expected to have more.
const calmTurns = 8

// service is one service at run time. It belongs to the owner thread.
type service struct {
	spec       *Spec
	gate       admit.Gate
	listeners  []*listener
	inFlight   int
	crowded    bool  // not watched because of inFlight
	sessions   int   // processes that live, in flight included
	wakeAt     int64 // a timerService is set for this time; 0 = none
	stopped    bool  // no more clients: removed, drained or superd is ending
	rateTold   bool  // the pause that a rate began has been told of
	paused     bool  // a wait service's pause has been told of
	beside     int   // commands of hosts.allow and hosts.deny that run beside it,
	pending    int   // and those that clients wait for
	besideTold bool  // that there are too many has been told of
	counts     Counts
	team       *team // its workers; nil: it has none
	dequeue    dequeuing
	original   *Spec // as it is configured, where spec has a limit that was changed by hand; else nil
	meter      meter
	place      access.Place // of the last refusal told,
	placeText  string       // in words
}

// Counts are a service's totals since it was added.
type Counts struct {
	Accepted, Started, Exited, Refused, Failed, TimedOut uint64
	NotRun                                               uint64 // commands of spawn that were too many
}

// listener is one socket of one service.
type listener struct {
	svc   *service
	sock  *activation.Socket
	obj   int32
	armed bool
	batch int // how many connections are tried for in a turn
	calm  int // for how many turns more it stays as it is
	// What getsockname gives for its connections, if the binding tells: invalid of a
	// wildcard.
	local netip.AddrPort
	// Of a wait service: the handler that has the socket now, and what it left
	// unread the last times.
	holder  int32 // session index, -1 = none
	unread  unread
	notTill int64 // back-off after handlers that left everything unread
	spoiled spoiled
}

// unread remembers what waited when a wait handler was started, to see whether
// the handler took it.
type unread struct {
	mark  mark
	times int
}

func (e *Engine) newListener(svc *service, sock *activation.Socket) *listener {
	l := &listener{svc: svc, sock: sock, holder: -1, batch: 1}
	if a := sock.LocalAddr(); a.IsValid() && !a.Addr().IsUnspecified() && !sock.Spec().Transparent {
		l.local = a
	}
	l.obj = e.poll.alloc(objListener, 0, l)
	if s, held := e.held[sock]; held { // the last definition's handler still has it
		l.holder = s
		e.sessions[s].loan(sock).lst = l
	}
	return l
}

func (e *Engine) dropListener(l *listener) {
	e.disarm(l)
	e.poll.release(l.obj)
	if l.holder >= 0 {
		e.sessions[l.holder].loan(l.sock).lst = nil
	}
}

func (e *Engine) disarm(l *listener) {
	if l.armed {
		e.poll.disarm(l.sock.FD(), l.obj)
		l.armed = false
	}
}

// refresh watches those of a service's sockets that it can serve now, and no
// others. It is called whenever something changed that decides this.
func (e *Engine) refresh(s *service) {
	s.crowded = s.inFlight > 0 && s.inFlight >= e.maxInFlight() && s.team == nil
	open := !s.stopped && !s.spec.Drained && !e.stopping && !s.crowded && !s.lentOut()
	if open {
		r := s.gate.Ready(s.spec.Policy, e.now)
		open = (r.OK || r.Watch) && (s.team == nil || s.team.open())
		if !open && r.Until > 0 {
			e.wakeService(s, r.Until)
		}
		if open {
			s.rateTold = false
		} else if r.Reason == admit.StartRate && !s.rateTold { // its window turns by itself: there is no Began
			e.tellPause(s, &r)
		}
	}
	for _, l := range s.listeners {
		e.watch(l, open)
	}
}

// tellPause says that a rate is exceeded and the service waits.
func (e *Engine) tellPause(s *service, r *admit.Readiness) {
	s.rateTold = true
	e.tell(event.Event{Kind: event.Pause, Level: event.LevelWarning, Service: s.spec.ID, Reason: r.Reason.String(), Duration: nanos(r.Until - e.now)})
}

// knock asks the gate before a client is taken who is known to wait: one too
// many for cps begins the service's pause, and spends it in the backlog.
func (e *Engine) knock(s *service) bool {
	r := s.gate.Knock(s.spec.Policy, e.now)
	if r.OK {
		return true
	}
	if r.Began {
		e.tellPause(s, &r)
	}
	e.refresh(s)
	return false
}

func (e *Engine) watch(l *listener, open bool) {
	want := open && l.holder < 0
	if want && l.notTill > e.now {
		want = false
		e.wakeService(l.svc, l.notTill)
	}
	if want == l.armed {
		return
	}
	if !want {
		e.disarm(l)
		return
	}
	if err := e.poll.arm(l.sock.FD(), l.obj); err != nil {
		e.tell(event.Event{Kind: event.Pause, Level: event.LevelError, Service: l.svc.spec.ID, Reason: "epoll", Err: err.Error()})
		e.wakeService(l.svc, e.now+int64(pauseMax))
		return
	}
	l.armed = true
}

// wakeService sees to it that the service is looked at again at a time.
func (e *Engine) wakeService(s *service, at int64) {
	if s.wakeAt != 0 && s.wakeAt <= at {
		return
	}
	s.wakeAt = at
	e.timers.add(timer{at: at, kind: timerService, svc: s})
}
