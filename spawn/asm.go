// SPDX-License-Identifier: Apache-2.0

package spawn

// cloneArgs is the kernel's struct clone_args, as of Linux 5.7.
type cloneArgs struct {
	flags, pidfd, childTID, parentTID, exitSignal uint64
	stack, stackSize, tls, setTID, setTIDSize     uint64
	cgroup                                        uint64
}

// call is a clone as the assembly makes it: the system call with its arguments,
// and the signal sets around it.
type call struct {
	nr                 uintptr
	a0, a1, a2, a3, a4 uintptr
	all                uint64 // every signal: blocked while the call is made
	old                uint64 // what was blocked before
	args               cloneArgs
}

// startChild blocks all signals, makes the call and puts the signals back, and
// gives the call's result: a pid, or an errno as a number from -4095 to -1. The
// child runs ops, writing to f, and never returns.
//
//go:noescape
func startChild(c *call, ops *op, f *frame) (r uintptr)

// runHere runs ops in the calling process. It returns if one of them fails; which
// and why stands in f.
//
//go:noescape
func runHere(ops *op, f *frame)
