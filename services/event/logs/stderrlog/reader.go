// SPDX-License-Identifier: Apache-2.0

package stderrlog

import (
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"superd/services/event/logs/syslog"
)

// Options say what Read reads and where it goes.
type Options struct {
	Control  int // the control socket
	Network  string
	Address  string // of syslog, as in syslog.Options
	Facility string
	Ident    string
	Pid      int       // what lines bear: superd's; 0 = none
	Stderr   io.Writer // is told that syslog is away
}

// tick is how often the windows are looked at while one is open.
const tick = 250 * time.Millisecond

// feed is one service's pipe.
type feed struct {
	service string
	fd      int
	liner   liner
	quota   quota
	unwatch bool // until the window is over
}

type reader struct {
	opt      Options
	to       *syslog.Sender
	epoll    int
	feeds    map[int32]*feed
	busy     map[*feed]bool // a window is open
	buf      []byte
	out      []byte
	gone     bool // superd has
	finish   bool
	priority syslog.Priority
}

// Read reads what superd gives it until it is told to finish, or until superd and
// all who could write have ended.
func Read(opt Options) error {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("cannot watch handlers' standard error: %w", err)
	}
	defer unix.Close(ep)
	r := &reader{opt: opt, epoll: ep, feeds: map[int32]*feed{}, busy: map[*feed]bool{}, buf: make([]byte, 16<<10),
		priority: syslog.PriorityOf(opt.Facility, "info")}
	if err := r.watch(opt.Control); err != nil {
		return fmt.Errorf("cannot watch superd: %w", err)
	}
	r.to = syslog.Open(syslog.Options{Network: opt.Network, Address: opt.Address, NoPid: opt.Pid == 0, Pid: opt.Pid,
		Complain: func(err error) { fmt.Fprintf(opt.Stderr, "superd: %v; handlers' standard error waits\n", err) },
		Lost: func(n int64) string {
			return fmt.Sprintf("%d lines of handlers were lost: syslog was away or too slow", n)
		}})
	defer r.to.Close()
	return r.run()
}

func (r *reader) watch(fd int) error {
	return unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

func (r *reader) run() error {
	events := make([]unix.EpollEvent, 64)
	for !r.finish && !(r.gone && len(r.feeds) == 0) {
		wait := -1
		if len(r.busy) > 0 {
			wait = int(tick / time.Millisecond)
		}
		n, err := unix.EpollWait(r.epoll, events, wait)
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("cannot wait for handlers' standard error: %w", err)
		}
		now := time.Now()
		for i := range max(n, 0) {
			if fd := events[i].Fd; fd == int32(r.opt.Control) {
				r.hear()
			} else if f := r.feeds[fd]; f != nil {
				r.read(f, now)
			}
		}
		for f := range r.busy {
			r.look(f, now)
		}
	}
	r.last()
	return nil
}

// hear takes what superd says.
func (r *reader) hear() {
	m, err := receive(r.opt.Control)
	switch {
	case err == unix.EAGAIN:
	case m.kind == msgFinish:
		r.finish = true
	case m.kind == msgPipe && err == nil:
		f := &feed{service: m.service, fd: m.pipe}
		if r.watch(f.fd) != nil { // fs.epoll.max_user_watches
			unix.Close(f.fd)
			return
		}
		r.feeds[int32(f.fd)] = f
	case m.kind == 0:
		r.gone = true
		_ = unix.EpollCtl(r.epoll, unix.EPOLL_CTL_DEL, r.opt.Control, nil)
	}
}

// read takes a piece, or learns that nobody is left who could write.
func (r *reader) read(f *feed, now time.Time) (more bool) {
	n, err := unix.Read(f.fd, r.buf)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return false
	case err != nil || n == 0:
		r.end(f)
		return false
	}
	f.quota.read(n, now)
	r.busy[f] = true
	f.liner.feed(r.buf[:n], func(line []byte, over int64) { r.say(f, line, over) })
	if f.quota.full() {
		// Out of the epoll: a mask of nothing still tells of hang-ups, again and again.
		f.unwatch = true
		_ = unix.EpollCtl(r.epoll, unix.EPOLL_CTL_DEL, f.fd, nil)
		return false
	}
	return true
}

func (r *reader) say(f *feed, line []byte, over int64) {
	if f.quota.line() {
		r.out = appendLine(r.out[:0], f.service, line, over)
		r.to.Send(r.priority, time.Now(), r.opt.Ident, r.out)
	}
}

func (r *reader) sum(f *feed, lost int64) {
	if lost > 0 {
		r.to.Send(r.priority.With(1), time.Now(), r.opt.Ident, fmt.Appendf(nil, "%s: %d lines more were dropped", f.service, lost))
	}
}

// look ends a window whose time is over. A line that has not ended in a window
// without news is taken for one: a prompt, or the last words of a handler, for the
// pipe itself ends only with its service.
func (r *reader) look(f *feed, now time.Time) {
	lost, quiet, ended := f.quota.over(now)
	if !ended {
		return
	}
	delete(r.busy, f)
	r.sum(f, lost)
	if f.unwatch {
		f.unwatch = false
		if r.watch(f.fd) != nil {
			r.end(f)
			return
		}
	}
	if !f.liner.pending() {
		return
	}
	if quiet {
		f.liner.flush(func(line []byte, over int64) { r.say(f, line, over) })
		return
	}
	f.quota.read(0, now)
	r.busy[f] = true
}

// end lets go of a pipe. It must be out of the epoll before the close: superd has a
// copy, with which it would stay there.
func (r *reader) end(f *feed) {
	f.liner.flush(func(line []byte, over int64) { r.say(f, line, over) })
	r.sum(f, f.quota.lost)
	delete(r.busy, f)
	delete(r.feeds, int32(f.fd))
	if !f.unwatch {
		_ = unix.EpollCtl(r.epoll, unix.EPOLL_CTL_DEL, f.fd, nil)
	}
	unix.Close(f.fd)
}

// last reads what is in the pipes now, within the windows' limits.
func (r *reader) last() {
	now := time.Now()
	for _, f := range r.feeds {
		for !f.unwatch && r.read(f, now) {
		}
		if r.feeds[int32(f.fd)] == f {
			r.end(f)
		}
	}
}
