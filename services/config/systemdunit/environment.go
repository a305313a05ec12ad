// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"superd/services"
)

// environment is what a unit says of its program's variables.
type environment struct {
	words []string // NAME=VALUE, of one name the last counts
	pass  []string // names of the manager's own variables
	known []string // NAME=VALUE that superd sets by itself, as systemd does; for expand
	full  bool     // there were more than maxVariables
	names bool     // a command asked for fdNames
}

const (
	// maxVariables is far above what programs are given, and below what takes long.
	maxVariables = 4096
	// maxCommand is how much execve takes by default: a quarter of the stack's limit.
	maxCommand = 2 << 20
)

// set puts a variable in.
func (v *environment) set(word string) {
	if len(v.words) >= maxVariables {
		v.full = true
		return
	}
	name, _, _ := strings.Cut(word, "=")
	v.words = append(slices.DeleteFunc(v.words, func(w string) bool { return strings.HasPrefix(w, name+"=") }), word)
}

// unset takes a variable out: NAME, or NAME=VALUE alone.
func (v *environment) unset(word string) {
	v.words = slices.DeleteFunc(v.words, func(w string) bool { return w == word || strings.HasPrefix(w, word+"=") })
	v.pass = slices.DeleteFunc(v.pass, func(name string) bool { return name == word })
}

func (v *environment) has(name string) bool {
	return slices.ContainsFunc(v.words, func(w string) bool { return strings.HasPrefix(w, name+"=") })
}

func (v *environment) get(name string) (string, bool) {
	for _, list := range [][]string{v.words, v.known} {
		for _, w := range list {
			if value, ok := strings.CutPrefix(w, name+"="); ok {
				return value, true
			}
		}
	}
	return "", false
}

// fdNames is the variable with the names of a program's sockets.
const fdNames = "LISTEN_FDNAMES"

// perClient are the variables that each start of the program has its own of.
func perClient(name string) bool {
	return strings.HasPrefix(name, "REMOTE_") || strings.HasPrefix(name, "LISTEN_") || slices.Contains([]string{"MAINPID", "SO_COOKIE", "NOTIFY_SOCKET"}, name)
}

// expand puts variables into a command line, as systemd does: a word $NAME becomes
// the words of its value, none if it is not set; ${NAME} the value itself, anywhere;
// $$ is a dollar.
func (v *environment) expand(argv []string) (out []string, err error) {
	left := maxCommand
	for _, arg := range argv {
		if left < 0 {
			return nil, errTooLong
		}
		if arg == "$" || len(arg) > 1 && arg[0] == '$' && arg[1] != '{' && arg[1] != '$' {
			value, err := v.value(arg[1:])
			if err != nil {
				return nil, err
			}
			words, _ := splitWords(value, true)
			out = append(out, words...)
			left -= len(value)
			continue
		}
		text, err := v.braced(arg)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
		left -= len(text)
	}
	return out, nil
}

var errTooLong = fmt.Errorf("the command is longer than %d bytes, which no kernel takes", maxCommand)

func (v *environment) value(name string) (string, error) {
	v.names = v.names || name == fdNames
	if value, ok := v.get(name); ok || !perClient(name) {
		return value, nil
	}
	return "", fmt.Errorf("$%s: each client has another one, which is not known when the configuration is read", clip(name))
}

// braced resolves ${NAME} and $$ in one word.
func (v *environment) braced(s string) (string, error) {
	var b strings.Builder
	for {
		if b.Len() > maxCommand {
			return "", errTooLong
		}
		i := strings.IndexByte(s, '$')
		if i < 0 || i+1 == len(s) {
			b.WriteString(s)
			return b.String(), nil
		}
		b.WriteString(s[:i])
		end := strings.IndexByte(s[i:], '}') + i
		switch {
		case s[i+1] == '$':
			b.WriteByte('$')
			s = s[i+2:]
		case s[i+1] == '{' && end > i && !strings.Contains(s[i:end], ":"):
			value, err := v.value(s[i+2 : end])
			if err != nil {
				return "", err
			}
			b.WriteString(value)
			s = s[end+1:]
		default:
			b.WriteByte('$')
			s = s[i+1:]
		}
	}
}

