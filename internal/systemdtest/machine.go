// SPDX-License-Identifier: Apache-2.0

package systemdtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Options describe a Machine. The zero value boots systemd with nothing to do.
type Options struct {
	// Units are the unit files, by name ("echo.socket"); they lie in
	// /run/systemd/system inside.
	Units map[string]string
	// Unit is what is started; "" is a target of no content. Units that it wants
	// are the test's affair: nothing of the distribution's boot runs unless asked for.
	Unit string
	// ShareNet keeps the caller's network instead of an empty one with loopback.
	ShareNet bool
	// Args are further arguments of systemd, such as "--log-level=debug".
	Args []string
	// Wait is how long the boot may take; 0 is 30 s.
	Wait time.Duration
}

// Machine is a booted systemd and all that runs under it.
type Machine struct {
	dir     string
	cgroup  string
	console *console
	pid     int
	ended   chan struct{}
	once    sync.Once
}

// Boot starts systemd and returns when Unit's start job, and all those that it
// brought, are done (whether they went well is for the caller to ask).
func Boot(ctx context.Context, o Options) (*Machine, error) {
	if err := available(); err != nil {
		return nil, err
	}
	m := &Machine{ended: make(chan struct{})}
	if o.Unit == "" {
		o.Unit = "idle.target"
	}
	if err := m.prepare(o); err != nil {
		m.remove()
		return nil, err
	}
	if err := m.start(o); err != nil {
		m.remove()
		return nil, err
	}
	if o.Wait == 0 {
		o.Wait = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, o.Wait)
	defer cancel()
	if err := m.waitBooted(ctx); err != nil {
		m.Close()
		return nil, fmt.Errorf("cannot boot systemd: %w; its console:\n%s", err, m.Console())
	}
	return m, nil
}

// prepare makes what lies outside of the machine: folder, cgroup, console.
func (m *Machine) prepare(o Options) (err error) {
	if m.dir, err = os.MkdirTemp("", "superd-systemd-"); err != nil {
		return fmt.Errorf("cannot make the machine's folder: %v", err)
	}
	if err = m.writeUnits(o); err != nil {
		return err
	}
	if m.cgroup, err = makeCgroup(); err != nil {
		return err
	}
	m.console, err = newConsole()
	return err
}

// Command is a command inside, run as root in all of the machine's namespaces
// and in its cgroup's place. The caller starts it.
func (m *Machine) Command(name string, args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"--target", strconv.Itoa(m.pid),
		"--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--", name}, args...)...)
}

// Console is what systemd and its units have written to the console so far.
func (m *Machine) Console() string { return m.console.String() }

// Pid is systemd's process id as the caller sees it.
func (m *Machine) Pid() int { return m.pid }

// Cgroup is the folder, in the caller's view, of the cgroup (version 2) that
// holds everything inside.
func (m *Machine) Cgroup() string { return m.cgroup }

// Close kills everything inside and removes what the machine left outside.
func (m *Machine) Close() error {
	m.once.Do(func() {
		// The kernel ends a pid namespace with its process 1.
		_ = syscall.Kill(m.pid, syscall.SIGKILL)
		<-m.ended
		m.remove()
	})
	return nil
}

// remove undoes prepare.
func (m *Machine) remove() {
	if m.console != nil {
		m.console.Close()
	}
	if m.cgroup != "" {
		removeCgroup(m.cgroup)
	}
	_ = os.RemoveAll(m.dir)
}
