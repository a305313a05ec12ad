// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"path"

	"superd/services"
)

// Program gives the path of a service's program as the handler will execute it:
// inside the service's chroot, absolute. The error tells what is wrong with the
// file; the path is then what was tried.
func Program(h *Host, s *services.Service) (string, error) { return program(h, s, services.Exec) }

// DequeueProgram gives the path of the program that is run beside a service, as
// Program does.
func DequeueProgram(h *Host, s *services.Service) (string, error) {
	return program(h, s, services.Dequeue)
}

func program(h *Host, s *services.Service, a services.AttrID) (string, error) {
	argv := s.List(a)
	if len(argv) == 0 || argv[0] == "" {
		return "", errors.New("no program")
	}
	name := argv[0]
	if !path.IsAbs(name) { // only xinetd's may be; it runs servers from /
		name = path.Join("/", s.Str(services.WorkingDirectory), name)
	}
	return name, h.Executable(path.Join(s.Str(services.Chroot), name))
}

// checkFiles looks at the programs and at the folders that the handler enters.
func (r *resolver) checkFiles() {
	s := r.svc
	root := s.Str(services.Chroot)
	if argv := s.List(services.Exec); len(argv) > 0 {
		_, err := Program(r.host, s)
		switch {
		case err == nil:
		case r.format.NeedsProgram && root == "":
			r.fail(services.Exec, fmt.Sprintf("cannot run %q: %v", shorten(argv[0]), err))
		default:
			r.warn(services.Exec, fmt.Sprintf("cannot run %q: %v", shorten(argv[0]), err))
		}
	}
	if argv := s.List(services.Dequeue); len(argv) > 0 {
		if _, err := DequeueProgram(r.host, s); err != nil {
			r.warn(services.Dequeue, fmt.Sprintf("cannot run %q: %v", shorten(argv[0]), err))
		}
	}
	if root != "" {
		r.checkFolder(services.Chroot, root)
	}
	if dir := s.Str(services.WorkingDirectory); dir != "" {
		r.checkFolder(services.WorkingDirectory, path.Join(root, dir))
	}
}

// checkFolder only warns: a folder may be mounted later.
func (r *resolver) checkFolder(attr services.AttrID, name string) {
	switch info, err := r.host.Stat(name); {
	case err != nil:
		r.warn(attr, fmt.Sprintf("cannot enter %q: %s", shorten(name), Reason(err)))
	case !info.IsDir():
		r.warn(attr, fmt.Sprintf("cannot enter %q: not a directory", shorten(name)))
	}
}
