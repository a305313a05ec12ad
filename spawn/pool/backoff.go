// SPDX-License-Identifier: Apache-2.0

package pool

import "time"

const (
	firstPause = 100 * time.Millisecond
	mostPause  = 30 * time.Second
)

// Backoff is the pause after workers that could not be started, or ended before
// they were ready: 100 ms, half as much again each time, at most 30 s (einhorn's
// rule). The zero value is no pause.
type Backoff struct {
	failures int
	until    int64
}

// Fail counts a worker that never was ready, at the monotonic time now in
// nanoseconds. What fails during a pause was started before it: a batch that
// dies together counts once.
func (b Backoff) Fail(now int64) Backoff {
	if b.failures > 0 && now < b.until {
		return b
	}
	b.failures++
	b.until = after(now, b.Pause())
	return b
}

// Pause is how long the last failure keeps the pool from trying again.
func (b Backoff) Pause() time.Duration {
	if b.failures == 0 {
		return 0
	}
	pause := firstPause
	for n := 1; n < b.failures && pause < mostPause; n++ {
		pause += pause / 2
	}
	return min(pause, mostPause)
}

// Failures is how many have failed in a row, batches counted once.
func (b Backoff) Failures() int { return b.failures }

// Until is the end of the pause, in monotonic nanoseconds; 0: there was no failure.
func (b Backoff) Until() int64 { return b.until }

// allows is how many workers may be started now. After a failure one is tried at
// a time, until one of them is ready.
func (b Backoff) allows(starting int, now int64) int {
	switch {
	case b.failures == 0:
		return max(0, mostStarting-starting)
	case now < b.until:
		return 0
	default:
		return max(0, 1-starting)
	}
}
