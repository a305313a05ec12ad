// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller is two epolls, one inside the other: the listening sockets sit in the
// inner one, all else (exits, the wake-up, lingering clients) in the outer. When
// descriptors, memory or processes run out, one call takes the inner epoll out
// of the outer and so pauses every listener at once. The first few listeners, near
// ones, are in the outer epoll as well as all else: most daemons have no more, and
// what is found in the inner epoll has to be asked for by another call.
//
// What an event refers to travels as (object index, generation), never as a
// descriptor number: a child that has not yet exec'd keeps copies of our
// descriptors alive, so an event may still come for a number that has long been
// given to something else.
type poller struct {
	outer, inner int
	innerIn      bool // listeners are not paused
	near         []nearListener
	found        int // how many near ones this turn's events had: the first of ready
	quiet        int // waits without an event, up to quietWaits
	objects      []object
	free         []int32
	events       []unix.EpollEvent // of the outer epoll
	ready        []unix.EpollEvent // of listeners: looked at while events is being gone through
}

// nearListener is one that sits in the outer epoll.
type nearListener struct {
	fd  int
	obj int32
}

// mostNear is how many there are at most: a pause takes a call for each.
const mostNear = 8

type objectKind uint8

const (
	objFree objectKind = iota
	objInner
	objWake
	objListener
	objSession
	objLinger
	objWorker
)

type object struct {
	gen   uint32
	kind  objectKind
	ref   int32 // index into the kind's own table
	owner *listener
}

// highBase is where superd's lasting descriptors start: a child's private table
// is built only of what lies below its connection (spawn, step 0), so what is
// kept for long must lie above all connections.
func newPoller(highBase int) (*poller, error) {
	p := &poller{outer: -1, inner: -1, near: make([]nearListener, 0, mostNear),
		events: make([]unix.EpollEvent, 128), ready: make([]unix.EpollEvent, mostNear+128)}
	for _, fd := range []*int{&p.outer, &p.inner} {
		e, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		if err != nil {
			p.close()
			return nil, fmt.Errorf("cannot make an epoll: %w", err)
		}
		*fd = moveHigh(e, highBase)
	}
	if err := p.pauseAll(false); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// moveHigh duplicates fd at or above base and closes it; where the limit on
// descriptors leaves no room there, fd itself is kept.
func moveHigh(fd, base int) int {
	high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, base)
	if err != nil {
		return fd
	}
	unix.Close(fd)
	return high
}

func (p *poller) close() {
	for _, fd := range []int{p.inner, p.outer} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	p.outer, p.inner = -1, -1
}

// add makes an object for fd and watches it in the outer epoll.
func (p *poller) add(fd int, kind objectKind, ref int32, events uint32) (int32, error) {
	i := p.alloc(kind, ref, nil)
	if err := p.ctl(p.outer, unix.EPOLL_CTL_ADD, fd, i, events); err != nil {
		p.release(i)
		return -1, err
	}
	return i, nil
}

// drop stops watching fd and frees its object. It must come before close(fd).
func (p *poller) drop(fd int, obj int32) {
	p.ctl(p.outer, unix.EPOLL_CTL_DEL, fd, obj, 0)
	p.release(obj)
}

func (p *poller) alloc(kind objectKind, ref int32, owner *listener) int32 {
	var i int32
	if n := len(p.free); n > 0 {
		i = p.free[n-1]
		p.free = p.free[:n-1]
	} else {
		p.objects = append(p.objects, object{})
		i = int32(len(p.objects) - 1)
	}
	o := &p.objects[i]
	o.kind, o.ref, o.owner = kind, ref, owner
	return i
}

func (p *poller) release(i int32) {
	o := &p.objects[i]
	o.gen++
	o.kind, o.owner = objFree, nil
	p.free = append(p.free, i)
}

// arm watches a listener's descriptor, disarm does so no more.
// Never a zero mask instead: EPOLLHUP is reported all the same, for ever.
func (p *poller) arm(fd int, obj int32) error {
	if len(p.near) == mostNear {
		return p.ctl(p.inner, unix.EPOLL_CTL_ADD, fd, obj, unix.EPOLLIN)
	}
	if p.innerIn {
		if err := p.ctl(p.outer, unix.EPOLL_CTL_ADD, fd, obj, unix.EPOLLIN); err != nil {
			return err
		}
	}
	p.near = append(p.near, nearListener{fd, obj})
	return nil
}

