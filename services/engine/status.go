// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"superd/activation"
	"superd/limits/admit"
)

// Status is one service as it stands.
type Status struct {
	ID       string
	Running  int // processes, those that start, workers and commands of hosts.allow included
	InFlight int // of these, how many start
	// MaxServers is as it is now, and Configured as it was before Resize.
	MaxServers, Configured int64
	PerMinute              int64 // clients, see meter
	Counts                 Counts
	Refused                [admit.NumReasons]uint64
	// Waits is why clients wait in the backlog, if they do; Until is when that ends by
	// itself, zero if it ends with a handler.
	Waits    admit.Reason
	Until    time.Time
	Stopped  bool
	Drained  bool
	Sockets  []Sock
	Sessions []Session
	Pool     *PoolStatus // nil: it has no workers
}

// Sock is one of its sockets.
type Sock struct {
	Socket  *activation.Socket
	Watched bool
	HeldBy  int // pid of the wait handler that has it
}

// Session is one of its handlers.
type Session struct {
	ID       string
	Pid      int
	Peer     netip.AddrPort
	Since    time.Time
	Starting bool
	Ending   bool
	Command  bool // of hosts.allow or hosts.deny
	Pending  bool // let in, and no worker has it yet
}

// Status tells of all services, sorted by id. The owner serves clients meanwhile:
// what it tells of one service is of one moment, of two services it may not be.
func (e *Engine) Status(sessions bool) []Status {
	c := &census{sessions: sessions, done: make(chan struct{})}
	if e.queue.put(c) {
		select {
		case <-c.done:
		case <-e.done:
			return nil
		}
	}
	slices.SortFunc(c.out, func(a, b Status) int { return cmp.Compare(a.ID, b.ID) })
	return c.out
}

// How much of a census is done in a turn.
const (
	censusServices = 64
	censusSessions = 256
)

// census collects what Status tells, a slice at a time. Services and sessions may come
// and go between two slices.
type census struct {
	sessions bool
	todo     []*service
	index    map[*service]int
	out      []Status
	next     int32 // session
	begun    bool
	done     chan struct{}
}

func (c *census) step(e *Engine) bool {
	if !c.begun {
		c.begin(e)
		return false
	}
	if n := min(censusServices, len(c.todo)); n > 0 {
		for _, s := range c.todo[:n] {
			st := e.statusOf(s)
			if c.sessions && s.team != nil {
				st.Sessions = e.passedSessions(s)
			}
			c.out = append(c.out, st)
		}
		c.todo = c.todo[n:]
		return false
	}
	if end := min(c.next+censusSessions, int32(len(e.sessions))); c.sessions && c.next < end {
		for ; c.next < end; c.next++ {
			if x := &e.sessions[c.next]; x.used && x.role != roleWorker {
				if k, ok := c.index[x.svc]; ok {
					c.out[k].Sessions = append(c.out[k].Sessions, e.sessionOf(c.next))
				}
			}
		}
		return false
	}
	close(c.done)
	return true
}

func (c *census) begin(e *Engine) {
	c.begun = true
	c.todo = make([]*service, 0, len(e.services))
	c.out = make([]Status, 0, len(e.services))
	for _, s := range e.services {
		c.todo = append(c.todo, s)
	}
	if c.sessions {
		c.index = make(map[*service]int, len(c.todo))
		for i, s := range c.todo {
			c.index[s] = i
		}
	}
}

func (e *Engine) statusOf(s *service) Status {
	st := Status{ID: s.spec.ID, Running: s.sessions, InFlight: s.inFlight, MaxServers: s.spec.Policy.MaxServers, Configured: s.configured(), PerMinute: s.meter.perMinute(e.now),
		Counts: s.counts, Stopped: s.stopped || e.stopping, Drained: s.spec.Drained, Pool: e.poolStatus(s)}
	if n, ok := s.spec.maxServers(); ok {
		st.MaxServers = n
	}
	for r := range admit.NumReasons {
		st.Refused[r] = s.gate.Refused(r)
	}
	if r := s.gate.Ready(s.spec.Policy, e.now); !r.OK && !r.Watch {
		st.Waits = r.Reason
		if r.Until > 0 {
			st.Until = e.epoch.Add(nanos(r.Until))
		}
	}
	for _, l := range s.listeners {
		k := Sock{Socket: l.sock, Watched: l.armed || s.team.watches()}
		if l.holder >= 0 {
			k.HeldBy = int(e.sessions[l.holder].pid)
		}
		st.Sockets = append(st.Sockets, k)
	}
	return st
}

func (e *Engine) sessionOf(i int32) Session {
	x := &e.sessions[i]
	return Session{ID: sessionID(i, x.gen), Pid: int(x.pid), Peer: x.peer.Addr, Since: e.epoch.Add(nanos(x.since)), Starting: x.flying,
		Ending: x.asked, Command: x.role != roleHandler}
}

// passedSessions are the clients of a service's workers: each has an id of its own, and
// its worker's process.
func (e *Engine) passedSessions(s *service) []Session {
	var list []Session
	for c, i := range e.passedOf(s) {
		x := Session{ID: clientID(c.id), Peer: c.peer.Addr, Since: e.epoch.Add(nanos(c.since)), Pending: i < 0}
		if i >= 0 {
			w := e.workers[i].session
			x.Pid, x.Ending = int(e.sessions[w].pid), e.sessions[w].asked
		}
		list = append(list, x)
	}
	return list
}
