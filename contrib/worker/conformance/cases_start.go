// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"superd/contrib/worker/internal/player"
)

// quiet is how long a worker is watched that must say nothing. One that starts
// more slowly passes unseen; none fails wrongly.
const quiet = 300 * time.Millisecond

func startCases() []testCase {
	return []testCase{
		{
			name: "ready comes after hello",
			says: "The worker must send `ready` before anything else.",
			run:  func(t *trial) { t.ready(1) },
		},
		{
			name: "nothing comes before hello",
			says: "once, after it read hello",
			run: func(t *trial) {
				w := t.start(player.Start{})
				t.must(w.ExpectNothing(quiet))
				t.must(w.Ready(player.Hello{Service: "test"}))
			},
		},
		{
			name: "ready comes once",
			says: "The worker must send `ready` before anything else.",
			run: func(t *trial) {
				w := t.ready(1)
				t.must(w.ExpectNothing(quiet))
				t.handOver(w, 1, t.tcp()).serve()
			},
		},
		{
			name: "a superd of a higher version is told ours",
			says: "A worker that speaks only a lower version than `SUPERD_WORKER` says answers `ready` with a second line `version=N`",
			run:  higherVersion,
		},
		{
			name: "without SUPERD_WORKER it is no worker",
			says: "A program that finds no `SUPERD_WORKER`, or a value that is not a decimal number of at least 1, was not started as a worker.",
			run:  func(t *trial) { t.noWorker("unset", "0", "-1", "yes", "1x") },
		},
		{
			name: "started for dequeue it is no worker",
			says: "The value `dequeue` means: not as a worker either.",
			run:  func(t *trial) { t.noWorker("dequeue") },
		},
		{
			name:   "the channel is closed on exec",
			says:   "It should set close-on-exec on it, so that programs that it runs do not have it.",
			advice: true,
			run:    closedOnExec,
		},
	}
}

func higherVersion(t *trial) {
	const version = 1000000
	w := t.start(player.Start{Version: strconv.Itoa(version)})
	t.must(w.Send(player.Hello{Version: version, Service: "test"}.String(), nil))
	a, err := w.Answer()
	t.must(err)
	if a.Verb != "ready" || a.Version < 1 || a.Version >= version {
		t.failf("to version %d it says %q and version %d", version, a, a.Version)
	}
	t.handOver(w, 1, t.tcp()).serve()
}

// noWorker starts the program with values with which it must not speak.
func (t *trial) noWorker(values ...string) {
	for _, v := range values {
		w := t.start(player.Start{Version: v})
		if err := w.Send(player.Hello{Service: "test"}.String(), nil); err != nil {
			continue // it has ended
		}
		if err := w.ExpectNothing(quiet); err != nil && !ended(err) {
			t.failf("with SUPERD_WORKER=%s: %w", v, err)
		}
	}
}

// ended tells whether the worker's end of the channel is gone. One that had a
// message unread leaves a reset behind.
func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) }

func closedOnExec(t *trial) {
	w := t.ready(1)
	dir := filepath.Join("/proc", strconv.Itoa(w.PID()), "fd")
	fds, err := os.ReadDir(dir)
	t.must(err)
	for _, fd := range fds {
		target, err := os.Readlink(filepath.Join(dir, fd.Name()))
		if err != nil || target != "socket:["+strconv.FormatUint(w.Channel(), 10)+"]" {
			continue
		}
		info, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(w.PID()), "fdinfo", fd.Name()))
		t.must(err)
		if !closeOnExec(string(info)) {
			t.failf("descriptor %s is the channel and stays open on exec", fd.Name())
		}
	}
}

// closeOnExec reads the line "flags:" of a descriptor's fdinfo.
func closeOnExec(info string) bool {
	_, rest, _ := strings.Cut(info, "flags:")
	flags, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
	n, err := strconv.ParseInt(flags, 8, 64)
	const cloexec = 0o2000000
	return err == nil && n&cloexec != 0
}
