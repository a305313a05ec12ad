// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"superd/services/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a Sink that keeps what it is given. After a Flush the lines are in
// flushed.
type memory struct {
	taken, flushed []event.Event
	flushes        int
	closed         int
	reopen         error
	block          chan struct{} // Flush waits for it
}

func (m *memory) Emit(e *event.Event) { m.taken = append(m.taken, *e) }
func (m *memory) Flush() {
	if m.block != nil {
		<-m.block
	}
	m.flushes++
	m.flushed = append(m.flushed, m.taken...)
	m.taken = nil
}
func (m *memory) Reopen() error { return m.reopen }
func (m *memory) Close() error  { m.Flush(); m.closed++; return nil }

// lines gives what was flushed, as "kind text*count" each.
func (m *memory) lines() string {
	var all []string
	for _, e := range m.flushed {
		line := e.Kind.String()
		if e.Text != "" {
			line += " " + e.Text
		}
		if e.Count != 0 {
			line += fmt.Sprintf("*%d", e.Count)
		}
		all = append(all, line)
	}
	return strings.Join(all, ", ")
}

func note(text string) *event.Event {
	return &event.Event{Time: time.Now(), Kind: event.Note, Level: event.LevelNotice, Text: text}
}

func TestAParkedLogWritesAtOnceAndABusyOneInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sink := NewRing(), &memory{}
		l := New(r, sink)
		l.Start()
		synctest.Wait() // parked
		start := time.Now()
		r.Put(note("first"))
		synctest.Wait()
		if sink.lines() != "note first" || time.Since(start) != 0 {
			t.Errorf("after %v: %s", time.Since(start), sink.lines())
		}
		before := sink.flushes
		for i := range 10 {
			r.Put(note(fmt.Sprint(i)))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(rest)
		synctest.Wait()
		if len(sink.flushed) != 11 || sink.flushes-before > 2 {
			t.Errorf("%d events in %d flushes", len(sink.flushed), sink.flushes-before)
		}
		if err := l.Close(); err != nil || sink.closed != 1 {
			t.Errorf("closed %d times, %v", sink.closed, err)
		}
		if err := l.Close(); err != nil || sink.closed != 1 {
			t.Errorf("closed %d times, %v", sink.closed, err)
		}
	})
}

func TestAHalfFullRingEndsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sink := NewRing(), &memory{}
		l := New(r, sink)
		l.Start()
		synctest.Wait()
		r.Put(note("first"))
		synctest.Wait() // resting
		for range 10 * RingSize {
			r.Put(note("x"))
			if r.tail.Load()%256 == 0 {
				synctest.Wait() // the log goroutine may run; no time passes
			}
		}
		synctest.Wait()
		if r.lost.Load() != 0 {
			t.Errorf("%d events were lost", r.lost.Load())
		}
		l.Close()
		if len(sink.flushed) != 10*RingSize+1 {
			t.Errorf("%d events: %s", len(sink.flushed), sink.lines()[:200])
		}
	})
}

func TestCloseWritesWhatIsLeft(t *testing.T) {
	for _, started := range []bool{true, false} {
		r, sink := NewRing(), &memory{}
		l := New(r, sink)
		if started {
			l.Start()
		}
		l.Post(*note("posted"))
		r.Put(note("put"))
		for range maxEach + 3 {
			r.Put(&event.Event{Time: time.Now(), Kind: event.Refuse})
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		want := "note posted, note put" + strings.Repeat(", refuse", maxEach) + ", suppressed*3"
		if sink.lines() != want {
			t.Errorf("started %t: %s", started, sink.lines())
		}
	}
}

func TestLevels(t *testing.T) {
	for level := event.LevelError; level <= event.LevelDebug; level++ {
		r, sink := NewRing(), &memory{}
		l := New(r, sink)
		l.SetLevel(level)
		for e := event.LevelError; e <= event.LevelDebug; e++ {
			if l.Enabled(e) != (e <= level) {
				t.Errorf("at level %d, %d is enabled: %t", level, e, l.Enabled(e))
			}
			r.Put(&event.Event{Level: e, Text: "put"})
			l.Post(event.Event{Level: e, Text: "posted"})
		}
		l.Close()
		if len(sink.flushed) != 2*int(level+1) {
			t.Errorf("at level %d: %s", level, sink.lines())
		}
	}
}

func TestPutAndPostedAreInTheOrderOfTime(t *testing.T) {
	r, sink := NewRing(), &memory{}
	l := New(r, sink)
	at := func(ms int) event.Event {
		e := *note(fmt.Sprint(ms))
		e.Time = noon.Add(time.Duration(ms) * time.Millisecond)
		return e
	}
	for _, ms := range []int{2, 4, 6} {
		e := at(ms)
		r.Put(&e)
	}
	for _, ms := range []int{1, 3, 5, 7} {
		l.Post(at(ms))
	}
	l.Flush()
	if want := "note 1, note 2, note 3, note 4, note 5, note 6, note 7"; sink.lines() != want {
		t.Error(sink.lines())
	}
	l.Close()
}

func TestWhatIsLostIsSaid(t *testing.T) {
	r, sink := NewRing(), &memory{}
	l := New(r, sink)
	for range RingSize + 5 {
		r.Put(note("x"))
	}
	l.Flush()
	l.Flush()
	if last := sink.flushed[len(sink.flushed)-1]; len(sink.flushed) != RingSize+1 || last.Kind != event.Dropped || last.Count != 5 {
		t.Errorf("%d events, the last %+v", len(sink.flushed), last)
	}
	l.Close()
}

// TestPostWaitsForRoom: ten thousand services say at start where they listen.
func TestPostWaitsForRoom(t *testing.T) {
	sink := &memory{}
	l := New(NewRing(), sink)
	l.Start()
	for range 5 * maxPosted {
		l.Post(*note("x"))
	}
	l.Close()
	if len(sink.flushed) != 5*maxPosted {
		t.Errorf("%d events of %d", len(sink.flushed), 5*maxPosted)
	}
}

// TestAStuckSinkHoldsNobodyForLong: the disk does not answer.
func TestAStuckSinkHoldsNobodyForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &memory{block: make(chan struct{})}
		r := NewRing()
		l := New(r, sink)
		l.Start()
		r.Put(note("stuck"))
		synctest.Wait()
		start := time.Now()
		for range maxPosted + 100 {
			l.Post(*note("x"))
		}
		if waited := time.Since(start); waited > 2*postWait {
			t.Errorf("Post waited %v", waited)
		}
		for range RingSize {
			r.Put(note("x"))
		}
		close(sink.block)
		l.Close()
		var lost int64
		for _, e := range sink.flushed {
			if e.Kind == event.Dropped {
				lost += e.Count
			}
		}
		// "stuck" still lay in its slot when the ring was filled, or had left it.
		if notes := int64(strings.Count(sink.lines(), "note ")); notes+lost != 1+maxPosted+100+RingSize || lost < 100 {
			t.Errorf("%d written, %d lost", notes, lost)
		}
	})
}

func TestReopenAndReplace(t *testing.T) {
	bad, good := &memory{reopen: errors.New("no")}, &memory{}
	r := NewRing()
	l := New(r, bad)
	if err := l.Reopen(); err == nil {
		t.Error("a sink's error got lost")
	}
	r.Put(note("old"))
	if err := l.Replace(good); err != nil {
		t.Error(err)
	}
	r.Put(note("new"))
	l.Close()
	if bad.lines() != "note old" || bad.closed != 1 || good.lines() != "note new" || good.closed != 1 {
		t.Errorf("old sink: %s, new sink: %s", bad.lines(), good.lines())
	}
}
