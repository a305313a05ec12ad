// SPDX-License-Identifier: Apache-2.0

// Package shim is inet-shim: it prepares a process by flags and then becomes
// another program, by the same spawn Program that superd's own children run.
//
// Owns: the flags, the look-up of users in the files, the words about the socket
// at descriptor 0. Does not know: services, configuration, how a Program runs.
//
// Concurrency: none; Main is called once, from main. Errors: texts on standard
// error and the exit codes below.
package shim

import "io"

// Exit codes.
const (
	ExitUsage       = 2
	ExitSetupFailed = 111 // the step is named on standard error
	ExitNotRunnable = 126 // the program is there but cannot be run
	ExitNotFound    = 127
)

// Main is inet-shim. args[0] is the program's own name. It returns only if it fails.
func Main(args, environ []string, stderr io.Writer) int { return ExitSetupFailed }
