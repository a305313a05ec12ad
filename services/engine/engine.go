// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/limits/admit"
	"superd/services/event"
	"superd/spawn"
)

// Sink takes events. Put must not block, must not keep the pointer, and is
// called by the owner thread alone. It reports false when the event was lost.
type Sink interface {
	Put(*event.Event) bool
}

// Options are what an Engine is made of.
type Options struct {
	Sink     Sink
	Launcher spawn.Options
	LogFD    int // what a handler with LogStderr gets as descriptor 2; a low number, -1 = none
	HighBase int // where lasting descriptors start
	// Stderr, if not nil, is asked at each start of a handler with LogStderr for a
	// descriptor of that service's own in LogFD's place: a low number, the engine's
	// to close; -1 = LogFD it is. The owner thread calls it: it must not block.
	Stderr func(service string) int
	// Relay gives the socket of the relay process; a number below 0: it is not there now.
	// The owner thread calls it: it must not block. nil: there is none.
	Relay func() int
	// Followed, if not nil, tells whether somebody follows what happens: of services
	// that are not loud, too. It must not block.
	Followed func() bool
	// Global limits the processes of all services (xinetd -limit); -1 = none.
	Global int64
	// Strangers: children may be given to us that we never started (pid 1, a
	// subreaper); look for them once a second.
	Strangers bool
	// Ours, if not nil, tells of children that are not the engine's, but superd's.
	Ours func(pid int) bool
}

// Engine runs services. Make it with New, then call Run from one goroutine;
// all other methods may be called from any.
type Engine struct {
	opt      Options
	queue    *queue
	done     chan struct{}
	launched chan error

	// All below belongs to the owner thread.
	launcher    *spawn.Launcher
	poll        *poller
	timers      timers
	now         int64 // monotonic, ns since epoch
	epoch       time.Time
	services    map[string]*service
	global      admit.Global
	held        map[*activation.Socket]int32 // sockets that a wait handler has now
	sessions    []session
	freeSess    []int32
	live        int // sessions in use
	stalled     []stalled
	pause       pauseState
	linger      []lingering
	load        loadavg
	lately      refusals
	jobs        []job
	jobBuf      []job
	ev          event.Event
	peer        activation.Peer
	settle      func(spawn.Outcome)
	flyWait     time.Duration // until the spawns on their way want to be looked at; <0: there are none
	looking     bool          // the timer for strangers is set
	heritage    *heritage     // what another image had, while it is taken over
	frozen      bool          // it is being handed over
	firstGen    uint32        // of the generations of sessions in this image
	teams       []*team       // pools, also those whose service has gone, until their workers have
	workers     []worker
	freeWorkers []int32
	fresh       []fresh
	lastID      uint64 // of a connection that was passed on
	message     []byte
	answer      [maxReport]byte

	stopping  bool
	stopGrace time.Duration
	end       bool
	leaveBy   int64 // with Leave: when it ends, whatever is being started; 0: it does not
}

// New makes an engine. Nothing runs before Run.
func New(opt Options) (*Engine, error) {
	q, err := newQueue(opt.HighBase)
	if err != nil {
		return nil, fmt.Errorf("cannot make the engine's wake-up: %w", err)
	}
	p, err := newPoller(opt.HighBase)
	if err != nil {
		q.close()
		return nil, err
	}
	e := &Engine{opt: opt, queue: q, poll: p, done: make(chan struct{}), launched: make(chan error, 1), epoch: time.Now(),
		services: map[string]*service{}, held: map[*activation.Socket]int32{}}
	e.global.Max = opt.Global
	e.settle, e.flyWait = e.settled, -1
	if _, err := p.add(q.wakeFD, objWake, 0, unix.EPOLLIN); err != nil {
		p.close()
		q.close()
		return nil, fmt.Errorf("cannot watch the engine's wake-up: %w", err)
	}
	return e, nil
}

// Run is the owner thread. It returns when Stop has done its work. The error is
// that of a launcher that could not be made; nothing was run then.
func (e *Engine) Run() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(e.done)
	defer e.shut()
	l, err := spawn.NewLauncher(e.opt.Launcher)
	e.launched <- err
	if err != nil {
		return err
	}
	e.launcher = l
	if e.opt.Strangers {
		e.lookLater(time.Second)
	}
	e.tick()
	for !e.end {
		e.turn()
	}
	return nil
}

// Ready waits until Run has made its launcher, and gives that one's error.
func (e *Engine) Ready() error { return <-e.launched }

