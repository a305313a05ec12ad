// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"time"

	"superd/services/event"
)

func (l *Log) run() {
	defer close(l.done)
	timer := time.NewTimer(rest)
	defer timer.Stop()
	for {
		busy := l.drain(time.Now())
		wait, state := rest, resting
		if !busy {
			wait, state = l.summary(), parked
		}
		l.ring.reader.Store(state)
		if state == parked && l.waiting() {
			l.ring.reader.Store(awake) // put while we were deciding to sleep
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-l.ring.wakes:
		case <-l.closing:
			return
		}
		l.ring.reader.Store(awake)
	}
}

// summary tells how long the goroutine may sleep before it has to say what the
// limiter kept back.
func (l *Log) summary() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limiter.idle() && (l.router == nil || l.router.Idle()) {
		return time.Hour
	}
	return window / 2
}

// waiting tells whether there is anything to drain.
func (l *Log) waiting() bool {
	l.postMu.Lock()
	defer l.postMu.Unlock()
	return len(l.posted) > 0 || l.lost > 0 || l.ring.first() != nil || l.ring.lost.Load() > 0
}

// drain writes all that waits, the ring's and the posted events in the order of
// their times, and tells whether there was anything.
func (l *Log) drain(now time.Time) (busy bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	posted, lost := l.takePosted()
	busy = len(posted) > 0
	// No more than there is room for, or a fast ring would keep us here.
	for range RingSize {
		e := l.ring.first()
		if e == nil {
			break
		}
		busy = true
		for len(posted) > 0 && posted[0].Time.Before(e.Time) {
			l.pass(&posted[0], now)
			posted = posted[1:]
		}
		l.pass(e, now)
		l.ring.drop()
	}
	for i := range posted {
		l.pass(&posted[i], now)
	}
	if lost += l.ring.lost.Swap(0); lost > 0 {
		busy = true
		e := event.Event{Time: now, Kind: event.Dropped, Level: event.LevelWarning, Count: lost, Reason: "log_too_slow"}
		l.emit(&e)
		if l.tap.followed() {
			l.tap.Hear(&e)
		}
	}
	for _, e := range l.limiter.over(now) {
		l.emit(&e)
	}
	if l.router != nil {
		l.router.Flush()
		l.emitNotes(now)
	}
	for _, s := range l.sinks {
		s.Flush()
	}
	return busy
}

// takePosted exchanges the queue of posted events for an empty one.
func (l *Log) takePosted() (posted []event.Event, lost int64) {
	l.postMu.Lock()
	defer l.postMu.Unlock()
	posted, lost = l.posted, l.lost
	clear(l.buffered)
	l.posted, l.lost, l.buffered, l.stuck = l.buffered[:0], 0, posted, false
	select {
	case l.room <- struct{}{}:
	default:
	}
	return posted, lost
}

// pass writes an event unless it is too fine or one too many.
func (l *Log) pass(e *event.Event, now time.Time) {
	if e.Time.IsZero() {
		e.Time = now
	}
	if l.tap.followed() {
		l.tap.Hear(e)
	}
	if e.Quiet {
		return
	}
	if l.router != nil && l.router.Take(e, now) {
		return
	}
	if l.Enabled(e.Level) && l.limiter.pass(e, now) {
		l.emit(e)
	}
}

func (l *Log) emit(e *event.Event) {
	for _, s := range l.sinks {
		s.Emit(e)
	}
}

func (l *Log) emitNotes(now time.Time) {
	for _, e := range l.router.Notes(now) {
		if l.Enabled(e.Level) {
			l.emit(&e)
		}
	}
}
