// SPDX-License-Identifier: Apache-2.0

package control

import (
	"bufio"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// How long a client may take: for its first request, for the next, and to read an
// answer.
const (
	firstWait = 10 * time.Second
	idleWait  = 2 * time.Minute
	readWait  = 10 * time.Second
)

// lastWait is how long a client may take to read the answer that is its last, as superd
// ends.
const lastWait = time.Second

// conn is one client's connection. It belongs to its goroutine; the Server ends it by
// finish.
type conn struct {
	server *Server
	file   *os.File
	caller Caller

	mu       sync.Mutex // of the deadlines
	finished bool
	follows  bool
}

// finish ends reading now and writing soon; at once where another Server goes on with
// those who follow.
func (c *conn) finish(suspended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finished = true
	c.file.SetReadDeadline(time.Now())
	wait := lastWait
	if suspended && c.follows {
		wait = 0
	}
	c.file.SetWriteDeadline(time.Now().Add(wait))
}

// within gives the next read, or write, a time; 0 is for ever. finish has the last word.
func (c *conn) within(set func(time.Time) error, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var until time.Time
	if wait > 0 {
		until = time.Now().Add(wait)
	}
	if !c.finished {
		set(until)
	}
}

// serve answers requests, one after the other, until the client goes, says what is
// not of this protocol, or is too slow.
func (c *conn) serve() {
	in := bufio.NewReaderSize(c.file, maxRequest)
	for wait := firstWait; ; wait = idleWait {
		c.within(c.file.SetReadDeadline, wait)
		line, err := in.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			c.answer(nil, Errorf(BadRequest, "a request has at most %d bytes", maxRequest))
			return
		}
		if err != nil {
			return
		}
		r, problem := parse(line)
		if problem != nil {
			c.answer(nil, problem)
			return
		}
		if r.Do == DoEvents {
			c.follow(r)
			return
		}
		if !c.answer(c.do(r)) {
			return
		}
	}
}

// action finds what a request asks for and judges whether the caller may.
func (c *conn) action(r *Request) (Action, *Error) {
	a, ok := c.server.opt.Actions[r.Do]
	if r.Do == DoEvents {
		a, ok = Action{Level: Read, Takes: []string{"service"}}, true
	}
	switch {
	case !ok:
		return a, Errorf(BadRequest, "there is no request %q", r.Do)
	case c.caller.Level < a.Level:
		return a, Errorf(Denied, "only root and superd's own user may ask for %q", r.Do)
	}
	if name := r.stray(&a); name != "" {
		return a, Errorf(BadRequest, "%q has no use for %q", r.Do, name)
	}
	return a, nil
}

func (c *conn) do(r *Request) (any, *Error) {
	a, problem := c.action(r)
	if problem != nil {
		return nil, problem
	}
	if a.Level == Operate && c.server.opt.Audit != nil {
		c.server.opt.Audit(c.caller, r)
	}
	result, err := a.Do(c.server.ctx, c.caller, r)
	if err != nil {
		return nil, asError(err)
	}
	return result, nil
}

// answer sends an answer. It reports false when the client does not take it.
func (c *conn) answer(result any, problem *Error) bool {
	return c.write(answerLine(result, problem))
}

func (c *conn) write(data []byte) bool {
	c.within(c.file.SetWriteDeadline, readWait)
	_, err := c.file.Write(data)
	return err == nil
}

// follow sends events until the client goes. A second goroutine waits for that: it
// reads, and ends with the connection.
func (c *conn) follow(r *Request) {
	if _, problem := c.action(r); problem != nil {
		c.answer(nil, problem)
		return
	}
	f := c.server.opt.Hub.follow(r.Service)
	if !c.answer(struct{}{}, nil) {
		c.server.opt.Hub.leave(f)
		return
	}
	c.feed(f)
}

// feed sends a follower its events until it goes, or the Server ends. A second goroutine
// waits for that: it reads, and ends with the connection.
func (c *conn) feed(f *follower) {
	hub := c.server.opt.Hub
	gone := make(chan struct{})
	left := true
	c.mu.Lock()
	c.follows = true
	c.mu.Unlock()
	c.within(c.file.SetReadDeadline, 0)
	c.server.wg.Go(func() {
		defer close(gone)
		// A client that follows has nothing more to say; what it says is an end, too.
		_, err := io.ReadFull(c.file, make([]byte, 1))
		left = !errors.Is(err, os.ErrDeadlineExceeded)
	})
	var buf []byte
	for {
		select {
		case <-gone:
			if !left && c.server.keep(c, f) {
				return
			}
			c.write(hub.take(f, buf)) // superd ends, and it has a moment for its last words
			hub.leave(f)
			return
		case <-f.ready:
		}
		out := hub.take(f, buf)
		c.within(c.file.SetWriteDeadline, readWait)
		if n, err := c.file.Write(out); err != nil {
			if !c.server.suspending() {
				c.file.Close() // the other goroutine's end
			}
			<-gone
			hub.putBack(f, out[n:])
			if left || !c.server.keep(c, f) {
				hub.leave(f)
			}
			return
		}
		buf = out
	}
}
