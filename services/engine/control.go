// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"superd/services/event"
)

// What keeps a session from being ended.
var (
	ErrNoSession = errors.New("no such session")
	ErrEnding    = errors.New("it has been asked to end already, and is killed when its time is over")
)

// sessionID names a session for as long as superd runs: its place and how many have
// had that before it.
func sessionID(i int32, gen uint32) string {
	return strconv.Itoa(int(i)) + "." + strconv.FormatUint(uint64(gen), 10)
}

// Kill asks a session's process to end, and kills it when its service's KillGrace is
// over. word is a session's id or a process id. It gives the process's id;
// ErrNoSession, or ErrEnding when the process has been asked before.
func (e *Engine) Kill(word string) (pid int, err error) {
	err = ErrNoSession
	e.call(func(e *Engine) {
		i, ok := e.findSession(word)
		if !ok {
			return
		}
		x := &e.sessions[i]
		if pid, err = int(x.pid), nil; x.asked {
			err = ErrEnding
			return
		}
		e.tell(event.Event{Kind: event.Note, Level: event.LevelNotice, Service: x.svc.spec.ID, Pid: x.pid, Network: x.network,
			Peer: x.peer.Addr, Text: "asked to end, by request"})
		e.ask(i, "killed", x.svc.spec.KillGrace)
	})
	return pid, err
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
