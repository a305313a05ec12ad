// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"superd/services/event"
)

func TestRefusalsOfOneServiceLeaveTheOthersAlone(t *testing.T) {
	l := newLimiter()
	count := func(kind event.Kind, service string, n int) (passed int) {
		for range n {
			if l.pass(&event.Event{Kind: kind, Service: service, Reason: "address"}, noon) {
				passed++
			}
		}
		return passed
	}
	for _, c := range []struct {
		kind    event.Kind
		service string
		n, want int
	}{
		{event.Refuse, "a", 1000, maxEach}, {event.Refuse, "b", 3, 3}, {event.SpawnFail, "a", 20, maxEach},
		{event.Start, "a", 1000, 1000}, {event.Refuse, "a", 1, 0},
	} {
		if got := count(c.kind, c.service, c.n); got != c.want {
			t.Errorf("%s of %s: %d of %d, want %d", c.kind, c.service, got, c.n, c.want)
		}
	}
	if early := l.over(noon.Add(window - 1)); early != nil {
		t.Errorf("summed up too early: %v", early)
	}
	sums := map[string]int64{}
	for _, e := range l.over(noon.Add(window)) {
		if e.Kind != event.Suppressed || e.Reason != "address" {
			t.Errorf("sum %+v", e)
		}
		sums[e.Service] += e.Count
	}
	if len(sums) != 1 || sums["a"] != 991+10 || !l.idle() {
		t.Errorf("sums %v, idle %t", sums, l.idle())
	}
}

// TestEveryRefusalIsWrittenOrCounted, however they come.
func TestEveryRefusalIsWrittenOrCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, now := newLimiter(), noon
		var total, written, counted int64
		for range rapid.IntRange(1, 20).Draw(t, "batches") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(2*window)).Draw(t, "pause")))
			for range rapid.IntRange(0, 3*maxEach).Draw(t, "refusals") {
				total++
				if l.pass(&event.Event{Kind: event.Refuse}, now) {
					written++
				}
			}
			for _, e := range l.over(now) {
				counted += e.Count
			}
		}
		for _, e := range l.all(now) {
			counted += e.Count
		}
		if written+counted != total {
			t.Fatalf("%d refusals: %d written, %d counted", total, written, counted)
		}
	})
}

// TestTheSumComesByItself, with no further event to bring it.
func TestTheSumComesByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sink := NewRing(), &memory{}
		l := New(r, sink)
		l.Start()
		for range maxEach + 7 {
			r.Put(&event.Event{Kind: event.Refuse, Service: "a"})
		}
		time.Sleep(window + window/2)
		synctest.Wait()
		if last := sink.flushed[len(sink.flushed)-1]; last.Kind != event.Suppressed || last.Count != 7 {
			t.Errorf("%s", sink.lines())
		}
		l.Close()
	})
}
