// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/limits/admit"
	"superd/services/event"
)

// exits is a Sink that keeps the exits.
type exits struct{ list []event.Event }

func (x *exits) Put(e *event.Event) bool {
	if e.Kind == event.Exit {
		x.list = append(x.list, *e)
	}
	return true
}

// A session whose pidfd cannot be watched is found all the same when it ends,
// however long that takes, and is left alone until then.
func TestBlindSession(t *testing.T) {
	sink := &exits{}
	e, err := New(Options{Sink: sink, LogFD: -1, HighBase: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer e.shut()
	cmd := exec.Command("/bin/cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	pidfd := -1
	cmd.SysProcAttr = &syscall.SysProcAttr{PidFD: &pidfd, Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &service{spec: &Spec{ID: "x", OwnGroup: true, KillLeftovers: true, Policy: &admit.Policy{}, Loud: Loud{Exit: true}}}
	i := e.newSession(s, "tcp", &activation.Peer{})
	e.sessions[i].pid, e.sessions[i].pidfd = int32(cmd.Process.Pid), int32(pidfd)
	s.sessions++
	e.blind(i)
	for range 3 { // three looks while it runs
		e.now += int64(time.Second)
		e.runTimers()
		if n := len(e.timers.heap); n != 1 || e.live != 1 {
			t.Fatalf("%d timers, %d sessions", n, e.live)
		}
	}
	in.Close()
	if _, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, 20_000); err != nil {
		t.Fatal(err)
	}
	e.now += int64(time.Second)
	e.runTimers()
	if e.live != 0 || len(e.timers.heap) != 0 || len(sink.list) != 1 || sink.list[0].Signal != 0 {
		t.Errorf("%d sessions, %d timers, exits %+v", e.live, len(e.timers.heap), sink.list)
	}
}
