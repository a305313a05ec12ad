// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Process is a program that stays beside its caller until it ends or is killed.
//
// Goroutines: one that waits for its end, and ends with it.
type Process struct {
	Child
	rn   *Runner
	done chan struct{}
	exit Exit  // once done is closed
	err  error // likewise

	mu     sync.Mutex
	reaped bool // its pid may be another's
}

// Begin starts a program in a session of its own, and returns when it runs. b's
// descriptors stay the caller's; the pidfd is at highBase or above.
func (rn *Runner) Begin(s Spec, b Binding, highBase int) (*Process, error) {
	s.Setsid = true
	p, err := Compile(s)
	if err != nil {
		return nil, err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.KeepConn, b.GiveLog = true, false
	l, c, err := rn.launch(p, b, highBase)
	if err != nil {
		return nil, err
	}
	if failure := l.finish(c); failure != nil {
		rn.reapSoon(c)
		closeFD(c.Pidfd)
		return nil, failure
	}
	r := &Process{Child: c, rn: rn, done: make(chan struct{})}
	go r.watch()
	return r, nil
}

// watch waits without a thread of its own, as long as the runtime can watch the
// pidfd: one that blocks for days would have to be replaced when superd is short of
// processes, and then the runtime ends superd.
func (r *Process) watch() {
	defer close(r.done)
	_ = unix.SetNonblock(r.Pidfd, true)
	f := os.NewFile(uintptr(r.Pidfd), "process")
	defer f.Close()
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Read(func(fd uintptr) bool {
			n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
			return n > 0
		})
	}
	awaitExit(r.Pidfd)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reaped = true
	r.exit, r.err = r.rn.reap(r.Child)
}

// awaitExit waits for a process's end and does not take it: until Reap the pid is
// the process's own.
func awaitExit(pidfd int) {
	for {
		var si siginfo
		_, _, e := syscall.Syscall6(unix.SYS_WAITID, unix.P_PIDFD, uintptr(pidfd), uintptr(unsafe.Pointer(&si)), unix.WEXITED|unix.WNOWAIT|unix.WALL, 0, 0)
		if e != syscall.EINTR && e != syscall.EAGAIN {
			return
		}
		if e == syscall.EAGAIN { // the pidfd does not block
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, -1)
		}
	}
}

// Done is closed when the program has ended and its exit has been taken.
func (r *Process) Done() <-chan struct{} { return r.done }

// Exit is how it ended; Done must be closed.
func (r *Process) Exit() (Exit, error) { return r.exit, r.err }

// Kill kills the program with its session.
func (r *Process) Kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.reaped {
		_ = syscall.Kill(-r.Pid, syscall.SIGKILL)
		_ = syscall.Kill(r.Pid, syscall.SIGKILL)
	}
}
