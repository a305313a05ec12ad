// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/limits/admit"
	"superd/services/event"
	"superd/spawn"
)

// acceptFrom takes what waits in a listener's backlog, as far as it can be
// handed over at once; the rest waits there, in the kernel, and so survives
// whatever becomes of us.
func (e *Engine) acceptFrom(l *listener) {
	s := l.svc
	if s.team != nil && s.team.spec.Way == Accept {
		return
	}
	for n := range l.batch {
		if s.team != nil && !s.team.open() || !e.knock(s) {
			e.refresh(s)
			return
		}
		fd, errno := activation.Accept(l.sock.FD(), &e.peer)
		if errno != 0 {
			// The kernel makes a socket and a file before it finds nobody waiting, so
			// that is worth expecting: as many next time as there were now.
			l.batch = max(n, 1)
			l.calm = calmTurns
			e.acceptFailed(l, errno)
			return
		}
		s.counts.Accepted++
		s.meter.add(e.now)
		e.admit(l, fd)
		if e.pause.on {
			return
		}
		if s.stopped || s.inFlight >= e.maxInFlight() {
			e.refresh(s)
			return
		}
	}
	if l.calm > 0 { // nobody else waited, so lately
		l.calm--
		return
	}
	l.batch = min(l.batch+1, acceptBatch)
}

// acceptFailed tells a client that went away between readiness and accept (the
// errors that accept(2) passes on from the network) from what concerns us.
func (e *Engine) acceptFailed(l *listener, errno syscall.Errno) {
	switch errno {
	case unix.EAGAIN, unix.ECONNABORTED, unix.EINTR, unix.EPERM, unix.EPROTO, unix.ENOPROTOOPT, unix.ENETDOWN,
		unix.EHOSTDOWN, unix.ENONET, unix.EHOSTUNREACH, unix.EOPNOTSUPP, unix.ENETUNREACH, unix.ETIMEDOUT:
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
		e.pauseFor("accept", errno)
	default:
		e.mend(l, unix.EPOLLHUP)
	}
}

// admit asks the gate about the client whose connection was just accepted.
func (e *Engine) admit(l *listener, fd int) {
	if b := l.svc.spec.Banner; len(b) > 0 {
		activation.SendBanner(fd, b)
	}
	v := e.verdict(l, fd, &e.peer)
	switch {
	case v.Wrap != nil:
		e.wrap(e.wrapped(l, fd, &e.peer, &v))
	case !v.Allow:
		e.refuse(l, fd, &e.peer, &v)
	default:
		e.letIn(l, fd, &e.peer, nil)
	}
}

// letIn starts the handler of a client whom everybody has let in.
func (e *Engine) letIn(l *listener, fd int, peer *activation.Peer, w *wrapping) {
	if b := l.svc.spec.BannerSuccess; len(b) > 0 {
		activation.SendBanner(fd, b)
	}
	if l.svc.team != nil {
		if w != nil && w.rule.Program != nil { // user, group, umask, nice: a worker is who it is
			e.unwrap(w)
			return
		}
		e.passOn(l, fd, peer, w)
		return
	}
	e.startAs(l, fd, peer, w)
}

// verdict is the gate's, the daemon's own limit included. What it allows is
// reserved until gate.Release.
func (e *Engine) verdict(l *listener, fd int, peer *activation.Peer) admit.Verdict {
	p := l.svc.spec.Policy
	now := e.moment(p)
	now.Port = peer.Addr.Port()
	if p.Wrap != nil && p.Wrap.NeedServer() {
		now.Local = e.localOf(l, fd)
	}
	return l.svc.gate.Admit(p, peer.Addr.Addr(), now)
}

// moment is what a policy wants to know of the time.
func (e *Engine) moment(p *admit.Policy) admit.Now {
	now := admit.Now{Mono: e.now}
	if len(p.Windows) > 0 {
		now.Wall = time.Now()
	}
	if p.MaxLoad > 0 {
		now.Load = e.load.at(e.now)
	}
	return now
}

