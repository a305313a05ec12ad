// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"superd/spawn/pool"
)

// tick is the simulated clock's.
const tick = 10 * ms

// sim is a pool with its clients. Clients hold a worker each until they are told
// to go.
type sim struct {
	t       *rapid.T
	s       pool.Settings
	st      pool.State
	now     int64
	knows   bool  // how many wait
	startup int64 // time until a worker is ready
	leaving int64 // time until one that was told to end is gone

	starting, stopping, retiring []int64 // when each gets on
	idle, busy                   int
	waiting                      int // clients without a worker
	fails                        func() bool

	next     int64 // Decision.Next
	changes  int   // workers started and ended
	full     bool
	mostLive int
}

func newSim(t *rapid.T, s pool.Settings) *sim {
	return &sim{t: t, s: s, knows: rapid.Bool().Draw(t, "knows"), startup: tick * rapid.Int64Range(0, 30).Draw(t, "startup"),
		leaving: tick * rapid.Int64Range(0, 30).Draw(t, "leaving"), fails: func() bool { return false }}
}

func (p *sim) view() pool.View {
	v := pool.View{Starting: len(p.starting), Idle: p.idle, Busy: p.busy, Retiring: len(p.retiring), Stopping: len(p.stopping), Waiting: -1}
	if p.knows {
		v.Waiting = p.waiting
	}
	return v
}

// decide asks, checks what must hold of every answer, and does it.
func (p *sim) decide() {
	v := p.view()
	live := v.Starting + v.Idle + v.Busy
	d, st := pool.Decide(p.s, p.st, v, p.now)
	p.st, p.next, p.full = st, d.Next, d.Full
	switch limit := max(0, p.s.Max); {
	case d.Start < 0 || d.Stop < 0 || d.Start > 0 && d.Stop > 0:
		p.t.Fatalf("%+v", d)
	case d.Start > 0 && live+d.Start+v.Stopping > limit:
		p.t.Fatalf("%+v is more than max: %+v, %+v", d, v, p.s)
	case d.Start > 0 && live+d.Start+v.Stopping+v.Retiring > limit+max(max(1, limit/4), v.Retiring):
		p.t.Fatalf("%+v is too much beyond max: %+v, %+v", d, v, p.s)
	case d.Stop > v.Idle:
		p.t.Fatalf("%+v: so many are not idle: %+v", d, v)
	case d.Stop > 0 && live <= limit && (live-d.Stop < p.s.Min || v.Idle-d.Stop < p.s.MinSpare):
		p.t.Fatalf("%+v is less than min: %+v, %+v", d, v, p.s)
	case d.Stop > 0 && live > limit && live-d.Stop < limit:
		p.t.Fatalf("%+v is more than must go: %+v, %+v", d, v, p.s)
	case d.Next != 0 && d.Next <= p.now:
		p.t.Fatalf("%+v: the past, at %d", d, p.now)
	}
	for range d.Start {
		p.starting = append(p.starting, p.now+p.startup)
	}
	for range d.Stop {
		p.stopping = append(p.stopping, p.now+p.leaving)
	}
	p.idle -= d.Stop
	p.changes += d.Start + d.Stop
	p.mostLive = max(p.mostLive, live+d.Start)
}

// pass lets a list's due ones go on.
func (p *sim) pass(list *[]int64, then func()) {
	for len(*list) > 0 && (*list)[0] <= p.now {
		*list = (*list)[1:]
		then()
		p.decide()
	}
}

// serve gives waiting clients to idle workers, each with a report of its own.
func (p *sim) serve() {
	for p.waiting > 0 && p.idle > 0 {
		p.waiting, p.idle, p.busy = p.waiting-1, p.idle-1, p.busy+1
		p.decide()
	}
}

