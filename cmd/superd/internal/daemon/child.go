// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"superd/spawn"
)

// What the children have in common that superd keeps beside itself, without
// privileges: the reader of handlers' standard error, and the relay.

// Between two starts of one that dies.
const (
	retryMin = 100 * time.Millisecond
	retryMax = 10 * time.Second
)

// retry is the growing pause between two starts.
type retry struct {
	notTill time.Time
	pause   time.Duration
}

func newRetry() retry { return retry{pause: retryMin} }

func (r *retry) later() {
	r.notTill = time.Now().Add(r.pause)
	r.pause = min(2*r.pause, retryMax)
}

// beginChild starts one. It has a socket to superd as its standard input and output,
// whose other end is at a high number, and superd's standard error for what it must
// say, unless superd is to let go of that.
func (d *Daemon) beginChild(sp spawn.Spec) (p *spawn.Process, control int, err error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, -1, fmt.Errorf("cannot talk to it: %w", err)
	}
	defer unix.Close(ends[1])
	b := spawn.Binding{Conn: ends[1], Log: -1}
	if d.opt.Ready == nil {
		if b.Log, err = unix.FcntlInt(uintptr(d.fds.stderr), unix.F_DUPFD_CLOEXEC, 3); err == nil {
			defer unix.Close(b.Log)
		}
	}
	if p, err = d.runner.Begin(sp, b, d.fds.highBase); err != nil {
		unix.Close(ends[0])
		return nil, -1, err
	}
	control = ends[0]
	if high, err := unix.FcntlInt(uintptr(control), unix.F_DUPFD_CLOEXEC, d.fds.highBase); err == nil {
		unix.Close(control)
		control = high
	}
	return p, control, nil
}

// howEnded words a child's end.
func howEnded(x *spawn.Process) string {
	exit, _ := x.Exit()
	if exit.Signal != 0 {
		return unix.SignalName(exit.Signal)
	}
	return fmt.Sprintf("exit status %d", exit.Status)
}
