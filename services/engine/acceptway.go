// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"superd/spawn"
	"superd/spawn/pool"
)

// maxReport is the largest report of a worker that accepts by itself.
const maxReport = 4096

// equipAccept gives a worker the listening sockets, a lock to hold around poll and
// accept where there are several, and last a channel on which it may report.
//
// One socket blocks: the kernel then wakes one worker, that which has waited longest.
// Of several none may block, or who wakes for one sleeps in another.
func (e *Engine) equipAccept(t *team, w *worker, b *spawn.Binding) error {
	ls := t.svc.listeners
	for _, l := range ls {
		l.sock.SetNonblock(len(ls) > 1)
		b.Files = append(b.Files, l.sock.FD())
	}
	if len(ls) > 1 {
		lock, err := e.openLock(t)
		if err != nil {
			return err
		}
		w.given, b.Files = append(w.given, lock), append(b.Files, lock)
	}
	ours, theirs, err := pool.NewChannel(e.opt.HighBase)
	if err != nil {
		return err
	}
	w.channel, w.given = ours, append(w.given, theirs)
	b.Files = append(b.Files, theirs)
	return nil
}

// takeBack has a socket that workers accepted from as superd itself needs it: whoever has
// it next would wait in accept.
func (t *team) takeBack(l *listener) {
	if t.spec.Way == Accept {
		l.sock.SetNonblock(true)
	}
}

// watches tells whether workers look at the service's sockets by themselves.
func (t *team) watches() bool {
	return t != nil && t.spec.Way == Accept && t.view.Idle+t.view.Busy+t.view.Unreported+t.view.Retiring > 0
}

// openLock opens the pool's lock file anew: flock excludes descriptions, not
// descriptors, so one that was inherited would exclude nobody.
func (e *Engine) openLock(t *team) (int, error) {
	if t.lock == 0 {
		fd, err := unix.MemfdCreate("superd-lock", unix.MFD_CLOEXEC)
		if err != nil {
			return -1, err
		}
		t.lock = moveHigh(fd, e.opt.HighBase)
	}
	return unix.Open("/proc/self/fd/"+strconv.Itoa(t.lock), unix.O_RDWR|unix.O_CLOEXEC, 0)
}

// acceptRuns is for a worker that accepts by itself, once its program runs. After
// workers that were of no use it is on trial: it may accept, but others are started
// only when it has lived for a while, or reports.
func (e *Engine) acceptRuns(i int32) {
	w := &e.workers[i]
	if w.team.state.Backoff().Failures() == 0 {
		e.acceptReady(i)
		return
	}
	e.wakeTeam(w.team, w.born+trial)
}

// onTrial tells whether a worker that starts does so by its trial alone.
func (e *Engine) onTrial(w *worker) bool {
	return w.team.spec.Way == Accept && !e.sessions[w.session].flying
}

func (e *Engine) acceptReady(i int32) {
	w := &e.workers[i]
	t := w.team
	t.ready(w.born)
	e.setState(w, workerUnreported)
	e.endYesterday(t, 1)
	e.resize(t)
	e.refresh(t.svc)
}

