// SPDX-License-Identifier: Apache-2.0

// Package origlimit knows the RLIMIT_NOFILE that this process was started with.
//
// Package syscall raises the soft limit to the hard one when it is initialised, and
// puts it back in children of its own ForkExec alone. A handler that superd starts
// must find what superd was given: programs that use select, or that close every
// descriptor up to the limit, do not survive a soft limit of a million.
//
// Packages are initialised in the order of their import paths, as far as imports
// allow (the language's specification, "Program initialization"). This one imports
// nothing and sorts before "syscall", so it reads the limit first; its test holds
// it to that.
//
// Owns: two numbers. Does not know: anything else. Concurrency: read only.
// Errors: both numbers are 0 if the kernel gave none.
package origlimit

// Soft and Hard are the limits at the start of the process.
var Soft, Hard = read()

func read() (soft, hard uint64) {
	var lim [2]uint64
	if prlimit(&lim) != 0 {
		return 0, 0
	}
	return lim[0], lim[1]
}

// prlimit is prlimit64(0, RLIMIT_NOFILE, NULL, lim).
//
//go:noescape
func prlimit(lim *[2]uint64) (r uintptr)
