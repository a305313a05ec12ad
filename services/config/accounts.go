// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// groupLine is one line of group(5).
type groupLine struct {
	name    string
	gid     uint32
	members []string
}

// readPasswd reads passwd(5). Lines that begin with + or - ask NIS, which is no
// account by itself.
func readPasswd(h *Host, name string) []User {
	var users []User
	eachLine(h, name, func(line string) {
		f := strings.Split(line, ":")
		if len(f) < 7 || strings.ContainsAny(f[0][:min(1, len(f[0]))], "+-") || f[0] == "" {
			return
		}
		uid, ok1 := parseID(f[2])
		gid, ok2 := parseID(f[3])
		if ok1 && ok2 {
			users = append(users, User{Name: f[0], UID: uid, GID: gid, Home: f[5], Shell: f[6], InDB: true})
		}
	})
	return users
}

func readGroup(h *Host, name string) []groupLine {
	var groups []groupLine
	eachLine(h, name, func(line string) {
		f := strings.Split(line, ":")
		if len(f) < 4 || f[0] == "" {
			return
		}
		if gid, ok := parseID(f[2]); ok {
			groups = append(groups, groupLine{f[0], gid, strings.FieldsFunc(f[3], func(r rune) bool { return r == ',' || r == ' ' })})
		}
	})
	return groups
}

// parseID refuses 4294967295: as -1 it tells setresuid to leave an id alone,
// which would leave root root.
func parseID(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil && n != 1<<32-1
}

// lookupUser finds a name first and then a number, as getpwnam and then atoi
// would: an account may be called "1000". A number that no account has is a
// user of its own, whose group has the same number.
func lookupUser(users []User, word string) (User, error) {
	for _, u := range users {
		if u.Name == word {
			return u, nil
		}
	}
	uid, ok := parseID(word)
	if !ok {
		return User{}, fmt.Errorf("no such user %q", word)
	}
	for _, u := range users {
		if u.UID == uid {
			return u, nil
		}
	}
	return User{Name: word, UID: uid, GID: uid}, nil
}

func lookupGroup(groups []groupLine, word string) (uint32, error) {
	for _, g := range groups {
		if g.name == word {
			return g.gid, nil
		}
	}
	if gid, ok := parseID(word); ok {
		return gid, nil
	}
	return 0, fmt.Errorf("no such group %q", word)
}

// groupsOf is what initgroups(3) would set: the user's own group and all that
// list it as a member.
func groupsOf(groups []groupLine, u User) []uint32 {
	gids := []uint32{u.GID}
	for _, g := range groups {
		if g.gid != u.GID && slices.Contains(g.members, u.Name) && !slices.Contains(gids, g.gid) {
			gids = append(gids, g.gid)
		}
	}
	return gids
}

// eachLine calls f with each line of a file of /etc that is neither blank nor a
// comment. A file that cannot be read has none.
func eachLine(h *Host, name string, f func(line string)) {
	data, err := h.ReadFile(name)
	if err != nil {
		return
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' {
			f(line)
		}
	}
}
