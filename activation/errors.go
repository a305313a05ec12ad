// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"errors"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Error says why a socket could not be had.
type Error struct {
	Spec Spec   // canonical
	Hint string // what to do about it; may be empty
	Err  error  // the cause: a syscall.Errno in its chain where the kernel said no
}

func newError(spec Spec, err error) *Error {
	return &Error{Spec: spec, Hint: hint(&spec, err), Err: err}
}

// Error gives a text as
//
//	cannot listen on tcp [::]:79: address already in use
func (e *Error) Error() string {
	text := "cannot listen on " + e.Spec.String() + ": " + e.Err.Error()
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

func hint(spec *Spec, err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return ""
	}
	switch port := int(spec.Addr.Port()); errno {
	case unix.EACCES:
		if spec.hasPath() {
			return "superd may not make files in that directory"
		}
		if port != 0 && port < 1024 {
			return "port " + strconv.Itoa(port) + " needs root or CAP_NET_BIND_SERVICE"
		}
	case unix.EPERM:
		return "this needs root or CAP_NET_ADMIN"
	case unix.EADDRNOTAVAIL:
		return "no interface has this address; free_bind = true listens all the same"
	case unix.EAFNOSUPPORT:
		return "this kernel has no such addresses"
	case unix.EADDRINUSE:
		if spec.IsFIFO() {
			return "another process has it open for reading"
		}
		if spec.hasFile() {
			return "another process listens there"
		}
	case unix.EMFILE:
		return "RLIMIT_NOFILE is used up"
	}
	return ""
}
