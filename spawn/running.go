// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// running is the program of a Run.
type running struct {
	Child
	rn   *Runner
	ours *os.File // our end of its standard input and output

	mu     sync.Mutex
	reaped bool // its pid may be another's
}

// giveUp kills the program with its session, and ends our reading.
func (r *running) giveUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.reaped {
		_ = syscall.Kill(-r.Pid, syscall.SIGKILL)
		_ = syscall.Kill(r.Pid, syscall.SIGKILL)
	}
	_ = r.ours.SetDeadline(time.Unix(1, 0))
}

func (r *running) close() {
	r.ours.Close()
	closeFD(r.Pidfd)
}

// start starts p by a Launcher of its own, on a socket of which it keeps our end.
// The program runs when it returns.
func (rn *Runner) start(p *Program) (*running, error) {
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer closeFD(null)
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	_ = unix.SetNonblock(ends[0], true) // so that a deadline can end a read
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l, c, err := rn.launch(p, Binding{Conn: ends[1], Log: null}, 3)
	if err != nil {
		closeFD(ends[0])
		closeFD(ends[1])
		return nil, err
	}
	if failure := l.finish(c); failure != nil {
		closeFD(ends[0])
		rn.reapSoon(c)
		closeFD(c.Pidfd)
		return nil, failure
	}
	return &running{Child: c, rn: rn, ours: os.NewFile(uintptr(ends[0]), "program")}, nil
}

// launch starts p, with a pidfd of highBase or above. The lock keeps the reaper of strangers off from the clone until
// the pid is known to be ours.
func (rn *Runner) launch(p *Program, b Binding, highBase int) (*Launcher, Child, error) {
	rn.mu.Lock()
	defer rn.mu.Unlock()
	l, err := newLauncher(Options{Slots: 1, HighBase: highBase})
	if err != nil {
		return nil, Child{}, err
	}
	l.Env()
	c, err := l.Start(p, b, 0, 0)
	if err == nil {
		if rn.pids == nil {
			rn.pids = map[int]bool{}
		}
		rn.pids[c.Pid] = true
	}
	return l, c, err
}

// reap takes a child's exit, after which its pid may be another's.
func (rn *Runner) reap(c Child) (Exit, error) {
	rn.mu.Lock()
	defer rn.mu.Unlock()
	delete(rn.pids, c.Pid)
	return Reap(c.Pidfd)
}

// reapSoon reaps a child that has left our memory, which is a moment before its
// end; one that hangs even so is left.
func (rn *Runner) reapSoon(c Child) {
	poll := []unix.PollFd{{Fd: int32(c.Pidfd), Events: unix.POLLIN}}
	for {
		if n, err := unix.Poll(poll, 1000); n > 0 || err != unix.EINTR {
			break
		}
	}
	_, _ = rn.reap(c)
}

// finish settles the one start in flight.
func (l *Launcher) finish(c Child) (failure *Error) {
	began := time.Now()
	poll := []unix.PollFd{{Fd: int32(c.Pidfd), Events: unix.POLLIN}}
	for {
		wait := l.Settle(time.Since(began).Nanoseconds(), func(o Outcome) { failure = o.Err })
		if wait < 0 {
			return failure
		}
		_, _ = unix.Poll(poll, int(wait.Milliseconds()))
	}
}

// converse writes the program's input and reads its output to the end.
func (r *running) converse(stdin []byte) ([]byte, error) {
	go func() { // ends with the write: the program reads, or ours is closed
		_, _ = r.ours.Write(stdin)
		if raw, err := r.ours.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_WR) })
		}
	}()
	out, err := io.ReadAll(io.LimitReader(r.ours, maxOutput+1))
	switch {
	case errors.Is(err, syscall.ECONNRESET): // it left input unread, which is its right
		err = nil
	case len(out) > maxOutput:
		out, err = out[:maxOutput], ErrOutput
	}
	return out, err
}

// await waits for the end of the program; once ctx has ended and it has been killed,
// no longer than a second, for one that hangs in the kernel does not die.
func (r *running) await(ctx context.Context) (exit Exit, err error) {
	ended := make(chan struct{})
	go func() {
		awaitExit(r.Pidfd)
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		select {
		case <-ended:
		case <-time.After(time.Second):
			return Exit{}, ctx.Err()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reaped = true
	return r.rn.reap(r.Child)
}
