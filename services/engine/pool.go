// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/services/event"
	"superd/spawn"
	"superd/spawn/pool"
)

// team is a service's workers. It belongs to the owner thread.
//
// A reload that changes the program makes a new generation. Workers of the old one
// go on serving until those of the new are ready, one for one: a new program that
// does not start takes nobody's service away.
type team struct {
	svc     *service
	spec    *PoolSpec
	gen     uint32
	members []int32 // indexes into Engine.workers
	idle    []int32 // those of this generation that can take a connection; the last was busy last
	old     []int32 // and those of earlier ones
	pending []passed
	view    pool.View
	state   pool.State
	before  pool.Backoff // the pauses that the last workers' readiness ended; none once a client was served
	quick   quickEnds
	counts  TeamCounts
	wakeAt  int64  // a timerTeam is set for this time; 0 = none
	most    int    // busy at one time
	full    bool   // the pool was at its limit with nobody free, when last looked at
	fullAt  int64  // when that was last told of
	lack    string // why the last one that could not be started could not be,
	lackAt  int64  // and when that was told of
	closing bool   // no worker is started any more
	lock    int    // of Accept: the file to lock; 0 = none yet

	// Of Accept, of whose clients only the kernel's queue tells: see sampleQueue.
	waitSince int64 // since when clients wait and nobody is seen to be served; 0 = they do not
	takenSeen int64 // view.Taken then
	waitTold  bool  // that has been told of
}

// TeamCounts are a pool's totals since the service was added.
type TeamCounts struct {
	Started     uint64 `json:"started"`
	Retired     uint64 `json:"retired"`      // after max_requests, which is one client with Stdio, or for a new program
	DiedEarly   uint64 `json:"died_early"`   // before they were ready, or having served nobody
	Died        uint64 `json:"died"`         // of their own, later
	Killed      uint64 `json:"killed"`       // for a breach of the protocol, or too slow
	MaxReached  uint64 `json:"max_reached"`  // how often all were busy and no more could be started
	Cut         uint64 `json:"cut"`          // connections that ended with their worker
	PassedAgain uint64 `json:"passed_again"` // connections that went to another worker
}

// fullQuiet is how often a pool that is at its limit says so.
const fullQuiet = int64(time.Minute)

func (e *Engine) newTeam(s *service) *team {
	t := &team{svc: s, spec: s.spec.Pool}
	e.teams = append(e.teams, t)
	return t
}

// settings are those of the pool's size, with the limit as it was changed by hand.
func (t *team) settings() pool.Settings {
	sp := t.spec
	return pool.Settings{Simple: sp.Simple, Min: sp.Min, Max: sp.Max, MinSpare: sp.MinSpare, MaxSpare: sp.MaxSpare, Slots: sp.Slots,
		CheckForWaiting: sp.CheckForWaiting, MinChildTTL: sp.MinChildTTL}
}

// free tells whether a worker can take a connection now.
func (t *team) free() bool { return len(t.idle)+len(t.old) > len(t.pending) }

// open tells whether a client may be accepted: there is a worker for it, or the pool
// wants to know that one waits, because it could grow and nothing is on its way.
func (t *team) open() bool {
	switch {
	case t.spec.Way == Accept:
		return !t.full && t.view.Starting+t.view.Idle+t.view.Busy+t.view.Unreported == 0 && t.state.Backoff().Failures() == 0
	case t.free():
		return true
	case t.full: // full = "refuse"
		return !t.svc.spec.Policy.Queue
	}
	return t.idleless() && t.view.Starting == 0
}

// asks tells whether a client who waits is a reason to start a worker and no more:
// none could take the client now, or it is for the workers alone to accept. Their
// socket may block, and superd with it.
func (t *team) asks() bool { return t.spec.Way == Accept || !t.free() && !t.full }

func (t *team) idleless() bool {
	return t.view.Idle == 0 && t.spec.MinSpare == 0 && t.state.Backoff().Failures() == 0
}

