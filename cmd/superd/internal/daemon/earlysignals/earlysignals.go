// SPDX-License-Identifier: Apache-2.0

// Package earlysignals has handlers for signals before an upgraded superd can have
// looked at anything.
//
// HUP, INT, TERM and QUIT are never blocked in a Go program: what comes of them between
// the exec and signal.Notify does what it does by default, or is lost (../heldsignals.go).
// The packages of superd are initialised for some milliseconds. They are so in the order
// of their import paths, as far as imports allow (the language's specification, "Program
// initialization"); this one imports next to nothing, and comes before most.
//
// Owns: the channel. Does not know: what signals mean. Concurrency: read only. Errors:
// none.
package earlysignals

import (
	"os"
	"os/signal"
	"syscall"
	"unsafe"
)

// StateVar is in the environment of a superd that goes on with another's state.
const StateVar = "SUPERD_STATE"

// Handled never have their default action in superd; those that cannot be held over an
// exec come first. Those that it has no use for yet are said to have come, and that is all.
var Handled = []os.Signal{syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGINT, syscall.SIGUSR1, syscall.SIGUSR2,
	syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGALRM, syscall.SIGIO, syscall.SIGVTALRM, syscall.SIGWINCH}

// Caught is where they come; nil in all processes but an upgraded superd.
var Caught = catch()

func catch() chan os.Signal {
	if _, ok := os.LookupEnv(StateVar); !ok {
		return nil
	}
	c := make(chan os.Signal, 64)
	// These two Notify unblocks before it has a handler for them, and they would stop the
	// process.
	for _, s := range [...]syscall.Signal{syscall.SIGTTIN, syscall.SIGTTOU} {
		if takePending(s) {
			c <- s
		}
		signal.Ignore(s)
	}
	signal.Notify(c, Handled...)
	return c
}

// takePending takes a signal that is blocked and has come.
func takePending(s syscall.Signal) bool {
	set := uint64(1) << (s - 1)
	var now syscall.Timespec
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&set)), 0, uintptr(unsafe.Pointer(&now)), unsafe.Sizeof(set), 0, 0)
	return errno == 0
}
