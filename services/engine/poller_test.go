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

// One call hides all listeners and one brings them back.
func TestPauseHidesListeners(t *testing.T) {
	p := testPoller(t)
	r, w := testPipe(t)
	l := &listener{}
	obj := p.alloc(objListener, 0, l)
	if err := p.arm(r, obj); err != nil {
		t.Fatal(err)
	}
	unix.Write(w, []byte("x"))
	if n := len(p.wait(1000)); n != 1 {
		t.Fatalf("%d events with a ready listener, want the inner epoll's", n)
	}
	if ready := p.listeners(); len(ready) != 1 || p.lookup(&ready[0]).owner != l {
		t.Fatalf("the inner epoll gave %+v", ready)
	}
	if err := p.pauseAll(true); err != nil {
		t.Fatal(err)
	}
	if n := len(p.wait(0)); n != 0 {
		t.Fatalf("%d events while paused", n)
	}
	if err := p.pauseAll(false); err != nil {
		t.Fatal(err)
	}
	if n := len(p.wait(1000)); n != 1 {
		t.Fatalf("%d events after the pause", n)
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
