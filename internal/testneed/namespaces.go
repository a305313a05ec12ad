// SPDX-License-Identifier: Apache-2.0

package testneed

import (
	"fmt"

	"golang.org/x/sys/unix"

	"superd/internal/ownthread"
)

// namespaces tries rather than guesses: a container may have root and still
// forbid mounts.
func namespaces() error {
	res := make(chan error)
	ownthread.Go(func() {
		res <- unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS | unix.CLONE_NEWNET)
	})
	if err := <-res; err != nil {
		return fmt.Errorf("needs mount and network namespaces: %v", err)
	}
	return nil
}
