// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"math"
	"time"
)

// mostMistakes bound the time for which a mistake is remembered: 2^6 intervals.
const mostMistakes = 6

// try ends one of those workers of whom nobody knows whether they are busy, if
// nobody had to wait for a whole interval: uWSGI's rule for its queue. It is an
// experiment, and grow sees that it failed. Then (uWSGI's penalty) it is not
// repeated for twice as long as the time before.
func (st *State) try(s *Settings, v *View, now int64) (stop int, next int64) {
	live := v.live()
	if live <= s.Min {
		return 0, 0
	}
	if now >= st.dueWith(s, live) {
		if live < st.floor { // the last one was not missed
			st.mistakes = max(st.mistakes, 1) - 1
		}
		stop = min(max(0, st.low-s.MaxSpare), 1)
		st.shrunk = stop > 0
		st.since, st.low = now, v.Idle-stop
	}
	if live-stop > s.Min && v.Idle-stop > s.MaxSpare {
		next = st.dueWith(s, live-stop)
	}
	return stop, next
}

// dueWith is when the next experiment is due with so many workers.
func (st *State) dueWith(s *Settings, live int) int64 {
	if live <= st.floor {
		return max(st.due(s), st.floorEnd)
	}
	return st.due(s)
}

// mistaken remembers how many workers would have been enough, and for how long that
// is taken for true.
func (st *State) mistaken(s *Settings, v *View, now int64) {
	hold := time.Duration(math.MaxInt64)
	if s.CheckForWaiting <= hold>>(st.mistakes+1) {
		hold = s.CheckForWaiting << (st.mistakes + 1)
	}
	st.floor, st.floorEnd = v.live()+v.Waiting, after(now, hold)
	st.shrunk, st.mistakes = false, min(st.mistakes+1, mostMistakes-1)
}
