// SPDX-License-Identifier: Apache-2.0

package admit_test

import (
	"net/netip"
	"slices"
	"testing"

	"superd/limits/admit"
)

func TestPrefix(t *testing.T) {
	first, second := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	native := policy(func(p *admit.Policy) { p.PerSource = 1 })
	exact := policy(func(p *admit.Policy) { p.PerSource, p.PrefixV6 = 1, 128 })
	var g admit.Gate
	g.Admit(native, first, at(0))
	want(t, "a neighbour in the /64", g.Admit(native, second, at(0)), "per_source_limit")
	want(t, "of another /64", g.Admit(native, netip.MustParseAddr("2001:db8:0:1::1"), at(0)), "ok")
	want(t, "of IPv4", g.Admit(native, alice, at(0)), "ok")
	want(t, "of IPv4, next to it", g.Admit(native, bob, at(0)), "ok")

	// The prefix changes while handlers run: the old one counts until Recount, and
	// whoever entered by it leaves by it.
	want(t, "before Recount", g.Admit(exact, second, at(0)), "per_source_limit")
	g.Recount(exact, slices.Values([]netip.Addr{first, alice}))
	want(t, "after Recount", g.Admit(exact, second, at(0)), "ok")
	want(t, "the same after Recount", g.Admit(exact, first, at(0)), "per_source_limit")
	for _, a := range []netip.Addr{first, alice, second} {
		g.Release(a)
	}
	if g.Running() != 0 {
		t.Errorf("%d run", g.Running())
	}
	want(t, "after all have left", g.Admit(native, second, at(0)), "ok")
	want(t, "the native prefix is back", g.Admit(native, first, at(0)), "per_source_limit")

	wide := policy(func(p *admit.Policy) { p.PerSource, p.PrefixV4 = 1, 0 })
	var all admit.Gate
	all.Admit(wide, alice, at(0))
	want(t, "all of IPv4 is one source", all.Admit(wide, netip.MustParseAddr("10.0.0.1"), at(0)), "per_source_limit")
	want(t, "but not of IPv6", all.Admit(wide, first, at(0)), "ok")
}

// A prefix that changes while handlers run, without Recount, leaks nobody.
func TestPrefixWithoutRecount(t *testing.T) {
	var g admit.Gate
	g.Admit(policy(func(*admit.Policy) {}), netip.MustParseAddr("2001:db8::1"), at(0))
	exact := policy(func(p *admit.Policy) { p.PerSource, p.PrefixV6 = 1, 128 })
	want(t, "of another /64", g.Admit(exact, netip.MustParseAddr("2001:db8:1::1"), at(0)), "ok")
	g.Release(netip.MustParseAddr("2001:db8::1"))
	g.Release(netip.MustParseAddr("2001:db8:1::1"))
	if g.Sources() != 0 {
		t.Errorf("%d sources are left, and nothing runs", g.Sources())
	}
}

func TestNoAddress(t *testing.T) {
	var g admit.Gate
	p := policy(func(p *admit.Policy) { p.PerSource, p.MaxServers = 1, 3 })
	for range 3 {
		want(t, "a unix client", g.Admit(p, netip.Addr{}, at(0)), "ok")
	}
	want(t, "the fourth", g.Admit(p, netip.Addr{}, at(0)), "service_limit")
	g.Release(netip.Addr{})
	want(t, "after a release", g.Admit(p, netip.Addr{}, at(0)), "ok")
}

// A flood of sources costs a bounded amount of memory, and what it hides is
// counted too strictly, never not at all.
func TestFlood(t *testing.T) {
	var g admit.Gate
	p := policy(func(p *admit.Policy) { p.PerSourcePerMinute, p.PrefixV6 = 2, 128 })
	refused := 0
	for i := range 100_000 {
		peer := netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(i >> 16), byte(i >> 8), byte(i)})
		if v := g.Admit(p, peer, at(1)); v.Allow {
			g.Release(peer)
		} else {
			refused++
		}
	}
	if n := g.RecentSources(); n > 17_000 || refused < 80_000 {
		t.Errorf("%d sources are remembered, %d refused", n, refused)
	}
	known := netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8})
	want(t, "one known from before, its second", g.Admit(p, known, at(2)), "ok")
	want(t, "its third", g.Admit(p, known, at(2)), "per_source_per_minute")
	want(t, "a stranger far away", g.Admit(p, alice, at(2)), "ok")
	want(t, "after the minute", g.Admit(p, netip.MustParseAddr("2001:db8::ffff:1"), at(61)), "ok")
	if n := g.RecentSources(); n != 1 {
		t.Errorf("%d sources are remembered in the new minute", n)
	}
}
