// SPDX-License-Identifier: Apache-2.0

package pool

// Decision is what the owner is to do.
type Decision struct {
	// Start is how many workers to start, Stop how many idle ones to end (with
	// View.Unreported, of those). One of them is 0.
	Start, Stop int
	// Full: no worker is free, and there are as many as there may be.
	Full bool
	// Next is when to ask again, in monotonic nanoseconds, if nothing changes
	// before; 0: only when something does. It is never in the past.
	Next int64
}

// Decide is called after each change of what View counts, and at Decision.Next.
// now is a monotonic time in nanoseconds. It takes the Decision as done: workers
// that could not be started are to be reported with State.Failed.
func Decide(s Settings, st State, v View, now int64) (Decision, State) {
	s, v = normal(s, v)
	st.observe(&s, &v, now)

	var d Decision
	live, room := v.live(), v.room(&s)
	want := st.want(&s, &v)
	switch {
	case live > s.Max:
		d.Stop = min(v.Idle, live-s.Max)
	case want > 0:
		d.Start, d.Next = st.grow(&s, &v, min(want, room), now)
	case !s.Simple && v.Unreported > 0:
		d.Stop, d.Next = st.try(&s, &v, now)
	case !s.Simple:
		d.Stop, d.Next = st.shrink(&s, &v, now)
	}
	d.Full = room == 0 && v.Idle == 0 && v.Free == 0 && v.Starting == 0 && v.demand() > 0
	st.live = live + d.Start - d.Stop
	return d, st
}

// Room is how many workers may be started now without being too many.
func Room(s Settings, v View) int { return max(0, -Surplus(s, v)) }

// Surplus is how many workers there are beyond what may be; below 0, how many more may
// be.
func Surplus(s Settings, v View) int {
	s, v = normal(s, v)
	return v.surplus(&s)
}

// want is how many workers are missing; 0 or less: none.
func (st *State) want(s *Settings, v *View) int {
	if s.Simple {
		return s.Max - v.live()
	}
	// Spare workers are counted in connections, since busy workers may take some.
	spare := (v.Idle+v.Starting)*s.Slots + v.Free - max(0, v.Waiting)
	target := s.MinSpare
	if st.hungry {
		target += st.surge
	}
	missing := target*s.Slots - spare
	return max(s.Min-v.live(), (missing+s.Slots-1)/s.Slots)
}

// grow starts as many of n workers as may be now.
func (st *State) grow(s *Settings, v *View, n int, now int64) (start int, next int64) {
	if n <= 0 {
		return 0, 0
	}
	start = min(n, st.backoff.allows(v.Starting, now))
	if start == 0 {
		if now < st.backoff.until {
			next = st.backoff.until
		}
		return 0, next
	}
	// A replacement is no growth.
	if v.live()+start > st.live {
		st.grown = now
	}
	if st.shrunk && v.Waiting > 0 {
		st.mistaken(s, v, now)
	}
	return start, 0
}

// shrink ends those that nobody needed for a whole interval.
func (st *State) shrink(s *Settings, v *View, now int64) (stop int, next int64) {
	spare := v.live() - s.Min
	if spare <= 0 {
		return 0, 0
	}
	if now >= st.due(s) {
		stop = max(0, min(spare, st.low-st.keep(s, now)))
		st.since, st.low = now, v.Idle-stop
	}
	return stop, st.look(s, spare-stop, v.Idle-stop)
}

// due is when idle workers may be ended next.
func (st *State) due(s *Settings) int64 {
	return max(after(st.since, s.CheckForWaiting), after(st.grown, s.MinChildTTL))
}

// keep is how many idle workers stay: fewer when nobody was there for long.
func (st *State) keep(s *Settings, now int64) int {
	if now >= after(st.quiet, restAfter) {
		return atRest(s)
	}
	return s.MaxSpare
}

// atRest is one more than MinSpare: a single client costs no start.
func atRest(s *Settings) int { return min(s.MinSpare+1, s.MaxSpare) }

// look tells when idle workers, of whom spare could go, are to be looked at again.
func (st *State) look(s *Settings, spare, idle int) int64 {
	switch {
	case spare <= 0:
		return 0
	case idle > s.MaxSpare:
		return st.due(s)
	case idle > atRest(s) && !st.active:
		return max(st.due(s), after(st.quiet, restAfter))
	}
	return 0
}
