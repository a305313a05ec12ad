// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"iter"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/limits/admit"
	"superd/services/event"
	"superd/spawn"
	"superd/spawn/pool"
)

// passed is a client whom the gate has let in: in a worker's hands, or on the way
// there.
type passed struct {
	id      uint64
	fd      int // -1: the worker has taken it
	since   int64
	sentAt  int64 // when the worker got it
	wrote   int64 // bytes that superd wrote to it, -1 = not known
	tries   int   // workers that had it and died
	network string
	peer    activation.Peer
	local   netip.AddrPort
	path    string
	level   event.Level
}

// maxTries is how many workers one client may cost: what kills a worker before it
// has read a byte may be the client's doing all the same.
const maxTries = 3

// passOn is letIn for a service with workers.
func (e *Engine) passOn(l *listener, fd int, peer *activation.Peer, w *wrapping) {
	s := l.svc
	e.lastID++
	c := passed{id: e.lastID, fd: fd, since: e.now, network: l.sock.Network(), peer: *peer, level: w.loud(s)}
	if peer.Addr.IsValid() {
		c.local = e.localOf(l, fd)
	} else {
		c.path = l.sock.Address()
	}
	if w != nil || len(s.spec.Banner)+len(s.spec.BannerSuccess) > 0 {
		c.wrote = e.written(fd)
	}
	t := s.team
	if !t.free() && !s.spec.Policy.Queue { // the pool is as full as it may be
		v := admit.Verdict{Reason: admit.ServiceLimit}
		s.gate.Withdraw(peer.Addr.Addr(), v.Reason)
		e.refuse(l, fd, peer, &v)
		return
	}
	t.pending = append(t.pending, c)
	e.feed(t)
	e.resize(t)
}

// written is how much superd has written to a client.
func (e *Engine) written(fd int) int64 {
	if _, n, errno := activation.Traffic(fd); errno == 0 {
		return n
	}
	return -1
}

// feed gives the clients who wait inside to workers that are free.
func (e *Engine) feed(t *team) {
	n, later := 0, false
	for n < len(t.pending) && !later {
		i, ok := e.pick(t)
		if !ok {
			break
		}
		switch e.give(i, &t.pending[n]) {
		case given:
			n++
		case notNow:
			later = true
			e.wakeTeam(t, e.now+int64(pauseMin))
		}
	}
	if n > 0 {
		left := copy(t.pending, t.pending[n:])
		clear(t.pending[left:])
		t.pending = t.pending[:left]
	}
}

// pick chooses a worker: of this generation before those of an earlier one; the one
// that was busy last, whose memory is warmest; of those with several slots the one
// that has the most connections and room, so that others become idle.
func (e *Engine) pick(t *team) (int32, bool) {
	list := t.idle
	if len(list) == 0 {
		list = t.old
	}
	if len(list) == 0 {
		return 0, false
	}
	best := list[len(list)-1]
	if t.spec.Slots > 1 {
		for _, i := range list {
			if len(e.workers[i].held) > len(e.workers[best].held) {
				best = i
			}
		}
	}
	return best, true
}

// gift is what became of giving a client to a worker.
type gift uint8

const (
	given  gift = iota
	notHim      // the worker is finished
	notNow      // who carries the bytes has no room
)

// give sends a client to a worker. Unless it is given, the client still waits.
func (e *Engine) give(i int32, c *passed) gift {
	w := &e.workers[i]
	c.sentAt = e.now
	if w.team.spec.Way == Stdio {
		if !e.giveRelay(w, c) {
			return notNow
		}
	} else if errno := e.send(w, c); errno != 0 {
		return e.refusedBy(i, errno)
	}
	e.gave(i, c)
	return given
}

// refusedBy is for a worker whose channel did not take a client.
func (e *Engine) refusedBy(i int32, errno syscall.Errno) gift {
	switch errno {
	case unix.EPIPE, unix.ECONNRESET: // it is about to go, which is no breach; what it said last is still to be heard
		e.endWorker(i, workerRetiring)
	case unix.ENOBUFS, unix.ENOMEM, unix.ETOOMANYREFS: // not its fault, maybe that of another worker
		return notNow
	default:
		e.doom(i, "it does not read: "+errno.Error())
	}
	return notHim
}

// gave notes that a worker has a client.
func (e *Engine) gave(i int32, c *passed) {
	w := &e.workers[i]
	t := w.team
	x := &e.sessions[w.session]
	if w.state == workerBusy {
		t.view.Free--
	}
	w.held = append(w.held, *c)
	w.served++
	t.view.Taken++
	if w.state == workerIdle {
		e.setState(w, workerBusy)
	}
	t.most = max(t.most, t.view.Busy)
	e.offer(i)
	if c.tries > 0 {
		t.counts.PassedAgain++
		return
	}
	s := t.svc
	s.counts.Started++
	if quiet := !s.spec.Loud.Start; !quiet || e.followed() {
		e.tell(event.Event{Kind: event.Start, Level: c.level, Quiet: quiet, Service: s.spec.ID, Network: c.network, Peer: c.peer.Addr, Pid: x.pid})
	}
	if len(w.held) == 1 {
		e.wakeTeam(t, e.now+e.lookAfter(t))
	}
}

