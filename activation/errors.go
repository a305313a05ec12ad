// SPDX-License-Identifier: Apache-2.0

package activation

// Error says why a socket could not be had.
type Error struct {
	Spec Spec   // canonical
	Hint string // what to do about it; may be empty
	Err  error  // the cause: a syscall.Errno where the kernel said no
}

func (e *Error) Error() string {
	text := "cannot listen on " + e.Spec.String() + ": " + e.Err.Error()
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
