// SPDX-License-Identifier: Apache-2.0

// Package syslog sends lines to syslog, by a local socket, udp or tcp.
//
// srslog keeps the connection; what it does less well is done here. Its writes
// block and its message is a mixture of two RFCs, so a Sender has a queue and a
// goroutine of its own, and writes each message as the C library's syslog(3)
// does: the form that every syslog daemon has read for thirty years.
//
// Owns: the connection, the queue, the goroutine, until Close.
// Does not know: what the lines say, nor whose they are; host names, which only
// DNS could turn into addresses.
// Concurrency: Send may be called by any goroutine; it never waits.
// Errors: a syslog that cannot be reached is tried again for ever. Complain is
// told once, and messages that find the queue full are counted; once it is
// reached, a message says how many.
package syslog
