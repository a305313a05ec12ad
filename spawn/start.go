// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Child is a process that has been started. The pidfd is the caller's: it becomes
// readable when the process has ended, whether or not it became the handler. Reap
// it, and close it. In one turn of the caller's loop Settle comes before Reap.
type Child struct{ Pid, Pidfd int }

// Start starts p with the words of Env. It allocates nothing, unless a slot meets
// a longer Program than any before, or the shim is needed.
//
// The error is ErrBusy or the syscall.Errno of the clone, and then b.Conn and b.Log
// are still the caller's. After a success Conn is the Launcher's, which closes it
// when the child has its own, unless KeepConn is set; so is Log if GiveLog is. tag comes back in the Outcome. now is
// in nanoseconds of a clock that only goes forward.
func (l *Launcher) Start(p *Program, b Binding, tag uint64, now int64) (Child, error) {
	s := l.reserve()
	if s == nil {
		return Child{}, ErrBusy
	}
	b = b.of(p)
	shim := l.viaShim(p)
	if p.listens() {
		s.addListen()
	}
	if s.env.full {
		return Child{}, syscall.E2BIG
	}
	s.tag, s.since, s.killed, s.alive = tag, now, false, false
	var c Child
	var err error
	if shim {
		c, err = l.startShim(s, p, b)
	} else {
		c, err = l.startHere(s, p, b)
	}
	if err != nil {
		s.env.Reset()
		return Child{}, err
	}
	s.pid = int32(c.Pid)
	if !b.KeepConn { // -1 is no connection
		s.conn = int32(b.Conn)
	}
	if b.GiveLog {
		s.log = int32(b.Log)
	}
	c.Pidfd = l.high(c.Pidfd)
	l.flying = append(l.flying, s.index)
	l.next = nil
	return c, nil
}

// viaShim tells whether p must not run in a child that shares our memory.
func (l *Launcher) viaShim(p *Program) bool {
	if l.mode == modeShim {
		return true
	}
	if !l.open {
		return false
	}
	uid, ok := p.uid()
	return ok && uid != l.euid
}

// startHere starts p in a child that shares our memory until its exec.
func (l *Launcher) startHere(s *slot, p *Program, b Binding) (Child, error) {
	s.lower(p, b, target{resetSignals: l.mode == modeClone, keep: -1})
	pid, e := l.clone(&s.frame)
	if e != 0 {
		return Child{}, e
	}
	if p.listens() {
		s.tellPid(pid)
	}
	return Child{Pid: pid, Pidfd: int(s.pidfd)}, nil
}

// The child shares memory and, until its first step, the descriptor table; nobody
// waits for it (no CLONE_VFORK), so that one which hangs in exec hangs alone. The
// pid is the call's own result: CLONE_PARENT_SETTID would tell it a second time.
const cloneFlags = unix.CLONE_VM | unix.CLONE_FILES | unix.CLONE_PIDFD | unix.CLONE_CHILD_CLEARTID

// clone starts a child on the frame's ops.
func (l *Launcher) clone(f *frame) (pid int, e syscall.Errno) {
	atomic.StoreUintptr(&f.cur, 0)
	atomic.StoreUintptr(&f.errno, 0)
	atomic.StoreInt32(&f.busy, 1)
	l.call.prepare(l.mode, f)
	r := startChild(&l.call, unsafe.SliceData(f.ops), f)
	if e := -int(r); e > 0 && e < 4096 {
		return 0, syscall.Errno(e)
	}
	return int(r), 0
}

func (c *call) prepare(m mode, f *frame) {
	c.all, c.old = ^uint64(0), 0
	pidfd, busy := uintptr(unsafe.Pointer(&f.pidfd)), uintptr(unsafe.Pointer(&f.busy))
	if m == modeClone {
		// Legacy clone: no stack of its own means the parent's, which the child never
		// touches. Where CLONE_PIDFD stores, and that order, is the kernel's.
		c.nr, c.a0, c.a1, c.a2 = unix.SYS_CLONE, cloneFlags, 0, pidfd
		c.a3, c.a4 = legacyOrder(busy)
		return
	}
	c.args = cloneArgs{flags: cloneFlags | unix.CLONE_CLEAR_SIGHAND, pidfd: uint64(pidfd), childTID: uint64(busy)}
	c.nr, c.a0, c.a1 = unix.SYS_CLONE3, uintptr(unsafe.Pointer(&c.args)), unsafe.Sizeof(c.args)
}

// lowPidfds is where the numbers begin that connections have for themselves. A
// pidfd below costs each child a copy for a moment, and moving it two calls: of a
// few that is the better bargain.
const lowPidfds = 32

// high moves a pidfd out of the low numbers, but for the lowest. Where that fails,
// as under a small RLIMIT_NOFILE, it stays.
func (l *Launcher) high(fd int) int {
	if fd < l.low {
		return fd
	}
	n, _, e := syscall.RawSyscall(unix.SYS_FCNTL, uintptr(fd), unix.F_DUPFD_CLOEXEC, uintptr(l.opts.HighBase))
	if e != 0 {
		return fd
	}
	closeFD(fd)
	return int(n)
}

func closeFD(fd int) { syscall.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }
