// SPDX-License-Identifier: Apache-2.0

// Package control is the socket by which superd is asked and told things while
// it runs: the protocol (docs/control.md), its server and its client.
//
// Owns: requests, answers and their framing; who may ask what; the connections and
// their bounds; the documents that answers carry. Does not know: engine, services
// and configuration. What a request does the daemon says, in a table of Actions.
//
// Concurrency: a Server has one goroutine that accepts and one for each of at most
// maxConns connections, two for one that follows events; Close ends them all. A Hub
// may be used by any goroutine and never blocks one. A Client belongs to one.
//
// Errors: what goes wrong with a request is an *Error, for the one who asked. A
// client that is slow, silent or hostile costs its own connection.
package control
