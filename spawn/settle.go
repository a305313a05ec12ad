// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"bytes"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Outcome is what became of one Start.
type Outcome struct {
	Tag uint64
	Pid int
	Err *Error // nil: the process is the handler now
}

// Settle looks after the starts in flight: it closes the connections that the
// children have taken, tells the outcome of each start once, and kills those that
// have passed the deadline. done must not call Env, Start or Settle.
//
// It is to be called again after wait; a negative wait says that nothing is in
// flight.
func (l *Launcher) Settle(now int64, done func(Outcome)) (wait time.Duration) {
	wait = -1
	kept := l.flying[:0]
	for _, i := range l.flying {
		s := &l.slots[i]
		out, ok := s.settle()
		if ok {
			l.free = append(l.free, i)
			done(out)
			continue
		}
		kept = append(kept, i)
		if w := l.patience(s, now); wait < 0 || w < wait {
			wait = w
		}
	}
	l.flying = kept
	return wait
}

// patience kills a start that has passed the deadline, and says when to look at it
// again: soon while the client could miss our end of the connection being closed,
// then ever later.
func (l *Launcher) patience(s *slot, now int64) time.Duration {
	age := time.Duration(now - s.since)
	if age >= l.opts.Deadline && !s.killed {
		// Our child and not reaped, so the pid is still its own.
		s.killed = true
		_ = syscall.Kill(int(s.pid), syscall.SIGKILL)
	}
	const soon, late = time.Millisecond, 100 * time.Millisecond
	if s.conn >= 0 {
		return soon
	}
	wait := min(max(age/2, soon), late)
	if left := l.opts.Deadline - age; left > 0 {
		wait = min(wait, max(left, soon))
	}
	return wait
}

// settle looks at one start: ok says that it is over, and the slot free.
func (s *slot) settle() (out Outcome, ok bool) {
	out = Outcome{Tag: s.tag, Pid: int(s.pid)}
	if s.report >= 0 {
		s.closeConn() // the shim was forked with a table of its own
		out.Err, ok = s.settleShim()
		return out, ok
	}
	busy := atomic.LoadInt32(&s.busy) != 0
	cur := atomic.LoadUintptr(&s.cur)
	if !busy || cur > s.first() {
		s.closeConn()
	}
	if busy {
		return out, false
	}
	out.Err = s.verdict(cur)
	return out, true
}

func (s *slot) closeConn() {
	if s.conn >= 0 {
		CloseConn(int(s.conn))
		s.conn = -1
	}
	if s.log >= 0 {
		closeFD(int(s.log))
		s.log = -1
	}
}

// verdict says what became of a child that has left our memory at cur.
func (s *slot) verdict(cur uintptr) *Error {
	errno := atomic.LoadUintptr(&s.errno)
	if errno == 0 && !s.killed && s.inExec(cur) && !diedInExec(int(s.pid)) {
		return nil
	}
	err := newError(s.prog.step(s.at(cur)))
	err.Errno = syscall.Errno(errno)
	if errno == 0 {
		err.Signal, err.TimedOut = killedBy(int(s.pid)), s.killed
	}
	return err
}

// killedBy gives the signal that has ended a child which is not reaped yet; 0 if
// none has.
func killedBy(pid int) syscall.Signal {
	var si siginfo
	if waitid(unix.P_PID, pid, unix.WNOWAIT, &si, nil) != 0 || si.pid == 0 || si.code == cldExited {
		return 0
	}
	return syscall.Signal(si.status)
}

// diedInExec tells a child that was killed in its execve from one that became the
// handler: to us both have just left our memory. The kernel knows (PF_FORKNOEXEC),
// and says so in the ninth field of stat for as long as the child is not reaped.
func diedInExec(pid int) bool {
	if killedBy(pid) == 0 {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	// The name before may hold anything, ")" and blanks included.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const flags, pfForkNoExec = 9 - 3, 0x40
	if len(fields) <= flags {
		return false
	}
	n, err := strconv.ParseUint(string(fields[flags]), 10, 32)
	return err == nil && n&pfForkNoExec != 0
}