func (p *poller) disarm(fd int, obj int32) {
	for i, n := range p.near {
		if n.obj == obj {
			p.near = append(p.near[:i], p.near[i+1:]...)
			if p.innerIn {
				p.ctl(p.outer, unix.EPOLL_CTL_DEL, fd, obj, 0)
			}
			return
		}
	}
	p.ctl(p.inner, unix.EPOLL_CTL_DEL, fd, obj, 0)
}

func (p *poller) ctl(epfd, op, fd int, obj int32, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: obj}
	if obj >= 0 {
		ev.Pad = int32(p.objects[obj].gen)
	}
	_, _, e := syscall.RawSyscall6(syscall.SYS_EPOLL_CTL, uintptr(epfd), uintptr(op), uintptr(fd), uintptr(unsafe.Pointer(&ev)), 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

// pauseAll takes all listeners out of sight, or brings them back.
func (p *poller) pauseAll(pause bool) error {
	if pause != p.innerIn {
		return nil
	}
	if pause {
		p.innerIn = false
		p.hideNear(len(p.near))
		return p.ctl(p.outer, unix.EPOLL_CTL_DEL, p.inner, -1, 0)
	}
	if len(p.objects) == 0 {
		p.alloc(objInner, 0, nil)
	}
	if err := p.ctl(p.outer, unix.EPOLL_CTL_ADD, p.inner, 0, unix.EPOLLIN); err != nil {
		return fmt.Errorf("cannot nest the listeners' epoll: %w", err)
	}
	for i, n := range p.near {
		if err := p.ctl(p.outer, unix.EPOLL_CTL_ADD, n.fd, n.obj, unix.EPOLLIN); err != nil {
			p.hideNear(i)
			p.ctl(p.outer, unix.EPOLL_CTL_DEL, p.inner, -1, 0)
			return fmt.Errorf("cannot watch a listener: %w", err)
		}
	}
	p.innerIn = true
	return nil
}

// hideNear takes the first n near listeners out of the outer epoll.
func (p *poller) hideNear(n int) {
	for _, l := range p.near[:n] {
		p.ctl(p.outer, unix.EPOLL_CTL_DEL, l.fd, l.obj, 0)
	}
}

// A wait that the Go scheduler knows of is dear when it ends: the processor has to
// be had back, and sysmon, woken for that, looks around every 20 us for a while.
// On a busy daemon that costs more than the spawn's own system calls. So a wait
// that follows closely on work is a short one that the scheduler does not see;
// only after quietWaits of them without an event is it a proper one. A garbage
// collection that wants the thread ends the short wait with its preemption
// signal (EINTR).
const (
	shortWait  = 2 // ms
	quietWaits = 5
)

// wait blocks for events of the outer epoll for at most ms (-1: for ever).
func (p *poller) wait(ms int) []unix.EpollEvent {
	var got []unix.EpollEvent
	switch {
	case ms == 0:
		got = p.events[:pollRaw(p.outer, p.events, 0)]
	case p.quiet < quietWaits:
		if ms < 0 || ms > shortWait {
			ms = shortWait
		}
		got = p.events[:pollRaw(p.outer, p.events, ms)]
	default:
		got = p.events[:pollScheduled(p.outer, p.events, ms)]
	}
	if len(got) > 0 {
		p.quiet = 0
	} else if p.quiet < quietWaits {
		p.quiet++
	}
	return got
}

// find notes the event of a near listener, for listeners.
func (p *poller) find(ev unix.EpollEvent) {
	if p.found < mostNear {
		p.ready[p.found] = ev
		p.found++
	}
}

// listeners returns the listeners that are ready: the near ones that were found,
// and, if inner, those of the inner epoll, without blocking.
func (p *poller) listeners(inner bool) []unix.EpollEvent {
	n := p.found
	p.found = 0
	if inner {
		n += pollRaw(p.inner, p.ready[n:], 0)
	}
	return p.ready[:n]
}

func pollRaw(epfd int, events []unix.EpollEvent, ms int) int {
	n, _, e := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epfd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(ms), 0, 0)
	if e != 0 { // EINTR: a signal for another part of the process
		return 0
	}
	return int(n)
}

func pollScheduled(epfd int, events []unix.EpollEvent, ms int) int {
	n, _, e := syscall.Syscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epfd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(ms), 0, 0)
	if e != 0 {
		return 0
	}
	return int(n)
}

// lookup returns the object that an event refers to, or nil for a stale event.
func (p *poller) lookup(ev *unix.EpollEvent) *object {
	if ev.Fd < 0 || int(ev.Fd) >= len(p.objects) {
		return nil
	}
	o := &p.objects[ev.Fd]
	if o.kind == objFree || int32(o.gen) != ev.Pad {
		return nil
	}
	return o
}