// run lets time pass.
func (p *sim) run(d time.Duration) {
	p.serve()
	for end := p.now + int64(d); p.now < end; {
		p.now += tick
		if p.next != 0 && p.next <= p.now {
			p.decide()
		}
		p.pass(&p.stopping, func() {})
		p.pass(&p.retiring, func() {})
		p.pass(&p.starting, func() {
			if p.fails() {
				p.st = p.st.Failed(p.now)
				return
			}
			p.st = p.st.Ready()
			p.idle++
		})
		p.serve()
	}
}

// clients makes n the number of those who are there.
func (p *sim) clients(n int) {
	if more := n - p.busy - p.waiting; more > 0 {
		p.waiting += more
		p.decide()
	}
	for p.busy+p.waiting > n && p.waiting > 0 {
		p.waiting--
	}
	for p.busy > n {
		p.busy, p.idle = p.busy-1, p.idle+1
		p.decide()
	}
	p.serve()
}

func drawSettings(t *rapid.T) pool.Settings {
	s := pool.Settings{
		Simple: rapid.IntRange(0, 3).Draw(t, "simple") == 0,
		Max:    rapid.IntRange(1, 60).Draw(t, "max"),
	}
	s.Min = rapid.IntRange(0, s.Max).Draw(t, "min")
	s.MinSpare = rapid.IntRange(0, s.Max).Draw(t, "min_spare")
	s.MaxSpare = rapid.IntRange(s.MinSpare, s.Max).Draw(t, "max_spare")
	s.CheckForWaiting = time.Duration(rapid.IntRange(0, 12).Draw(t, "waiting")) * time.Second
	s.MinChildTTL = time.Duration(rapid.IntRange(0, 12).Draw(t, "ttl")) * time.Second
	return s
}

// mischief is anything that can happen to a pool.
func (p *sim) mischief(t *rapid.T) {
	switch rapid.IntRange(0, 7).Draw(t, "what") {
	case 0, 1:
		p.clients(rapid.IntRange(0, 80).Draw(t, "clients"))
	case 2: // a busy one dies
		if p.busy > 0 {
			p.busy--
			p.decide()
		}
	case 3: // an idle one dies
		if p.idle > 0 {
			p.idle--
			p.decide()
		}
	case 4: // some have served enough
		for range min(p.busy, rapid.IntRange(1, 20).Draw(t, "retire")) {
			p.busy--
			p.retiring = append(p.retiring, p.now+p.leaving)
			p.decide()
		}
	case 5: // reload
		p.s = drawSettings(t)
		p.decide()
	case 6:
		odds := rapid.IntRange(0, 3).Draw(t, "odds")
		p.fails = func() bool { return rapid.IntRange(1, 3).Draw(p.t, "fails") <= odds }
	case 7:
		p.knows = rapid.Bool().Draw(t, "knows")
		p.decide()
	}
	p.run(time.Duration(rapid.IntRange(0, 400).Draw(t, "pause")) * time.Duration(tick))
}

// TestPoolsSurvive: whatever happens, the rules of decide hold, and once it no
// longer happens, the pool has its minimum and serves as many as it may.
func TestPoolsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newSim(t, drawSettings(t))
		p.decide()
		for range rapid.IntRange(0, 25).Draw(t, "events") {
			p.mischief(t)
		}
		p.fails = func() bool { return false }
		p.run(2 * time.Minute)
		live := p.idle + p.busy + len(p.starting)
		switch {
		case live > p.s.Max && p.idle > 0:
			t.Fatalf("more than max: %+v, %+v", p.view(), p.s)
		case live < p.s.Min || p.s.Simple && live < p.s.Max:
			t.Fatalf("less than min: %+v, %+v", p.view(), p.s)
		case p.waiting > 0 && live < p.s.Max:
			t.Fatalf("%d wait: %+v, %+v", p.waiting, p.view(), p.s)
		case p.waiting > 0 && !p.full:
			t.Fatalf("%d wait, and it is not full: %+v, %+v", p.waiting, p.view(), p.s)
		case !p.s.Simple && p.idle < p.s.MinSpare && live < p.s.Max:
			t.Fatalf("fewer than min_spare: %+v, %+v", p.view(), p.s)
		}
	})
}