func (e *Engine) send(w *worker, c *passed) syscall.Errno {
	m := pool.Conn{ID: c.id, Service: w.team.svc.spec.ID, Network: c.network, Peer: c.peer.Addr, Local: c.local, Path: c.path}
	var cred pool.Cred
	if !c.peer.Addr.IsValid() {
		if pid, uid, gid, errno := activation.PeerCred(c.fd); errno == 0 {
			cred = pool.Cred{UID: uid, GID: gid, PID: pid}
			m.Cred = &cred
		}
	}
	e.message = m.Append(e.message[:0])
	return w.channel.Send(e.message, c.fd)
}

// offer puts a worker on the list that it belongs to now, and ends one that has had
// its connections.
func (e *Engine) offer(i int32) {
	w := &e.workers[i]
	t := w.team
	list := &t.idle
	switch w.state {
	case workerIdle, workerBusy:
	case workerOld:
		list = &t.old
	default:
		return
	}
	switch {
	case w.limit >= 0 && w.served >= w.limit && t.spec.Way != Stdio:
		t.counts.Retired++
		e.endWorker(i, workerRetiring)
	case len(w.held) >= w.slots:
		*list = remove(*list, i)
	default:
		*list = include(*list, i)
	}
}

// include adds i, if it is not there, as the one to be taken next.
func include(list []int32, i int32) []int32 {
	return append(remove(list, i), i)
}

// served is for a connection with which a worker has finished.
func (e *Engine) served(i int32, k int) {
	w := &e.workers[i]
	t := w.team
	c := w.held[k]
	t.useful()
	w.held[k] = w.held[len(w.held)-1]
	w.held[len(w.held)-1] = passed{}
	w.held = w.held[:len(w.held)-1]
	if w.state == workerBusy {
		t.view.Free++
		if len(w.held) == 0 {
			e.setState(w, workerIdle)
		}
	}
	if len(w.held) == 0 && w.ended {
		w.since = e.now // from now on it has time to leave
	}
	e.finish(t, &c, int32(e.sessions[w.session].pid), spawn.Exit{}, "")
	e.offer(i)
	e.feed(t)
	e.resize(t)
	e.refresh(t.svc)
}

// finish ends what is held for a client.
func (e *Engine) finish(t *team, c *passed, pid int32, exit spawn.Exit, reason string) {
	s := t.svc
	s.counts.Exited++
	s.gate.Release(c.peer.Addr.Addr())
	if quiet := !s.spec.Loud.Exit; !quiet || e.followed() {
		e.tell(event.Event{Kind: event.Exit, Level: s.spec.Loud.Level, Quiet: quiet, Service: s.spec.ID, Network: c.network, Peer: c.peer.Addr, Pid: pid,
			Status: int32(exit.Status), Signal: int32(exit.Signal), Duration: nanos(e.now - c.since), Reason: reason})
	}
}

// settleHeld deals with the connections of a worker that has ended: one that nobody
// has read from or written to goes to another.
func (e *Engine) settleHeld(i int32, exit spawn.Exit) {
	w := &e.workers[i]
	t := w.team
	pid := e.sessions[w.session].pid
	again := 0
	for k := range w.held {
		c := &w.held[k]
		c.tries++
		if c.fd >= 0 && !t.closing && c.tries < maxTries && e.untouched(c) {
			t.pending = append(t.pending, passed{})
			copy(t.pending[again+1:], t.pending[again:])
			t.pending[again] = *c
			again++
			continue
		}
		closeConn(c.fd)
		if t.spec.Way != Stdio {
			t.counts.Cut++
			e.finish(t, c, pid, exit, "worker ended")
			continue
		}
		e.finish(t, c, pid, exit, e.sessions[w.session].reason)
	}
	clear(w.held)
	w.held = w.held[:0]
}

func (e *Engine) untouched(c *passed) bool {
	read, wrote, errno := activation.Traffic(c.fd)
	return errno == 0 && read == 0 && c.wrote >= 0 && wrote == c.wrote
}

// passedOf goes through the clients of a service who are with its workers, or, with
// -1, wait for one.
func (e *Engine) passedOf(s *service) iter.Seq2[*passed, int32] {
	return func(yield func(*passed, int32) bool) {
		for _, t := range e.teams {
			if t.svc != s {
				continue
			}
			for k := range t.pending {
				if !yield(&t.pending[k], -1) {
					return
				}
			}
			for _, i := range t.members {
				for k := range e.workers[i].held {
					if !yield(&e.workers[i].held[k], i) {
						return
					}
				}
			}
		}
	}
}

// dropPassed closes a client who was let in and whom nobody serves.
func (e *Engine) dropPassed(t *team, c *passed, reason string) {
	closeConn(c.fd)
	s := t.svc
	s.gate.Release(c.peer.Addr.Addr())
	s.counts.Failed++
	e.tell(event.Event{Kind: event.SpawnFail, Level: event.LevelNotice, Service: s.spec.ID, Network: c.network, Peer: c.peer.Addr, Reason: reason,
		Err: "no worker was left to serve the client"})
}
