// SPDX-License-Identifier: Apache-2.0

// Package stderrlog sends to syslog what handlers write to their standard error.
//
// What a handler says may be what a client told it to say, so no byte of it may
// reach a process with privileges. superd makes a pipe for each service and gives
// the ends that are read to a process of its own user, which runs Read; the two
// talk by a control socket (Give, Finish), in one direction.
//
// Owns: the ends that it was given, the lines that have not ended, the connection
// to syslog.
// Does not know: services, beyond their names; who writes.
// Concurrency: Read belongs to one goroutine. Give and Finish are called in the
// other process.
// Errors: what is too long, too much or not printable is cut, counted and escaped;
// only a machine without epoll makes Read fail.
package stderrlog
