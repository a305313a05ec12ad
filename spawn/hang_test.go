// SPDX-License-Identifier: Apache-2.0

package spawn_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
	"superd/spawn"
)

// leased copies a program and takes a write lease on the copy: execve waits in the
// kernel until the lease is given back, or /proc/sys/fs/lease-break-time has passed.
func leased(t *testing.T) (path string, release func()) {
	t.Helper()
	b, err := os.ReadFile(probePath(t))
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(filepath.Dir(probePath(t)), "leased")
	if err := os.WriteFile(path, b, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	// The breaking of a lease is told by SIGIO, whose default is to kill.
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETSIG, int(unix.SIGURG)); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		f.Close()
		testneed.Missing(t, "needs leases: "+err.Error())
	}
	t.Cleanup(func() { f.Close() })
	return path, func() { f.Close() }
}

// hanging starts a program whose exec hangs, and waits until it does.
func hanging(t *testing.T, l *spawn.Launcher) (c spawn.Child, ours *os.File, release func()) {
	t.Helper()
	path, release := leased(t)
	s := spec(path)
	s.Identity = spawn.Identity{Set: true, UID: 65534, GID: 65534}
	ours, theirs, err := pair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close() })
	l.Env()
	if c, err = l.Start(compile(t, s), spawn.Binding{Conn: theirs, Log: -1}, 7, now()); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); !inExecve(c.Pid); pause(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not hang")
		}
	}
	if wait := l.Settle(now(), func(o spawn.Outcome) { t.Fatalf("it does not hang: %+v", o) }); wait < 0 {
		t.Fatal("nothing in flight")
	}
	return c, ours, release
}

// inExecve tells whether a process sleeps in its execve.
func inExecve(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", pid))
	return err == nil && strings.HasPrefix(string(b), fmt.Sprint(unix.SYS_EXECVE, " "))
}

func TestExecHangs(t *testing.T) {
	testneed.Need(t, "root")
	l := launcher(t, spawn.Options{Deadline: 300 * time.Millisecond})
	began := time.Now()
	c, _, _ := hanging(t, l)
	got, err := settleOne(l)
	if err != nil {
		t.Fatal(err)
	}
	if got == nil || !got.TimedOut || got.Step != "execve" || got.Signal != syscall.SIGKILL {
		t.Errorf("got %+v", got)
	}
	if took := time.Since(began); took < 300*time.Millisecond || took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if exit, err := reap(c.Pidfd); err != nil || exit.Signal != syscall.SIGKILL {
		t.Errorf("exit %+v, %v", exit, err)
	}
}

// TestExecHangsAlone: while one hangs, others start; once it may, it runs.
func TestExecHangsAlone(t *testing.T) {
	testneed.Need(t, "root")
	l := launcher(t, spawn.Options{Deadline: time.Minute})
	c, ours, release := hanging(t, l)

	other, theirs, err := pair()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	l.Env()
	d, err := l.Start(compile(t, spec("/bin/true")), spawn.Binding{Conn: theirs, Log: -1}, 8, now())
	if err != nil {
		t.Fatal(err)
	}
	done := map[uint64]*spawn.Error{}
	collect := func(o spawn.Outcome) { done[o.Tag] = o.Err }
	for end := time.Now().Add(10 * time.Second); len(done) < 2 && time.Now().Before(end); {
		pause(l.Settle(now(), collect))
		if _, ok := done[8]; ok && len(done) == 1 {
			release()
		}
	}
	if failure, ok := done[7]; !ok || failure != nil {
		t.Errorf("the one that hung: %v, %v", ok, failure)
	}
	if exit, err := reap(d.Pidfd); err != nil || exit.Status != 0 || exit.Signal != 0 {
		t.Errorf("the other: %+v, %v", exit, err)
	}
	if exit, err := reap(c.Pidfd); err != nil || exit.Status != 0 || exit.Signal != 0 {
		t.Errorf("the one that hung: %+v, %v", exit, err)
	}
	if n, err := ours.Read(make([]byte, 10)); n == 0 {
		t.Errorf("nothing from the one that hung: %v", err)
	}
}

// TestKilledInExec: whoever has the handler's uid can signal a child that is still
// in its exec. That is a failure of the start, and superd, whose memory the child
// shares, is none the worse, though some of these signals dump core.
func TestKilledInExec(t *testing.T) {
	testneed.Need(t, "root")
	l := launcher(t, spawn.Options{Deadline: time.Minute})
	for _, sig := range []syscall.Signal{unix.SIGKILL, unix.SIGTERM, unix.SIGQUIT, unix.SIGSEGV, unix.SIGUSR1} {
		c, _, release := hanging(t, l)
		if err := syscall.Kill(c.Pid, sig); err != nil {
			t.Fatal(err)
		}
		release()
		got, err := settleOne(l)
		if err != nil {
			t.Fatal(err)
		}
		exit, err := reap(c.Pidfd)
		if err != nil {
			t.Fatal(err)
		}
		if got == nil {
			// The signal lost the race with the exec: the handler has it.
			if exit.Signal != sig {
				t.Errorf("%v: no failure, and exit %+v", sig, exit)
			}
			continue
		}
		if got.Step != "execve" || got.Signal != sig || got.Errno != 0 || got.TimedOut {
			t.Errorf("%v: got %+v", sig, got)
		}
	}
}

// TestStopped: a process of the handler's uid that stops all it may must not hold
// a slot, or superd, for longer than the deadline.
func TestStopped(t *testing.T) {
	testneed.Need(t, "root")
	l := launcher(t, spawn.Options{Deadline: 200 * time.Millisecond})
	c, _, release := hanging(t, l)
	if err := syscall.Kill(c.Pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	release()
	got, err := settleOne(l)
	if err != nil {
		t.Fatal(err)
	}
	// It may have got through the exec before it stopped.
	if got != nil && !got.TimedOut {
		t.Errorf("got %+v", got)
	}
	_ = syscall.Kill(c.Pid, unix.SIGKILL)
	if _, err := reap(c.Pidfd); err != nil {
		t.Error(err)
	}
}
