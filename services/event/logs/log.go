// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"superd/services/event"
)

// rest is how long the log goroutine sleeps between two batches. A busy owner
// thread would else pay for waking it at each event, which costs more than the
// event; fifty writes a second are few.
const rest = 20 * time.Millisecond

// maxPosted bounds what other goroutines may have waiting, and postWait how long
// they wait for room: ten thousand services that start at once all say so.
const (
	maxPosted = RingSize
	postWait  = time.Second
)

// Log drains a Ring into Sinks.
//
// Goroutines: run, started by Start and ended by Close, waits for the ring to be
// filled, for its rest to be over, for refusals to be summed up, or for Close.
type Log struct {
	ring    *Ring
	level   atomic.Uint32
	closing chan struct{}
	done    chan struct{} // run has ended
	once    sync.Once

	mu       sync.Mutex // held while events are taken out and written
	sinks    []Sink
	router   Router // nil: there is none
	tap      *Tap   // nil: there is none
	limiter  limiter
	buffered []event.Event // the queue that posted replaces next

	postMu sync.Mutex
	posted []event.Event
	lost   int64         // of posted
	stuck  bool          // somebody waited for room in vain
	room   chan struct{} // posted was emptied
}

// New makes a Log of level 2 that is not yet started.
func New(ring *Ring, sinks ...Sink) *Log {
	l := &Log{ring: ring, sinks: sinks, limiter: newLimiter(), closing: make(chan struct{}), room: make(chan struct{}, 1)}
	l.SetLevel(event.LevelNotice)
	return l
}

// SetLevel says from which level on events are left out: those above it. Errors
// are never left out.
func (l *Log) SetLevel(level event.Level) { l.level.Store(uint32(level)) }

// Enabled tells whether an event of that level would be written.
func (l *Log) Enabled(level event.Level) bool { return uint32(level) <= l.level.Load() }

// Start starts the log goroutine; Close stops it.
func (l *Log) Start() {
	l.done = make(chan struct{})
	go l.run()
}

// Post takes an event from any goroutine but the Ring's. It does not wait for the
// event to be written; where too many are ahead of it, it waits for room, but not
// longer than a second, and not again before there has been some. The event is
// then lost and counted.
func (l *Log) Post(e event.Event) {
	if !l.Enabled(e.Level) && !l.tap.followed() {
		return
	}
	now := time.Now()
	if e.Time.IsZero() {
		e.Time = now
	}
	for deadline := now.Add(postWait); !l.enqueue(e, !time.Now().Before(deadline)); {
		select {
		case <-l.room:
		case <-time.After(time.Until(deadline)):
		}
	}
}

// enqueue puts e into posted; last says that an event that finds no room is not
// to be tried again. It reports whether e was dealt with.
func (l *Log) enqueue(e event.Event, last bool) bool {
	l.postMu.Lock()
	defer l.postMu.Unlock()
	defer l.ring.wake()
	switch {
	case len(l.posted) < maxPosted:
		l.posted = append(l.posted, e)
	case l.stuck || last:
		l.stuck = true
		l.lost++
	default:
		return false
	}
	return true
}

// Flush writes what has been put and posted so far.
func (l *Log) Flush() { l.drain(time.Now()) }

// Reopen opens the sinks' files anew, after somebody renamed them. A sink that
// cannot goes on with what it has.
func (l *Log) Reopen() error { return l.each(Sink.Reopen) }

// Replace gives the log other sinks, after writing to those it had what was put
// so far, and closes those.
func (l *Log) Replace(sinks ...Sink) error {
	l.Flush()
	l.mu.Lock()
	old := l.sinks
	l.sinks = sinks
	l.mu.Unlock()
	var errs []error
	for _, s := range old {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// Route gives events to r before they go to the sinks. It is called once, before
// Start.
func (l *Log) Route(r Router) { l.router = r }

// Follow gives all events to t as well. It is called once, before Start.
func (l *Log) Follow(t *Tap) { l.tap = t }

// Close writes what is left, closes the sinks and waits for the goroutine.
func (l *Log) Close() (err error) {
	l.once.Do(func() {
		close(l.closing)
		if l.done != nil {
			<-l.done
		}
		l.Flush()
		l.mu.Lock()
		for _, e := range l.limiter.all(time.Now()) {
			l.emit(&e)
		}
		if l.router != nil {
			l.emitNotes(time.Now().Add(time.Hour)) // all windows are over by then
		}
		l.mu.Unlock()
		err = l.each(Sink.Close)
	})
	return err
}

func (l *Log) each(f func(Sink) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, s := range l.sinks {
		errs = append(errs, f(s))
	}
	if l.router != nil {
		errs = append(errs, f(l.router))
	}
	return errors.Join(errs...)
}
