// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"superd/services/event"
	"superd/spawn"
)

// RelayVerb is the hidden verb under which superd copies between clients and
// programs of standard input and output (package wire). It has no arguments; its
// channel is descriptor 0.
const RelayVerb = "relay"

// relay keeps a child alive that reads what clients of workers with worker =
// "stdio" send. There is none before the first such service.
//
// The engine's thread sends to the channel at any time, and must never find a number
// that is somebody else's by then. So the channel of each child is laid onto the
// number of the first one's, by dup3, and closed only when the engine has ended.
//
// Goroutines: run, which starts children and closes the channel; close ends it.
// Channel is called by the engine's thread, all others by the daemon's.
type relay struct {
	opt     relayOptions
	channel atomic.Int64 // -1: nobody is there
	wake    chan struct{}
	done    chan struct{}

	mu      sync.Mutex
	want    *spawn.Spec // nil: no service has asked
	closing bool
}

// relayOptions are what a relay needs of superd.
type relayOptions struct {
	begin func(spawn.Spec) (*relayChild, error)
	tell  func(level event.Level, text, err string)
}

// relayChild is the child with superd's end of its channel.
type relayChild struct {
	*spawn.Process
	control int
	who     spawn.Identity
	since   time.Time
}

func newRelay(opt relayOptions) *relay {
	r := &relay{opt: opt, wake: make(chan struct{}, 1), done: make(chan struct{})}
	r.channel.Store(-1)
	go r.run()
	return r
}

// Channel gives the descriptor to which clients are sent; -1: there is none now, or
// no child. Both it and sending never wait.
func (r *relay) Channel() int { return int(r.channel.Load()) }

func (r *relay) rouse() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// follow says what the child is from now on. One that is somebody else finishes what
// it has.
func (r *relay) follow(sp spawn.Spec) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.want = &sp
	r.rouse()
}

// close ends superd's side: the child goes on until its last client has been served.
// The engine must have ended.
func (r *relay) close() {
	r.mu.Lock()
	r.closing = true
	r.rouse()
	r.mu.Unlock()
	<-r.done
}

// relays is run's state.
type relays struct {
	*relay
	x      *relayChild
	number int // of the channel; -1: none yet
	retry
}

func (r *relay) run() {
	defer close(r.done)
	s := &relays{relay: r, number: -1, retry: newRetry()}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait, ended := s.step()
		if ended {
			return
		}
		timer.Reset(wait)
		var died <-chan struct{}
		if s.x != nil {
			died = s.x.Done()
		}
		select {
		case <-r.wake:
		case <-died:
		case <-timer.C:
		}
	}
}

// step does what is to be done now, and says when to look again at the latest.
func (s *relays) step() (wait time.Duration, ended bool) {
	s.mu.Lock()
	want, closing := s.want, s.closing
	s.mu.Unlock()
	if closing {
		s.channel.Store(-1)
		closeFD(s.number)
		return 0, true
	}
	s.bury()
	if want == nil || s.x != nil && sameIdentity(s.x.who, want.Identity) {
		return time.Hour, false
	}
	if wait := time.Until(s.notTill); wait > 0 {
		return wait, false
	}
	s.begin(*want)
	if s.x == nil || !sameIdentity(s.x.who, want.Identity) {
		return time.Until(s.notTill), false
	}
	return time.Hour, false
}

// bury is for a child that has ended: what it had is closed, which clients and
// programs notice.
func (s *relays) bury() {
	if s.x == nil {
		return
	}
	select {
	case <-s.x.Done():
	default:
		return
	}
	s.channel.Store(-1)
	s.opt.tell(event.LevelWarning, `the relay of workers of standard input and output has ended, with its connections, and is started again`, howEnded(s.x.Process))
	if time.Since(s.x.since) > retryMax {
		s.pause = retryMin
	} else {
		s.later()
	}
	s.x = nil
}

// begin starts a child and gives it the channel. One that was there before reads the
// end of its own then, after what was sent to it.
func (s *relays) begin(sp spawn.Spec) {
	x, err := s.opt.begin(sp)
	if err == nil && s.number >= 0 {
		err = unix.Dup3(x.control, s.number, unix.O_CLOEXEC)
		closeFD(x.control)
	}
	if err != nil {
		s.opt.tell(event.LevelError, "clients of workers of standard input and output wait: the relay cannot be started", err.Error())
		s.later()
		return
	}
	if s.number < 0 {
		s.number = x.control
	}
	s.x = x
	s.channel.Store(int64(s.number))
}

func sameIdentity(a, b spawn.Identity) bool {
	return a.Set == b.Set && a.UID == b.UID && a.GID == b.GID
}

func closeFD(fd int) {
	if fd >= 0 {
		unix.Close(fd)
	}
}

// beginRelay starts a child. What it says is of messages that it cannot use.
func (d *Daemon) beginRelay(sp spawn.Spec) (*relayChild, error) {
	p, control, err := d.beginChild(sp)
	if err != nil {
		return nil, err
	}
	return &relayChild{Process: p, control: control, who: sp.Identity, since: time.Now()}, nil
}
