// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

// statFields gives the fields of /proc/PID/stat from the third on.
func statFields(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
}

// cpu is what superd itself has used so far; the kernel counts in 10 ms.
func (s *super) cpu() time.Duration {
	f := statFields(s.pid)
	if len(f) < 15 {
		s.t.Fatalf("superd has gone: %v", s.err)
	}
	user, _ := strconv.Atoi(f[14-3])
	system, _ := strconv.Atoi(f[15-3])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// idles asserts that superd uses less than 50 ms of CPU in one of the next three seconds.
func (s *super) idles(while string) {
	s.t.Helper()
	var used time.Duration
	for range 3 { // what goes on still is over in the next second
		before := s.cpu()
		time.Sleep(time.Second)
		if used = s.cpu() - before; used < 50*time.Millisecond || raced {
			return
		}
	}
	s.t.Errorf("superd used %v of CPU in a second while %s", used, while)
}

// field gives a number of /proc/PID/status.
func (s *super) field(name string) int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	m := regexp.MustCompile(`(?m)^` + name + `:\s*(\d+)`).FindSubmatch(b)
	if m == nil {
		s.t.Fatalf("no %s of superd: %v", name, s.err)
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// descriptors gives what superd has open, by kind: the numbers of sockets and
// pipes differ from run to run.
func (s *super) descriptors() string {
	dir := fmt.Sprintf("/proc/%d/fd", s.pid)
	list, _ := os.ReadDir(dir)
	var out []string
	for _, e := range list {
		if to, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil {
			if strings.HasPrefix(to, "socket:") || strings.HasPrefix(to, "pipe:") {
				to = to[:strings.IndexByte(to, ':')]
			}
			out = append(out, to)
		}
	}
	sort.Strings(out)
	return strings.Join(out, " ")
}

// children are the processes whose parent is pid, zombies included.
func children(pid int) (list []int) {
	for child, parent := range parents() {
		if parent == pid {
			list = append(list, child)
		}
	}
	return list
}

// descendants are the children, their children, and so on.
func descendants(pid int) (list []int) {
	all := parents()
	for child := range all {
		for up := all[child]; up > 1; up = all[up] {
			if up == pid {
				list = append(list, child)
				break
			}
		}
	}
	return list
}

func parents() map[int]int {
	out := map[int]int{}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, d := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(d))
		if f := statFields(pid); len(f) > 1 {
			out[pid], _ = strconv.Atoi(f[1])
		}
	}
	return out
}
