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
	if s.Stdio > StdioKeep || s.Stderr > StderrLog {
		return fmt.Errorf("no such stdio: %d, %d", s.Stdio, s.Stderr)
	}
	return errors.Join(s.Identity.validate(), s.validateLimits(), s.validateWords())
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
	for _, w := range s.Env {
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
