// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// Options say where Relay gets its work.
type Options struct {
	Channel int       // superd's messages come here; the caller's to close
	Most    int       // pairs at the same time, at least 1: each has two descriptors; the messages of more wait
	Stderr  io.Writer // is told of messages that cannot be used
}

// Descriptors is how many a process needs that has room for n pairs: it has some of
// its own, and the Go runtime has.
func Descriptors(n int) int { return reserved + 2*n }

// Pairs is how many pairs there is room for with a limit on descriptors.
func Pairs(limit uint64) int {
	const most = 1 << 24 // an event could name more, and no kernel lets as many be open
	if limit < reserved+2 {
		return 1
	}
	return int(min((limit-reserved)/2, most))
}

const reserved = 16

// Times of a client who is left alone with what its program wrote last.
const (
	orphanTime = time.Minute // without taking a byte
	orphanLook = 5 * time.Second
)

// relay is what Relay has.
type relay struct {
	opt     Options
	epoll   int
	pairs   []pair
	free    []int32
	live    int
	work    []int32 // pairs that can go on
	spare   []int32 // work's other array
	orphans map[int32]bool
	look    time.Time // when the orphans are looked at next
	buffers buffers
	hears   bool // the channel is watched
	gone    bool // superd is
}

// Relay copies for the pairs that superd gives it until superd has closed its side
// of the channel and the last pair has ended.
func Relay(opt Options) error { return relayFor(opt, orphanTime, orphanLook) }

func relayFor(opt Options, patience, look time.Duration) error {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("cannot watch connections: %w", err)
	}
	defer unix.Close(ep)
	r := &relay{opt: opt, epoll: ep, orphans: map[int32]bool{}}
	defer r.closeAll()
	if err := r.listen(true); err != nil {
		return fmt.Errorf("cannot hear superd: %w", err)
	}
	events := make([]unix.EpollEvent, 256)
	for !r.gone || r.live > 0 {
		n, err := unix.EpollWait(ep, events, r.wait(look))
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("cannot wait for connections: %w", err)
		}
		heard := false
		for _, ev := range events[:max(n, 0)] {
			if ev.Fd < 0 {
				heard = true
				continue
			}
			r.note(ev)
		}
		r.run()
		if heard {
			if err := r.hear(); err != nil {
				return err
			}
		}
		r.forsake(patience, look)
	}
	return nil
}

// wait says for how many milliseconds the epoll may wait.
func (r *relay) wait(look time.Duration) int {
	switch {
	case len(r.work) > 0:
		return 0
	case len(r.orphans) > 0:
		return int(look / time.Millisecond)
	}
	return -1
}

// The epoll knows the channel as -1, and an end by its pair's place, twice, and one
// more for the program's; beside it stands the pair's generation.

// listen watches the channel, or does not: a mask of nothing would still tell of a
// hang-up, again and again.
func (r *relay) listen(yes bool) error {
	if r.hears == yes {
		return nil
	}
	r.hears = yes
	if !yes {
		return unix.EpollCtl(r.epoll, unix.EPOLL_CTL_DEL, r.opt.Channel, nil)
	}
	return unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, r.opt.Channel, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: -1})
}

// messagesPerTurn is how many messages are taken before pairs have their turn.
const messagesPerTurn = 64

// hear takes messages while there is room. What finds none waits in the channel, and
// when that is full in superd.
func (r *relay) hear() error {
	for range messagesPerTurn {
		if r.live >= max(1, r.opt.Most) {
			return r.listen(false)
		}
		o, err := receive(r.opt.Channel)
		switch {
		case err == nil:
			r.begin(o)
		case err == errAgain:
			return nil
		case err == errEnded:
			r.gone = true
			return r.listen(false)
		case errors.As(err, new(*malformedError)):
			fmt.Fprintf(r.opt.Stderr, "superd: %v\n", err)
		default:
			return err
		}
	}
	return nil
}

func (r *relay) begin(o order) {
	i := r.place()
	p := &r.pairs[i]
	*p = pair{used: true, gen: p.gen + 1}
	r.live++
	for which, fd := range [2]int{client: o.client, program: o.program} {
		p.ends[which] = end{fd: fd, readable: true, writable: true}
	}
	for which := range p.ends {
		ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLET, Fd: 2*i + int32(which), Pad: int32(p.gen)}
		if err := unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, p.ends[which].fd, &ev); err != nil { // fs.epoll.max_user_watches
			fmt.Fprintf(r.opt.Stderr, "superd: cannot relay connection %d: %v\n", o.id, err)
			r.end(i)
			return
		}
	}
	r.queue(i)
}

func (r *relay) place() int32 {
	if n := len(r.free); n > 0 {
		i := r.free[n-1]
		r.free = r.free[:n-1]
		return i
	}
	r.pairs = append(r.pairs, pair{})
	return int32(len(r.pairs) - 1)
}

func (r *relay) note(ev unix.EpollEvent) {
	i := ev.Fd / 2
	p := &r.pairs[i]
	if !p.used || int32(p.gen) != ev.Pad {
		return
	}
	p.note(int(ev.Fd%2), ev.Events)
	r.queue(i)
}

func (r *relay) queue(i int32) {
	if p := &r.pairs[i]; !p.queued {
		p.queued = true
		r.work = append(r.work, i)
	}
}

// run lets each pair that has work go on once.
func (r *relay) run() {
	list := r.work
	r.work, r.spare = r.spare[:0], nil
	for _, i := range list {
		p := &r.pairs[i]
		p.queued = false
		switch {
		case !p.used: // it has ended since
		case p.run(&r.buffers):
			r.queue(i)
		case p.over():
			r.end(i)
		case p.orphaned() && !r.orphans[i]:
			r.orphans[i] = true
			p.moved = time.Now()
		}
	}
	r.spare = list[:0]
}

// end closes a pair. The ends leave the epoll first: for a moment superd or a child
// of it may have copies, with which they would stay there.
func (r *relay) end(i int32) {
	p := &r.pairs[i]
	for which := range p.ends {
		p.flows[which].drop(&r.buffers)
		_ = unix.EpollCtl(r.epoll, unix.EPOLL_CTL_DEL, p.ends[which].fd, nil)
		unix.Close(p.ends[which].fd)
	}
	*p = pair{gen: p.gen}
	r.live--
	r.free = append(r.free, i)
	delete(r.orphans, i)
	if !r.gone {
		_ = r.listen(true)
	}
}

// forsake ends pairs whose program has gone and whose client takes nothing. The gate
// does not count them any more, so somebody must: the kernel goes on with what it has
// for them, within bounds of its own.
func (r *relay) forsake(patience, look time.Duration) {
	if len(r.orphans) == 0 {
		return
	}
	now := time.Now()
	if now.Before(r.look) {
		return
	}
	r.look = now.Add(look)
	for i := range r.orphans {
		if r.pairs[i].idle(now) >= patience {
			r.end(i)
		}
	}
}

func (r *relay) closeAll() {
	for i := range r.pairs {
		if r.pairs[i].used {
			r.end(int32(i))
		}
	}
}
