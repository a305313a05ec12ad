// SPDX-License-Identifier: Apache-2.0

package spawn_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
	"superd/spawn"
)

// burst starts n children, as many at once as there are slots, and reaps them.
func burst(t testing.TB, l *spawn.Launcher, p *spawn.Program, n int) (failed map[string]int) {
	t.Helper()
	failed = map[string]int{}
	done := func(o spawn.Outcome) {
		if o.Err != nil {
			failed[o.Err.Error()]++
		}
	}
	var live []int
	for started, reaped := 0, 0; reaped < n; {
		if started < n {
			if pidfd, ok := startNull(t, l, p); ok {
				live = append(live, pidfd)
				started++
				continue
			}
		}
		l.Settle(now(), done)
		kept := live[:0]
		for _, fd := range live {
			if _, err := spawn.Reap(fd); err == spawn.ErrRunning {
				kept = append(kept, fd)
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			unix.Close(fd)
			reaped++
		}
		live = kept
		if len(live) > 0 {
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(live[0]), Events: unix.POLLIN}}, 1)
		}
	}
	for l.Settle(now(), done) >= 0 {
		pause(1000)
	}
	return failed
}

// startNull starts p on a descriptor of /dev/null; ok is false if no slot is free.
func startNull(t testing.TB, l *spawn.Launcher, p *spawn.Program) (pidfd int, ok bool) {
	t.Helper()
	fd, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	e := l.Env()
	e.Add("REMOTE_HOST", "192.0.2.1")
	e.AddPort("REMOTE_PORT", 1234)
	c, err := l.Start(p, spawn.Binding{Conn: fd, Log: -1}, 1, now())
	if err == spawn.ErrBusy {
		unix.Close(fd)
		return 0, false
	}
	if err != nil {
		t.Fatal(err)
	}
	return c.Pidfd, true
}

// TestUnderCollection starts thousands while the collector runs without pause and
// the heap that the children's Programs lie in is churned.
func TestUnderCollection(t *testing.T) {
	testneed.Need(t, "root")
	l := launcher(t, spawn.Options{Slots: 16})
	var stop atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for !stop.Load() {
			runtime.GC()
		}
	}()
	n := 1800
	if testing.Short() {
		n = 300
	}
	failed := map[string]int{}
	for i := range n / 50 {
		s := spec("/bin/true", fmt.Sprint(i))
		s.Self = self(t)
		s.Env = []string{fmt.Sprint("N=", i), "PATH=/bin"}
		s.Identity = spawn.Identity{Set: true, UID: 65534, GID: 65534, Groups: []uint32{uint32(i)}}
		s.Rlimits = []spawn.Rlimit{{Resource: unix.RLIMIT_CORE}}
		if i%3 == 2 {
			s.Path = "/no/such"
		}
		for k, v := range burst(t, l, compile(t, s), 50) {
			failed[k] += v
		}
	}
	stop.Store(true)
	<-ended
	want := map[string]int{`execve "/no/such": no such file or directory`: n / 50 / 3 * 50}
	if fmt.Sprint(failed) != fmt.Sprint(want) {
		t.Errorf("failures %v, want %v", failed, want)
	}
}

func TestStartAllocatesNothing(t *testing.T) {
	l := launcher(t, spawn.Options{Slots: 4})
	s := spec("/bin/true")
	s.Env = []string{"PATH=/bin", "HOME=/"}
	p := compile(t, s)
	burst(t, l, p, 20) // each slot has met the Program
	done := func(spawn.Outcome) {}
	got := testing.AllocsPerRun(50, func() {
		pidfd, ok := startNull(t, l, p)
		if !ok {
			t.Fatal("no slot")
		}
		for l.Settle(now(), done) >= 0 {
			pause(1000)
		}
		for {
			if _, err := spawn.Reap(pidfd); err == nil {
				break
			}
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, 1)
		}
		unix.Close(pidfd)
	})
	// unix.Open and unix.Poll of the test itself allocate the path.
	if got > 2 {
		t.Errorf("%v allocations a start", got)
	}
}

