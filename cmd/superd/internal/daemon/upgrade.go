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

	sd "github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"

	"superd/services/event"
	"superd/services/event/control"
)

// wish is the binary that somebody wants superd to go on as, which has said already
// that it can.
type wish struct{ program string }

// stderrSettle is how long the reader of handlers' standard error may take until it
// has all their pipes.
const stderrSettle = 2 * time.Second

// upgradeFor says whether the new binary takes over, and then has it do so: the answer
// has to be on its way before there is nobody to give it.
func (d *Daemon) upgradeFor(ctx context.Context, program string) (any, error) {
	if program == "" {
		program = d.opt.Program
	}
	return ask(ctx, d, func() (any, error) {
		if len(d.wishes) > 0 {
			return nil, control.Errorf(control.Refused, "no upgrade: another one is about to happen")
		}
		if err := d.mayUpgrade(program); err != nil {
			return nil, control.Errorf(control.Refused, "no upgrade: %v", err)
		}
		d.wishes <- wish{program} // has room: this goroutine alone fills it
		return control.Changed{Text: "superd goes on as " + program}, nil
	})
}

// upgradeNow is USR2.
func (d *Daemon) upgradeNow() {
	err := d.mayUpgrade(d.opt.Program)
	if err != nil {
		d.noUpgrade(err)
		return
	}
	d.upgrade(d.opt.Program)
}

// upgrade puts another image in this process's place: same pid, same children, same
// sockets. It returns only when that could not be done; superd is as it was then.
func (d *Daemon) upgrade(program string) {
	if d.stopping { // since the binary was asked
		d.noUpgrade(errEnding)
		return
	}
	d.noUpgrade(d.tryUpgrade(program))
}

func (d *Daemon) noUpgrade(err error) {
	d.upgradesFailed++
	d.upgradeError.Store(&control.About{UpgradesFailed: d.upgradesFailed, UpgradeError: err.Error()})
	d.post(event.Event{Kind: event.Note, Level: event.LevelError, Text: "no upgrade: superd goes on as it was", Err: err.Error()})
}

var errEnding = errors.New("superd is ending")

// mayUpgrade says what is against an upgrade, as far as can be known.
func (d *Daemon) mayUpgrade(program string) error {
	switch {
	case d.stopping:
		return errEnding
	case !filepath.IsAbs(program):
		return fmt.Errorf("%q: want an absolute path", program)
	case d.texts == nil:
		return errors.New("superd runs no configuration that it could hand on: reload it first")
	case len(d.keptBack) > 0:
		return fmt.Errorf("services run as they were before the last reload, which their new text does not say any more (%s): mend or remove that first", strings.Join(d.keptBack, ", "))
	}
	state, err := json.Marshal(d.state(d.engine.Preview()))
	if err == nil && len(state) > maxUpgradeState {
		err = errStateTooLarge
	}
	if err == nil {
		err = d.judge(program, state)
	}
	if err != nil {
		return fmt.Errorf("%q: %w", program, err)
	}
	return nil
}

// judge has the new superd look at the state. A signal that ends superd ends the
// waiting; others are looked at afterwards.
func (d *Daemon) judge(program string, state []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), judgeTime)
	defer cancel()
	verdict := make(chan error, 1)
	go func() { verdict <- askJudge(ctx, &d.runner, program, d.opt.Args, state) }()
	for {
		select {
		case err := <-verdict:
			if context.Cause(ctx) == context.Canceled {
				return errEnding
			}
			return err
		case s := <-d.signals:
			d.raise(s)
			switch d.opt.Manners.meaning(s.(syscall.Signal)) {
			case unix.SIGTERM, unix.SIGINT, unix.SIGQUIT:
				cancel()
			}
		}
	}
}

// tryUpgrade does it. What is ended here for the other image is begun again should
// that not come.
func (d *Daemon) tryUpgrade(program string) error {
	if !d.stderr.settle(stderrSettle) {
		return errors.New("handlers' standard error is not being read, and what they write would be the end of them")
	}
	d.note(event.LevelNotice, "", "upgrade to "+program)
	d.log.Flush()
	d.changing.Store(true)
	d.pauseControl()
	defer d.resumeControl()
	defer d.changing.Store(false)
	h, thaw, err := d.engine.Freeze()
	if err != nil {
		return err
	}
	defer thaw()
	d.log.Flush() // all that has happened is the old image's to tell
	d.endSyslog()
	defer d.runner.Hold()() // a child that is started now would have what is for the other image
	d.manager.tell(sd.SdNotifyWatchdog)
	s := d.state(h)
	return d.exec(program, s, append(h.Descriptors(), s.descriptors()...))
}

// exec returns only if it could not be done.
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
	back := keepFileLimit()
	env := append(plainEnviron(), fmt.Sprintf("%s=%d", stateVar, fd))
	signals, kv := d.holdSignals()
	err = syscall.Exec(program, d.opt.Args, append(env, kv))
	d.releaseSignals(signals)
	back()
	d.fds.takeStreams()
	for _, k := range keep {
		unix.CloseOnExec(k)
	}
	return fmt.Errorf("cannot execute %q: %w", program, err)
}

// keepFileLimit gives what sets the limit on descriptors as it is now: Go puts it,
// before an exec, to what it was at the start, and leaves it so if that fails.
func keepFileLimit() (back func()) {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) != nil {
		return func() {}
	}
	return func() { _ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &r) }
}

// plainEnviron is superd's environment without what concerns one image of it alone.
func plainEnviron() []string {
	return slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return strings.HasPrefix(name, "LISTEN_") || name == stateVar || name == signalsVar || name == JudgeVar || name == "SUPERD_READY"
	})
}
