// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"testing"
	"time"
)

func TestMeter(t *testing.T) {
	var m meter
	second := int64(time.Second)
	if got := m.perMinute(5 * second); got != 0 {
		t.Errorf("unused: %d", got)
	}
	for i := range int64(600) { // ten a second for a minute
		m.add(i * second / 10)
	}
	for _, c := range []struct{ at, want int64 }{{59, 600}, {60, 600}, {75, 450}, {90, 300}, {119, 10}, {121, 0}, {10_000, 0}} {
		if got := m.perMinute(c.at * second); got != c.want {
			t.Errorf("at %d s: %d a minute, want %d", c.at, got, c.want)
		}
	}
}

func TestRefusalsRing(t *testing.T) {
	var r refusals
	if got := r.all(); len(got) != 0 {
		t.Errorf("%d of none", len(got))
	}
	for i := range int64(2*keptRefusals + 3) {
		r.add(refusal{at: i})
		all := r.all()
		if want := min(i+1, keptRefusals); int64(len(all)) != want || all[0].at != i+1-want || all[len(all)-1].at != i {
			t.Fatalf("after %d: %d, from %d to %d", i+1, len(all), all[0].at, all[len(all)-1].at)
		}
	}
}
