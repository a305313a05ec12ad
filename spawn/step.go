// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// kind is what a step does.
type kind uint8

const (
	kindOwnTable kind = iota
	kindAside         // file a of the Binding to the next free number from num on
	kindStdio         // a descriptor of the Binding to number num: a is fromConn, fromLog or fromFiles+i
	kindClose         // all from num upwards
	kindSignal        // signal num to its default
	kindSetsid
	kindUmask     // num
	kindLimit     // resource num, soft a, hard b
	kindChroot    // text
	kindChdir     // text
	kindBounding  // capabilities a out of the bounding set, b stay
	kindAmbient   // clear the ambient set
	kindSetgroups // gids
	kindSetgid    // num
	kindSetuid    // num
	kindIdentity  // uid a, gid b, number of groups num
	kindNoNewPrivs
	kindNice   // absolute value num
	kindListen // wait until LISTEN_PID is written
	kindSigmask
	kindExec // text is path and argv

	numKinds
)

// Where a kindStdio takes its descriptor from.
const (
	fromConn = iota
	fromLog
	fromFiles // the first of those that were put aside
)

// firstFile is where descriptors beside the standard ones begin, as SD_LISTEN_FDS_START.
const firstFile = 3

// Step is one step of a Program: a kind and its arguments. Steps are values, made
// by Compile alone.
type Step struct {
	kind kind
	late bool // of the kinds that have two places: it stands in the later one
	num  int32
	a, b uint64 // of kindLimit: read by the kernel as a struct rlimit64, so they stay neighbours
	text words
	gids []uint32
}

// kinds gives each kind its name in errors, and the reason for its place.
var kinds = [numKinds]struct{ name, why string }{
	kindOwnTable:   {"close_range", "a table of its own, without what lies above the connection: copying 10,000 listeners would cost more than all else"},
	kindAside:      {"dup3", "where it lies another may be going"},
	kindStdio:      {"dup3", "before the rest is closed"},
	kindClose:      {"close_range", "no descriptor that the service was not given"},
	kindSignal:     {"rt_sigaction", "exec keeps an ignored signal ignored"},
	kindSetsid:     {"setsid", "a session of its own can be signalled as a whole"},
	kindUmask:      {"umask", "needs no privilege, lost by none"},
	kindLimit:      {"rlimit", ""},
	kindChroot:     {"chroot", "while still privileged"},
	kindChdir:      {"chdir", ""},
	kindBounding:   {"capability_bounding_set", "needs CAP_SETPCAP, which setresuid takes away"},
	kindAmbient:    {"ambient set", "what superd holds is not the handler's"},
	kindSetgroups:  {"setgroups", "before setresuid, which takes the right to do it"},
	kindSetgid:     {"setresgid", "before setresuid; real, effective and saved"},
	kindSetuid:     {"setresuid", "real, effective and saved, so that there is no way back"},
	kindIdentity:   {"identity", "read back: a sandbox may have answered without doing it"},
	kindNoNewPrivs: {"no_new_privs", "nothing that follows may raise it again"},
	kindNice:       {"nice", ""},
	kindListen:     {"listen_pid", "only the clone tells which pid it is, and LISTEN_PID must name it"},
	kindSigmask:    {"rt_sigprocmask", "signals were blocked since the clone; handlers expect none blocked"},
	kindExec:       {"execve", "from here the process is the handler"},
}

// Name is the step's name as in Error: that of the attribute or of the call.
func (s Step) Name() string {
	if s.kind == kindLimit {
		return limitName(int(s.num))
	}
	return kinds[s.kind].name
}

// Object is what the step is about: a path, a number, a list. It may be empty.
func (s Step) Object() string {
	switch s.kind {
	case kindOwnTable:
		return "unshare"
	case kindAside:
		return fileName(s.a) + " aside"
	case kindStdio:
		return s.source() + " as " + strconv.Itoa(int(s.num))
	case kindClose:
		return strconv.Itoa(int(s.num)) + ".."
	case kindSignal, kindNice:
		return strconv.Itoa(int(s.num))
	case kindUmask:
		return fmt.Sprintf("%03o", s.num)
	case kindLimit:
		return limitText(s.a, s.b)
	case kindChroot, kindChdir, kindExec:
		for path := range s.text.all() {
			return path
		}
	case kindBounding:
		return s.bounding()
	case kindSetgroups:
		return s.groups()
	case kindSetgid, kindSetuid:
		return strconv.FormatUint(uint64(uint32(s.num)), 10)
	case kindIdentity:
		return fmt.Sprintf("uid %d, gid %d, %d groups", s.a, s.b, s.num)
	}
	return ""
}

// source names what a kindStdio copies.
func (s Step) source() string {
	switch s.a {
	case fromConn:
		return "connection"
	case fromLog:
		return "log"
	}
	return fileName(s.a - fromFiles)
}

// fileName is how people count Binding.Files.
func fileName(i uint64) string { return "file " + strconv.FormatUint(i+1, 10) }

func (s Step) groups() string {
	if len(s.gids) == 0 {
		return "none"
	}
	list := make([]string, len(s.gids))
	for i, g := range s.gids {
		list[i] = strconv.FormatUint(uint64(g), 10)
	}
	return strings.Join(list, ",")
}

// bounding names what goes or what stays, whichever is less.
func (s Step) bounding() string {
	gone, kept := CapList(s.a), CapList(s.b)
	switch {
	case len(kept) == 0:
		return "none"
	case len(kept) < len(gone):
		return "only " + strings.Join(kept, " ")
	}
	return "less " + strings.Join(gone, " ")
}

// Why gives the reason for the step's place.
func (s Step) Why() string {
	switch {
	case s.kind == kindChdir && !s.late:
		return "out of whatever directory superd, or the world before the chroot, is in"
	case s.kind == kindChdir:
		return "as the user, who must be allowed in"
	case s.kind == kindLimit && !s.late:
		return "rises: needs privileges"
	case s.kind == kindLimit:
		return "falls: late, so that it hinders no other step"
	case s.kind == kindNice && !s.late:
		return "before setresuid, which takes the right to do it; a refusal is no failure"
	case s.kind == kindNice:
		return "late, lest the steps before be slow on a busy machine"
	}
	return kinds[s.kind].why
}

// String is the step's line in a Program: name, object and reason.
func (s Step) String() string {
	what := s.Name()
	if o := s.Object(); o != "" {
		if isPath(what) {
			o = strconv.Quote(o)
		}
		what += " " + o
	}
	if s.kind == kindExec {
		what += fmt.Sprintf(" %q", s.text.list()[1:])
	}
	return fmt.Sprintf("%-40s # %s", what, s.Why())
}

// isPath tells whether the object of a step of this name is a path.
func isPath(name string) bool { return name == "chroot" || name == "chdir" || name == "execve" }

func (s Step) equal(t Step) bool {
	return s.kind == t.kind && s.late == t.late && s.num == t.num && s.a == t.a && s.b == t.b && s.text == t.text && slices.Equal(s.gids, t.gids)
}
