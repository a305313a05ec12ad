// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"math/bits"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// target is what a Program is lowered for, beside the Binding.
type target struct {
	resetSignals bool // handlers are not reset by the clone: legacy clone, and the shim
	keep         int  // a descriptor that the steps leave open, until exec closes it; -1 = none
}

// lower makes the frame's ops out of p. It is cheap where the frame has run p the
// time before: then only the descriptors and the connection's words are new.
func (f *frame) lower(p *Program, b Binding, t target) {
	if f.prog != p || len(f.ops) == 0 || t.keep >= 0 { // no ops: the shim ran p the time before
		f.lowerProgram(p, b, t)
	} else {
		f.lowerDescriptors(p, b, t)
	}
	f.lowerEnv(p)
	f.ops[len(f.ops)-1].a[2] = uintptr(unsafe.Pointer(unsafe.SliceData(f.envp)))
}

func (f *frame) lowerProgram(p *Program, b Binding, t target) {
	f.prog, f.ops = p, f.ops[:0]
	if n := len(p.setup) + 8; cap(f.ops) < n {
		f.ops = make([]op, 0, n)
	}
	i := 0
	for ; i < len(p.setup) && p.setup[i].kind <= kindClose; i++ {
		f.lowerDescriptor(i, &p.setup[i], b, t)
	}
	if t.resetSignals {
		f.lowerSignals(i)
	}
	for ; i < len(p.setup); i++ {
		f.lowerStep(i, &p.setup[i])
	}
	f.argv = append(p.exec.appendPointers(f.argv[:0]), 0)
	f.base = 0 // the environment is to be made anew
	f.emit(i, 0, unix.SYS_EXECVE, f.argv[0], uintptr(unsafe.Pointer(&f.argv[1])))
}

// lowerDescriptors rewrites the first ops. Their number depends on the Program
// alone, unless a descriptor is to be kept.
func (f *frame) lowerDescriptors(p *Program, b Binding, t target) {
	all := f.ops
	f.ops = f.ops[:0]
	for i := range p.setup {
		if p.setup[i].kind > kindClose {
			break
		}
		f.lowerDescriptor(i, &p.setup[i], b, t)
	}
	f.ops = all
}

// emit adds an op for step i.
func (f *frame) emit(i int, flags uintptr, nr uintptr, a ...uintptr) {
	o := op{nr: nr, flags: flags | uintptr(i)<<stepShift}
	copy(o.a[:], a)
	f.ops = append(f.ops, o)
}

const allFDs = uintptr(^uint32(0))

func (f *frame) lowerDescriptor(i int, s *Step, b Binding, t target) {
	switch s.kind {
	case kindOwnTable:
		// close_range copies of the table only what lies below its first number.
		first := max(b.highest(), t.keep, 2) + 1
		f.aside = f.aside[:0]
		f.emit(i, 0, unix.SYS_CLOSE_RANGE, uintptr(first), allFDs, unix.CLOSE_RANGE_UNSHARE)
	case kindAside:
		to := f.nextAside(int(s.num), b, t)
		f.aside = append(f.aside, to)
		f.emit(i, 0, unix.SYS_DUP3, uintptr(b.file(s.a)), uintptr(to), 0)
	case kindStdio:
		f.lowerStdio(i, s.a, b, int(s.num))
	case kindClose:
		if t.keep < 0 {
			f.emit(i, 0, unix.SYS_CLOSE_RANGE, uintptr(s.num), allFDs, 0)
			return
		}
		f.emit(i, 0, unix.SYS_CLOSE_RANGE, uintptr(s.num), uintptr(t.keep-1), 0)
		f.emit(i, 0, unix.SYS_CLOSE_RANGE, uintptr(t.keep+1), allFDs, 0)
	}
}

// nextAside is the lowest number from low on to which nothing else goes and of which
// nothing else is to come. Being low, it is below any RLIMIT_NOFILE; what superd has
// there the child loses from its own table, as all that it was not given.
func (f *frame) nextAside(low int, b Binding, t target) int {
	if n := len(f.aside); n > 0 {
		low = f.aside[n-1] + 1
	}
	for low == b.Conn || low == b.Log || low == t.keep || slices.Contains(b.Files, low) {
		low++
	}
	return low
}

// lowerStdio is always one op. dup3 refuses to copy a descriptor to itself, and
// then it is close-on-exec that has to go. What should be there and is not fails
// with EBADF.
func (f *frame) lowerStdio(i int, source uint64, b Binding, to int) {
	from := -1
	switch {
	case source == fromConn:
		from = b.Conn
	case source == fromLog:
		from = b.Log
	case source-fromFiles < uint64(len(f.aside)):
		from = f.aside[source-fromFiles]
	}
	switch {
	case from < 0 && source == fromLog: // what superd has there is /dev/null
		f.emit(i, opMayFail, unix.SYS_FCNTL, uintptr(to), unix.F_GETFD)
	case from == to:
		f.emit(i, 0, unix.SYS_FCNTL, uintptr(to), unix.F_SETFD, 0)
	default:
		f.emit(i, 0, unix.SYS_DUP3, uintptr(from), uintptr(to), 0)
	}
}

