// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"os"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// spareThreads makes the runtime have threads to spare. It ends the process when
// it cannot start one (RLIMIT_NPROC, pids.max), and it wants one when another
// blocks in a system call: a full log pipe, and handlers of superd's own user
// that have used up their processes, would be the end of superd. Threads that
// were started once are kept.
func spareThreads() {
	// One thread does the work, and few goroutines stand beside it. A machine's
	// hundred processors would only mean a hundred threads at each collection.
	procs := min(runtime.GOMAXPROCS(0), 4)
	runtime.GOMAXPROCS(procs)
	n := procs + 8
	ready, leave := make(chan struct{}), make(chan struct{})
	for range n {
		go func() {
			runtime.LockOSThread() // so that it waits on a thread of its own
			defer runtime.UnlockOSThread()
			ready <- struct{}{}
			<-leave
		}()
	}
	for range n {
		<-ready
	}
	close(leave)
}

// traceTo gives the runtime a descriptor for the trace of a crash: 2 is
// /dev/null.
func traceTo(fd int) {
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return
	}
	f := os.NewFile(uintptr(dup), "stderr")
	defer f.Close() // the runtime has a copy
	_ = debug.SetCrashOutput(f, debug.CrashOptions{})
}
