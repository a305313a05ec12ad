// SPDX-License-Identifier: Apache-2.0

package spawn_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"superd/spawn"
)

// named gives sockets that the probe can tell apart: each is bound to a name, and
// every second one has a high number.
func named(t testing.TB, n int) (fds []int) {
	t.Helper()
	for i := range n {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			err = unix.Bind(fd, &unix.SockaddrUnix{Name: fmt.Sprintf("@spawn/%d/%d", unix.Getpid(), i)})
		}
		if err == nil && i%2 == 1 {
			low := fd
			fd, err = unix.FcntlInt(uintptr(low), unix.F_DUPFD_CLOEXEC, 1100)
			unix.Close(low)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		fds = append(fds, fd)
	}
	return fds
}

// withFiles starts the probe, with a socket for its words behind the files, and gives
// what it finds at each number: the name of a socket, or the kind of the thing. What
// the Launcher has at 0 to 2 is called null; in a test it need not be that.
func withFiles(l *spawn.Launcher, s spawn.Spec, b spawn.Binding) (at string, res result, err error) {
	ours, theirs, err := pair()
	if err != nil {
		return "", res, err
	}
	defer ours.Close()
	s.Env = append(slices.Clone(s.Env), fmt.Sprint("PROBE_FD=", 3+s.Files))
	s.Files++
	b.Files = append(slices.Clone(b.Files), theirs)
	p, err := spawn.Compile(s)
	if err != nil {
		unix.Close(theirs)
		return "", res, err
	}
	l.Env()
	c, err := l.Start(p, b, 7, now())
	if err == nil {
		res.err, err = settleOne(l)
	}
	unix.Close(theirs) // the caller's still, whatever became of the start
	if err != nil {
		return "", res, err
	}
	out, err := io.ReadAll(ours)
	if err != nil {
		return "", res, err
	}
	res.output = string(out)
	res.exit, err = reap(c.Pidfd)
	return descriptorsOf(res.output), res, err
}

func descriptorsOf(output string) string {
	var list []string
	for line := range strings.Lines(output) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		number, rest, _ := strings.Cut(key, ".")
		switch {
		case !strings.HasPrefix(key, "fd"):
		case rest == "sockname":
			list[len(list)-1] = number[2:] + " " + value[max(strings.LastIndex(value, "/"), 0):]
		case rest == "":
			kind, rest, _ := strings.Cut(value, " ")
			if !strings.HasPrefix(rest, "cloexec=0") {
				kind += "(close-on-exec)"
			}
			list = append(list, number[2:]+" "+kind)
		}
	}
	for i := range min(3, len(list)) {
		if !strings.Contains(list[i], "/") {
			list[i] = list[i][:2] + "null"
		}
	}
	return strings.Join(list, ", ")
}

// TestFilesArrive draws files of any numbers in any order, the same more than once,
// and looks what a process finds, by both interpreters.
func TestFilesArrive(t *testing.T) {
	probe := probePath(t)
	here, shim := both(t)
	fds := named(t, 10)
	logfd := fds[9]
	rapid.Check(t, func(t *rapid.T) {
		s := spec(probe)
		s.Stdio = rapid.SampledFrom([]spawn.Stdio{spawn.StdioNone, spawn.StdioLog, spawn.StdioFile, spawn.StdioSocket}).Draw(t, "stdio")
		s.Stderr = rapid.SampledFrom([]spawn.Stderr{spawn.StderrNull, spawn.StderrLog}).Draw(t, "stderr")
		picked := rapid.SliceOfN(rapid.IntRange(0, 8), 1, 6).Draw(t, "files")
		b := spawn.Binding{Conn: -1, Log: logfd, KeepConn: true}
		want := []string{"0 null", "1 null", "2 null"}
		switch s.Stdio {
		case spawn.StdioLog:
			want[1] = "1 /9"
		case spawn.StdioFile:
			want[0] = fmt.Sprint("0 /", picked[0])
		case spawn.StdioSocket:
			b.Conn = fds[8]
			want[0], want[1] = "0 /8", "1 /8"
		}
		if s.Stderr == spawn.StderrLog {
			want[2] = "2 /9"
		}
		for i, n := range picked {
			b.Files = append(b.Files, fds[n])
			want = append(want, fmt.Sprint(3+i, " /", n))
		}
		s.Files = len(picked)
		want = append(want, fmt.Sprint(3+len(picked), " unix"))
		for name, l := range map[string]*spawn.Launcher{"clone": here, "shim": shim} {
			at, res, err := withFiles(l, s, b)
			if err != nil || res.err != nil {
				t.Fatal(name, err, res.err)
			}
			if want := strings.Join(want, ", "); at != want {
				t.Fatalf("%s: %v at %v: got\n%s\nwant\n%s", name, picked, b.Files, at, want)
			}
		}
	})
	for i, fd := range append(fds, logfd) {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags != unix.FD_CLOEXEC {
			t.Errorf("file %d is the caller's no more: flags %d, %v", i, flags, err)
		}
	}
}

