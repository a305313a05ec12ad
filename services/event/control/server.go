// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// How many connections there may be at once. Those who may only read have their own
// number, and each user of them a part of it, so that they keep nobody out.
const (
	maxConns      = 64 // of those who may operate
	maxReaders    = 16
	maxReadersUID = 4
)

// acceptPause is how long the server rests that cannot accept.
const acceptPause = 200 * time.Millisecond

// Options are what a Server is made of.
type Options struct {
	// Socket is a listening unix stream socket that does not block. The Server uses a
	// copy of it; the caller closes its own when it likes.
	Socket int
	// HighBase is where descriptors start that last: a handler's own table is built of
	// what lies below its connection.
	HighBase int
	// UID is superd's own user, who may operate, as root may.
	UID     int
	Actions map[string]Action
	Hub     *Hub // of "events"
	// Following are clients of the Hub's that the Server goes on with.
	Following []*Following
	// Audit, if not nil, is told of each request to operate before it is done.
	Audit func(c Caller, r *Request)
}

// Server answers requests.
type Server struct {
	opt    Options
	listen *os.File
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	conns   map[*conn]bool
	byUID   map[int]int // of readers
	readers int
	retired bool
	// Of Suspend: that it was called, and who goes on.
	suspended bool
	kept      []*Following
	reserve   int // a descriptor that is given up to answer when there are no others; -1 = it is given up
}

// Serve starts a Server. Close ends it.
func Serve(opt Options) (*Server, error) {
	fd, err := unix.FcntlInt(uintptr(opt.Socket), unix.F_DUPFD_CLOEXEC, opt.HighBase)
	if err != nil {
		return nil, fmt.Errorf("cannot serve the control socket: %w", err)
	}
	s := &Server{opt: opt, listen: os.NewFile(uintptr(fd), "control"), conns: map[*conn]bool{}, byUID: map[int]int{}, reserve: -1}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.keepReserve()
	for _, x := range opt.Following {
		s.resume(x)
	}
	s.wg.Go(s.accept)
	return s, nil
}

// Close ends all connections and waits for their goroutines. Requests that are being
// done have their ctx cancelled; answers on their way are still sent.
func (s *Server) Close() {
	s.cancel()
	s.listen.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.finish(s.suspended)
	}
	s.mu.Unlock()
	s.wg.Wait()
	if s.reserve >= 0 {
		unix.Close(s.reserve)
	}
}

// Retire lets nobody new in. The connections that there are go on until their clients
// go, or Close.
func (s *Server) Retire() {
	s.listen.Close()
	s.mu.Lock()
	s.retired = true
	s.mu.Unlock()
	s.giveReserve()
}

func (s *Server) accept() {
	raw, err := s.listen.SyscallConn()
	if err != nil {
		return
	}
	for s.ctx.Err() == nil {
		fd, errno := -1, error(nil)
		err := raw.Read(func(l uintptr) bool {
			fd, _, errno = unix.Accept4(int(l), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
			return errno != unix.EAGAIN
		})
		switch {
		case err != nil: // closed
			return
		case errno == nil:
			s.admit(fd)
		case (errno == unix.EMFILE || errno == unix.ENFILE) && s.giveReserve():
		case errno == unix.EINTR || errno == unix.ECONNABORTED:
		default:
			s.rest()
		}
	}
}

// rest waits a little, or for the end.
func (s *Server) rest() {
	t := time.NewTimer(acceptPause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.ctx.Done():
	}
}

// admit starts the connection's goroutine if there is room for its caller.
func (s *Server) admit(fd int) {
	if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, s.opt.HighBase); err == nil {
		unix.Close(fd)
		fd = high
	}
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		unix.Close(fd)
		return
	}
	c := &conn{server: s, caller: Caller{UID: int(cred.Uid), Pid: int(cred.Pid), Level: s.level(int(cred.Uid))}}
	c.file = os.NewFile(uintptr(fd), "control connection")
	if problem := s.enter(c); problem != nil {
		// One write into an empty buffer: it waits for nobody.
		c.file.SetWriteDeadline(time.Now().Add(acceptPause))
		_, _ = c.file.Write(answerLine(nil, problem))
		c.file.Close()
		return
	}
	s.wg.Go(func() {
		defer s.leave(c)
		c.serve()
	})
}

// level is what a user may do.
func (s *Server) level(uid int) Level {
	if uid == 0 || uid == s.opt.UID {
		return Operate
	}
	return Read
}

// enter counts a connection, if there is room for it.
func (s *Server) enter(c *conn) *Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	reader := c.caller.Level == Read
	switch uid := c.caller.UID; {
	case s.ctx.Err() != nil:
		return errStopping()
	case reader && (s.readers >= maxReaders || s.byUID[uid] >= maxReadersUID), !reader && len(s.conns)-s.readers >= maxConns:
		return Errorf(Busy, "too many connections to superd's control socket; try again")
	}
	s.count(c)
	return nil
}

func (s *Server) count(c *conn) {
	s.conns[c] = true
	if c.caller.Level == Read {
		s.readers++
		s.byUID[c.caller.UID]++
	}
}

func (s *Server) leave(c *conn) {
	c.file.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if c.caller.Level == Read {
		s.readers--
		if s.byUID[c.caller.UID]--; s.byUID[c.caller.UID] == 0 {
			delete(s.byUID, c.caller.UID)
		}
	}
	if s.reserve < 0 && !s.retired {
		s.keepReserve()
	}
}

// keepReserve sets a descriptor aside: a copy of the standard input, which superd has
// as /dev/null.
func (s *Server) keepReserve() {
	if fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, s.opt.HighBase); err == nil {
		s.reserve = fd
	}
}

// giveReserve makes room for one connection.
func (s *Server) giveReserve() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reserve < 0 {
		return false
	}
	unix.Close(s.reserve)
	s.reserve = -1
	return true
}

func errStopping() *Error { return Errorf(Stopping, "superd is about to end") }

// asError makes an Error of any.
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Errorf(Failed, "%v", err)
}
