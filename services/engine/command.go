// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"golang.org/x/sys/unix"

	"superd/limits/wrappers"
	"superd/services/event"
	"superd/spawn"
)

// role is what a session's process is there for.
type role uint8

const (
	roleHandler role = iota
	roleBeside       // a command of spawn; nobody waits for it
	roleDecides      // a command of aclexec, for whose end a client waits
	roleWorker       // a worker of a pool
	roleDequeue      // a program that is run now and then
	roleHolder       // it has a wait service's socket from an earlier superd, and is no child
)

// serves tells whether the process is there for one client, who has a place in the gate.
func (r role) serves() bool { return r == roleHandler || r == roleDecides }

// beside runs a command that concerns nobody but itself.
func (e *Engine) beside(w *wrapping, f *wrappers.Effect) {
	s := w.svc
	if s.beside >= maxBeside {
		s.counts.NotRun++
		if !s.besideTold {
			s.besideTold = true
			e.tellCommand(w, "the commands of its rule are too slow: no more than 4 run at once", "")
		}
		return
	}
	if e.command(w, f, roleBeside, besideTime) {
		s.beside++
	}
}

// askCommand runs a command whose status decides. The client waits, and keeps its
// place in the gate.
func (e *Engine) askCommand(w *wrapping, f *wrappers.Effect) bool {
	s := w.svc
	if s.pending >= maxPending {
		e.tellCommand(w, "too many clients wait for the commands of its rules", "")
		return false
	}
	if !e.command(w, f, roleDecides, pendingTime) {
		return false
	}
	s.pending++
	return true
}

// command starts a shell with /dev/null for the service's user.
func (e *Engine) command(w *wrapping, f *wrappers.Effect, r role, limit time.Duration) bool {
	prog, err := w.compile(f)
	if err != nil {
		e.tellCommand(w, "a command of its rule cannot be run", err.Error())
		return false
	}
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		e.tellCommand(w, "a command of its rule cannot be run", err.Error())
		return false
	}
	e.environment(w.l, w.fd, &w.peer)
	e.addEnv(w)
	i := e.newSession(w.svc, w.l.sock.Network(), &w.peer)
	child, err := e.launcher.Start(prog, spawn.Binding{Conn: null, Log: -1}, uint64(i), e.now)
	if err != nil {
		e.freeSession(i)
		unix.Close(null)
		e.tellCommand(w, "a command of its rule cannot be run", err.Error())
		return false
	}
	x := &e.sessions[i]
	x.role, x.wrap = r, w
	e.observe(i, child)
	e.timers.add(timer{at: e.now + int64(limit), kind: timerSession, ref: i, gen: x.gen})
	return true
}

func (w *wrapping) compile(f *wrappers.Effect) (*spawn.Program, error) {
	st := w.step(f)
	if st.Command == nil {
		return nil, unix.ENOEXEC
	}
	sp := *st.Command
	sp.Argv = []string{"sh", "-c", f.Text}
	return spawn.Compile(sp)
}

func (e *Engine) tellCommand(w *wrapping, text, why string) {
	e.tell(event.Event{Kind: event.Note, Level: event.LevelWarning, Service: w.svc.spec.ID, Network: w.l.sock.Network(), Peer: w.peer.Addr,
		Rule: w.verdict.Rule, Place: w.svc.placeOf(w.verdict.Place), Text: text, Err: why})
}

// commandEnded goes on with the client who waited for a command.
func (e *Engine) commandEnded(i int32, exit spawn.Exit) {
	x := &e.sessions[i]
	s, w, r, yes := x.svc, x.wrap, x.role, !x.failed && !x.asked && exit.Status == 0 && exit.Signal == 0
	e.freeSession(i)
	if r == roleBeside {
		s.beside--
		s.besideTold = s.besideTold && s.beside > 0
		return
	}
	s.pending--
	switch {
	case yes:
		e.wrap(w)
	case w.verdict.Wrap.Passes():
		e.letAfter(w)
	default:
		e.unwrap(w)
	}
}

// letAfter is for a command of hosts.deny that says no: its rule does not concern
// the client, and none after it does. The gate has no place for them yet.
func (e *Engine) letAfter(w *wrapping) {
	v := e.verdictBut(w.l, w.fd, &w.peer)
	if !v.Allow {
		e.refuse(w.l, w.fd, &w.peer, &v)
		return
	}
	w.verdict, w.level = v, asAlways
	w.rule, w.env = &WrapRule{}, nil
	e.letIn(w.l, w.fd, &w.peer, w)
}

// twist starts a command in the service's place, with the connection.
func (e *Engine) twist(w *wrapping, f *wrappers.Effect) {
	prog, err := w.compile(f)
	if err != nil {
		e.unstartable(w.l, w.fd, &w.peer, err)
		return
	}
	w.rule = &WrapRule{Program: prog}
	e.startAs(w.l, w.fd, &w.peer, w)
}
