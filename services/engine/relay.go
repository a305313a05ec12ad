// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strconv"

	"golang.org/x/sys/unix"

	"superd/spawn"
	"superd/spawn/pool"
)

// equipStdio gives a program one end of a socket pair as stdin and stdout, and keeps
// the other for the relay, which copies between it and the client: the program was
// started before there was one.
func (e *Engine) equipStdio(w *worker, b *spawn.Binding) error {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	w.mate = moveHigh(ends[0], e.opt.HighBase)
	w.given = append(w.given, ends[1])
	b.Conn, b.KeepConn = ends[1], true
	return nil
}

// giveRelay sends a client and a program's socket to the relay, whose they are then.
// It reports false when the relay cannot take them now.
func (e *Engine) giveRelay(w *worker, c *passed) bool {
	if e.opt.Relay == nil {
		return false
	}
	channel := e.opt.Relay()
	if channel < 0 {
		return false
	}
	e.message = append(e.message[:0], "relay\nid="...)
	e.message = strconv.AppendUint(e.message, c.id, 10)
	e.message = append(e.message, '\n')
	if errno := pool.Send(channel, e.message, c.fd, w.mate); errno != 0 {
		return false
	}
	spawn.CloseConn(c.fd)
	unix.Close(w.mate)
	c.fd, w.mate = -1, -1
	return true
}
