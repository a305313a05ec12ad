// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"os/signal"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A signal that comes while one image follows another would be lost, or have its
// default action, which is superd's end: between the last look of the old image and
// the first of the new one nobody has a handler. So all threads block signals before
// the exec. The kernel keeps what comes, and the mask, over it; the new image's first
// signal.Notify unblocks them.

// heldSignals are those that had come before; what comes after them waits in the kernel.
type heldSignals struct {
	d    *Daemon
	list []int
}

// holdSignals blocks superd's signals. The caller has locked its thread. Where not all
// threads can be reached, as with cgo, those of the others are lost for a moment.
func (d *Daemon) holdSignals() *heldSignals {
	setMask(unix.SIG_BLOCK)
	signal.Stop(d.signals) // which waits for those on their way
	h := &heldSignals{d: d}
	for {
		select {
		case s := <-d.signals:
			h.list = append(h.list, int(s.(syscall.Signal)))
		default:
			return h
		}
	}
}

// release is for an exec that has failed.
func (h *heldSignals) release() {
	signal.Notify(h.d.signals, handledSignals...)
	setMask(unix.SIG_UNBLOCK)
	h.d.raise(h.list)
}

// setMask changes the mask of all threads by superd's signals.
func setMask(how uintptr) {
	var set uint64
	for _, s := range handledSignals {
		set |= 1 << (s.(syscall.Signal) - 1)
	}
	if _, _, errno := syscall.AllThreadsSyscall6(unix.SYS_RT_SIGPROCMASK, how, uintptr(unsafe.Pointer(&set)), 0, 8, 0, 0); errno != 0 {
		syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, how, uintptr(unsafe.Pointer(&set)), 0, 8, 0, 0)
	}
}

// raise has signals looked at that were taken off the queue.
func (d *Daemon) raise(list []int) {
	for _, n := range list {
		select {
		case d.signals <- syscall.Signal(n):
		default:
		}
	}
}
