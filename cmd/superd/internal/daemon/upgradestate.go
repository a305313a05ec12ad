// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"superd/services/engine"
	"superd/services/event/control"
)

// stateVar names the memfd by which an upgraded superd finds what it goes on with.
const stateVar = "SUPERD_STATE"

// UpgradeVersion is that of State. It is raised when a field changes its meaning, or
// when one comes without which the rest is wrong. A superd takes over states of its
// own version and of the one before.
const UpgradeVersion = upgradeVersion

// State is what one superd hands to the next image of the same process.
type State struct {
	Version   int                       `json:"version"`
	From      string                    `json:"from"` // the old superd's version, for people
	Started   time.Time                 `json:"started"`
	Reloads   int                       `json:"reloads"`
	Upgrades  int                       `json:"upgrades"`
	Texts     *Texts                    `json:"texts"`
	Sockets   []stateSocket             `json:"sockets"`
	Store     int                       `json:"store"` // the memfd that the service manager keeps, -1 = none
	Overrides map[string]stateOverrides `json:"overrides,omitempty"`
	Engine    *engine.Handover          `json:"engine"`            // nil: the state is only to be judged
	Signals   []int                     `json:"signals,omitempty"` // that came during the upgrade
}

// stateOverrides is what somebody asked for beyond the configuration.
type stateOverrides struct {
	State   *control.Override `json:"state,omitempty"`
	Servers *control.Override `json:"servers,omitempty"`
}

// stateSocket is an open socket.
type stateSocket struct {
	storedSocket
	FD    int  `json:"fd"`
	Given bool `json:"given,omitempty"` // the service manager's
	Held  bool `json:"held,omitempty"`  // a handler has it now
}

// maxUpgradeState bounds what is read of a state: 10,000 services with their files
// are far below.
const maxUpgradeState = 512 << 20

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
	return &s, nil
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
