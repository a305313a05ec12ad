// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/cmd/superd/internal/daemon/earlysignals"
	"superd/services/engine"
	"superd/services/event/control"
)

// stateVar names the memfd by which an upgraded superd finds what it goes on with.
const stateVar = earlysignals.StateVar

// UpgradeVersion is that of State. It is raised when a field changes its meaning, or
// when one comes without which the rest is wrong. A superd takes over states of its
// own version and of the one before.
const UpgradeVersion = upgradeVersion

// State is what one superd hands to the next image of the same process, as JSON; see
// docs/upgrade.md for what may change about it.
type State struct {
	Version   int                       `json:"version"`
	From      string                    `json:"from"`    // the old superd's version, for people
	Program   string                    `json:"program"` // where the first superd was started from
	Started   time.Time                 `json:"started"`
	Reloads   int                       `json:"reloads"`
	Upgrades  int                       `json:"upgrades"`
	Texts     *Texts                    `json:"texts"`
	Sockets   []stateSocket             `json:"sockets"`
	Control   *stateSocket              `json:"control,omitempty"` // the control socket
	Store     int                       `json:"store"`             // the memfd that the service manager keeps, -1 = none
	Logs      []stateLog                `json:"logs,omitempty"`
	Overrides map[string]stateOverrides `json:"overrides,omitempty"`
	Engine    *engine.Handover          `json:"engine"`
	Following []control.FollowingState  `json:"following,omitempty"` // who follows events
}

// stateOverrides is what somebody asked for beyond the configuration.
type stateOverrides struct {
	State   *control.Override `json:"state,omitempty"`
	Servers *control.Override `json:"servers,omitempty"`
}

// stateSocket is an open socket.
type stateSocket struct {
	storedSocket
	FD        int  `json:"fd"`
	Given     bool `json:"given,omitempty"`     // the service manager's
	Held      bool `json:"held,omitempty"`      // others have it now, whose O_NONBLOCK it is
	Unclaimed bool `json:"unclaimed,omitempty"` // no service has it now
}

// stateLog is an open log file.
type stateLog struct {
	Path string `json:"path"`
	FD   int    `json:"fd"`
}

// maxUpgradeState bounds a state: 10,000 services with their files are far below.
const maxUpgradeState = 512 << 20

var errStateTooLarge = fmt.Errorf("the state has more than %d bytes", maxUpgradeState)

var errNotState = errors.New("it is no state of superd's")

// ParseState reads a state, and refuses one that this superd cannot go on with.
func ParseState(data []byte) (*State, error) {
	var s State
	if err := json.Unmarshal(data, &s); err != nil || s.Version == 0 {
		return nil, errNotState
	}
	if s.Version > UpgradeVersion || s.Version < UpgradeVersion-1 {
		return nil, fmt.Errorf("the state is of version %d, and this superd knows %d", s.Version, UpgradeVersion)
	}
	if s.Texts == nil {
		return nil, errNotState
	}
	for _, x := range s.Following {
		if x.FD < 3 {
			return nil, errNotState
		}
	}
	if s.Engine != nil {
		if err := s.Engine.Check(); err != nil {
			return nil, fmt.Errorf("%w: %w", errNotState, err)
		}
	}
	return &s, nil
}

