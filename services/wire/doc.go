// SPDX-License-Identifier: Apache-2.0

// Package wire is the process that reads what clients send, so that the one with
// privileges need not: for now the relay of workers of standard input and output
// (worker = "stdio").
//
// Such a program was started before its client came, with one end of a socket pair
// as descriptors 0 and 1. superd sends the other end and the client to this process,
// which copies between the two until both are finished, as if the program had the
// client's socket itself:
//
//   - The end of what the client sends is the end of the program's input, and the
//     program's shutdown(2) of its output the end of what the client gets. The other
//     direction goes on.
//   - What a program that has ended wrote last reaches the client; then the client's
//     connection is closed. One that does not read for a minute is given up, as the
//     kernel gives up a connection that no process has any more.
//   - When the client vanishes, the program can still read what was sent before, and
//     its next write fails (EPIPE, SIGPIPE), as it would on the connection.
//   - Who does not read holds up who writes, with 64 KiB more on the way.
//
// Otherwise than on the connection: a program that leaves input unread costs the
// client no reset if this process had taken that input; a write after the client's
// reset fails with EPIPE from the first on, where a connection gives ECONNRESET once;
// and getpeername(2), the connection's options and urgent data do not reach the
// program.
//
// # Messages
//
// superd writes packets on a SOCK_SEQPACKET socket, of the form of
// contrib/worker/PROTOCOL.md, section 2. There is one verb, with which two
// descriptors come (SCM_RIGHTS): the client's connection, then the end of the pair.
// Both are sockets of type SOCK_STREAM.
//
//	relay
//	id=17       decimal, 1 to 2^63-1: of the connection, for complaints
//
// Unknown keys are passed over. Whatever else comes is passed over, too, and its
// descriptors are closed. Nothing is sent back: superd learns from the program's end
// that the client is served. At the end of the socket this process finishes what it
// has, and ends.
//
// Owns: the descriptors that it was given, from the message to their close.
//
// Does not know: services, programs, who may connect.
//
// Concurrency: Relay belongs to one goroutine and starts none.
//
// Errors: nothing that a client or a program does is one; Relay fails where there is
// no epoll, or no superd.
package wire
