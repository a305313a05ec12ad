// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/limits/admit"
	"superd/limits/wrappers"
	"superd/services/event"
	"superd/spawn"
)

// Limits on what a rule of hosts.allow or hosts.deny has run. Clients make it run:
// none of it may grow with them.
const (
	maxBeside  = 4  // commands of spawn at once, of one service; the rest are counted
	maxPending = 16 // clients of one service for whom a command of aclexec decides

	pendingTime = 30 * time.Second // how long that one has
	besideTime  = 10 * time.Minute // and one of spawn
)

// WrapRule is what a rule wants done, prepared at load.
type WrapRule struct {
	Program *spawn.Program // of the handler, if the rule changes it; nil: the service's
	Steps   []WrapStep     // by wrappers.Effect.Index
	Fails   int            // the option at which the client is refused, because it cannot be done here; -1: none
}

// WrapStep is one option of a rule.
type WrapStep struct {
	Command *spawn.Spec // of spawn, aclexec and twist; Argv ends where the command is to come
	Banner  []byte      // the file of banners
}

// wrapping is a client at which such a rule is being carried out.
type wrapping struct {
	l       *listener
	svc     *service
	fd      int // -1: the client is a datagram's sender
	peer    activation.Peer
	verdict admit.Verdict
	allow   bool // how the rule ends
	rule    *WrapRule
	request wrappers.Request
	effects []wrappers.Effect
	next    int
	env     []wrappers.Effect
	level   event.Level // of what the log is told; <0: as always
}

const asAlways = ^event.Level(0)

// wrapped begins with the rule's effects.
func (e *Engine) wrapped(l *listener, fd int, peer *activation.Peer, v *admit.Verdict) *wrapping {
	w := &wrapping{l: l, svc: l.svc, fd: fd, peer: *peer, verdict: *v, rule: l.svc.spec.Wrap[v.Wrap], level: asAlways}
	if w.rule == nil {
		w.rule = &WrapRule{Fails: -1}
	}
	w.request = admit.Request(peer.Addr.Addr(), admit.Now{Port: peer.Addr.Port(), Local: e.localOf(l, fd)})
	w.request.Daemon, w.request.Pid = l.svc.spec.Policy.Wrap.Daemon(), os.Getpid()
	w.effects, w.allow, _ = v.Wrap.Effects(&w.request)
	if n := w.rule.Fails; n >= 0 && n < len(w.effects) {
		w.effects, w.allow = w.effects[:n], false
	}
	return w
}

// wrap carries a rule out for a connection, and lets it in or closes it.
func (e *Engine) wrap(w *wrapping) {
	for w.next < len(w.effects) {
		f := &w.effects[w.next]
		w.next++
		switch f.Kind {
		case wrappers.Aclexec:
			if !e.askCommand(w, f) {
				e.unwrap(w)
			}
			return
		case wrappers.Twist:
			e.twist(w, f)
			return
		default:
			e.effect(w, f)
		}
	}
	if !w.verdict.Allow || !w.allow {
		e.unwrap(w)
		return
	}
	e.letIn(w.l, w.fd, &w.peer, w)
}

// effect is what neither waits nor decides.
func (e *Engine) effect(w *wrapping, f *wrappers.Effect) {
	switch f.Kind {
	case wrappers.Setenv:
		w.env = append(w.env, *f)
	case wrappers.Severity:
		w.level = levelOf(f.Num)
	case wrappers.Spawn:
		e.beside(w, f)
	}
	if w.fd < 0 || w.svc.spec.Mode == Wait {
		return
	}
	switch f.Kind {
	case wrappers.Banner:
		if step := w.step(f); len(step.Banner) > 0 {
			activation.SendBanner(w.fd, w.request.BannerText(step.Banner))
		}
	case wrappers.KeepAlive:
		unix.SetsockoptInt(w.fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	case wrappers.Linger: // nothing: it makes close() wait, ours too, and the kernel sends what is left in any case
	}
}

// levelOf maps syslog's levels.
func levelOf(severity int) event.Level {
	switch {
	case severity <= 3:
		return event.LevelError
	case severity == 4:
		return event.LevelWarning
	case severity == 5:
		return event.LevelNotice
	case severity == 6:
		return event.LevelInfo
	}
	return event.LevelDebug
}

func (w *wrapping) step(f *wrappers.Effect) WrapStep {
	if f.Index < len(w.rule.Steps) {
		return w.rule.Steps[f.Index]
	}
	return WrapStep{}
}

// unwrap refuses a client, for whom the gate may have a place already.
func (e *Engine) unwrap(w *wrapping) {
	if w.verdict.Allow {
		w.svc.gate.Withdraw(w.peer.Addr.Addr(), admit.Libwrap)
	}
	w.verdict.Allow, w.verdict.Reason = false, admit.Libwrap
	if w.fd >= 0 {
		e.refuseAt(w.l, w.fd, &w.peer, &w.verdict, w.level)
	}
}

// wrapDatagram carries a rule out for who waits at a socket that is handed over.
// What decides by a command, or talks to the client, cannot be done there.
func (e *Engine) wrapDatagram(l *listener, v *admit.Verdict) *wrapping {
	w := e.wrapped(l, -1, &e.peer, v)
	for i := range w.effects {
		switch f := &w.effects[i]; f.Kind {
		case wrappers.Aclexec, wrappers.Twist:
			e.unwrap(w)
			v.Allow, v.Reason = false, admit.Libwrap
			return w
		default:
			e.effect(w, f)
		}
	}
	if v.Allow && !w.allow {
		e.unwrap(w)
		v.Allow, v.Reason = false, admit.Libwrap
	}
	return w
}

// localOf is where a client has connected to.
func (e *Engine) localOf(l *listener, fd int) (local netip.AddrPort) {
	if l.local.IsValid() {
		return l.local
	}
	if fd >= 0 {
		local, _ = activation.LocalAddr(fd)
		return local
	}
	return l.sock.LocalAddr()
}

// program is the handler's, as the rule has it.
func (w *wrapping) program(s *service) *spawn.Program {
	if w != nil && w.rule.Program != nil {
		return w.rule.Program
	}
	return s.spec.Program
}

// addEnv adds what the rule sets to the words of a start.
func (e *Engine) addEnv(w *wrapping) {
	if w == nil {
		return
	}
	for i := range w.env {
		e.launcher.Env().Add(w.env[i].Name, w.env[i].Text)
	}
}

// loud is the level of a handler's start.
func (w *wrapping) loud(s *service) event.Level {
	if l := w.severity(); l != asAlways {
		return l
	}
	return s.spec.Loud.Level
}

// severity is what the rule has set.
func (w *wrapping) severity() event.Level {
	if w == nil {
		return asAlways
	}
	return w.level
}

// verdictBut is the verdict of a gate without hosts.allow and hosts.deny.
func (e *Engine) verdictBut(l *listener, fd int, peer *activation.Peer) admit.Verdict {
	p := *l.svc.spec.Policy
	p.Wrap = nil
	return l.svc.gate.Admit(&p, peer.Addr.Addr(), e.moment(&p))
}
