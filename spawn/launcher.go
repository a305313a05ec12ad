// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"errors"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Options of a Launcher; the zero value of each has a meaning.
type Options struct {
	Slots    int           // starts in flight at once; 0 = 2048
	HighBase int           // pidfds are numbered from here, but for the first few; 0 = 1024
	Shim     []string      // path and first arguments of the shim; nil = /proc/self/exe, run under the name inet-shim
	Deadline time.Duration // a start that takes longer is killed; 0 = 3 s
	AllShim  bool          // everything goes through the shim
}

func (o Options) withDefaults() Options {
	if o.Slots == 0 {
		o.Slots = 2048
	}
	if o.HighBase == 0 {
		o.HighBase = 1024
	}
	if o.Shim == nil {
		o.Shim = []string{"/proc/self/exe"}
	}
	if o.Deadline == 0 {
		o.Deadline = 3 * time.Second
	}
	return o
}

// Launcher starts Programs. One goroutine owns it, and has locked its thread.
type Launcher struct {
	opts Options
	mode mode
	why  string
	euid uint32
	open bool // fs.suid_dumpable is 1
	low  int  // pidfds below this number stay there

	call   call
	slots  []slot
	env    []byte // the slots' Env buffers: apart, since the collector need not look in
	free   []int32
	flying []int32
	next   *slot // reserved: its Env is being filled
	spare  Env   // what Env gives when no slot is free
}

// slot is the place of one start in flight.
type slot struct {
	frame
	index  int32
	pid    int32
	conn   int32 // to be closed once the child has its own; -1 = nothing to close
	log    int32 // likewise
	report int32 // where the shim reports; -1 = not by the shim
	alive  bool  // the shim has reported that it runs
	killed bool
	tag    uint64
	since  int64
}

// ErrBusy says that every slot is in use: call Settle and try again.
var ErrBusy = errors.New("all spawn slots are in use")

// NewLauncher makes a Launcher, sets SIGCHLD to its default for this process, and
// tries with one failing child how processes can be started here (see Mode). The
// error is that of a kernel on which no Program can run.
func NewLauncher(o Options) (*Launcher, error) {
	l, err := newLauncher(o)
	if err != nil {
		return nil, err
	}
	l.low = lowPidfds
	// Pidfds tell of exits. With the runtime's handler each exit would interrupt a
	// thread; with SIG_IGN, which a starter may have left us, the kernel reaps by
	// itself and the exit is lost.
	var dfl [4]uint64
	if _, _, e := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), uintptr(unsafe.Pointer(&dfl)), 0, 8, 0, 0); e != 0 {
		return nil, e
	}
	return l, nil
}

func newLauncher(o Options) (*Launcher, error) {
	o = o.withDefaults()
	l := &Launcher{
		opts:   o,
		euid:   uint32(unix.Geteuid()),
		open:   SuidDumpable() == 1,
		slots:  make([]slot, o.Slots),
		env:    make([]byte, o.Slots*envBytes),
		free:   make([]int32, o.Slots),
		flying: make([]int32, 0, o.Slots),
	}
	for i := range l.free {
		l.free[i] = int32(o.Slots - 1 - i) // the lowest is taken first: few are ever touched
	}
	l.spare.buf = make([]byte, 0, envBytes)
	return l, l.selfTest()
}

// SetSuidDumpable tells the value of fs.suid_dumpable (SuidDumpable), at start and
// at each reload. With 1, Programs that change the uid go through the shim.
func (l *Launcher) SetSuidDumpable(n int) { l.open = n == 1 }

// Env is where the words of the next Start are built; it comes reset.
func (l *Launcher) Env() *Env {
	e := &l.spare
	if s := l.reserve(); s != nil {
		e = &s.env
	}
	e.Reset()
	return e
}

// Room tells how many starts there are slots for.
func (l *Launcher) Room() int {
	if l.next != nil {
		return len(l.free) + 1
	}
	return len(l.free)
}

// InFlight tells how many starts are not settled: children that may still have
// copies of descriptors that were open when they began.
func (l *Launcher) InFlight() int { return len(l.flying) }

// reserve gives the slot of the next Start, nil if none is free.
func (l *Launcher) reserve() *slot {
	if l.next == nil && len(l.free) > 0 {
		i := l.free[len(l.free)-1]
		l.free = l.free[:len(l.free)-1]
		l.next = &l.slots[i]
		l.next.prepare(i, l.env[int(i)*envBytes:])
	}
	return l.next
}

func (s *slot) prepare(i int32, env []byte) {
	s.index, s.conn, s.log, s.report = i, -1, -1, -1
	if s.env.buf == nil {
		s.env.buf = env[:0:envBytes]
	}
	s.env.Reset()
}

// Close frees what the Launcher holds. Starts in flight must have been settled.
func (l *Launcher) Close() { l.slots, l.env, l.free, l.next = nil, nil, nil, nil }
