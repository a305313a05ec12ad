// SPDX-License-Identifier: Apache-2.0

package admit

import (
	"iter"
	"net/netip"
)

// Global is the limit over all services (xinetd's -limit). Gates that share it
// have one owner.
type Global struct {
	Max     int64 // limits.Unlimited = none
	running int64
}

// Running gives the handlers that run, over all gates.
func (gl *Global) Running() int64 { return gl.running }

func (gl *Global) full() bool { return gl != nil && gl.Max >= 0 && gl.running >= gl.Max }

// Gate counts one service's handlers. The zero value, with Global set or nil, is
// ready. It lives as long as the service's id does, through reloads: counters are
// never forgotten, and a lowered limit holds for whoever comes next.
type Gate struct {
	Global *Global

	running int64
	allowed uint64
	refused *[NumReasons]uint64 // nil until somebody was
	sources sources
	rate    rate
	minute  window
	recent  *recent // nil until a policy limits the starts of one source
}

// Admit decides on a client, and on allowing it counts it until its Release.
// Ready and Knock, asked before, are how clients come to wait instead of being
// refused; Admit keeps the limits without them too.
func (g *Gate) Admit(p *Policy, peer netip.Addr, now Now) Verdict {
	peer = peer.Unmap()
	var v Verdict
	for i := range stages {
		s := stages[i].check(p, g, peer, now)
		if !s.Allow {
			g.refuse(p, s.Reason, now.Mono)
			return s
		}
		if s.Rule != "" {
			v = s.over(v)
		}
	}
	v.Allow = true
	g.take(p, peer, now.Mono)
	return v
}

func (g *Gate) refuse(p *Policy, r Reason, mono int64) {
	if g.refused == nil {
		g.refused = new([NumReasons]uint64)
	}
	g.refused[r]++
	// xinetd pauses for the client that is one too many, not again for those that
	// come while it does.
	if _, on := g.rate.paused(p.CPS, mono); r == Rate && !on {
		g.rate.pause(mono)
	}
}

// take counts a client that every stage has let through.
func (g *Gate) take(p *Policy, peer netip.Addr, mono int64) {
	g.allowed++
	g.rate.take(p.CPS, mono)
	g.minute.take(mono)
	if p.PerSourcePerMinute >= 0 && peer.IsValid() {
		if g.recent == nil {
			g.recent = new(recent)
		}
		g.recent.take(p.source(peer), mono)
	}
	g.enter(p, peer)
}

func (g *Gate) enter(p *Policy, peer netip.Addr) {
	g.running++
	if g.Global != nil {
		g.Global.running++
	}
	g.sources.enter(p, peer)
}

// Release takes back what Admit or Recount counted for peer. One without the
// other is a mistake of the caller's, and is kept from making a limit negative.
func (g *Gate) Release(peer netip.Addr) {
	if g.running == 0 {
		return
	}
	g.running--
	if g.Global != nil {
		g.Global.running--
	}
	g.sources.leave(peer.Unmap())
}

// Withdraw turns away a client whom Admit has let in and who has got no handler yet.
func (g *Gate) Withdraw(peer netip.Addr, r Reason) {
	g.Release(peer)
	if g.refused == nil {
		g.refused = new([NumReasons]uint64)
	}
	g.refused[r]++
}

// Recount sets what runs to exactly these peers, one for each handler: after an
// upgrade, when the handlers are another image's, and after a reload that changed
// what a source is (PrefixV4, PrefixV6). Until it is called after such a reload,
// the old prefixes count on as long as a handler runs.
func (g *Gate) Recount(p *Policy, peers iter.Seq[netip.Addr]) {
	if g.Global != nil {
		g.Global.running -= g.running
	}
	g.running, g.sources = 0, sources{}
	for peer := range peers {
		g.enter(p, peer.Unmap())
	}
}

// Running gives the handlers that run.
func (g *Gate) Running() int64 { return g.running }

// Allowed gives how many clients were let in so far.
func (g *Gate) Allowed() uint64 { return g.allowed }

// Refused gives how many clients were refused so far for a reason.
func (g *Gate) Refused(r Reason) uint64 {
	if g.refused == nil {
		return 0
	}
	return g.refused[r]
}
