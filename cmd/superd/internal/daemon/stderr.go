// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"superd/services/event"
	"superd/services/event/logs/stderrlog"
)

// stderrPipes are the standard error of handlers where superd logs to syslog alone,
// which is nothing that a handler could be given a descriptor of. Each service has a
// pipe, from the first start of a handler that wants one, and a child without
// privileges reads them all and sends lines to syslog itself (package stderrlog).
// A pipe, not a socket: what a handler does to a socket's state (shutdown, its
// buffers), or passes by it, concerns all who have it.
//
// The pipes do not block, since a reader that is stopped must not stop handlers:
// those lose what finds the pipe full. superd keeps both ends, so that a reader's
// death loses nothing that is in the pipe, and kills no writer.
//
// Goroutines: run, which alone gives pipes away and closes them; close ends it. take
// is called by the engine's thread, all others by the daemon's.
type stderrPipes struct {
	opt  stderrOptions
	most int
	wake chan struct{}
	done chan struct{}

	mu      sync.Mutex
	command []string // of the reader: where lines go; nil: the log is not syslog
	pipes   map[string]*stderrPipe
	doomed  []*stderrPipe
	full    bool // there were more services than pipes
	closing bool
	waiters []chan struct{} // of settle
}

type stderrPipe struct {
	service string
	r, w    int
	given   *stderrReader
}

// stderrOptions are what stderrPipes need of superd.
type stderrOptions struct {
	highBase int
	begin    func(command []string) (*stderrReader, error)
	tell     func(level event.Level, text, err string)
	patience bool // close waits for handlers' last words
}

// maxStderrPipes bounds the kernel's memory for pipes; the table of descriptors does
// so, too.
const maxStderrPipes = 8192

func newStderrPipes(opt stderrOptions) *stderrPipes {
	p := &stderrPipes{opt: opt, most: maxStderrPipes, wake: make(chan struct{}, 1), done: make(chan struct{}), pipes: map[string]*stderrPipe{}}
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) == nil {
		p.most = int(min(maxStderrPipes, r.Cur/8))
	}
	go p.run()
	return p
}

func (p *stderrPipes) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// take gives a copy of the end that a service's handlers write to, a low number and
// the caller's; -1: they get what the log is.
func (p *stderrPipes) take(service string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.command == nil || p.closing {
		return -1
	}
	x := p.pipes[service]
	if x == nil {
		if x = p.open(service); x == nil {
			return -1
		}
		p.pipes[service] = x
		p.rouse()
	}
	fd, err := unix.FcntlInt(uintptr(x.w), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return -1
	}
	return fd
}

// open makes a service's pipe, if there may be one more.
func (p *stderrPipes) open(service string) *stderrPipe {
	var ends [2]int
	if len(p.pipes)+len(p.doomed) >= p.most || unix.Pipe2(ends[:], unix.O_CLOEXEC|unix.O_NONBLOCK) != nil {
		p.full = true
		p.rouse()
		return nil
	}
	for i, fd := range ends {
		if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, p.opt.highBase); err == nil {
			unix.Close(fd)
			ends[i] = high
		}
	}
	return &stderrPipe{service: service, r: ends[0], w: ends[1]}
}

// follow says where lines go from now on; nil: nowhere, for the log is a file. Those
// who have a pipe are heard to their end then.
func (p *stderrPipes) follow(command []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.command = command; command == nil {
		p.doomAll()
	}
	p.rouse()
}

// sweep lets go of the pipes of services that are no more.
func (p *stderrPipes) sweep(lives func(service string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, x := range p.pipes {
		if !lives(id) {
			delete(p.pipes, id)
			p.doomed = append(p.doomed, x)
		}
	}
	if len(p.doomed) > 0 {
		p.rouse()
	}
}

func (p *stderrPipes) doomAll() {
	for id, x := range p.pipes {
		delete(p.pipes, id)
		p.doomed = append(p.doomed, x)
	}
}

// settle waits until the reader has all pipes, and tells whether it has: without, the
// end of superd's copies would be that of every handler that writes.
func (p *stderrPipes) settle(limit time.Duration) bool {
	done := make(chan struct{})
	p.mu.Lock()
	p.waiters = append(p.waiters, done)
	p.rouse()
	p.mu.Unlock()
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// answerWaiters is called by run at the end of its steps.
func (p *stderrPipes) answerWaiters(x *stderrReader) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.doomed) > 0 {
		return
	}
	for _, y := range p.pipes {
		if x == nil || y.given != x {
			return
		}
	}
	for _, done := range p.waiters {
		close(done)
	}
	p.waiters = nil
}

// close lets go of all pipes and, with patience, gives the reader a second for what
// is in them. It ends when the last handler has, later than superd.
func (p *stderrPipes) close() {
	p.mu.Lock()
	p.doomAll()
	p.closing = true
	p.rouse()
	p.mu.Unlock()
	<-p.done
}

// give hands the pipes that x has not got to it, and closes the doomed ones, of
// which it has a copy then; without a reader only if there will be none. It reports
// whether all could be done.
func (p *stderrPipes) give(x *stderrReader, none bool) bool {
	p.mu.Lock()
	doomed := p.doomed
	p.doomed = nil
	var list []*stderrPipe
	for _, y := range p.pipes {
		if y.given != x {
			list = append(list, y)
		}
	}
	p.mu.Unlock()
	var left []*stderrPipe
	for _, y := range doomed {
		if (x == nil || !y.giveTo(x)) && !none {
			left = append(left, y)
			continue
		}
		unix.Close(y.r)
		unix.Close(y.w)
	}
	p.mu.Lock()
	p.doomed = append(left, p.doomed...)
	p.mu.Unlock()
	all := len(left) == 0
	for i := 0; i < len(list) && x != nil && all; i++ { // none of them is closed but by us
		all = list[i].giveTo(x)
	}
	return all
}

// giveTo reports false if the reader must take others first. One that has died
// counts as having it: its end will be noticed.
func (y *stderrPipe) giveTo(x *stderrReader) bool {
	if y.given == x {
		return true
	}
	if stderrlog.Give(x.control, y.service, y.r) == unix.EAGAIN {
		return false
	}
	y.given = x
	return true
}
