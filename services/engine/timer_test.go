// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"testing"

	"pgregory.net/rapid"
)

// Timers come in the order of their times, none early, none lost, whatever the
// order in which they were set and taken.
func TestTimersProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h timers
		var want []int64 // a slow heap
		now := int64(0)
		for range rapid.IntRange(1, 200).Draw(t, "ops") {
			if rapid.Bool().Draw(t, "add") {
				at := now + rapid.Int64Range(-5, 50).Draw(t, "at")
				h.add(timer{at: at})
				want = append(want, at)
				continue
			}
			now += rapid.Int64Range(0, 20).Draw(t, "pass")
			for {
				x, ok := h.pop(now)
				i := due(want, now)
				if ok != (i >= 0) {
					t.Fatalf("at %d: pop = %v, due: %v of %v", now, ok, i >= 0, want)
				}
				if !ok {
					break
				}
				if x.at != want[i] {
					t.Fatalf("popped %d, earliest is %d", x.at, want[i])
				}
				want = append(want[:i], want[i+1:]...)
			}
		}
		if at, ok := h.next(); ok != (len(want) > 0) || ok && at != want[earliest(want)] {
			t.Fatalf("next = %d %v of %v", at, ok, want)
		}
	})
}

func earliest(list []int64) int {
	best := -1
	for i, at := range list {
		if best < 0 || at < list[best] {
			best = i
		}
	}
	return best
}

func due(list []int64, now int64) int {
	if i := earliest(list); i >= 0 && list[i] <= now {
		return i
	}
	return -1
}
