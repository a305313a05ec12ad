// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"encoding/binary"
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The shim's route, for Programs that must not run in our memory: a fork and exec
// of the shim, which gets the Program over a socket and runs it in its own
// process. On the same socket it reports that it lives, and a failure; exec closes
// the socket, which is how success looks.

// ShimArg is the first argument that tells the shim to take its Program from
// descriptor 3 rather than from flags.
const ShimArg = "--program-from-superd"

// shimSocket is where the shim finds the socket; the Binding's descriptors follow.
const shimSocket = 3

// startShim starts p by the shim. It costs a thousand microseconds, and memory.
func (l *Launcher) startShim(s *slot, p *Program, b Binding) (Child, error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return Child{}, err
	}
	defer closeFD(ends[1])
	pid, pidfd, err := l.forkShim(ends, p, b, s.env.words())
	if err != nil {
		closeFD(ends[0])
		return Child{}, err
	}
	s.prog, s.ops = p, nil // a failure is named by p; the ops are no longer p's
	s.report = int32(l.high(ends[0]))
	return Child{Pid: pid, Pidfd: pidfd}, nil
}

func (l *Launcher) forkShim(ends [2]int, p *Program, b Binding, conn words) (pid, pidfd int, err error) {
	files, there := b.pass([]uintptr{0, 1, 2, uintptr(ends[1])})
	body := appendProgram(appendBinding(nil, there), p, conn)
	msg := binary.LittleEndian.AppendUint32(nil, uint32(len(body)))
	msg = append(msg, body...)
	// It waits in the socket for the shim, so it must fit whole.
	_ = unix.SetsockoptInt(ends[0], unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, 4<<20)
	if n, err := unix.Write(ends[0], msg); err != nil || n < len(msg) {
		return 0, 0, syscall.E2BIG
	}
	argv := append([]string{"inet-shim"}, l.opts.Shim[1:]...)
	pidfd = -1
	pid, err = syscall.ForkExec(l.opts.Shim[0], append(argv, ShimArg), &syscall.ProcAttr{
		Env:   []string{"GOMAXPROCS=1", "GOGC=off"},
		Files: files,
		Sys:   &syscall.SysProcAttr{PidFD: &pidfd},
	})
	return pid, pidfd, err
}

// settleShim reads what the shim has to say.
func (s *slot) settleShim() (failure *Error, ok bool) {
	for {
		var r record
		n, _, e := syscall.RawSyscall(unix.SYS_READ, uintptr(s.report), uintptr(unsafe.Pointer(&r)), unsafe.Sizeof(r))
		switch {
		case e == syscall.EINTR:
			continue
		case e == syscall.EAGAIN:
			return nil, false
		case e == 0 && n == unsafe.Sizeof(r) && r.step == stepAlive:
			s.alive = true
			continue
		case e == 0 && n == unsafe.Sizeof(r):
			failure = newError(s.prog.step(int(r.step)))
			failure.Errno = syscall.Errno(r.errno)
		case e == 0 && n == 0 && s.alive && !s.killed:
			// exec
		default:
			failure = &Error{Step: "shim", Errno: syscall.EPROTO}
			if sig := killedBy(int(s.pid)); sig != 0 {
				failure.Errno, failure.Signal, failure.TimedOut = 0, sig, s.killed
			}
		}
		closeFD(int(s.report))
		s.report = -1
		return failure, true
	}
}

// BecomeFromLauncher is the shim's end: it takes the Program from descriptor 3 and
// becomes the handler. It returns if there is none, with the exit code.
func BecomeFromLauncher() int {
	body, err := readMessage(shimSocket)
	if err != nil {
		return ExitSetupFailed
	}
	b, body, err := parseBinding(body)
	if err != nil {
		return ExitSetupFailed
	}
	p, conn, err := parseProgram(body)
	if err != nil {
		return ExitSetupFailed
	}
	sock := keepHigh(shimSocket, p)
	if sock < 0 {
		return ExitSetupFailed
	}
	closeFD(shimSocket)
	f := newFrame()
	f.env.take(conn)
	if p.listens() && !f.listening() {
		return ExitSetupFailed
	}
	to := reporter{fd: sock, raw: true}
	to.send(record{step: stepAlive})
	becomeWith(p, b, f, to)
	return ExitSetupFailed
}

// readMessage reads a length and as many bytes. The Launcher has written them
// before it started us.
func readMessage(fd int) ([]byte, error) {
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 10)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(dup), "launcher")
	defer f.Close()
	var head [4]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n > 64<<20 {
		return nil, errWire
	}
	body := make([]byte, n)
	_, err = io.ReadFull(f, body)
	return body, err
}
