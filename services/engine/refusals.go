// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net/netip"
	"time"

	"superd/limits/access"
	"superd/limits/admit"
)

// keptRefusals is how many refusals are remembered.
const keptRefusals = 1000

// Refusal is a client who was turned away.
type Refusal struct {
	Time    time.Time
	Service string
	Network string
	Peer    netip.AddrPort // invalid: of a unix socket
	Reason  string
	Rule    string
	Place   string // FILE:LINE
}

// refusal is one as it is remembered: what costs to word is worded when somebody
// asks.
type refusal struct {
	at      int64
	service string
	network string
	peer    netip.AddrPort
	reason  admit.Reason
	rule    string
	place   access.Place
	word    func(access.Place) string
}

// refusals are the last ones, in a ring. The zero value is empty; the ring is made
// with the first, since most superds refuse nobody.
type refusals struct {
	ring []refusal
	next int
	full bool
}

func (r *refusals) add(x refusal) {
	if r.ring == nil {
		r.ring = make([]refusal, keptRefusals)
	}
	r.ring[r.next] = x
	if r.next++; r.next == len(r.ring) {
		r.next, r.full = 0, true
	}
}

// all gives them, the oldest first.
func (r *refusals) all() []refusal {
	var out []refusal
	if r.full {
		out = append(out, r.ring[r.next:]...)
	}
	return append(out, r.ring[:r.next]...)
}

// Refusals gives the last thousand refusals, the oldest first.
func (e *Engine) Refusals() []Refusal {
	var kept []refusal
	e.call(func(e *Engine) { kept = e.lately.all() })
	out := make([]Refusal, len(kept))
	for i, x := range kept {
		out[i] = Refusal{Time: e.epoch.Add(nanos(x.at)), Service: x.service, Network: x.network, Peer: x.peer, Reason: x.reason.String(), Rule: x.rule}
		out[i].Place = x.placeText()
	}
	return out
}

// placeText is where the rule stands, in words; "" if there is none.
func (x *refusal) placeText() string {
	if x.word == nil || x.place == (access.Place{}) {
		return ""
	}
	return x.word(x.place)
}
