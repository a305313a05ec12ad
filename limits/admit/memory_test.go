// SPDX-License-Identifier: Apache-2.0

package admit

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"
)

// TestMemory: a gate in another process, with another clock, decides as the first
// one would have.
func TestMemory(t *testing.T) {
	p := Unrestricted()
	p.CPS = CPS{N: 3, Wait: 10 * time.Second}
	p.StartsPerMinute, p.PerSourcePerMinute = 100, 2
	v4, v6 := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	var g Gate
	for i, peer := range []netip.Addr{v4, v4, v6} {
		if v := g.Admit(&p, peer, Now{Mono: int64(i)}); !v.Allow {
			t.Fatal(v.Reason)
		}
	}
	g.Admit(&p, v4, Now{Mono: 5})                 // a refusal
	const here, there = 1000 * second, 7 * second // the clocks' zeros
	text, err := json.Marshal(g.Remember(here))
	if err != nil {
		t.Fatal(err)
	}
	var m Memory
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	var other Gate
	other.Recall(&m, there-here)
	for _, after := range []int64{1, second / 2, 2 * second, 5 * second, 61 * second} {
		for _, peer := range []netip.Addr{v4, v6, netip.MustParseAddr("192.0.2.2")} {
			a, b := g, other // each question by itself
			a.recent, b.recent = nil, nil
			one, two := a.Admit(&p, peer, Now{Mono: after}), b.Admit(&p, peer, Now{Mono: after + there})
			if one.Allow != two.Allow || one.Reason != two.Reason {
				t.Errorf("%v after %d: %v %v, and %v %v", peer, after, one.Allow, one.Reason, two.Allow, two.Reason)
			}
		}
	}
	if n := other.recent.count(p.source(v4), there+second); n != 2 {
		t.Errorf("%d starts of %v are known", n, v4)
	}
	if other.Allowed() != 3 || other.Refused(g.lastReason()) == 0 {
		t.Errorf("%d allowed, %v", other.Allowed(), other.refused)
	}
}

func (g *Gate) lastReason() (r Reason) {
	for i, n := range g.refused {
		if n > 0 {
			r = Reason(i)
		}
	}
	return r
}
