// SPDX-License-Identifier: Apache-2.0

package shim

import (
	"strings"

	"golang.org/x/sys/unix"

	"superd/spawn"
)

const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// forUsAlone are variables of whoever started us, about us: about descriptors that
// the handler does not get, or rights that it must not have.
var forUsAlone = []string{"NOTIFY_SOCKET", "LISTEN_", "WATCHDOG_", "JOURNAL_STREAM", "INVOCATION_ID", "CREDENTIALS_DIRECTORY", "SUPERD_"}

// environment is the program's, less the words about the socket. Of one name the
// last word counts.
func (f *flags) environment(environ []string, who account) []string {
	var env []string
	if f.keepEnv {
		for _, w := range environ {
			if !isForUsAlone(w) {
				env = append(env, w)
			}
		}
	} else {
		env = []string{defaultPath}
		if who.name != "" {
			env = append(env, "HOME="+who.home, "USER="+who.name, "LOGNAME="+who.name, "SHELL="+who.shell)
		}
	}
	return append(env, f.env...)
}

func isForUsAlone(word string) bool {
	key, _, _ := strings.Cut(word, "=")
	for _, n := range forUsAlone {
		if key == n || strings.HasSuffix(n, "_") && strings.HasPrefix(key, n) {
			return true
		}
	}
	return false
}

// arrange puts the descriptors where a Program expects them. Only a socket that
// goes to 3 needs anything: 0 and 1 must then be /dev/null by themselves, as they
// are in superd; and so must 2 without --stderr.
func arrange(s spawn.Spec) (spawn.Binding, error) {
	b := spawn.Binding{Conn: 0, Log: 2}
	if s.Stdio != spawn.StdioNull && s.Stderr != spawn.StderrNull {
		return b, nil
	}
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return b, err
	}
	if s.Stderr == spawn.StderrNull {
		b.Log = -1
		if err := nullTo(null, 2); err != nil {
			return b, err
		}
	}
	if s.Stdio != spawn.StdioNull {
		return b, nil
	}
	if b.Conn, err = unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 4); err != nil {
		return b, err
	}
	if err := nullTo(null, 0); err != nil {
		return b, err
	}
	return b, nullTo(null, 1)
}

func nullTo(null, fd int) error { return unix.Dup3(null, fd, 0) }
