// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"regexp"
	"slices"
	"strings"
)

// UnitDifference is one kind of thing in which a program sees something else under
// superd than under systemd, on purpose.
type UnitDifference struct {
	Subject string // a few words that name it
	Systemd string // what systemd does
	Superd  string // what superd does
	Why     string
	is      func(UnitCase) bool
}

// UnitCase is a value that differs; "-" is none.
type UnitCase struct {
	Key, Systemd, Superd string
	under, got           Report
}

// UnitDifferences are all of them, as systemd 252 has it.
var UnitDifferences = []UnitDifference{
	{"TCPREMOTEIP and its like", "sets REMOTE_ADDR and REMOTE_PORT", "sets PROTO, REMOTE_HOST and TCP*, too", "what other super-servers tell, every program finds", func(c UnitCase) bool {
		addr, port := connection(c.got)
		local, localPort := parse(fileOf(c.got, ".sockname"))
		return c.Systemd == "-" && slices.Contains([]string{"env PROTO=TCP", "env PROTO=UDP", "env REMOTE_HOST=" + addr, "env TCPREMOTEIP=" + addr, "env TCPREMOTEPORT=" + port,
			"env TCPLOCALIP=" + local, "env TCPLOCALPORT=" + localPort}, c.Key+"="+c.Superd)
	}},
	{"INVOCATION_ID and its like", "sets INVOCATION_ID, SYSTEMD_EXEC_PID, JOURNAL_STREAM and the locale that it was started with", "does not", "they are systemd's own affair",
		func(c UnitCase) bool {
			return c.Superd == "-" && slices.Contains([]string{"env INVOCATION_ID", "env SYSTEMD_EXEC_PID", "env JOURNAL_STREAM", "env LANG", "env NOTIFY_SOCKET"}, c.Key)
		}},
	{"HOME and its like", "sets none of HOME, USER, LOGNAME, SHELL without User=, no home that is / and no shell that lets nobody in", "sets all of them, as the user database has them",
		"every program finds them", func(c UnitCase) bool {
			return c.Systemd == "-" && slices.Contains([]string{"env HOME", "env USER", "env LOGNAME", "env SHELL"}, c.Key)
		}},
	{"standard error for the journal", "leads it to the journal, and where there is none to /dev/null", "leads it to superd's log", "superd's log is wherever log_file says", func(c UnitCase) bool {
		return c.Key == "fd2" && strings.HasPrefix(c.Systemd, "char ") && strings.HasPrefix(c.Superd, "file ") && strings.Contains(c.Superd, "append=1")
	}},
	{"standard output beside a connection at descriptor 3", "leads it to the journal, or a file", "throws it away, with a warning where the unit names a place", "superd has no log for output",
		func(c UnitCase) bool {
			return c.Key == "fd1" && c.got["fd3.peername"] != "" && strings.HasPrefix(c.Systemd, "file ") && strings.HasPrefix(c.Superd, "char ")
		}},
	{"groups of a program behind !", "gives it the supplementary groups of the user that it is to become", "gives it none", "it is root, and sets its groups itself",
		func(c UnitCase) bool { return c.Key == "groups" && c.Superd == "" && c.got["uid"] == "0 0 0" }},
	{"/dev/null", "opens it for input or for output", "opens it for both", "nothing depends on it", func(c UnitCase) bool {
		access := regexp.MustCompile(`access=\d`)
		return strings.HasPrefix(c.Key, "fd") && strings.HasPrefix(c.Superd, "char ") && access.ReplaceAllString(c.Systemd, "") == access.ReplaceAllString(c.Superd, "")
	}},
	{"limit on descriptors of a program behind +", "gives it systemd's own", "gives it superd's usual one, 1024", "a program that closes all up to its limit must not inherit a high one",
		func(c UnitCase) bool {
			return c.Key == "rlimit_files" && strings.HasPrefix(c.Superd, "1024:") && c.got["uid"] == "0 0 0"
		}},
	{"SIGPIPE", "starts programs with SIGPIPE ignored, unless IgnoreSIGPIPE=no", "starts them with all signals as they are by default", "as every other super-server does",
		func(c UnitCase) bool {
			return c.Key == "sigignored" && c.Systemd == "0000000000001000" && c.Superd == "0000000000000000"
		}},
	{"IPv4 clients of a socket for both families", "shows the client's address as ::ffff:192.0.2.1", "shows it as 192.0.2.1", "programs compare it with dotted addresses", func(c UnitCase) bool {
		return (strings.HasSuffix(c.Key, ".sockname") || strings.HasSuffix(c.Key, ".peername")) && c.Systemd == strings.Replace(c.Superd, "inet ", "inet6 ::ffff:", 1)
	}},
}

// fileOf is what is said of the connection, at descriptor 0 or 3.
func fileOf(r Report, what string) string {
	if v, ok := r["fd0"+what]; ok {
		return v
	}
	return r["fd3"+what]
}

func connection(r Report) (addr, port string) { return parse(fileOf(r, ".peername")) }