func TestBusy(t *testing.T) {
	testneed.Need(t, "root")
	l := launcher(t, spawn.Options{Slots: 1})
	c, _, release := hanging(t, l)
	l.Env().Add("A", "lost without harm")
	if _, err := l.Start(compile(t, spec("/bin/true")), spawn.Binding{Conn: 0, Log: -1}, 1, now()); err != spawn.ErrBusy {
		t.Errorf("got %v", err)
	}
	release()
	if got, err := settleOne(l); got != nil || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := reap(c.Pidfd); err != nil {
		t.Error(err)
	}
}

func TestEnvThatDoesNotFit(t *testing.T) {
	l := launcher(t, spawn.Options{})
	l.Env().Add("A", strings.Repeat("x", 5000))
	if _, err := l.Start(compile(t, spec("/bin/true")), spawn.Binding{Conn: 0, Log: -1}, 1, now()); err != syscall.E2BIG {
		t.Errorf("got %v", err)
	}
}

// TestDescriptors: the child has its own and no other, whatever lies around, and
// the parent's copy of the connection is closed, or kept where that was asked for.
func TestDescriptors(t *testing.T) {
	testneed.Need(t, "root")
	l := launcher(t, spawn.Options{HighBase: 500})
	for fd := 100; fd < 110; fd++ { // not close-on-exec: a careless library
		if err := unix.Dup3(1, fd, 0); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
	}
	for _, keep := range []bool{false, true} {
		ours, theirs, err := pair()
		if err != nil {
			t.Fatal(err)
		}
		defer ours.Close()
		l.Env()
		c, err := l.Start(compile(t, spec(probePath(t))), spawn.Binding{Conn: theirs, Log: -1, KeepConn: keep}, 7, now())
		if err != nil {
			t.Fatal(err)
		}
		if c.Pidfd < 500 && c.Pidfd >= 32 {
			t.Errorf("pidfd %d", c.Pidfd)
		}
		if failure, err := settleOne(l); failure != nil || err != nil {
			t.Fatal(failure, err)
		}
		_, err = unix.FcntlInt(uintptr(theirs), unix.F_GETFD, 0)
		if (err == nil) != keep {
			t.Errorf("keep %t: the parent's copy: %v", keep, err)
		}
		if keep {
			unix.Close(theirs)
		}
		var fds []string
		out := make([]byte, 1<<16)
		total := 0
		for {
			n, err := ours.Read(out[total:])
			if err != nil || n == 0 {
				break
			}
			total += n
		}
		for line := range strings.Lines(string(out[:total])) {
			if strings.HasPrefix(line, "fd") && !strings.Contains(line, "name=") {
				fds = append(fds, line[:3])
			}
		}
		if got := strings.Join(fds, " "); got != "fd0 fd1 fd2" {
			t.Errorf("descriptors %s", got)
		}
		if _, err := reap(c.Pidfd); err != nil {
			t.Error(err)
		}
	}
}

func TestListenWords(t *testing.T) {
	here := launcher(t, spawn.Options{})
	shim := launcher(t, spawn.Options{AllShim: true})
	for _, l := range []*spawn.Launcher{here, shim} {
		s := spec(probePath(t))
		s.Stdio = spawn.StdioNull
		s.Env = []string{"PROBE_FD=3", "LISTEN_PID=1", "LISTEN_FDS=9"}
		got := runIt(t, l, compile(t, s))
		if got.err != nil {
			t.Fatal(got.err)
		}
		var words []string
		for line := range strings.Lines(got.output) {
			if w, ok := strings.CutPrefix(strings.TrimSpace(line), "env=LISTEN_"); ok {
				words = append(words, w)
			}
		}
		want := fmt.Sprintf("FDS=1 FDNAMES=connection PID=%d", got.exit.Pid)
		if strings.Join(words, " ") != want {
			t.Errorf("got %s, want %s", words, want)
		}
		s.Env = []string{"PROBE_FD=3", "LISTEN_FDNAMES=x.socket"}
		if got := runIt(t, l, compile(t, s)); got.err != nil || strings.Count(got.output, "FDNAMES=") != 1 || !strings.Contains(got.output, "env=LISTEN_FDNAMES=x.socket\n") {
			t.Errorf("named by the environment: %v, %s", got.err, got.output)
		}
	}
}

