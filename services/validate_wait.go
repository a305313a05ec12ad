// SPDX-License-Identifier: Apache-2.0

package services

import "slices"

// MaxHandedSockets is how many sockets one process can be given (spawn's Files).
const MaxHandedSockets = 512

// checkOneForAll: a process that has all sockets is one that waits, and has no client
// of its own.
func checkOneForAll(c *checker) {
	if c.s.Str(Stdio) != "all" || c.mode&pools != 0 {
		return
	}
	if c.mode != ModeWait {
		c.fail(Stdio, `"all" gives one process all sockets, which wants mode "wait" and not %q`, c.s.Mode())
		return
	}
	if c.s.Str(Stderr) == "client" {
		c.fail(Stderr, `with stdio "all" there is no client to write to: want "log" or "null"`)
	}
	if n := len(c.s.Sockets); n > MaxHandedSockets {
		c.fail(Port, "there are %d sockets: one process can be given %d", n, MaxHandedSockets)
	}
}

// fifos tells whether the service has such.
func (c *checker) fifos() bool {
	return slices.ContainsFunc(c.s.Sockets, func(s Socket) bool { return s.Network == FIFO })
}

// checkFIFOs: what comes out of a FIFO is of no client, so that there is nothing to
// hand over but itself.
func checkFIFOs(c *checker) {
	for _, s := range c.s.Sockets {
		if s.Network == FIFO && c.mode != ModeWait {
			c.add(false, Port, s.Origin, "the FIFO %s has no clients to serve in mode %q: want mode \"wait\"", s.Address, c.s.Mode())
		}
	}
}

// checkFDName warns of a name that nobody is told.
func checkFDName(c *checker) {
	if c.s.ordered() {
		return
	}
	null := c.s.Str(Stdio) == "null" && c.mode&pools == 0
	if c.own(FDName) && !null {
		c.warn(FDName, `has no effect: it wants stdio "all" or "null", or worker "accept"`)
	}
	for _, s := range c.s.Sockets {
		if x, ok := Settings(s.Options).Find(FDName); ok {
			c.add(true, FDName, x.Origin, `has no effect for one socket: it wants stdio "all" or worker "accept"`)
		}
	}
}
