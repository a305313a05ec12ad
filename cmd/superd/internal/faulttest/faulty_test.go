// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

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
	case "hostile":
		return hostileWorker(args[1])
	case "acceptor":
		return acceptor(args[1])
	case "accepter": // a wait handler that takes its time
		return accepter(args[1])
	case "root": // a setuid program that becomes root altogether, as su does
		if err := become(0); err != nil {
			return err
		}
		fmt.Println("ready")
		time.Sleep(10 * time.Second)
		return nil
	case "stopper":
		return again(args, func() { unix.Kill(-1, unix.SIGSTOP) })
	case "blocking": // clears O_NONBLOCK of what it shares with superd, over and over
		return again(args, func() { unix.SetNonblock(0, false) })
	}
	return fmt.Errorf("faulty: no %q", args[0])
}

// accepter answers ten clients, once a file is there.
func accepter(file string) error {
	for {
		if _, err := os.Stat(file); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	for range 10 {
		fd, _, err := unix.Accept(0)
		if err != nil {
			return err
		}
		unix.Write(fd, []byte("served\n"))
		unix.Close(fd)
	}
	return nil
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
		if err := change(key, value); err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
	}
	return syscall.Exec(filepath.Join(filepath.Dir(os.Args[0]), args[0]), args, os.Environ())
}

func change(key, value string) error {
	n, _ := strconv.Atoi(value)
	limit := &syscall.Rlimit{Cur: uint64(n), Max: uint64(n)}
	switch key {
	case "nofile":
		return syscall.Setrlimit(unix.RLIMIT_NOFILE, limit)
	case "nproc":
		return syscall.Setrlimit(unix.RLIMIT_NPROC, limit)
	case "nice":
		return syscall.Setpriority(syscall.PRIO_PROCESS, 0, n)
	case "uid":
		return become(n)
	case "proc": // a /proc of the process namespace that we are in
		return private(func() error { return unix.Mount("proc", "/proc", "proc", 0, "") })
	case "tmpfs": // a file system of a MiB
		return private(func() error { return unix.Mount("tmpfs", value, "tmpfs", 0, "size=1m") })
	case "sysctl": // what we read there comes from a file of the test's
		return private(func() error { return unix.Mount(value, "/proc/sys/fs/suid_dumpable", "", unix.MS_BIND, "") })
	}
	return fmt.Errorf("not known")
}

func become(id int) error {
	if err := unix.Setgroups(nil); err != nil {
		return err
	}
	if err := unix.Setresgid(id, id, id); err != nil {
		return err
	}
	return unix.Setresuid(id, id, id)
}

// private does mounts that only our mount namespace sees.
func private(mount func() error) error {
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return err
	}
	return mount()
}