// TestManyFiles: the shim has as many as it likes, and reports beyond them.
func TestManyFiles(t *testing.T) {
	here, shim := both(t)
	fds := named(t, 2)
	s := spec(probePath(t))
	s.Stdio, s.Files = spawn.StdioFile, 200
	b := spawn.Binding{Log: -1}
	for i := range s.Files {
		b.Files = append(b.Files, fds[i%2])
	}
	for name, l := range map[string]*spawn.Launcher{"clone": here, "shim": shim} {
		at, res, err := withFiles(l, s, b)
		if err != nil || res.err != nil || strings.Count(at, " /0") != 101 || strings.Count(at, " /1") != 100 || !strings.HasSuffix(at, "202 /1, 203 unix") {
			t.Errorf("%s: %v, %v, %s", name, err, res.err, at)
		}
		s := s
		s.Path = "/no/such"
		if _, res, err := withFiles(l, s, b); err != nil || res.err == nil || res.err.Errno != syscall.ENOENT {
			t.Errorf("%s: %v, %v, want a missing program", name, err, res.err)
		}
	}
}

// TestListenOfFiles: the words are for the process that finds them, and count what
// is named, not what is given.
func TestListenOfFiles(t *testing.T) {
	here, shim := both(t)
	fds := named(t, 3)
	s := spec(probePath(t))
	s.Env = []string{"SUPERD_WORKER=1", "LISTEN_PID=1", "LISTEN_FDNAMES=old"}
	s.Stdio, s.Files, s.Listen = spawn.StdioFile, 3, []string{"http", "lock"}
	for name, l := range map[string]*spawn.Launcher{"clone": here, "shim": shim} {
		_, res, err := withFiles(l, s, spawn.Binding{Log: -1, Files: fds})
		if err != nil || res.err != nil {
			t.Fatal(name, err, res.err)
		}
		var words []string
		for line := range strings.Lines(res.output) {
			if w, ok := strings.CutPrefix(strings.TrimSpace(line), "env="); ok && !strings.HasPrefix(w, "PROBE_") {
				words = append(words, w)
			}
		}
		slices.Sort(words)
		want := fmt.Sprintf("LISTEN_FDNAMES=http:lock LISTEN_FDS=2 LISTEN_PID=%d SUPERD_WORKER=1", res.exit.Pid)
		if got := strings.Join(words, " "); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// TestMissingFiles: a number that is not open, and one too few, are the same step
// with the same errno by both interpreters.
func TestMissingFiles(t *testing.T) {
	here, shim := both(t)
	fds := named(t, 2)
	for _, c := range []struct {
		stdio spawn.Stdio
		b     spawn.Binding
		want  string
	}{
		{spawn.StdioNone, spawn.Binding{Log: -1, Files: []int{fds[0], 900}}, "dup3 file 2 aside: bad file descriptor"},
		{spawn.StdioNone, spawn.Binding{Log: -1, Files: []int{-1, fds[1]}}, "dup3 file 1 aside: bad file descriptor"},
		{spawn.StdioNone, spawn.Binding{Log: -1, Files: fds[:1]}, "dup3 file 2 aside: bad file descriptor"},
		{spawn.StdioLog, spawn.Binding{Log: 900, Files: fds}, "dup3 log as 1: bad file descriptor"},
		{spawn.StdioSocket, spawn.Binding{Conn: -1, Log: -1, Files: fds}, "dup3 connection as 0: bad file descriptor"},
		{spawn.StdioSocket, spawn.Binding{Conn: 900, KeepConn: true, Log: -1, Files: fds}, "dup3 connection as 0: bad file descriptor"},
	} {
		s := spec("/bin/true")
		s.Stdio, s.Files = c.stdio, 2
		p := compile(t, s)
		for name, l := range map[string]*spawn.Launcher{"clone": here, "shim": shim} {
			l.Env()
			child, err := l.Start(p, c.b, 7, now())
			if err != nil {
				t.Fatal(name, err)
			}
			failure, err := settleOne(l)
			if err != nil || failure == nil || failure.Error() != c.want || failure.Errno != syscall.EBADF {
				t.Errorf("%s: got %v, %v, want %s", name, failure, err, c.want)
			}
			if _, err := reap(child.Pidfd); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestNoConnection: a Program that gives none leaves alone what its Binding says, be
// it the zero that nobody wrote.
func TestNoConnection(t *testing.T) {
	here, shim := both(t)
	for name, l := range map[string]*spawn.Launcher{"clone": here, "shim": shim} {
		s := spec(probePath(t))
		s.Stdio, s.Stderr = spawn.StdioLog, spawn.StderrLog
		at, res, err := withFiles(l, s, spawn.Binding{Log: -1})
		if want := "0 null, 1 null, 2 null, 3 unix"; err != nil || res.err != nil || at != want {
			t.Errorf("%s: %v, %v, got %s, want %s", name, err, res.err, at, want)
		}
		if _, err := unix.FcntlInt(0, unix.F_GETFD, 0); err != nil {
			t.Errorf("%s: our descriptor 0: %v", name, err)
		}
	}
}

// TestListenWordThatDoesNotFit: the pid's word has its place or nothing starts.
func TestListenWordThatDoesNotFit(t *testing.T) {
	here, shim := both(t)
	s := spec("/bin/true")
	s.Stdio, s.Files, s.Listen = spawn.StdioNone, 1, []string{"a"}
	p := compile(t, s)
	for name, l := range map[string]*spawn.Launcher{"clone": here, "shim": shim} {
		l.Env().Add("A", strings.Repeat("x", 2048-10))
		if _, err := l.Start(p, spawn.Binding{Log: -1, Files: []int{0}}, 7, now()); err != syscall.E2BIG {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
