// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A handler under StdioNull is told of its socket, and one with Spec.Listen of the
// files named there, as sd_listen_fds(3) has it: LISTEN_FDS, LISTEN_FDNAMES and
// LISTEN_PID, which must be its own pid or the words are not for it. The pid is known
// when the clone returns, and then the child is under way: it waits, one step before
// it lets signals in, until the parent has written the number into the environment
// that both see.

// maxPid is a pid with room: the kernel's largest is 4194304.
const maxPid = "4294967295"

// listen names the descriptors from 3 on that the handler is told of.
func (s *Spec) listen() []string {
	if s.Stdio == StdioNull {
		return []string{"connection"}
	}
	return s.Listen
}

// environment is Env with the words about these, less the pid's. What a socket under
// StdioNull is called Env may say.
func (s *Spec) environment() []string {
	names := s.listen()
	if len(names) == 0 {
		return s.Env
	}
	env := append(slices.Clip(s.Env), "LISTEN_FDS="+strconv.Itoa(len(names)))
	named := func(word string) bool { return strings.HasPrefix(word, "LISTEN_FDNAMES=") }
	if s.Stdio == StdioNull && slices.ContainsFunc(s.Env, named) {
		return env
	}
	return append(env, "LISTEN_FDNAMES="+strings.Join(names, ":"))
}

// listens tells whether p tells of descriptors that way.
func (p *Program) listens() bool {
	n := len(p.setup)
	return n > 1 && p.setup[n-2].kind == kindListen
}

// addListen adds the last word, the pid still open.
func (f *frame) addListen() {
	f.told = 0
	f.env.Add("LISTEN_PID", maxPid)
}

// listening tells whether addListen has added the last word.
func (f *frame) listening() bool {
	return bytes.HasSuffix(f.env.buf, []byte("LISTEN_PID="+maxPid+"\x00"))
}

// tellPid writes the pid, and lets the child go on.
func (f *frame) tellPid(pid int) {
	end := len(f.env.buf) - 1 // the last word's NUL
	digits := strconv.AppendInt(f.env.buf[:end-len(maxPid)], int64(pid), 10)
	f.env.buf[len(digits)] = 0
	atomic.StoreInt32(&f.told, 1)
	const futexWake = 1
	syscall.RawSyscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&f.told)), futexWake, 1)
}
