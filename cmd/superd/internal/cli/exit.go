// SPDX-License-Identifier: Apache-2.0

package cli

// The exit codes of every verb.
const (
	ExitDone       = 0 // done
	ExitFailed     = 1 // failed
	ExitUsage      = 2 // wrong usage, or a verb that is not built yet
	ExitConfig     = 3 // configuration invalid
	ExitNotRunning = 4 // superd is not running
)
