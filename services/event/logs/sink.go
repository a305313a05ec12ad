// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"time"

	"superd/services/event"
)

// Sink is where events end. Its methods are called by one goroutine at a time.
type Sink interface {
	// Emit takes one event. The Sink keeps nothing of it after the call but strings.
	Emit(e *event.Event)
	// Flush writes what was taken. What cannot be written the Sink counts, and says
	// so when it can again.
	Flush()
	// Reopen opens files anew; on an error the Sink goes on with what it has.
	Reopen() error
	// Close writes what is left.
	Close() error
}

// Router is a Sink that is asked first. It has logs for some services of their
// own, and takes their events whatever the level and however many.
type Router interface {
	Sink
	// Take takes an event, and tells whether that was all: the Log's sinks are not
	// given it then.
	Take(e *event.Event, now time.Time) bool
	// Notes are events of the Router's own, which the Log's sinks are to be given.
	Notes(now time.Time) []event.Event
	// Idle tells whether it will have no Notes but in answer to a Take.
	Idle() bool
}

// Tap is for those who follow what happens. It hears every event, whatever the level
// and however many, also the quiet ones that no Sink is given.
type Tap struct {
	// Followed tells whether anybody follows. Any goroutine may call it.
	Followed func() bool
	// Hear is called by the log goroutine while somebody follows. It must not block
	// and keeps nothing of the event but strings.
	Hear func(e *event.Event)
}

func (t *Tap) followed() bool { return t != nil && t.Followed() }

// Encoder appends one event as a line, its newline included. A form that puts
// something before the line, as journald's <N>, is an Encoder around another.
type Encoder func(buf []byte, e *event.Event) []byte
