// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// insideVar tells the second run of this program that it is inside, and its folder.
const insideVar = "BENCH_INSIDE"

// isolate runs this program again in namespaces of its own: ports and addresses
// are free there, no firewall rule and no other traffic is measured, and nothing
// that was started outlives it.
//
// Process 1 is a shell, which reaps the orphans that servers leave behind.
func isolate() error {
	// PR_SET_PDEATHSIG speaks of the thread that started the child.
	runtime.LockOSThread()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// Not below bench/out: the handlers' user must reach it, and a home
	// directory may be closed to that user.
	dir, err := os.MkdirTemp("", "superd-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", `"$0"; exit $?`, self)
	// Let the inside end in order; after WaitDelay it is killed.
	cmd.Cancel, cmd.WaitDelay = func() error { return nil }, 5*time.Second
	cmd.Env = append(os.Environ(), insideVar+"="+dir, "TMPDIR="+dir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWNET,
		Pdeathsig:  unix.SIGKILL,
	}
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return errInside
	}
	if err != nil {
		return fmt.Errorf("cannot make namespaces: %v", err)
	}
	return nil
}

// errInside: the inside has failed, and has said why.
var errInside = errors.New("ended early")

// settleIn makes the namespaces usable: a /proc that shows them, loopback up.
func settleIn() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cannot make mounts private: %v", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("cannot mount /proc: %v", err)
	}
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("cannot bring loopback up: %v", err)
	}
	defer unix.Close(s)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, ifr); err != nil {
		return fmt.Errorf("cannot bring loopback up: %v", err)
	}
	return nil
}
