// SPDX-License-Identifier: Apache-2.0

// Package ownthread runs a function on a thread of its own, whose namespaces it
// may change: the thread ends with the function.
//
// Owns: nothing beyond the goroutine that Go starts.
// Does not know: what the thread is for.
// Concurrency: Go returns at once.
// Errors: none.
package ownthread

import (
	"os"
	"runtime"
	"syscall"
)

// Go runs f in a goroutine that is alone on its thread. The thread is never the
// process's first: that one cannot end, and it stands for the whole process in
// /proc/self, so its namespaces would seem to be everybody's.
func Go(f func()) {
	go func() {
		runtime.LockOSThread() // never unlocked, so that the runtime drops the thread
		if syscall.Gettid() != os.Getpid() {
			f()
			return
		}
		// While this goroutine has the first thread, another one cannot get it.
		started := make(chan struct{})
		go func() {
			runtime.LockOSThread()
			close(started)
			f()
		}()
		<-started
		runtime.UnlockOSThread()
	}()
}