// TestConstantLoadSettles: with the same clients, or the same wave of clients,
// nothing is started or ended any more after a while.
func TestConstantLoadSettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newSim(t, drawSettings(t))
		p.decide()
		p.clients(rapid.IntRange(0, 80).Draw(t, "before"))
		p.run(time.Second)
		high := rapid.IntRange(0, 80).Draw(t, "high")
		low := rapid.IntRange(0, high).Draw(t, "low")
		wave := func() {
			p.clients(high)
			p.run(400 * time.Millisecond)
			p.clients(low)
			p.run(100 * time.Millisecond)
		}
		if low < high { // a wave must fit into an interval to be seen
			p.s.CheckForWaiting = max(p.s.CheckForWaiting, time.Second)
		}
		for range 180 {
			wave()
		}
		was := p.changes
		for range 120 {
			wave()
		}
		if p.changes != was {
			t.Fatalf("%d workers were started and ended in a minute of the same load: %+v, %+v", p.changes-was, p.view(), p.s)
		}
	})
}

// TestBurst: 200 clients come to a pool of 5 to 50, and go.
func TestBurst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newSim(t, usual)
		p.decide()
		p.run(time.Second)
		begin, most := p.now, 4*p.startup+6*tick
		if p.knows {
			most = 2*p.startup + 3*tick
		}
		p.clients(200)
		for p.busy < 50 {
			if p.run(time.Duration(tick)); p.now-begin > most {
				t.Fatalf("%d are busy after %v: workers are ready after %v", p.busy, time.Duration(p.now-begin), time.Duration(p.startup))
			}
		}
		if p.mostLive > 50 {
			t.Errorf("%d workers", p.mostLive)
		}
		p.run(time.Minute)
		p.clients(0)
		p.run(20 * time.Second)
		if p.idle != 10 {
			t.Errorf("%d idle workers soon after, want max_spare_servers", p.idle)
		}
		p.run(time.Minute)
		if p.idle != 5 || p.next != 0 {
			t.Errorf("%d idle workers at rest, the next look is at %d: want min_servers, and none", p.idle, p.next)
		}
	})
}

// FuzzDecide: no numbers make it fail or ask for the impossible.
func FuzzDecide(f *testing.F) {
	f.Add(5, 50, 2, 10, 1, int64(10*time.Second), int64(10*time.Second), 0, 5, 0, 0, 0, 0, -1, false, int64(0))
	f.Add(math.MaxInt, math.MinInt, -1, math.MaxInt, 0, int64(math.MaxInt64), int64(math.MinInt64), 1, 2, 3, 4, 5, 6, 7, true, int64(math.MaxInt64-5))
	f.Fuzz(func(t *testing.T, low, high, minSpare, maxSpare, slots int, waiting, ttl int64, starting, idle, busy, unreported, retiring, free, wait int, simple bool, now int64) {
		s := pool.Settings{Simple: simple, Min: low, Max: high, MinSpare: minSpare, MaxSpare: maxSpare, Slots: slots,
			CheckForWaiting: time.Duration(waiting), MinChildTTL: time.Duration(ttl)}
		v := pool.View{Starting: starting, Idle: idle, Busy: busy, Unreported: unreported, Retiring: retiring, Free: free, Waiting: wait}
		var st pool.State
		if now < 0 || now > math.MaxInt64-int64(time.Hour) {
			now = 0
		}
		for range 3 {
			var d pool.Decision
			d, st = pool.Decide(s, st, v, now)
			if d.Start < 0 || d.Start > 32 || d.Stop < 0 || d.Stop > max(0, idle)+max(0, unreported) || d.Start > 0 && d.Stop > 0 || d.Next != 0 && d.Next <= now {
				t.Fatalf("%+v at %d", d, now)
			}
			now += int64(10 * time.Minute)
		}
	})
}
