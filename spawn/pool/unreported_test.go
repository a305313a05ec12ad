// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"superd/spawn/pool"
)

// blind is a pool whose workers report nothing, with clients that hold one each. All
// that is seen is how many wait.
type blind struct {
	s       pool.Settings
	st      pool.State
	now     int64
	workers int
	waits   int // looks at which somebody waited
}

// second looks at the pool with so many clients.
func (p *blind) second(t *rapid.T, clients int) {
	p.now += sec
	v := pool.View{Unreported: p.workers, Waiting: max(0, clients-p.workers)}
	d, st := pool.Decide(p.s, p.st, v, p.now)
	if p.workers+d.Start > p.s.Max || d.Stop > 1 || d.Stop == 1 && p.workers-1 < p.s.Min {
		t.Fatalf("%+v with %+v, %+v", d, v, p.s)
	}
	p.st = st
	p.workers += d.Start - d.Stop
	if v.Waiting > 0 {
		p.waits++
	}
}

// TestUnreportedSettles: with constant clients nobody waits any more, but for an
// experiment now and then; and when the clients go, so do the workers.
func TestUnreportedSettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &blind{s: drawSettings(t)}
		p.s.Simple = false
		p.s.CheckForWaiting = max(p.s.CheckForWaiting, 5*time.Second)
		clients := rapid.IntRange(0, p.s.Max).Draw(t, "clients")
		for range 2 * 60 * 60 {
			p.second(t, clients)
		}
		p.waits = 0
		for range 60 * 60 {
			p.second(t, clients)
		}
		if most := int(time.Hour/(64*p.s.CheckForWaiting)) + 1; p.waits > most {
			t.Fatalf("clients waited %d times in an hour: %+v", p.waits, p.s)
		}
		fewer := rapid.IntRange(0, clients).Draw(t, "fewer")
		for range 2 * 60 * 60 {
			p.second(t, fewer)
		}
		if most := max(p.s.Min, p.s.MinSpare, p.s.MaxSpare, fewer+p.s.MinSpare); p.workers > most {
			t.Fatalf("%d workers for %d clients: %+v", p.workers, fewer, p.s)
		}
	})
}
