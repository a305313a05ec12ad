// SPDX-License-Identifier: Apache-2.0

package cli

import "fmt"

// The exit codes of every verb.
const (
	ExitDone       = 0 // done
	ExitFailed     = 1 // failed
	ExitUsage      = 2 // wrong usage, or a verb that is not built yet
	ExitConfig     = 3 // configuration invalid
	ExitNotRunning = 4 // superd is not running
)

// exitCodes ends each help text.
const exitCodes = `Exit codes:
  0  done
  1  failed
  2  wrong usage
  3  configuration invalid
  4  superd is not running
`

// exitError ends a verb with a code. Without a text the verb has said already
// what is wrong.
type exitError struct {
	code int
	text string
}

func (e *exitError) Error() string { return e.text }

// exit ends a verb whose output says it all.
func exit(code int) error { return &exitError{code: code} }

// failf ends a verb that could not do what it was asked.
func failf(format string, args ...any) error {
	return &exitError{ExitFailed, fmt.Sprintf(format, args...)}
}

// usagef ends a verb that was asked in a wrong way.
func usagef(format string, args ...any) error {
	return &exitError{ExitUsage, fmt.Sprintf(format, args...)}
}
