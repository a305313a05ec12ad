// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"errors"
	"fmt"
	"net/netip"
	"unique"

	"golang.org/x/sys/unix"
)

// Socket is an open listening socket. Its Registry owns it. It is small, because
// a machine may have twenty thousand: what most of them share is held once.
type Socket struct {
	registry *Registry
	next     *Socket // another one at the same place
	addr     netip.AddrPort
	name     string // the path of a unix socket, or the tag of a port 0
	file     fileID
	fd       int32
	port     uint16 // the kernel's number
	network  uint8  // index of networks
	given    bool   // the service manager has opened it, and keeps it

	// Guarded by the registry's mutex.
	refs   int32
	shared unique.Handle[Spec] // the Spec without addr and name
}

var networks = [...]string{"tcp", "udp", "unix", "unixgram", "unixpacket", "fifo"}

func newSocket(r *Registry, fd int, file fileID, spec Spec) (*Socket, error) {
	s := &Socket{registry: r, addr: spec.Addr, name: spec.Tag, file: file, fd: int32(fd)}
	if spec.hasPath() {
		s.name = spec.Path
	} else {
		local, errno := LocalAddr(fd)
		if errno != 0 {
			return nil, errno
		}
		s.port = local.Port()
	}
	for i, network := range networks {
		if network == spec.Network {
			s.network = uint8(i)
		}
	}
	s.keep(spec)
	return s, nil
}

// keep notes the options that s is tuned to.
func (s *Socket) keep(spec Spec) {
	spec.Addr, spec.Path, spec.Tag = netip.AddrPort{}, "", ""
	s.shared = unique.Make(spec)
}

// FD is the descriptor: close-on-exec, non-blocking unless SetNonblock said
// otherwise, and the same number as long as s is open.
func (s *Socket) FD() int { return int(s.fd) }

// Spec is what the socket was last tuned to, canonical.
func (s *Socket) Spec() Spec {
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	return s.spec()
}

func (s *Socket) spec() Spec {
	spec := s.shared.Value()
	spec.Addr = s.addr
	if spec.hasPath() {
		spec.Path = s.name
	} else {
		spec.Tag = s.name
	}
	return spec
}

// Network is "tcp", "udp", "unix", "unixgram", "unixpacket" or "fifo".
func (s *Socket) Network() string { return networks[s.network] }

// IsStream tells whether connections are accepted from it.
func (s *Socket) IsStream() bool { return Spec{Network: s.Network()}.IsStream() }

// IsFIFO tells whether it is a named pipe.
func (s *Socket) IsFIFO() bool { return s.Network() == "fifo" }

// IsGiven tells whether the service manager has opened it: its close here is not
// its end.
func (s *Socket) IsGiven() bool { return s.given }

// LeaveFile has the file of a unix socket stay when the socket is closed here: the
// service manager keeps a copy, and clients shall find it.
func (s *Socket) LeaveFile() { s.file = fileID{} }

// Inode is what tells it from every other socket of the machine.
func (s *Socket) Inode() uint64 {
	var st unix.Stat_t
	if unix.Fstat(s.FD(), &st) != nil {
		return 0
	}
	return inodeOf(&st)
}

// inodeOf is the inode's number. Sockets have theirs of one file system; a FIFO may lie
// in any, so its device is in the number, and what no socket has.
func inodeOf(st *unix.Stat_t) uint64 {
	if st.Mode&unix.S_IFMT == unix.S_IFIFO {
		return 1<<63 | (uint64(st.Dev)<<32 ^ st.Ino)
	}
	return st.Ino
}

// LocalAddr is the bound address, with the kernel's number where port 0 was
// asked for. It is the zero value for unix sockets.
func (s *Socket) LocalAddr() netip.AddrPort {
	if !s.addr.IsValid() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(s.addr.Addr(), s.port)
}

// Address is the bound address as text: "[::]:79", "/run/x.sock", "@name".
func (s *Socket) Address() string {
	if !s.addr.IsValid() {
		return s.name
	}
	return s.LocalAddr().String()
}

// String is network and address, as "tcp [::]:79".
func (s *Socket) String() string { return s.Network() + " " + s.Address() }

// SetNonblock sets or clears O_NONBLOCK. The flag belongs to the open file
// description: whoever inherited the socket sees the change.
func (s *Socket) SetNonblock(on bool) error {
	if err := unix.SetNonblock(s.FD(), on); err != nil {
		return fmt.Errorf("cannot change O_NONBLOCK of %s: %v", s, err)
	}
	return nil
}

// Listen calls listen(2) again: a handler that got the socket itself and called
// shutdown() on it has ended the listening for all who share it. Those who
// waited then are gone; on a socket that listens it changes nothing.
func (s *Socket) Listen() error {
	spec := s.Spec()
	if err := listen(s.FD(), &spec); err != nil {
		return &Error{Spec: spec, Err: err}
	}
	return nil
}

// retune brings s from what it is to spec, which has the same Key. On an error
// the socket is as it was before.
func (s *Socket) retune(spec Spec) error {
	old := s.spec()
	if spec == old {
		return nil
	}
	if s.file == (fileID{}) { // its file, if there is one, is another's to change
		old.Mode, old.UID, old.GID = spec.Mode, spec.UID, spec.GID
	}
	if err := change(s.FD(), &old, &spec); err != nil {
		if undo := change(s.FD(), &spec, &old); undo != nil {
			err = errors.Join(err, fmt.Errorf("cannot go back: %w", undo))
		}
		return err
	}
	s.keep(spec)
	return nil
}

func change(fd int, old, spec *Spec) error {
	if err := tune(fd, old, spec); err != nil {
		return err
	}
	if spec.IsStream() && spec.Backlog != old.Backlog {
		if err := listen(fd, spec); err != nil {
			return err
		}
	}
	if spec.Mode == old.Mode && spec.UID == old.UID && spec.GID == old.GID || !spec.hasFile() {
		return nil
	}
	_, err := setOwnerAndMode(fd, spec)
	return err
}

// close closes the descriptor, and removes its file if that is still its own.
func (s *Socket) close() error {
	err := s.file.remove(s.name)
	// EINTR of close means closed, on Linux.
	if e := unix.Close(s.FD()); e != nil && e != unix.EINTR {
		err = errors.Join(err, e)
	}
	if err != nil {
		return fmt.Errorf("cannot close %s: %w", s, err)
	}
	return nil
}
