// SPDX-License-Identifier: Apache-2.0

package admit

import (
	"net/netip"

	"superd/limits/wrappers"
)

// Request is the client as hosts.allow and hosts.deny see it. A peer without an
// address has no name to look up either.
func Request(peer netip.Addr, now Now) wrappers.Request {
	q := wrappers.Request{Client: wrappers.Endpoint{Addr: peer.Unmap(), Port: int(now.Port)}, Server: wrappers.Endpoint{Port: -1}}
	if !peer.IsValid() {
		q.Client.Name, q.User = wrappers.Unknown, wrappers.Unknown
	}
	if now.Local.IsValid() {
		q.Server.Addr, q.Server.Port = now.Local.Addr().Unmap(), int(now.Local.Port())
	}
	return q
}

func checkWrap(p *Policy, _ *Gate, peer netip.Addr, now Now) Verdict {
	if p.Wrap == nil {
		return pass
	}
	q := Request(peer, now)
	d := p.Wrap.Check(&q)
	if d.Rule == nil {
		return pass
	}
	v := Verdict{Allow: d.Allow, Rule: d.Rule.Text, List: "libwrap", Place: d.Rule.Place}
	if d.Effects() {
		v.Wrap = d.Rule
		v.Allow = v.Allow || d.Rule.Twists() // its command takes a place as a handler does
	}
	if !v.Allow {
		v.Reason = Libwrap
	}
	return v
}

func noteWrap(p *Policy, _ *Gate, peer netip.Addr, now Now) string {
	if p.Wrap == nil {
		return notSet
	}
	q := Request(peer, now)
	switch d := p.Wrap.Check(&q); {
	case d.Rule == nil:
		return "no rule matches " + p.Wrap.Daemon()
	case d.Unsure:
		return "the rule wants a name that is not looked up, and is taken by its stricter side"
	}
	return ""
}

// over is what an allowed client's verdict tells when two stages have a rule to
// tell: the later one's, and what the one of libwrap asks for.
func (v Verdict) over(before Verdict) Verdict {
	if v.Wrap == nil {
		v.Wrap = before.Wrap
	}
	return v
}

func checkShut(p *Policy, _ *Gate, _ netip.Addr, _ Now) Verdict {
	if p.Shut == "" {
		return pass
	}
	return Verdict{Reason: Shut, Rule: p.Shut}
}

func noteShut(p *Policy, _ *Gate, _ netip.Addr, _ Now) string {
	if p.Shut == "" {
		return notSet
	}
	return p.Shut
}
