// SPDX-License-Identifier: Apache-2.0

package player

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Descriptors counts what the worker's process has open.
func (w *Worker) Descriptors() (int, error) {
	fds, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(w.PID()), "fd"))
	if err != nil {
		return 0, fmt.Errorf("cannot count the worker's descriptors: %w", err)
	}
	return len(fds), nil
}

// LimitDescriptors leaves the worker's process no free number below its limit.
func (w *Worker) LimitDescriptors() error {
	free := 0
	for ; ; free++ {
		_, err := os.Lstat(filepath.Join("/proc", strconv.Itoa(w.PID()), "fd", strconv.Itoa(free)))
		if os.IsNotExist(err) {
			break
		}
		if err != nil {
			return fmt.Errorf("cannot look at the worker's descriptors: %w", err)
		}
	}
	limit := unix.Rlimit{Cur: uint64(free), Max: uint64(free)}
	if err := unix.Prlimit(w.PID(), unix.RLIMIT_NOFILE, &limit, nil); err != nil {
		return fmt.Errorf("cannot limit the worker's descriptors to %d: %w", free, err)
	}
	return nil
}

// Holds tells whether a process has a socket.
func Holds(pid int, inode uint64) bool {
	dir := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	fds, err := os.ReadDir(dir)
	if err != nil {
		return false // it has ended
	}
	want := fmt.Sprintf("socket:[%d]", inode)
	for _, fd := range fds {
		if target, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil && target == want {
			return true
		}
	}
	return false
}

// Channel is the inode of the worker's end of the channel.
func (w *Worker) Channel() uint64 { return w.inode }

// Children are the processes that the worker has made, theirs included. Those
// that have ended and not been waited for are among them.
func (w *Worker) Children() ([]int, error) {
	parents, err := parents()
	if err != nil {
		return nil, err
	}
	var children []int
	for pid := range parents {
		for up := parents[pid]; up > 1; up = parents[up] {
			if up == w.PID() {
				children = append(children, pid)
				break
			}
		}
	}
	return children, nil
}

// parents gives the parent of each process of the machine.
func parents() (map[int]int, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	out := map[int]int{}
	for _, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			continue // it has ended
		}
		// The name, in parentheses, may hold anything: PID (NAME) STATE PPID.
		_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
		fields := strings.Fields(rest)
		pid, err1 := strconv.Atoi(filepath.Base(dir))
		if len(fields) < 2 || err1 != nil {
			continue
		}
		if parent, err := strconv.Atoi(fields[1]); err == nil {
			out[pid] = parent
		}
	}
	return out, nil
}
