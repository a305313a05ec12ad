// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// finish sends the client's end, and waits for the worker's and for done.
func (c *client) finish() {
	c.closeWrite()
	c.expectEnd()
	c.done()
}

// done waits for the worker's message.
func (c *client) done() { c.t.must(c.w.Expect(fmt.Sprintf("done %d", c.id))) }

func (c *client) closeWrite() {
	cw, ok := c.Client.(interface{ CloseWrite() error })
	if !ok {
		c.t.failf("a connection of %T cannot be closed for writing", c.Client)
	}
	c.t.must(cw.CloseWrite())
}

// expectEnd waits until the client sees the end, and no byte before it.
func (c *client) expectEnd() {
	c.Client.SetReadDeadline(time.Now().Add(c.t.wait))
	n, err := c.Client.Read(make([]byte, 1))
	if n != 0 || err != io.EOF {
		c.t.failf("connection %d: the client waits for the end, and has %d bytes and %v", c.id, n, clientError(err))
	}
}

// ended tells whether the client sees the end without waiting.
func (c *client) ended() bool {
	raw, err := c.Client.(syscall.Conn).SyscallConn()
	c.t.must(err)
	var n int
	var rerr error
	c.t.must(raw.Control(func(fd uintptr) {
		n, _, rerr = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_DONTWAIT|syscall.MSG_PEEK)
	}))
	return n == 0 && rerr == nil
}

// vanish closes the client's end; in TCP the worker sees a reset.
func (c *client) vanish() {
	if tcp, ok := c.Client.(*net.TCPConn); ok {
		c.t.must(tcp.SetLinger(0))
	}
	c.t.must(c.Client.Close())
}

// serve is a whole connection.
func (c *client) serve() {
	c.echo(fmt.Sprintf("line of %d\n", c.id))
	c.finish()
}
