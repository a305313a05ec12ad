// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"superd/services/event"
)

// clientID names a client of a pool: the number that its worker is told, too. It stays
// the same whichever worker has the client.
func clientID(id uint64) string { return "c" + strconv.FormatUint(id, 10) }

func clientOf(word string) (id uint64, ok bool) {
	digits, ok := strings.CutPrefix(word, "c")
	id, err := strconv.ParseUint(digits, 10, 64)
	return id, ok && err == nil && clientID(id) == word
}

// killClient ends one client of a pool, and no other. One whom no worker has taken is
// cut off by superd's copy of the connection. Of one that is taken superd has none: if
// the worker serves no other it is asked to end, else the error is ErrShared.
func (e *Engine) killClient(id uint64) (pid int, err error) {
	for _, t := range e.teams {
		if k := slices.IndexFunc(t.pending, func(c passed) bool { return c.id == id }); k >= 0 {
			c := t.pending[k]
			t.pending = slices.Delete(t.pending, k, k+1)
			e.cutOff(t, &c, 0)
			closeConn(c.fd)
			t.svc.gate.Release(c.peer.Addr.Addr())
			t.svc.counts.Failed++
			e.refresh(t.svc)
			return 0, nil
		}
		for _, i := range t.members {
			if k := slices.IndexFunc(e.workers[i].held, func(c passed) bool { return c.id == id }); k >= 0 {
				return e.killHeld(i, k)
			}
		}
	}
	return 0, ErrNoSession
}

func (e *Engine) killHeld(i int32, k int) (pid int, err error) {
	w := &e.workers[i]
	c := &w.held[k]
	x := &e.sessions[w.session]
	switch {
	case c.fd >= 0:
		e.cutOff(w.team, c, x.pid)
		return 0, nil
	case len(w.held) > 1 && !x.asked:
		return int(x.pid), ErrShared
	}
	return e.killSession(w.session, &c.peer)
}

// cutOff ends a connection for whoever has a copy of it.
func (e *Engine) cutOff(t *team, c *passed, pid int32) {
	unix.Shutdown(c.fd, unix.SHUT_RDWR)
	c.wrote = -1 // no other worker gets it
	e.tell(event.Event{Kind: event.Note, Level: event.LevelNotice, Service: t.svc.spec.ID, Pid: pid, Network: c.network, Peer: c.peer.Addr,
		Text: "cut off, by request"})
}
