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
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxOutput is how much a program that Run runs may write.
const maxOutput = 1 << 20

// ErrOutput says that a program wrote more than 1 MiB; it has been killed.
var ErrOutput = errors.New("the program writes more than 1 MiB")

// Run runs a short-lived program to its end and gives what it wrote to its
// standard output, at most 1 MiB; its input is stdin, its error output /dev/null.
// When ctx ends first, the program's whole session is killed and the error is
// ctx.Err(). A program that could not be started gives an *Error or a
// syscall.Errno. Stdio, Stderr and Setsid of the Spec are ignored.
//
// It waits for its own child alone, by pidfd, and so gets on with any other reaper
// that leaves it that child.
func Run(ctx context.Context, s Spec, stdin []byte) (stdout []byte, exit Exit, err error) {
	s.Stdio, s.Stderr, s.Setsid = StdioSocket, StderrLog, true
	p, err := Compile(s)
	if err != nil {
		return nil, Exit{}, err
	}
	r, err := startOne(p)
	if err != nil {
		return nil, Exit{}, err
	}
	defer closeFD(r.Pidfd)
	defer r.ours.Close()
	stop := context.AfterFunc(ctx, r.giveUp)
	defer stop()
	stdout, err = r.converse(stdin)
	if err != nil {
		r.giveUp()
	}
	exit, werr := r.await(ctx)
	switch {
	case ctx.Err() != nil && (err != nil || werr != nil || exit.Signal == unix.SIGKILL):
		return stdout, exit, ctx.Err()
	case err != nil:
		return stdout, exit, err
	}
	return stdout, exit, werr
}

// running is the program of a Run.
type running struct {
	Child
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

// startOne starts p by a Launcher of its own, on a socket of which it gives our
// end. The program runs when it returns.
func startOne(p *Program) (*running, error) {
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
	c, err := startOn(p, Binding{Conn: ends[1], Log: null})
	if err != nil {
		closeFD(ends[0])
		return nil, err
	}
	return &running{Child: c, ours: os.NewFile(uintptr(ends[0]), "program")}, nil
}

// startOn starts p and waits until it runs; b.Conn is closed in any case. A child
// that failed is reaped.
func startOn(p *Program, b Binding) (Child, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l, err := newLauncher(Options{Slots: 1, HighBase: 3})
	if err != nil {
		closeFD(b.Conn)
		return Child{}, err
	}
	l.Env()
	c, err := l.Start(p, b, 0, 0)
	if err != nil {
		closeFD(b.Conn)
		return Child{}, err
	}
	if failure := l.finish(c); failure != nil {
		reapSoon(c)
		closeFD(c.Pidfd)
		return Child{}, failure
	}
	return c, nil
}

// reapSoon reaps a child that has left our memory, which is a moment before its
// end; one that hangs even so is left.
func reapSoon(c Child) {
	poll := []unix.PollFd{{Fd: int32(c.Pidfd), Events: unix.POLLIN}}
	for {
		if n, err := unix.Poll(poll, 1000); n > 0 || err != unix.EINTR {
			break
		}
	}
	_, _ = Reap(c.Pidfd)
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
		// Without WNOHANG, and without taking it: until Reap the pid is the program's.
		for {
			var si siginfo
			_, _, e := syscall.Syscall6(unix.SYS_WAITID, unix.P_PIDFD, uintptr(r.Pidfd), uintptr(unsafe.Pointer(&si)), unix.WEXITED|unix.WNOWAIT|unix.WALL, 0, 0)
			if e != syscall.EINTR {
				close(ended)
				return
			}
		}
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
	return Reap(r.Pidfd)
}