// resize brings the pool to the size that it should have now.
func (e *Engine) resize(t *team) {
	if t.closing || e.stopping {
		return
	}
	if t.svc.spec.Off && len(t.pending) == 0 {
		e.rest(t)
		return
	}
	t.view.Waiting = e.waiting(t)
	d, st := pool.Decide(t.settings(), t.state, t.view, e.now)
	t.state = st
	e.tellFull(t, d.Full)
	for range d.Start { // the rest when these have settled
		if t.svc.inFlight >= e.maxInFlight() || !e.startWorker(t) {
			break
		}
	}
	if d.Stop > 0 {
		e.stopIdle(t, d.Stop)
	}
	if t.yesterday() && d.Start == 0 && t.view.Starting == 0 {
		if t.enough() {
			e.endOld(t, len(t.members))
		} else {
			e.makeRoom(t)
		}
	}
	at := d.Next
	if until := t.state.Backoff().Until(); until > e.now {
		at = earlier(at, until)
	}
	if t.spec.Way == Accept {
		at = earlier(at, e.now+int64(e.samplePause(t)))
	}
	e.wakeTeam(t, at)
}

// rest ends the workers that serve nobody, and has the others go on: the service is
// off. Of workers that accept by themselves nobody knows that.
func (e *Engine) rest(t *team) {
	for _, i := range slices.Clone(t.members) {
		switch w := &e.workers[i]; w.state {
		case workerStarting, workerIdle, workerUnreported:
			e.endWorker(i, workerStopping)
		case workerOld:
			if len(w.held) == 0 {
				e.endWorker(i, workerStopping)
			}
		case workerBusy:
			if t.spec.Way == Accept {
				e.endWorker(i, workerStopping)
			}
		}
	}
}

func earlier(a, b int64) int64 {
	if a == 0 || b < a {
		return b
	}
	return a
}

// makeRoom ends workers of yesterday where they are so many, because max_servers is
// lower today, that none of today's could ever be started.
func (e *Engine) makeRoom(t *team) {
	if t.state.Backoff().Failures() > 0 {
		return
	}
	surplus := 1 + pool.Surplus(t.settings(), t.view)
	for _, i := range t.members {
		if w := &e.workers[i]; w.ended && len(w.held) == 0 { // is about to go
			surplus--
		}
	}
	e.endOld(t, surplus)
}

// enough tells whether the pool has the workers that it wants, or may have no more
// of, when none was asked for: then those of yesterday are not needed.
func (t *team) enough() bool {
	if t.state.Backoff().Failures() > 0 {
		return false
	}
	return t.view.Idle+t.view.Busy+t.view.Unreported >= t.spec.Max || pool.Room(t.settings(), t.view) > 0
}

// waiting is how many clients wait for a worker: those whom the gate has let in and
// nobody has, and, where no worker is free, those in the backlog. Nobody looks there
// while one is free.
func (e *Engine) waiting(t *team) int {
	n := len(t.pending)
	if t.spec.Way != Accept && (t.view.Idle+t.view.Free > 0 || !t.svc.gate.Ready(t.svc.spec.Policy, e.now).OK) {
		return n
	}
	for _, l := range t.svc.listeners {
		q, ok := queueOf(l)
		if !ok {
			return -1
		}
		n += q
	}
	return n
}

// queueOf is how many clients wait at a listener; false where the kernel does not tell.
func queueOf(l *listener) (int, bool) {
	if !l.sock.IsStream() {
		n, err := unix.IoctlGetInt(l.sock.FD(), unix.SIOCINQ)
		return min(n, 1), err == nil
	}
	n, errno := activation.QueueLen(l.sock.FD())
	return n, errno == 0
}

// wanted is for a client who waits while there is no worker.
func (e *Engine) wanted(s *service) {
	e.resize(s.team)
	e.refresh(s)
}

// tellFull tells of a pool that has reached its limit, once a minute at most.
func (e *Engine) tellFull(t *team, full bool) {
	if full {
		if !t.full {
			t.counts.MaxReached++
		}
		e.wakeTeam(t, e.now+lookEvery)
		if t.view.Waiting != 0 && (t.fullAt == 0 || e.now-t.fullAt > fullQuiet) {
			t.fullAt = e.now
			e.tell(event.Event{Kind: event.PoolFull, Level: event.LevelWarning, Service: t.svc.spec.ID, Count: int64(t.spec.Max),
				Text: "all workers are busy and there may be no more; clients wait"})
		}
	}
	t.full = full
}

// wakeTeam sees to it that the pool is looked at again at a time; 0 is none.
func (e *Engine) wakeTeam(t *team, at int64) {
	if at == 0 || t.wakeAt != 0 && t.wakeAt <= at {
		return
	}
	t.wakeAt = at
	e.timers.add(timer{at: at, kind: timerTeam, svc: t.svc, team: t})
}

