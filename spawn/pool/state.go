// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"math"
	"time"
)

// State is what Decide remembers from one call to the next. The zero value is a
// pool that was never looked at; to begin with it anew loses nothing but the
// present interval and a pause.
type State struct {
	begun bool

	since int64 // the interval's begin
	low   int   // fewest idle workers in it
	grown int64 // when the pool last became larger

	active bool  // somebody was there at the last call
	quiet  int64 // since when nobody is; the last call if active
	taken  int64 // View.Taken at the last call

	live int // workers that the last call left

	hungry bool  // fewer than MinSpare were free at the last call
	fed    int64 // since when enough are, if hungry is false
	demand int   // View.demand at the last call
	peak   int   // most demand that surge has in it
	surge  int   // spare workers beyond MinSpare that a burst asks for

	shrunk   bool  // an unreported worker was ended, and the pool has not grown since
	floor    int   // so many unreported workers were too few, or just enough
	floorEnd int64 // when it is tried again whether fewer will do
	mistakes uint  // how often in a row they would not

	backoff Backoff
}

// Failed counts a worker that could not be started or ended before it was ready
// (an owner may count one that served nobody, too), at the monotonic time now
// in nanoseconds.
func (st State) Failed(now int64) State {
	st.backoff = st.backoff.Fail(now)
	return st
}

// Ready says that a worker has become ready: the next failure is the first again.
func (st State) Ready() State {
	st.backoff = Backoff{}
	return st
}

// Relapsed is Failed for a worker that had become ready and then was of no use to
// anybody: the pauses go on growing from before, what Backoff gave before Ready. Else
// such a worker would be started again for ever after the shortest of pauses.
func (st State) Relapsed(before Backoff, now int64) State {
	if st.backoff.failures < before.failures {
		st.backoff = before
	}
	return st.Failed(now)
}

// Backoff is the pause that the pool is in, for status.
func (st State) Backoff() Backoff { return st.backoff }

// observe takes the view in.
func (st *State) observe(s *Settings, v *View, now int64) {
	if !st.begun {
		*st = State{begun: true, since: now, low: v.Idle, grown: now, quiet: now, taken: v.Taken,
			fed: now, demand: v.demand(), peak: v.demand(), backoff: st.backoff}
	}
	st.low = min(st.low, v.Idle)

	// What ends at this call lasted until now.
	active := v.Starting > 0 || v.demand() > 0 || v.Waiting > 0 || v.Taken != st.taken
	if active || st.active {
		st.quiet = now
	}
	st.active, st.taken = active, v.Taken

	st.follow(s, v, now)
	st.demand = v.demand()
}

// follow measures a burst of which nobody knows how large it is. Each client more
// than ever in it, while no worker is free, asks for one spare worker more: what
// starts doubles, in whichever order workers become ready and are taken. The
// burst is over when enough were free for a while.
func (st *State) follow(s *Settings, v *View, now int64) {
	enough := v.Idle*s.Slots+v.Free >= s.MinSpare*s.Slots
	over := !st.hungry && now >= after(st.fed, burstEnd)
	switch {
	case v.Waiting >= 0 || enough && over:
		st.surge, st.peak = 0, v.demand()
	case over:
		st.surge, st.peak = 0, st.demand
	}
	if enough && st.hungry {
		st.fed = now
	}
	st.hungry = !enough
	if v.Waiting < 0 && v.Idle == 0 && v.Free == 0 {
		st.surge += max(0, v.demand()-st.peak)
		st.peak = max(st.peak, v.demand())
	}
}

// after is t+d, and the end of time where that is no number.
func after(t int64, d time.Duration) int64 {
	if d > 0 && t > math.MaxInt64-int64(d) {
		return math.MaxInt64
	}
	return t + int64(max(d, 0))
}
