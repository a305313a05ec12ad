// SPDX-License-Identifier: Apache-2.0

package systemdtest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// makeCgroup makes an empty cgroup in the version 2 hierarchy, wherever it is
// mounted (on a machine that still has version 1, at /sys/fs/cgroup/unified).
func makeCgroup() (string, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrUnavailable, err)
	}
	for _, line := range strings.Split(string(mounts), "\n") {
		f := strings.Fields(line)
		if len(f) < 3 || f[2] != "cgroup2" {
			continue
		}
		dir, err := os.MkdirTemp(f[1], "superd-systemd-")
		if err != nil {
			return "", fmt.Errorf("%w: %v", ErrUnavailable, err)
		}
		return dir, nil
	}
	return "", fmt.Errorf("%w: no cgroup2 is mounted", ErrUnavailable)
}

// removeCgroup removes a cgroup and those below it, deepest first; rmdir says
// EBUSY until the last killed process in it is gone.
func removeCgroup(root string) {
	deadline := time.Now().Add(5 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		var dirs []string
		_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append(dirs, p)
			}
			return nil
		})
		for i := len(dirs) - 1; i >= 0; i-- {
			_ = os.Remove(dirs[i])
		}
		if !exists(root) || time.Now().After(deadline) {
			return
		}
		<-tick.C
	}
}
