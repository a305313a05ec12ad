// SPDX-License-Identifier: Apache-2.0

package systemdtest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// start starts process 1. The goroutine that does so keeps its thread, because
// PR_SET_PDEATHSIG speaks of the thread's death, not the process's.
func (m *Machine) start(o Options) error {
	args := append([]string{"sh", "-euc", bootScript, "sh",
		m.dir, m.cgroup, m.console.slave.Name(), systemdPath(), "--system", "--unit=" + o.Unit,
		"--log-target=console", "--show-status=no", "--default-standard-output=null"}, o.Args...)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = m.console.slave, m.console.slave
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container=unshare", "LANG=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setsid:    true,
		Pdeathsig: syscall.SIGKILL,
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS |
			syscall.CLONE_NEWIPC,
	}
	if !o.ShareNet {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNET
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		if err == nil {
			m.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			_ = cmd.Wait() // always "signal: killed", which is how it ends
			close(m.ended)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("cannot start %q: %v", systemdPath(), err)
	}
	return nil
}

// waitBooted asks systemctl until no job is queued, which is when Unit has been
// dealt with. Before its private socket exists systemctl fails; that is no end.
func (m *Machine) waitBooted(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-m.ended:
			return errors.New("it ended")
		case <-tick.C:
		}
		out, err := m.Command("systemctl", "show", "--property=NJobs,SystemState", "--value").Output()
		if err != nil {
			continue
		}
		// "running" and "degraded" are the two states after the boot.
		if f := strings.Fields(string(out)); len(f) == 2 && (f[0] == "0" || f[1] == "0") &&
			!strings.Contains(string(out), "starting") && !strings.Contains(string(out), "initializing") {
			return nil
		}
	}
}