// lowerSignals sets every signal to its default, where the clone did not; KILL and
// STOP answer EINVAL. Exec would do it as well, but signals are let in one step
// before, and a handler of the Go runtime must not run in the child.
func (f *frame) lowerSignals(i int) {
	for n := uintptr(1); n <= 64; n++ {
		f.emit(i, opMayFail, unix.SYS_RT_SIGACTION, n, f.zero(), 0, 8)
	}
}

func (f *frame) zero() uintptr { return uintptr(unsafe.Pointer(&f.empty)) }

func (f *frame) lowerStep(i int, s *Step) {
	id := uintptr(uint32(s.num))
	switch s.kind {
	case kindSignal:
		f.emit(i, 0, unix.SYS_RT_SIGACTION, id, f.zero(), 0, 8)
	case kindSetsid:
		// A fresh child is no group's leader; the shim may be one, and then it has
		// the session already or cannot have it.
		f.emit(i, opMayFail, unix.SYS_SETSID)
	case kindUmask:
		f.emit(i, 0, unix.SYS_UMASK, id)
	case kindLimit:
		f.emit(i, 0, unix.SYS_PRLIMIT64, 0, id, uintptr(unsafe.Pointer(&s.a)), 0)
	case kindChroot:
		f.emit(i, 0, unix.SYS_CHROOT, address(s.text))
	case kindChdir:
		f.emit(i, 0, unix.SYS_CHDIR, address(s.text))
	case kindBounding:
		for set := s.a; set != 0; set &= set - 1 {
			f.emit(i, 0, unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, uintptr(bits.TrailingZeros64(set)), 0, 0, 0)
		}
	case kindAmbient:
		f.emit(i, 0, unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	case kindSetgroups:
		f.emit(i, 0, unix.SYS_SETGROUPS, uintptr(len(s.gids)), uintptr(unsafe.Pointer(unsafe.SliceData(s.gids))))
	case kindSetgid:
		f.emit(i, 0, unix.SYS_SETRESGID, id, id, id)
	case kindSetuid:
		f.emit(i, 0, unix.SYS_SETRESUID, id, id, id)
		// The change has set the memory's dumpable flag to fs.suid_dumpable. Before Linux
		// 5.16 a signal that dumps core, sent by whoever has the uid, took all with it
		// that share the memory, superd that is, unless the flag is 0. Exec sets it anew.
		f.emit(i, opMayFail, unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	case kindIdentity:
		f.lowerIdentity(i, s)
	case kindNoNewPrivs:
		f.emit(i, 0, unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	case kindNice:
		flags := uintptr(0)
		if !s.late {
			flags = opMayFail
		}
		f.emit(i, flags, unix.SYS_SETPRIORITY, unix.PRIO_PROCESS, 0, uintptr(int(s.num)))
	case kindListen:
		const futexWait = 0 // EAGAIN, at once, where told is no longer 0
		f.emit(i, opMayFail, unix.SYS_FUTEX, uintptr(unsafe.Pointer(&f.told)), futexWait, 0, 0)
	case kindSigmask:
		f.emit(i, 0, unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, f.zero(), 0, 8)
	}
}

// lowerIdentity compares what the kernel says with what was asked for. None of
// these calls has a sixth argument, so that is free for the answer.
func (f *frame) lowerIdentity(i int, s *Step) {
	uid, gid, groups := uintptr(s.a), uintptr(s.b), uintptr(s.num)
	f.emit(i, opMustEqual, unix.SYS_GETUID, 0, 0, 0, 0, 0, uid)
	f.emit(i, opMustEqual, unix.SYS_GETEUID, 0, 0, 0, 0, 0, uid)
	f.emit(i, opMustEqual, unix.SYS_GETGID, 0, 0, 0, 0, 0, gid)
	f.emit(i, opMustEqual, unix.SYS_GETEGID, 0, 0, 0, 0, 0, gid)
	f.emit(i, opMustEqual, unix.SYS_GETGROUPS, 0, 0, 0, 0, 0, groups)
}

// lowerEnv lays the connection's words behind the Program's, less those that they
// override; the latter costs the frame its copy, so the next start makes a new one.
func (f *frame) lowerEnv(p *Program) {
	if f.base == 0 {
		f.envp = p.env.appendPointers(f.envp[:0])
		f.base = len(f.envp)
	}
	f.envp = f.envp[:f.base]
	k := 0
	for at := 0; at < len(p.env); k++ {
		w := p.env[at:]
		if f.env.has(w) {
			break
		}
		at += nulAt(w) + 1
	}
	if k < f.base {
		f.dropOverridden(p)
	}
	f.envp = append(f.env.appendPointers(f.envp), 0)
}

func (f *frame) dropOverridden(p *Program) {
	kept := f.envp[:0]
	for at := 0; at < len(p.env); {
		w := p.env[at:]
		if !f.env.has(w) {
			kept = append(kept, address(w))
		}
		at += nulAt(w) + 1
	}
	f.envp, f.base = kept, 0
}
