// SPDX-License-Identifier: Apache-2.0

package testneed

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// namespaces tries rather than guesses: a container may have root and still
// forbid mounts. The thread that tried is never used again, so its goroutine
// ends without unlocking.
func namespaces() error {
	res := make(chan error)
	go func() {
		runtime.LockOSThread()
		res <- unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS | unix.CLONE_NEWNET)
	}()
	if err := <-res; err != nil {
		return fmt.Errorf("needs mount and network namespaces: %v", err)
	}
	return nil
}
