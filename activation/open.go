// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

func (s *Spec) domainAndType() (domain, kind int) {
	switch s.Network {
	case "unix":
		return unix.AF_UNIX, unix.SOCK_STREAM
	case "unixgram":
		return unix.AF_UNIX, unix.SOCK_DGRAM
	case "unixpacket":
		return unix.AF_UNIX, unix.SOCK_SEQPACKET
	case "udp":
		kind = unix.SOCK_DGRAM
	default:
		kind = unix.SOCK_STREAM
	}
	if s.Addr.Addr().Is4() {
		return unix.AF_INET, kind
	}
	return unix.AF_INET6, kind
}

// check finds what no kernel need be asked about.
func (s *Spec) check() error {
	switch {
	case s.Network == "tcp" || s.Network == "udp":
		if !s.Addr.Addr().IsValid() {
			return errors.New("no address is given")
		}
	case s.IsFIFO() && s.Path != "" && s.Path[0] != '/':
		return errors.New("a FIFO has an absolute path")
	case !s.IsUnix() && !s.IsFIFO():
		return fmt.Errorf("unknown network %q", s.Network)
	case s.Path == "" || s.Path == "@":
		return errors.New("the name is empty") // the kernel would make one up
	case s.IsUnix() && len(s.Path) > maxUnixPath:
		return fmt.Errorf("the path has %d bytes, a unix socket's may have %d", len(s.Path), maxUnixPath)
	case strings.ContainsRune(s.Path, 0):
		return errors.New("the path contains a NUL byte")
	}
	return nil
}

// open makes the descriptor that spec, which is canonical, describes.
func open(spec Spec, base int) (fd int, file fileID, err error) {
	if err := spec.check(); err != nil {
		return -1, file, err
	}
	if spec.IsFIFO() {
		fd, file, err = openFIFO(&spec)
		return raise(fd, base), file, err
	}
	domain, kind := spec.domainAndType()
	fd, err = unix.Socket(domain, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, file, err
	}
	fd = raise(fd, base)
	if err = configure(fd, &spec); err == nil {
		file, err = bind(fd, &spec)
	}
	if err == nil && spec.IsStream() {
		// Only now can a client connect: a unix socket's owner and mode are right.
		err = listen(fd, &spec)
	}
	if err != nil {
		file.remove(spec.Path)
		unix.Close(fd)
		return -1, fileID{}, err
	}
	return fd, file, nil
}

// raise moves a descriptor to a number from base on. A spawn copies the
// descriptor table below the connection's number; ten thousand listeners there
// make it six times as dear. A limit that has no room there costs only that.
func raise(fd, base int) int {
	if fd < 0 {
		return fd
	}
	high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, base)
	if err != nil {
		return fd
	}
	unix.Close(fd)
	return high
}

// configure sets what must stand before bind.
func configure(fd int, spec *Spec) error {
	if spec.Network == "tcp" {
		// Else no start for a minute after a stop: old connections in TIME_WAIT hold
		// the port. Not for udp, where the flag means another thing: a second process
		// that sets it too may bind the same port, and takes the datagrams. (xinetd and
		// Net::Server do set it. What they gain, a start while an old `wait` handler
		// still has its socket, is had by trying again until that has ended.)
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return err
		}
	}
	if isInet6(spec) {
		v6only := 0
		if spec.V6Only {
			v6only = 1
		}
		// Always said: the default is a sysctl.
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, v6only); err != nil {
			return fmt.Errorf("set v6only: %w", err)
		}
	}
	if spec.Device != "" {
		if err := unix.BindToDevice(fd, spec.Device); err != nil {
			return fmt.Errorf("bind to device %q: %w", spec.Device, err)
		}
	}
	return tune(fd, nil, spec)
}

func bind(fd int, spec *Spec) (fileID, error) {
	switch {
	case !spec.IsUnix():
		scope, err := zoneIndex(fd, spec.Addr.Addr().Zone())
		if err != nil {
			return fileID{}, fmt.Errorf("interface %q: %w", spec.Addr.Addr().Zone(), err)
		}
		return fileID{}, rawBind(fd, encodeInet(spec.Addr, scope))
	case spec.Path[0] == '@':
		return fileID{}, rawBind(fd, encodeUnix(spec.Path))
	}
	return bindFile(fd, spec)
}

// listen makes fd take connections, or changes how many may wait.
func listen(fd int, spec *Spec) error {
	backlog := spec.Backlog
	if backlog <= 0 {
		// The kernel cuts this to net.core.somaxconn as that is now, so that a greater
		// one needs no change here.
		backlog = 1<<31 - 1
	}
	return unix.Listen(fd, backlog)
}
