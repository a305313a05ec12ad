// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/services/event"
)

// What keeps a session from being ended.
var (
	ErrNoSession = errors.New("no such session")
	ErrEnding    = errors.New("it has been asked to end already, and is killed when its time is over")
	ErrShared    = errors.New("it serves other clients, too, who would end with it; name the process to end all of them")
)

// sessionID names a session for as long as superd runs: its place and how many have
// had that before it.
func sessionID(i int32, gen uint32) string {
	return strconv.Itoa(int(i)) + "." + strconv.FormatUint(uint64(gen), 10)
}

// Kill asks a session's process to end, and kills it when its service's KillGrace is
// over. word is a session's id, a process id, or that of a pool's client (see
// killClient), which needs no process: pid is 0 then. It gives the process's id;
// ErrNoSession, or ErrEnding when the process has been asked before.
func (e *Engine) Kill(word string) (pid int, err error) {
	e.call(func(e *Engine) {
		if id, ok := clientOf(word); ok {
			pid, err = e.killClient(id)
			return
		}
		i, ok := e.findSession(word)
		if !ok {
			err = ErrNoSession
			return
		}
		pid, err = e.killSession(i, &e.sessions[i].peer)
	})
	return pid, err
}

func (e *Engine) killSession(i int32, peer *activation.Peer) (pid int, err error) {
	x := &e.sessions[i]
	if x.asked {
		return int(x.pid), ErrEnding
	}
	e.tell(event.Event{Kind: event.Note, Level: event.LevelNotice, Service: x.svc.spec.ID, Pid: x.pid, Network: x.network,
		Peer: peer.Addr, Text: "asked to end, by request"})
	if x.role == roleWorker { // nobody new comes to one that is about to end
		e.withdraw(x.worker)
		e.setState(&e.workers[x.worker], workerStopping)
		e.wakeTeam(e.workers[x.worker].team, e.now)
	}
	e.ask(i, "killed", x.svc.spec.KillGrace)
	return int(x.pid), nil
}

// Signal sends a signal to each process of a service's, and to no process that these
// have started. It gives how many there were.
func (e *Engine) Signal(id string, sig unix.Signal) (n int) {
	e.call(func(e *Engine) {
		s := e.services[id]
		for i := range e.sessions {
			x := &e.sessions[i]
			if x.used && x.svc == s && s != nil && (x.role == roleHandler || x.role == roleWorker || x.role == roleDequeue) &&
				unix.PidfdSendSignal(int(x.pidfd), sig, nil, 0) == nil {
				n++
			}
		}
	})
	return n
}

func (e *Engine) findSession(word string) (int32, bool) {
	place, gen, isID := strings.Cut(word, ".")
	n, err := strconv.ParseInt(place, 10, 32)
	if err != nil || n < 0 {
		return 0, false
	}
	if isID {
		g, err := strconv.ParseUint(gen, 10, 32)
		if err != nil || n >= int64(len(e.sessions)) {
			return 0, false
		}
		x := &e.sessions[n]
		return int32(n), x.used && x.gen == uint32(g)
	}
	for i := range e.sessions {
		if x := &e.sessions[i]; x.used && n > 0 && int64(x.pid) == n {
			return int32(i), true
		}
	}
	return 0, false
}