// state writes down all that another image needs. Only of a frozen engine do the
// numbers of descriptors stay true.
func (d *Daemon) state(h *engine.Handover) *State {
	s := &State{Version: UpgradeVersion, From: d.opt.Version, Program: d.opt.Program, Started: d.started, Reloads: d.reloads, Upgrades: d.upgrades, Store: -1, Engine: h,
		Overrides: map[string]stateOverrides{}}
	for _, f := range d.ownLogs.Files() {
		s.Logs = append(s.Logs, stateLog{f.Path, f.FD})
	}
	s.Texts = d.texts.without(d.watched())
	for id, o := range d.overrides {
		s.Overrides[id] = stateOverrides{o.state, o.servers}
	}
	if d.store != nil {
		s.Store = d.store.state
	}
	held := d.sharedSockets(h)
	for _, sock := range d.registry.Sockets() {
		x := stateSocket{storedSocket: storedOf(sock.Inode(), sock.Spec()), FD: sock.FD(), Given: sock.IsGiven(), Held: held[sock.Inode()]}
		d.nameSocket(&x, sock.Spec())
		s.Sockets = append(s.Sockets, x)
	}
	for _, o := range d.registry.Offers() {
		x := stateSocket{storedSocket: storedOf(o.Inode, o.Spec), FD: o.FD, Given: !o.Ours, Held: o.Held, Unclaimed: true}
		d.nameSocket(&x, o.Spec)
		s.Sockets = append(s.Sockets, x)
	}
	if sock := d.control.sock; sock != nil {
		s.Control = &stateSocket{storedSocket: storedOf(sock.Inode(), sock.Spec()), FD: sock.FD()}
	}
	for _, x := range d.control.following {
		s.Following = append(s.Following, x.State(&d.hub))
	}
	if d.logPath != "" {
		s.Logs = append(s.Logs, stateLog{d.logPath, d.logFD()})
	}
	return s
}

// sharedSockets are those whose O_NONBLOCK is a handler's affair, by inode: a wait
// service's handler has it now, or workers that accept by themselves.
func (d *Daemon) sharedSockets(h *engine.Handover) map[uint64]bool {
	held := map[uint64]bool{}
	for i := range h.Sessions {
		for _, inode := range h.Sessions[i].Sockets() {
			held[inode] = true
		}
	}
	for _, l := range d.live {
		for _, sock := range l.socks {
			if acceptsItself(l.spec) {
				held[sock.Inode()] = true
			}
		}
	}
	return held
}

// nameSocket gives a socket the service manager's name for it; none if the manager has
// yet to be told of it.
func (d *Daemon) nameSocket(x *stateSocket, sp activation.Spec) {
	if d.store != nil && !d.store.isPending(x.Inode) {
		x.Name = d.store.names[x.Inode]
	}
	for _, g := range d.given {
		if x.Given && g.spec.Key() == sp.Key() {
			x.Name = g.name
		}
	}
}

// descriptors are the numbers, beside the engine's, that must outlive the exec.
func (s *State) descriptors() (fds []int) {
	for i := range s.Sockets {
		fds = append(fds, s.Sockets[i].FD)
	}
	if s.Control != nil {
		fds = append(fds, s.Control.FD)
	}
	if s.Store >= 0 {
		fds = append(fds, s.Store)
	}
	for _, x := range s.Logs {
		fds = append(fds, x.FD)
	}
	for _, x := range s.Following {
		fds = append(fds, x.FD)
	}
	return fds
}

// hasState tells whether an upgrade has left a state.
func hasState(environ []string) bool {
	return slices.ContainsFunc(environ, func(kv string) bool { return strings.HasPrefix(kv, stateVar+"=") })
}

// inheritedState reads the state that an upgrade has left; nil if there is none.
func inheritedState(environ []string) (*State, error) {
	for _, kv := range environ {
		text, ok := strings.CutPrefix(kv, stateVar+"=")
		if !ok {
			continue
		}
		fd, err := strconv.Atoi(text)
		if err != nil || fd < 3 {
			return nil, fmt.Errorf("%s=%q names no descriptor", stateVar, text)
		}
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0); err != nil {
			return nil, fmt.Errorf("%s=%d is no memfd", stateVar, fd)
		}
		f := os.NewFile(uintptr(fd), stateVar)
		defer f.Close()
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		data, err := io.ReadAll(io.LimitReader(f, maxUpgradeState))
		if err != nil {
			return nil, err
		}
		return ParseState(data)
	}
	return nil, nil
}

// writeUpgradeState makes a memfd that outlives an exec.
func writeUpgradeState(s *State) (fd int, err error) {
	data, err := json.Marshal(s)
	if err != nil {
		return -1, err
	}
	if len(data) > maxUpgradeState {
		return -1, errStateTooLarge
	}
	fd, err = unix.MemfdCreate("superd-upgrade", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1, err
	}
	for rest := data; len(rest) > 0; {
		n, err := unix.Write(fd, rest)
		if err != nil {
			unix.Close(fd)
			return -1, err
		}
		rest = rest[n:]
	}
	return fd, nil
}
