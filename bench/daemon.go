// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// daemon is a running server.
type daemon struct {
	name  string
	pid   int
	meter meter
	out   string // file with what it wrote to stdout and stderr
	log   string // file with the lines of connections, "" if it keeps none
	stop  func()
	gone  <-chan struct{} // closed once it has ended
}

// placeScript puts the server into its cgroup and gives it so many descriptors.
const placeScript = `[ -z "$0" ] || echo $$ >"$0/cgroup.procs"; ulimit -Sn "$1"; shift; exec "$@"`

// plainFiles is the number of descriptors that login sessions and systemd give;
// some peers close every possible descriptor in each child, so more would be
// unfair to them.
const plainFiles = 1024

// launch starts argv as a server of its own session.
func (b *bench) launch(name string, files int, argv ...string) (*daemon, error) {
	out := filepath.Join(b.dir, name+".out")
	f, err := os.Create(out)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cmd := exec.Command("/bin/sh", append([]string{"-c", placeScript, b.meter.place(), fmt.Sprint(files)}, argv...)...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = f, f, b.dir
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %q: %v", name, err)
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	d := &daemon{name: name, pid: cmd.Process.Pid, meter: b.meter, out: out, gone: gone}
	d.stop = func() {
		_ = unix.Kill(-d.pid, unix.SIGKILL)
		if dir := b.meter.place(); dir != "" {
			_ = os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0)
		}
		<-gone
	}
	return d, nil
}

// converse makes one connection from an address (nil: any), says a line unless it
// is empty, and reads to the end. A reset after the answer counts as an end: nothing was lost.
func converse(from net.IP, addr, line string) (string, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	if from != nil {
		d.LocalAddr = &net.TCPAddr{IP: from}
	}
	c, err := d.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	if line != "" {
		if _, err := io.WriteString(c, line+"\n"); err != nil {
			return "", err
		}
	}
	text, err := io.ReadAll(c)
	if len(text) > 0 && err != nil && strings.Contains(err.Error(), "reset") {
		err = nil
	}
	return string(text), err
}

// await waits until cond holds, the server ends, or the time is over.
func (d *daemon) await(limit time.Duration, what string, cond func() bool) error {
	deadline := time.After(limit)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-d.gone:
			return d.failed(what + ", but it ended")
		case <-deadline:
			return d.failed(fmt.Sprintf("%s, in vain for %v", what, limit))
		}
	}
	return nil
}

func (d *daemon) failed(what string) error {
	text, _ := os.ReadFile(d.out)
	return fmt.Errorf("%s: waited for %s; it wrote:\n%s", d.name, what, bytes.TrimSpace(text))
}

// awaitAnswer waits until the server answers, to a line if its handler reads one.
func (d *daemon) awaitAnswer(addr, line string) error {
	return d.await(20*time.Second, "an answer", func() bool {
		text, err := converse(nil, addr, line)
		return err == nil && text != ""
	})
}

// settled is the CPU time once it no longer grows: the last handlers' ends and
// log lines belong to their connections.
func (d *daemon) settled(still time.Duration) (time.Duration, error) {
	last, err := d.meter.used(d.pid)
	since, begin := time.Now(), time.Now()
	for err == nil && time.Since(since) < still && time.Since(begin) < time.Minute {
		time.Sleep(still / 5)
		now, e := d.meter.used(d.pid)
		// A runtime's housekeeping goes on for ever; below one in a thousand is still.
		if now-last > still/1000 {
			since = time.Now()
		}
		last, err = now, e
	}
	return last, err
}

// raiseFiles raises this process's limit of descriptors, for servers that are to
// have many, and returns what it got.
func raiseFiles(want uint64) uint64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l := syscall.Rlimit{Cur: want, Max: want}
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l) == nil {
		return want
	}
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l)
	l.Cur = l.Max
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
	return l.Max
}
