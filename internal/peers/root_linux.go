// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"superd/internal/ownthread"
	"superd/internal/peers/peerdir"
)

// Options say how a Root differs from the usual one.
type Options struct {
	HostNet bool     // share this machine's network instead of having an own loopback alone
	Binds   []string // further host directories to show at the same path; the temporary folder is always there
}

// Root is a private copy of the peers' root. Close ends every process in it
// and forgets all that was written.
type Root struct {
	tmp  string // host directory under which everything is mounted
	jobs chan func()
	init *exec.Cmd // pid 1 of the root
	hold io.Closer // init lives until this is closed
	pids []int     // of what was started; touched by the root's thread alone
}

// Open makes a root. The error says what the machine lacks.
//
// Goroutines: one, locked to a thread that has the root's namespaces. Whatever
// must happen inside (starting a process, making a socket) is done by it, and a
// process that it starts is inside from its first instruction, with the
// number that the machine knows it by. The thread ends with the goroutine.
func Open(opt Options) (*Root, error) {
	lower, err := peerdir.Root()
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "superd-peers")
	if err != nil {
		return nil, err
	}
	// The first process that package os starts is preceded by a trial one, to
	// see whether pidfds work. In a new process namespace that would be pid 1,
	// and with its end nothing could be started there. So let it be tried here.
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		p.Release()
	}
	r := &Root{tmp: tmp, jobs: make(chan func())}
	ready := make(chan error)
	ownthread.Go(func() {
		err := enter(lower, tmp, opt)
		ready <- err
		for f := range r.jobs {
			f()
		}
	})
	if err := <-ready; err != nil {
		r.Close()
		return nil, fmt.Errorf("cannot enter the peers' root: %w", err)
	}
	if err := r.startInit(); err != nil {
		r.Close()
		return nil, fmt.Errorf("cannot start the peers' root: %w", err)
	}
	return r, nil
}

// enter gives the calling thread namespaces of its own and the root as "/".
func enter(lower, tmp string, opt Options) error {
	flags := unix.CLONE_FS | unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWPID
	if !opt.HostNet {
		flags |= unix.CLONE_NEWNET
	}
	if err := unix.Unshare(flags); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	if err := unix.Sethostname([]byte("peers")); err != nil {
		return fmt.Errorf("sethostname: %w", err)
	}
	if !opt.HostNet {
		if err := loopbackUp(); err != nil {
			return err
		}
	}
	return mountRoot(lower, tmp, opt.Binds)
}

// loopbackUp is "ip link set lo up".
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req); err != nil {
		return fmt.Errorf("lo up: %w", err)
	}
	return nil
}

// startInit runs pid 1 of the root: it mounts /proc (which shows the processes
// of whoever mounts it), reaps what daemons leave behind, and ends, and with it
// every process of the root, when this process lets go of its standard input
// or dies.
func (r *Root) startInit() error {
	cmd := r.Command("/bin/bash", "-c", "mount -t proc proc /proc && echo ready && while read -r _; do :; done")
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL // its parent is the root's own thread
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := r.Start(cmd); err != nil {
		return err
	}
	r.init, r.hold = cmd, in
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		return fmt.Errorf("init: %v: %s", err, errs.String())
	}
	return nil
}

// Command prepares a program of the root: a path, or a name looked for as
// peerdir.Find does. It must be started by Start, Run or Output of the Root.
// Its directory and environment are the root's, not the test's.
func (r *Root) Command(name string, args ...string) *exec.Cmd {
	path := name
	if !filepath.IsAbs(name) {
		if p, err := peerdir.Find(name); err == nil {
			path = p
		}
	}
	return &exec.Cmd{
		Path: path,
		Args: append([]string{name}, args...),
		Dir:  "/",
		Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"HOME=/root", "LC_ALL=C", "TERM=dumb"},
		SysProcAttr: &syscall.SysProcAttr{},
	}
}

// Start starts a command inside the root.
func (r *Root) Start(cmd *exec.Cmd) error {
	var err error
	r.Do(func() {
		if err = cmd.Start(); err == nil {
			r.pids = append(r.pids, cmd.Process.Pid)
		}
	})
	return err
}

// Run starts a command inside the root and waits for it.
func (r *Root) Run(cmd *exec.Cmd) error {
	if err := r.Start(cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

// Output runs a program and gives its standard output; an error has its
// standard error with it.
func (r *Root) Output(name string, args ...string) (string, error) {
	cmd := r.Command(name, args...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := r.Run(cmd); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// Do runs f on the thread that has the root's namespaces: files and sockets
// that it opens are the root's. f must not wait for another Do.
func (r *Root) Do(f func()) {
	done := make(chan struct{})
	r.jobs <- func() { defer close(done); f() }
	<-done
}

// WriteFile writes a file inside the root, and the folders above it.
func (r *Root) WriteFile(name, content string, mode os.FileMode) error {
	var err error
	r.Do(func() {
		if err = os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return
		}
		if err = os.WriteFile(name, []byte(content), mode); err == nil {
			err = os.Chmod(name, mode) // whatever the umask
		}
	})
	return err
}

// ReadFile reads a file inside the root.
func (r *Root) ReadFile(name string) (content string, err error) {
	r.Do(func() {
		var b []byte
		b, err = os.ReadFile(name)
		content = string(b)
	})
	return content, err
}

// Close kills every process of the root and forgets what was written.
func (r *Root) Close() {
	if r.init != nil {
		r.hold.Close()
		r.init.Process.Kill() // pid 1: the kernel kills the others with it
		r.reap()
		r.init = nil
	}
	if r.jobs != nil {
		close(r.jobs)
		r.jobs = nil
		os.Remove(r.tmp) // what was mounted on it was seen by the root alone
	}
}

// reap waits for the end of pid 1, which the kernel holds up until every other
// process of the namespace is gone. Those that a test started are children of
// this process, and it may have no Wait pending for them: if it has, that one
// goes first.
func (r *Root) reap() {
	ended := make(chan struct{})
	go func() { defer close(ended); r.init.Wait() }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		for _, pid := range r.pids {
			if pid != r.init.Process.Pid {
				unix.Wait4(pid, nil, unix.WNOHANG, nil)
			}
		}
	}
}
