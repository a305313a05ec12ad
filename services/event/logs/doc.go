// SPDX-License-Identifier: Apache-2.0

// Package logs writes events down.
//
// The engine's thread puts events into a Ring, without a lock or an allocation,
// and never waits. A Log's goroutine takes them out in batches, leaves out what
// is too fine or too much, and gives the rest to Sinks.
//
// Owns: the ring, the log goroutine, log files, the text of a line. Does not
// know: what makes an event happen, and who configured the file.
//
// Concurrency: Ring.Put belongs to one thread. Log's methods may be called by
// any goroutine. Sinks are called by one goroutine at a time.
//
// Errors: opening and reopening a file gives an error; a line that cannot be
// written is counted, and the count is written when there is room again.
package logs
