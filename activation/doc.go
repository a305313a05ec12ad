// SPDX-License-Identifier: Apache-2.0

// Package activation opens the sockets that superd listens on and keeps them.
//
// A Spec says what a socket shall be; a Registry turns Specs into Sockets, at
// most one for each thing that can be bound, and counts who uses it. A socket
// whose binding stays the same over a reload is never closed and never bound a
// second time: the last close of a listening socket resets every client that
// waits in it. What superd accepts, peeks at and drops on such sockets goes
// through the raw calls of this package.
//
// Owns: listening descriptors, their options, the files of unix sockets.
// Does not know: services, configuration, processes, who is let in.
//
// Concurrency: a Registry may be used by any goroutine. A Socket's descriptor,
// network and address never change, so the engine's thread reads them without a
// lock. The raw calls keep no state.
//
// Errors: *Error for whatever stands between a Spec and its Socket; the raw
// calls give the kernel's errno as it is and allocate nothing.
package activation
