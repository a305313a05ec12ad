// SPDX-License-Identifier: Apache-2.0

package shim

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// account is a line of passwd(5).
type account struct {
	name        string
	uid, gid    uint32
	home, shell string
}

// accounts are the files that name users and groups; a test has its own.
type accounts struct{ passwd, group string }

var systemAccounts = accounts{"/etc/passwd", "/etc/group"}

// user finds a user by name, or else by number. A number that the file does not
// know is a user, too, whose group has the same number.
func (a accounts) user(who string) (account, error) {
	n, isNumber := parseID(who)
	var byNumber *account
	err := eachLine(a.passwd, 7, func(f []string) bool {
		uid, ok1 := parseID(f[2])
		gid, ok2 := parseID(f[3])
		if !ok1 || !ok2 {
			return false
		}
		u := account{f[0], uid, gid, f[5], f[6]}
		if f[0] == who {
			byNumber = &u
			return true
		}
		if isNumber && uid == n && byNumber == nil {
			byNumber = &u
		}
		return false
	})
	switch {
	case byNumber != nil:
		return *byNumber, nil
	case isNumber && err == nil:
		return account{name: who, uid: n, gid: n, home: "/", shell: "/bin/sh"}, nil
	case err != nil:
		return account{}, fmt.Errorf("cannot find user %q: %w", who, err)
	}
	return account{}, fmt.Errorf("cannot find user %q: not in %s", who, a.passwd)
}

// groupID finds a group by name, or else by number.
func (a accounts) groupID(which string) (gid uint32, err error) {
	found := false
	err = eachLine(a.group, 3, func(f []string) bool {
		if f[0] == which {
			gid, found = parseID(f[2])
		}
		return found
	})
	if found {
		return gid, nil
	}
	if n, ok := parseID(which); ok {
		return n, nil
	}
	if err != nil {
		return 0, fmt.Errorf("cannot find group %q: %w", which, err)
	}
	return 0, fmt.Errorf("cannot find group %q: not in %s", which, a.group)
}

// groupsOf gives base and the groups that list the user, as initgroups does.
func (a accounts) groupsOf(user string, base uint32) ([]uint32, error) {
	gids := []uint32{base}
	err := eachLine(a.group, 4, func(f []string) bool {
		gid, ok := parseID(f[2])
		if ok && !slices.Contains(gids, gid) && slices.Contains(strings.Split(f[3], ","), user) {
			gids = append(gids, gid)
		}
		return false
	})
	if err != nil {
		return nil, fmt.Errorf("cannot find the groups of %q: %w", user, err)
	}
	return gids, nil
}

// parseID refuses 4294967295: to the kernel it means no change, that is root.
func parseID(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil && n != 1<<32-1
}

// eachLine calls f with the fields of each line that has at least n, until it
// says that it is done. Lines of NIS (+, -) name nobody by themselves.
func eachLine(file string, n int, f func(fields []string) (done bool)) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(b)) {
		fields := strings.Split(strings.TrimRight(line, "\n"), ":")
		if len(fields) < n || fields[0] == "" || strings.ContainsAny(fields[0][:1], "#+-") {
			continue
		}
		if f(fields) {
			break
		}
	}
	return nil
}
