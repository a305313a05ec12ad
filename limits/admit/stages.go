// SPDX-License-Identifier: Apache-2.0

package admit

import (
	"net/netip"

	"superd/limits/access"
)

// stages are the checks in their order: first those that ask who comes and when,
// so that nobody who may not come in uses up what the others count. (xinetd asks
// the other way round; where several limits refuse, its reason may be another.)
// A check changes nothing. peer is not mapped; it may be invalid.
var stages = [...]struct {
	name  string
	check func(p *Policy, g *Gate, peer netip.Addr, now Now) Verdict
	note  func(p *Policy, g *Gate, peer netip.Addr, now Now) string
}{
	{"enabled", checkShut, noteShut},
	{"access_times", checkTimes, noteTimes},
	{"address", checkAddress, noteAddress},
	{"penalty", checkPenalty, notePenalty},
	{"libwrap", checkWrap, noteWrap},
	{"cps", checkRate, noteRate},
	{"starts_per_minute", checkStarts, noteStarts},
	{"per_source_per_minute", checkSourceRate, noteSourceRate},
	{"max_load", checkLoad, noteLoad},
	{"max_servers", checkServers, noteServers},
	{"per_source", checkSource, noteSource},
	{"process limit", checkGlobal, noteGlobal},
}

var pass = Verdict{Allow: true}

// limit is the verdict of a limit that is reached or not.
func (p *Policy) limit(r Reason, reached bool) Verdict {
	if !reached {
		return pass
	}
	v := Verdict{Reason: r, Rule: attributes[r]}
	if p.Sources != nil && p.Sources[r].Text != "" {
		v.Rule, v.Place = p.Sources[r].Text, p.Sources[r].Place
	}
	return v
}

// attributes name the limit where the policy does not say how it was written.
var attributes = [NumReasons]string{Time: "access_times", Rate: "cps", StartRate: "starts_per_minute",
	SourceRate: "per_source_per_minute", Load: "max_load", ServiceLimit: "max_servers", SourceLimit: "per_source",
	ProcessLimit: "max_servers of the daemon", Penalty: "penalty"}

func checkTimes(p *Policy, _ *Gate, _ netip.Addr, now Now) Verdict {
	return p.limit(Time, len(p.Windows) > 0 && !p.Windows.Contains(now.Wall))
}

// ftpData is the port that an FTP server's data connections come from.
const ftpData = 20

func checkAddress(p *Policy, _ *Gate, peer netip.Addr, now Now) Verdict {
	if p.NoFTPData && now.Port == ftpData {
		return Verdict{Reason: Address, Rule: "source port 20"}
	}
	return addressVerdict(p.Rules.Check(peer))
}

func addressVerdict(d access.Decision) Verdict {
	v := Verdict{Allow: d.Allow, Rule: d.Rule, List: d.List, Place: d.Place}
	if !d.Allow {
		v.Reason = Address
	}
	return v
}

func checkPenalty(p *Policy, _ *Gate, peer netip.Addr, now Now) Verdict {
	return p.limit(Penalty, p.Penalized != nil && peer.IsValid() && p.Penalized(peer, now))
}

func checkRate(p *Policy, g *Gate, _ netip.Addr, now Now) Verdict {
	_, paused := g.rate.paused(p.CPS, now.Mono)
	_, over := g.rate.over(p.CPS, now.Mono)
	return p.limit(Rate, paused || over)
}

func checkStarts(p *Policy, g *Gate, _ netip.Addr, now Now) Verdict {
	return p.limit(StartRate, p.StartsPerMinute >= 0 && g.minute.count(now.Mono) >= p.StartsPerMinute)
}

func checkSourceRate(p *Policy, g *Gate, peer netip.Addr, now Now) Verdict {
	return p.limit(SourceRate, p.PerSourcePerMinute >= 0 && peer.IsValid() && g.recent.count(p.source(peer), now.Mono) >= p.PerSourcePerMinute)
}

func checkLoad(p *Policy, _ *Gate, _ netip.Addr, now Now) Verdict {
	return p.limit(Load, p.MaxLoad > 0 && now.Load >= p.MaxLoad)
}

func checkServers(p *Policy, g *Gate, _ netip.Addr, _ Now) Verdict {
	return p.limit(ServiceLimit, p.MaxServers >= 0 && g.running >= p.MaxServers)
}

// checkSource: a client of whom nothing is known, as one of a stream socket that
// is handed over, is turned away where everybody is.
func checkSource(p *Policy, g *Gate, peer netip.Addr, _ Now) Verdict {
	return p.limit(SourceLimit, p.PerSource == 0 || p.PerSource > 0 && peer.IsValid() && g.sources.count(peer) >= p.PerSource)
}

func checkGlobal(p *Policy, g *Gate, _ netip.Addr, _ Now) Verdict {
	return p.limit(ProcessLimit, g.Global.full())
}
