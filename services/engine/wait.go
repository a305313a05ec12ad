// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/limits/admit"
	"superd/services/event"
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

// handOver gives the listening socket itself to a handler and stops watching it
// until that one ends. The socket loses O_NONBLOCK for that time, which belongs
// to the shared description; superd never accepts from such a socket.
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
	conn, err := unix.FcntlInt(uintptr(l.sock.FD()), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		s.gate.Release(e.peer.Addr.Addr())
		e.pauseFor("dup", err)
		return
	}
	e.takeMark(l)
	e.environment(l, -1, &e.peer)
	e.addEnv(w)
	i := e.newSession(s, l.sock.Network(), &e.peer)
	l.sock.SetNonblock(false)
	child, err := e.launch(s, w, conn, i)
	if err != nil {
		l.sock.SetNonblock(true)
		unix.Close(conn)
		e.freeSession(i)
		if !passing(err) {
			e.unstartable(l, -1, &e.peer, err)
			l.notTill = e.now + int64(pauseMax)
			e.refresh(s)
			return
		}
		s.gate.Release(e.peer.Addr.Addr())
		e.pauseFor("spawn", err)
		return
	}
	x := &e.sessions[i]
	x.lst, x.sock = l, l.sock
	l.holder = i
	e.held[l.sock] = i
	s.paused = false
	e.disarm(l)
	s.counts.Accepted++
	s.meter.add(e.now)
	e.started(i, child, w.loud(s))
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

// giveBack takes the socket back from a wait handler that has ended.
func (e *Engine) giveBack(i int32) {
	x := &e.sessions[i]
	delete(e.held, x.sock)
	x.sock.SetNonblock(true)
	l := x.lst
	if l == nil {
		return
	}
	l.holder = -1
	e.judge(l)
	if l.svc != x.svc { // the service was replaced while its handler had the socket
		e.refresh(l.svc)
	}
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
	if !l.hasPeers() {
		left = now.queue > 0 && now.queue >= was.queue
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
