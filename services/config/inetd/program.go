// SPDX-License-Identifier: Apache-2.0

package inetd

import (
	"path"
	"slices"
	"strings"

	"superd/services"
	"superd/services/config"
)

// userField reads the fifth field: user, group and FreeBSD's login class.
func (e *entry) userField(w word) {
	user, group, split := w.text, "", false
	switch e.run.dialect {
	case FreeBSD:
		if i := strings.LastIndexByte(user, '/'); i >= 0 {
			e.refuse("user", after(w, i+1).pos, "the login class %q is not offered: Linux has none, and the limits that it sets would be lost", clip(user[i+1:]))
			user = user[:i]
		}
		if i := strings.LastIndexByte(user, ':'); i >= 0 {
			user, group, split = user[:i], user[i+1:], true
		}
	case OpenBSD:
		user, group, split = cutFirst(user, ".", ":")
	default:
		user, group, split = cutFirst(user, ":", ".")
	}
	e.identity(word{text: user, pos: w.pos}, word{text: group, pos: after(w, min(len(user)+1, len(w.text))).pos}, split)
}

// cutFirst cuts at the first of the separators that is there.
func cutFirst(s string, separators ...string) (before, rest string, ok bool) {
	for _, sep := range separators {
		if before, rest, ok = strings.Cut(s, sep); ok {
			return before, rest, true
		}
	}
	return s, "", false
}

// identity sets user and group, which every inetd knows by name alone.
func (e *entry) identity(user, group word, split bool) {
	d := e.run.dialect
	v, err := services.User.Row().Parse(user.text)
	if err != nil {
		e.fail("user", user.pos, "%v", err)
		return
	}
	if isNumber(user.text) {
		if u, err := e.run.host.LookupUser(user.text); err != nil || u.Name != user.text || !u.InDB {
			e.fail("user", user.pos, "no such user %q; %s knows users by name alone", clip(user.text), d.title())
			return
		}
	}
	e.set(services.User, "user", user.pos, v)
	switch {
	case !split:
	case group.text == "" || isNumber(group.text) || strings.ContainsAny(group.text, " \t,"):
		e.fail("user", group.pos, "no such group %q; %s knows groups by name alone", clip(group.text), d.title())
	case d == GNU && e.rootsGroup(group.text):
		e.warn("user", group.pos, "%s takes a group of number 0 for none, and so does superd: the user's own counts", d.title())
	case user.text == "root" && !d.habits().rootGroup:
		e.warn("user", group.pos, "%s gives root no other group, and neither does superd", d.title())
	default:
		if v, err = services.Group.Row().Parse(group.text); err != nil {
			e.fail("user", group.pos, "%v", err)
			return
		}
		e.set(services.Group, "user", group.pos, v)
	}
}

// rootsGroup tells whether a group is the one of number 0.
func (e *entry) rootsGroup(name string) bool {
	gid, err := e.run.host.LookupGroup(name)
	return err == nil && gid == 0
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// program reads the sixth field and the arguments behind it.
func (e *entry) program(server word, args []word) {
	e.server = server
	if server.text == "internal" {
		if name := e.name.text; !slices.Contains(internals, name) && !e.refused {
			e.fail("server", server.pos, "%s has no internal service %q and drops it", e.run.dialect.title(), clip(name))
			return
		}
		e.refuse("server", server.pos, "internal services are not built yet")
		return
	}
	argv := make([]string, 0, max(1, len(args)))
	for _, a := range args {
		argv = append(argv, a.text)
	}
	if len(argv) == 0 {
		argv = append(argv, path.Base(server.text))
		if e.run.dialect != OpenBSD {
			e.aside("arguments", server.pos, "there is none: the program's name is argv[0]")
		}
	}
	if !e.fewer(args) {
		return
	}
	file, daemon := server.text, path.Base(argv[0])
	if path.Base(file) == "tcpd" {
		if len(args) == 0 || argv[0] == "" {
			e.fail("server", server.pos, "tcpd is not told which program to start, and would start itself without end")
			return
		}
		file, argv[0] = e.wrapped(argv[0])
		e.aside("server", server.pos, "tcpd is not started: superd asks hosts.allow and hosts.deny itself")
		e.text(services.Libwrap, "tcpd", server, path.Base(file))
	} else if e.asksLibwrap() {
		e.text(services.Libwrap, "libwrap", server, daemon)
	}
	e.exec(server, file, argv)
}

// wrapped gives the program that tcpd starts, and the name that it gives to it.
func (e *entry) wrapped(name string) (file, argv0 string) {
	if path.IsAbs(name) {
		return name, path.Base(name)
	}
	return path.Join(e.run.dialect.habits().tcpd, name), name
}

// asksLibwrap: NetBSD's inetd asks of itself, openbsd-inetd with -l.
func (e *entry) asksLibwrap() bool {
	nowait := slices.ContainsFunc(e.assigns, func(a config.Assign) bool { return a.Attr == services.Mode && a.Value == "inet" })
	return nowait && e.kind.text == "stream" && !e.local && (e.run.options.Libwrap || e.run.dialect == NetBSD)
}

// fewer looks at how many arguments there are.
func (e *entry) fewer(args []word) bool {
	h := e.run.dialect.habits()
	switch most := h.maxArgs; {
	case most == 0 || len(args) <= most:
	case h.dropsArgs:
		e.fail("arguments", args[most].pos, "%d are too many: %s takes %d, and drops the service", len(args), e.run.dialect.title(), most)
		return false
	default:
		e.warn("arguments", args[most].pos, "%s drops all behind the first %d; superd gives the program all %d", e.run.dialect.title(), most, len(args))
	}
	return true
}

// exec sets the program. A path that is not absolute is one from where the inetd
// runs. Busybox's looks in PATH, which a file does not show.
func (e *entry) exec(server word, file string, argv []string) {
	if !path.IsAbs(file) {
		dir := path.Join("/", e.run.options.Dir)
		if err := e.run.host.Executable(path.Join(dir, file)); err != nil {
			e.fail("server", server.pos, "%q is not an absolute path, and is not in %s, where %s looks for it", clip(file), clip(dir), e.run.dialect.title())
			return
		}
		e.warn("server", server.pos, "%q is not an absolute path: it is looked for in %s", clip(file), clip(dir))
		file = path.Join(dir, file)
	}
	v, err := services.Exec.Row().FromTOML(append([]string{file}, argv[1:]...))
	if err != nil {
		e.fail("server", server.pos, "%v", err)
		return
	}
	e.set(services.Exec, "server", server.pos, v)
	if argv[0] != path.Base(file) {
		e.text(services.Argv0, "arguments", server, argv[0])
	}
}

// text sets what must be plain text.
func (e *entry) text(attr services.AttrID, as string, w word, s string) {
	v, err := attr.Row().Parse(s)
	if err != nil {
		e.refuse(as, w.pos, "%v", err)
		return
	}
	e.set(attr, as, w.pos, v)
}
