// SPDX-License-Identifier: Apache-2.0

package admit

import "time"

// globalPoll is when to look again at the limit over all services: the handler
// that ends is likely to be another service's, whose Release nobody tells us of.
const globalPoll = 100 * time.Millisecond

// Ready tells whether the service should take clients from its backlog. It
// changes nothing, and may be asked at any time.
func (g *Gate) Ready(p *Policy, mono int64) Readiness {
	if end, paused := g.rate.paused(p.CPS, mono); paused {
		return Readiness{Until: end, Reason: Rate}
	}
	if p.StartsPerMinute > 0 && g.minute.count(mono) >= p.StartsPerMinute {
		return Readiness{Until: g.minute.start + minute, Reason: StartRate}
	}
	// A limit of 0 has no end to wait for: Admit refuses.
	if p.Queue && p.MaxServers > 0 && g.running >= p.MaxServers {
		return Readiness{Reason: ServiceLimit}
	}
	if p.Queue && g.Global.full() && g.Global.Max > 0 {
		return Readiness{Until: mono + int64(globalPoll), Reason: ProcessLimit}
	}
	if next, over := g.rate.over(p.CPS, mono); over {
		return Readiness{Watch: true, Until: next, Reason: Rate}
	}
	return Readiness{OK: true}
}

// Knock is Ready for a service at whose socket a client is known to wait. That
// client is not accepted if it is one too many for the CPS; the service's pause
// begins instead, which the client spends in the backlog.
func (g *Gate) Knock(p *Policy, mono int64) Readiness {
	r := g.Ready(p, mono)
	if r.Watch {
		g.rate.pause(mono)
		r = g.Ready(p, mono)
		r.Began = true
	}
	return r
}
