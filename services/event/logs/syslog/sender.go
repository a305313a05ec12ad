// SPDX-License-Identifier: Apache-2.0

package syslog

import (
	"os"
	"strings"
	"sync"
	"time"

	"github.com/RackSec/srslog"
)

// maxQueued is how many messages wait while syslog is slow or away: a second of
// a busy superd, and at most a few hundred KiB.
const maxQueued = 2048

// Between two tries to reach a syslog that is away.
const (
	retryMin = 100 * time.Millisecond
	retryMax = 10 * time.Second
)

// closeWait is how long Close waits for the queue to be sent. It does not wait for
// a syslog that is away.
const closeWait = time.Second

// Options say where syslog is.
type Options struct {
	Network  string // "unix", "udp", "tcp"
	Address  string // a path, or ADDRESS:PORT
	NoPid    bool   // messages bear no process id
	Pid      int    // the process id that they bear; 0 = this process's
	Console  bool   // what cannot be sent is written to the system's console (LOG_CONS)
	HighBase int    // the least number for the descriptor
	// Complain is told, by the Sender's goroutine, that syslog cannot be reached:
	// once for each time it is away.
	Complain func(error)
	// Lost is the text that says how many messages were lost.
	Lost func(n int64) string
}

// Sender sends messages to one syslog.
//
// Goroutines: run, started by Open; Close ends it. It waits for a message, or for
// the time to try again.
type Sender struct {
	opt     Options
	host    string // empty for the local socket
	pid     int
	closing chan struct{}
	done    chan struct{}
	once    sync.Once
	wake    chan struct{}
	end     limit

	mu     sync.Mutex
	queue  []message
	lost   int64
	unsaid Priority // of a message that was lost, whose ident was
	ident  string

	// run's:
	w    *srslog.Writer
	told bool // that syslog is away
}

type message struct {
	priority Priority
	text     string // whole, as it is sent
}

// Open starts a Sender. Syslog need not be there yet.
func Open(opt Options) *Sender {
	s := &Sender{opt: opt, pid: os.Getpid(), closing: make(chan struct{}), done: make(chan struct{}), wake: make(chan struct{}, 1)}
	if opt.Network != "unix" {
		s.host, _ = os.Hostname()
		s.host, _, _ = strings.Cut(s.host, ".") // RFC 3164, 4.1.2: without the domain
		if s.host == "" {
			s.host = "-"
		}
	}
	if opt.Pid != 0 {
		s.pid = opt.Pid
	}
	if opt.NoPid {
		s.pid = 0
	}
	go s.run()
	return s
}

// Send takes a message, or counts it as lost if too many are waiting. ident is
// the name of the program that says it.
func (s *Sender) Send(p Priority, at time.Time, ident string, line []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) >= maxQueued {
		s.lost++
		s.unsaid, s.ident = p, ident
		return
	}
	s.queue = append(s.queue, message{p, s.format(p, at, ident, line)})
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Sender) format(p Priority, at time.Time, ident string, line []byte) string {
	buf := make([]byte, 0, len(s.host)+len(ident)+len(line)+40)
	return string(text(header(buf, p, at, s.host, ident, s.pid), line))
}

// Close sends what is left, if syslog is there and takes it within a second, and
// ends the goroutine.
func (s *Sender) Close() error {
	s.once.Do(func() {
		s.end.at.Store(time.Now().Add(closeWait).UnixNano())
		close(s.closing)
	})
	<-s.done
	return nil
}

func (s *Sender) run() {
	defer close(s.done)
	defer s.hangUp()
	pause := retryMin
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	closing := s.closing // nil when we know
	for {
		err := s.sendAll()
		if err == nil {
			pause = retryMin
		} else {
			pause = min(2*pause, retryMax)
		}
		if closing == nil { // all is sent, or syslog is away: superd's end is not to wait for it
			return
		}
		rest := time.Hour
		if err != nil {
			rest = pause
		}
		timer.Reset(rest)
		select {
		case <-timer.C:
		case <-closing:
			closing = nil
		case <-s.next(err):
		}
	}
}

// next is the channel that tells of new messages, or none while syslog is away:
// then it is time that wakes us.
func (s *Sender) next(away error) <-chan struct{} {
	if away != nil {
		return nil
	}
	return s.wake
}

// sendAll sends what is queued. On an error the message stays the first.
func (s *Sender) sendAll() error {
	for !s.end.over(time.Now()) {
		m, ok := s.first()
		if !ok {
			return nil
		}
		if err := s.send(m); err != nil {
			return err
		}
		s.taken()
	}
	return os.ErrDeadlineExceeded
}

// first is the oldest message. Of lost ones something is said when there is room
// again, that is, after those that were queued before.
func (s *Sender) first() (message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 && s.lost > 0 {
		text := s.opt.Lost(s.lost)
		s.lost = 0
		s.queue = append(s.queue, message{s.unsaid.With(1), s.format(s.unsaid.With(1), time.Now(), s.ident, []byte(text))})
	}
	if len(s.queue) == 0 {
		s.queue = nil // after a flood
		return message{}, false
	}
	return s.queue[0], true
}

func (s *Sender) taken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = s.queue[1:]
}
