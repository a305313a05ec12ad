// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"time"

	"superd/services/event"
)

// A client that is refused a thousand times a second shall not fill the disk:
// of each service's refusals, and of its failed starts, maxEach are written in a
// window of time, and at its end how many more there were.
const (
	maxEach = 10
	window  = time.Second
)

// limiter holds the windows that are open now.
type limiter struct{ windows map[limitKey]*limitWindow }

type limitKey struct {
	service string
	kind    event.Kind
}

type limitWindow struct {
	opened  time.Time
	written int
	kept    int64       // back
	last    event.Event // of those kept back
}

func newLimiter() limiter { return limiter{windows: map[limitKey]*limitWindow{}} }

// pass tells whether e is to be written.
func (l *limiter) pass(e *event.Event, now time.Time) bool {
	if e.Kind != event.Refuse && e.Kind != event.SpawnFail {
		return true
	}
	key := limitKey{e.Service, e.Kind}
	w := l.windows[key]
	if w == nil {
		w = &limitWindow{opened: now}
		l.windows[key] = w
	}
	if w.written < maxEach {
		w.written++
		return true
	}
	w.kept++
	w.last = *e
	return false
}

// idle tells whether there will be nothing to sum up.
func (l *limiter) idle() bool { return len(l.windows) == 0 }

// over closes the windows whose time is over, and gives the sums of those that
// kept something back.
func (l *limiter) over(now time.Time) (sums []event.Event) {
	for key, w := range l.windows {
		if now.Sub(w.opened) >= window {
			sums = l.close(sums, key, now)
		}
	}
	return sums
}

// all closes all windows.
func (l *limiter) all(now time.Time) (sums []event.Event) {
	for key := range l.windows {
		sums = l.close(sums, key, now)
	}
	return sums
}

func (l *limiter) close(sums []event.Event, key limitKey, now time.Time) []event.Event {
	w := l.windows[key]
	delete(l.windows, key)
	if w.kept > 0 {
		sums = append(sums, w.sum(now))
	}
	return sums
}

// sum is the line for what was kept back, with the cause of the last as its
// example.
func (w *limitWindow) sum(now time.Time) event.Event {
	sum := w.last
	sum.Time, sum.Kind, sum.Count = now, event.Suppressed, w.kept
	return sum
}
