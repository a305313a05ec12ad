// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"math"
	"testing"
	"time"

	"superd/spawn/pool"
)

const (
	ms  = int64(time.Millisecond)
	sec = int64(time.Second)
)

// usual are the defaults, with unknown numbers of waiting clients in the views.
var usual = pool.Settings{Min: 5, Max: 50, MinSpare: 2, MaxSpare: 10, CheckForWaiting: 10 * time.Second, MinChildTTL: 10 * time.Second}

// with changes a copy of the usual settings.
func with(change func(*pool.Settings)) pool.Settings {
	s := usual
	change(&s)
	return s
}

// TestStart is what the first look at a pool starts or ends.
func TestStart(t *testing.T) {
	simple := with(func(s *pool.Settings) { s.Simple, s.Max = true, 20 })
	onDemand := with(func(s *pool.Settings) { s.Min, s.MinSpare = 0, 0 })
	slots := with(func(s *pool.Settings) { s.Slots = 4 })
	unlimited := with(func(s *pool.Settings) { s.Max = -1 })
	for _, tt := range []struct {
		name string
		s    pool.Settings
		v    pool.View
		want pool.Decision
	}{
		{"empty", usual, pool.View{}, pool.Decision{Start: 5}},
		{"enough", usual, pool.View{Idle: 3, Busy: 2}, pool.Decision{}},
		{"starting ones are spare", usual, pool.View{Starting: 5}, pool.Decision{}},
		{"below min", usual, pool.View{Idle: 2, Busy: 1}, pool.Decision{Start: 2}},
		{"below min_spare", usual, pool.View{Idle: 1, Busy: 20}, pool.Decision{Start: 1}},
		{"none idle", usual, pool.View{Busy: 20, Starting: 1}, pool.Decision{Start: 1}},
		{"max is exact", usual, pool.View{Busy: 49}, pool.Decision{Start: 1}},
		{"full", usual, pool.View{Busy: 50}, pool.Decision{Full: true}},
		{"full, one starting", usual, pool.View{Busy: 49, Starting: 1}, pool.Decision{}},
		{"full, one idle", usual, pool.View{Busy: 49, Idle: 1}, pool.Decision{}},
		{"above max", usual, pool.View{Busy: 20, Idle: 33}, pool.Decision{Stop: 3}},
		{"above max, few idle", usual, pool.View{Busy: 55, Idle: 2}, pool.Decision{Stop: 2}},
		{"above max, none idle", usual, pool.View{Busy: 55}, pool.Decision{Full: true}},
		{"min_spare above min", with(func(s *pool.Settings) { s.MinSpare, s.MaxSpare = 8, 10 }), pool.View{}, pool.Decision{Start: 8}},

		{"as many as wait", usual, pool.View{Idle: 5, Waiting: 20}, pool.Decision{Start: 17}},
		{"waiting for those that start", usual, pool.View{Busy: 5, Starting: 17, Waiting: 15}, pool.Decision{}},
		{"200 wait", usual, pool.View{Idle: 5, Waiting: 200}, pool.Decision{Start: 32}},
		{"200 wait, 32 start", usual, pool.View{Busy: 5, Starting: 32, Waiting: 195}, pool.Decision{}},
		{"200 wait, the second round", usual, pool.View{Busy: 37, Waiting: 163}, pool.Decision{Start: 13}},
		{"no limit", unlimited, pool.View{Busy: 1000, Waiting: 7}, pool.Decision{Start: 9}},

		{"none, as nobody waits", onDemand, pool.View{}, pool.Decision{}},
		{"one on demand", onDemand, pool.View{Waiting: 1}, pool.Decision{Start: 1}},
		{"min_spare 0 where nobody looks", onDemand, pool.View{Busy: 3, Waiting: -1}, pool.Decision{Start: 1}},

		{"simple", simple, pool.View{}, pool.Decision{Start: 20}},
		{"simple, in portions", with(func(s *pool.Settings) { s.Simple = true }), pool.View{}, pool.Decision{Start: 32}},
		{"simple, one died", simple, pool.View{Idle: 18, Starting: 1}, pool.Decision{Start: 1}},
		{"simple, there", simple, pool.View{Idle: 20}, pool.Decision{}},
		{"simple, full", simple, pool.View{Busy: 20}, pool.Decision{Full: true}},
		{"simple, lowered", simple, pool.View{Idle: 20, Busy: 5}, pool.Decision{Stop: 5}},
		{"simple, no limit", with(func(s *pool.Settings) { s.Simple, s.Max = true, -1 }), pool.View{}, pool.Decision{Start: 5}},
		{"multiplex", pool.Settings{Simple: true, Max: 1}, pool.View{}, pool.Decision{Start: 1}},
		{"max 0", pool.Settings{Min: 5, MinSpare: 5}, pool.View{Waiting: 9}, pool.Decision{}},

		{"retiring ones are replaced beyond max", simple, pool.View{Busy: 15, Retiring: 5}, pool.Decision{Start: 5}},
		{"by a quarter at most", simple, pool.View{Busy: 11, Retiring: 9}, pool.Decision{Start: 5}},
		{"the quarter is used up", simple, pool.View{Busy: 10, Starting: 5, Retiring: 10}, pool.Decision{}},
		{"the only one", pool.Settings{Simple: true, Max: 1}, pool.View{Retiring: 1}, pool.Decision{Start: 1}},
		{"the only two", pool.Settings{Simple: true, Max: 1}, pool.View{Retiring: 2}, pool.Decision{Full: true}},
		{"those that are ended count", simple, pool.View{Idle: 15, Stopping: 5}, pool.Decision{}},
		{"those that are ended are not too many", simple, pool.View{Idle: 20, Stopping: 5}, pool.Decision{}},
		{"min, and one that does not go", with(func(s *pool.Settings) { s.Max = 5 }), pool.View{Idle: 4, Stopping: 1}, pool.Decision{}},

		{"slots: enough in busy ones", slots, pool.View{Busy: 5, Free: 8}, pool.Decision{}},
		{"slots: one too few", slots, pool.View{Busy: 5, Free: 7}, pool.Decision{Start: 1}},
		{"slots: four of the waiting each", slots, pool.View{Busy: 5, Free: 8, Waiting: 9}, pool.Decision{Start: 3}},

		{"unreported, nobody waits", usual, pool.View{Unreported: 5}, pool.Decision{}},
		{"unreported, some wait", usual, pool.View{Unreported: 5, Waiting: 3}, pool.Decision{Start: 5}},
		{"nothing known: all", usual, pool.View{Unreported: 20, Waiting: -1}, pool.Decision{Start: 30}},
		{"nothing known, no limit: min", unlimited, pool.View{Unreported: 2, Waiting: -1}, pool.Decision{Start: 3}},

		{"nonsense", pool.Settings{Min: 9, Max: 4, MinSpare: 7, MaxSpare: -3, Slots: -2, CheckForWaiting: -1, MinChildTTL: -1}, pool.View{Idle: -4, Waiting: -7}, pool.Decision{Start: 4}},
		{"huge wishes", pool.Settings{Min: 1, Max: -1, MinSpare: math.MaxInt, MaxSpare: math.MaxInt, Slots: math.MaxInt}, pool.View{Waiting: math.MaxInt}, pool.Decision{Start: 32}},
		{"huge", pool.Settings{Min: math.MaxInt, Max: math.MaxInt, MinSpare: math.MaxInt, MaxSpare: math.MaxInt, Slots: math.MaxInt, CheckForWaiting: math.MaxInt64, MinChildTTL: math.MaxInt64},
			pool.View{Idle: math.MaxInt, Busy: math.MaxInt, Unreported: math.MaxInt, Free: math.MaxInt, Waiting: math.MaxInt, Stopping: math.MaxInt, Retiring: math.MaxInt}, pool.Decision{Stop: 1<<31 - 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := pool.Decide(tt.s, pool.State{}, tt.v, 1); got != tt.want {
				t.Errorf("%+v: got %+v, want %+v", tt.v, got, tt.want)
			}
		})
	}
}

