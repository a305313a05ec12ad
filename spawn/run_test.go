// SPDX-License-Identifier: Apache-2.0

package spawn_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"superd/internal/testneed"
	"superd/spawn"
)

func TestRun(t *testing.T) {
	for _, c := range []struct {
		name, script, stdin, want string
		status                    int
	}{
		{"output", "echo hello; echo unseen >&2; exit 3", "", "hello\n", 3},
		{"input", "cat", strings.Repeat("line\n", 50000), strings.Repeat("line\n", 50000), 0},
		{"input that nobody reads", "echo done", strings.Repeat("line\n", 100000), "done\n", 0},
		{"nothing", "exit 0", "", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, exit, err := spawn.Run(t.Context(), spec("/bin/sh", "-c", c.script), []byte(c.stdin))
			if err != nil || string(out) != c.want || exit.Status != c.status {
				t.Errorf("%v, %+v, %.40q (%d bytes)", err, exit, out, len(out))
			}
		})
	}
}

func TestRunAsUser(t *testing.T) {
	testneed.Need(t, "root")
	s := spec("/bin/sh", "-c", "id -u; id -g; pwd")
	s.Env = []string{"PATH=/bin:/usr/bin"}
	s.Identity = spawn.Identity{Set: true, UID: 65534, GID: 65533}
	out, _, err := spawn.Run(t.Context(), s, nil)
	if err != nil || string(out) != "65534\n65533\n/\n" {
		t.Errorf("%v, %q", err, out)
	}
}

func TestRunThatFails(t *testing.T) {
	var failure *spawn.Error
	_, _, err := spawn.Run(t.Context(), spec("/no/such"), nil)
	if !errors.As(err, &failure) || failure.Step != "execve" || failure.Errno != syscall.ENOENT {
		t.Errorf("missing program: %v", err)
	}
	out, exit, err := spawn.Run(t.Context(), spec("/bin/sh", "-c", "kill -TERM $$"), nil)
	if err != nil || exit.Signal != syscall.SIGTERM {
		t.Errorf("%v, %+v, %q", err, exit, out)
	}
	out, exit, err = spawn.Run(t.Context(), spec("/bin/sh", "-c", "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done"), nil)
	if err != spawn.ErrOutput || exit.Signal != syscall.SIGKILL || len(out) != 1<<20 {
		t.Errorf("endless output: %v, %+v, %d bytes", err, exit, len(out))
	}
	// The program ends, but what it has left in its session holds the socket.
	for _, script := range []string{"sleep 60", "sleep 60 & exit 0", "exec >&- <&-; sleep 60"} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		began := time.Now()
		_, _, err = spawn.Run(ctx, spec("/bin/sh", "-c", script), nil)
		cancel()
		if err != context.DeadlineExceeded || time.Since(began) > 10*time.Second {
			t.Errorf("%s: %v after %v", script, err, time.Since(began))
		}
	}
}

// TestRunnerKnows its children from the clone to the reaping, so that a reaper of
// strangers on another thread takes none of them.
func TestRunnerKnows(t *testing.T) {
	var rn spawn.Runner
	stop := make(chan struct{})
	reaper := make(chan struct{})
	go func() {
		defer close(reaper)
		for {
			select {
			case <-stop:
				return
			default:
				spawn.ReapStrangers(rn.Knows, func(x spawn.Exit) { t.Errorf("took %+v", x) })
			}
		}
	}()
	for range 30 {
		if out, exit, err := rn.Run(t.Context(), spec("/bin/sh", "-c", "echo x; exit 6"), nil); err != nil || exit.Status != 6 || string(out) != "x\n" {
			t.Errorf("%v, %+v, %q", err, exit, out)
		}
	}
	close(stop)
	<-reaper
}

// TestRunAmongOthers: several at once, beside a Launcher at work.
func TestRunAmongOthers(t *testing.T) {
	l := launcher(t, spawn.Options{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				out, exit, err := spawn.Run(t.Context(), spec("/bin/sh", "-c", "echo mine; exit 4"), nil)
				if err != nil || exit.Status != 4 || string(out) != "mine\n" {
					t.Errorf("%v, %+v, %q", err, exit, out)
				}
			}
		})
	}
	if failed := burst(t, l, compile(t, spec("/bin/true")), 200); len(failed) != 0 {
		t.Errorf("failures %v", failed)
	}
	wg.Wait()
}
