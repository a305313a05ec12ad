// SPDX-License-Identifier: Apache-2.0

// Package servicelog is the logs that services have of their own, by log_type:
// files with limits, or syslog, holding xinetd's lines byte for byte.
//
// Owns: these files, from Open until no service names them, and what is too much.
// Does not know: where syslog is, which it is given.
// Concurrency: a Router is asked by the log goroutine and told by the daemon's; it
// has a lock. What Open gives is used through the Router alone.
// Errors: a file that cannot be opened is Open's error. A full disk costs lines,
// which are counted in the file; a full file (its hard limit) ends it until it is
// opened anew, and superd's own log is told once.
package servicelog