// startAs spawns the handler of an admitted connection, as the rule has it that w
// carries out, which may be none. The reservation and the
// descriptor go into the session; if there is no process to be had now, they
// wait in stalled.
func (e *Engine) startAs(l *listener, fd int, peer *activation.Peer, w *wrapping) {
	s := l.svc
	e.environment(l, fd, peer)
	e.addEnv(w)
	i := e.newSession(s, l.sock.Network(), peer)
	child, err := e.launch(s, w, e.binding(s, fd), i)
	if err != nil && !passing(err) {
		e.freeSession(i)
		e.unstartable(l, fd, peer, err)
		return
	}
	if err != nil {
		e.freeSession(i)
		e.stalled = append(e.stalled, stalled{lst: l, svc: s, conn: fd, peer: *peer, wrap: w})
		e.pauseFor("spawn", err)
		return
	}
	e.started(i, child, w.loud(s))
}

// passing tells a want of resources, which ends, from an error that would come
// again.
func passing(err error) bool {
	switch err {
	case spawn.ErrBusy, unix.EAGAIN, unix.ENOMEM, unix.EMFILE, unix.ENFILE, unix.ENOSPC, unix.EINTR, unix.ERESTART:
		return true
	}
	return false
}

// unstartable closes a connection for which no process can be made.
func (e *Engine) unstartable(l *listener, fd int, peer *activation.Peer, err error) {
	s := l.svc
	s.gate.Release(peer.Addr.Addr())
	s.counts.Failed++
	e.tell(event.Event{Kind: event.SpawnFail, Level: event.LevelError, Service: s.spec.ID, Network: l.sock.Network(), Peer: peer.Addr, Err: err.Error()})
	if fd >= 0 {
		spawn.CloseConn(fd)
	}
}

// launch starts the process of session i. On an error b.Conn is still the caller's.
func (e *Engine) launch(s *service, w *wrapping, b spawn.Binding, i int32) (spawn.Child, error) {
	child, err := e.launcher.Start(w.program(s), b, uint64(i), e.now)
	if err != nil && b.GiveLog {
		unix.Close(b.Log)
	}
	return child, err
}

func (e *Engine) binding(s *service, conn int) spawn.Binding {
	b := spawn.Binding{Conn: conn, Log: -1}
	if !s.spec.LogStderr {
		return b
	}
	b.Log = e.opt.LogFD
	if e.opt.Stderr == nil {
		return b
	}
	if fd := e.opt.Stderr(s.spec.ID); fd >= 0 {
		b.Log, b.GiveLog = fd, true
	}
	return b
}

// observe puts a new process under observation.
func (e *Engine) observe(i int32, child spawn.Child) {
	x := &e.sessions[i]
	s := x.svc
	x.pid, x.pidfd, x.flying = int32(child.Pid), int32(child.Pidfd), true
	s.inFlight++
	s.sessions++
	obj, err := e.poll.add(child.Pidfd, objSession, i, unix.EPOLLIN)
	if err != nil { // ENOMEM, or fs.epoll.max_user_watches: it is found by the slower way
		e.blind(i)
	}
	x.obj = obj
}

// started is for a new handler.
func (e *Engine) started(i int32, child spawn.Child, level event.Level) {
	e.observe(i, child)
	x := &e.sessions[i]
	s := x.svc
	s.counts.Started++
	if t := s.spec.SessionTimeout; t > 0 {
		x.endAt = e.now + int64(t)
		e.timers.add(timer{at: x.endAt, kind: timerSession, ref: i, gen: x.gen})
	}
	if quiet := !s.spec.Loud.Start; !quiet || e.followed() {
		e.tell(event.Event{Kind: event.Start, Level: level, Quiet: quiet, Service: s.spec.ID, Network: x.network, Peer: x.peer.Addr, Pid: x.pid})
	}
}
