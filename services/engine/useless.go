// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"

	"superd/spawn"
	"superd/spawn/pool"
)

// A worker that accepts by itself is known by its life alone, and by what it says: one
// that ends sooner than trial, and not well, was of no use. Those that end well, or say
// that they served somebody, may have done so: as many of them a second are believed.
const (
	trial       = int64(time.Second)
	mostQuick   = 100
	quickPeriod = int64(time.Second)
)

// quickEnds counts workers that accept by themselves and end well within trial.
type quickEnds struct {
	since int64
	n     int
}

// again counts one more, and tells whether there are too many.
func (q *quickEnds) again(now int64) bool {
	if now-q.since >= quickPeriod {
		*q = quickEnds{since: now}
	}
	q.n++
	return q.n > mostQuick
}

// ready ends the pauses after workers that were of no use. Where some became ready and
// were of no use all the same, only one does that was started after the last pause:
// else those of one batch would end each other's.
func (t *team) ready(born int64) {
	b := t.state.Backoff()
	if t.before.Failures() > 0 && born < b.Until() {
		return
	}
	if b.Failures() > t.before.Failures() {
		t.before = b
	}
	t.state = t.state.Ready()
}

// useful is for a worker that was of use: whoever fails next is the first again.
func (t *team) useful() {
	if t.before.Failures() > 0 {
		t.before, t.state = pool.Backoff{}, t.state.Ready()
	}
}

// wasUseless tells whether a worker that has ended never did what it was started for.
// One that has finished with a client did, also if it loses another one: a pause after
// it would punish those who wait.
func (e *Engine) wasUseless(w *worker, exit spawn.Exit) bool {
	switch {
	case w.team.spec.Way == Accept:
		return w.endedOnTrial(e.now, exit)
	case w.state == workerStarting:
		return true
	case w.served > int64(len(w.held)):
		return false
	}
	untaken := slices.ContainsFunc(w.held, func(c passed) bool { return c.fd >= 0 })
	return untaken || !w.ended && w.served == 0
}

// endedOnTrial is wasUseless for a worker that accepts by itself.
func (w *worker) endedOnTrial(now int64, exit spawn.Exit) bool {
	t := w.team
	switch {
	case w.ended || now-w.born >= trial:
		return false
	case w.served == 0 && (exit.Status != 0 || exit.Signal != 0), t.quick.again(now):
		return true
	}
	t.state = t.state.Ready()
	return false
}
