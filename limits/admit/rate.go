// SPDX-License-Identifier: Apache-2.0

package admit

import "time"

const (
	second = int64(time.Second)
	minute = int64(time.Minute)
)

// window counts what happens in a minute that begins with the first of it.
type window struct{ start, n int64 }

func (w *window) count(mono int64) int64 {
	if w.n == 0 || mono-w.start >= minute {
		return 0
	}
	return w.n
}

func (w *window) take(mono int64) {
	if w.count(mono) == 0 {
		*w = window{start: mono}
	}
	w.n++
}

// rate is xinetd's cps. The window is as many seconds long as the limit has
// connections; in it one too many is the connection with which count divided by
// the seconds since the first (at least one), in integers, exceeds the limit.
// xinetd accepts and closes that one and closes its listening socket; here the
// service pauses before accepting it, and the socket stays.
type rate struct {
	start, n int64
	stopped  bool // a pause began at start, and n is 0
}

func (r *rate) take(c CPS, mono int64) {
	if c.N <= 0 || r.n == 0 || (mono-r.start)/second >= c.N {
		*r = rate{start: mono}
	}
	r.n++
}

// over tells whether one more would be too many at this moment, and when, if
// nothing else happens, it no longer will be.
func (r *rate) over(c CPS, mono int64) (next int64, over bool) {
	if c.N <= 0 || r.n == 0 || r.stopped {
		return 0, false
	}
	elapsed := (mono - r.start) / second
	if elapsed >= c.N || (r.n+1)/max(1, elapsed) <= c.N {
		return 0, false
	}
	// (n+1)/s <= N, in integers, from the s on that makes n+1 < (N+1)s.
	enough := (r.n+1)/(c.N+1) + 1
	return r.start + min(enough, c.N)*second, true
}

func (r *rate) pause(mono int64) { *r = rate{start: mono, stopped: true} }

// paused tells whether a pause is on, and its end. Its length is that of the
// present policy, so that a reload can end it.
func (r *rate) paused(c CPS, mono int64) (end int64, on bool) {
	if !r.stopped || c.N <= 0 {
		return 0, false
	}
	end = r.start + int64(c.wait())
	return end, mono < end
}

// wait is never nothing: a pause of 0 s would be no limit at all.
func (c CPS) wait() time.Duration {
	if c.Wait <= 0 {
		return time.Second
	}
	return c.Wait
}
