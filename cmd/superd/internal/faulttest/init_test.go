// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"testing"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
)

// As pid 1 superd is given every orphan. It reaps those too, and still knows how
// each of its own handlers ended.
func TestInit(t *testing.T) {
	testneed.Need(t, "root", "namespaces")
	s, well, ill := beside(t, with{flags: unix.CLONE_NEWPID | unix.CLONE_NEWNS, wrap: []string{"proc=1"}},
		`exec = ["/bin/sh", "-c", "for i in 1 2 3 4 5; do (sleep 0.$i; exit 7) & done; exit 3"]`)
	const n = 20
	for range n {
		dial(t, "tcp", ill)
	}
	s.waitCount(`event=exit service=ill.*status=3`, n)
	unharmed(t, well)
	// Zombies count as children.
	s.until("the orphans to be reaped", func() bool { return len(children(s.pid)) == 0 })
	if all, good := s.count(`event=exit service=ill`), s.count(`event=exit service=ill.*status=3`); all != n || good != n {
		t.Errorf("%d exits, %d with status 3, of %d handlers", all, good, n)
	}
	s.waitCount(`event=exit service=well.*status=0`, 200)
	s.idles("it is pid 1")
	s.signal(unix.SIGTERM)
	s.gone(patience)
}
