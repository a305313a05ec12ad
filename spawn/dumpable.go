// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"bytes"
	"os"
	"strconv"
)

// SuidDumpable reads fs.suid_dumpable; -1 if it cannot be read.
//
// With 1 the kernel leaves a process that changes its uid open to ptrace by that
// uid. Our children share our memory until their exec: their user could read and
// write superd's. With 0 and 2 the change closes the memory first.
func SuidDumpable() int {
	b, err := os.ReadFile("/proc/sys/fs/suid_dumpable")
	if err != nil {
		return -1
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(b)))
	if err != nil {
		return -1
	}
	return n
}
