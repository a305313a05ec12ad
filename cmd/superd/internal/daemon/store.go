// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/activation/notify"
	"superd/services/event"
)

// store has the service manager keep copies of the sockets that superd opened
// itself (FileDescriptorStoreMax= of the unit): a listening socket resets whoever
// waits in it when its last copy closes, and so even kill -9 of superd is not the
// end of one. They come back at the next start, named s and a number in base 36,
// because all names together are one string of the environment; what they mean
// says the state.
//
// It belongs to the daemon's own goroutine, and never waits there: the manager is
// sent a batch and a barrier, and the next batch when the barrier is reached.
type store struct {
	to    *notify.Socket
	base  int
	most  int // how many sockets the manager keeps
	tell  func(level event.Level, text, err string)
	state int // the memfd, -1 = none
	phase phase
	full  bool // that there are too many has been told

	names   map[uint64]string // by inode: what is kept, or about to be
	pending []pendingSocket   // of them, what has not been sent
	next    uint64            // number of the next name

	reached chan storeAnswer // the barrier that is under way has been reached
}

type phase uint8

const (
	storeOff     phase = iota // there is no store, or no manager
	storeAsked                // the manager has been asked whether it keeps anything
	storeIdle                 // all is sent
	storeWaiting              // a barrier is under way
)

type pendingSocket struct {
	inode uint64
	fd    int
}

type storeAnswer struct {
	keeps bool
	err   error
}

const (
	stateName = "superd.state"
	// mostStored is how many sockets are kept if the manager says no number.
	mostStored = 10_000
	// storeBatch messages stay far below the manager's queue (net.unix.max_dgram_qlen).
	storeBatch   = 200
	storePatient = 30 * time.Second
)

// newStore takes what intake found of an earlier superd's: state is its memfd, or
// -1, and names are those of its sockets by inode.
func newStore(to *notify.Socket, environ []string, base, state int, names map[uint64]string, tell func(event.Level, string, string)) *store {
	s := &store{to: to, base: base, most: mostFrom(environ), tell: tell, state: state, names: names, reached: make(chan storeAnswer, 1)}
	for _, name := range names {
		if n, err := strconv.ParseUint(strings.TrimPrefix(name, "s"), 36, 64); err == nil && n >= s.next {
			s.next = n + 1
		}
	}
	return s
}

