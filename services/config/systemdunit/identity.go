// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"path"
	"strconv"
	"strings"

	"superd/services"
)

// identity sets who the program is. Without User it is root, as under systemd; the
// supplementary groups of root are then none, and those of a user all that the group
// database has for it.
func (e *entry) identity() {
	if e.command.privileged || e.command.noSetuid {
		e.warn(e.command.setting, "\"+\" or \"!\" before the path: the program runs as root, whatever User says")
		if s, ok := e.service.one("Service", "User"); ok {
			e.home(s)
		}
		return
	}
	user, named := e.service.one("Service", "User")
	if v := e.service.get("Service", "DynamicUser"); v != nil && !named {
		if on, _ := parseBool(v.last().value); on {
			// systemd calls it after the unit. Its number must be somebody's: root it
			// must never become.
			user, named = v.last(), true
			user.value = e.service.prefix
		}
	}
	e.env.known = append(e.env.known, "PATH="+basePath)
	if !named {
		if dir, _ := e.service.one("Service", "WorkingDirectory"); strings.TrimPrefix(dir.value, "-") == "~" {
			if u, err := e.run.host.LookupUser("root"); err == nil {
				e.env.known = append(e.env.known, "HOME="+u.Home) // as systemd does, which has looked it up
			}
		}
		if e.run.host.Root {
			e.warn(setting{key: "User", pos: e.command.pos}, "is not given: the program runs as root, as under systemd")
		}
	} else if name, ok := e.expand(user, user.value); ok {
		e.put(services.User, user, name)
		e.put(services.Groups, user, true)
		e.known(name)
	}
	e.groups()
}

// home gives a program that runs as root the variables of the user that it is to
// become.
func (e *entry) home(user setting) {
	if name, ok := e.expand(user, user.value); ok {
		e.known(name)
	}
	for _, word := range e.env.known {
		if name, _, _ := strings.Cut(word, "="); !e.env.has(name) {
			e.env.set(word)
		}
	}
}

// known are the variables that systemd sets for a user: no home that is the root, and
// no shell that lets nobody in.
func (e *entry) known(name string) {
	u, err := e.run.host.LookupUser(name)
	if err != nil {
		return
	}
	e.env.known = append(e.env.known, "USER="+u.Name, "LOGNAME="+u.Name)
	if path.Clean(u.Home) != "/" && path.IsAbs(u.Home) {
		e.env.known = append(e.env.known, "HOME="+u.Home)
	}
	if base := path.Base(u.Shell); u.Shell != "" && base != "nologin" && base != "false" && base != "true" {
		e.env.known = append(e.env.known, "SHELL="+u.Shell)
	}
}

// groups sets group, which has the supplementary ones behind the first.
func (e *entry) groups() {
	s, said := e.service.one("Service", "Group")
	var names []string
	if said {
		name, ok := e.expand(s, s.value)
		if !ok {
			return
		}
		names = append(names, name)
	}
	var more []string
	list := e.service.get("Service", "SupplementaryGroups").list()
	for _, x := range list {
		e.eachWord(x, func(name string) { more = append(more, name) })
	}
	if len(more) > 0 && !said {
		s = list[0]
		// The group is the user's own, which stands first.
		name := "root"
		if user, ok := e.service.one("Service", "User"); ok {
			name = user.value
		}
		u, err := e.run.host.LookupUser(name)
		if err != nil {
			e.refuse(s, "%v", err)
			return
		}
		names = append(names, strconv.FormatUint(uint64(u.GID), 10))
	}
	if names = append(names, more...); len(names) > 0 {
		e.put(services.Group, s, strings.Join(names, " "))
	}
}

// workingDirectory sets where the program starts: "~" is the user's home, and of a
// folder behind "-" it does not matter whether it is there.
func workingDirectory(e *entry, v values) {
	s := v.last()
	dir, optional := strings.CutPrefix(s.value, "-")
	if dir == "~" {
		name := "root"
		if user, ok := e.service.one("Service", "User"); ok {
			name = user.value
		}
		u, err := e.run.host.LookupUser(name)
		if err != nil {
			e.refuse(s, "%v", err)
			return
		}
		dir = u.Home
	}
	dir, ok := e.expand(s, dir)
	if !ok {
		return
	}
	if root, _ := e.service.one("Service", "RootDirectory"); optional && !e.run.isFolder(path.Join(root.value, dir)) {
		e.warn(s, "%q is not there: the program starts in /", clip(dir))
		return
	}
	e.put(services.WorkingDirectory, s, dir)
}

func (r *run) isFolder(name string) bool {
	info, err := r.host.Stat(name)
	return err == nil && info.IsDir()
}

// capabilities sets the bounding set: lists add up, "~" takes away, and an empty
// value is the empty set.
func (e *entry) capabilities() {
	v := e.service.get("Service", "CapabilityBoundingSet")
	if v == nil || e.command.privileged {
		return
	}
	all := services.Capabilities()
	set := map[string]bool{}
	fresh := true // nothing was said yet, which is all
	for _, s := range v {
		text, invert := strings.CutPrefix(s.value, "~")
		words, err := splitWords(text, false)
		if err != nil {
			e.refuse(s, "%v", err)
			return
		}
		for i := range words {
			words[i] = strings.ToUpper(words[i])
		}
		if fresh || len(words) == 0 {
			set = map[string]bool{}
			for _, name := range all {
				set[name] = invert
			}
		}
		fresh = len(words) == 0 && invert
		for _, name := range words {
			if _, ok := set[name]; !ok {
				e.refuse(s, "%q is no capability", clip(name))
				return
			}
			set[name] = !invert
		}
	}
	list := []string{}
	for _, name := range all {
		if set[name] {
			list = append(list, name)
		}
	}
	e.put(services.CapabilityBoundingSet, v.last(), list)
}