// listenStill repairs listening sockets that a worker has shut down, for all who have
// them. Nobody watches them here; but whoever waits in accept comes back and ends.
func (e *Engine) listenStill(t *team) {
	if t.spec.Way != Accept {
		return
	}
	for _, l := range t.svc.listeners {
		if !l.sock.IsStream() {
			continue
		}
		if on, err := unix.GetsockoptInt(l.sock.FD(), unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err == nil && on == 0 {
			e.listenAgain(l)
		}
	}
}

// endYesterday ends workers of an earlier program, which are on no list since they
// take their connections themselves.
func (e *Engine) endYesterday(t *team, n int) {
	for _, i := range append([]int32(nil), t.members...) {
		if w := &e.workers[i]; n > 0 && w.state == workerOld {
			t.counts.Retired++
			e.endWorker(i, workerRetiring)
			n--
		}
	}
}

// stopUnreported ends one worker of whom nobody knows whether it is busy. TERM asks
// it to end.
func (e *Engine) stopUnreported(t *team) {
	for _, i := range t.members {
		if e.workers[i].state == workerUnreported {
			e.endWorker(i, workerStopping)
			return
		}
	}
}

// What a worker may report in a second, and what reports cost: a report that says
// something is short, and what nobody understands costs as much as a long one. One that
// reports two changes for each of 20,000 clients a second stays below.
const (
	reportAllowance = 4 << 20
	reportCost      = 64
	changeCost      = 16
	uselessCost     = 1024
)

// allowance is what a worker has had of reportAllowance in the present second.
type allowance struct {
	since int64
	spent int
}

// spend tells whether that was too much.
func (a *allowance) spend(now int64, cost int) bool {
	if now-a.since >= int64(time.Second) {
		*a = allowance{since: now}
	}
	a.spent += cost
	return a.spent > reportAllowance
}

// hearReport takes a report. A worker that says too much is not listened to for the
// rest of the second: its channel fills, and who waits is the worker.
func (e *Engine) hearReport(i int32, msg []byte, odd bool) {
	changes := e.report(i, msg, odd)
	cost := reportCost + len(msg) + changes*changeCost
	if changes == 0 {
		cost = max(cost, uselessCost)
	}
	w := &e.workers[i]
	if w.reports.spend(e.now, cost) && w.obj >= 0 {
		e.poll.drop(w.channel.FD(), w.obj)
		w.obj = -1
		e.wakeTeam(w.team, w.reports.since+int64(time.Second))
	}
}

// hearAgain listens to a worker again that has said too much.
func (e *Engine) hearAgain(i int32) {
	w := &e.workers[i]
	if w.obj >= 0 || !w.channel.Open() {
		return
	}
	at := w.reports.since + int64(time.Second)
	if e.now >= at {
		var err error
		if w.obj, err = e.poll.add(w.channel.FD(), objWorker, i, unix.EPOLLIN); err == nil {
			return
		}
		w.obj, at = -1, e.now+lookEvery
	}
	e.wakeTeam(w.team, at)
}

// report takes what a worker says of itself: lines of Net::Server's children ("PID
// processing", "PID waiting", "PID exiting") and of sd_notify ("STATUS=busy",
// "STATUS=idle", READY=1). Other lines are for people. It gives how many there were.
func (e *Engine) report(i int32, msg []byte, odd bool) (changes int) {
	if odd { // descriptors are gone, and of a long text the beginning will do
		msg = msg[:min(len(msg), maxReport)]
	}
	for line := range bytes.Lines(msg) {
		switch word := lastWord(line); string(word) {
		case "processing", "STATUS=busy", "STATUS=processing":
			e.reported(i, workerBusy)
			changes++
		case "waiting", "STATUS=idle", "STATUS=waiting", "READY=1":
			e.reported(i, workerIdle)
			changes++
		}
	}
	return changes
}

// lastWord is the second word of "PID word", and the line itself where there is one.
func lastWord(line []byte) []byte {
	line = bytes.TrimRight(line, " \r\n")
	if pid, word, ok := bytes.Cut(line, []byte{' '}); ok && isDigits(pid) {
		return bytes.ToLower(word)
	}
	return line
}

func isDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

func (e *Engine) reported(i int32, now workerState) {
	w := &e.workers[i]
	t := w.team
	if w.state == workerStarting && e.onTrial(w) {
		e.acceptReady(i)
		w = &e.workers[i]
	}
	w.countServing(now == workerBusy)
	if w.state == now || w.state != workerIdle && w.state != workerBusy && w.state != workerUnreported {
		return
	}
	e.setState(w, now)
	t.most = max(t.most, t.view.Busy)
	switch {
	case now == workerBusy:
		t.idle = remove(t.idle, i)
	case w.limit >= 0 && w.served >= w.limit:
		t.counts.Retired++
		e.endWorker(i, workerRetiring)
	default:
		t.idle = include(t.idle, i)
	}
}

// countServing counts a client that a worker reports to have, or to have no more.
func (w *worker) countServing(now bool) {
	t := w.team
	if now == w.serving {
		return
	}
	if w.serving = now; now {
		w.served++
		t.view.Taken++
		t.svc.counts.Started++
		return
	}
	t.svc.counts.Exited++
	t.useful()
}

// endServing is for a worker that has ended and did not say that its client had.
func (w *worker) endServing(exit spawn.Exit) {
	if !w.serving {
		return
	}
	w.serving = false
	w.team.svc.counts.Exited++
	if exit.Status != 0 || exit.Signal != 0 {
		w.team.counts.Cut++
	}
}
