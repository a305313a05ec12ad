// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Confine takes from this process what Relay does not need: all files, and by the
// kernel's age all ports, abstract sockets and signals to others (landlock(7); Linux
// 5.13, 6.7 and 6.12). It serves as the chroot to an empty folder, which only root
// could do, before the program is there. no_new_privs must be set. Where the kernel
// has no Landlock nothing is taken, and that is no error.
//
// What still has to be looked up or loaded must be so before.
func Confine() error {
	abi, _, errno := syscall.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno == unix.ENOSYS || errno == unix.EOPNOTSUPP {
		return nil
	}
	if errno != 0 {
		return fmt.Errorf("cannot ask for Landlock: %w", errno)
	}
	rules := denials(int(abi))
	set, _, errno := syscall.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&rules)), unsafe.Sizeof(rules), 0)
	if errno != 0 {
		return fmt.Errorf("cannot make Landlock's rules: %w", errno)
	}
	defer unix.Close(int(set))
	// Each thread restricts itself; those of later inherit it.
	_, _, errno = syscall.AllThreadsSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, set, 0, 0)
	if errno != 0 && errno != unix.ENOTSUP { // a build with cgo, whose threads Go does not know
		return fmt.Errorf("cannot confine itself by Landlock: %w", errno)
	}
	return nil
}

// landlockRules is struct landlock_ruleset_attr. A kernel that does not know the last
// fields takes them as long as they are 0.
type landlockRules struct{ files, net, scoped uint64 }

// denials is all that a version of Landlock can deny. No rule is added, so nothing is
// allowed.
func denials(abi int) (r landlockRules) {
	bits := func(n int) uint64 { return 1<<n - 1 }
	switch {
	case abi >= 5:
		r.files = bits(16) // as far as LANDLOCK_ACCESS_FS_IOCTL_DEV
	case abi >= 3:
		r.files = bits(15) // TRUNCATE
	case abi == 2:
		r.files = bits(14) // REFER
	default:
		r.files = bits(13)
	}
	if abi >= 4 {
		r.net = bits(2) // BIND_TCP, CONNECT_TCP
	}
	if abi >= 6 {
		r.scoped = bits(2) // ABSTRACT_UNIX_SOCKET, SIGNAL
	}
	return r
}
