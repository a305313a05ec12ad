// SPDX-License-Identifier: Apache-2.0

// Package faulttest holds the tests in which something goes wrong around a
// running superd: resources run out, programs misbehave, clients vanish, disks
// fill, superd is told to stop; and while it lasts, another service is served
// at full speed.
//
// Owns: nothing beyond its tests; each starts a superd of its own, of the code
// that the tests were compiled with, and ends it.
// Does not know: superd's inside; what is asserted is seen from without, by
// clients and in /proc.
// Concurrency: tests run one after the other, since they measure CPU time.
// Errors: a machine that lacks what a test needs is testneed's to judge.
package faulttest
