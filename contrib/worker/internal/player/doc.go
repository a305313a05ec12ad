// SPDX-License-Identifier: Apache-2.0

// Package player plays superd's side of the worker protocol for tests: it starts
// any program as a worker, hands it connections, and holds each of its answers
// to PROTOCOL.md. It is written from that text, and shares no code with superd.
//
// Owns: the process it starts, its session and superd's end of the channel, until
// Close; Pair's client end is the caller's.
// Does not know: what the worker does with a connection, nor tests.
// Concurrency: a Worker belongs to one goroutine.
// Errors: say what was expected and what came, with the worker's standard error
// where it has ended.
package player
