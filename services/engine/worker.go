// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/services/event"
	"superd/spawn"
	"superd/spawn/pool"
)

// How long a worker may take, by contrib/worker/PROTOCOL.md.
const (
	readyTime = int64(60 * time.Second) // from its start to "ready"
	takeTime  = int64(10 * time.Second) // from a connection to "taken"
	leaveTime = int64(10 * time.Second) // from the end of its channel, or from its last connection, to its exit
	muteTime  = int64(time.Second)      // from its closing of the channel to its exit
	lookEvery = int64(time.Second)      // how often that is looked at
)

// messagesPerTurn is how many messages of one worker are read before others have
// their turn.
const messagesPerTurn = 16

type workerState uint8

const (
	workerGone       workerState = iota
	workerStarting               // it has a process
	workerIdle                   // it is ready
	workerBusy                   // and has a connection
	workerUnreported             // of Accept: it runs, and whether it is busy nobody knows
	workerOld                    // its program is of yesterday; it serves until a new one is ready
	workerRetiring               // it gets no more
	workerStopping               // it gets no more, because there are too many or the service goes
)

// worker is one process of a pool. Workers live in a slab.
type worker struct {
	team    *team
	state   workerState
	gen     uint32
	session int32
	obj     int32
	channel pool.Channel // of Pass; of Accept what it reports by; of Stdio the relay's side
	mate    int          // of Stdio: superd's end of its stdin and stdout, -1 = given away
	given   []int        // descriptors to close when the start has settled
	limit   int64        // connections that it may have, -1 = unlimited
	served  int64        // that it has had
	slots   int
	held    []passed
	since   int64 // when it got into its state
	born    int64
	mute    bool // it has closed its channel
	quit    bool // and before it was told to end
	ended   bool // it was told that no more will come
	reports allowance
	serving bool  // of Accept: it has said that it has a client
	halted  int64 // of Accept: since when it is seen to be stopped while clients wait; 0 = it is not
	doomed  string
}

// countOf gives the place where workers of a state are counted.
func (t *team) countOf(s workerState) *int {
	v := &t.view
	switch s {
	case workerStarting:
		return &v.Starting
	case workerIdle:
		return &v.Idle
	case workerBusy:
		return &v.Busy
	case workerUnreported:
		return &v.Unreported
	case workerOld, workerRetiring:
		return &v.Retiring
	case workerStopping:
		return &v.Stopping
	}
	return new(int)
}

func (e *Engine) setState(w *worker, s workerState) {
	t := w.team
	if w.state == workerBusy {
		t.view.Free -= w.slots - len(w.held)
	}
	*t.countOf(w.state)--
	w.state = s
	*t.countOf(s)++
	if s == workerBusy {
		t.view.Free += w.slots - len(w.held)
	}
	w.since = e.now
}

// startWorker starts one more. It reports false when none can be started now.
func (e *Engine) startWorker(t *team) bool {
	i := e.newWorker(t)
	b, err := e.equip(t, &e.workers[i])
	if err == nil {
		err = e.runWorker(t, i, b)
	}
	if err == nil {
		return true
	}
	w := &e.workers[i]
	if b.GiveLog {
		closeFile(b.Log)
	}
	w.letGo()
	e.freeWorker(i)
	t.state = t.state.Failed(e.now)
	if t.lacks(err.Error(), e.now) {
		e.tell(event.Event{Kind: event.SpawnFail, Level: event.LevelError, Service: t.svc.spec.ID, Err: err.Error(), Text: "a worker cannot be started"})
	}
	return false
}

// lacks tells whether to tell why a worker cannot be started: once a minute while it
// goes on, whether or not some can be in between.
func (t *team) lacks(why string, now int64) bool {
	if t.lack == why && now-t.lackAt <= fullQuiet {
		return false
	}
	t.lack, t.lackAt = why, now
	return true
}

