// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/limits/admit"
	"superd/services/event"
	"superd/spawn"
)

// mark is what waited at a listener at some moment: of a datagram socket the
// sender and size of the first datagram, of a stream socket the length of the
// accept queue, of a FIFO the number of bytes. It is had without reading a byte.
type mark struct {
	from  netip.AddrPort
	size  int
	queue int
}

// hasPeers tells whether each thing that waits at a listener has a sender who can
// be refused alone: a datagram has, and what lies in a FIFO is nobody's.
func (l *listener) hasPeers() bool { return !l.sock.IsStream() && !l.sock.IsFIFO() }

// handOver gives the listening socket itself, or with OneForAll all sockets of the
// service, to a handler, and stops watching until that one ends. The sockets lose
// O_NONBLOCK for that time, unless the service says otherwise: it belongs to the shared
// description, and superd never accepts from such a socket.
func (e *Engine) handOver(l *listener) {
	s := l.svc
	if !e.knock(s) {
		return
	}
	e.peer = activation.Peer{}
	w, ok := e.admitWaiting(l)
	if !ok {
		return
	}
	b, err := e.bindWaiter(l)
	if err != nil {
		s.gate.Release(e.peer.Addr.Addr())
		e.pauseFor("dup", err)
		return
	}
	given := s.givenWith(l)
	for _, g := range given {
		e.takeMark(g)
		g.sock.SetNonblock(s.spec.NonBlock)
	}
	e.environment(l, -1, &e.peer)
	e.addEnv(w)
	i := e.newSession(s, l.sock.Network(), &e.peer)
	child, err := e.launch(s, w, b, i)
	if err != nil {
		e.notHanded(l, i, b, given, err)
		return
	}
	for _, g := range given {
		e.lend(i, loan{g.sock, g})
	}
	s.paused = false
	s.counts.Accepted++
	s.meter.add(e.now)
	e.started(i, child, w.loud(s))
}

// bindWaiter gives what a handler of l's service finds: as its connection the socket,
// which needs a low number of its own, or as files all sockets.
func (e *Engine) bindWaiter(l *listener) (spawn.Binding, error) {
	s := l.svc
	if s.spec.OneForAll {
		b := e.binding(s, -1)
		for _, sock := range s.spec.Sockets {
			b.Files = append(b.Files, sock.FD())
		}
		return b, nil
	}
	conn, err := unix.FcntlInt(uintptr(l.sock.FD()), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return spawn.Binding{}, err
	}
	return e.binding(s, conn), nil
}

// givenWith are the listeners whose sockets a handler gets that l is the reason for.
func (s *service) givenWith(l *listener) []*listener {
	if s.spec.OneForAll {
		return s.listeners
	}
	return []*listener{l}
}

// notHanded takes a start back that has failed at once.
func (e *Engine) notHanded(l *listener, i int32, b spawn.Binding, given []*listener, err error) {
	for _, g := range given {
		g.sock.SetNonblock(true)
	}
	if b.Conn >= 0 {
		unix.Close(b.Conn)
	}
	e.freeSession(i)
	if !passing(err) {
		e.unstartable(l, -1, &e.peer, err)
		l.notTill = e.now + int64(pauseMax)
		e.refresh(l.svc)
		return
	}
	l.svc.gate.Release(e.peer.Addr.Addr())
	e.pauseFor("spawn", err)
}

// admitWaiting asks the gate about who waits at a socket. Of a stream socket that is
// nobody known: no client was accepted, and so none can be refused: they wait.
func (e *Engine) admitWaiting(l *listener) (*wrapping, bool) {
	if l.hasPeers() {
		return e.admitDatagram(l)
	}
	w, v := e.judgeWaiting(l)
	if !v.Allow {
		e.pauseService(l, &v)
	}
	return w, v.Allow
}

func (e *Engine) judgeWaiting(l *listener) (w *wrapping, v admit.Verdict) {
	v = e.verdict(l, -1, &e.peer)
	if v.Wrap != nil && (v.Allow || l.hasPeers()) { // who is refused again each second
		w = e.wrapDatagram(l, &v)
	}
	return w, v
}

// admitDatagram asks the gate about the first datagram's sender. A refused
// datagram is dropped, exactly that one, by a read of no bytes; another may be
// looked at in the same turn.
func (e *Engine) admitDatagram(l *listener) (*wrapping, bool) {
	s := l.svc
	for n := range acceptBatch {
		from, _, errno := activation.PeekPeer(l.sock.FD())
		if errno == unix.EAGAIN || errno == unix.EINTR {
			if n == 0 {
				e.falselyReady(l)
			}
			return nil, false
		}
		e.peer.Addr = from
		w, v := e.judgeWaiting(l)
		if v.Allow {
			return w, true
		}
		activation.DropDatagram(l.sock.FD())
		e.refused(l, &e.peer, &v, w.severity())
		if !e.knock(s) {
			return nil, false
		}
	}
	return nil, false
}

func (e *Engine) takeMark(l *listener) { l.unread.mark = e.look(l) }

func (e *Engine) look(l *listener) mark {
	if l.sock.IsStream() {
		n, _ := activation.QueueLen(l.sock.FD())
		return mark{queue: n}
	}
	if l.sock.IsFIFO() {
		n, _ := unix.IoctlGetInt(l.sock.FD(), unix.TIOCINQ) // FIONREAD
		return mark{queue: n}
	}
	from, size, errno := activation.PeekPeer(l.sock.FD())
	if errno != 0 {
		return mark{size: -1}
	}
	return mark{from: from, size: size}
}

// judge looks whether a wait handler took anything. One that leaves what it was
// started for would be started again at once, for ever (that is openbsd-inetd's
// spin on a UDP server that never reads); it is given a growing pause.
func (e *Engine) judge(l *listener) {
	now := e.look(l)
	was := l.unread.mark
	left := now.size >= 0 && now == was
	if !l.hasPeers() { // of several sockets there may have been some at which nobody waited
		left = was.queue > 0 && now.queue >= was.queue
	}
	if !left {
		l.unread.times = 0
		return
	}
	l.unread.times++
	pause := min(waitBackoff<<min(l.unread.times-1, 10), waitBackoffMax)
	l.notTill = e.now + int64(pause)
	if l.unread.times == 3 {
		e.tell(event.Event{Kind: event.Pause, Level: event.LevelWarning, Service: l.svc.spec.ID, Reason: "unread",
			Local: l.sock.Address(), Duration: pause, Text: "the handler ends and leaves unread what it was started for"})
	}
}

const (
	waitBackoff    = 10 * time.Millisecond
	waitBackoffMax = 2 * time.Second
)
