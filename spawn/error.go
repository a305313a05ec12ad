// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"fmt"
	"strconv"
	"syscall"
)

// errDiffers is what the interpreter answers where a result is not the right one.
const errDiffers = syscall.EBADE

// Error says at which step of its Program a child failed, and why.
type Error struct {
	Step     string         // as "chroot", "rlimit_files", "execve"
	Object   string         // what the step was about, as a path or a number; may be empty
	Errno    syscall.Errno  // 0 if the child was killed
	Signal   syscall.Signal // what killed it
	TimedOut bool           // killed by the Launcher, because it passed the deadline
}

// Error gives step, object and cause: chroot "/srv/jail": no such file or directory.
func (e *Error) Error() string { return e.text() + ": " + e.cause() }

// text is the step with its object.
func (e *Error) text() string {
	what := e.Step
	switch {
	case e.Object == "":
	case isPath(e.Step):
		what += " " + strconv.Quote(e.Object)
	default:
		what += " " + e.Object
	}
	return what
}

func (e *Error) cause() string {
	switch {
	case e.TimedOut:
		return "not done in time, killed"
	case e.Errno == 0 && e.Signal != 0:
		return fmt.Sprintf("killed by signal %d (%v)", int(e.Signal), e.Signal)
	case e.Errno == errDiffers:
		return "the kernel says otherwise after it was set"
	case e.Errno == syscall.EAGAIN && e.Step == "execve":
		// do_execveat_common gives it for one reason alone: since setresuid the user
		// had more processes than the limit that superd itself has.
		return "the user has more processes than RLIMIT_NPROC of superd allows"
	}
	return e.Errno.Error()
}

// newError describes a failure at step s.
func newError(s Step) *Error { return &Error{Step: s.Name(), Object: s.Object()} }
