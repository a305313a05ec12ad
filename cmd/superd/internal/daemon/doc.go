// SPDX-License-Identifier: Apache-2.0

// Package daemon is superd's composition root: the one place that sees
// configuration, sockets, engine and logs together.
//
// Owns: the descriptors 0-2, the set of running services, reload, signals, the
// state dump. Does not know: the command line.
//
// Concurrency: everything belongs to the goroutine that calls Run, which starts
// the engine's owner thread and the log goroutine and sees both end.
//
// Errors: what keeps superd from starting is returned; what costs a service is a
// diagnostic and the service's own matter.
package daemon
