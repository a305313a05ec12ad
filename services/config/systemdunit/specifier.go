// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"strconv"
	"strings"
)

// specifiers puts in place of %n and its like what they stand for. The error tells
// which one cannot be known: what a unit that is made for each connection is called,
// or who the user is.
type specifiers struct {
	run  *run
	unit *unit
	// connection: the unit is the template of a socket with Accept=yes, and the
	// instance has the connection's addresses in its name.
	connection bool
}

// expand resolves a text. A "%" before what is neither letter nor digit stays as it
// is, as it does in systemd.
func (x specifiers) expand(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		text, err := x.one(s[i])
		if err != nil {
			return "", fmt.Errorf("%%%c: %w", s[i], err)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (x specifiers) one(c byte) (string, error) {
	if c == '%' {
		return "%", nil
	}
	if x.connection && strings.IndexByte("iIfnN", c) >= 0 {
		return "", errors.New("each connection has another one, which is not known when the configuration is read")
	}
	if text, ok := x.name(c); ok {
		return text, nil
	}
	if text, ok, err := x.folder(c); ok {
		return text, err
	}
	if text, ok, err := x.owner(c); ok {
		return text, err
	}
	return x.machine(c)
}

// name are those that the unit's name tells.
func (x specifiers) name(c byte) (string, bool) {
	n := x.unit.unitName
	switch c {
	case 'n':
		return n.full, true
	case 'N':
		return n.base(), true
	case 'p':
		return n.prefix, true
	case 'P':
		return unescape(n.prefix), true
	case 'i':
		return n.instance, true
	case 'I':
		return unescape(n.instance), true
	case 'j':
		return n.last(), true
	case 'J':
		return unescape(n.last()), true
	case 'f':
		word := n.instance
		if word == "" {
			word = n.prefix
		}
		return path.Join("/", unescape(word)), true
	case 'y':
		return x.unit.file, true
	case 'Y':
		return path.Dir(x.unit.file), true
	}
	return "", false
}

// folders are those of the system, and for a user's units the variables that name
// theirs, with the folder in HOME that is theirs without one.
var folders = map[byte]struct{ system, variable, home string }{
	't': {"/run", "XDG_RUNTIME_DIR", ""},
	'S': {"/var/lib", "XDG_STATE_HOME", ".local/state"},
	'C': {"/var/cache", "XDG_CACHE_HOME", ".cache"},
	'L': {"/var/log", "", ".local/state/log"},
	'E': {"/etc", "XDG_CONFIG_HOME", ".config"},
	'T': {"/tmp", "TMPDIR", ""},
	'V': {"/var/tmp", "TMPDIR", ""},
}

func (x specifiers) folder(c byte) (text string, ok bool, err error) {
	f, ok := folders[c]
	if !ok || x.run.host.Root {
		return f.system, ok, nil
	}
	if v, set := x.run.host.Getenv(f.variable); set && path.IsAbs(v) {
		return v, true, nil
	}
	if f.home == "" {
		if c == 't' {
			return "", true, errors.New("XDG_RUNTIME_DIR is not set")
		}
		return f.system, true, nil
	}
	u, err := x.run.host.LookupUser(strconv.Itoa(int(x.run.host.UID)))
	return path.Join(u.Home, f.home), true, err
}

// owner is who runs the service manager: not the unit's User.
func (x specifiers) owner(c byte) (text string, ok bool, err error) {
	if strings.IndexByte("uUhgG", c) < 0 {
		return "", false, nil
	}
	uid, gid := x.run.host.UID, x.run.host.GID
	if x.run.host.Root {
		uid, gid = 0, 0
	}
	u, err := x.run.host.LookupUser(strconv.Itoa(int(uid)))
	switch c {
	case 'u':
		return u.Name, true, err
	case 'h':
		return u.Home, true, err
	case 'U':
		return strconv.Itoa(int(uid)), true, nil
	case 'G':
		return strconv.Itoa(int(gid)), true, nil
	}
	return "", true, errors.New("the name of a group is not looked up: write it")
}

// kernelFiles tell of the machine.
var kernelFiles = map[byte]string{
	'H': "/proc/sys/kernel/hostname", 'l': "/proc/sys/kernel/hostname", 'v': "/proc/sys/kernel/osrelease",
	'm': "/etc/machine-id", 'b': "/proc/sys/kernel/random/boot_id",
}

// architectures are systemd's names for Go's.
var architectures = map[string]string{"amd64": "x86-64", "386": "x86", "arm64": "arm64", "arm": "arm", "riscv64": "riscv64", "ppc64le": "ppc64-le", "s390x": "s390x"}

// unanswered are specifiers that systemd knows and superd cannot answer.
const unanswered = "ABMowWdDqrs"

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (x specifiers) machine(c byte) (string, error) {
	if c == 'a' {
		return architectures[runtime.GOARCH], nil
	}
	file, ok := kernelFiles[c]
	if !ok {
		if !isAlphanumeric(c) {
			return "%" + string([]byte{c}), nil
		}
		if strings.IndexByte(unanswered, c) >= 0 {
			return "", errors.New("superd does not offer it: write what it stands for")
		}
		return "", errors.New("there is no such specifier")
	}
	data, err := x.run.host.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("cannot read %q", file)
	}
	text := strings.TrimSpace(string(data))
	switch c {
	case 'l':
		text, _, _ = strings.Cut(text, ".")
	case 'b':
		text = strings.ReplaceAll(text, "-", "")
	}
	return text, nil
}
