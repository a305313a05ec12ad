// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"sync/atomic"

	"superd/services/event"
)

// RingSize is how many events a Ring holds. At 7,000 connections and 14,000
// events a second that is a seventh of a second, seven times what the log
// goroutine rests.
const RingSize = 2048

// What the log goroutine does, as the other side must know it.
const (
	awake   uint32 = iota // it will look again by itself
	resting               // for some milliseconds; a ring half full cuts that short
	parked                // until it is woken
)

// Ring carries events from one thread to the log goroutine.
type Ring struct {
	tail atomic.Uint64 // events put so far
	_    [56]byte      // what the two sides write lies in two cache lines
	head atomic.Uint64 // events taken so far
	_    [56]byte

	lost   atomic.Int64
	reader atomic.Uint32 // awake, resting, parked
	wakes  chan struct{}
	slots  [RingSize]event.Event
}

// NewRing makes an empty Ring.
func NewRing() *Ring { return &Ring{wakes: make(chan struct{}, 1)} }

// Put copies e into the ring. If it is full the event is lost and counted; Put
// then reports false. It is called by one thread only, takes no lock, does not
// allocate, and makes a system call only when the log goroutine sleeps.
func (r *Ring) Put(e *event.Event) bool {
	tail := r.tail.Load()
	used := tail - r.head.Load()
	if used >= RingSize {
		r.lost.Add(1)
		return false
	}
	r.slots[tail%RingSize] = *e
	r.tail.Store(tail + 1)
	// The reader says that it parks, and then looks at tail once more; we set tail,
	// and then look whether it parks. One of the two sees the other.
	if state := r.reader.Load(); state == parked || state == resting && used >= RingSize/2 {
		r.wake()
	}
	return true
}

// wake ends the reader's rest. Any thread may call it.
func (r *Ring) wake() {
	if r.reader.Swap(awake) == awake {
		return
	}
	select {
	case r.wakes <- struct{}{}:
	default: // a wake that was not needed any more is still there
	}
}

// first gives the oldest event, or nil. It stays in its slot until drop.
func (r *Ring) first() *event.Event {
	head := r.head.Load()
	if head == r.tail.Load() {
		return nil
	}
	return &r.slots[head%RingSize]
}

// drop gives the slot of the oldest event back.
func (r *Ring) drop() { r.head.Store(r.head.Load() + 1) }
