// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"superd/cmd/superd/internal/daemon/earlysignals"
)

// Signals over an upgrade. What has come and was not looked at is told the new image in
// its environment. What comes until that one has handlers:
//
//   - Most signals are blocked over the exec and wait in the kernel. Go's runtime leaves
//     blocked what it was started with, in each thread, until Notify
//     (runtime.blockableSig). It stays so in the threads of the new image but the one
//     that Notify has: from the second upgrade on nothing is lost on this side either.
//   - HUP, INT, TERM and QUIT the runtime unblocks in each thread before main, whatever
//     was blocked (their flags are _SigKill and _SigThrow). HUP and INT are ignored: of
//     these two alone it respects that. They are lost, and TERM and QUIT end superd, until
//     the first of superd's packages calls Notify (earlysignals). Nothing in a Go program
//     runs early enough to do better; docs/upgrade.md says more.

// signalsVar lists the numbers of signals that the image before had not looked at.
const signalsVar = "SUPERD_SIGNALS"

// heldOverExec wait in the kernel. Those that superd has no handler for, and that
// would be its end, are held for ever.
var heldOverExec = []unix.Signal{unix.SIGUSR1, unix.SIGUSR2, unix.SIGTTIN, unix.SIGTTOU, unix.SIGALRM, unix.SIGIO, unix.SIGVTALRM, unix.SIGWINCH,
	unix.SIGPIPE, unix.SIGPWR, unix.SIGXCPU, unix.SIGXFSZ}

// ignoredOverExec cannot be held, and by default would be superd's end, which is not
// what they mean or, of INT, not how it is meant.
var ignoredOverExec = [...]unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGPROF}

// heldSignals is what holdSignals has done, for releaseSignals.
type heldSignals struct {
	last    chan os.Signal
	thread  unix.Sigset_t // what was blocked
	actions [len(ignoredOverExec)]sigaction
}

// holdSignals is called right before an exec. It gives the variable for the new image.
func (d *Daemon) holdSignals() (h *heldSignals, kv string) {
	h = &heldSignals{last: make(chan os.Signal, cap(d.signals))}
	runtime.LockOSThread() // its mask is the new image's
	held := sigset(heldOverExec)
	_ = unix.PthreadSigmask(unix.SIG_BLOCK, &held, &h.thread)
	signal.Notify(h.last, unix.SIGHUP, unix.SIGINT, unix.SIGTERM, unix.SIGQUIT)
	signal.Stop(d.signals) // what had come is in the channel then
	for i, s := range ignoredOverExec {
		setAction(s, &sigaction{handler: sigIgn}, &h.actions[i])
	}
	for {
		select {
		case s := <-d.signals:
			d.raise(s)
		case s := <-h.last:
			d.raise(s)
		default:
			var words []string
			for _, s := range d.raised {
				words = append(words, strconv.Itoa(int(s)))
			}
			return h, signalsVar + "=" + strings.Join(words, ",")
		}
	}
}

// releaseSignals is for an exec that has failed.
func (d *Daemon) releaseSignals(h *heldSignals) {
	for i, s := range ignoredOverExec {
		setAction(s, &h.actions[i], nil)
	}
	signal.Notify(d.signals, earlysignals.Handled...)
	signal.Stop(h.last)
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &h.thread, nil)
	runtime.UnlockOSThread()
}

func sigset(list []unix.Signal) (set unix.Sigset_t) {
	for _, s := range list { // all are in the first word
		set.Val[0] |= 1 << (s - 1)
	}
	return set
}

// sigaction is the kernel's, on all 64-bit machines.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

// sigIgn is SIG_IGN.
const sigIgn = 1

// setAction does without signal.Ignore: that has a moment in which a signal that is just
// being handled ends the process (runtime.sigfwdgo), and does nothing about SIGPROF.
func setAction(s unix.Signal, action, old *sigaction) {
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(action)), uintptr(unsafe.Pointer(old)), unsafe.Sizeof(action.mask), 0, 0)
}

// catchSignals has handlers from here on, unless there are some already.
func catchSignals() chan os.Signal {
	signals := earlysignals.Caught
	if signals == nil {
		signals = make(chan os.Signal, 64)
		signal.Notify(signals, earlysignals.Handled...)
	}
	return signals
}

// leftSignals are those that the image before has left.
func leftSignals(environ []string) (list []os.Signal) {
	for _, kv := range environ {
		text, ok := strings.CutPrefix(kv, signalsVar+"=")
		if !ok {
			continue
		}
		for word := range strings.SplitSeq(text, ",") {
			if n, err := strconv.Atoi(word); err == nil && slices.Contains(earlysignals.Handled, os.Signal(syscall.Signal(n))) {
				list = append(list, syscall.Signal(n))
			}
		}
	}
	return list
}

// raise has a signal looked at later on. Of each kind one is kept, as the kernel does: a
// thousand of one shall not keep another out.
func (d *Daemon) raise(s os.Signal) {
	if n := s.(syscall.Signal); !slices.Contains(d.raised, n) {
		d.raised = append(d.raised, n)
	}
}

// lookAtRaised looks at them, and at those that come to it while that is done.
func (d *Daemon) lookAtRaised() {
	for len(d.raised) > 0 {
		s := d.raised[0]
		d.raised = d.raised[1:]
		d.signal(s)
	}
}