// isStoreName tells whether a name is one that follow makes.
func isStoreName(name string) bool {
	return len(name) > 1 && name[0] == 's' && strings.Trim(name[1:], "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

// mostFrom reads FDSTORE, which systemd sets from 254 on to FileDescriptorStoreMax=.
// One of them is the state.
func mostFrom(environ []string) int {
	for _, kv := range environ {
		if text, ok := strings.CutPrefix(kv, "FDSTORE="); ok {
			if n, err := strconv.Atoi(text); err == nil && n > 0 {
				return min(n-1, mostStored)
			}
			return 0
		}
	}
	return mostStored
}

// resume goes on where an earlier superd has left off: a state that came back shows
// that the manager keeps things.
func (s *store) resume() {
	if s.to != nil && s.most > 0 && s.state >= 0 {
		s.phase = storeIdle
	}
}

// begin asks the manager whether it keeps anything.
func (s *store) begin() {
	if s.to == nil || s.most == 0 || s.isOn() {
		return
	}
	wait, err := s.to.Keeps()
	if err != nil {
		s.give(err)
		return
	}
	s.phase = storeAsked
	go func() {
		keeps, err := wait(storePatient)
		s.reached <- storeAnswer{keeps, err}
	}()
}

// answer is called for each storeAnswer.
func (s *store) answer(a storeAnswer) {
	asked := s.phase == storeAsked
	switch {
	case a.err != nil:
		s.give(a.err)
		return
	case asked && !a.keeps:
		s.phase = storeOff
		s.tell(event.LevelInfo, "the service manager keeps no descriptors (FileDescriptorStoreMax=): should superd be killed, who waits is lost", "")
		return
	}
	s.phase = storeIdle
}

// give gives up: whatever is kept stays so, and nothing is added.
func (s *store) give(err error) {
	s.phase, s.pending = storeOff, nil
	s.tell(event.LevelWarning, "the service manager keeps no copies of superd's sockets", err.Error())
}

// isOn tells whether the manager keeps sockets, as far as is known.
func (s *store) isOn() bool { return s.phase >= storeIdle }

// keeps tells whether the manager has been given a socket.
func (s *store) keeps(inode uint64) bool { return s.isOn() && s.names[inode] != "" }

// follow makes what is kept that which is open now, and goes on sending. own are
// the sockets that superd has opened itself.
func (s *store) follow(own []*activation.Socket, offers []*activation.Offer) {
	if !s.isOn() {
		return
	}
	open := make(map[uint64]bool, len(own))
	for _, o := range offers { // of services that cannot have them now
		open[o.Inode] = true
	}
	state := storedState{Version: stateVersion}
	for _, o := range offers {
		state.add(s.names[o.Inode], o.Inode, o.Spec)
	}
	changed := s.state < 0
	for _, sock := range own {
		inode := sock.Inode()
		if s.names[inode] == "" {
			if len(s.names) >= s.most {
				s.tooMany()
				continue
			}
			s.names[inode] = "s" + strconv.FormatUint(s.next, 36)
			s.next++
			s.pending = append(s.pending, pendingSocket{inode, sock.FD()})
			changed = true
		}
		open[inode] = true
		state.add(s.names[inode], inode, sock.Spec())
	}
	if s.drop(open) || changed {
		if err := s.write(&state); err != nil {
			s.give(err)
			return
		}
	}
	s.send()
}

func (st *storedState) add(name string, inode uint64, sp activation.Spec) {
	x := storedOf(inode, sp)
	x.Name = name
	st.Sockets = append(st.Sockets, x)
}

// isPending tells whether a socket has a name of which the manager has not been told.
func (s *store) isPending(inode uint64) bool {
	return slices.ContainsFunc(s.pending, func(p pendingSocket) bool { return p.inode == inode })
}

func (s *store) tooMany() {
	if !s.full {
		s.full = true
		s.tell(event.LevelWarning, fmt.Sprintf("the service manager keeps %d of superd's sockets and no more; should superd be killed, who waits in the others is lost", s.most), "")
	}
}

// drop has the manager forget the sockets that are not open any more: its copy
// would keep their addresses bound and their clients waiting.
func (s *store) drop(open map[uint64]bool) (dropped bool) {
	pending := s.pending[:0]
	for _, p := range s.pending {
		if open[p.inode] {
			pending = append(pending, p)
		} else {
			delete(s.names, p.inode) // never sent
		}
	}
	s.pending = pending
	for inode, name := range s.names {
		if open[inode] {
			continue
		}
		if err := s.to.Remove(name); err != nil {
			s.tell(event.LevelWarning, "the service manager cannot be told of a socket that is closed", err.Error())
		}
		delete(s.names, inode)
		dropped = true
	}
	return dropped
}

// write writes the state, and has a new one kept.
func (s *store) write(state *storedState) error {
	if s.state >= 0 {
		return writeState(s.state, state)
	}
	fd, err := unix.MemfdCreate("superd-state", unix.MFD_CLOEXEC|unix.MFD_NOEXEC_SEAL)
	if err == unix.EINVAL { // before Linux 6.3
		fd, err = unix.MemfdCreate("superd-state", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return err
	}
	if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, s.base); err == nil {
		unix.Close(fd)
		fd = high
	}
	s.state = fd
	if err := writeState(fd, state); err != nil {
		return err
	}
	return s.to.Store(stateName, fd)
}

// send sends a batch and a barrier behind it.
func (s *store) send() {
	if s.phase != storeIdle || len(s.pending) == 0 {
		return
	}
	n := min(len(s.pending), storeBatch)
	for _, p := range s.pending[:n] {
		if err := s.to.Store(s.names[p.inode], p.fd); err != nil {
			s.give(err)
			return
		}
	}
	s.pending = s.pending[n:]
	wait, err := s.to.Barrier()
	if err != nil {
		s.give(err)
		return
	}
	s.phase = storeWaiting
	go func() { s.reached <- storeAnswer{err: wait(storePatient)} }()
}

// settle waits until the manager has forgotten what it was told to forget: only
// then can an address be bound that overlaps. It is for the one such reload in a
// thousand.
func (s *store) settle() {
	if !s.isOn() {
		return
	}
	wait, err := s.to.Barrier()
	if err == nil {
		err = wait(5 * time.Second)
	}
	if err != nil {
		s.tell(event.LevelWarning, "the service manager may still have a socket that is in the way", err.Error())
	}
}

// forget has the manager drop everything: superd ends, and no other shall follow.
func (s *store) forget() {
	if s.isOn() {
		s.drop(nil)
		s.to.Remove(stateName)
	}
	s.phase = storeOff
}

func (s *store) close() {
	if s.state >= 0 {
		unix.Close(s.state)
		s.state = -1
	}
}
