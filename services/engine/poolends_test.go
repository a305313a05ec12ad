// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/services/event"
)

// Workers of yesterday that are too many for today's limit must not keep the first of
// today's out for ever.
func TestReloadThatLowersTheLimit(t *testing.T) {
	h := newHouse(t, simple(10), "echo")
	h.pool("ready", func(p *PoolStatus) bool { return p.Idle == 10 })
	busy, err := h.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	if _, err := talk(busy, "one"); err != nil {
		t.Fatal(err)
	}
	h.e.Apply([]Change{{ID: "x", Spec: h.newSpec(simple(2), "echo", "new")}})
	h.pool("renewed", func(p *PoolStatus) bool { return p.Idle == 2 && p.Total == 3 })
	if _, err := talk(busy, "two"); err != nil {
		t.Errorf("a client was cut: %v", err)
	}
}

// Where one worker of many dies, whatever it had, the pool goes on without a pause.
func TestDeathOfAUsefulWorkerIsNoFailure(t *testing.T) {
	h := newHouse(t, simple(1), "dies-untaken-later", t.TempDir()+"/once")
	for range 3 {
		if _, err := h.ask("hello"); err != nil {
			t.Fatal(err)
		}
	}
	p := h.pool("whole", func(p *PoolStatus) bool { return p.Idle == 1 })
	if c := p.Counts; c.Died != 1 || c.DiedEarly != 0 || c.PassedAgain != 1 || c.Cut != 0 {
		t.Errorf("%+v", c)
	}
}

// A worker may end of its own will after "done": that is no breach, even if superd
// finds its channel closed before it knows of the end.
func TestWorkerThatLeavesIsNotKilled(t *testing.T) {
	sp := simple(1)
	sp.Slots = 2
	h := newHouse(t, sp, "leaves")
	const n = 50
	for i := range n {
		if _, err := h.ask(strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	if c := h.pool("whole", func(p *PoolStatus) bool { return p.Idle == 1 }).Counts; c.Killed != 0 || c.Cut != 0 || c.DiedEarly != 0 {
		t.Errorf("%+v", c)
	}
}

// A worker that becomes ready and ends without having served anybody is started after
// growing pauses, also where there are several of the kind.
func TestReadinessAloneEndsNoPause(t *testing.T) {
	h := newHouse(t, simple(4), "ready-and-dies")
	p := h.pool("paused", func(p *PoolStatus) bool { return p.Pause > 0.5 })
	if p.Counts.Started > 40 {
		t.Errorf("%d were started", p.Counts.Started)
	}
}

func accepting(n int) PoolSpec {
	sp := simple(n)
	sp.Way = Accept
	return sp
}

// Programs that accept by themselves and end at once are not started over and over.
func TestWorkersThatAcceptNobody(t *testing.T) {
	t.Run("badly", func(t *testing.T) {
		h := newHouse(t, accepting(4), "accepts-nobody", "badly")
		p := h.pool("paused", func(p *PoolStatus) bool { return p.Failures >= 5 })
		if p.Counts.Started > 30 || p.Counts.DiedEarly < 5 {
			t.Errorf("%+v", p.Counts)
		}
	})
	t.Run("well", func(t *testing.T) {
		h := newHouse(t, accepting(4), "accepts-nobody", "well")
		began := time.Now()
		p := h.pool("paused", func(p *PoolStatus) bool { // or the machine is too slow to reach the hundred a second that are believed
			return p.Failures >= 3 || time.Since(began) > 5*time.Second && p.Counts.Started < 500
		})
		if p.Counts.DiedEarly > p.Counts.Died {
			t.Errorf("%+v", p.Counts)
		}
	})
}

// A worker that says too much, and nothing that anybody understands, is heard for a
// part of each second.
func TestWorkerThatBabbles(t *testing.T) {
	h := newHouse(t, accepting(1), "babbles")
	h.pool("there", func(p *PoolStatus) bool { return p.Unreported == 1 })
	var used [2]unix.Rusage
	for i := range used {
		if err := unix.Getrusage(unix.RUSAGE_SELF, &used[i]); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			time.Sleep(2 * time.Second) // what is measured is what is used in it
		}
	}
	nanos := func(u *unix.Rusage) int64 { return u.Utime.Nano() + u.Stime.Nano() }
	if d := time.Duration(nanos(&used[1]) - nanos(&used[0])); d > time.Second {
		t.Errorf("%v of CPU in 2 s", d)
	}
	if n := h.events.count(event.WorkerExit); n != 0 {
		t.Errorf("%d workers ended", n)
	}
}

// A program that accepts by itself may close the descriptor for reports, as those do
// that close all they do not know.
func TestWorkerThatDoesNotReport(t *testing.T) {
	h := newHouse(t, accepting(1), "closes-all")
	pid := h.pool("there", func(p *PoolStatus) bool { return p.Unreported == 1 }).Workers[0].Pid
	p := h.pool("older than a breach may be", func(p *PoolStatus) bool { return p.Workers[0].Seconds > 2.5 })
	if p.Workers[0].Pid != pid || p.Counts.Killed != 0 {
		t.Errorf("%+v", *p)
	}
}
