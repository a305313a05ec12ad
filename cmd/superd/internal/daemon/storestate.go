// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"net/netip"

	"golang.org/x/sys/unix"

	"superd/activation"
)

// The state is a memfd that the service manager keeps beside superd's sockets
// (store.go). It says what the names mean under which they come back.

// stateVersion is raised when a field changes its meaning. A state of another
// version is as none: sockets are then found by what they are bound to.
const stateVersion = 1

// storedState is what the memfd holds.
type storedState struct {
	Version int            `json:"version"`
	Sockets []storedSocket `json:"sockets"`
}

// storedSocket is one socket that a superd has opened itself.
type storedSocket struct {
	Name    string         `json:"name"`  // FDNAME
	Inode   uint64         `json:"inode"` // tells it from the sockets of units, whose names may be like that too
	Network string         `json:"network"`
	Addr    netip.AddrPort `json:"addr"` // as asked for: port 0 stays 0
	Path    string         `json:"path,omitempty"`
	V6Only  bool           `json:"v6only,omitempty"`
	Device  string         `json:"device,omitempty"`
	Tag     string         `json:"tag,omitempty"` // of a port 0: whose it is
}

func (s *storedState) byInode() map[uint64]*storedSocket {
	m := make(map[uint64]*storedSocket, len(s.Sockets))
	for i := range s.Sockets {
		m[s.Sockets[i].Inode] = &s.Sockets[i]
	}
	return m
}

func storedOf(inode uint64, sp activation.Spec) storedSocket {
	return storedSocket{Inode: inode, Network: sp.Network, Addr: sp.Addr, Path: sp.Path, V6Only: sp.V6Only, Device: sp.Device, Tag: sp.Tag}
}

func (s *storedSocket) spec() activation.Spec {
	sp := activation.NewSpec(s.Network)
	sp.Addr, sp.Path, sp.V6Only, sp.Device, sp.Tag = s.Addr, s.Path, s.V6Only, s.Device, s.Tag
	return sp.Canonical()
}

// A kill can come between any two writes, so a new state is written where the old
// one is not, and becomes the state by the write of one header.
const (
	stateMagic  = "superd01"
	stateHeader = 32 // magic, offset, length (8 bytes each), CRC-32 of the body (4), 4 of nothing
	maxState    = 16 << 20
)

// writeState replaces the state in fd.
func writeState(fd int, s *storedState) error {
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	at := int64(stateHeader)
	if old, n, _, err := readHeader(fd); err == nil && at+int64(len(body)) > old {
		at = old + n // else it fits before the old one
	}
	if _, err := unix.Pwrite(fd, body, at); err != nil {
		return err
	}
	head := append(make([]byte, 0, stateHeader), stateMagic...)
	head = binary.LittleEndian.AppendUint64(head, uint64(at))
	head = binary.LittleEndian.AppendUint64(head, uint64(len(body)))
	head = binary.LittleEndian.AppendUint32(head, crc32.ChecksumIEEE(body))
	_, err = unix.Pwrite(fd, head, 0)
	return err
}

var errNoState = errors.New("it holds no state")

func readHeader(fd int) (at, length int64, sum uint32, err error) {
	var head [stateHeader]byte
	if n, err := unix.Pread(fd, head[:], 0); err != nil || n < 28 || string(head[:8]) != stateMagic {
		return 0, 0, 0, errNoState
	}
	at, length = int64(binary.LittleEndian.Uint64(head[8:])), int64(binary.LittleEndian.Uint64(head[16:]))
	if at < stateHeader || at > 4*maxState || length < 0 || length > maxState {
		return 0, 0, 0, errNoState
	}
	return at, length, binary.LittleEndian.Uint32(head[24:]), nil
}

// readState reads the state of the superd before this one.
func readState(fd int) (*storedState, error) {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0); err != nil {
		return nil, errors.New("it is no memfd")
	}
	at, length, sum, err := readHeader(fd)
	if err != nil {
		return nil, err
	}
	body := make([]byte, length)
	if n, err := unix.Pread(fd, body, at); err != nil || n < len(body) || crc32.ChecksumIEEE(body) != sum {
		return nil, errNoState
	}
	return parseState(body)
}

func parseState(body []byte) (*storedState, error) {
	var s storedState
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, errNoState
	}
	if s.Version != stateVersion {
		return nil, fmt.Errorf("it is of version %d, and this superd knows %d", s.Version, stateVersion)
	}
	return &s, nil
}
