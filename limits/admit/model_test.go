// SPDX-License-Identifier: Apache-2.0

package admit_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"superd/limits"
	"superd/limits/admit"
)

// model is what a gate should be: the list of what runs and of what was started
// when, from which every limit is worked out anew.
type model struct {
	gate    admit.Gate
	policy  admit.Policy
	now     admit.Now
	running []netip.Addr
	starts  []started
	refused int
}

type started struct {
	at   int64
	peer netip.Addr
}

var neighbours = []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("198.51.100.1"),
	netip.MustParseAddr("::ffff:192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("2001:db8:1::1"), {}}

func drawPolicy(t *rapid.T) admit.Policy {
	limit := func(label string, max int64) int64 {
		if rapid.Bool().Draw(t, label+" set") {
			return rapid.Int64Range(0, max).Draw(t, label)
		}
		return limits.Unlimited
	}
	p := admit.Unrestricted()
	p.MaxServers, p.PerSource = limit("max_servers", 6), limit("per_source", 3)
	p.StartsPerMinute, p.PerSourcePerMinute = limit("starts_per_minute", 8), limit("per_source_per_minute", 4)
	p.Queue = rapid.Bool().Draw(t, "queue")
	p.PrefixV6 = rapid.SampledFrom([]uint8{32, 64, 128}).Draw(t, "v6")
	p.PrefixV4 = rapid.SampledFrom([]uint8{24, 32}).Draw(t, "v4")
	if rapid.Bool().Draw(t, "cps set") {
		p.CPS = admit.CPS{N: rapid.Int64Range(1, 5).Draw(t, "cps"), Wait: time.Duration(rapid.Int64Range(0, 20).Draw(t, "wait")) * time.Second}
	}
	return p
}

// same tells whether two peers are one source.
func same(p *admit.Policy, a, b netip.Addr) bool {
	a, b = a.Unmap(), b.Unmap()
	if a.Is4() != b.Is4() || !a.IsValid() || !b.IsValid() {
		return false
	}
	bits := int(p.PrefixV6)
	if a.Is4() {
		bits = int(p.PrefixV4)
	}
	prefix, _ := a.Prefix(bits)
	return prefix.Contains(b)
}

func (m *model) runningOf(peer netip.Addr) (n int64) {
	for _, r := range m.running {
		if same(&m.policy, r, peer) {
			n++
		}
	}
	return n
}

func TestModel(t *testing.T) {
	allowed, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		m := &model{policy: drawPolicy(t), now: admit.Now{Mono: start}}
		m.gate.Global = &admit.Global{Max: rapid.SampledFrom([]int64{limits.Unlimited, 0, 4}).Draw(t, "global")}
		t.Repeat(map[string]func(*rapid.T){
			"connect": m.connect,
			"release": m.release,
			"time":    m.time,
			"reload":  m.reload,
			"explain": func(t *rapid.T) {
				before := m.gate
				admit.Explain(&m.policy, &m.gate, rapid.SampledFrom(neighbours).Draw(t, "peer"), m.now)
				m.gate.Ready(&m.policy, m.now.Mono)
				if before.Running() != m.gate.Running() || before.Allowed() != m.gate.Allowed() {
					t.Fatal("looking changes something")
				}
			},
			"": m.check,
		})
		for _, peer := range m.running {
			m.gate.Release(peer)
		}
		if m.gate.Running() != 0 || m.gate.Global.Running() != 0 || m.gate.Sources() != 0 {
			t.Fatalf("after all have gone %d run, %d of all services, of %d sources", m.gate.Running(), m.gate.Global.Running(), m.gate.Sources())
		}
		allowed += int(m.gate.Allowed())
		refused += m.refused
	})
	if allowed == 0 || refused == 0 {
		t.Errorf("%d clients were allowed and %d refused: the test has lost its point", allowed, refused)
	}
}

func (m *model) connect(t *rapid.T) {
	p := &m.policy
	peer := rapid.SampledFrom(neighbours).Draw(t, "peer")
	if rapid.Bool().Draw(t, "asks") {
		if r := m.gate.Knock(p, m.now.Mono); !r.OK {
			if r.Watch || r.Until != 0 && r.Until <= m.now.Mono {
				t.Fatalf("knock at %d: %+v", m.now.Mono, r)
			}
			return
		}
	}
	before := m.gate.Running()
	v := m.gate.Admit(p, peer, m.now)
	if !v.Allow {
		m.refused++
		if m.gate.Running() != before || v.Reason == admit.None || v.Rule == "" {
			t.Fatalf("%d run, %d before; %+v", m.gate.Running(), before, v)
		}
		m.justified(t, peer, v)
		return
	}
	m.running = append(m.running, peer)
	m.starts = append(m.starts, started{m.now.Mono, peer})
	if p.MaxServers >= 0 && int64(len(m.running)) > p.MaxServers {
		t.Fatalf("%d run, of %d", len(m.running), p.MaxServers)
	}
	if n := m.runningOf(peer); p.PerSource >= 0 && n > p.PerSource {
		t.Fatalf("%d of %v run, of %d", n, peer, p.PerSource)
	}
	if gl := m.gate.Global; gl.Max >= 0 && gl.Running() > gl.Max {
		t.Fatalf("%d of all services run, of %d", gl.Running(), gl.Max)
	}
}

