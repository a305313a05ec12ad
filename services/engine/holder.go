// SPDX-License-Identifier: Apache-2.0

package engine

import (
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
	for _, l := range s.listeners {
		if all := s.spec.Holders[l.sock]; len(all) > 0 && l.holder < 0 {
			e.holdBy(l, all)
		}
	}
}

// holdBy waits for the first of them, and for the others after that.
func (e *Engine) holdBy(l *listener, all []Holder) {
	s := l.svc
	i := e.newSession(s, l.sock.Network(), &activation.Peer{})
	x := &e.sessions[i]
	x.pid, x.pidfd, x.role = int32(all[0].Pid), int32(all[0].Pidfd), roleHolder
	x.lst, x.sock, x.holders = l, l.sock, all[1:]
	s.sessions++
	obj, err := e.poll.add(all[0].Pidfd, objSession, i, unix.EPOLLIN)
	if err != nil {
		e.blind(i)
	}
	x.obj = obj
	l.holder = i
	e.held[l.sock] = i
	e.disarm(l)
}

// holderEnded gives the socket back, or to the next who has it.
func (e *Engine) holderEnded(i int32) {
	x := &e.sessions[i]
	if n, err := unix.Poll([]unix.PollFd{{Fd: x.pidfd, Events: unix.POLLIN}}, 0); n == 0 && err == nil {
		return // somebody looked whether it had ended
	}
	e.closePidfd(x)
	s, l, rest, sock := x.svc, x.lst, x.holders, x.sock
	s.sessions--
	switch {
	case sock == nil: // nobody's any more
	case l != nil && len(rest) > 0:
		delete(e.held, sock)
		l.holder = -1
		e.freeSession(i)
		e.holdBy(l, rest)
		return
	default:
		e.giveBack(i)
	}
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