// teamTime looks at the pool's size and at what its workers owe.
func (e *Engine) teamTime(t *team) {
	e.patienceWith(t)
	e.listenStill(t)
	e.sampleQueue(t)
	e.resize(t)
	e.feed(t)
	e.refresh(t.svc)
}

// stopIdle ends idle workers, those first that were idle longest.
func (e *Engine) stopIdle(t *team, n int) {
	for n > 0 && len(t.idle) > 0 {
		i := t.idle[0]
		if e.workers[i].state != workerIdle {
			break
		}
		e.endWorker(i, workerStopping)
		n--
	}
	if n > 0 && t.view.Unreported > 0 {
		e.stopUnreported(t)
	}
}

// yesterday tells whether there are workers of an earlier program to be ended.
func (t *team) yesterday() bool {
	return len(t.old) > 0 || t.spec.Way == Accept && t.view.Retiring > 0
}

// endOld ends workers of an earlier generation that are idle; of those who take
// their connections themselves nobody knows that.
func (e *Engine) endOld(t *team, n int) {
	if t.spec.Way == Accept {
		e.endYesterday(t, n)
		return
	}
	for ; n > 0 && len(t.old) > 0; n-- {
		i := t.old[len(t.old)-1]
		t.counts.Retired++
		e.endWorker(i, workerRetiring)
	}
}

// renew is for a reload that changes the program: all workers are of yesterday.
func (e *Engine) renew(t *team) {
	t.gen++
	for _, i := range t.members {
		w := &e.workers[i]
		switch w.state {
		case workerStarting:
			e.endWorker(i, workerStopping)
		case workerIdle, workerBusy, workerUnreported:
			e.setState(w, workerOld)
		}
	}
	if t.spec.Way != Accept {
		t.old = append(t.old, t.idle...)
	}
	t.idle = t.idle[:0]
}

// disband ends all workers, as they become idle.
func (e *Engine) disband(t *team) {
	t.closing = true
	for _, i := range slices.Clone(t.members) {
		if w := &e.workers[i]; w.state != workerStopping {
			e.endWorker(i, workerStopping)
		}
	}
	for _, c := range t.pending {
		e.dropPassed(t, &c, "stopping")
	}
	t.pending = nil
	e.forgetTeam(t)
}

// forgetTeam forgets a pool that has ended and whose workers have.
func (e *Engine) forgetTeam(t *team) {
	if t.closing && len(t.members) == 0 {
		if t.lock != 0 {
			unix.Close(t.lock)
			t.lock = 0
		}
		e.teams = slices.DeleteFunc(e.teams, func(x *team) bool { return x == t })
	}
}

// retune brings a pool to what a reload wants of it.
func (e *Engine) retune(s *service, before *Spec) {
	sp := s.spec.Pool
	t := s.team
	if t != nil && (sp == nil || sp.Way != t.spec.Way) {
		e.disband(t)
		for _, l := range s.listeners {
			t.takeBack(l)
		}
		s.team, t = nil, nil
	}
	if sp == nil {
		return
	}
	if t == nil {
		s.team = e.newTeam(s)
		e.resize(s.team)
		return
	}
	t.spec = sp
	if before != nil && e.newProgram(before, s.spec) {
		e.renew(t)
	}
	for _, i := range t.members {
		e.setSlots(i)
	}
	e.resize(t)
	e.feed(t)
}

// newProgram tells whether workers must be replaced for a new definition.
func (e *Engine) newProgram(a, b *Spec) bool {
	return !a.Program.Equal(b.Program) || a.Fresh != b.Fresh || a.Pool.Edition != b.Pool.Edition || !slices.Equal(a.Pool.Conf, b.Pool.Conf) ||
		a.Pool.Way == Accept && !slices.Equal(a.Sockets, b.Sockets)
}

func (e *Engine) requests(sp *PoolSpec) int64 {
	return pool.Requests(sp.MaxRequests, sp.MaxRequestsJitter, rand.Uint64())
}

// closeConn is for a connection that others may have, or -1.
func closeConn(fd int) {
	if fd >= 0 {
		spawn.CloseConn(fd)
	}
}

func closeFile(fd int) {
	if fd >= 0 {
		unix.Close(fd)
	}
}
