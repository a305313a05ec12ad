// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"slices"

	"superd/activation"
	"superd/services/event"
)

// loan is a listening socket that a process has until it ends: a handler of a wait
// service, or one that an earlier superd has started. Nobody watches it meanwhile.
type loan struct {
	sock *activation.Socket
	lst  *listener // that waits for it; nil after the listener went
}

// loan finds what the session has of a socket that it has.
func (x *session) loan(sock *activation.Socket) *loan {
	i := slices.IndexFunc(x.lent, func(g loan) bool { return g.sock == sock })
	return &x.lent[i]
}

// forget forgets a socket that no listener waits for; false if one does.
func (x *session) forget(sock *activation.Socket) bool {
	if x.loan(sock).lst != nil {
		return false
	}
	x.lent = slices.DeleteFunc(x.lent, func(g loan) bool { return g.sock == sock })
	return true
}

// lend notes that the process of session i has a socket now.
func (e *Engine) lend(i int32, g loan) {
	x := &e.sessions[i]
	x.lent = append(x.lent, g)
	e.held[g.sock] = i
	if g.lst != nil {
		g.lst.holder = i
		e.disarm(g.lst)
	}
}

// giveBack takes the sockets back from a process that has ended.
func (e *Engine) giveBack(i int32) {
	x := &e.sessions[i]
	lent := x.lent
	x.lent = nil
	for _, g := range lent {
		delete(e.held, g.sock)
		g.sock.SetNonblock(true)
		if g.lst != nil {
			g.lst.holder = -1
			e.judge(g.lst)
		}
	}
	for _, g := range lent { // the service was replaced while its handler had the socket
		if g.lst != nil && g.lst.svc != x.svc {
			e.refresh(g.lst.svc)
		}
	}
}

// lentOut tells whether the service waits with all its sockets, since one process gets
// them all and another one has some of them still.
func (s *service) lentOut() bool {
	return s.spec.OneForAll && slices.ContainsFunc(s.listeners, func(l *listener) bool { return l.holder >= 0 })
}

// tellLate says, of a service that has more sockets now, that the process which has
// those of before does not get the new ones.
func (e *Engine) tellLate(s *service) {
	if !s.lentOut() {
		return
	}
	i := slices.IndexFunc(s.listeners, func(l *listener) bool { return l.holder >= 0 })
	pid := e.sessions[s.listeners[i].holder].pid
	e.tell(event.Event{Kind: event.Note, Level: event.LevelNotice, Service: s.spec.ID, Pid: pid,
		Text: fmt.Sprintf("process %d goes on with the sockets that it has; clients of the new ones wait until it has ended", pid)})
}
