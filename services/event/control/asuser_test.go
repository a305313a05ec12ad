// SPDX-License-Identifier: Apache-2.0

package control

import (
	"syscall"
	"testing"

	"superd/internal/ownthread"
)

// asUser runs f on a thread that has another user: credentials of a connection are
// the connecting thread's.
func asUser(t *testing.T, uid int, f func()) {
	t.Helper()
	done := make(chan struct{})
	ownthread.Go(func() {
		defer close(done)
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid)); errno != 0 {
			t.Errorf("cannot become user %d: %v", uid, errno)
			return
		}
		f()
	})
	<-done
}
