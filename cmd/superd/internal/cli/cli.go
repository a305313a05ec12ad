// SPDX-License-Identifier: Apache-2.0

// Package cli is superd's command line: one file per verb, each a thin client
// of the packages below.
//
// Owns: verbs, flags, exit codes, what is printed. Does not know: how anything
// is done. Concurrency: Main runs in the caller's goroutine and starts none.
// Errors: printed on standard error as "superd: cannot …"; the exit code says
// of which kind.
package cli

import (
	"io"
)

// Main runs one command line. args begins with the program's name; env is as
// os.Environ gives it. It returns the exit code.
func Main(args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return ExitUsage
}
