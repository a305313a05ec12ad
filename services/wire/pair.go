// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"time"

	"golang.org/x/sys/unix"
)

// The two ends of a pair; what comes from one goes to the other.
const (
	client  = 0
	program = 1
)

// pair is a client and its program.
type pair struct {
	used   bool
	queued bool   // it is on the list of those who have work
	gen    uint32 // so that an event of an earlier pair in the same place is known
	ends   [2]end
	flows  [2]flow // flows[client] carries what the client sends
	// Once the program has gone and the client takes its time:
	moved time.Time // when that last took something
	unack int       // what it has not acknowledged then
}

// end is one socket. What it is ready for is remembered: the epoll tells of changes
// only.
type end struct {
	fd                 int
	readable, writable bool
	gone               bool // nobody is there who could read
}

// flow is one direction.
type flow struct {
	held  []byte // read and not yet written; nil: nothing
	rest  []byte // what of held is still to be written
	ended bool   // the source has no more
	over  bool   // nothing will be carried any more
}

// note takes what the epoll says of an end. A hang-up is of both directions: whoever
// was there has closed, was reset, or we had shut the one direction and they the other.
func (p *pair) note(which int, events uint32) {
	e := &p.ends[which]
	const bad = unix.EPOLLHUP | unix.EPOLLERR
	e.readable = e.readable || events&(unix.EPOLLIN|bad) != 0
	e.writable = e.writable || events&(unix.EPOLLOUT|bad) != 0
	e.gone = e.gone || events&unix.EPOLLHUP != 0
}

// perTurn is how much is carried in one direction before other pairs have their turn.
const perTurn = 256 << 10

// run carries what can be carried, and reports whether there may be more at once.
func (p *pair) run(b *buffers) (more bool) {
	for from := range p.flows {
		if p.carry(b, from) {
			more = true
		}
	}
	// The second direction may have found out that the first one has no taker.
	more = more || p.ends[program].gone && !p.flows[client].over
	return more && !p.over()
}

func (p *pair) over() bool { return p.flows[client].over && p.flows[program].over }

// carry moves bytes from an end to the other one.
func (p *pair) carry(b *buffers, from int) (more bool) {
	f, in, out := &p.flows[from], &p.ends[from], &p.ends[1-from]
	for left := perTurn; !f.over; {
		switch {
		case out.gone:
			p.abandon(b, from)
		case len(f.rest) > 0:
			if !out.writable {
				return false
			}
			p.put(b, from)
		case f.ended:
			_ = unix.Shutdown(out.fd, unix.SHUT_WR)
			f.over = true
		case left <= 0:
			return true
		case !in.readable:
			return false
		default:
			left -= p.take(b, from)
		}
	}
	return false
}

// take reads a piece. An end that fails has no more to give: what it sent before its
// failure has been read by then.
func (p *pair) take(b *buffers, from int) int {
	f, in := &p.flows[from], &p.ends[from]
	buf := b.get()
	n, errno := read(in.fd, buf)
	switch {
	case errno == unix.EAGAIN:
		in.readable = false
	case errno != 0:
		f.ended, in.gone = true, true
	case n == 0:
		f.ended = true
	default:
		f.held, f.rest = buf, buf[:n]
		return n
	}
	b.put(buf)
	return 0
}

// put writes what is held.
func (p *pair) put(b *buffers, from int) {
	f, out := &p.flows[from], &p.ends[1-from]
	n, errno := write(out.fd, f.rest)
	switch {
	case errno == unix.EAGAIN:
		out.writable = false
		return
	case errno != 0:
		p.abandon(b, from)
		return
	}
	if f.rest = f.rest[n:]; len(f.rest) == 0 {
		f.drop(b)
	}
}

// abandon ends a direction whose taker is no more. A client is not told by anything
// but a full window; a program's next write fails, as it would on the connection.
func (p *pair) abandon(b *buffers, from int) {
	f := &p.flows[from]
	f.drop(b)
	f.over = true
	if from == program {
		_ = unix.Shutdown(p.ends[program].fd, unix.SHUT_RD)
		p.drain(b)
	}
}

// drain throws away what a program wrote before its output was shut. One that waits
// for room in a poll(2) learns of the shutdown by nothing else.
func (p *pair) drain(b *buffers) {
	buf := b.get()
	defer b.put(buf)
	for {
		if n, errno := read(p.ends[program].fd, buf); errno != 0 || n == 0 {
			return
		}
	}
}

func (f *flow) drop(b *buffers) {
	if f.held != nil {
		b.put(f.held)
		f.held, f.rest = nil, nil
	}
}

// orphaned tells whether only a client is left, who does not take what is held for
// it.
func (p *pair) orphaned() bool {
	return p.flows[client].over && !p.flows[program].over && p.ends[program].gone
}

// idle is for how long the client of an orphan has taken nothing. The socket's room to
// write does not tell: that comes back in pieces of a third of its buffer, of which a
// slow client may need minutes for each.
func (p *pair) idle(now time.Time) time.Duration {
	n, err := unix.IoctlGetInt(p.ends[client].fd, unix.SIOCOUTQ)
	if err == nil && n != p.unack {
		p.unack, p.moved = n, now
	}
	return now.Sub(p.moved)
}

// bufferSize is how much is on its way in one direction.
const bufferSize = 64 << 10

// maxSpare bounds the buffers that nobody uses.
const maxSpare = 32

// buffers lends buffers: a direction has one only while somebody does not read.
type buffers struct{ spare [][]byte }

func (b *buffers) get() []byte {
	n := len(b.spare)
	if n == 0 {
		return make([]byte, bufferSize)
	}
	buf := b.spare[n-1]
	b.spare = b.spare[:n-1]
	return buf
}

func (b *buffers) put(buf []byte) {
	if len(b.spare) < maxSpare {
		b.spare = append(b.spare, buf[:bufferSize])
	}
}