// Done is closed when Run has returned.
func (e *Engine) Done() <-chan struct{} { return e.done }

func (e *Engine) shut() {
	e.closeLingering()
	for _, s := range e.stalled {
		spawn.CloseConn(s.conn)
	}
	if e.launcher != nil {
		e.launcher.Close()
	}
	e.poll.close()
	e.queue.close()
}

func (e *Engine) tick() { e.now = int64(time.Since(e.epoch)) }

// turn waits for something to happen and deals with it. Exits come before new
// connections, since they make room for those.
func (e *Engine) turn() {
	events := e.poll.wait(e.patience())
	e.tick()
	inner := false
	for i := range events {
		o := e.poll.lookup(&events[i])
		if o == nil {
			continue
		}
		switch o.kind {
		case objInner:
			inner = true
		case objListener:
			e.poll.find(events[i])
		case objWake:
			e.jobs = e.queue.take(e.jobs)
		case objSession:
			e.reap(o.ref)
		case objLinger:
			e.endLingering(o.ref)
		case objWorker:
			e.hear(o.ref, messagesPerTurn)
		}
	}
	e.runTimers()
	e.serve(inner)
	e.flying()
	e.welcome()
	e.runJobs()
	e.leaveNow()
}

// patience says for how many milliseconds a turn may wait, -1 for ever.
func (e *Engine) patience() int {
	if len(e.jobs) > 0 && e.frozen {
		return 1
	}
	if len(e.jobs) > 0 {
		return 0
	}
	ms := -1
	if at, ok := e.timers.next(); ok {
		ms = max(0, int((at-e.now+999_999)/1e6))
	}
	if e.flyWait >= 0 {
		if m := max(1, int(e.flyWait/time.Millisecond)); ms < 0 || m < ms {
			ms = m
		}
	}
	return ms
}

// flying looks after the spawns on their way.
func (e *Engine) flying() {
	e.flyWait = e.launcher.Settle(e.now, e.settle)
}

// serve looks after the listeners that are ready, those of the inner epoll if it is.
func (e *Engine) serve(inner bool) {
	ready := e.poll.listeners(inner && !e.pause.on)
	if e.pause.on {
		return
	}
	for i := range ready {
		o := e.poll.lookup(&ready[i])
		if o == nil || o.kind != objListener || !o.owner.armed {
			continue
		}
		if ready[i].Events&^uint32(unix.EPOLLIN) != 0 && !e.mend(o.owner, ready[i].Events) {
			continue
		}
		if l := o.owner; l.svc.team != nil && l.svc.team.asks() {
			e.wanted(l.svc)
		} else if l.svc.spec.Mode == Wait || !l.sock.IsStream() {
			e.handOver(l)
		} else {
			e.acceptFrom(l)
		}
		if e.pause.on {
			return
		}
	}
}

func (e *Engine) runTimers() {
	for {
		t, ok := e.timers.pop(e.now)
		if !ok {
			return
		}
		switch t.kind {
		case timerService:
			if t.svc.wakeAt == t.at {
				t.svc.wakeAt = 0
				e.refresh(t.svc)
			}
		case timerSession:
			e.sessionTime(t.ref, t.gen)
		case timerPause:
			e.resume(t.at)
		case timerLinger:
			e.lingerTime()
		case timerStop:
			e.stopTime()
		case timerAbandon:
			e.abandon()
		case timerStrangers:
			e.strangers()
		case timerTeam:
			if t.team.wakeAt == t.at {
				t.team.wakeAt = 0
				e.teamTime(t.team)
			}
		case timerDequeue:
			e.dequeueTime(t.svc, t.at)
		}
	}
}

func (e *Engine) runJobs() {
	if len(e.jobs) == 0 {
		return
	}
	e.jobs, e.jobBuf = e.jobBuf[:0], e.jobs
	for _, j := range e.jobBuf {
		if !j.step(e) {
			e.jobs = append(e.jobs, j)
		}
	}
	clear(e.jobBuf)
}

// tell hands an event to the sink. It goes through a field so that nothing
// escapes to the heap.
func (e *Engine) tell(ev event.Event) {
	e.ev = ev
	e.ev.Time = e.epoch.Add(nanos(e.now))
	e.opt.Sink.Put(&e.ev)
}

// followed tells whether events are wanted that no log is.
func (e *Engine) followed() bool { return e.opt.Followed != nil && e.opt.Followed() }

func nanos(n int64) time.Duration { return time.Duration(n) }