// equip gives a new worker the descriptors of its way.
func (e *Engine) equip(t *team, w *worker) (spawn.Binding, error) {
	b := e.binding(t.svc, -1)
	switch t.spec.Way {
	case Accept:
		return b, e.equipAccept(t, w, &b)
	case Stdio:
		return b, e.equipStdio(w, &b)
	}
	ours, theirs, err := pool.NewChannel(e.opt.HighBase)
	if err != nil {
		return b, err
	}
	w.channel, w.given = ours, append(w.given, theirs)
	b.Files = []int{theirs}
	return b, nil
}

func (e *Engine) runWorker(t *team, i int32, b spawn.Binding) error {
	s := t.svc
	e.launcher.Env().Reset()
	x := e.newSession(s, "", &activation.Peer{})
	child, err := e.launcher.Start(s.spec.Program, b, uint64(x), e.now)
	if err != nil {
		e.freeSession(x)
		return err
	}
	w := &e.workers[i]
	w.session = x
	e.sessions[x].role, e.sessions[x].worker = roleWorker, i
	e.observe(x, child)
	t.counts.Started++
	e.setState(w, workerStarting)
	e.wakeTeam(t, e.now+lookEvery)
	if s.spec.Loud.Start {
		e.tell(event.Event{Kind: event.WorkerStart, Level: event.LevelDebug, Service: s.spec.ID, Pid: e.sessions[x].pid})
	}
	if t.spec.Way == Pass {
		e.greet(w)
	}
	if w.channel.Open() && t.spec.Way != Stdio {
		if w.obj, err = e.poll.add(w.channel.FD(), objWorker, i, unix.EPOLLIN); err != nil {
			w.obj = -1
			e.doom(i, "its channel cannot be watched")
		}
	}
	return nil
}

func (e *Engine) greet(w *worker) {
	t := w.team
	h := pool.Hello{Service: t.svc.spec.ID, Slots: w.slots, MaxRequests: w.limit, Conf: t.spec.Conf}
	e.message = h.Append(e.message[:0])
	w.channel.Send(e.message)
}

func (e *Engine) newWorker(t *team) int32 {
	var i int32
	if n := len(e.freeWorkers); n > 0 {
		i = e.freeWorkers[n-1]
		e.freeWorkers = e.freeWorkers[:n-1]
	} else {
		e.workers = append(e.workers, worker{})
		i = int32(len(e.workers) - 1)
	}
	w := &e.workers[i]
	*w = worker{team: t, gen: t.gen, session: -1, obj: -1, mate: -1, limit: e.requests(t.spec), slots: max(1, t.spec.Slots), held: w.held[:0], given: w.given[:0], born: e.now, since: e.now}
	switch t.spec.Way {
	case Stdio:
		w.limit, w.slots = 1, 1
	case Accept:
		w.slots = 0 // how many more it could take nobody knows
	}
	t.members = append(t.members, i)
	return i
}

func (e *Engine) freeWorker(i int32) {
	w := &e.workers[i]
	t := w.team
	e.setState(w, workerGone)
	t.members = remove(t.members, i)
	*w = worker{held: w.held[:0], given: w.given[:0]}
	e.freeWorkers = append(e.freeWorkers, i)
	e.forgetTeam(t)
}

func remove(list []int32, i int32) []int32 {
	if k := slices.Index(list, i); k >= 0 {
		return slices.Delete(list, k, k+1)
	}
	return list
}

// setSlots gives a worker the slots of a new definition.
func (e *Engine) setSlots(i int32) {
	w := &e.workers[i]
	n := max(1, w.team.spec.Slots)
	if w.team.spec.Way != Pass || n == w.slots || w.gen != w.team.gen {
		return
	}
	if w.state == workerBusy {
		w.team.view.Free += n - w.slots
	}
	w.slots = n
	e.offer(i)
}

// closeGiven closes what a worker got, once it has it.
func (w *worker) closeGiven() {
	for _, fd := range w.given {
		unix.Close(fd)
	}
	w.given = w.given[:0]
}

// letGo closes all that superd has of a worker.
func (w *worker) letGo() {
	w.closeGiven()
	w.channel.Close()
	closeFile(w.mate)
	w.mate = -1
}

