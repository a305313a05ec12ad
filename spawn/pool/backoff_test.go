// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"superd/spawn/pool"
)

func TestPauses(t *testing.T) {
	var b pool.Backoff
	if b.Pause() != 0 || b.Until() != 0 || b.Failures() != 0 {
		t.Errorf("the zero value is a pause: %+v", b)
	}
	now := int64(5)
	for i, want := range []time.Duration{100 * time.Millisecond, 150 * time.Millisecond, 225 * time.Millisecond, 337500 * time.Microsecond} {
		b = b.Fail(now)
		if b.Pause() != want || b.Until() != now+int64(want) || b.Failures() != i+1 {
			t.Errorf("failure %d: %v until %d, want %v from %d", b.Failures(), b.Pause(), b.Until(), want, now)
		}
		if again := b.Fail(b.Until() - 1); again != b {
			t.Errorf("one of the same batch counts: %+v, want %+v", again, b)
		}
		now = b.Until()
	}
	for range 1000 {
		b = b.Fail(b.Until())
	}
	if b.Pause() != 30*time.Second {
		t.Errorf("after many: %v, want 30s", b.Pause())
	}
	if late := b.Fail(math.MaxInt64 - 1); late.Until() != math.MaxInt64 {
		t.Errorf("at the end of time: until %d", late.Until())
	}
}

func TestRequests(t *testing.T) {
	for _, tt := range []struct {
		most, jitter int64
		rnd          uint64
		want         int64
	}{
		{1000, 0, math.MaxUint64, 1000},
		{1000, 100, 0, 1000},
		{1000, 100, math.MaxUint64, 1100},
		{1000, 1, math.MaxUint64/2 + 1, 1001},
		{1000, -5, math.MaxUint64, 1000},
		{0, 0, 7, 1},
		{0, 2, math.MaxUint64, 3},
		{pool.Unlimited, 100, math.MaxUint64, pool.Unlimited},
		{math.MinInt64, 100, 1, pool.Unlimited},
		{math.MaxInt64, math.MaxInt64, math.MaxUint64, math.MaxInt64},
		{1, math.MaxInt64, math.MaxUint64, math.MaxInt64},
	} {
		if got := pool.Requests(tt.most, tt.jitter, tt.rnd); got != tt.want {
			t.Errorf("Requests(%d, %d, %#x) = %d, want %d", tt.most, tt.jitter, tt.rnd, got, tt.want)
		}
	}
}

func TestRequestsStayInRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most, jitter := rapid.Int64Min(1).Draw(t, "most"), rapid.Int64Min(0).Draw(t, "jitter")
		got := pool.Requests(most, jitter, rapid.Uint64().Draw(t, "rnd"))
		if got < most || got-most > jitter {
			t.Errorf("%d is not %d and up to %d more", got, most, jitter)
		}
	})
}