// justified: a refusal has a cause that can be seen from outside.
func (m *model) justified(t *rapid.T, peer netip.Addr, v admit.Verdict) {
	p := &m.policy
	var lately, ofPeer int64
	for _, s := range m.starts {
		if m.now.Mono-s.at < int64(time.Minute) {
			lately++
			if same(p, s.peer, peer) {
				ofPeer++
			}
		}
	}
	ok := false
	switch v.Reason {
	case admit.ServiceLimit:
		ok = int64(len(m.running)) >= p.MaxServers
	case admit.SourceLimit:
		ok = m.runningOf(peer) >= p.PerSource
	case admit.ProcessLimit:
		ok = int64(len(m.running)) >= m.gate.Global.Max
	case admit.StartRate:
		ok = lately >= p.StartsPerMinute
	case admit.SourceRate:
		ok = ofPeer >= p.PerSourcePerMinute
	case admit.Rate:
		ok = p.CPS.N > 0 && len(m.starts) > 0
	}
	if !ok {
		t.Fatalf("%v is refused by %v: %d run, %d of it; %d started, %d of it; policy %+v", peer, v.Reason, len(m.running), m.runningOf(peer), lately, ofPeer, *p)
	}
}

func (m *model) release(t *rapid.T) {
	if len(m.running) == 0 {
		t.Skip("nothing runs")
	}
	i := rapid.IntRange(0, len(m.running)-1).Draw(t, "which")
	m.gate.Release(m.running[i])
	m.running = slices.Delete(m.running, i, i+1)
}

func (m *model) time(t *rapid.T) {
	m.now.Mono += rapid.SampledFrom([]int64{1, second / 2, second, 7 * second, 61 * second}).Draw(t, "ns")
}

// reload: the policy changes, the gate does not. Starts of before were counted by
// the prefixes of before, so those begin anew.
func (m *model) reload(t *rapid.T) {
	m.policy = drawPolicy(t)
	m.gate.Recount(&m.policy, slices.Values(m.running))
	m.now.Mono += 61 * second
}

func (m *model) check(t *rapid.T) {
	if n := int64(len(m.running)); m.gate.Running() != n || m.gate.Global.Running() != n {
		t.Fatalf("%d run; the gate has %d, all gates %d", n, m.gate.Running(), m.gate.Global.Running())
	}
	// Every pause has an end, and then it is over.
	r := m.gate.Ready(&m.policy, m.now.Mono)
	if r.OK || r.Until == 0 || r.Reason == admit.ProcessLimit {
		return
	}
	if r.Until <= m.now.Mono {
		t.Fatalf("until %d, and it is %d", r.Until, m.now.Mono)
	}
	if later := m.gate.Ready(&m.policy, r.Until); !later.OK && later.Reason == r.Reason {
		t.Fatalf("%+v, and at that time %+v", r, later)
	}
}

// However clients come, a service with cps = N W serves at most what the
// arithmetic of xinetd's window allows in any window that it counts.
func TestCPSModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := admit.CPS{N: rapid.Int64Range(1, 10).Draw(t, "N"), Wait: time.Duration(rapid.Int64Range(1, 10).Draw(t, "wait")) * time.Second}
		p := admit.Unrestricted()
		p.CPS = c
		var g admit.Gate
		mono := start
		var first, n, pausedTill int64
		for range rapid.IntRange(1, 200).Draw(t, "clients") {
			mono += rapid.SampledFrom([]int64{0, 0, 0, second / 10, second / 3, second, 3 * second}).Draw(t, "gap")
			r := g.Knock(&p, mono)
			// xinetd's lines, with the pause in place of the closed socket.
			ok, began := mono >= pausedTill, false
			if ok {
				if n == 0 || (mono-first)/second >= c.N {
					first, n = mono, 0
				}
				n++
				if n/max(1, (mono-first)/second) > c.N {
					ok, began, n, pausedTill = false, true, 0, mono+int64(c.Wait)
				}
			}
			if r.OK != ok || r.Began != began || !ok && r.Until != pausedTill {
				t.Fatalf("cps %+v at %.1f: %+v, want ok=%v, paused until %d", c, float64(mono-start)/1e9, r, ok, pausedTill)
			}
			if r.OK && !g.Admit(&p, alice, admit.Now{Mono: mono}).Allow {
				t.Fatalf("cps %+v: what may be accepted is refused", c)
			}
			g.Release(alice)
		}
	})
}
