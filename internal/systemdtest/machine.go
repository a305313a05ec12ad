// SPDX-License-Identifier: Apache-2.0

package systemdtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrUnavailable is wrapped by Boot's errors that say what this machine lacks:
// root, systemd, a program, a kernel's right.
var ErrUnavailable = errors.New("systemd cannot be booted here")

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

// idleTarget stands where Options.Unit is "": systemd wants some unit to start.
const idleTarget = "[Unit]\nDescription=Nothing\nDefaultDependencies=no\n"

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

func available() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("%w: needs root", ErrUnavailable)
	}
	if _, err := os.Stat(systemdPath()); err != nil {
		return fmt.Errorf("%w: %v", ErrUnavailable, err)
	}
	for _, p := range []string{"unshare", "nsenter", "mount", "sh", "systemctl"} {
		if _, err := exec.LookPath(p); err != nil {
			return fmt.Errorf("%w: %v", ErrUnavailable, err)
		}
	}
	return nil
}

// systemdPath is where distributions keep it; both are one folder after the
// merge of /usr.
func systemdPath() string {
	if p := "/usr/lib/systemd/systemd"; exists(p) {
		return p
	}
	return "/lib/systemd/systemd"
}

func exists(p string) bool { _, err := os.Stat(p); return err == nil }

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

func (m *Machine) writeUnits(o Options) error {
	units := filepath.Join(m.dir, "units")
	if err := os.Mkdir(units, 0o755); err != nil {
		return fmt.Errorf("cannot make the units' folder: %v", err)
	}
	write := func(name, text string) error {
		if name != filepath.Base(name) || name == "." {
			return fmt.Errorf("cannot take unit %q: not a plain file name", name)
		}
		if err := os.WriteFile(filepath.Join(units, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("cannot write unit %q: %v", name, err)
		}
		return nil
	}
	if err := write("idle.target", idleTarget); err != nil {
		return err
	}
	for name, text := range o.Units {
		if err := write(name, text); err != nil {
			return err
		}
	}
	return nil
}

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
