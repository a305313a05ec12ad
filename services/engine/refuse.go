// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/limits/access"
	"superd/limits/admit"
	"superd/services/event"
	"superd/spawn"
)

// maxLingering is how many refused clients may have their sockets kept at once.
const maxLingering = 64

// lingerTime is how long a refused client has to read its banner.
const lingerFor = time.Second

// lingering is a refused connection that was sent a banner. Closing it at once
// would, if the client has sent something that nobody reads, make the kernel
// send a reset, and that takes the banner away from the client (RFC 9293,
// 3.10.4; RFC 1122, 4.2.2.13). So our side is shut down and the descriptor kept
// until the client closes too, or for a second.
type lingering struct {
	fd    int
	obj   int32
	until int64
}

// refuse turns a client away whose connection was accepted.
func (e *Engine) refuse(l *listener, fd int, peer *activation.Peer, v *admit.Verdict) {
	e.refuseAt(l, fd, peer, v, asAlways)
}

func (e *Engine) refuseAt(l *listener, fd int, peer *activation.Peer, v *admit.Verdict, level event.Level) {
	s := l.svc
	e.refused(l, peer, v, level)
	said := len(s.spec.Banner) > 0
	if len(s.spec.BannerFail) > 0 {
		activation.SendBanner(fd, s.spec.BannerFail)
		said = true
	}
	if !said {
		spawn.CloseConn(fd)
		return
	}
	e.lingerOn(fd)
}

// refused counts and tells.
func (e *Engine) refused(l *listener, peer *activation.Peer, v *admit.Verdict, level event.Level) {
	s := l.svc
	if level == asAlways {
		level = event.LevelNotice
	}
	s.counts.Refused++
	e.lately.add(refusal{at: e.now, service: s.spec.ID, network: l.sock.Network(), peer: peer.Addr, reason: v.Reason, rule: v.Rule,
		place: v.Place, word: s.spec.Place})
	if quiet := !s.spec.Loud.Refuse; !quiet || e.followed() {
		e.tell(event.Event{Kind: event.Refuse, Level: level, Quiet: quiet, Service: s.spec.ID, Network: l.sock.Network(), Peer: peer.Addr,
			Reason: v.Reason.String(), Rule: v.Rule, Place: s.placeOf(v.Place)})
	}
}

// placeOf words the place of a rule; the last one is kept, since a flood of
// refusals comes from one rule.
func (s *service) placeOf(p access.Place) string {
	if p == (access.Place{}) || s.spec.Place == nil {
		return ""
	}
	if p != s.place {
		s.place, s.placeText = p, s.spec.Place(p)
	}
	return s.placeText
}

func (e *Engine) lingerOn(fd int) {
	unix.Shutdown(fd, unix.SHUT_WR)
	if len(e.linger) >= maxLingering {
		e.closeOldest()
	}
	ref := int32(fd)
	obj, err := e.poll.add(fd, objLinger, ref, unix.EPOLLRDHUP)
	if err != nil {
		spawn.CloseConn(fd)
		return
	}
	until := e.now + int64(lingerFor)
	e.linger = append(e.linger, lingering{fd: fd, obj: obj, until: until})
	e.timers.add(timer{at: until, kind: timerLinger})
}

// endLingering is for a client that has closed its side.
func (e *Engine) endLingering(fd int32) {
	for i := range e.linger {
		if e.linger[i].fd == int(fd) {
			e.endLinger(i)
			return
		}
	}
}

func (e *Engine) lingerTime() {
	for len(e.linger) > 0 && e.linger[0].until <= e.now {
		e.endLinger(0)
	}
}

func (e *Engine) closeOldest() { e.endLinger(0) }

func (e *Engine) closeLingering() {
	for len(e.linger) > 0 {
		e.endLinger(0)
	}
}

// endLinger keeps the list in the order of time: it is short.
func (e *Engine) endLinger(i int) {
	l := e.linger[i]
	e.poll.drop(l.fd, l.obj)
	spawn.CloseConn(l.fd)
	e.linger = append(e.linger[:i], e.linger[i+1:]...)
}
