// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"fmt"
	"strings"
)

// capNames are Linux's capabilities by number (linux/capability.h).
var capNames = [...]string{
	"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID",
	"KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
	"NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK",
	"IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE",
	"SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE",
	"SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE",
	"AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG",
	"WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
	"CHECKPOINT_RESTORE",
}

// CapByName gives the number of a capability: "CAP_NET_RAW", "net_raw".
func CapByName(name string) (n int, ok bool) {
	s := strings.ToUpper(name)
	s = strings.TrimPrefix(s, "CAP_")
	for i, c := range capNames {
		if c == s {
			return i, true
		}
	}
	return 0, false
}

// CapName gives the name of a capability, as CAP_NET_RAW; one that is newer than
// this table is CAP_41.
func CapName(n int) string {
	if n < 0 || n >= len(capNames) {
		return fmt.Sprintf("CAP_%d", n)
	}
	return "CAP_" + capNames[n]
}

// CapSet gives the set of the named capabilities, for Spec.Bounding.
func CapSet(names []string) (set uint64, err error) {
	for _, name := range names {
		n, ok := CapByName(name)
		if !ok {
			return 0, fmt.Errorf("no such capability: %q", name)
		}
		set |= 1 << n
	}
	return set, nil
}

// CapList gives the names in a set, lowest number first.
func CapList(set uint64) []string {
	var names []string
	for n := range 64 {
		if set>>n&1 != 0 {
			names = append(names, CapName(n))
		}
	}
	return names
}
