// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"testing"

	"golang.org/x/sys/unix"
)

// An event that was in the kernel's hands when its object went must not reach
// the object that has the same index now: in a prototype such events closed
// strangers' connections.
func TestStaleEventIsRecognised(t *testing.T) {
	p := testPoller(t)
	r, w := testPipe(t)
	obj, err := p.add(r, objSession, 7, unix.EPOLLIN)
	if err != nil {
		t.Fatal(err)
	}
	unix.Write(w, []byte("x"))
	events := p.wait(1000)
	if len(events) != 1 || p.lookup(&events[0]) == nil || p.lookup(&events[0]).ref != 7 {
		t.Fatalf("the live object's event was not found: %+v", events)
	}
	p.drop(r, obj)
	if o := p.lookup(&events[0]); o != nil {
		t.Fatalf("the event of a dropped object found %+v", *o)
	}
	again := p.alloc(objSession, 8, nil)
	if again != obj {
		t.Fatalf("the test needs the same index again, got %d after %d", again, obj)
	}
	if o := p.lookup(&events[0]); o != nil {
		t.Fatalf("the old event found the new object %+v", *o)
	}
}

// A pause hides all listeners, in whichever epoll they are, also those that came
// during it, and its end brings them back, but for those that went.
func TestPauseHidesListeners(t *testing.T) {
	p := testPoller(t)
	r, w := testPipe(t)
	unix.Write(w, []byte("x"))
	var objs []int32
	arm := func(n int) {
		t.Helper()
		for range n {
			fd, err := unix.Dup(r) // one epoll takes a descriptor once
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { unix.Close(fd) })
			obj := p.alloc(objListener, int32(fd), &listener{})
			if err := p.arm(fd, obj); err != nil {
				t.Fatal(err)
			}
			objs = append(objs, obj)
		}
	}
	disarm := func(i int) {
		p.disarm(int(p.objects[objs[i]].ref), objs[i])
		p.release(objs[i])
		objs = append(objs[:i], objs[i+1:]...)
	}
	ready := func() (n int) {
		inner := false
		for _, ev := range p.wait(0) {
			switch p.lookup(&ev).kind {
			case objInner:
				inner = true
			case objListener:
				p.find(ev)
			}
		}
		for _, ev := range p.listeners(inner) {
			if p.lookup(&ev).kind == objListener {
				n++
			}
		}
		return n
	}
	expect := func(when string, want int) {
		t.Helper()
		if n := ready(); n != want {
			t.Fatalf("%s: %d ready listeners, want %d", when, n, want)
		}
	}
	pause := func(on bool) {
		t.Helper()
		if err := p.pauseAll(on); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []int{1, mostNear - 2, 3, 4} { // below, at and above what is near
		arm(n)
		expect("armed", len(objs))
		pause(true)
		expect("paused", 0)
		pause(false)
		expect("after the pause", len(objs))
	}
	pause(true)
	disarm(0)             // a near one
	disarm(len(objs) - 1) // one in the inner epoll
	arm(2)
	expect("still paused", 0)
	pause(false)
	expect("after changes in a pause", len(objs))
	for len(objs) > 0 {
		disarm(0)
		expect("one less", len(objs))
	}
}

func testPoller(t *testing.T) *poller {
	t.Helper()
	p, err := newPoller(64)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

func testPipe(t *testing.T) (r, w int) {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	return fds[0], fds[1]
}
