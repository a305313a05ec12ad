// SPDX-License-Identifier: Apache-2.0

package spawn_test

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/spawn"
)

func ended(t *testing.T, p *spawn.Process) spawn.Exit {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
	exit, err := p.Exit()
	if err != nil {
		t.Error(err)
	}
	return exit
}

func TestBegin(t *testing.T) {
	var rn spawn.Runner
	ours, theirs, err := pair()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	p, err := rn.Begin(spec("/bin/sh", "-c", "read x; echo $x; exit 3"), spawn.Binding{Conn: theirs, Log: -1}, 300)
	if err != nil {
		t.Fatal(err)
	}
	if p.Pidfd < 300 || !rn.Knows(p.Pid) {
		t.Errorf("pidfd %d, known: %v", p.Pidfd, rn.Knows(p.Pid))
	}
	if _, err := unix.FcntlInt(uintptr(theirs), unix.F_GETFD, 0); err != nil {
		t.Errorf("the caller's descriptor: %v", err)
	}
	unix.Close(theirs)
	if _, err := ours.Write([]byte("hello\n")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	if n, err := ours.Read(buf); string(buf[:n]) != "hello\n" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	if exit := ended(t, p); exit.Status != 3 || rn.Knows(p.Pid) {
		t.Errorf("%+v, known: %v", exit, rn.Knows(p.Pid))
	}
	p.Kill() // its pid is nobody's, or another's
}

func TestBeginFails(t *testing.T) {
	var rn spawn.Runner
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(null)
	_, err = rn.Begin(spec("/no/such"), spawn.Binding{Conn: null, Log: -1}, 300)
	if failure, ok := errors.AsType[*spawn.Error](err); !ok || failure.Errno != syscall.ENOENT {
		t.Error(err)
	}
	p, err := rn.Begin(spec("/bin/sh", "-c", "sleep 60 & sleep 60"), spawn.Binding{Conn: null, Log: -1}, 300)
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	if exit := ended(t, p); exit.Signal != syscall.SIGKILL {
		t.Errorf("%+v", exit)
	}
}

// TestAGivenLogIsClosed when the child has its own; any other stays the caller's.
func TestAGivenLogIsClosed(t *testing.T) {
	l := launcher(t, spawn.Options{})
	for _, give := range []bool{false, true} {
		var ends [2]int
		if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		ours, theirs, err := pair()
		if err != nil {
			t.Fatal(err)
		}
		s := spec("/bin/sh", "-c", "echo words >&2")
		s.Stderr = spawn.StderrLog
		l.Env()
		c, err := l.Start(compile(t, s), spawn.Binding{Conn: theirs, Log: ends[1], GiveLog: give}, 7, now())
		if err != nil {
			t.Fatal(err)
		}
		if failure, err := settleOne(l); failure != nil || err != nil {
			t.Fatal(failure, err)
		}
		if _, err := unix.FcntlInt(uintptr(ends[1]), unix.F_GETFD, 0); (err != nil) != give {
			t.Errorf("give %t: the parent's copy: %v", give, err)
		}
		if !give {
			unix.Close(ends[1])
		}
		buf := make([]byte, 100)
		if n, err := unix.Read(ends[0], buf); string(buf[:max(n, 0)]) != "words\n" {
			t.Errorf("give %t: %q, %v", give, buf[:max(n, 0)], err)
		}
		if _, err := reap(c.Pidfd); err != nil {
			t.Error(err)
		}
		unix.Close(ends[0])
		ours.Close()
	}
}
