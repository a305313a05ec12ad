// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Inherited is one descriptor that a service manager started superd with.
type Inherited struct {
	FD   int
	Name string // FileDescriptorName= of its unit, or FDNAME of what was stored; "unknown" if nothing was said
}

// firstInherited is SD_LISTEN_FDS_START.
const firstInherited = 3

// mostHoles is after how many closed descriptors in a row ReadListenFDs looks no
// further: the manager leaves none, and a LISTEN_FDS of two thousand million must
// not cost as many system calls.
const mostHoles = 16

// Process is what ReadListenFDs must know of the process that reads.
type Process struct {
	Pid int
	// PidfdID gives the inode of the process's own pidfd; false where the kernel
	// has none (before 6.9). It is asked only if LISTEN_PIDFDID is set.
	PidfdID func() (uint64, bool)
	// IsInherited tells whether a descriptor is open and was at the start.
	IsInherited func(fd int) bool
}

// ReadListenFDs reads LISTEN_PID, LISTEN_PIDFDID, LISTEN_FDS and LISTEN_FDNAMES as
// sd_listen_fds_with_names(3) does. It changes nothing: closing the descriptors to
// programs, and taking the variables out of programs' environment, is the caller's.
//
// What is said to another process is no error and gives nothing. Numbers are
// decimal, as the manager writes them. Two things are kinder than libsystemd, which
// gives nothing at all then, so that one slip does not reset every client who
// waits: a descriptor that is not open costs itself alone, and names of a wrong
// number are as none. Both are among the errors.
func ReadListenFDs(environ []string, self Process) (found []Inherited, errs []error) {
	env := listenVars(environ)
	if mine, err := env.addressed(self); !mine || err != nil {
		return nil, list(err)
	}
	text, set := env["LISTEN_FDS"]
	if !set {
		return nil, nil
	}
	n, err := number(text, math.MaxInt32-firstInherited)
	if err != nil || n == 0 {
		return nil, list(fmt.Errorf("cannot read LISTEN_FDS %q: want the number of descriptors", cut(text)))
	}
	names, err := env.names(int(n))
	errs = list(err)
	holes := 0
	for i := range int(n) {
		fd := firstInherited + i
		if !self.IsInherited(fd) {
			if holes++; holes == mostHoles {
				return found, append(errs, fmt.Errorf("cannot take all of LISTEN_FDS=%d: descriptors from %d on are not open", n, fd-mostHoles+1))
			}
			continue
		}
		for h := fd - holes; h < fd; h++ {
			errs = append(errs, notOpen(h, names))
		}
		holes = 0
		found = append(found, Inherited{FD: fd, Name: nameAt(names, i)})
	}
	for h := firstInherited + int(n) - holes; h < firstInherited+int(n); h++ {
		errs = append(errs, notOpen(h, names))
	}
	return found, errs
}

func notOpen(fd int, names []string) error {
	return fmt.Errorf("cannot take descriptor %d (%s): it is not open", fd, cut(nameAt(names, fd-firstInherited)))
}

// listenEnv are the variables of the protocol. Of a name that is there twice the
// first counts, as getenv(3) has it.
type listenEnv map[string]string

func listenVars(environ []string) listenEnv {
	env := listenEnv{}
	for _, kv := range environ {
		name, value, ok := strings.Cut(kv, "=")
		if _, have := env[name]; ok && !have && strings.HasPrefix(name, "LISTEN_") {
			env[name] = value
		}
	}
	return env
}

// addressed tells whether the descriptors are for this process.
func (env listenEnv) addressed(self Process) (bool, error) {
	text, set := env["LISTEN_PID"]
	if !set {
		return false, nil
	}
	pid, err := number(text, math.MaxInt32)
	if err != nil || pid == 0 {
		return false, fmt.Errorf("cannot read LISTEN_PID %q: want a process id", cut(text))
	}
	if int(pid) != self.Pid {
		return false, nil
	}
	if text, set = env["LISTEN_PIDFDID"]; !set {
		return true, nil
	}
	id, err := number(text, math.MaxUint64)
	if err != nil {
		return false, fmt.Errorf("cannot read LISTEN_PIDFDID %q: want a number", cut(text))
	}
	own, known := self.PidfdID()
	return !known || own == id, nil
}

// names are those of n descriptors, nil if none are given.
func (env listenEnv) names(n int) ([]string, error) {
	text, set := env["LISTEN_FDNAMES"]
	if !set {
		return nil, nil
	}
	if have := strings.Count(text, ":") + 1; have != n {
		return nil, fmt.Errorf("cannot use LISTEN_FDNAMES: it has %d names for %d descriptors; each counts as unknown", have, n)
	}
	return strings.Split(text, ":"), nil
}

// nameAt gives the i-th name.
func nameAt(names []string, i int) string {
	if i >= len(names) {
		return "unknown"
	}
	return names[i]
}

// number reads decimal digits and nothing else.
func number(text string, most uint64) (uint64, error) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err == nil && n > most {
		return 0, strconv.ErrRange
	}
	return n, err
}

// cut keeps a message short, whatever somebody has written there.
func cut(text string) string {
	const most = 64
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

func list(err error) []error {
	if err == nil {
		return nil
	}
	return []error{err}
}
