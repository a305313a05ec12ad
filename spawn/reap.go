// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"errors"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Exit is how a process ended.
type Exit struct {
	Pid          int
	Status       int            // exit status, if Signal is 0
	Signal       syscall.Signal // what killed it
	Core         bool           // and left a core file
	User, System time.Duration  // CPU time, with that of its reaped children
}

// ErrRunning says that the process has not ended.
var ErrRunning = errors.New("the process is still running")

// siginfo is the kernel's siginfo_t as waitid fills it.
type siginfo struct {
	signo, errno, code, _ int32
	pid                   int32
	uid                   uint32
	status                int32
	_                     [25]int32
}

// Codes of a SIGCHLD's siginfo.
const (
	cldExited  = 1
	cldKilled  = 2
	cldDumped  = 3
	cldStopped = 5
)

// waitid takes children of every kind: one that dies before its exec has no exit
// signal, which only __WALL includes.
func waitid(which, id, options int, si *siginfo, ru *unix.Rusage) syscall.Errno {
	for {
		_, _, e := syscall.RawSyscall6(unix.SYS_WAITID, uintptr(which), uintptr(id), uintptr(unsafe.Pointer(si)),
			uintptr(options|unix.WEXITED|unix.WNOHANG|unix.WALL), uintptr(unsafe.Pointer(ru)), 0)
		if e != syscall.EINTR {
			return e
		}
	}
}

func (si *siginfo) exit(ru *unix.Rusage) Exit {
	x := Exit{Pid: int(si.pid), User: time.Duration(ru.Utime.Nano()), System: time.Duration(ru.Stime.Nano())}
	switch si.code {
	case cldKilled, cldDumped:
		x.Signal, x.Core = syscall.Signal(si.status), si.code == cldDumped
	default:
		x.Status = int(si.status)
	}
	return x
}

// Reap takes the exit of the process behind a pidfd. It never waits: the error is
// ErrRunning or a syscall.Errno, ECHILD where it is no child of ours.
func Reap(pidfd int) (Exit, error) {
	var si siginfo
	var ru unix.Rusage
	if e := waitid(unix.P_PIDFD, pidfd, 0, &si, &ru); e != 0 {
		return Exit{}, e
	}
	if si.pid == 0 {
		return Exit{}, ErrRunning
	}
	return si.exit(&ru), nil
}

// Stopped tells whether the process behind a pidfd, a child of ours, was stopped by a
// signal and has not been continued. It takes nothing: Reap sees the same.
func Stopped(pidfd int) bool {
	var si siginfo
	var ru unix.Rusage
	return waitid(unix.P_PIDFD, pidfd, unix.WSTOPPED|unix.WNOWAIT, &si, &ru) == 0 && si.pid != 0 && si.code == cldStopped
}

// ReapStrangers takes the exits of children that nobody started, as pid 1 and a
// subreaper have them. known tells the caller's own children, which are never
// taken; if one of them has ended and stands in the way, again is true: reap it
// and call again. It costs time by the number of children, so once a second is
// often enough.
func ReapStrangers(known func(pid int) bool, reaped func(Exit)) (again bool) {
	for {
		var si siginfo
		var ru unix.Rusage
		// A look first: what is taken cannot be put back.
		if waitid(unix.P_ALL, 0, unix.WNOWAIT, &si, &ru) != 0 || si.pid == 0 {
			return false
		}
		if known(int(si.pid)) {
			return true
		}
		pid := int(si.pid)
		si = siginfo{}
		if waitid(unix.P_PID, pid, 0, &si, &ru) == 0 && si.pid != 0 {
			reaped(si.exit(&ru))
		}
	}
}
