// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Exit codes of a process that could not become the handler.
const (
	ExitSetupFailed = 111 // a step before the execve
	ExitNotRunnable = 126 // the program is there, but cannot be run
	ExitNotFound    = 127
)

// Become runs p in the calling process, by the loop that children are run by. It
// does not return: the process becomes the handler, or says on its standard error,
// as it was before, "NAME: STEP: CAUSE", and ends with one of the exit codes.
//
// The Binding's may be 0 to 2 here. The other descriptors that the Program finds at
// these numbers are the caller's care. No Go code runs between the first step and
// the execve or the failure: under RLIMIT_AS the runtime may die at any moment.
func Become(p *Program, b Binding, name string) {
	f := newFrame()
	if p.listens() {
		f.addListen()
	}
	becomeWith(p, b.of(p), f, reporter{fd: keepHigh(2, p), name: name + ": "})
}

// reporter tells of a failure, with nothing that could need memory.
type reporter struct {
	fd    int
	name  string
	texts []string // by step: its name and object, for people
	raw   bool     // for a Launcher: a record
}

// record is what the shim sends to its Launcher.
type record struct{ step, errno uint32 }

// stepAlive is a record's step that says: the shim runs, and has the Program.
const stepAlive = ^uint32(0)

func becomeWith(p *Program, b Binding, f *frame, to reporter) {
	// The credentials, the nice value and the signal mask are the thread's; execve
	// makes of this thread the process.
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	for _, s := range p.Steps() {
		what := newError(s).text()
		to.texts = append(to.texts, what+": ")
	}
	if p.listens() {
		f.tellPid(syscall.Getpid())
	}
	f.lower(p, b, target{resetSignals: true, keep: to.fd})
	runHere(unsafe.SliceData(f.ops), f)
	to.fail(f)
}

// fail reports the frame's failure and ends the process.
func (to *reporter) fail(f *frame) {
	errno := syscall.Errno(f.errno)
	step := f.at(f.cur)
	inExec := f.inExec(f.cur)
	if to.raw {
		to.send(record{uint32(step), uint32(errno)})
	} else {
		e := Error{Errno: errno}
		if inExec {
			e.Step = kinds[kindExec].name
		}
		to.write(to.name)
		to.write(to.texts[step])
		to.write(e.cause())
		to.write("\n")
	}
	code := ExitSetupFailed
	if inExec {
		code = ExitNotRunnable
		if errno == syscall.ENOENT {
			code = ExitNotFound
		}
	}
	for {
		syscall.RawSyscall(unix.SYS_EXIT_GROUP, uintptr(code), 0, 0)
	}
}

func (to *reporter) write(s string) {
	syscall.RawSyscall(unix.SYS_WRITE, uintptr(to.fd), uintptr(unsafe.Pointer(unsafe.StringData(s))), uintptr(len(s)))
}

func (to *reporter) send(r record) {
	syscall.RawSyscall(unix.SYS_WRITE, uintptr(to.fd), uintptr(unsafe.Pointer(&r)), unsafe.Sizeof(r))
}

// keepHigh copies a descriptor to where the Program's own do not come; exec
// closes the copy. -1 if there is nothing to copy.
func keepHigh(fd int, p *Program) int {
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 10+p.files())
	if err != nil {
		return -1
	}
	return n
}
