// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Adopt takes over a descriptor that was bound elsewhere, by systemd or by the
// superd that this one replaces, and counts the caller as its user. It must be
// bound to what spec names; its options become those of spec. On success fd
// itself is closed and the Socket's own descriptor stands for it; on an error fd
// stays the caller's.
//
// The file of an adopted unix socket is not removed at the end: it belongs to
// who made it.
func (r *Registry) Adopt(fd int, spec Spec) (*Socket, error) {
	spec = spec.Canonical()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.find(spec) != nil {
		return nil, newError(spec, unix.EADDRINUSE)
	}
	s, err := r.adopt(fd, spec, origin{})
	if err != nil {
		return nil, newError(spec, err)
	}
	return s, nil
}

// origin is what Offer says of where a descriptor comes from.
type origin struct{ ours, held bool }

// adopt makes a Socket of fd, and closes fd.
func (r *Registry) adopt(fd int, spec Spec, from origin) (*Socket, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	if err := matches(fd, &spec); err != nil {
		return nil, err
	}
	own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, r.base)
	if err != nil {
		return nil, err
	}
	s, err := r.settle(own, spec, from)
	if err != nil {
		unix.Close(own)
		return nil, err
	}
	unix.Close(fd)
	return s, nil
}

// settle gives an adopted descriptor the options of spec and enters it.
func (r *Registry) settle(fd int, spec Spec, from origin) (*Socket, error) {
	if !from.held {
		if err := unix.SetNonblock(fd, true); err != nil {
			return nil, err
		}
	}
	if err := tune(fd, nil, &spec); err != nil {
		return nil, err
	}
	if spec.IsStream() {
		if err := listen(fd, &spec); err != nil {
			return nil, err
		}
	}
	var file fileID
	if from.ours && spec.hasFile() {
		var err error
		if file, err = setOwnerAndMode(fd, &spec); err != nil {
			return nil, err
		}
	}
	return r.enter(fd, file, spec)
}

// matches tells whether fd is the socket that spec describes.
func matches(fd int, spec *Spec) error {
	if spec.IsFIFO() {
		found, err := Describe(fd)
		if err == nil && found.Spec.Key() != spec.Key() {
			err = fmt.Errorf("the descriptor given is %s", found.Spec)
		}
		return err
	}
	wantDomain, wantKind := spec.domainAndType()
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return err
	}
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return err
	}
	if domain != wantDomain || kind != wantKind {
		return fmt.Errorf("the descriptor given is a socket of family %d and type %d", domain, kind)
	}
	have, err := boundTo(fd, spec)
	if err != nil {
		return err
	}
	if have != spec.Address() && spec.Addr.Port() != 0 || spec.IsUnix() && have != spec.Path {
		return fmt.Errorf("the descriptor given is bound to %s", have)
	}
	if domain == unix.AF_INET6 {
		v6only, err := unix.GetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY)
		if err != nil {
			return err
		}
		if spec.Addr.Addr().IsUnspecified() && (v6only != 0) != spec.V6Only {
			return fmt.Errorf("the descriptor given has v6only = %t", v6only != 0)
		}
	}
	return nil
}

func boundTo(fd int, spec *Spec) (string, error) {
	if !spec.IsUnix() {
		addr, errno := LocalAddr(fd)
		if errno != 0 {
			return "", errno
		}
		return addr.String(), nil
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return "", err
	}
	if sa, ok := sa.(*unix.SockaddrUnix); ok {
		return strings.TrimRight(sa.Name, "\x00"), nil
	}
	return "", nil
}
