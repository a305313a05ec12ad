// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mode is how children are started.
type mode uint8

const (
	modeClone3 mode = iota
	modeClone
	modeShim
)

// Mode tells how handlers are started ("clone3", "clone" or "shim") and why.
func (l *Launcher) Mode() (mode, why string) {
	return [...]string{"clone3", "clone", "shim"}[l.mode], l.why
}

// selfTest finds the mode: it starts a child whose second op must fail and looks
// whether that comes back. Old container filters refuse clone3; an emulator may
// share no memory, or never clear busy; then all goes through the shim.
func (l *Launcher) selfTest() error {
	if _, _, e := syscall.RawSyscall(unix.SYS_CLOSE_RANGE, uintptr(allFDs), uintptr(allFDs), 0); e != 0 {
		return fmt.Errorf("cannot start programs on this kernel: close_range: %w (Linux 5.9 has it)", e)
	}
	if l.opts.AllShim {
		l.mode, l.why = modeShim, "asked for"
		return nil
	}
	var refused error
	for _, l.mode = range []mode{modeClone3, modeClone} {
		err := l.tryChild()
		if err == nil {
			l.why = "the self-test's failing step came back"
			if refused != nil {
				l.why = "clone3: " + refused.Error()
			}
			return nil
		}
		refused = err
	}
	l.mode, l.why = modeShim, "clone: "+refused.Error()
	return nil
}

// tryChild starts one child in the present mode.
func (l *Launcher) tryChild() error {
	f := newFrame()
	f.emit(0, 0, unix.SYS_GETPID)
	f.emit(1, 0, unix.SYS_CHDIR, f.zero()) // the empty path: ENOENT
	f.emit(2, 0, unix.SYS_EXIT, 126)
	pid, e := l.clone(f)
	if e != 0 {
		return e
	}
	defer closeFD(int(f.pidfd))
	left := f.awaitLeft(2 * time.Second)
	if !left {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	var si siginfo
	_, _, e = syscall.Syscall6(unix.SYS_WAITID, unix.P_PID, uintptr(pid), uintptr(unsafe.Pointer(&si)), unix.WEXITED|unix.WALL, 0, 0)
	cur, errno := atomic.LoadUintptr(&f.cur), atomic.LoadUintptr(&f.errno)
	switch {
	case !left:
		return fmt.Errorf("the kernel does not say when a child has left our memory")
	case e != 0:
		return fmt.Errorf("a child cannot be waited for: %w", e)
	case cur == 0 || f.at(cur) != 1 || syscall.Errno(errno) != syscall.ENOENT:
		return fmt.Errorf("a child's failure does not come back")
	}
	return nil
}

// awaitLeft waits until the child has left our memory: the kernel wakes the futex
// that busy is.
func (f *frame) awaitLeft(limit time.Duration) bool {
	end := time.Now().Add(limit)
	for atomic.LoadInt32(&f.busy) != 0 {
		left := time.Until(end)
		if left <= 0 {
			return false
		}
		ts := unix.NsecToTimespec(left.Nanoseconds())
		const futexWait = 0
		syscall.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&f.busy)), futexWait, 1, uintptr(unsafe.Pointer(&ts)), 0, 0)
	}
	return true
}
