// SPDX-License-Identifier: Apache-2.0

package ownthread

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

// However busy the process is, no function gets the first thread, and no two
// that run at once the same one.
func TestGoGivesAThreadOfItsOwn(t *testing.T) {
	const n = 50
	tids, hold := make(chan int), make(chan struct{})
	for range n {
		Go(func() { tids <- syscall.Gettid(); <-hold })
		runtime.Gosched()
	}
	seen := map[int]bool{os.Getpid(): true}
	for range n {
		tid := <-tids
		if seen[tid] {
			t.Errorf("thread %d is not its own", tid)
		}
		seen[tid] = true
	}
	close(hold)
}
