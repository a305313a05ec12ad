// SPDX-License-Identifier: Apache-2.0

package admit

import "net/netip"

// Memory is what a Gate knows of the past, for another process that takes its place.
// Times are of the clock of Now.Mono. What runs is not part of it: that is had by
// Recount.
type Memory struct {
	Allowed     uint64            `json:"allowed,omitempty"`
	Refused     map[string]uint64 `json:"refused,omitempty"` // by the reason's word
	RateStart   int64             `json:"rate_start,omitempty"`
	RateCount   int64             `json:"rate_count,omitempty"`
	RatePause   bool              `json:"rate_pause,omitempty"`
	MinuteStart int64             `json:"minute_start,omitempty"`
	MinuteCount int64             `json:"minute_count,omitempty"`
	RecentStart int64             `json:"recent_start,omitempty"`
	RecentCount int64             `json:"recent_count,omitempty"`
	Recent      []Recent          `json:"recent,omitempty"`
}

// Recent is how often somebody has come in the present minute.
type Recent struct {
	Prefix netip.Prefix `json:"prefix"` // IPv4 in its mapped form
	Count  uint32       `json:"count"`
}

// Remember gives what the gate knows, its times moved by shift.
func (g *Gate) Remember(shift int64) Memory {
	m := Memory{Allowed: g.allowed, RateCount: g.rate.n, RatePause: g.rate.stopped, MinuteCount: g.minute.n,
		RateStart: g.rate.start + shift, MinuteStart: g.minute.start + shift}
	if g.refused != nil {
		m.Refused = map[string]uint64{}
		for r, n := range g.refused {
			if n > 0 {
				m.Refused[Reason(r).String()] = n
			}
		}
	}
	if g.recent != nil {
		m.RecentStart, m.RecentCount = g.recent.start+shift, g.recent.n
		for s, n := range g.recent.by {
			m.Recent = append(m.Recent, Recent{netip.PrefixFrom(netip.AddrFrom16(s.addr), int(s.bits)), n})
		}
	}
	return m
}

// Recall takes over what another gate knew, its times moved by shift.
func (g *Gate) Recall(m *Memory, shift int64) {
	g.allowed = m.Allowed
	for word, n := range m.Refused {
		if r, ok := ParseReason(word); ok {
			if g.refused == nil {
				g.refused = new([NumReasons]uint64)
			}
			g.refused[r] = n
		}
	}
	g.rate = rate{start: m.RateStart + shift, n: m.RateCount, stopped: m.RatePause}
	g.minute = window{start: m.MinuteStart + shift, n: m.MinuteCount}
	if len(m.Recent) == 0 {
		return
	}
	g.recent = &recent{window: window{start: m.RecentStart + shift, n: m.RecentCount}, by: make(map[source]uint32, len(m.Recent))}
	for _, r := range m.Recent {
		g.recent.by[source{addr: r.Prefix.Addr().As16(), bits: uint8(max(0, r.Prefix.Bits()))}] = r.Count
	}
}