// step is one call of a story, and what it must give.
type step struct {
	at   int64
	v    pool.View
	want pool.Decision
}

func tell(t *testing.T, s pool.Settings, steps []step) {
	t.Helper()
	var st pool.State
	for i, x := range steps {
		var got pool.Decision
		if got, st = pool.Decide(s, st, x.v, x.at); got != x.want {
			t.Fatalf("step %d, at %v, %+v: got %+v, want %+v", i, time.Duration(x.at), x.v, got, x.want)
		}
	}
}

// idle is a view of a pool of which nobody knows how many wait.
func idle(n, busy int) pool.View { return pool.View{Idle: n, Busy: busy, Waiting: -1} }

func TestStories(t *testing.T) {
	begin := step{0, idle(5, 0), pool.Decision{}}
	for _, tt := range []struct {
		name  string
		s     pool.Settings
		steps []step
	}{
		{"a burst doubles what starts, however the reports come", usual, []step{
			begin,
			{1 * ms, idle(0, 5), pool.Decision{Start: 7}},
			{2 * ms, pool.View{Idle: 1, Starting: 6, Busy: 5, Waiting: -1}, pool.Decision{}},
			{3 * ms, pool.View{Starting: 6, Busy: 6, Waiting: -1}, pool.Decision{Start: 2}},
			{4 * ms, pool.View{Starting: 5, Busy: 9, Waiting: -1}, pool.Decision{Start: 6}},
			{5 * ms, pool.View{Busy: 20, Waiting: -1}, pool.Decision{Start: 22}},
			{6 * ms, pool.View{Busy: 44, Waiting: -1}, pool.Decision{Start: 6}},
			{7 * ms, idle(3, 47), pool.Decision{}},
			{8 * ms, idle(0, 50), pool.Decision{Full: true}},
		}},
		{"enough free for a second ends the burst", usual, []step{
			begin,
			{1 * ms, idle(0, 5), pool.Decision{Start: 7}},
			{2 * ms, idle(2, 5), pool.Decision{}}, // the others died
			{3 * ms, idle(1, 6), pool.Decision{Start: 6}},
			{4 * ms, idle(7, 11), pool.Decision{}},
			{4*ms + 1*sec, idle(1, 17), pool.Decision{Start: 1}},
		}},
		{"the same clients again are no burst", usual, []step{
			begin,
			{1 * ms, idle(0, 5), pool.Decision{Start: 7}},
			{2 * ms, pool.View{Idle: 1, Starting: 7, Busy: 4, Waiting: -1}, pool.Decision{}},
			{3 * ms, pool.View{Starting: 7, Busy: 5, Waiting: -1}, pool.Decision{}},
		}},
		{"surplus goes after a whole interval", usual, []step{
			{0, idle(15, 5), pool.Decision{Next: 10 * sec}},
			{10 * sec, idle(15, 5), pool.Decision{Stop: 5, Next: 0}},
			{11 * sec, pool.View{Idle: 10, Busy: 5, Stopping: 5, Waiting: -1}, pool.Decision{}},
			{12 * sec, idle(10, 5), pool.Decision{}},
		}},
		{"by the fewest that were idle in it", usual, []step{
			{0, idle(15, 5), pool.Decision{Next: 10 * sec}},
			{4 * sec, idle(12, 8), pool.Decision{Next: 10 * sec}},
			{5 * sec, idle(18, 2), pool.Decision{Next: 10 * sec}},
			{10 * sec, idle(18, 2), pool.Decision{Stop: 2, Next: 20 * sec}},
			{15 * sec, idle(16, 2), pool.Decision{Next: 20 * sec}},
			{20 * sec, idle(16, 2), pool.Decision{Stop: 6}},
		}},
		{"a wave in each interval keeps what it needs", usual, []step{
			{0, idle(20, 0), pool.Decision{Next: 10 * sec}},
			{5 * sec, idle(3, 17), pool.Decision{}},
			{6 * sec, idle(20, 0), pool.Decision{Next: 10 * sec}},
			{10 * sec, idle(20, 0), pool.Decision{Next: 20 * sec}},
			{15 * sec, idle(3, 17), pool.Decision{}},
			{16 * sec, idle(20, 0), pool.Decision{Next: 20 * sec}},
			{20 * sec, idle(20, 0), pool.Decision{Next: 30 * sec}},
		}},
		{"not below min", with(func(s *pool.Settings) { s.Min = 18 }), []step{
			{0, idle(20, 0), pool.Decision{Next: 10 * sec}},
			{10 * sec, idle(20, 0), pool.Decision{Stop: 2}},
			{40 * sec, idle(18, 0), pool.Decision{}},
		}},
		{"not soon after growing", with(func(s *pool.Settings) { s.MinChildTTL = 25 * time.Second }), []step{
			begin,
			{3 * sec, pool.View{Busy: 5, Waiting: 12}, pool.Decision{Start: 14}},
			{4 * sec, pool.View{Idle: 19}, pool.Decision{Next: 28 * sec}},
			{10 * sec, pool.View{Idle: 19}, pool.Decision{Next: 28 * sec}},
			{28 * sec, pool.View{Idle: 19}, pool.Decision{Stop: 0, Next: 38 * sec}}, // in the interval none was idle
			{34 * sec, pool.View{Idle: 19}, pool.Decision{Next: 38 * sec}},
			{38 * sec, pool.View{Idle: 19}, pool.Decision{Stop: 14}}, // and nobody came for 30 s
		}},
		{"a replacement is no growth", usual, []step{
			{0, idle(15, 5), pool.Decision{Next: 10 * sec}},
			{8 * sec, pool.View{Idle: 0, Busy: 19, Retiring: 1, Waiting: -1}, pool.Decision{Start: 17}}, // growth: until 18 s
			{9 * sec, idle(30, 6), pool.Decision{Next: 18 * sec}},
			{17 * sec, pool.View{Idle: 1, Busy: 34, Waiting: -1}, pool.Decision{Start: 1}},
			{17 * sec, idle(30, 6), pool.Decision{Next: 18 * sec}},
			{18 * sec, idle(30, 6), pool.Decision{Next: 28 * sec}},
			{28 * sec, idle(30, 6), pool.Decision{Stop: 20}},
		}},
		{"at rest it goes down to min", usual, []step{
			{0, idle(9, 1), pool.Decision{}},
			{50 * sec, idle(10, 0), pool.Decision{Next: 80 * sec}},
			{60 * sec, idle(10, 0), pool.Decision{Next: 80 * sec}},
			{80 * sec, idle(10, 0), pool.Decision{Stop: 5}},
			{81 * sec, idle(5, 0), pool.Decision{}},
		}},
		{"at rest, one more than min_spare stays", with(func(s *pool.Settings) { s.Min = 1 }), []step{
			{0, idle(8, 0), pool.Decision{Next: 30 * sec}},
			{30 * sec, idle(8, 0), pool.Decision{Stop: 5}},
			{90 * sec, idle(2, 1), pool.Decision{}},
			{91 * sec, idle(3, 0), pool.Decision{}},
		}},
		{"somebody who came and went between two calls is no rest", usual, []step{
			{0, idle(10, 0), pool.Decision{Next: 30 * sec}},
			{20 * sec, pool.View{Idle: 10, Waiting: -1, Taken: 1}, pool.Decision{}},
			{21 * sec, pool.View{Idle: 10, Waiting: -1, Taken: 1}, pool.Decision{Next: 51 * sec}},
			{30 * sec, pool.View{Idle: 10, Waiting: -1, Taken: 1}, pool.Decision{Next: 51 * sec}},
		}},
		{"somebody who waits though some are idle is no rest", usual, []step{
			{0, idle(10, 0), pool.Decision{Next: 30 * sec}},
			{29 * sec, pool.View{Idle: 10, Waiting: 1}, pool.Decision{}},
			{30 * sec, idle(10, 0), pool.Decision{Next: 60 * sec}},
		}},
		{"max_spare below min_spare", with(func(s *pool.Settings) { s.Min, s.MinSpare, s.MaxSpare = 0, 6, 1 }), []step{
			{0, idle(7, 0), pool.Decision{Next: 10 * sec}},
			{40 * sec, idle(7, 0), pool.Decision{Stop: 1}},
			{80 * sec, idle(6, 0), pool.Decision{}},
		}},
		{"unreported ones are never at rest", usual, []step{
			{0, pool.View{Unreported: 9}, pool.Decision{}},
			{90 * sec, pool.View{Unreported: 9}, pool.Decision{}},
		}},
		{"what was not ended was no mistake", usual, []step{
			{0, pool.View{Unreported: 9}, pool.Decision{}},
			{5 * sec, pool.View{Unreported: 12}, pool.Decision{Next: 10 * sec}},
			{10 * sec, pool.View{Unreported: 12}, pool.Decision{Next: 20 * sec}},
			{12 * sec, pool.View{Unreported: 12, Waiting: 1}, pool.Decision{Start: 3}},
			{13 * sec, pool.View{Unreported: 12}, pool.Decision{Next: 22 * sec}},
		}},
		{"unreported, down to max_spare", usual, []step{
			{0, pool.View{Unreported: 11}, pool.Decision{Next: 10 * sec}},
			{10 * sec, pool.View{Unreported: 11}, pool.Decision{Stop: 1}},
		}},
		{"unreported, down to min", with(func(s *pool.Settings) { s.Min = 18 }), []step{
			{0, pool.View{Unreported: 19}, pool.Decision{Next: 10 * sec}},
			{10 * sec, pool.View{Unreported: 19}, pool.Decision{Stop: 1}},
		}},
		{"the interval is as long as can be", with(func(s *pool.Settings) { s.CheckForWaiting = 1 << 62 }), []step{
			{0, pool.View{Unreported: 20}, pool.Decision{Next: 1 << 62}},
			{1 << 62, pool.View{Unreported: 20}, pool.Decision{Stop: 1, Next: math.MaxInt64}},
			{1<<62 + 1, pool.View{Unreported: 19, Waiting: 1}, pool.Decision{Start: 3}},
			{1<<62 + 20*sec, pool.View{Unreported: 20}, pool.Decision{Next: math.MaxInt64}},
		}},
		{"max lowered, and they go as they become idle", with(func(s *pool.Settings) { s.Max = 10 }), []step{
			{0, idle(0, 12), pool.Decision{Full: true}},
			{1 * sec, idle(1, 11), pool.Decision{Stop: 1}},
			{2 * sec, pool.View{Busy: 11, Stopping: 1, Waiting: -1}, pool.Decision{Full: true}},
			{3 * sec, idle(1, 10), pool.Decision{Stop: 1}},
			{4 * sec, idle(2, 8), pool.Decision{}},
		}},
		{"unreported: one an interval, and twice as long after a mistake", usual, []step{
			{0, pool.View{Unreported: 20}, pool.Decision{Next: 10 * sec}},
			{10 * sec, pool.View{Unreported: 20}, pool.Decision{Stop: 1, Next: 20 * sec}},
			{20 * sec, pool.View{Unreported: 19}, pool.Decision{Stop: 1, Next: 30 * sec}},
			{21 * sec, pool.View{Unreported: 18, Waiting: 1}, pool.Decision{Start: 3}}, // 19 will do, until 41 s
			{22 * sec, pool.View{Unreported: 21}, pool.Decision{Next: 31 * sec}},
			{31 * sec, pool.View{Unreported: 21}, pool.Decision{Next: 41 * sec}},
			{41 * sec, pool.View{Unreported: 21}, pool.Decision{Stop: 1, Next: 51 * sec}},
			{51 * sec, pool.View{Unreported: 20}, pool.Decision{Stop: 1, Next: 61 * sec}},
			{61 * sec, pool.View{Unreported: 19}, pool.Decision{Stop: 1, Next: 71 * sec}},
			{62 * sec, pool.View{Unreported: 18, Waiting: 1}, pool.Decision{Start: 3}}, // 19, until 102 s
			{63 * sec, pool.View{Unreported: 19}, pool.Decision{Next: 102 * sec}},
			{102 * sec, pool.View{Unreported: 19}, pool.Decision{Next: 112 * sec}},
			{112 * sec, pool.View{Unreported: 19}, pool.Decision{Stop: 1, Next: 122 * sec}},
			{122 * sec, pool.View{Unreported: 18}, pool.Decision{Stop: 1, Next: 132 * sec}}, // 18 are enough now
			{123 * sec, pool.View{Unreported: 17, Waiting: 1}, pool.Decision{Start: 3}},     // 18, until 163 s
			{124 * sec, pool.View{Unreported: 18}, pool.Decision{Next: 163 * sec}},
		}},
		{"check_for_waiting 0 is no busy loop", with(func(s *pool.Settings) { s.CheckForWaiting, s.MinChildTTL = 0, 0 }), []step{
			{0, idle(15, 5), pool.Decision{Next: 100 * ms}},
			{100 * ms, idle(15, 5), pool.Decision{Stop: 5}},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) { tell(t, tt.s, tt.steps) })
	}
}

