// SPDX-License-Identifier: Apache-2.0

package services

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"superd/limits"
	"superd/limits/access"
)

func itemText(_ *Attribute, s string) ([]string, error) {
	if err := plain(s); err != nil {
		return nil, err
	}
	return []string{s}, nil
}

func itemWord(a *Attribute, s string) ([]string, error) {
	w, err := parseWord(a, s)
	if err != nil {
		return nil, err
	}
	return []string{w.(string)}, nil
}

// wordSet gives the words in the attribute's order, each once.
func wordSet(a *Attribute, items []string) ([]string, error) {
	out := make([]string, 0, len(items))
	for _, w := range a.Words {
		if slices.Contains(items, w) {
			out = append(out, w)
		}
	}
	return out, nil
}

// distinct drops what was said before.
func distinct(_ *Attribute, items []string) ([]string, error) {
	if len(items) < 2 {
		return items, nil
	}
	seen := make(map[string]bool, len(items))
	return slices.DeleteFunc(items, func(s string) bool {
		again := seen[s]
		seen[s] = true
		return again
	}), nil
}

// itemArg takes any bytes that execve can hand over, an empty argument included.
func itemArg(_ *Attribute, s string) ([]string, error) {
	if strings.IndexByte(s, 0) >= 0 {
		return nil, fmt.Errorf("%q holds a NUL", clip(s))
	}
	return []string{s}, nil
}

func argv(_ *Attribute, items []string) ([]string, error) {
	if len(items) == 0 || items[0] == "" {
		return nil, fmt.Errorf("empty: want a program")
	}
	if items[0][0] != '/' {
		return nil, fmt.Errorf("%q: want the program's absolute path", clip(items[0]))
	}
	return items, nil
}

func itemEnv(a *Attribute, s string) ([]string, error) {
	if i := strings.IndexByte(s, '='); i <= 0 {
		return nil, fmt.Errorf("%q: want NAME=VALUE", clip(s))
	}
	return itemArg(a, s)
}

func itemName(a *Attribute, s string) ([]string, error) {
	if s == "" || strings.IndexByte(s, '=') >= 0 {
		return nil, fmt.Errorf("%q: want the name of a variable", clip(s))
	}
	return itemArg(a, s)
}

// capabilities are Linux's, in the kernel's order: a capability's number is its
// place here (include/uapi/linux/capability.h).
var capabilities = []string{"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
	"LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO",
	"SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD",
	"LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND",
	"AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"}

// Capabilities lists all capabilities, as "CAP_CHOWN".
func Capabilities() []string {
	list := make([]string, len(capabilities))
	for i, name := range capabilities {
		list[i] = "CAP_" + name
	}
	return list
}

func itemCap(_ *Attribute, s string) ([]string, error) {
	name := strings.TrimPrefix(strings.ToUpper(s), "CAP_")
	if !slices.Contains(capabilities, name) {
		return nil, fmt.Errorf("%q is no capability", clip(s))
	}
	return []string{"CAP_" + name}, nil
}

var levels = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

// logType reads xinetd's forms; words and sizes come out as they will be used.
func logType(_ *Attribute, w []string) ([]string, error) {
	if len(w) == 0 {
		return nil, fmt.Errorf("empty: want SYSLOG or FILE")
	}
	switch strings.ToUpper(w[0]) {
	case "SYSLOG":
		if len(w) < 2 || len(w) > 3 {
			return nil, fmt.Errorf("SYSLOG wants a facility, and may have a level")
		}
		out := []string{"SYSLOG", strings.ToLower(w[1])}
		if !slices.Contains(facilities, out[1]) {
			return nil, notOneOf(w[1], facilities)
		}
		if len(w) == 3 {
			out = append(out, strings.ToLower(w[2]))
			if !slices.Contains(levels, out[2]) {
				return nil, notOneOf(w[2], levels)
			}
		}
		return out, nil
	case "FILE":
		return logFile(w)
	}
	return nil, fmt.Errorf("%q: want SYSLOG or FILE", clip(w[0]))
}

func logFile(w []string) ([]string, error) {
	if len(w) < 2 || len(w) > 4 {
		return nil, fmt.Errorf("FILE wants a path, and may have a soft and a hard limit")
	}
	if _, err := parsePath(nil, w[1]); err != nil {
		return nil, err
	}
	out := []string{"FILE", w[1]}
	var sizes []int64
	for _, s := range w[2:] {
		n, err := limits.ParseSize(s, limits.NativeUnits)
		if err != nil {
			return nil, err
		}
		sizes = append(sizes, n)
		out = append(out, strconv.FormatInt(n, 10))
	}
	if len(sizes) == 2 && sizes[0] > sizes[1] {
		return nil, fmt.Errorf("the soft limit of the log exceeds the hard one")
	}
	return out, nil
}

// itemNet gives canonical words. A name stays as it is written: whoever has the
// machine's files (config) puts addresses in its place, or refuses it.
func itemNet(_ *Attribute, s string) ([]string, error) {
	rules, err := access.ParseXinetd(s, access.Resolver{})
	if errors.Is(err, access.ErrName) {
		return itemText(nil, s)
	}
	if err != nil {
		return nil, err
	}
	return access.Texts(rules), nil
}

func itemCIDR(_ *Attribute, s string) ([]string, error) {
	rules, err := access.ParseCIDR(s)
	if err != nil {
		return nil, err
	}
	return access.Texts(rules), nil
}

// maxRegexp bounds what a compiled pattern costs: some 50 times its text.
const maxRegexp = 32 << 10

// itemRegexp compiles the pattern alone: in the frame ^(?:…)$ that it will have,
// "a)(b" would pass for one. Perl's look-around is not in RE2; a rule that cannot
// be kept refuses the service.
func itemRegexp(_ *Attribute, s string) ([]string, error) {
	if len(s) > maxRegexp {
		return nil, fmt.Errorf("%q is longer than %d bytes", clip(s), maxRegexp)
	}
	if _, err := regexp.Compile(s); err != nil {
		return nil, fmt.Errorf("%q is no regular expression: %s", clip(s), strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return []string{s}, nil
}

func itemTime(_ *Attribute, s string) ([]string, error) {
	w, err := limits.ParseWindow(s)
	if err != nil {
		return nil, err
	}
	return []string{w.String()}, nil
}
