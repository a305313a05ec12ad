// SPDX-License-Identifier: Apache-2.0

// Package difftest runs the same xinetd.conf under the real xinetd and under
// superd, in one root with one network, and compares what clients and handlers
// see. Handlers are testdata/probe, which tells all that it was given.
//
// An InetdComparison does the same with inetd.conf, under a real inetd and under superd.
// What may differ there are rows of inetd.Differences.
//
// A UnitWorld does the same with pairs of units, under a booted systemd and under a
// superd that it runs.
//
// Owns: a World (the root, the probe in place of every server, the accounts,
// files and addresses that a configuration speaks of), a Daemon inside it, the
// reading of the probe's report, and the written differences.
// Does not know: how either daemon reads its file; superd is asked by "superd
// show --json" what it would run.
// Concurrency: a World is for one test at a time.
// Errors: those of the machine end the test; what differs is returned.
package difftest