// A reload may make the interval longer than what is doubled holds.
func TestMistakeWithAnEndlessInterval(t *testing.T) {
	_, st := pool.Decide(usual, pool.State{}, pool.View{Unreported: 20}, 0)
	d, st := pool.Decide(usual, st, pool.View{Unreported: 20}, 10*sec)
	if d.Stop != 1 {
		t.Fatalf("%+v", d)
	}
	s := with(func(s *pool.Settings) { s.CheckForWaiting = 1 << 62 })
	_, st = pool.Decide(s, st, pool.View{Unreported: 19, Waiting: 1}, 11*sec)
	if d, _ = pool.Decide(s, st, pool.View{Unreported: 20}, 12*sec); d.Next != math.MaxInt64 {
		t.Errorf("%+v: want it never to be tried again", d)
	}
}

func TestEarlyDeaths(t *testing.T) {
	s := pool.Settings{Simple: true, Max: 10}
	d, st := pool.Decide(s, pool.State{}, pool.View{}, 0)
	if d.Start != 10 {
		t.Fatalf("started %d", d.Start)
	}
	for range 10 { // all of them, as one failure
		st = st.Failed(1 * sec)
	}
	d, st = pool.Decide(s, st, pool.View{}, 1*sec)
	if want := (pool.Decision{Next: 1*sec + 100*ms}); d != want {
		t.Fatalf("in the pause: %+v, want %+v", d, want)
	}
	d, st = pool.Decide(s, st, pool.View{}, 1*sec+100*ms)
	if want := (pool.Decision{Start: 1}); d != want {
		t.Fatalf("after the pause: %+v, want one try", d)
	}
	d, st = pool.Decide(s, st, pool.View{Starting: 1}, 1*sec+101*ms)
	if d != (pool.Decision{}) {
		t.Fatalf("while one is tried: %+v, want nothing", d)
	}
	st = st.Failed(2 * sec)
	d, _ = pool.Decide(s, st, pool.View{}, 2*sec)
	if want := (pool.Decision{Next: 2*sec + 150*ms}); d != want {
		t.Fatalf("in the second pause: %+v, want %+v", d, want)
	}
	st = st.Ready()
	d, _ = pool.Decide(s, st, pool.View{Idle: 1}, 2*sec)
	if d.Start != 9 {
		t.Fatalf("after one success: %+v, want all", d)
	}
}

// A pool that retires its workers must shrink all the same.
func TestRetirementDoesNotKeepAPoolLarge(t *testing.T) {
	var st pool.State
	v, stopped := pool.View{Idle: 30, Busy: 2}, 0
	for now := int64(0); now < 60*sec; now += sec {
		var d pool.Decision
		v.Idle, v.Retiring = v.Idle-1, 1
		d, st = pool.Decide(usual, st, v, now)
		v.Idle, v.Retiring = v.Idle+1-d.Stop, 0 // another takes its place
		stopped += d.Stop
	}
	if stopped < 19 {
		t.Errorf("%d were ended, %+v is left", stopped, v)
	}
}

func TestNoAllocations(t *testing.T) {
	var st pool.State
	now := int64(0)
	if n := testing.AllocsPerRun(1000, func() {
		now += sec
		v := pool.View{Idle: int(now/sec) % 20, Busy: int(now/sec) % 7, Waiting: int(now/sec)%3 - 1}
		_, st = pool.Decide(usual, st, v, now)
		if now%7 == 0 {
			st = st.Failed(now)
		} else {
			st = st.Ready()
		}
	}); n != 0 {
		t.Errorf("%v allocations a decision", n)
	}
}
