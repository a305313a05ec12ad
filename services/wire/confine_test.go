// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
)

// TestMain lets the test program be the process that confines itself.
func TestMain(m *testing.M) {
	if os.Getenv("WIRE_CONFINED") != "" {
		os.Exit(confined())
	}
	os.Exit(m.Run())
}

// Exit statuses of confined.
const (
	isConfined = iota
	isOpen
	hasFailed
)

func confined() int {
	runtime.LockOSThread()
	if unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != nil || Confine() != nil {
		return hasFailed
	}
	threads := make(chan error)
	go func() { // on another thread, as this one is locked
		_, err := os.Open("/dev/null")
		threads <- err
	}()
	err1 := <-threads
	_, err2 := os.Open("/")
	switch {
	case err1 == nil && err2 == nil:
		return isOpen
	case !errors.Is(err1, os.ErrPermission) || !errors.Is(err2, os.ErrPermission):
		return hasFailed
	}
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return hasFailed
	}
	if _, errno := write(ends[0], []byte("x")); errno != 0 {
		return hasFailed
	}
	return isConfined
}

func TestConfine(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "WIRE_CONFINED=1")
	cmd.Stderr = io.Discard
	err := cmd.Run()
	var exit *exec.ExitError
	switch errors.As(err, &exit); {
	case err != nil && exit == nil:
		t.Fatal(err)
	case exit != nil && exit.ExitCode() == isOpen:
		if _, _, errno := syscall.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION); errno != 0 {
			testneed.Missing(t, "the kernel has no Landlock")
		}
		testneed.Missing(t, "the test is built with cgo, so that Go cannot confine all threads")
	case exit != nil:
		t.Errorf("it ends with %v", exit)
	}
}

// TestDenials: a bit that a version does not know would be refused with EINVAL.
func TestDenials(t *testing.T) {
	for abi, want := range map[int]landlockRules{
		1: {files: 1<<13 - 1}, 2: {files: 1<<14 - 1}, 3: {files: 1<<15 - 1}, 4: {files: 1<<15 - 1, net: 3}, 5: {files: 1<<16 - 1, net: 3},
		6: {files: 1<<16 - 1, net: 3, scoped: 3}, 9: {files: 1<<16 - 1, net: 3, scoped: 3},
	} {
		if got := denials(abi); got != want {
			t.Errorf("version %d: %+v, want %+v", abi, got, want)
		}
	}
}
