// SPDX-License-Identifier: Apache-2.0

package shim

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"superd/spawn"
)

// spec turns the flags into a Spec, less its environment, and gives the account
// that the environment is made of.
func (f *flags) spec() (spawn.Spec, account, error) {
	umask, err := parseUmask(f.umask)
	if err != nil {
		return spawn.Spec{}, account{}, err
	}
	s := spawn.Spec{
		Path:       f.command[0],
		Argv:       append([]string(nil), f.command...),
		Chroot:     f.chroot,
		Dir:        f.dir,
		Umask:      umask,
		Nice:       f.nice,
		Rlimits:    f.rlimits,
		Setsid:     f.setsid,
		NoNewPrivs: f.noNewPrivs,
		Bounding:   f.bounding,
	}
	if f.argv0 != "" {
		s.Argv[0] = f.argv0
	}
	switch f.stdio {
	case "keep":
		s.Stdio = spawn.StdioKeep
	case "null":
		s.Stdio = spawn.StdioNull
	}
	switch f.stderr {
	case "keep":
		s.Stderr = spawn.StderrLog
	case "client":
		s.Stderr = spawn.StderrClient
	}
	if s.Path, err = f.find(); err != nil {
		return spawn.Spec{}, account{}, err
	}
	var who account
	s.Identity, who, err = f.identity(systemAccounts)
	return s, who, err
}

// find makes the program's path absolute, for the Program enters "/" before it
// runs it. A bare name is looked for along PATH, as any tool of a chain does.
func (f *flags) find() (string, error) {
	path := f.command[0]
	if filepath.IsAbs(path) || f.dir != "" && strings.Contains(path, "/") {
		return path, nil // relative to --working-directory, if not absolute
	}
	if strings.Contains(path, "/") {
		return filepath.Abs(path)
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		full := filepath.Join(dir, path)
		if filepath.IsAbs(full) && unix.Access(filepath.Join(f.chroot, full), unix.X_OK) == nil {
			return full, nil
		}
	}
	return "/" + path, nil // there is none: the execve says so
}

// identity is what --user, --group and --groups say. Without any of them nothing
// changes. Who is not root and names what he is already changes nothing either.
func (f *flags) identity(a accounts) (spawn.Identity, account, error) {
	euid, egid := uint32(os.Geteuid()), uint32(os.Getegid())
	var who account
	var err error
	if f.user == "" {
		who, err = a.user(fmt.Sprint(euid))
		who.gid = egid
		if f.group == "" && !f.groups {
			return spawn.Identity{}, who, nil // of who nobody knows only HOME and the like are lost
		}
	} else {
		who, err = a.user(f.user)
	}
	if err != nil {
		return spawn.Identity{}, account{}, err
	}
	id := spawn.Identity{Set: true, UID: who.uid, GID: who.gid}
	named := fields(f.group)
	for i, g := range named {
		gid, err := a.groupID(g)
		if err != nil {
			return spawn.Identity{}, account{}, err
		}
		if i == 0 {
			id.GID = gid
		} else {
			id.Groups = append(id.Groups, gid)
		}
	}
	if f.groups {
		of, err := a.groupsOf(who.name, id.GID)
		if err != nil {
			return spawn.Identity{}, account{}, err
		}
		id.Groups = append(id.Groups, of...)
	}
	if euid != 0 && euid == id.UID && egid == id.GID && len(named) < 2 && !f.groups {
		return spawn.Identity{}, who, nil
	}
	return id, who, nil
}
