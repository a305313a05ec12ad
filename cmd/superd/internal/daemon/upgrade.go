// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/services/engine"
	"superd/services/event"
	"superd/spawn"
)

// upgradeCheck is how long the new superd has to say whether it can go on.
const upgradeCheck = 30 * time.Second

// StateAccepted is what the new superd's check of a state prints, and nothing else
// that happens to be a program.
const StateAccepted = "superd takes the state over"

// upgrade puts another image in this process's place: same pid, same children, same
// sockets. Everything up to the exec can fail and leaves superd as it was.
func (d *Daemon) upgrade(program string) error {
	if program == "" {
		program = d.opt.Program
	}
	err := d.tryUpgrade(program)
	d.post(event.Event{Kind: event.Note, Level: event.LevelError, Text: "no upgrade: superd goes on as it was", Err: err.Error()})
	return err
}

// mayUpgrade says what is against an upgrade, as far as can be known.
func (d *Daemon) mayUpgrade(program string) error {
	switch {
	case d.stopping:
		return errors.New("superd is ending")
	case !filepath.IsAbs(program):
		return fmt.Errorf("%q: want an absolute path", program)
	}
	if len(d.keptBack) > 0 {
		return fmt.Errorf("services run as they were before the last reload, which their new text does not say any more (%s): mend or remove that first", strings.Join(d.keptBack, ", "))
	}
	if err := d.judge(program); err != nil {
		return fmt.Errorf("%q: %w", program, err)
	}
	return nil
}

func (d *Daemon) tryUpgrade(program string) error {
	if err := d.mayUpgrade(program); err != nil {
		return err
	}
	h, thaw, err := d.engine.Freeze()
	if err != nil {
		return err
	}
	d.post(event.Event{Kind: event.Note, Level: event.LevelNotice, Text: "upgrade to " + program})
	d.log.Flush()
	err = d.exec(program, d.state(h), append(h.Descriptors(), d.ownDescriptors()...))
	thaw()
	return err
}

// judge has the new superd say whether it can go on with the state and run its
// configuration.
func (d *Daemon) judge(program string) error {
	state, err := json.Marshal(d.state(nil))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), upgradeCheck)
	defer cancel()
	argv := append([]string{d.opt.Args[0]}, judgeArgs(d.opt.Args[1:])...)
	out, exit, err := d.runner.Run(ctx, spawn.Spec{Path: program, Argv: argv, Env: append(plainEnviron(), JudgeVar+"=1"), Umask: -1, Bounding: ^uint64(0)}, state)
	text := strings.TrimSpace(string(out))
	switch {
	case err != nil:
		return fmt.Errorf("it cannot be asked whether it takes over: %w", err)
	case text == StateAccepted && exit.Status == 0 && exit.Signal == 0:
		return nil
	case text == "" || exit.Signal != 0 || len(text) > 2000:
		return fmt.Errorf("it does not take over: it ended with status %d, signal %d", exit.Status, exit.Signal)
	}
	return fmt.Errorf("it does not take over: %s", firstLine(text))
}

// JudgeVar has a superd say whether it can go on with the state on its standard
// input, in place of running.
const JudgeVar = "SUPERD_JUDGE"

func judgeArgs(args []string) []string { return slices.Clone(args) }

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// state is all that the new image needs; h is nil while it is only to be judged.
func (d *Daemon) state(h *engine.Handover) *State {
	s := &State{Version: UpgradeVersion, From: d.opt.Version, Started: d.started, Reloads: d.reloads, Upgrades: d.upgrades, Texts: d.texts, Store: -1, Engine: h,
		Overrides: map[string]stateOverrides{}}
	for id, o := range d.overrides {
		s.Overrides[id] = stateOverrides{o.state, o.servers}
	}
	if d.store != nil {
		s.Store = d.store.state
	}
	if h == nil {
		return s
	}
	held := map[uint64]bool{}
	for i := range h.Sessions {
		held[h.Sessions[i].Socket] = true
	}
	for _, sock := range d.registry.Sockets() {
		s.Sockets = append(s.Sockets, d.stateSocket(sock, held))
	}
	s.Signals = d.pendingSignals()
	return s
}

