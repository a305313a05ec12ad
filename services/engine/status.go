// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"
)

// Status is one service as it stands.
type Status struct {
	ID       string      `json:"id"`
	Running  int         `json:"running"`
	InFlight int         `json:"in_flight"`
	Counts   Counts      `json:"counts"`
	Sockets  []Sock      `json:"sockets"`
	Sessions []Session   `json:"sessions"`
	Pool     *PoolStatus `json:"pool,omitempty"`
}

// Sock is one of its sockets.
type Sock struct {
	Network string `json:"network"`
	Address string `json:"address"`
	Watched bool   `json:"watched"`
	HeldBy  int    `json:"held_by,omitempty"` // pid of the wait handler that has it

}

// Session is one of its handlers.
type Session struct {
	Pid      int     `json:"pid"`
	Peer     string  `json:"peer,omitempty"`
	Seconds  float64 `json:"seconds"`
	Starting bool    `json:"starting,omitempty"`
}

// Status tells of all services, sorted by id.
func (e *Engine) Status() []Status {
	var out []Status
	e.call(func(e *Engine) { out = e.status() })
	slices.SortFunc(out, func(a, b Status) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return out
}

func (e *Engine) status() []Status {
	index := make(map[*service]int, len(e.services))
	out := make([]Status, 0, len(e.services))
	for id, s := range e.services {
		index[s] = len(out)
		st := Status{ID: id, Running: s.sessions, InFlight: s.inFlight, Counts: s.counts, Sessions: []Session{}, Pool: e.poolStatus(s)}
		for _, l := range s.listeners {
			k := Sock{Network: l.sock.Network(), Address: l.sock.Address(), Watched: l.armed}
			if l.holder >= 0 {
				k.HeldBy = int(e.sessions[l.holder].pid)
			}
			st.Sockets = append(st.Sockets, k)
		}
		out = append(out, st)
	}
	for i := range e.sessions {
		x := &e.sessions[i]
		if !x.used || x.role == roleWorker {
			continue
		}
		if k, ok := index[x.svc]; ok {
			s := Session{Pid: int(x.pid), Seconds: (time.Duration(e.now - x.since)).Seconds(), Starting: x.flying}
			if x.peer.Addr.IsValid() {
				s.Peer = x.peer.Addr.String()
			}
			out[k].Sessions = append(out[k].Sessions, s)
		}
	}
	for s, k := range index {
		if s.team != nil {
			out[k].Sessions = e.passedSessions(s, out[k].Sessions)
		}
	}
	return out
}

// passedSessions adds the clients of a service's workers.
func (e *Engine) passedSessions(s *service, list []Session) []Session {
	for c, i := range e.passedOf(s) {
		x := Session{Seconds: time.Duration(e.now - c.since).Seconds()}
		if i >= 0 {
			x.Pid = int(e.sessions[e.workers[i].session].pid)
		}
		if c.peer.Addr.IsValid() {
			x.Peer = c.peer.Addr.String()
		}
		list = append(list, x)
	}
	return list
}