// TestSuidDumpable: where the kernel would leave our memory open to the handler's
// uid, a Program that changes the uid runs in the shim, and another does not.
func TestSuidDumpable(t *testing.T) {
	testneed.Need(t, "root")
	const sysctl = "/proc/sys/fs/suid_dumpable"
	was, err := os.ReadFile(sysctl)
	if err == nil {
		err = os.WriteFile(sysctl, []byte("1"), 0)
	}
	if err != nil {
		testneed.Missing(t, "needs a writable fs.suid_dumpable: "+err.Error())
	}
	t.Cleanup(func() { _ = os.WriteFile(sysctl, was, 0) })
	if n := spawn.SuidDumpable(); n != 1 {
		t.Fatalf("suid_dumpable %d", n)
	}
	// A shim that does not exist tells the two ways apart.
	l := launcher(t, spawn.Options{Shim: []string{"/no/such/shim"}})
	l.Env()
	s := spec("/bin/true")
	s.Identity = spawn.Identity{Set: true, UID: 65534, GID: 65534}
	if _, err := l.Start(compile(t, s), spawn.Binding{Conn: 0, Log: -1}, 1, now()); err != syscall.ENOENT {
		t.Errorf("another uid: got %v, want the missing shim's ENOENT", err)
	}
	if got := runIt(t, l, compile(t, spec("/bin/true"))); got.err != nil {
		t.Errorf("our uid: %v", got.err)
	}
	l.SetSuidDumpable(0)
	if got := runIt(t, l, compile(t, s)); got.err != nil {
		t.Errorf("after it was set to 0: %v", got.err)
	}
	// And with the shim that exists.
	l = launcher(t, spawn.Options{})
	s.Path, s.Argv = probePath(t), []string{"probe"}
	if got := runIt(t, l, compile(t, s)); got.err != nil || !strings.Contains(got.output, "uid=65534 65534 65534\n") {
		t.Errorf("by the shim: %v\n%s", got.err, got.output)
	}
	// The same Program by the one way and then by the other, in the same slot.
	p := compile(t, s)
	for n := range 4 {
		l.SetSuidDumpable(1 - n%2)
		if got := runIt(t, l, p); got.err != nil || !strings.Contains(got.output, "uid=65534 65534 65534\n") {
			t.Errorf("suid_dumpable %d after %d: %v\n%s", 1-n%2, n%2, got.err, got.output)
		}
	}
}

func TestReapErrors(t *testing.T) {
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := spawn.Reap(fd); !errors.Is(err, syscall.ECHILD) {
		t.Errorf("of no child: %v", err)
	}
}

// TestReapStrangers: an orphan that falls to us is taken, a child of our own is
// not, even where it stands in the way.
func TestReapStrangers(t *testing.T) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) })
	l := launcher(t, spawn.Options{})
	// The shell ends at once; what it left in the background ends later, as ours,
	// and the closing of the socket tells when.
	ours, theirs, err := pair()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	l.Env()
	c, err := l.Start(compile(t, spec("/bin/sh", "-c", "(read x; exit 5) <&1 & exit 3")), spawn.Binding{Conn: theirs, Log: -1}, 7, now())
	if err != nil {
		t.Fatal(err)
	}
	if failure, err := settleOne(l); failure != nil || err != nil {
		t.Fatal(failure, err)
	}
	for {
		if n, _ := unix.Poll([]unix.PollFd{{Fd: int32(c.Pidfd), Events: unix.POLLIN}}, 20000); n == 1 {
			break
		}
	}
	known := func(pid int) bool { return pid == c.Pid }
	if again := spawn.ReapStrangers(known, func(x spawn.Exit) { t.Errorf("took %+v", x) }); !again {
		t.Error("our own child does not stand in the way")
	}
	if exit, err := reap(c.Pidfd); err != nil || exit.Status != 3 {
		t.Fatalf("%+v, %v", exit, err)
	}
	if _, err := ours.WriteString("go on\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := ours.Read(make([]byte, 1)); err == nil {
		t.Error("the orphan wrote something")
	}
	var got []spawn.Exit
	for range 2000 { // its exit closes the socket a moment before it can be waited for
		if spawn.ReapStrangers(known, func(x spawn.Exit) { got = append(got, x) }); len(got) > 0 {
			break
		}
		pause(1e6)
	}
	if len(got) != 1 || got[0].Status != 5 {
		t.Errorf("strangers: %+v", got)
	}
}
