// SPDX-License-Identifier: Apache-2.0

package spawn

import "unsafe"

// op is one system call for the interpreter: a cache line of the numbers that it
// loads into registers.
type op struct {
	nr    uintptr
	a     [6]uintptr
	flags uintptr // below; from stepShift on the index of the op's step
}

// Flags of an op.
const (
	opMayFail   = 1 // an error is passed over
	opMustEqual = 2 // the result must be the last argument, or the op fails with EBADE
	stepShift   = 8
)

// frame is what one child reads and writes until its exec or exit. Nothing that
// it points to is changed or let go before busy is 0: the child runs beside us in
// the same memory. Heap objects do not move, so addresses kept as numbers hold.
type frame struct {
	cur   uintptr // the address of the op that is being run
	errno uintptr // why that op failed
	busy  int32   // not 0 until the kernel clears it (CLONE_CHILD_CLEARTID)
	pidfd int32   // written by the kernel

	prog *Program // what ops and pointers were made from, and what keeps it alive
	ops  []op
	argv []uintptr
	envp []uintptr // the Program's words, then those of the connection, then 0
	base int       // how many of envp are the Program's

	aside []int // where the files of the Binding lie in the meantime

	env  Env
	told int32 // not 0 once the environment says which pid the child has

	empty [4]uint64 // an empty struct sigaction, and an empty signal set
}

// newFrame makes a frame that stands alone; a Launcher's share a buffer.
func newFrame() *frame {
	f := &frame{}
	f.env.buf = make([]byte, 0, envBytes)
	return f
}

// at gives the index of the step that the frame's op belongs to. Before its first
// op a child has done nothing, and is at the first step.
func (f *frame) at(cur uintptr) (step int) {
	if cur == 0 {
		return 0
	}
	i := (cur - f.first()) / unsafe.Sizeof(op{})
	return int(f.ops[i].flags >> stepShift)
}

// first is the address of the first op.
func (f *frame) first() uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(f.ops))) }

// inExec tells whether cur is the last op, the execve.
func (f *frame) inExec(cur uintptr) bool {
	return cur == f.first()+uintptr(len(f.ops)-1)*unsafe.Sizeof(op{})
}
