// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"path"
	"strings"

	"superd/services"
)

// command is the command line of ExecStart, its variables still in it.
type command struct {
	setting
	path string // as written: absolute, or a name to look for
	argv []string
	// What the characters before the path say.
	literal    bool // ":" variables stay as they are
	privileged bool // "+" User and protections are for the unit's other commands
	noSetuid   bool // "!" User is for the program itself to become
}

// basePath is where systemd looks for a program that is named without a folder. It
// is the PATH that handlers get, too.
const basePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// readCommand reads ExecStart.
func (e *entry) readCommand() bool {
	list := e.service.get("Service", "ExecStart").list()
	e.command.setting = setting{key: "ExecStart", pos: e.service.begins}
	if len(list) == 0 {
		e.refuse(e.command.setting, "is missing")
		return false
	}
	s := list[0]
	e.command.setting = s
	if len(list) > 1 {
		e.refuse(list[1], "there are several commands, and a client is served by one program")
		return false
	}
	c := command{setting: s}
	word, rest, more, err := cutWord(s.value, false)
	if err != nil || !more {
		e.refuse(s, "cannot read the command: %v", err)
		return false
	}
	word, own := c.prefixes(word)
	var ok bool
	if c.path, ok = e.expand(s, word); !ok {
		return false
	}
	if c.path == "" || strings.Contains(c.path, "/") && !path.IsAbs(c.path) {
		e.refuse(s, "%q: want an absolute path, or a program's name", clip(c.path))
		return false
	}
	if !own {
		c.argv = []string{c.path}
	}
	if c.argv, ok = e.arguments(s, c.argv, rest); !ok {
		return false
	}
	if own && len(c.argv) == 0 {
		e.refuse(s, "\"@\" wants the program's own name behind its path")
		return false
	}
	e.command = c
	return true
}

// prefixes takes the characters off that stand before the path. own tells of "@":
// the next word is what the program is told that it is called. "-", that the end of
// the program is never a failure, means nothing here: a service does not fail.
func (c *command) prefixes(word string) (rest string, own bool) {
	for rest = word; rest != ""; rest = rest[1:] {
		switch rest[0] {
		case '-', '|':
		case '@':
			own = true
		case ':':
			c.literal = true
		case '+':
			c.privileged = true
		case '!':
			// "!!" is "!" where the kernel has no ambient capabilities: nowhere now.
			c.noSetuid = !c.noSetuid
		default:
			return rest, own
		}
	}
	return rest, own
}

// arguments cuts the words of a command line and resolves their specifiers.
func (e *entry) arguments(s setting, argv []string, rest string) ([]string, bool) {
	for rest != "" {
		if alone, after, _ := strings.Cut(rest, " "); alone == ";" {
			if strings.Trim(after, blanks) == "" {
				return argv, true
			}
			e.refuse(s, "there are several commands, and a client is served by one program")
			return nil, false
		} else if alone == `\;` {
			argv, rest = append(argv, ";"), strings.TrimLeft(after, blanks)
			continue
		}
		word, more, ok, err := cutWord(rest, false)
		if err != nil {
			e.refuse(s, "%v", err)
			return nil, false
		}
		if !ok {
			break
		}
		if word, ok = e.expand(s, word); !ok {
			return nil, false
		}
		argv, rest = append(argv, word), more
	}
	return argv, true
}

// program sets exec and argv0, its variables resolved.
func (e *entry) program() {
	c := &e.command
	argv := c.argv
	if !c.literal {
		var err error
		if argv, err = e.env.expand(argv); err != nil {
			e.refuse(c.setting, "%v", err)
			return
		}
	}
	if len(argv) == 0 {
		e.refuse(c.setting, "nothing is left of the command")
		return
	}
	file := c.path
	if !path.IsAbs(file) {
		if file = e.lookFor(c.path); file == "" {
			e.refuse(c.setting, "there is no %q in %s", clip(c.path), basePath)
			return
		}
	}
	e.put(services.Exec, c.setting, append([]string{file}, argv[1:]...))
	if argv[0] != path.Base(file) {
		e.put(services.Argv0, c.setting, argv[0])
	}
}

// lookFor finds a program by its name, "" if there is none.
func (e *entry) lookFor(name string) string {
	root, _ := e.service.one("Service", "RootDirectory")
	for dir := range strings.SplitSeq(basePath, ":") {
		if file := path.Join(dir, name); e.run.host.Executable(path.Join(root.value, file)) == nil {
			return file
		}
	}
	return ""
}
