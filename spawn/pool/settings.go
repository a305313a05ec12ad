// SPDX-License-Identifier: Apache-2.0

package pool

import "time"

const (
	// most is no limit: what a 32-bit count holds. mostSlots keeps the products
	// of both within an int.
	most      = 1<<31 - 1
	mostSlots = 1 << 20

	// mostStarting are the workers that start at the same time, Apache's
	// MAX_SPAWN_RATE: a larger burst of interpreters only makes all of them slow.
	mostStarting = 32

	// leastInterval keeps a check_for_waiting of 0 from being a busy loop.
	leastInterval = 100 * time.Millisecond

	// burstEnd is how long enough workers must have been free for a burst to be over.
	burstEnd = time.Second

	// restAfter is how long nobody must have come before the pool goes down to its
	// minimum. It is fixed in Net::Server, too.
	restAfter = 30 * time.Second
)

// Settings are a pool's attributes.
type Settings struct {
	// Simple is a pool that always has Max workers. One with a Max of 1 is a
	// multiplexing program that is kept alive.
	Simple bool
	// Max < 0 is no limit. A simple pool without a limit has Min workers.
	Min, Max int
	// MinSpare and MaxSpare are numbers of idle workers.
	MinSpare, MaxSpare int
	// Slots are the connections that a worker takes at the same time; 0 is 1.
	Slots int
	// CheckForWaiting is the interval in which a worker must have been idle
	// throughout to be ended for it.
	CheckForWaiting time.Duration
	// MinChildTTL is how long after the pool grew nobody is ended for being idle.
	MinChildTTL time.Duration
}

// normal bends settings and view into sense, so that the rules need not look: no
// count below 0, MinSpare <= MaxSpare, each worker idle or busy. Min and MinSpare may
// be more than Max, which bounds every start.
func normal(s Settings, v View) (Settings, View) {
	for _, n := range []*int{&v.Starting, &v.Idle, &v.Busy, &v.Unreported, &v.Retiring, &v.Stopping, &v.Free, &s.Min, &s.MinSpare, &s.MaxSpare} {
		*n = min(max(*n, 0), most)
	}
	s.Slots = min(max(s.Slots, 1), mostSlots)
	v.Waiting = min(max(v.Waiting, -1), most)
	if v.Unreported > 0 && v.Waiting < 0 {
		s.Simple = true // nothing at all is known: as large as it may be
	}
	switch {
	case s.Max < 0 && s.Simple:
		s.Max = s.Min
	case s.Max < 0 || s.Max > most:
		s.Max = most
	}
	if v.Waiting < 0 {
		s.MinSpare = max(s.MinSpare, 1)
	}
	s.MaxSpare = max(s.MaxSpare, s.MinSpare)
	s.CheckForWaiting = max(s.CheckForWaiting, leastInterval)
	// Workers that report nothing are taken to be idle while nobody waits.
	if v.Waiting > 0 {
		v.Busy += v.Unreported
	} else {
		v.Idle += v.Unreported
	}
	return s, v
}

// overlap is how many retiring workers may have a replacement beyond Max.
func (s *Settings) overlap() int { return max(1, s.Max/4) }
