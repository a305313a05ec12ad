// SPDX-License-Identifier: Apache-2.0

package systemdtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// ErrUnavailable is wrapped by Boot's errors that say what this machine lacks:
// root, systemd, a program, a kernel's right.
var ErrUnavailable = errors.New("systemd cannot be booted here")

func available() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("%w: needs root", ErrUnavailable)
	}
	if _, err := os.Stat(systemdPath()); err != nil {
		return fmt.Errorf("%w: %v", ErrUnavailable, err)
	}
	for _, p := range []string{"unshare", "nsenter", "mount", "sh", "systemctl"} {
		if _, err := exec.LookPath(p); err != nil {
			return fmt.Errorf("%w: %v", ErrUnavailable, err)
		}
	}
	return nil
}

// systemdPath is where distributions keep it; both are one folder after the
// merge of /usr.
func systemdPath() string {
	if p := "/usr/lib/systemd/systemd"; exists(p) {
		return p
	}
	return "/lib/systemd/systemd"
}

func exists(p string) bool { _, err := os.Stat(p); return err == nil }