func (d *Daemon) stateSocket(sock *activation.Socket, held map[uint64]bool) stateSocket {
	sp, inode := sock.Spec(), sock.Inode()
	x := stateSocket{FD: sock.FD(), Given: sock.IsGiven(), Held: held[inode]}
	x.storedSocket = storedSocket{Inode: inode, Network: sp.Network, Addr: sp.Addr, Path: sp.Path, V6Only: sp.V6Only, Device: sp.Device, Tag: sp.Tag}
	if d.store != nil {
		x.Name = d.store.names[inode]
	}
	for _, g := range d.given {
		if x.Given && g.spec.Key() == sp.Key() {
			x.Name = g.name
		}
	}
	return x
}

// pendingSignals are those that have come and were not looked at. What comes between
// this and the exec, some microseconds later, is lost.
func (d *Daemon) pendingSignals() (list []int) {
	for {
		select {
		case s := <-d.signals:
			if n, ok := s.(syscall.Signal); ok {
				list = append(list, int(n))
			}
		default:
			return list
		}
	}
}

// ownDescriptors are those of the daemon that outlive the exec, beside the engine's.
func (d *Daemon) ownDescriptors() (fds []int) {
	for _, s := range d.registry.Sockets() {
		fds = append(fds, s.FD())
	}
	if d.store != nil && d.store.state >= 0 {
		fds = append(fds, d.store.state)
	}
	return fds
}

// exec does it, and returns only if it could not be done.
func (d *Daemon) exec(program string, state *State, keep []int) error {
	fd, err := writeUpgradeState(state)
	if err != nil {
		return fmt.Errorf("cannot write the state: %w", err)
	}
	defer unix.Close(fd)
	keep = append(keep, fd)
	for _, k := range keep {
		unix.FcntlInt(uintptr(k), unix.F_SETFD, 0)
	}
	d.fds.giveStreamsBack()
	err = syscall.Exec(program, d.opt.Args, append(plainEnviron(), fmt.Sprintf("%s=%d", stateVar, fd)))
	d.fds.takeStreams()
	for _, k := range keep {
		unix.CloseOnExec(k)
	}
	d.raise(state.Signals)
	return fmt.Errorf("cannot execute %q: %w", program, err)
}

// raise has signals looked at that were taken off the queue.
func (d *Daemon) raise(list []int) {
	for _, n := range list {
		select {
		case d.signals <- syscall.Signal(n):
		default:
		}
	}
}

// plainEnviron is superd's environment without what concerns one image of it alone.
func plainEnviron() []string {
	return slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return strings.HasPrefix(name, "LISTEN_") || name == stateVar || name == JudgeVar || name == "SUPERD_READY"
	})
}

// inherit takes what an upgrade has left, in intake's place: sockets first, since
// nobody may be told meanwhile that they are closed.
func (d *Daemon) inherit(s *State) {
	d.started, d.reloads, d.upgrades = s.Started, s.Reloads, s.Upgrades+1
	for id, o := range s.Overrides {
		d.overrides[id] = &overrides{o.State, o.Servers}
	}
	base := highBase()
	if s.Store >= 0 {
		unix.CloseOnExec(s.Store)
		d.stored.state = s.Store
	}
	for i := range s.Sockets {
		x := &s.Sockets[i]
		unix.CloseOnExec(x.FD)
		o, err := activation.Take(activation.Inherited{FD: x.FD, Name: x.Name}, base)
		if err != nil {
			d.early = append(d.early, event.Event{Kind: event.Note, Level: event.LevelError, Text: "a socket did not survive the upgrade", Err: err.Error()})
			continue
		}
		o.Ours, o.Held = !x.Given, x.Held
		o.Spec = x.spec()
		if x.Name != "" && !x.Given {
			d.stored.names[o.Inode] = x.Name
		}
		d.offers = append(d.offers, o)
	}
}

// upgraded says what has happened, and looks at the signals that came meanwhile.
func (d *Daemon) upgraded(s *State) {
	text := fmt.Sprintf("upgraded from %s to %s; sockets: %d, processes: %d", s.From, d.opt.Version, len(s.Sockets), len(s.Engine.Sessions))
	d.note(event.LevelNotice, "", text)
	d.raise(s.Signals)
}
