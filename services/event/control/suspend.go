// SPDX-License-Identifier: Apache-2.0

package control

import (
	"os"

	"golang.org/x/sys/unix"
)

// Following is a client of "events" between two Servers, which may be of two images of
// superd: its connection, and what it has not been sent yet. Of what happens meanwhile it
// misses nothing.
type Following struct {
	fd int
	f  *follower
}

// FollowingState is a Following as another image is told of it.
type FollowingState struct {
	FD      int    `json:"fd"`
	Service string `json:"service,omitempty"` // "" = all
	Behind  []byte `json:"behind,omitempty"`  // lines of the protocol, the first of them maybe from its middle
	Lost    int64  `json:"lost,omitempty"`
}

// Suspend is Close, but for the clients that follow: they stay connected, for another
// Server of the same Hub.
func (s *Server) Suspend() []*Following {
	s.mu.Lock()
	s.suspended = true
	s.mu.Unlock()
	s.Close()
	return s.kept
}

func (s *Server) suspending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.suspended
}

// keep takes a follower's connection out of the Server, if that is to be.
func (s *Server) keep(c *conn, f *follower) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.suspended {
		return false
	}
	raw, err := c.file.SyscallConn()
	if err != nil {
		return false
	}
	fd := -1
	_ = raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, s.opt.HighBase) })
	if fd < 0 || err != nil {
		return false
	}
	s.kept = append(s.kept, &Following{fd, f})
	return true
}

// resume goes on with a client that has followed another Server.
func (s *Server) resume(x *Following) {
	c := &conn{server: s, file: os.NewFile(uintptr(x.fd), "control connection")}
	if cred, err := unix.GetsockoptUcred(x.fd, unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
		c.caller = Caller{UID: int(cred.Uid), Pid: int(cred.Pid)}
	}
	c.caller.Level = s.level(c.caller.UID)
	s.mu.Lock()
	s.count(c)
	s.mu.Unlock()
	s.wg.Go(func() {
		defer s.leave(c)
		c.feed(x.f)
	})
}

// State is x for another image.
func (x *Following) State(h *Hub) FollowingState {
	h.mu.Lock()
	defer h.mu.Unlock()
	return FollowingState{x.fd, x.f.service, x.f.behind, x.f.lost}
}

// Close ends one that no Server wants.
func (x *Following) Close(h *Hub) {
	h.leave(x.f)
	unix.Close(x.fd)
}

// Restore makes a Following of what another image was told, whose descriptor it takes. It
// follows from here on.
func (h *Hub) Restore(s FollowingState) *Following {
	f := h.follow(s.Service)
	h.mu.Lock()
	defer h.mu.Unlock()
	f.behind, f.lost = s.Behind, s.Lost
	f.ready <- struct{}{} // nobody else has it yet
	return &Following{s.FD, f}
}
