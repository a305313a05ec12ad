// SPDX-License-Identifier: Apache-2.0

package spawn_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
	"superd/spawn"
	"superd/spawn/shim"
)

// TestMain plays the shim under its name, and after the tests looks for what they
// left over.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "inet-shim" {
		os.Exit(shim.Main(os.Args, os.Environ(), os.Stderr))
	}
	before := openFiles()
	code := m.Run()
	if code == 0 {
		code = leftovers(before)
	}
	os.RemoveAll(probe.dir)
	os.Exit(code)
}

// openFiles lists the descriptors with what they lead to.
func openFiles() []string {
	var list []string
	for fd := range 4096 {
		if to, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err == nil {
			list = append(list, fmt.Sprintf("%d -> %s", fd, to))
		}
	}
	return list
}

func leftovers(before []string) int {
	code := 0
	for _, f := range openFiles() {
		// The runtime's poller stays once it was used.
		if !slices.Contains(before, f) && !strings.Contains(f, "anon_inode:[event") {
			fmt.Fprintln(os.Stderr, "left open:", f)
			code = 1
		}
	}
	var ws unix.WaitStatus
	if pid, err := unix.Wait4(-1, &ws, unix.WNOHANG|unix.WALL, nil); err != unix.ECHILD {
		fmt.Fprintln(os.Stderr, "left unreaped:", pid, err)
		code = 1
	}
	return code
}

var probe struct {
	once sync.Once
	dir  string
	err  error
}

// probePath builds the probe once; every user may run it.
func probePath(t testing.TB) string {
	t.Helper()
	testneed.Need(t, "cc")
	probe.once.Do(func() {
		if probe.dir, probe.err = os.MkdirTemp("", "probe"); probe.err != nil {
			return
		}
		if probe.err = os.Chmod(probe.dir, 0o755); probe.err != nil {
			return
		}
		out, err := exec.Command("cc", "-O1", "-static", "-o", probe.dir+"/probe", "../testdata/probe/probe.c").CombinedOutput()
		if err != nil {
			probe.err = fmt.Errorf("%v: %s", err, out)
		}
	})
	if probe.err != nil {
		t.Fatal(probe.err)
	}
	return probe.dir + "/probe"
}

// launcher gives a Launcher on a thread of the test's own.
func launcher(t testing.TB, o spawn.Options) *spawn.Launcher {
	t.Helper()
	runtime.LockOSThread()
	l, err := spawn.NewLauncher(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); runtime.UnlockOSThread() })
	return l
}

func compile(t testing.TB, s spawn.Spec) *spawn.Program {
	t.Helper()
	p, err := spawn.Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// spec is a Spec that runs a command and changes nothing.
func spec(argv ...string) spawn.Spec {
	return spawn.Spec{Path: argv[0], Argv: argv, Umask: -1, Bounding: ^uint64(0), Setsid: true}
}

// self reads what this process is.
func self(t testing.TB) *spawn.Self {
	t.Helper()
	s, err := spawn.ReadSelf()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// result is how a start ended.
type result struct {
	output string
	exit   spawn.Exit
	err    *spawn.Error
}

// runIt starts p on one end of a socket pair and waits for its end.
func runIt(t testing.TB, l *spawn.Launcher, p *spawn.Program, env ...string) result {
	t.Helper()
	res, err := exchange(l, p, env...)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// exchange starts p with words of a connection, reads what it writes, and reaps it.
func exchange(l *spawn.Launcher, p *spawn.Program, env ...string) (res result, err error) {
	logfd, err := unix.Open("/dev/null", unix.O_WRONLY|unix.O_APPEND|unix.O_CLOEXEC, 0)
	if err != nil {
		return res, err
	}
	defer unix.Close(logfd)
	ours, theirs, err := pair()
	if err != nil {
		return res, err
	}
	defer ours.Close()
	e := l.Env()
	for _, w := range env {
		k, v, _ := strings.Cut(w, "=")
		e.Add(k, v)
	}
	c, err := l.Start(p, spawn.Binding{Conn: theirs, Log: logfd}, 7, now())
	if err != nil {
		unix.Close(theirs)
		return res, err
	}
	if res.err, err = settleOne(l); err != nil {
		return res, err
	}
	out, err := io.ReadAll(ours)
	if err != nil && res.err == nil {
		return res, err
	}
	res.output = string(out)
	res.exit, err = reap(c.Pidfd)
	return res, err
}

// now is a clock for Start and Settle.
func now() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}

// settleOne waits until the one start in flight is over.
func settleOne(l *spawn.Launcher) (*spawn.Error, error) {
	var outs []spawn.Outcome
	for end := time.Now().Add(20 * time.Second); ; {
		wait := l.Settle(now(), func(o spawn.Outcome) { outs = append(outs, o) })
		if wait < 0 {
			break
		}
		if time.Now().After(end) {
			return nil, errors.New("the start is never over")
		}
		pause(wait)
	}
	if len(outs) != 1 || outs[0].Tag != 7 {
		return nil, fmt.Errorf("want one outcome with the tag, got %+v", outs)
	}
	return outs[0].Err, nil
}

// pause is what the engine's epoll_wait is to Settle.
func pause(d time.Duration) {
	ts := unix.NsecToTimespec(d.Nanoseconds())
	_, _ = unix.Ppoll(nil, &ts, nil)
}

// reap waits for the end of a child and closes its pidfd.
func reap(pidfd int) (spawn.Exit, error) {
	defer unix.Close(pidfd)
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, 20000)
		if n == 1 {
			return spawn.Reap(pidfd)
		}
		if err != unix.EINTR {
			return spawn.Exit{}, fmt.Errorf("the child does not end: %v", err)
		}
	}
}

// pair gives a file for the test's end and a number for the child's.
func pair() (ours *os.File, theirs int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, -1, err
	}
	// Low for the child, as the engine's connections are.
	if fds[0] < fds[1] {
		fds[0], fds[1] = fds[1], fds[0]
	}
	return os.NewFile(uintptr(fds[0]), "test"), fds[1], nil
}
