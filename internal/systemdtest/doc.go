// SPDX-License-Identifier: Apache-2.0

// Package systemdtest boots the real systemd for a test: as process 1 of its
// own pid, mount, network, host name, IPC and cgroup namespaces, with the units
// that the test gives and no others of the test's making.
//
// Owns: the namespaces, the cgroup and every process inside; Close ends them
// all. Does not know: superd, units' meaning. Concurrency: a Machine may be used
// by several goroutines; Close once is enough and more is harmless. Errors: Boot
// says what is missing on this machine as an error that wraps ErrUnavailable, so
// that a test can tell "cannot run here" from "systemd failed".
package systemdtest
