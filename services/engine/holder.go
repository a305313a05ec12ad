// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"

	"golang.org/x/sys/unix"

	"superd/activation"
)

// Holder is a process that an earlier superd, which has ended, gave a socket of a
// wait service to, and that has it still: until it ends nobody else is given the
// socket. It is no child of this superd, so how it ends is not known.
type Holder struct {
	Pid   int
	Pidfd int // at a high number; the engine's once the Spec is applied
}

// hold begins to wait for those who have sockets of a service that is new here.
func (e *Engine) hold(s *service) {
	var one []Holder // those who have any of them
	var lent []loan
	for _, l := range s.listeners {
		all := s.spec.Holders[l.sock]
		switch {
		case len(all) == 0 || l.holder >= 0:
		case s.spec.OneForAll:
			one, lent = unite(one, all), append(lent, loan{l.sock, l})
		default:
			e.holdBy(s, []loan{{l.sock, l}}, all)
		}
	}
	if len(one) > 0 {
		e.holdBy(s, lent, one)
	}
}

// unite adds those of more whom it has not yet.
func unite(all, more []Holder) []Holder {
	for _, h := range more {
		if slices.ContainsFunc(all, func(x Holder) bool { return x.Pid == h.Pid }) {
			unix.Close(h.Pidfd)
			continue
		}
		all = append(all, h)
	}
	return all
}

// holdBy waits for the first of them, and for the others after that.
func (e *Engine) holdBy(s *service, lent []loan, all []Holder) {
	i := e.newSession(s, lent[0].sock.Network(), &activation.Peer{})
	x := &e.sessions[i]
	x.pid, x.pidfd, x.role, x.holders = int32(all[0].Pid), int32(all[0].Pidfd), roleHolder, all[1:]
	s.sessions++
	obj, err := e.poll.add(all[0].Pidfd, objSession, i, unix.EPOLLIN)
	if err != nil {
		e.blind(i)
	}
	x.obj = obj
	for _, g := range lent {
		e.lend(i, g)
	}
}

// holderEnded gives the sockets back, or to the next who has them.
func (e *Engine) holderEnded(i int32) {
	x := &e.sessions[i]
	if n, err := unix.Poll([]unix.PollFd{{Fd: x.pidfd, Events: unix.POLLIN}}, 0); n == 0 && err == nil {
		return // somebody looked whether it had ended
	}
	e.closePidfd(x)
	s, rest, lent := x.svc, x.holders, x.lent
	s.sessions--
	if len(rest) > 0 && slices.ContainsFunc(lent, func(g loan) bool { return g.lst != nil }) {
		e.freeSession(i)
		e.holdBy(s, lent, rest)
		return
	}
	e.giveBack(i)
	for _, h := range rest {
		unix.Close(h.Pidfd)
	}
	e.freeSession(i)
	e.roomAgain()
	e.refresh(s)
	if e.stopping && e.live == 0 {
		e.stopped()
	}
}
