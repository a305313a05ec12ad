// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"errors"
	"fmt"
	"strings"
)

// noID is what the setres*id calls take for "leave it as it is": as a uid it would
// be a handler that stays root.
const noID = ^uint32(0)

// maxGroups is the kernel's NGROUPS_MAX.
const maxGroups = 65536

// maxWord is the longest word of argv or environment that execve takes
// (MAX_ARG_STRLEN is 32 pages, the NUL included).
const maxWord = 32*4096 - 1

func (s *Spec) validate() error {
	if s.Path == "" {
		return errors.New("no program")
	}
	if len(s.Argv) == 0 {
		return errors.New("no argv[0]")
	}
	if s.Umask < -1 || s.Umask > 0o777 {
		return fmt.Errorf("umask %o: want 000 to 777", s.Umask)
	}
	if s.Nice < -40 || s.Nice > 40 {
		return fmt.Errorf("nice %d: want -40 to 40", s.Nice)
	}
	return errors.Join(s.validateDescriptors(), s.Identity.validate(), s.validateLimits(), s.validateWords())
}

// maxFiles bounds Spec.Files: twice as many and three numbers must be below the
// Launcher's RLIMIT_NOFILE, which is seldom less than 1024.
const maxFiles = 512

func (s *Spec) validateDescriptors() error {
	switch {
	case s.Stdio > StdioFile || s.Stderr > StderrLog:
		return fmt.Errorf("no such stdio: %d, %d", s.Stdio, s.Stderr)
	case s.Files < 0 || s.Files > maxFiles:
		return fmt.Errorf("%d files: want 0 to %d", s.Files, maxFiles)
	case s.Files > 0 && s.Stdio == StdioNull:
		return errors.New("files are given, but descriptor 3 is the connection's")
	case s.Files > 0 && s.Stdio == StdioKeep:
		return errors.New("files are given, but the descriptors are to stay as they are")
	case s.Files == 0 && s.Stdio == StdioFile:
		return errors.New("descriptor 0 is to be a file, but none is given")
	case s.Stderr == StderrClient && !s.Stdio.connects() && s.Stdio != StdioKeep:
		return errors.New("stderr is to be the connection, but there is none")
	case len(s.Listen) > s.Files:
		return fmt.Errorf("%d names for %d files", len(s.Listen), s.Files)
	}
	for _, name := range s.Listen {
		if !validName(name) {
			return fmt.Errorf("the descriptor's name %.60q: want 1 to 255 printable ASCII characters other than a colon", name)
		}
	}
	return nil
}

// validName is systemd's rule for LISTEN_FDNAMES, where a colon stands between two
// names. An empty one would make "" of one name, which is read as none.
func validName(name string) bool {
	bad := func(r rune) bool { return r < ' ' || r > '~' || r == ':' }
	return name != "" && len(name) <= 255 && strings.IndexFunc(name, bad) < 0
}

func (id Identity) validate() error {
	switch {
	case !id.Set && (id.UID != 0 || id.GID != 0 || len(id.Groups) != 0):
		return errors.New("an identity is given, but not marked as set")
	case id.UID == noID:
		return fmt.Errorf("uid %d means no change to the kernel", id.UID)
	case id.GID == noID:
		return fmt.Errorf("gid %d means no change to the kernel", id.GID)
	case len(id.Groups) > maxGroups:
		return fmt.Errorf("%d groups: the kernel takes %d", len(id.Groups), maxGroups)
	}
	for _, g := range id.Groups {
		if g == noID {
			return fmt.Errorf("gid %d is none", g)
		}
	}
	return nil
}

func (s *Spec) validateLimits() error {
	var seen [numLimits]bool
	for _, l := range s.Rlimits {
		if err := l.validate(); err != nil {
			return err
		}
		if seen[l.Resource] {
			return fmt.Errorf("%s is given twice", limitName(l.Resource))
		}
		seen[l.Resource] = true
	}
	return nil
}

func (s *Spec) validateWords() error {
	for _, w := range []string{s.Path, s.Chroot, s.Dir} {
		if strings.IndexByte(w, 0) >= 0 {
			return fmt.Errorf("the path %q holds a NUL", w)
		}
		if len(w) >= 4096 { // PATH_MAX, the NUL included
			return fmt.Errorf("the path %.40q... is too long", w)
		}
	}
	for _, w := range s.Argv {
		if err := checkWord("argument", w); err != nil {
			return err
		}
	}
	for _, w := range s.environment() {
		if err := checkWord("environment word", w); err != nil {
			return err
		}
	}
	return nil
}

func checkWord(what, w string) error {
	if strings.IndexByte(w, 0) >= 0 {
		return fmt.Errorf("the %s %.60q holds a NUL", what, w)
	}
	if len(w) > maxWord {
		return fmt.Errorf("the %s %.40q... is longer than execve takes", what, w)
	}
	return nil
}
