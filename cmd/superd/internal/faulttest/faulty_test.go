// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// faulty is the programs that a shell cannot be.
func faulty(args []string) error {
	switch args[0] {
	case "wrap":
		return wrap(args[1:])
	case "shutdown": // a wait handler that spoils the socket for all who share it
		return unix.Shutdown(0, unix.SHUT_RD)
	case "shutdowns": // and one that goes on doing so after it has ended
		return again(args, func() { unix.Shutdown(0, unix.SHUT_RD) })
	case "stopper":
		return again(args, func() { unix.Kill(-1, unix.SIGSTOP) })
	case "blocking": // clears O_NONBLOCK of what it shares with superd, over and over
		return again(args, func() { unix.SetNonblock(0, false) })
	}
	return fmt.Errorf("faulty: no %q", args[0])
}

// again does something for ever in a background process, and ends.
func again(args []string, f func()) error {
	if len(args) == 1 {
		_, err := syscall.ForkExec("/proc/self/exe", append([]string{os.Args[0]}, append(args, "child")...), &syscall.ProcAttr{Files: []uintptr{0, 1, 2}})
		return err
	}
	for {
		f()
	}
}

// wrap becomes a program after some changes of itself, as nofile=64 or uid=7.
func wrap(args []string) error {
	for ; strings.Contains(args[0], "="); args = args[1:] {
		key, value, _ := strings.Cut(args[0], "=")
		n, err := strconv.Atoi(value)
		if err != nil {
			return err
		}
		if err := change(key, n); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return syscall.Exec(filepath.Join(filepath.Dir(os.Args[0]), args[0]), args, os.Environ())
}

func change(key string, n int) error {
	limit := &syscall.Rlimit{Cur: uint64(n), Max: uint64(n)}
	switch key {
	case "nofile":
		return syscall.Setrlimit(unix.RLIMIT_NOFILE, limit)
	case "nproc":
		return syscall.Setrlimit(unix.RLIMIT_NPROC, limit)
	case "nice":
		return syscall.Setpriority(syscall.PRIO_PROCESS, 0, n)
	case "proc": // a /proc of the process namespace that we are in
		if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			return err
		}
		return unix.Mount("proc", "/proc", "proc", 0, "")
	case "uid":
		if err := unix.Setgroups(nil); err != nil {
			return err
		}
		if err := unix.Setresgid(n, n, n); err != nil {
			return err
		}
		return unix.Setresuid(n, n, n)
	}
	return fmt.Errorf("not known")
}