// workerSettled is called when a worker's start is over.
func (e *Engine) workerSettled(i int32, ok bool) {
	w := &e.workers[i]
	w.closeGiven()
	if ok && w.state == workerStarting { // the launcher must not be asked for more now
		e.fresh = append(e.fresh, fresh{i, w.session, e.sessions[w.session].gen})
	}
}

// fresh is a worker whose program runs.
type fresh struct {
	worker, session int32
	gen             uint32
}

// welcome lets fresh workers have connections, unless they will say themselves when
// they are ready, and goes on with starting others.
func (e *Engine) welcome() {
	for _, f := range e.fresh {
		w := &e.workers[f.worker]
		if w.state != workerStarting || w.session != f.session || e.sessions[f.session].gen != f.gen {
			continue
		}
		switch w.team.spec.Way {
		case Stdio:
			e.workerReady(f.worker)
		case Accept:
			e.acceptRuns(f.worker)
		default:
			e.resize(w.team)
		}
	}
	e.fresh = e.fresh[:0]
}

// workerReady lets a worker have connections.
func (e *Engine) workerReady(i int32) {
	w := &e.workers[i]
	t := w.team
	t.ready(w.born)
	e.setState(w, workerIdle)
	t.idle = append(t.idle, i)
	e.endOld(t, 1)
	e.feed(t)
	e.resize(t)
	e.refresh(t.svc)
}

// withdraw takes a worker off the lists of those that can take a connection.
func (e *Engine) withdraw(i int32) {
	t := e.workers[i].team
	t.idle, t.old = remove(t.idle, i), remove(t.old, i)
}

// endWorker tells a worker that no more will come.
func (e *Engine) endWorker(i int32, as workerState) {
	w := &e.workers[i]
	e.withdraw(i)
	e.setState(w, as)
	e.endChannel(i)
	e.wakeTeam(w.team, e.now+lookEvery)
}

// workerEnded is for a worker whose process has ended.
func (e *Engine) workerEnded(ref int32, exit spawn.Exit) {
	x := &e.sessions[ref]
	i := x.worker
	e.hear(i, 2*len(e.workers[i].held)+3) // what it said last; others may be started for it
	x = &e.sessions[ref]
	w := &e.workers[i]
	t := w.team
	early := e.wasUseless(w, exit)
	e.tellWorker(x, w, exit, early)
	e.withdraw(i)
	if w.obj >= 0 {
		e.poll.drop(w.channel.FD(), w.obj)
	}
	e.settleHeld(i, exit)
	w.endServing(exit)
	w.letGo()
	if x.failed || early && (w.doomed != "" || !x.asked) {
		t.state = t.state.Relapsed(t.before, e.now)
	}
	e.freeWorker(i)
	e.freeSession(ref)
	e.listenStill(t)
	e.feed(t)
	e.resize(t)
}

// longest is the largest message of a worker.
func (t *team) longest() int {
	if t.spec.Way == Accept {
		return maxReport
	}
	return pool.MaxAnswer
}

func (e *Engine) tellWorker(x *session, w *worker, exit spawn.Exit, early bool) {
	t := w.team
	level := event.LevelDebug
	switch {
	case w.ended && !w.quit || x.asked && w.doomed == "":
	case early:
		t.counts.DiedEarly++
		level = event.LevelWarning
	case t.spec.Way == Stdio && w.served > 0 && w.doomed == "": // with its client, who is told of
		t.counts.Retired++
	case w.doomed == "":
		t.counts.Died++
		if exit.Status != 0 || exit.Signal != 0 {
			level = event.LevelWarning
		}
	}
	if x.failed { // told already, with the step
		return
	}
	ev := event.Event{Kind: event.WorkerExit, Level: level, Service: t.svc.spec.ID, Pid: x.pid, Status: int32(exit.Status), Signal: int32(exit.Signal),
		Duration: nanos(e.now - w.born), Count: w.served, Reason: x.reason}
	if early && w.doomed == "" && !w.ended {
		ev.Text = "it was of no use to anybody; the next one is started after a pause"
	}
	e.tell(ev)
}
