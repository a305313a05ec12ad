// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"testing"

	"superd/services/event"
)

func TestRingKeepsOrderAndCountsWhatIsLost(t *testing.T) {
	const total = 20000
	r := NewRing()
	done := make(chan int64)
	go func() {
		var kept int64
		for i := int64(1); i <= total; i++ {
			if r.Put(&event.Event{Count: i, Service: "finger"}) {
				kept++
			}
		}
		done <- kept
	}()
	var got, last int64
	take := func() {
		for e := r.first(); e != nil; e = r.first() {
			if e.Count <= last || e.Service != "finger" {
				t.Fatalf("event %d after %d", e.Count, last)
			}
			last = e.Count
			got++
			r.drop()
		}
	}
	for {
		select {
		case kept := <-done:
			take()
			if got != kept || kept+r.lost.Load() != total {
				t.Errorf("%d put, %d lost, %d taken", kept, r.lost.Load(), got)
			}
			return
		default:
			take()
		}
	}
}

func TestFullRing(t *testing.T) {
	r := NewRing()
	for range RingSize {
		if !r.Put(&event.Event{}) {
			t.Fatal("it is full too early")
		}
	}
	if r.Put(&event.Event{}) || r.lost.Load() != 1 {
		t.Errorf("lost: %d", r.lost.Load())
	}
	r.drop()
	if !r.Put(&event.Event{}) {
		t.Error("it stays full")
	}
}

func TestPutDoesNotAllocate(t *testing.T) {
	r := NewRing()
	e := event.Event{Service: "finger", Time: noon}
	if n := testing.AllocsPerRun(1000, func() { r.Put(&e) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPutWakesOnlyASleeper(t *testing.T) {
	for _, c := range []struct {
		state uint32
		used  int
		wakes bool
	}{{awake, 0, false}, {parked, 0, true}, {resting, 0, false}, {resting, RingSize/2 - 1, false}, {resting, RingSize / 2, true}} {
		r := NewRing()
		for range c.used {
			r.Put(&event.Event{})
		}
		r.reader.Store(c.state)
		r.Put(&event.Event{})
		if woken := len(r.wakes) == 1; woken != c.wakes {
			t.Errorf("state %d, %d in the ring: woken %t", c.state, c.used, woken)
		}
	}
}

func BenchmarkPut(b *testing.B) {
	r := NewRing()
	e := event.Event{Service: "finger", Time: noon}
	for b.Loop() {
		r.Put(&e)
		r.drop()
	}
}
