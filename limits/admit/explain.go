// SPDX-License-Identifier: Apache-2.0

package admit

import (
	"fmt"
	"net/netip"
	"time"

	"superd/limits"
)

const notSet = "not set"

// Explain gives what every stage says of peer, also of those after the first
// that refuses. It counts nothing. A nil g is a service at rest.
func Explain(p *Policy, g *Gate, peer netip.Addr, now Now) []StageVerdict {
	if g == nil {
		g = new(Gate)
	}
	peer = peer.Unmap()
	all := make([]StageVerdict, 0, len(stages))
	for _, s := range stages {
		all = append(all, StageVerdict{s.name, s.note(p, g, peer, now), s.check(p, g, peer, now)})
	}
	return all
}

func noteTimes(p *Policy, _ *Gate, _ netip.Addr, now Now) string {
	if len(p.Windows) == 0 {
		return notSet
	}
	change, ok := p.Windows.NextChange(now.Wall)
	w, open := p.Windows.Find(now.Wall)
	switch {
	case open && ok:
		return fmt.Sprintf("%v, until %s", w, change.Format("Mon 15:04"))
	case ok:
		return fmt.Sprintf("again from %s", change.Format("Mon 15:04"))
	}
	return "all day"
}

func noteAddress(p *Policy, _ *Gate, peer netip.Addr, _ Now) string {
	switch d := p.Rules.Check(peer); {
	case p.Rules == nil:
		return notSet
	case d.List == "":
		return "no rule matches"
	default:
		return d.List + ": " + d.Rule
	}
}

func notePenalty(p *Policy, _ *Gate, _ netip.Addr, _ Now) string {
	if p.Penalized == nil {
		return notSet
	}
	return ""
}

func noteRate(p *Policy, g *Gate, _ netip.Addr, now Now) string {
	if p.CPS.N <= 0 {
		return notSet
	}
	if end, paused := g.rate.paused(p.CPS, now.Mono); paused {
		return "pauses for another " + limits.FormatDuration(time.Duration(end-now.Mono).Round(time.Millisecond))
	}
	elapsed := (now.Mono - g.rate.start) / second
	if g.rate.n == 0 || elapsed >= p.CPS.N {
		return fmt.Sprintf("none of %d a second", p.CPS.N)
	}
	return fmt.Sprintf("%d in %d s, of %d a second", g.rate.n, max(1, elapsed), p.CPS.N)
}

func noteStarts(p *Policy, g *Gate, _ netip.Addr, now Now) string {
	return share(g.minute.count(now.Mono), p.StartsPerMinute, "in this minute")
}

func noteSourceRate(p *Policy, g *Gate, peer netip.Addr, now Now) string {
	if !peer.IsValid() {
		return "no address"
	}
	return share(g.recent.count(p.source(peer), now.Mono), p.PerSourcePerMinute, "in this minute")
}

func noteLoad(p *Policy, _ *Gate, _ netip.Addr, now Now) string {
	if p.MaxLoad <= 0 {
		return notSet
	}
	return fmt.Sprintf("%.2f, refused from %.2f on", now.Load, p.MaxLoad)
}

func noteServers(p *Policy, g *Gate, _ netip.Addr, _ Now) string {
	return share(g.running, p.MaxServers, "run")
}

func noteSource(p *Policy, g *Gate, peer netip.Addr, _ Now) string {
	if !peer.IsValid() {
		return "no address"
	}
	return share(g.sources.count(peer), p.PerSource, "run")
}

func noteGlobal(_ *Policy, g *Gate, _ netip.Addr, _ Now) string {
	if g.Global == nil {
		return notSet
	}
	return share(g.Global.running, g.Global.Max, "run")
}

func share(n, of int64, what string) string {
	if of < 0 {
		return notSet
	}
	return fmt.Sprintf("%d of %d %s", n, of, what)
}