// validName tells whether a variable may be called so.
func validName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// readEnvironment reads all options that are about variables, in the order of their
// strength.
func (e *entry) readEnvironment() {
	for _, s := range e.service.get("Service", "PassEnvironment").list() {
		e.eachWord(s, func(word string) {
			e.env.pass = append(e.env.pass, word)
			if value, ok := e.run.host.Getenv(word); ok {
				e.env.known = append(e.env.known, word+"="+value)
			}
		})
	}
	for _, s := range e.service.get("Service", "Environment").list() {
		e.eachWord(s, func(word string) {
			if name, _, ok := strings.Cut(word, "="); ok && validName(name) {
				e.env.set(word)
				return
			}
			e.warn(s, "%q: want NAME=VALUE: it is passed over", clip(word))
		})
	}
	for _, s := range e.service.get("Service", "EnvironmentFile").list() {
		e.environmentFile(s)
	}
	for _, s := range e.service.get("Service", "UnsetEnvironment").list() {
		e.eachWord(s, e.env.unset)
	}
}

// eachWord cuts a list into words and resolves their specifiers.
func (e *entry) eachWord(s setting, take func(string)) {
	words, err := splitWords(s.value, false)
	if err != nil {
		e.refuse(s, "%v", err)
		return
	}
	for _, word := range words {
		if text, ok := e.expand(s, word); ok {
			take(text)
		}
	}
}

// environmentFile reads the files that one EnvironmentFile names.
func (e *entry) environmentFile(s setting) {
	pattern, optional := strings.CutPrefix(s.value, "-")
	pattern, ok := e.expand(s, pattern)
	if !ok {
		return
	}
	if !path.IsAbs(pattern) {
		e.refuse(s, "%q: want an absolute path", clip(pattern))
		return
	}
	files := e.run.glob(pattern)
	if len(files) == 0 && !optional {
		e.refuse(s, "cannot read %q: no such file; \"-\" before it lets it be missing", clip(pattern))
	}
	for _, file := range files {
		text, err := e.run.readFile(file)
		switch {
		case err == nil:
			e.run.sink.File(file)
			e.take(s, file, text)
		case !optional || !errors.Is(err, errAbsent):
			e.refuse(s, "cannot read %q: %v", clip(file), err)
		}
	}
}

func (e *entry) take(s setting, file, text string) {
	for name, value := range variables(text) {
		if !validName(name) || strings.ContainsRune(value, 0) {
			e.warn(s, "%s: %q is no name of a variable: it is passed over", file, clip(name))
			continue
		}
		e.env.set(name + "=" + value)
	}
}

// glob lists the files that a path stands for. Wildcards are taken in its last part,
// where units have them.
func (r *run) glob(pattern string) []string {
	if !strings.ContainsAny(pattern, "*?[") {
		return []string{pattern}
	}
	list, err := r.host.ReadDir(path.Dir(pattern))
	if err != nil {
		return nil
	}
	var files []string
	for _, entry := range list {
		if ok, _ := path.Match(path.Base(pattern), entry.Name()); ok && entry.Name()[0] != '.' {
			files = append(files, path.Join(path.Dir(pattern), entry.Name()))
		}
	}
	slices.Sort(files)
	return files
}

// assignEnvironment sets env and passenv.
func (e *entry) assignEnvironment() {
	first := func(keys ...string) setting {
		for _, key := range keys {
			if v := e.service.get("Service", key); v != nil {
				return v[0]
			}
		}
		return setting{key: keys[0], pos: e.command.pos}
	}
	if e.env.full {
		e.refuse(first("EnvironmentFile", "Environment"), "there are more than %d variables", maxVariables)
	}
	if len(e.env.pass) > 0 {
		e.put(services.PassEnv, first("PassEnvironment"), e.env.pass)
	}
	if len(e.env.words) > 0 {
		e.put(services.Env, first("Environment", "EnvironmentFile"), e.env.words)
	}
}
