// SPDX-License-Identifier: Apache-2.0

// Command bench compares superd with its peers on the machine where it runs:
// CPU time and latency of a connection, and what ten to ten thousand services
// cost; and pools of programs that start once. bench/run builds and starts it; bench/README.md says how to read it.
//
// Owns: namespaces and a cgroup of its own, in which each server runs alone; all
// that it started ends with it. Does not know: superd's insides; superd is one
// peer among others, started from its command line.
// Concurrency: one thing at a time, or it would measure itself.
// Errors: a peer that cannot be had is left out and named at the end; a server
// that does not do what its configuration says ends the run.
package main
