// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Found is what a descriptor turned out to be that superd did not open itself.
type Found struct {
	Spec      Spec // what it is bound to; its options are those of NewSpec
	Listening bool // of a stream: listen(2) was called
	Inode     uint64
}

// Describe looks at a descriptor: a bound socket of a kind that superd serves, or
// a FIFO. The error says what else it is.
func Describe(fd int) (Found, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return Found{}, fmt.Errorf("cannot look at descriptor %d: %w", fd, err)
	}
	switch kind := st.Mode & unix.S_IFMT; kind {
	case unix.S_IFSOCK:
		found, err := describeSocket(fd)
		found.Inode = inodeOf(&st)
		return found, err
	case unix.S_IFIFO:
		return describeFIFO(fd, &st)
	default:
		return Found{}, fmt.Errorf("it is %s, and no socket", kindName(kind))
	}
}

// describeFIFO takes a named pipe that can be read. A pipe without a name is some
// program's end of something, not what clients could find.
func describeFIFO(fd int, st *unix.Stat_t) (Found, error) {
	path, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		return Found{}, fmt.Errorf("cannot tell the FIFO's path: %w", err)
	}
	if !strings.HasPrefix(path, "/") {
		return Found{}, errors.New("it is a pipe without a name")
	}
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return Found{}, err
	}
	if flags&unix.O_ACCMODE == unix.O_WRONLY {
		return Found{}, errors.New("it is the writing end of a FIFO")
	}
	spec := NewSpec("fifo")
	spec.Path = path
	if st.Nlink == 0 {
		spec.Path = strings.TrimSuffix(path, " (deleted)")
	}
	return Found{Spec: spec, Inode: inodeOf(st)}, nil
}

func describeSocket(fd int) (found Found, err error) {
	var opt [4]int
	for i, name := range []int{unix.SO_DOMAIN, unix.SO_TYPE, unix.SO_PROTOCOL, unix.SO_ACCEPTCONN} {
		if opt[i], err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, name); err != nil {
			return found, err
		}
	}
	network := networkOf(opt[0], opt[1], opt[2])
	if network == "" {
		return found, fmt.Errorf("it is a socket of family %d, type %d and protocol %d, which superd does not serve", opt[0], opt[1], opt[2])
	}
	found.Spec, found.Listening = NewSpec(network), opt[3] != 0
	if err := found.bound(fd, opt[0]); err != nil {
		return found, err
	}
	if _, err := unix.Getpeername(fd); err == nil {
		return found, errors.New("it is a connection and no listening socket (its unit says Accept=yes?)")
	}
	return found, nil
}

// networkOf is domainAndType's inverse; "" is a socket that superd does not serve.
func networkOf(domain, kind, protocol int) string {
	switch domain {
	case unix.AF_UNIX:
		return map[int]string{unix.SOCK_STREAM: "unix", unix.SOCK_DGRAM: "unixgram", unix.SOCK_SEQPACKET: "unixpacket"}[kind]
	case unix.AF_INET, unix.AF_INET6:
		switch protocol {
		case unix.IPPROTO_TCP, unix.IPPROTO_MPTCP:
			return "tcp"
		case unix.IPPROTO_UDP, unix.IPPROTO_UDPLITE:
			return "udp"
		}
	}
	return ""
}

// bound fills in what a socket is bound to.
func (f *Found) bound(fd, domain int) error {
	if domain == unix.AF_UNIX {
		path, err := boundTo(fd, &f.Spec)
		if err == nil && (path == "" || path == "@") {
			err = errors.New("it is a socket without a name")
		}
		f.Spec.Path = path
		return err
	}
	addr, errno := LocalAddr(fd)
	if errno != 0 {
		return errno
	}
	if addr.Port() == 0 {
		return errors.New("it is a socket that is bound to no port")
	}
	f.Spec.Addr = addr
	if device, err := unix.GetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE); err == nil {
		f.Spec.Device = device
	}
	if domain == unix.AF_INET6 {
		only, err := unix.GetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY)
		if err != nil {
			return err
		}
		// Of one address V6Only says nothing, and services' own sockets say true there.
		f.Spec.V6Only = only != 0 || addr.Addr() != netip.IPv6Unspecified()
	}
	f.Spec = f.Spec.Canonical()
	return nil
}

// IsInherited tells whether a descriptor is open and came with the program: what
// has close-on-exec was opened since, by the Go runtime itself (an epoll, a file of
// the cgroup), and may lie where a hole was.
func IsInherited(fd int) bool {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return err == nil && flags&unix.FD_CLOEXEC == 0
}

// OwnPidfdID gives the inode of this process's own pidfd, which no other process
// has while the machine runs; false before Linux 6.9, where all pidfds are of one
// inode.
func OwnPidfdID() (uint64, bool) {
	fd, err := unix.PidfdOpen(unix.Getpid(), 0)
	if err != nil {
		return 0, false
	}
	defer unix.Close(fd)
	var fs unix.Statfs_t
	var st unix.Stat_t
	if unix.Fstatfs(fd, &fs) != nil || fs.Type != pidfsMagic || unix.Fstat(fd, &st) != nil {
		return 0, false
	}
	return st.Ino, true
}

// pidfsMagic is PID_FS_MAGIC.
const pidfsMagic = 0x50494446
