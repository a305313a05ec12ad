// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A meter counts the CPU time of a server and of all its children, gone ones
// included. The load is outside of it; what the kernel does for the server's
// side of a connection in the load's time is the same for every server.
type meter interface {
	// place is a cgroup to start the server in, "" for none.
	place() string
	// used is the CPU time since the server's start. pid is the server.
	used(pid int) (time.Duration, error)
}

// cgroupMeter reads a cgroup's cpu.stat, which the kernel keeps in nanoseconds
// and shows in microseconds, with or without the cpu controller.
type cgroupMeter struct{ dir string }

func (m cgroupMeter) place() string { return m.dir }

func (m cgroupMeter) used(int) (time.Duration, error) {
	text, err := os.ReadFile(filepath.Join(m.dir, "cpu.stat"))
	if err != nil {
		return 0, err
	}
	return parseCPUStat(string(text))
}

func parseCPUStat(text string) (time.Duration, error) {
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(line, "usage_usec "); ok {
			us, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
			return time.Duration(us) * time.Microsecond, err
		}
	}
	return 0, fmt.Errorf("cannot read cpu.stat: no usage_usec in %q", text)
}

// rusageMeter reads the times of the server, of its descendants that are there, and
// of those that have been waited for. Ticks of 10 ms: it wants many connections.
type rusageMeter struct{}

func (rusageMeter) place() string { return "" }

func (rusageMeter) used(pid int) (time.Duration, error) {
	var all time.Duration
	for _, p := range family(pid) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
		if err != nil && p != pid { // it has ended since
			continue
		}
		if err != nil {
			return 0, err
		}
		used, err := parseStat(text)
		if err != nil {
			return 0, err
		}
		all += used
	}
	return all, nil
}

// parseStat adds fields 14 to 17 (utime, stime, cutime, cstime). The name in
// field 2 may hold anything, so counting begins behind its last parenthesis.
func parseStat(text []byte) (time.Duration, error) {
	f := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(f) < 15 {
		return 0, fmt.Errorf("cannot read /proc/PID/stat: %q", text)
	}
	var ticks int64
	for _, v := range f[11:15] {
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100), nil // USER_HZ is 100 everywhere
}

// newMeter makes a cgroup (version 2, mounted here if it is nowhere else), or
// falls back to rusage and says so. remove undoes it.
func newMeter(dir string) (m meter, how string, remove func()) {
	root := mountedCgroup2()
	if root == "" {
		root = filepath.Join(dir, "cgroup")
		if os.Mkdir(root, 0o755) != nil || unix.Mount("cgroup2", root, "cgroup2", 0, "") != nil {
			return rusageMeter{}, "rusage in ticks of 10 ms (no cgroup2 here)", func() {}
		}
	}
	group, err := os.MkdirTemp(root, "superd-bench-")
	if err == nil {
		if _, err = (cgroupMeter{group}).used(0); err == nil {
			return cgroupMeter{group}, "cpu.stat of a cgroup", func() { _ = os.Remove(group) }
		}
		_ = os.Remove(group)
	}
	return rusageMeter{}, fmt.Sprintf("rusage in ticks of 10 ms (%v)", err), func() {}
}

func mountedCgroup2() string {
	text, _ := os.ReadFile("/proc/self/mounts")
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 2 && f[2] == "cgroup2" {
			return f[1]
		}
	}
	return ""
}
