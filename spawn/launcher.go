// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"context"
	"errors"
	"syscall"
	"time"
)

// Binding holds the live descriptors of one start.
//
// The caller's descriptors 0, 1 and 2 must be /dev/null, and what it keeps for
// long must lie above Conn: the child's own table is built of what lies below.
type Binding struct {
	Conn     int  // the connection, or the listening socket of a wait handler
	Log      int  // what becomes stderr under StderrLog: below any Conn; -1 = none
	KeepConn bool // Conn stays the caller's after a success, too
}

// Options of a Launcher; the zero value of each has a meaning.
type Options struct {
	Slots    int           // starts in flight at once; 0 = 256
	HighBase int           // pidfds are numbered from here; 0 = 1024
	Shim     []string      // path and first arguments of the shim; nil = /proc/self/exe, run under the name inet-shim
	Deadline time.Duration // a start that takes longer is killed; 0 = 3 s
}

// Launcher starts Programs. One goroutine owns it, and has locked its thread.
type Launcher struct{}

// ErrBusy says that every slot is in use: call Settle and try again.
var ErrBusy = errors.New("all spawn slots are in use")

// NewLauncher makes a Launcher, sets SIGCHLD to its default for this process, and
// tries with one failing child how processes can be started here (see Mode).
func NewLauncher(o Options) (*Launcher, error) { return nil, errors.New("not built yet") }

// Mode tells how handlers are started ("clone3", "clone" or "shim") and why.
func (l *Launcher) Mode() (mode, why string) { return "", "" }

// SetSuidDumpable tells the value of fs.suid_dumpable (SuidDumpable), at start and
// at each reload. With 1, Programs that change the uid go through the shim.
func (l *Launcher) SetSuidDumpable(n int) {}

// Env is where the words of the next Start are built; it comes reset.
func (l *Launcher) Env() *Env { return nil }

// Child is a process that has been started. The pidfd is the caller's: it becomes
// readable when the process has ended, whether or not it became the handler. Reap
// it, and close it. In one turn of the caller's loop Settle comes before Reap.
type Child struct{ Pid, Pidfd int }

// Start starts p with the words of Env. It allocates nothing.
//
// The error is ErrBusy or the syscall.Errno of the clone, and then b.Conn is still
// the caller's. After a success it is the Launcher's, which closes it when the
// child has its own, unless KeepConn is set. tag comes back in the Outcome. now is
// in nanoseconds of a clock that only goes forward.
func (l *Launcher) Start(p *Program, b Binding, tag uint64, now int64) (Child, error) {
	return Child{}, syscall.ENOSYS
}

// Settle looks after the starts in flight: it closes the connections that the
// children have taken, tells the outcome of each start once, and kills those that
// have passed the deadline. done must not call Start or Settle.
//
// It is to be called again after wait; a negative wait says that nothing is in
// flight.
func (l *Launcher) Settle(now int64, done func(Outcome)) (wait time.Duration) { return -1 }

// Close frees what the Launcher holds. Starts in flight must have been settled.
func (l *Launcher) Close() {}

// Outcome is what became of one Start.
type Outcome struct {
	Tag uint64
	Pid int
	Err *Error // nil: the process is the handler now
}

// Error says at which step of its Program a child failed, and why.
type Error struct {
	Step     string        // as "chroot", "rlimit nofile", "execve"
	Object   string        // what the step was about, as a path or a number; may be empty
	Errno    syscall.Errno // 0 if the child was killed
	Signal   syscall.Signal
	TimedOut bool // killed by the Launcher, because it passed the deadline
}

func (e *Error) Error() string { return e.Step }

// Exit is how a process ended.
type Exit struct {
	Pid          int
	Status       int            // exit status, if Signal is 0
	Signal       syscall.Signal // what killed it
	Core         bool
	User, System time.Duration // CPU time, with that of its reaped children
}

// ErrRunning says that the process has not ended.
var ErrRunning = errors.New("the process is still running")

// Reap takes the exit of the process behind a pidfd. It never waits: the error is
// ErrRunning or a syscall.Errno, ECHILD where it is no child of ours.
func Reap(pidfd int) (Exit, error) { return Exit{}, ErrRunning }

// ReapStrangers takes the exits of children that nobody started, as pid 1 and a
// subreaper have them. known tells the caller's own children, which are never
// taken; if one of them has ended and stands in the way, again is true.
func ReapStrangers(known func(pid int) bool, reaped func(Exit)) (again bool) { return false }

// SuidDumpable reads fs.suid_dumpable; -1 if it cannot be read.
func SuidDumpable() int { return -1 }

// Run runs a short-lived program to its end and gives what it wrote to its
// standard output, at most 1 MiB; its input is stdin, its error output /dev/null.
// When ctx ends first, the program's whole session is killed and the error is
// ctx.Err(). A program that could not be started gives an *Error or a
// syscall.Errno. Stdio and Stderr of the Spec are ignored.
func Run(ctx context.Context, s Spec, stdin []byte) (stdout []byte, exit Exit, err error) {
	return nil, Exit{}, errors.New("not built yet")
}
