// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"math"

	"golang.org/x/sys/unix"
)

// Binding holds the live descriptors of one start.
//
// The caller's descriptors 0, 1 and 2 must be /dev/null. Until its first step the
// child shares the caller's table, and then it copies what lies below the highest of
// the numbers here: so what is kept for long (listeners, pidfds) should have high
// numbers, Conn and Log low ones, and none may be closed before the Outcome. A log
// is changed by dup3 onto its number.
//
// Files may have any numbers, one may stand there twice, and be Conn or Log as well.
// A high one costs the child the copy of all below it, 0.6 ms with 10,000
// descriptors: too much for each client, little for a worker that serves many.
type Binding struct {
	Conn     int   // the connection, or the listening socket of a wait handler; looked at only where the Program gives one
	Log      int   // what becomes stderr under StderrLog, stdout under StdioLog; -1 = none
	Files    []int // what the process finds at 3 and up; they stay the caller's; read during Start alone
	KeepConn bool  // Conn stays the caller's after a success, too
	GiveLog  bool  // Log is the Launcher's after a success, as Conn is: a copy made for this start
}

// of gives what p takes of b.
func (b Binding) of(p *Program) Binding {
	if !p.connects() {
		b.Conn = -1
	}
	if n := p.files(); len(b.Files) > n {
		b.Files = b.Files[:n]
	}
	return b
}

// file gives the number of file i, -1 if there is none: the step that wants it then
// fails with EBADF.
func (b *Binding) file(i uint64) int {
	if i < uint64(len(b.Files)) {
		return b.Files[i]
	}
	return -1
}

func (b *Binding) highest() int {
	n := max(b.Conn, b.Log)
	for _, fd := range b.Files {
		n = max(n, fd)
	}
	return n
}

// pass lays b's descriptors behind those that a new process gets already, and gives
// the Binding as that process finds it. One that is not open gets a number that
// never is, for the process to fail at the step that wants it, as a child of ours does.
func (b *Binding) pass(files []uintptr) (all []uintptr, there Binding) {
	const neverOpen = math.MaxInt32 // above any fs.nr_open
	pass := func(fd int) int {
		if fd < 0 {
			return -1
		}
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil {
			return neverOpen
		}
		files = append(files, uintptr(fd))
		return len(files) - 1
	}
	there.Conn, there.Log = pass(b.Conn), pass(b.Log)
	for _, fd := range b.Files {
		there.Files = append(there.Files, pass(fd))
	}
	return files, there
}
