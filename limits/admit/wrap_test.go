// SPDX-License-Identifier: Apache-2.0

package admit_test

import (
	"net/netip"
	"testing"

	"superd/limits/admit"
	"superd/limits/wrappers"
)

func TestWrap(t *testing.T) {
	p := admit.Unrestricted()
	src := &wrappers.Source{}
	tables := wrappers.Tables{Allow: wrappers.Parse([]byte("in.x: 10.0.0.1\nin.x: 10.0.0.2: nice\nin.x@192.0.2.1: 10.0.0.3\n"), false, src),
		Deny: wrappers.Parse([]byte("ALL: ALL\n"), true, src)}
	p.Wrap = tables.For("in.x")
	now := admit.Now{Local: netip.MustParseAddrPort("192.0.2.1:23"), Port: 5}
	for peer, want := range map[string]admit.Verdict{
		"10.0.0.1":        {Allow: true, Rule: "in.x: 10.0.0.1"},
		"::ffff:10.0.0.1": {Allow: true, Rule: "in.x: 10.0.0.1"},
		"10.0.0.2":        {Allow: true, Rule: "in.x: 10.0.0.2: nice", Wrap: p.Wrap.All()[1]},
		"10.0.0.3":        {Allow: true, Rule: "in.x@192.0.2.1: 10.0.0.3"},
		"10.0.0.4":        {Reason: admit.Libwrap, Rule: "ALL: ALL"},
		"":                {Reason: admit.Libwrap, Rule: "ALL: ALL"},
	} {
		var g admit.Gate
		addr, _ := netip.ParseAddr(peer)
		v := g.Admit(&p, addr, now)
		v.Place, v.List = want.Place, ""
		if v != want {
			t.Errorf("%s: %+v, want %+v", peer, v, want)
		}
	}
}

func TestShut(t *testing.T) {
	p := admit.Unrestricted()
	p.Shut = "its user is gone"
	var g admit.Gate
	if v := g.Admit(&p, netip.MustParseAddr("10.0.0.1"), admit.Now{}); v.Allow || v.Reason.String() != "shut" || v.Rule != p.Shut {
		t.Errorf("%+v", v)
	}
}
